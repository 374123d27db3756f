import { Family } from "../net/address";
import { samePrefix } from "../net/prefix";
import { buildChains } from "./chains";
import { RoutingError } from "./flow";
import {
  ANY_DEVICE,
  CompiledHop,
  CompiledRoute,
  CompiledTable,
  DETACHED,
  Device,
  FamilyModel,
  Model,
  Step,
  Subtree,
} from "./model";
import { sharedNexthops } from "./nexthops6";
import { PrefixIndex } from "./prefix-index";
import { Hop, LinuxState, Route, Rule, Table } from "./state";
import { combined } from "./sysctl";

/** Makes a state ready for lookups. The state must not change afterwards. */
export function compile(state: LinuxState): Model {
  const links = [...state.links].sort((a, b) => a.index - b.index);
  const numbers = new Map(links.map((link, number) => [link.name, number]));
  const devices = links.map((link, number): Device => {
    const master = link.master === undefined ? undefined : links[numbers.get(link.master) ?? -1];
    const l3mdev =
      link.kind === "vrf" ? number : master?.kind === "vrf" ? numbers.get(master.name)! : ANY_DEVICE;
    return { number, link, l3mdev, settings: new Map(), addresses: { 4: [], 6: [] } };
  });
  for (const address of state.addresses) {
    const device = devices[numbers.get(address.link) ?? -1];
    if (device === undefined) continue;
    (device.addresses[address.address.family] as (typeof address)[]).push(address);
  }
  const family = (f: Family): FamilyModel => compileFamily(state, f, numbers, devices);
  const loopback = devices.find((device) => device.link.loopback)?.number ?? ANY_DEVICE;
  return { state, devices, deviceNumbers: numbers, loopback, 4: family(4), 6: family(6) };
}

function compileFamily(
  state: LinuxState,
  family: Family,
  numbers: ReadonlyMap<string, number>,
  devices: readonly Device[],
): FamilyModel {
  const context: Context = { state, family, numbers, devices, hops: new Map() };
  const rules = state.rules[family];
  const places = new Map<number, number>();
  rules.forEach(({ priority }, position) => {
    if (!places.has(priority)) places.set(priority, position);
  });
  const steps = rules.map((rule, position) => compileRule(context, places, rule, position));
  const byTable = new Map<number, Route[]>();
  for (const route of state.routes[family]) {
    const table = byTable.get(route.table);
    if (table === undefined) byTable.set(route.table, [route]);
    else table.push(route);
  }
  const tables = new Map<number, CompiledTable>();
  for (const [id, routes] of byTable) tables.set(id, compileTable(context, id, routes));
  const own = new Map<bigint, number[]>();
  for (const device of devices) {
    for (const { address } of device.addresses[family]) {
      own.set(address.value, [...(own.get(address.value) ?? []), device.number]);
    }
  }
  const defaultRules = isDefault(rules, family);
  const split = [byTable.get(Table.local) ?? [], byTable.get(Table.main) ?? []];
  return {
    family,
    steps,
    ...buildChains(family, steps),
    tables,
    defaultRules,
    merged:
      family === 4 && defaultRules
        ? compileTable(context, Table.main, [...split[0], ...split[1]])
        : undefined,
    mergeMatters: family === 4 && defaultRules && nests(tables.get(Table.local), tables.get(Table.main)),
    ownLocalRoutes: state.routes[family].some((route) => route.type === "local" && route.origin !== KERNEL),
    dissects: dissects(rules),
    shared: family === 6 ? sharedNexthops(tables.values()) : new Map(),
    own,
    own4: new Map(family === 4 ? [...own].map(([value, owners]) => [Number(value), owners[0]]) : []),
  };
}

/** RTPROT_KERNEL. */
const KERNEL = 2;

interface Context {
  readonly state: LinuxState;
  readonly family: Family;
  readonly numbers: ReadonlyMap<string, number>;
  readonly devices: readonly Device[];
  readonly hops: Map<string, readonly CompiledHop[]>;
}

/** Whether some rule asks for ports or protocol of packets from outside (fib_rule_requires_fldissect). */
export function dissects(rules: readonly Rule[]): boolean {
  return rules.some(
    (rule) =>
      rule.iif !== "lo" &&
      (rule.protocol !== undefined || rule.sourcePorts !== undefined || rule.destinationPorts !== undefined),
  );
}

/** Whether a rule matches every packet. */
export function isUnconditional(rule: Rule): boolean {
  return step(rule).always;
}

/** The rules that every kernel starts with (net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c). */
export function isDefault(rules: readonly Rule[], family: Family): boolean {
  const expected: [number, number][] = [
    [0, Table.local],
    [32766, Table.main],
  ];
  if (family === 4) expected.push([32767, Table.default]);
  const plain = (rule: Rule): boolean =>
    step(rule).always && !rule.l3mdev && rule.suppressPrefixLength === undefined;
  return (
    rules.length === expected.length &&
    rules.every((rule, i) => {
      const [priority, table] = expected[i];
      return (
        rule.priority === priority &&
        rule.action.kind === "lookup" &&
        rule.action.table === table &&
        plain(rule)
      );
    })
  );
}

/** Whether a prefix of `inner` lies strictly inside one of `outer`. */
function nests(outer: CompiledTable | undefined, inner: CompiledTable | undefined): boolean {
  if (outer === undefined || inner === undefined) return false;
  return inner.index.prefixes.some((prefix) => {
    const node = outer.index.nodeOf[outer.index.interval4(Number(prefix.value))];
    return (
      node >= 0 &&
      !samePrefix(outer.index.prefixes[node], prefix) &&
      outer.index.prefixes[node].length < prefix.length
    );
  });
}

/** `places` are the first rules of each priority. */
function compileRule(
  context: Context,
  places: ReadonlyMap<number, number>,
  rule: Rule,
  position: number,
): Step {
  const device = (name: string | undefined): number =>
    name === undefined ? ANY_DEVICE : (context.numbers.get(name) ?? DETACHED);
  let jump = -1;
  if (rule.action.kind === "goto") {
    jump = places.get(rule.action.priority) ?? -1;
    if (jump <= position) jump = -1;
  }
  return { ...step(rule), position, iif: device(rule.iif), oif: device(rule.oif), jump };
}

const REJECT: Readonly<Record<string, RoutingError>> = {
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
  blackhole: "EINVAL",
};

function step(rule: Rule): Step {
  const width = rule.from?.family === 6 || rule.to?.family === 6 ? 128 : 32;
  const from = rule.from !== undefined && rule.from.length > 0 ? rule.from : undefined;
  const to = rule.to !== undefined && rule.to.length > 0 ? rule.to : undefined;
  const hasPorts = rule.sourcePorts !== undefined || rule.destinationPorts !== undefined;
  const always =
    !rule.not &&
    from === undefined &&
    to === undefined &&
    rule.iif === undefined &&
    rule.oif === undefined &&
    (rule.mark === undefined || rule.mark.mask === 0) &&
    !rule.tos &&
    rule.uids === undefined &&
    rule.protocol === undefined &&
    !hasPorts &&
    !rule.l3mdev &&
    rule.tunnelId === undefined &&
    rule.unmodelled.length === 0;
  return {
    rule,
    position: 0,
    not: rule.not,
    always,
    hasFrom: from !== undefined,
    from4: width === 32 ? Number(from?.value ?? 0n) : 0,
    from6: width === 128 && from !== undefined ? from.value >> BigInt(128 - from.length) : 0n,
    fromShift: from === undefined ? 0 : width - from.length,
    hasTo: to !== undefined,
    to4: width === 32 ? Number(to?.value ?? 0n) : 0,
    to6: width === 128 && to !== undefined ? to.value >> BigInt(128 - to.length) : 0n,
    toShift: to === undefined ? 0 : width - to.length,
    iif: ANY_DEVICE,
    oif: ANY_DEVICE,
    mark: rule.mark?.value ?? 0,
    mask: rule.mark?.mask ?? 0,
    tos: rule.tos ?? 0,
    uidLow: rule.uids?.[0] ?? 0,
    uidHigh: rule.uids?.[1] ?? 0xffffffff,
    protocol: rule.protocol ?? 0,
    hasPorts,
    sportLow: rule.sourcePorts?.[0] ?? 0,
    sportHigh: rule.sourcePorts?.[1] ?? 0xffff,
    dportLow: rule.destinationPorts?.[0] ?? 0,
    dportHigh: rule.destinationPorts?.[1] ?? 0xffff,
    l3mdev: rule.l3mdev,
    tunnel: rule.tunnelId !== undefined,
    unclear: rule.unmodelled.length > 0,
    act:
      rule.action.kind === "lookup" || rule.action.kind === "goto" || rule.action.kind === "nop"
        ? rule.action.kind
        : "reject",
    table: rule.action.kind === "lookup" ? rule.action.table : 0,
    error: REJECT[rule.action.kind] ?? "ENETUNREACH",
    jump: -1,
    suppressLength: rule.suppressPrefixLength ?? -1,
    suppressGroup: rule.suppressGroup ?? -1,
  };
}

function compileTable(context: Context, id: number, routes: readonly Route[]): CompiledTable {
  const { family } = context;
  const index = new PrefixIndex(
    family,
    routes.map((route) => route.to),
  );
  const nodes: CompiledRoute[][] = index.prefixes.map(() => []);
  const specific: Route[][] = index.prefixes.map(() => []);
  let subtrees = false;
  const nodeOf = (route: Route): number =>
    family === 4
      ? exactNode(index, index.nodeOf[index.interval4(Number(route.to.value))], route)
      : exactNode(index, index.nodeOf[index.interval6(route.to.value)], route);
  let defaults = 0;
  for (const route of routes) {
    if (route.to.length === 0) defaults++;
    if (family === 6 && route.from !== undefined && route.from.length > 0) {
      specific[nodeOf(route)].push(route);
      subtrees = true;
    } else {
      nodes[nodeOf(route)].push(compileRoute(context, route));
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

/** The node of exactly this prefix: the longest match of its lowest address, or one above it. */
function exactNode(index: PrefixIndex, node: number, route: Route): number {
  while (index.prefixes[node].length !== route.to.length) node = index.parent[node];
  return node;
}

function compileSubtree(context: Context, routes: readonly Route[]): Subtree {
  const index = new PrefixIndex(
    6,
    routes.map((route) => route.from!),
  );
  const nodes: CompiledRoute[][] = index.prefixes.map(() => []);
  for (const route of routes) {
    let node = index.nodeOf[index.interval6(route.from!.value)];
    while (index.prefixes[node].length !== route.from!.length) node = index.parent[node];
    nodes[node].push(compileRoute(context, route));
  }
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

function compileRoute(context: Context, route: Route): CompiledRoute {
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
function compileHops(context: Context, hops: readonly Hop[]): readonly CompiledHop[] {
  const key = hops.map((h) => `${h.link} ${h.via?.family} ${h.via?.value} ${h.dead} ${h.linkDown}`).join("/");
  let compiled = context.hops.get(key);
  if (compiled === undefined) context.hops.set(key, (compiled = hops.map((hop) => compileHop(context, hop))));
  return compiled;
}

function compileHop(context: Context, hop: Hop): CompiledHop {
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

/** The number of a device, or DETACHED. */
export function deviceNumber(model: Model, name: string): number {
  return model.deviceNumbers.get(name) ?? DETACHED;
}
