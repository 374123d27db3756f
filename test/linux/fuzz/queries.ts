import { Address, Family, formatAddress, lastAddress, parseAddress, widthOf } from "../../../lib/net";
import { InputFlow, LinuxState, OutputFlow } from "../../../lib/linux";
import { Random } from "./random";

export interface Query {
  readonly flow: OutputFlow | InputFlow;
  /** Arguments of `ip route get`. */
  readonly line: string;
}

/**
 * Questions at the edges of what the state tells apart: the first, last and neighbouring addresses of every prefix
 * of a route or rule, own addresses, marks, ports and users that rules name, and some that nobody names.
 */
export function queries(state: LinuxState, family: Family, seed: number, count: number): Query[] {
  const random = new Random(seed ^ 0x5eed);
  const places = interesting(state, family);
  const own = state.addresses.filter((a) => a.address.family === family).map((a) => a.address);
  const devices = state.links.map((link) => link.name);
  const result: Query[] = [];
  while (result.length < count) {
    const to = place(random, places, family);
    const input = random.chance(0.35);
    const from = random.chance(input ? 0.9 : 0.55)
      ? random.chance(input ? 0.1 : 0.85)
        ? random.pick(own)
        : place(random, places, family)
      : undefined;
    if (input && from === undefined) continue;
    const flow = { to: input && random.chance(0.6) ? random.pick(own) : to, from, ...fields(random, family) };
    if (input && isMulticast(flow.to)) continue;
    const query: OutputFlow | InputFlow = input
      ? { ...flow, from: from!, iif: random.pick(devices.filter((name) => name !== "lo")) }
      : { ...flow, oif: random.chance(0.3) ? random.pick(devices) : undefined, unboundDevice: true };
    result.push({ flow: query, line: ask(query, family) });
  }
  return result;
}

/** IPv6 takes the user from the question, IPv4 does not for packets that arrive. */
function fields(random: Random, _family: Family): Partial<OutputFlow> {
  const withPorts = random.chance(0.4);
  return {
    mark: random.chance(0.3) ? random.pick([1, 0x10, 0x11, 0xf0, 0x80000000, 0xffffffff]) : 0,
    tos: random.chance(0.3) ? random.pick([0x04, 0x08, 0x10, 0x1c, 0x20, 0x30, 0xb8, 0xfc]) : 0,
    uid: random.chance(0.3) ? random.pick([0, 999, 1000, 1500, 2000, 2001, 65536]) : 0,
    protocol: random.pick([6, 17]),
    sourcePort: withPorts ? random.pick([52, 53, 54, 999, 1000, 2000, 2001]) : 0,
    destinationPort: withPorts ? random.pick([53, 79, 80, 443, 444]) : 0,
  };
}

function ask(flow: OutputFlow | InputFlow, family: Family): string {
  const words = [formatAddress(flow.to)];
  if (flow.from !== undefined) words.push("from", formatAddress(flow.from));
  if ("iif" in flow) words.push("iif", flow.iif);
  else if (flow.oif !== undefined) words.push("oif", flow.oif);
  if (flow.mark) words.push("mark", String(flow.mark >>> 0));
  if (flow.tos) words.push("tos", `0x${flow.tos.toString(16)}`);
  words.push("uid", String(flow.uid ?? 0));
  words.push("ipproto", flow.protocol === 6 ? "tcp" : "udp");
  if (flow.sourcePort) words.push("sport", String(flow.sourcePort));
  if (flow.destinationPort) words.push("dport", String(flow.destinationPort));
  void family;
  return words.join(" ");
}

function interesting(state: LinuxState, family: Family): Address[] {
  const width = 1n << BigInt(widthOf(family));
  const values = new Set<bigint>();
  const add = (value: bigint): void => {
    if (value >= 0n && value < width) values.add(value);
  };
  const prefixes = [
    ...state.routes[family].flatMap((route) => [route.to, ...(route.from === undefined ? [] : [route.from])]),
    ...state.rules[family].flatMap((rule) => [rule.from, rule.to]).filter((prefix) => prefix !== undefined),
  ];
  for (const prefix of prefixes) {
    const last = lastAddress(prefix).value;
    for (const value of [prefix.value - 1n, prefix.value, prefix.value + 1n, last - 1n, last, last + 1n])
      add(value);
  }
  for (const route of state.routes[family]) for (const hop of route.hops) if (hop.via) add(hop.via.value);
  for (const address of state.addresses) if (address.address.family === family) add(address.address.value);
  const extra =
    family === 4
      ? ["8.8.8.8", "224.0.0.5", "239.1.1.1", "255.255.255.255", "127.0.0.5", "169.254.3.4", "240.0.0.1"]
      : [
          "2001:4860::8888",
          "fe80::1",
          "fe80::77",
          "ff02::1",
          "ff05::2",
          "ff0e::5",
          "::1",
          "::5",
          "64:ff9b::1",
        ];
  for (const text of extra) {
    const parsed = parseAddress(text);
    if (parsed.ok) add(parsed.value.value);
  }
  return [...values].map((value) => ({ family, value }));
}

function place(random: Random, places: readonly Address[], family: Family): Address {
  if (random.chance(0.92)) return random.pick(places);
  const near = random.pick(places);
  const low = family === 4 ? 12 : 70;
  return { family, value: ((near.value >> BigInt(low)) << BigInt(low)) | random.bits(low) };
}

function isMulticast(address: Address): boolean {
  return address.family === 4 ? address.value >> 28n === 0xen : address.value >> 120n === 0xffn;
}
