import { Host } from "../model/host";
import { PlanSysctl } from "../model/plan";

/** The settings of the kernel that the plan needs; per device wherever there is a setting a device. */
export function buildSysctls(host: Host): PlanSysctl[] {
  const used = new Set([...host.traffic.flatMap((t) => t.use), ...(host.identity?.interfaces ?? [])]);
  return [
    ...host.interfaces.flatMap(({ name }) => [
      ...arpHeldToInterface(name),
      ...(host.trackConnections ? [marksCountForReversePath(name)] : []),
      ...(used.has(name) ? passedOverWithoutCarrier(host, name) : []),
    ]),
    ...sharedByFlow(host),
  ];
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

/**
 * The reverse path check of a packet that is led to a container asks with the packet's mark, and so finds the interface
 * that it came in by, in place of the one that main would answer the container by.
 */
function marksCountForReversePath(name: string): PlanSysctl {
  return { interface: name, key: "ipv4/conf/@/src_valid_mark", atLeast: 1 };
}

/** A route by a link without carrier is no way: another link is, or what is said to become of the rest. */
function passedOverWithoutCarrier(host: Host, name: string): PlanSysctl[] {
  const key = (family: string): string => `${family}/conf/@/ignore_routes_with_linkdown`;
  return [
    { interface: name, key: key("ipv4"), atLeast: 1 },
    ...(host.sources[6].size > 0 ? [{ interface: name, key: key("ipv6"), atLeast: 1 }] : []),
  ];
}

/** What is shared among links is told apart by ports too, or all between two hosts would take one way. There is one setting a host. */
function sharedByFlow(host: Host): PlanSysctl[] {
  const first = host.traffic.find((t) => t.weights !== undefined)?.use[0] ?? host.identity?.interfaces[0];
  if (first === undefined) return [];
  return [
    { interface: first, key: "ipv4/fib_multipath_hash_policy", atLeast: 1 },
    ...(host.sources[6].size > 0
      ? [{ interface: first, key: "ipv6/fib_multipath_hash_policy", atLeast: 1 }]
      : []),
  ];
}
