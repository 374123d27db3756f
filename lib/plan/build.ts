import { Host, HostInterface } from "../model/host";
import { Plan, PlanFamily, PlanInterface } from "../model/plan";
import { HostModel } from "../model/spec";
import { Address, FAMILIES, Family, compareAddresses, formatAddress, sameAddress } from "../net/address";
import { formatPrefix, hostPrefix } from "../net/prefix";
import { allocateSlots } from "./allocate";
import { coversOf } from "./compile/guard";
import { buildConnections } from "./connections";
import { buildExpectations } from "./expectations";
import { buildIdentity } from "./identity";
import { buildRoutes } from "./routes";
import { buildRules } from "./rules";
import { sourceTable } from "./sources";
import { buildSysctls } from "./sysctls";
import { trafficFlows, untaken } from "./traffic/flows";
import { summarize } from "./traffic/summary";
import { trafficRoutes, trafficTables } from "./traffic/tables";
import { buildWorld, vrfTable, vrfsOf } from "./worlds";

/** The plan of a normalized host. Total: every normalized host has one. */
export function buildPlan(host: Host): Plan {
  const tables = trafficTables(host);
  const slots = allocateSlots(
    host.interfaces.map((i) => i.name),
    [...tables, ...vrfsOf(host).map(vrfTable)],
  );
  const connections = buildConnections(host);
  // Linux's own way needs nothing of ours.
  const weak = host.hostModel === HostModel.Weak;
  const family = (f: Family): PlanFamily => {
    const owns = host.sources[f].size > 0;
    const wanted =
      owns ||
      host.traffic.some((t) => t.families.includes(f)) ||
      host.identity?.addresses.some((a) => a.family === f) === true;
    if (weak || !wanted) return NOTHING;
    const table = owns ? sourceTable(host, f, slots) : undefined;
    return {
      covers: [
        ...(table === undefined ? [] : coversOf(table)),
        ...(host.identity?.addresses ?? [])
          .filter((a) => a.family === f)
          .map((a) => formatPrefix(hostPrefix(a))),
      ],
      routes: [...buildRoutes(host, f), ...trafficRoutes(host, f)],
      rules: buildRules(host, f, slots, table, connections),
      expectations: table === undefined ? [] : untaken(host, f, buildExpectations(host, f, table)),
      flows: trafficFlows(host, f),
    };
  };
  return {
    schema: 1,
    host: host.name,
    numbers: host.numbers,
    hostModel: host.hostModel,
    unmanagedRoutes: host.unmanagedRoutes,
    persistence: host.persistence,
    virtualAddresses: virtualAddressesOf(host).map(formatAddress),
    traffic: summarize(host),
    tables: tables.map((name) => ({ name, slot: slots.get(name) as number })),
    connections,
    interfaces: host.interfaces.map((iface) => planInterface(iface, slots.get(iface.name) as number)),
    ipv4: family(4),
    ipv6: family(6),
    sysctls: weak ? [] : buildSysctls(host),
    worlds: host.worlds.map((world) => buildWorld(world, buildPlan(world.host), slots.get(vrfTable(world)))),
    ...buildIdentity(host),
  };
}

function planInterface(iface: HostInterface, slot: number): PlanInterface {
  const { name, match, addresses } = iface;
  const { mac, ifname, address } = match;
  const gateways: string[] = [];
  for (const family of FAMILIES) {
    const gateway = iface.gateways[family];
    if (gateway !== undefined) gateways.push(formatAddress(gateway.address));
  }
  return {
    name,
    match: {
      ...(mac && { mac }),
      ...(ifname && { ifname }),
      ...(address && { address: formatAddress(address) }),
    },
    slot,
    addresses: joined(addresses[4].texts, addresses[6].texts),
    sources: joined(
      joined(addresses[4].sources, addresses[6].sources),
      iface.delegatedPrefixes.map(formatPrefix),
    ),
    gateways,
  };
}

/** Under the strong host model an identity may come and go by all interfaces. */
function virtualAddressesOf({ hostModel, virtualAddresses, identity }: Host): readonly Address[] {
  if (hostModel !== HostModel.Strong || identity === undefined) return virtualAddresses;
  const own = identity.addresses.filter((a) => !virtualAddresses.some((v) => sameAddress(a, v)));
  return [...virtualAddresses, ...own].sort(compareAddresses);
}

const NOTHING: PlanFamily = { covers: [], routes: [], rules: [], expectations: [], flows: [] };

/** One after the other, without a copy where one of them is empty. */
function joined(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.length === 0 ? b : b.length === 0 ? a : a.concat(b);
}
