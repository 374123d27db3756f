import { Family } from "../net/address";
import { samePrefix } from "../net/prefix";
import { buildChains } from "./chains";
import { ANY_DEVICE, CompiledTable, Device, FamilyModel, Model } from "./model";
import { sharedNexthops } from "./nexthops6";
import { LinuxState, Route, Table } from "./state";
import { compileRule, dissects, isDefault } from "./steps";
import { TableContext, compileTable } from "./tables";

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
  const context: TableContext = { state, family, numbers, hops: new Map() };
  const rules = state.rules[family];
  const places = new Map<number, number>();
  rules.forEach(({ priority }, position) => {
    if (!places.has(priority)) places.set(priority, position);
  });
  const steps = rules.map((rule, position) => compileRule(numbers, places, rule, position));
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

/** Whether a prefix of `inner` lies strictly inside one of `outer`. */
function nests(outer: CompiledTable | undefined, inner: CompiledTable | undefined): boolean {
  if (outer === undefined || inner === undefined) return false;
  return inner.index.prefixes.some((prefix) => {
    const node = outer.index.longest(prefix);
    return (
      node >= 0 &&
      !samePrefix(outer.index.prefixes[node], prefix) &&
      outer.index.prefixes[node].length < prefix.length
    );
  });
}
