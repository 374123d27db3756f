import { Host, HostInterface } from "../../model/host";
import { PlanHop, PlanRoute } from "../../model/plan";
import { Traffic } from "../../model/traffic";
import { Family } from "../../net/address";
import { routesOf } from "../routes";
import { interfacesOf } from "../sources";

/**
 * Tables of traffic policies. Those of the interfaces end in "unreachable", which would keep the next interface, or what
 * is said to become of the rest, from being asked; so policies have tables that let pass what they have no route for.
 */

/** The table with the routes of an interface, shared by the policies that use it. */
export function exitTable(name: string): string {
  return `exit/${name}`;
}

/** The table of a policy that shares its traffic among interfaces. */
export function shareTable(t: Traffic): string {
  return `share/${t.name}`;
}

/** Names of the tables that the policies need, sorted. */
export function trafficTables(host: Host): string[] {
  const names = host.traffic.flatMap((t) =>
    t.weights === undefined ? t.use.map(exitTable) : [shareTable(t)],
  );
  return [...new Set(names)].sort();
}

/** Names of the interfaces that have any way out in a family. */
export function leadingOut(host: Host, family: Family): ReadonlySet<string> {
  const able = interfacesOf(host, family).filter((iface) => routesOf(host, iface, family).length > 0);
  return new Set(able.map(({ name }) => name));
}

/** The routes of the policies' tables in one family, in the order of the tables. */
export function trafficRoutes(host: Host, family: Family): PlanRoute[] {
  const interfaces = new Map(interfacesOf(host, family).map((i) => [i.name, i]));
  const exits = new Set(host.traffic.filter((t) => t.weights === undefined).flatMap((t) => t.use));
  return [
    ...[...interfaces.values()]
      .filter(({ name }) => exits.has(name))
      .flatMap((iface) =>
        routesOf(host, iface, family).map((route) => ({ ...route, table: exitTable(iface.name) })),
      ),
    ...host.traffic
      .filter((t) => t.weights !== undefined)
      .flatMap((t) => sharedRoutes(host, t, family, interfaces)),
  ];
}

/**
 * What is near an interface goes by it, by the first of two that are near the same; all else by the gateways, each in
 * proportion to its weight. Without a source of its own, so that each packet gets that of the interface it leaves by.
 */
function sharedRoutes(
  host: Host,
  t: Traffic,
  family: Family,
  interfaces: ReadonlyMap<string, HostInterface>,
): PlanRoute[] {
  const table = shareTable(t);
  const near = new Map<string, PlanRoute>();
  const hops: PlanHop[] = [];
  t.use.forEach((name, i) => {
    const iface = interfaces.get(name);
    if (iface === undefined) return;
    for (const route of routesOf(host, iface, family)) {
      const { to, dev, via, onLink } = route;
      if (to !== "default") {
        if (!near.has(to)) near.set(to, { ...route, table });
      } else if (dev !== undefined && via !== undefined) {
        hops.push({ dev, via, ...(onLink && { onLink }), weight: t.weights?.[i] ?? 1 });
      }
    }
  });
  const routes = [...near.values()];
  if (hops.length > 0) routes.push({ table, type: "unicast", to: "default", hops });
  return routes;
}
