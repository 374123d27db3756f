import { Intent, IntentInterface, IntentTraffic } from "../linux";
import { Host, HostInterface } from "../model/host";
import { MAIN_MIN_PREFIX } from "../model/numbers";
import { Incoming, Traffic } from "../model/traffic";
import { FAMILIES } from "../net/address";
import { InterfaceAddress, parseInterfaceAddress } from "../net/prefix";

/** Device names by interface name. */
export type Devices = Readonly<Record<string, string>>;

/** What the owner of a host wants of its routing: from the host as it was written, and not from its plan. */
export function intentOf(host: Host, devices: Devices): Intent {
  return {
    interfaces: host.interfaces.map((iface) => intentInterface(iface, devices[iface.name])),
    onLink: host.onLink,
    directPairs: host.directPairs,
    unmanagedRoutes: host.unmanagedRoutes,
    unmanagedLongerThan: MAIN_MIN_PREFIX,
    attachedByGateway: true,
    traffic: host.traffic.map((t) => intentTraffic(t, devices)),
    ...(host.identity !== undefined && { identities: host.identity.addresses }),
  };
}

function intentTraffic({ weights, incoming, ...policy }: Traffic, devices: Devices): IntentTraffic {
  const deviceOf = (i: Incoming): string => ("interface" in i ? devices[i.interface] : i.device);
  return { ...policy, incoming: incoming.map(deviceOf), shared: weights !== undefined };
}

function intentInterface(iface: HostInterface, device: string): IntentInterface {
  const { name, addresses, delegatedPrefixes, gateways, subnets, routes } = iface;
  return {
    name,
    device,
    addresses: FAMILIES.flatMap((family) => addresses[family].texts.flatMap(read)),
    delegatedPrefixes,
    gateways: {
      ...(gateways[4] !== undefined && { 4: gateways[4].address }),
      ...(gateways[6] !== undefined && { 6: gateways[6].address }),
    },
    subnets,
    routes,
  };
}

/** Text of a normalized host, so it can be read. */
function read(text: string): InterfaceAddress[] {
  const parsed = parseInterfaceAddress(text);
  return parsed.ok ? [parsed.value] : [];
}

/** Longest name of a device (IFNAMSIZ is 16, with the end). */
const LONGEST_DEVICE = 15;

/**
 * Devices for interfaces of a host that is not there yet: as `match` says where it does, else called as the interface
 * is, so that a proof reads well. Which names they are decides nothing.
 *
 * @param reserved names of other devices of the host
 */
export function stageDevices(
  interfaces: readonly { readonly name: string; readonly match: { readonly ifname?: string } }[],
  reserved: readonly string[] = [],
): Devices {
  const taken = new Set(["lo", ...reserved, ...interfaces.flatMap(({ match }) => match.ifname ?? [])]);
  const devices: Record<string, string> = {};
  interfaces.forEach(({ name, match }, i) => {
    let device = match.ifname ?? name;
    for (
      let n = i;
      match.ifname === undefined && (device.length > LONGEST_DEVICE || taken.has(device));
      n++
    ) {
      device = `nic${n}`;
    }
    taken.add(device);
    devices[name] = device;
  });
  return devices;
}
