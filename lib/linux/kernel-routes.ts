import { Address, Family } from "../net/address";
import { hostPrefix, lastAddress, prefixOf } from "../net/prefix";
import { Hop, LinkAddress, Route, Rule, Scope, Table } from "./state";

/** What a kernel does by itself: its first rules, and the routes that come with an address. */

/** RTPROT_KERNEL. */
export const KERNEL = 2;

export function hopTo(link: string, via?: Address): Hop {
  return { link, via, onLink: false, weight: 1, dead: false, linkDown: false };
}

export function plainRoute(family: Family, route: Pick<Route, "table" | "to"> & Partial<Route>): Route {
  return {
    type: "unicast",
    tos: 0,
    metric: family === 4 ? 0 : 1024,
    scope: Scope.universe,
    hops: [],
    nexthopObject: false,
    preference: "medium",
    origin: 3,
    unmodelled: [],
    ...route,
  };
}

export function plainRule(rule: Pick<Rule, "priority" | "action"> & Partial<Rule>): Rule {
  return { not: false, l3mdev: false, origin: 0, unmodelled: [], ...rule };
}

/** The rules that every network namespace starts with. */
export function firstRules(family: Family): Rule[] {
  const lookup = (priority: number, table: number): Rule =>
    plainRule({ priority, action: { kind: "lookup", table }, origin: KERNEL });
  const rules = [lookup(0, Table.local), lookup(32766, Table.main)];
  return family === 4 ? [...rules, lookup(32767, Table.default)] : rules;
}

/**
 * The routes that an address brings: the address itself in `local`, its directed broadcast, and its subnet in `main`
 * (net/ipv4/fib_frontend.c, fib_add_ifaddr; net/ipv6/addrconf.c). `primary` is the first address of its subnet. Left out is
 * what IPv6 has in `main` for an address of 128 bits: that very address, which every lookup finds in `local` before.
 */
export function addressRoutes(address: LinkAddress, primary: Address): Route[] {
  const { family } = address.address;
  const hops = [hopTo(address.link)];
  const loopback = address.link === "lo";
  const host = hostPrefix(address.address);
  const subnet = prefixOf(address.address, address.length);
  if (family === 6) {
    const local = plainRoute(6, {
      table: Table.local,
      type: "local",
      to: host,
      metric: 0,
      hops,
      origin: KERNEL,
    });
    const attached = address.noPrefixRoute || address.length === 128 ? [] : [subnet];
    const peer = address.peer === undefined ? [] : [hostPrefix(address.peer)];
    const main = { table: Table.main, metric: 256, hops, origin: KERNEL };
    return [local, ...[...attached, ...peer].map((to) => plainRoute(6, { ...main, to }))];
  }
  const attached = address.peer === undefined ? subnet : prefixOf(address.peer, address.length);
  const made = { hops, source: primary, metric: 0, origin: KERNEL };
  const routes = [plainRoute(4, { ...made, table: Table.local, type: "local", to: host, scope: Scope.host })];
  if (address.secondary || (attached.length === 32 && attached.value === host.value)) return routes;
  if (!address.noPrefixRoute) {
    // On the loopback the whole subnet is the host's own.
    const way = loopback
      ? ({ table: Table.local, type: "local", scope: Scope.host } as const)
      : ({ table: Table.main, scope: Scope.link } as const);
    routes.push(plainRoute(4, { ...made, ...way, to: attached }));
  }
  if (attached.length < 31) {
    const to = { ...lastAddress(attached), length: 32 };
    routes.push(plainRoute(4, { ...made, table: Table.local, type: "broadcast", to, scope: Scope.link }));
  }
  return routes;
}
