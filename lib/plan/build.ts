import { Host } from "../model/host";
import { Plan, PlanFamily, PlanInterface, PlanSysctl } from "../model/plan";
import { FAMILIES, Family, formatAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { allocateSlots } from "./allocate";
import { buildExpectations } from "./expectations";
import { buildRoutes } from "./routes";
import { buildRules } from "./rules";
import { sourceTable } from "./sources";

/** The plan of a normalized host. Total: every normalized host has one. */
export function buildPlan(host: Host): Plan {
  const slots = allocateSlots(host.interfaces.map((i) => i.name));
  const family = (f: Family): PlanFamily => {
    if (host.sources[f].size === 0) return { routes: [], rules: [], expectations: [] };
    const table = sourceTable(host, f, slots);
    return {
      routes: buildRoutes(host, f),
      rules: buildRules(host, f, slots, table),
      expectations: buildExpectations(host, f, table),
    };
  };
  return {
    schema: 1,
    host: host.name,
    numbers: host.numbers,
    interfaces: host.interfaces.map((iface): PlanInterface => {
      const { mac, ifname, address } = iface.match;
      return {
        name: iface.name,
        match: {
          ...(mac && { mac }),
          ...(ifname && { ifname }),
          ...(address && { address: formatAddress(address) }),
        },
        slot: slots.get(iface.name) as number,
        addresses: joined(iface.addresses[4].texts, iface.addresses[6].texts),
        sources: joined(
          joined(iface.addresses[4].sources, iface.addresses[6].sources),
          iface.delegatedPrefixes.map(formatPrefix),
        ),
        gateways: FAMILIES.flatMap((f) => iface.gateways[f] ?? []).map((g) => formatAddress(g.address)),
      };
    }),
    ipv4: family(4),
    ipv6: family(6),
    sysctls: host.interfaces.flatMap((iface) => arpHeldToInterface(iface.name)),
  };
}

/** One after the other, without a copy where one of them is empty. */
function joined(a: readonly string[], b: readonly string[]): readonly string[] {
  return a.length === 0 ? b : b.length === 0 ? a : a.concat(b);
}

/**
 * ARP answers only for addresses of the interface asked, and announces only those: two interfaces on one link then
 * never answer for each other, with and without the rules. Per device and never on `all`, whose maximum would
 * count for container bridges too. (Linux, Documentation/networking/ip-sysctl.rst.)
 */
function arpHeldToInterface(name: string): PlanSysctl[] {
  return [
    { interface: name, key: "ipv4/conf/@/arp_announce", atLeast: 2 },
    { interface: name, key: "ipv4/conf/@/arp_ignore", atLeast: 1 },
  ];
}
