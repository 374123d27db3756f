import { Host } from "../model/host";
import { Plan, PlanFamily, PlanInterface, PlanSysctl } from "../model/plan";
import { FAMILIES, Family, formatAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { allocateSlots } from "./allocate";
import { buildExpectations } from "./expectations";
import { buildRoutes } from "./routes";
import { buildRules } from "./rules";

/** The plan of a normalized host. Total: every normalized host has one. */
export function buildPlan(host: Host): Plan {
  const slots = allocateSlots(host.interfaces.map((i) => i.name));
  const family = (f: Family): PlanFamily => ({
    routes: buildRoutes(host, f),
    rules: buildRules(host, f, slots),
    expectations: buildExpectations(host, f),
  });
  return {
    schema: 1,
    host: host.name,
    numbers: host.numbers,
    interfaces: host.interfaces.map((iface): PlanInterface => {
      const { mac, ifname, address } = iface.match;
      const addresses = iface.addresses.map((a) => `${formatAddress(a.address)}/${a.length}`);
      return {
        name: iface.name,
        match: {
          ...(mac && { mac }),
          ...(ifname && { ifname }),
          ...(address && { address: formatAddress(address) }),
        },
        slot: slots.get(iface.name) as number,
        addresses,
        sources: [
          ...iface.addresses.map((a) => formatAddress(a.address)),
          ...iface.delegatedPrefixes.map(formatPrefix),
        ],
        gateways: FAMILIES.flatMap((f) => iface.gateways[f] ?? []).map((g) => formatAddress(g.address)),
      };
    }),
    ipv4: family(4),
    ipv6: family(6),
    sysctls: host.interfaces.flatMap((iface) => arpHeldToInterface(iface.name)),
  };
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
