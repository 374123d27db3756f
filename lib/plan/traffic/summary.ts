import { Host } from "../../model/host";
import { PlanTraffic } from "../../model/plan";
import { UnmanagedRoutes } from "../../model/spec";
import { Traffic } from "../../model/traffic";
import { addressAt } from "../../net/packed";
import { contains } from "../../net/prefix";
import { describeSelectors } from "./describe";
import { inOrder, overlapsOf } from "./order";

/** The policies for people, in the order in which they decide. */
export function summarize(host: Host): PlanTraffic[] {
  const order = inOrder(host.traffic);
  return order.map((t, i) => ({
    name: t.name,
    families: t.families,
    selectors: describeSelectors(t),
    use: t.use,
    ...(t.weights && { weights: t.weights }),
    otherwise: t.otherwise,
    beforeSources: t.beforeSources,
    forwardedAlone: t.incoming.length > 0,
    leavesOwn: t.to.length === 0 && !(t.beforeSources && host.unmanagedRoutes === UnmanagedRoutes.Ignore),
    overlaps: overlapsOf(t, order.slice(0, i)),
    captures: capturedBy(t, host.interfaces, host.sources),
  }));
}

/** Interfaces whose sources a policy may send out by another. */
function capturedBy(
  t: Traffic,
  interfaces: readonly { readonly name: string }[],
  sources: Host["sources"],
): string[] {
  // What is forwarded has no source of the host.
  if (!t.beforeSources || t.incoming.length > 0) return [];
  return interfaces
    .filter(({ name }, owner) => {
      if (t.use.length === 1 && t.use[0] === name) return false;
      return t.families.some((family) => {
        const { owners, words } = sources[family];
        for (let i = 0; i < owners.length; i++) {
          if (owners[i] !== owner) continue;
          const address = addressAt(words, family, i);
          if (t.from.length === 0 || t.from.some((p) => contains(p, address))) return true;
        }
        return false;
      });
    })
    .map(({ name }) => name);
}
