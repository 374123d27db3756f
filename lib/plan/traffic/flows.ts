import { Host, HostInterface } from "../../model/host";
import { PlanExpectation, PlanFlow } from "../../model/plan";
import { Otherwise } from "../../model/spec";
import { Incoming, Mark, Range, Traffic } from "../../model/traffic";
import {
  Address,
  Family,
  compareAddresses,
  formatAddress,
  parseAddress,
  sameAddress,
  widthOf,
} from "../../net/address";
import { Prefix, contains, firstAddress, hostPrefix, lastAddress, parsePrefix } from "../../net/prefix";
import { Reach, answer, indexed, reachOf } from "../expectations";
import { interfacesOf, lowestIn, sourceIn } from "../sources";
import { inOrder } from "./order";
import { selections } from "./rules";
import { leadingOut } from "./tables";

/**
 * For each combination of a policy's selectors a packet, and what the kernel must answer when it is asked about it; from
 * the intention, not from the rules. Left out is what `ip route get` cannot ask: a source that is not ours and comes in
 * nobody says where, protocols other than TCP, UDP and ICMP, and combinations that earlier policies take as a whole.
 */
export function trafficFlows(host: Host, family: Family): PlanFlow[] {
  const order = inOrder(host.traffic);
  if (order.length === 0) return [];
  const able = leadingOut(host, family);
  return order.flatMap((policy, i) => {
    if (!policy.families.includes(family)) return [];
    const earlier = order.slice(0, i);
    const choicesOf = choicesBy(host, policy, family, able);
    return selections(policy, family).flatMap((selection) => {
      if (!askable(selection)) return [];
      const from = sourceOf(host, policy, family, selection);
      if (from === undefined) return [];
      for (const to of destinationsOf(selection.to, family)) {
        const packet = packetOf(selection, family, from.address, to);
        if (isOwn(host, to) || earlier.some((t) => matches(t, packet))) continue;
        const choices = choicesOf(to);
        const next = policy.otherwise === Otherwise.Next;
        if (choices.length === 0 && next) return [];
        const otherwise = next ? "anything" : "unreachable";
        return [{ ...flowOf(policy.name, packet, selection), choices, otherwise }];
      }
      return [];
    });
  });
}

/**
 * Without the rows about which a policy before the rules for sources decides, for any of an interface's sources: what the
 * kernel must answer then say the policy's own flows. About what is delegated in IPv4 the kernel is asked as for packets
 * that come in by a device that nobody knows here, so by any that a policy may select.
 */
export function untaken(
  host: Host,
  family: Family,
  rows: readonly PlanExpectation[],
): readonly PlanExpectation[] {
  const early = host.traffic.filter((t) => t.beforeSources && t.families.includes(family));
  if (early.length === 0) return rows;
  const sources = new Map(host.interfaces.map((i) => [i.name, sourcesOf(i, family)]));
  return rows.filter((row) => {
    const to = known(parseAddress(row.to));
    return !sources.get(row.interface)?.some(({ from, forwarded }) => {
      const packet = packetOf({}, family, from, to);
      return early.some((t) => matches(t, packet) || (forwarded && matches({ ...t, incoming: [] }, packet)));
    });
  });
}

function sourcesOf(
  { addresses, delegatedPrefixes }: HostInterface,
  family: Family,
): { readonly from: Address; readonly forwarded: boolean }[] {
  const delegated = delegatedPrefixes.filter((p) => p.family === family);
  return [
    ...addresses[family].sources.map((text) => ({ from: known(parseAddress(text)), forwarded: false })),
    ...delegated.map((prefix) => ({ from: firstAddress(prefix), forwarded: family === 4 })),
  ];
}

type Selection = ReturnType<typeof selections>[number];

interface Packet {
  readonly family: Family;
  /** Absent: a socket that has no source yet. */
  readonly from?: Address;
  readonly to: Address;
  readonly incoming?: Incoming;
  readonly mark: number;
  readonly user: number;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly dscp: number;
}

/** `ip route get` knows these protocols; those of ICMP one a family. */
const ASKABLE = [1, 6, 17, 58];

function askable({ protocol }: Selection): boolean {
  return protocol === undefined || ASKABLE.includes(protocol);
}

/** A source that the kernel can be asked about: `{}` for none yet; undefined when there is none. */
function sourceOf(
  host: Host,
  policy: Traffic,
  family: Family,
  { from, incoming }: Selection,
): { address?: Address } | undefined {
  const prefix = from === undefined ? undefined : known(parsePrefix(from));
  if (incoming !== undefined) {
    if (prefix !== undefined) {
      // With an address of the host itself it would be a martian, whatever policies say.
      const address = isOwn(host, middleOf(prefix)) ? strangerIn(host, prefix) : middleOf(prefix);
      return address && { address };
    }
    if ("device" in incoming) return undefined;
    const subnet = host.interfaces
      .find((i) => i.name === incoming.interface)
      ?.subnets.find((s) => s.family === family);
    const stranger = subnet && strangerIn(host, subnet);
    return stranger && { address: stranger };
  }
  if (prefix === undefined) return {};
  const own = policy.beforeSources ? ownIn(host, prefix) : undefined;
  if (own !== undefined) return { address: own };
  // IPv4 answers about foreign sources only as for a packet that comes in somewhere.
  return family === 6 && !isOwn(host, middleOf(prefix)) ? { address: middleOf(prefix) } : undefined;
}

/** Documentation ranges (RFC 5737, RFC 3849, RFC 9637): where any destination will do, it is one that nobody routes. */
const ELSEWHERE: Readonly<Record<Family, readonly string[]>> = {
  4: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.2.99", "198.51.100.99", "203.0.113.99"],
  6: ["2001:db8:ffff:ffff::1", "3fff:ffff::1", "2001:db8:ffff:ffff::99", "3fff:ffff::99"],
};

function destinationsOf(to: string | undefined, family: Family): readonly Address[] {
  if (to === undefined) return ELSEWHERE[family].map((text) => known(parseAddress(text)));
  const prefix = known(parsePrefix(to));
  const first = firstAddress(prefix);
  const wide = BigInt(widthOf(family) - prefix.length);
  // Further in, for what reaches into blocks of which no route decides.
  const within = [1n, 2n, 3n, 4n].flatMap((n) =>
    wide > n + 1n ? [{ family, value: first.value + (1n << (wide - n)) + 1n }] : [],
  );
  return [middleOf(prefix), first, lastAddress(prefix), ...within].filter(isUnicast);
}

/** Blocks that the kernel does not look up as others: this network, loopback, multicast, broadcast, link-local; IPv6: reserved. */
const APART: readonly Prefix[] = [
  "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/8", "fe80::/10", "ff00::/8",
].map((text) => known(parsePrefix(text))); // prettier-ignore

function isUnicast(address: Address): boolean {
  return !APART.some((prefix) => prefix.family === address.family && contains(prefix, address));
}

/** An address of the prefix that is neither its first nor its last, where it has one. */
function middleOf(prefix: Prefix): Address {
  const { family, value } = lastAddress(prefix);
  const below = value - 1n;
  return { family, value: below > prefix.value ? below : prefix.value };
}

function strangerIn(host: Host, subnet: Prefix): Address | undefined {
  const { value } = lastAddress(subnet);
  for (let v = value - 1n; v > subnet.value && v > value - 4096n; v--) {
    const address = { family: subnet.family, value: v };
    if (!isOwn(host, address)) return address;
  }
  return undefined;
}

/** The lowest address of the host in a prefix: of what is delegated none is one of its sockets. */
function ownIn({ interfaces }: Host, prefix: Prefix): Address | undefined {
  return interfaces.flatMap((iface) => lowestIn(iface, prefix) ?? []).sort(compareAddresses)[0];
}

function isOwn({ interfaces, identity }: Host, address: Address): boolean {
  return (
    interfaces.some((iface) => sourceIn(iface, hostPrefix(address)) !== undefined) ||
    identity?.addresses.some((own) => sameAddress(own, address)) === true
  );
}

/** IPv4 is asked as for UDP when nothing is said. */
function packetOf(s: Selection, family: Family, from: Address | undefined, to: Address): Packet {
  return {
    ...{ family, to },
    ...(from && { from }),
    ...(s.incoming && { incoming: s.incoming }),
    mark: s.mark?.value ?? 0,
    user: s.users?.[0] ?? 0,
    protocol: s.protocol ?? (family === 4 ? 17 : 0),
    sourcePort: s.sourcePorts?.[0] ?? 0,
    destinationPort: s.destinationPorts?.[0] ?? 0,
    dscp: s.dscp ?? 0,
  };
}

function flowOf(policy: string, packet: Packet, s: Selection): Omit<PlanFlow, "choices" | "otherwise"> {
  const { from, to, incoming, mark, user, sourcePort, destinationPort, dscp } = packet;
  return {
    policy,
    to: formatAddress(to),
    ...(from && { from: formatAddress(from) }),
    ...(incoming && { incoming }),
    ...(mark !== 0 && { mark }),
    ...(user !== 0 && { user }),
    ...(s.protocol !== undefined && { protocol: s.protocol }),
    ...(sourcePort !== 0 && { sourcePort }),
    ...(destinationPort !== 0 && { destinationPort }),
    ...(dscp !== 0 && { dscp }),
  };
}

/** Whether a policy matches a packet. */
export function matches(t: Traffic, p: Packet): boolean {
  const some = <T>(values: readonly T[], test: (value: T) => boolean): boolean =>
    values.length === 0 || values.some(test);
  const inRange =
    (n: number) =>
    ([first, last]: Range): boolean =>
      n >= first && n <= last;
  const none: Address = { family: 4, value: 0n };
  const source = p.from ?? (p.family === 4 ? none : undefined);
  return (
    t.families.includes(p.family) &&
    some(t.from, (f) => (f.length === 0 && f.family === p.family) || (source !== undefined && contains(f, source))) &&
    some(t.to, (to) => contains(to, p.to)) &&
    (t.protocol === undefined || t.protocol === p.protocol) &&
    some(t.sourcePorts, inRange(p.sourcePort)) &&
    some(t.destinationPorts, inRange(p.destinationPort)) &&
    some(t.marks, ({ value, mask }: Mark) => ((p.mark ^ value) & mask) === 0) &&
    (t.users.length === 0 || (p.incoming === undefined && some(t.users, inRange(p.user)))) &&
    some(t.incoming, (i) => p.incoming !== undefined && JSON.stringify(i) === JSON.stringify(p.incoming)) &&
    some(t.dscp, (d) => d === p.dscp)
  );
} // prettier-ignore

/**
 * Where the policy wants a packet to go, by its destination: in the order of preference.
 *
 * @param able names of the interfaces that have a way out
 */
function choicesBy(
  host: Host,
  t: Traffic,
  family: Family,
  able: ReadonlySet<string>,
): (to: Address) => PlanFlow["choices"] {
  const interfaces = interfacesOf(host, family);
  const reaches = t.use
    .flatMap((name) => interfaces.filter((i) => i.name === name && able.has(name)))
    .map((iface) => reachOf(host, interfaces, iface, family));
  const isFar = (r: Reach): boolean => r.to.length === 0;
  const choices: (readonly Reach[])[][] =
    t.weights === undefined
      ? reaches.map((reach) => [reach])
      : // What is near one of them goes there; all else by any that has a gateway.
        [[reaches.flat().filter((r) => !isFar(r))], reaches.map((reach) => reach.filter(isFar))];
  const maps = choices.map((ways) => ways.map((reach) => indexed(reach, family)));
  return (to) =>
    maps
      .map((ways) =>
        ways.flatMap((reach) => {
          const { dev, via } = answer(reach, to);
          return dev === undefined ? [] : [{ dev, ...(via !== undefined && { via }) }];
        }),
      )
      .filter((ways) => ways.length > 0);
}

function known<T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}
