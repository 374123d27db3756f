import { Family } from "../net/address";
import { RoutingError } from "./flow";
import { CompiledHop, CompiledRoute, CompiledTable, DETACHED, Subtree } from "./model";
import { PrefixIndex } from "./prefix-index";
import { Hop, LinuxState, Route } from "./state";
import { combined } from "./sysctl";

/** What routes are made ready with. */
export interface TableContext {
  readonly state: LinuxState;
  readonly family: Family;
  /** The devices of the model by name. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Lists of hops that routes share. */
  readonly hops: Map<string, readonly CompiledHop[]>;
}

export function compileTable(context: TableContext, id: number, routes: readonly Route[]): CompiledTable {
  const { family } = context;
  const index = new PrefixIndex(
    family,
    routes.map((route) => route.to),
  );
  const nodes: CompiledRoute[][] = index.prefixes.map(() => []);
  const specific: Route[][] = index.prefixes.map(() => []);
  let subtrees = false;
  let defaults = 0;
  for (const route of routes) {
    if (route.to.length === 0) defaults++;
    if (family === 6 && route.from !== undefined && route.from.length > 0) {
      specific[index.nodeFor(route.to)].push(route);
      subtrees = true;
    } else {
      nodes[index.nodeFor(route.to)].push(compileRoute(context, route));
    }
  }
  for (const node of nodes) sortAsKernel(family, node);
  const first = new Uint32Array(nodes.length + 1);
  nodes.forEach((node, n) => (first[n + 1] = first[n] + node.length));
  return {
    id,
    index,
    nodes,
    flat: nodes.flat(),
    first,
    defaults,
    subtrees: subtrees
      ? specific.map((list) => (list.length === 0 ? undefined : compileSubtree(context, list)))
      : undefined,
  };
}

function compileSubtree(context: TableContext, routes: readonly Route[]): Subtree {
  const index = new PrefixIndex(
    6,
    routes.map((route) => route.from!),
  );
  const nodes: CompiledRoute[][] = index.prefixes.map(() => []);
  for (const route of routes) nodes[index.nodeFor(route.from!)].push(compileRoute(context, route));
  for (const node of nodes) sortAsKernel(6, node);
  return { index, nodes };
}

/** Within a prefix: IPv4 by TOS downwards, then by metric; IPv6 by metric. Equal ones stay as they are. */
function sortAsKernel(family: Family, routes: CompiledRoute[]): void {
  if (routes.length < 2) return;
  // local before main, where the two are one table
  routes.sort(
    (a, b) => (family === 4 ? b.route.table - a.route.table || b.tos - a.tos : 0) || a.metric - b.metric,
  );
}

const ROUTE_ERROR: Readonly<Record<string, RoutingError | "EAGAIN">> = {
  unreachable: "EHOSTUNREACH",
  prohibit: "EACCES",
  blackhole: "EINVAL",
  throw: "EAGAIN",
};

const PREFERENCE = { low: 1, medium: 2, high: 3 } as const;

function compileRoute(context: TableContext, route: Route): CompiledRoute {
  return {
    route,
    table: route.table,
    type: route.type,
    source: route.source,
    length: route.to.length,
    error: ROUTE_ERROR[route.type] ?? "",
    tos: route.tos,
    metric: route.metric,
    scope: route.scope,
    hops: compileHops(context, route.hops),
    preference: PREFERENCE[route.preference],
    unclear: route.unmodelled.length > 0,
  };
}

/** Routes by the same hops share them. */
function compileHops(context: TableContext, hops: readonly Hop[]): readonly CompiledHop[] {
  const key = hops.map((h) => `${h.link} ${h.via?.family} ${h.via?.value} ${h.dead} ${h.linkDown}`).join("/");
  let compiled = context.hops.get(key);
  if (compiled === undefined) context.hops.set(key, (compiled = hops.map((hop) => compileHop(context, hop))));
  return compiled;
}

function compileHop(context: TableContext, hop: Hop): CompiledHop {
  const device = context.numbers.get(hop.link) ?? DETACHED;
  const ignore = hop.linkDown
    ? combined(
        context.state,
        context.family,
        hop.link,
        "ignore_routes_with_linkdown",
        context.family === 4 ? "or" : "own",
      )
    : 0;
  return {
    device,
    via: hop.via,
    usable: !hop.dead && ignore === 0,
    dead: hop.dead,
    lent: new Map(),
    unclear: !hop.dead && ignore === undefined,
  };
}
