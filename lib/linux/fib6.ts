import { Answer, CompiledRoute, CompiledTable, Model, Probe, Tracer } from "./model";
import { unclearType } from "./nexthops6";
import { PrefixIndex } from "./prefix-index";
import { describeRoute } from "./text";

/**
 * IPv6: looks a flow up in one table (net/ipv6/route.c, fib6_table_lookup). Gateways are taken to be reachable; what
 * neighbour discovery knows of them is not part of a state.
 */
export function lookup6(
  model: Model,
  table: CompiledTable,
  probe: Probe,
  answer: Answer,
  trace?: Tracer,
): void {
  if (table.subtrees === undefined) {
    const { index, nodes } = table;
    for (let node = index.nodeOf[index.interval6(probe.dst6)]; node >= 0; node = index.parent[node]) {
      if (select(model, nodes[node], table, probe, answer, trace)) return;
    }
  } else {
    for (const routes of visits(table, probe)) if (select(model, routes, table, probe, answer, trace)) return;
  }
  trace?.note("no route fits; on to the next rule");
}

/**
 * The lists of routes in the order in which the kernel comes to them when there are source-specific routes
 * (fib6_node_lookup_1, fib6_backtrack). Going up for the first time, a destination prefix with source-specific routes
 * of which none fits is passed over, its other routes included, unless it is the default; going back, those count.
 */
function visits(table: CompiledTable, probe: Probe): (readonly CompiledRoute[])[] {
  const { index, nodes } = table;
  const lists: (readonly CompiledRoute[])[] = [];
  let node = index.nodeOf[index.interval6(probe.dst6)];
  let found = false;
  for (; node >= 0; node = index.parent[node]) {
    const subtree = table.subtrees![node];
    const isRoot = index.prefixes[node].length === 0;
    if (subtree !== undefined) {
      const inside = fitting(subtree.index, probe.src6).map((n) => subtree.nodes[n]);
      if (inside.length > 0) {
        found = true;
        lists.push(...inside);
      }
    }
    if (nodes[node].length > 0 && (found || subtree === undefined || isRoot)) {
      found = true;
      lists.push(nodes[node]);
    }
  }
  return lists;
}

/** Nodes that hold the address, longest first. */
function fitting(index: PrefixIndex, address: bigint): number[] {
  const nodes: number[] = [];
  for (let node = index.nodeOf[index.interval6(address)]; node >= 0; node = index.parent[node])
    nodes.push(node);
  return nodes;
}

/**
 * The best route of one prefix (find_rr_leaf): among those of the lowest metric the one with the best score; if none
 * of them can be used, all others together by score, whatever their metric.
 */
function select(
  model: Model,
  routes: readonly CompiledRoute[],
  table: CompiledTable,
  probe: Probe,
  answer: Answer,
  trace?: Tracer,
): boolean {
  if (routes.length === 0) return false;
  let best = -1;
  let chosen: CompiledRoute | undefined;
  let chosenHop = 0;
  const first = routes[0].metric;
  for (let i = 0; i < routes.length; i++) {
    const route = routes[i];
    if (route.metric !== first && chosen !== undefined && chosen.metric === first) break;
    if (route.unclear) {
      answer.doubt(`route "${describeRoute(route.route)}" has ${route.route.unmodelled.join(", ")}`);
      return true;
    }
    for (let h = 0; h < route.hops.length; h++) {
      const hop = route.hops[h];
      if (!hop.usable) {
        if (!hop.unclear) continue;
        answer.doubt(
          `route "${describeRoute(route.route)}" is without carrier, and ignore_routes_with_linkdown was not read`,
        );
        return true;
      }
      const score = scoreOf(route, hop.device, probe);
      if (score <= best) continue;
      best = score;
      chosen = route;
      chosenHop = h;
    }
  }
  if (chosen === undefined) {
    trace?.note(`${describeRoute(routes[0].route)}: by another device, or down`);
    return false;
  }
  const unclear = unclearType(model, chosen);
  if (unclear !== undefined) {
    answer.doubt(unclear);
    return true;
  }
  answer.route = chosen;
  answer.hop = chosenHop;
  answer.table = table;
  if (chosen.error !== "") {
    trace?.note(
      `${describeRoute(chosen.route)}: ${chosen.error === "EAGAIN" ? "back to the rules" : "refuses"}`,
    );
    if (chosen.error === "EAGAIN") answer.status = "again";
    else answer.fail(chosen.error);
    return true;
  }
  trace?.note(`${describeRoute(chosen.route)}: taken`);
  answer.status = "ok";
  return true;
}

/** rt6_score_route; below 0 the hop is not acceptable. Router preference weighs more than the device. */
function scoreOf(route: CompiledRoute, device: number, probe: Probe): number {
  const match = probe.preferred < 0 || device === probe.preferred ? 2 : 0;
  if (match === 0 && probe.strict) return -1;
  return match | (route.preference << 2);
}

/**
 * The hops that the kernel may choose for the answer (fib6_select_path): every acceptable one, by a hash of the flow.
 * Kernels before 6.18 kept to the hop on the device that was asked for; newer ones do not, unless it is required.
 */
export function choices6(probe: Probe, answer: Answer): number[] {
  const route = answer.route!;
  const found = answer.hop;
  if (route.hops.length === 1) return [found];
  // A nexthop object chooses without a look at what device is required, or at carriers.
  const { nexthopObject } = route.route;
  const acceptable = route.hops
    .map((hop, i) =>
      (nexthopObject ? !hop.dead : hop.usable && scoreOf(route, hop.device, probe) >= 0) ? i : -1,
    )
    .filter((i) => i >= 0);
  return [...new Set([found, ...acceptable])];
}
