import { DELEGATED, Host } from "../../model/host";
import { PlanTraffic } from "../../model/plan";
import { UnmanagedRoutes } from "../../model/spec";
import { Traffic } from "../../model/traffic";
import { Family } from "../../net/address";
import { addressAt } from "../../net/packed";
import { Prefix, hostPrefix, overlaps } from "../../net/prefix";
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
    captures: capturedBy(t, host),
  }));
}

/** Interfaces whose sources a policy may send out by another; of what is delegated to one that may be a part. */
function capturedBy(t: Traffic, { interfaces, sources }: Host): string[] {
  if (!t.beforeSources) return [];
  const takes = (source: Prefix): boolean =>
    t.families.includes(source.family) &&
    (t.from.length === 0 || t.from.some((from) => overlaps(from, source)));
  const takesAddress = (owner: number, family: Family): boolean => {
    const { owners, positions, words } = sources[family];
    for (let i = 0; i < owners.length; i++) {
      if (owners[i] !== owner || positions[i] === DELEGATED) continue;
      if (takes(hostPrefix(addressAt(words, family, i)))) return true;
    }
    return false;
  };
  return interfaces
    .filter(({ name, delegatedPrefixes }, owner) => {
      if (t.use.length === 1 && t.use[0] === name) return false;
      // What is forwarded has no address of the host, but may have one of what is delegated to it.
      if (delegatedPrefixes.some(takes)) return true;
      return t.incoming.length === 0 && t.families.some((family) => takesAddress(owner, family));
    })
    .map(({ name }) => name);
}
