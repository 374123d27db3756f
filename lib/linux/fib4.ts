import { Answer, CompiledHop, CompiledRoute, CompiledTable, Model, Probe, Tracer } from "./model";
import { PrefixIndex } from "./prefix-index";
import { describeRoute } from "./text";

/**
 * IPv4: looks a flow up in one table (net/ipv4/fib_trie.c, fib_table_lookup). Candidates are tried from the longest
 * prefix to the shortest; the first that the flow may use decides, a refusal included, with no way back.
 */
export function lookup4(
  _model: Model,
  table: CompiledTable,
  probe: Probe,
  answer: Answer,
  trace?: Tracer,
): void {
  const { index, flat, first } = table;
  for (let node = index.nodeOf[index.interval4(probe.dst4)]; node >= 0; node = index.parent[node]) {
    for (let i = first[node]; i < first[node + 1]; i++) {
      const route = flat[i];
      if (route.tos !== 0 && route.tos !== (probe.tos & 0x1c)) {
        trace?.note(`${describeRoute(route.route)}: for another TOS`);
        continue;
      }
      if (route.unclear) {
        answer.doubt(`route "${describeRoute(route.route)}" has ${route.route.unmodelled.join(", ")}`);
        return;
      }
      if (route.error !== "") {
        trace?.note(
          `${describeRoute(route.route)}: ${route.error === "EAGAIN" ? "back to the rules" : "refuses"}`,
        );
        answer.route = route;
        answer.table = table;
        if (route.error !== "EAGAIN") answer.fail(route.error);
        return;
      }
      const hop = firstHop(route, probe.oif);
      if (hop === UNCLEAR) {
        answer.doubt(
          `route "${describeRoute(route.route)}" is without carrier, and ignore_routes_with_linkdown was not read`,
        );
        return;
      }
      if (hop < 0) {
        trace?.note(
          `${describeRoute(route.route)}: ${probe.oif >= 0 ? "by another device, or down" : "down"}`,
        );
        if (!route.route.nexthopObject) continue;
        node = lastOfLeaf(index, node);
        break;
      }
      trace?.note(`${describeRoute(route.route)}: taken`);
      answer.status = "ok";
      answer.route = route;
      answer.hop = hop;
      answer.table = table;
      answer.node = node;
      return;
    }
  }
  trace?.note("no route fits; on to the next rule");
}

/**
 * A nexthop object of which no hop will do makes the kernel leave the whole leaf of its trie: the routes after it, and
 * all shorter prefixes that begin at the same address.
 */
function lastOfLeaf(index: PrefixIndex, node: number): number {
  const { value } = index.prefixes[node];
  while (index.parent[node] >= 0 && index.prefixes[index.parent[node]].value === value)
    node = index.parent[node];
  return node;
}

const UNCLEAR = -2;

function firstHop(route: CompiledRoute, oif: number): number {
  for (let i = 0; i < route.hops.length; i++) {
    const hop = route.hops[i];
    if (oif >= 0 && hop.device !== oif) continue;
    if (hop.usable) return i;
    if (hop.unclear) return UNCLEAR;
  }
  return -1;
}

/** A route and the hop of it that may be taken. */
export interface Choice {
  readonly route: CompiledRoute;
  readonly hop: CompiledHop;
}

/** Whether nothing is left to the kernel's choice. */
export function isCertain4(probe: Probe, answer: Answer): boolean {
  if (probe.oif >= 0) return true;
  const route = answer.route!;
  if (route.hops.length > 1) return false;
  return route.length > 0 || answer.table!.defaults < 2 || route.type !== "unicast";
}

/**
 * All that the kernel may choose for the answer: with a device given the hop found; else every usable hop of a
 * multipath route (by a hash of the flow), and among equal defaults whichever has a neighbour that answers
 * (net/ipv4/fib_semantics.c, fib_select_path).
 */
export function choices4(probe: Probe, answer: Answer): Choice[] {
  const route = answer.route!;
  const found = { route, hop: route.hops[answer.hop] };
  if (isCertain4(probe, answer)) return [found];
  if (route.hops.length > 1) {
    // A nexthop object chooses without a look at carriers.
    const { nexthopObject } = route.route;
    return route.hops
      .filter((hop) => (nexthopObject ? !hop.dead : hop.usable))
      .map((hop) => ({ route, hop }));
  }
  const equal = equalDefaults(probe, answer);
  return equal.length > 1 ? equal.map((other) => ({ route: other, hop: other.hops[0] })) : [found];
}

function equalDefaults(probe: Probe, answer: Answer): CompiledRoute[] {
  const found = answer.route!;
  const equal: CompiledRoute[] = [];
  let lastTos = 0;
  let lastMetric = found.metric;
  for (const route of answer.table!.nodes[answer.node]) {
    if (route.tos !== 0 && route.tos !== (probe.tos & 0x1c)) continue;
    if (route.metric > lastMetric && route.tos === lastTos) {
      if (lastTos !== 0) continue;
      break;
    }
    if (route.error === "" && !route.hops.some((hop) => hop.usable)) continue;
    lastTos = route.tos;
    lastMetric = route.metric;
    if (route.scope !== found.scope || route.type !== "unicast" || route.hops[0]?.via === undefined) continue;
    if (equal.length === 0 && route !== found) break;
    equal.push(route);
  }
  return equal;
}
