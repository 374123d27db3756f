import { Intent, IntentInterface, LinuxState, Table } from "../linux";
import { Address, FAMILIES, Family, isLinkLocal, parseAddress, widthOf } from "../net/address";
import { findInCover, minimalCover } from "../net/cover";
import {
  Prefix,
  comparePrefixes,
  contains,
  hostPrefix,
  lastAddress,
  samePrefix,
  sizeOf,
} from "../net/prefix";
import { Survey, UNMANAGED_LONGER_THAN } from "./survey";

/** A kind of place that hosts are in, seen from the host: one address stands for all of it. */
export interface Peer {
  readonly kind: "beyond" | "attached" | "routed" | "inside";
  readonly address: Address;
  /** What the address stands for; absent for "beyond": everything that is nowhere else. */
  readonly network?: Prefix;
  /** The device that is attached to it, or leads to it; absent for "beyond". */
  readonly device?: string;
}

/**
 * The places that a host's routing tells apart: beyond the gateways, on the network of each interface, behind each
 * tunnel or container bridge, and where routes of their own lead.
 */
export function peersOf(state: LinuxState, { intent, others }: Survey): Peer[] {
  const owned = minimalCover(state.addresses.map(({ address }) => hostPrefix(address)));
  const gateways = intent.interfaces.flatMap(({ gateways: g }) => Object.values(g));
  const delegated = intent.interfaces.flatMap(({ delegatedPrefixes }) => delegatedPrefixes);
  const taken = minimalCover([...owned, ...delegated, ...gateways.map(hostPrefix)]);
  const peers: Peer[] = [];
  for (const family of FAMILIES) {
    if (!intent.interfaces.some((i) => i.addresses.some(({ address }) => address.family === family)))
      continue;
    const beyond = farAway(state, intent, family);
    if (beyond !== undefined) peers.push({ kind: "beyond", address: beyond });
    const add = (kind: Peer["kind"], device: string, network: Prefix, within: readonly Prefix[]): void => {
      const address = someHost(network, taken, within);
      if (address !== undefined) peers.push({ kind, device, network, address });
    };
    const byInterface = intent.interfaces.map((iface) => routedBy(state, iface, family));
    const routed = [...byInterface.flat(), ...others.flatMap((o) => o.reaches)];
    const finer = [...routed, ...intent.interfaces.flatMap(({ subnets }) => subnets)];
    intent.interfaces.forEach((iface, i) => {
      for (const network of iface.subnets.filter((s) => s.family === family)) {
        add("attached", iface.device, network, routed);
      }
      for (const to of byInterface[i]) add("routed", iface.device, to, finer);
    });
    for (const { device, reaches } of others) {
      for (const network of reaches.filter((r) => r.family === family))
        add("inside", device, network, reaches);
    }
  }
  return peers;
}

/** Routed places of one interface that are looked at, the largest first; the proof knows them all. */
const MOST_ROUTED = 64;

/** Networks that routes of their own lead to by an interface: by another router, or by its gateway, but in main. */
function routedBy(state: LinuxState, { device, routes }: IntentInterface, family: Family): Prefix[] {
  const byGateway = state.routes[family]
    .filter(({ table, type, to }) => table === Table.main && type === "unicast" && !isLinkLocal(to))
    .filter(({ to }) => to.length > UNMANAGED_LONGER_THAN[family])
    .filter(({ hops }) => hops.some(({ link, via }) => link === device && via !== undefined));
  return [...routes, ...byGateway]
    .map(({ to }) => to)
    .filter((to) => to.family === family)
    .sort((a, b) => a.length - b.length || comparePrefixes(a, b))
    .filter((to, i, all) => i === 0 || !samePrefix(to, all[i - 1]))
    .slice(0, MOST_ROUTED);
}

/** Documentation ranges (RFC 5737, RFC 3849): nobody's, unless some route says otherwise. */
const FAR: Readonly<Record<Family, readonly string[]>> = {
  4: ["203.0.113.5", "198.51.100.5", "192.0.2.5", "11.1.1.5"],
  6: ["2001:db8:f::5", "2001:db8:ffff:ffff::5", "3fff:ffff::5"],
};

function farAway(state: LinuxState, intent: Intent, family: Family): Address | undefined {
  const near = minimalCover([
    ...intent.interfaces.flatMap(({ subnets }) => subnets),
    ...state.routes[family].map(({ to }) => to).filter(({ length }) => length > 3),
  ]);
  return FAR[family]
    .map((text) => parseAddress(text))
    .flatMap((parsed) => (parsed.ok ? [parsed.value] : []))
    .find((address) => findInCover(near, address) === undefined);
}

/** A host of a network that is neither ours, or behind us, nor a gateway, and that no finer network takes away. */
function someHost(network: Prefix, taken: readonly Prefix[], finer: readonly Prefix[]): Address | undefined {
  const away = minimalCover(finer.filter((one) => contains(network, one) && one.length > network.length));
  const edge = widthOf(network.family) - network.length < 2 ? 0n : 1n;
  const last = lastAddress(network).value - edge;
  // Rather not the ends: gateways are there, and pools begin there.
  const candidates = [network.value + 50n, network.value + sizeOf(network) / 2n, network.value + edge, last];
  for (const start of candidates) {
    let value = start;
    for (let tries = 0; tries < 300 && value <= last; tries++) {
      const address = { family: network.family, value };
      const holder = findInCover(taken, address) ?? findInCover(away, address);
      if (holder === undefined) return address;
      value = holder.value + sizeOf(holder);
    }
  }
  return undefined;
}

/** The place that an address is in: the most specific network of the host's that holds it, or beyond the gateways. */
export function placeOf(address: Address, { intent, others }: Survey): Peer {
  const networks = [
    ...others.flatMap(({ device, reaches }) =>
      reaches.map((network) => ({ kind: "inside", device, network }) as const),
    ),
    ...intent.interfaces.flatMap(({ device, subnets, routes }) => [
      ...subnets.map((network) => ({ kind: "attached", device, network }) as const),
      ...routes.map(({ to }) => ({ kind: "routed", device, network: to }) as const),
    ]),
  ].filter(({ network }) => contains(network, address));
  const [best] = networks.sort((a, b) => b.network.length - a.network.length);
  return best === undefined ? { kind: "beyond", address } : { ...best, address };
}
