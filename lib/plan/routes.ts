import { Host, HostInterface } from "../model/host";
import { LAST_RESORT_METRIC } from "../model/numbers";
import { PlanRoute } from "../model/plan";
import { Family, formatAddress } from "../net/address";
import { Prefix, formatPrefix } from "../net/prefix";
import { interfacesOf, isDirect, primaryOf, sourceIn } from "./sources";

/**
 * The routes of every interface's table in one family, in an order in which each next hop is reachable when its
 * route is added.
 */
export function buildRoutes(host: Host, family: Family): PlanRoute[] {
  return interfacesOf(host, family).flatMap((iface) => [
    ...routesOf(host, iface, family),
    // It has no device, so it outlives the link, and its sources fail closed instead of leaving by another.
    { table: iface.name, type: "unreachable", to: "default", metric: LAST_RESORT_METRIC },
  ]);
}

/** The ways out of an interface: its table without the last resort. */
export function routesOf(host: Host, iface: HostInterface, family: Family): PlanRoute[] {
  const table = iface.name;
  const own = iface.subnets.filter((s) => s.family === family);
  const routes: PlanRoute[] = own.map((subnet) => ({
    table,
    type: "unicast",
    to: formatPrefix(subnet),
    dev: iface.name,
    ...src(iface, family, subnet),
  }));
  if (family === 6) {
    // Without it a packet from a global source to a neighbour's link-local address would go to the gateway.
    routes.push({ table, type: "unicast", to: "fe80::/64", dev: iface.name });
  }
  routes.push(...directRoutes(host, iface, family, own), ...declaredRoutes(iface, family));
  const gateway = iface.gateways[family];
  if (gateway !== undefined) {
    routes.push({
      table,
      type: "unicast",
      to: "default",
      dev: iface.name,
      via: formatAddress(gateway.address),
      ...src(iface, family),
      ...onLink(family, gateway.onLink),
    });
  }
  return routes;
}

/** The subnets of other interfaces that this one's sources reach directly. */
function directRoutes(host: Host, iface: HostInterface, family: Family, own: readonly Prefix[]): PlanRoute[] {
  const taken = new Set([...own, ...iface.routes.map((r) => r.to)].map(formatPrefix));
  const routes: PlanRoute[] = [];
  for (const other of interfacesOf(host, family)) {
    if (other === iface || !isDirect(host, iface.name, other.name)) continue;
    for (const to of other.subnets.filter((s) => s.family === family).map(formatPrefix)) {
      if (taken.has(to)) continue;
      taken.add(to);
      routes.push({ table: iface.name, type: "unicast", to, dev: other.name });
    }
  }
  return routes;
}

function declaredRoutes(iface: HostInterface, family: Family): PlanRoute[] {
  return iface.routes
    .filter((r) => r.to.family === family)
    .map(({ to, via }) => ({
      table: iface.name,
      type: "unicast",
      to: formatPrefix(to),
      dev: iface.name,
      ...(via === undefined ? {} : { via: formatAddress(via) }),
      ...src(iface, family),
      ...(via === undefined ? {} : onLink(family, false)),
    }));
}

/** The source for sockets that have none yet: an address in the subnet where there is one, else the primary. */
function src(iface: HostInterface, family: Family, subnet?: Prefix): { src?: string } {
  const address = (subnet && sourceIn(iface, subnet)) ?? primaryOf(iface, family);
  return address === undefined ? {} : { src: address };
}

/**
 * IPv4 next hops are always taken as on the link: it is right everywhere, and the only thing that works where the
 * address is a /32. IPv6 needs it only for a gateway outside of the attached subnets.
 */
function onLink(family: Family, declared: boolean): { onLink?: true } {
  return family === 4 || declared ? { onLink: true } : {};
}
