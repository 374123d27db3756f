import { CompiledHop, CompiledRoute, CompiledTable, Model } from "./model";
import { describeRoute } from "./text";

/**
 * IPv6 keeps what it made of a route in the next hop (net/ipv6/route.c, rt6_get_pcpu_route). Next hops of objects are
 * shared, so that routes which differ answer alike: as the one of them that was used first since tables last changed.
 * No dump tells which, so next hops are noted here that more than one kind of route uses.
 */
export type SharedNexthops = ReadonlyMap<string, readonly CompiledRoute[]>;

export function sharedNexthops(tables: Iterable<CompiledTable>): SharedNexthops {
  const users = new Map<string, CompiledRoute[]>();
  const add = (route: CompiledRoute): void => {
    if (!route.route.nexthopObject) return;
    for (const key of new Set(route.hops.map(keyOf))) {
      const known = users.get(key);
      if (known === undefined) users.set(key, [route]);
      else if (!known.some((other) => other.length === route.length && alike(other, route)))
        known.push(route);
    }
  };
  for (const { flat, subtrees } of tables) {
    flat.forEach(add);
    for (const subtree of subtrees ?? []) subtree?.nodes.flat().forEach(add);
  }
  return new Map([...users].filter(([, routes]) => routes.length > 1));
}

/** Why it cannot be told what becomes of a packet that takes the route: another kind of route uses a next hop of it. */
export function unclearType(model: Model, route: CompiledRoute): string | undefined {
  return unclear(model, route, (other) => other.type !== route.type);
}

/** Why it cannot be told whether a rule suppresses the route, of which it discards what is so long or shorter. */
export function unclearLength(model: Model, route: CompiledRoute, suppressed: number): string | undefined {
  const isShort = route.length <= suppressed;
  return unclear(model, route, (other) => other.length <= suppressed !== isShort);
}

function unclear(
  model: Model,
  route: CompiledRoute,
  differs: (other: CompiledRoute) => boolean,
): string | undefined {
  if (!route.route.nexthopObject || model[6].shared.size === 0) return undefined;
  for (const hop of route.hops) {
    const other = model[6].shared.get(keyOf(hop))?.find(differs);
    if (other !== undefined) return because(route, other);
  }
  return undefined;
}

/** Why it cannot be told which source the kernel chooses for the route by this hop of it. */
export function unclearSource(model: Model, route: CompiledRoute, hop: CompiledHop): string | undefined {
  if (!route.route.nexthopObject) return undefined;
  const other = model[6].shared.get(keyOf(hop))?.find((one) => !alike(one, route));
  return other && because(route, other);
}

function because(route: CompiledRoute, other: CompiledRoute): string {
  return `route "${describeRoute(route.route)}" answers as "${describeRoute(other.route)}" if that was used first: they share a nexthop object`;
}

function keyOf(hop: CompiledHop): string {
  return `${hop.device} ${hop.via?.value}`;
}

/** Whether it makes no difference to the source that is chosen, and to what becomes of a packet, which one is used. */
function alike(a: CompiledRoute, b: CompiledRoute): boolean {
  return a.type === b.type && a.source?.value === b.source?.value && a.hops[0]?.device === b.hops[0]?.device;
}
