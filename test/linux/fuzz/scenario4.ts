import { Random } from "./random";

/** Commands that set up a random IPv4 host, as text for `ip -batch`, and sysctls. */
export interface Scenario {
  readonly seed: number;
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
  readonly sysctls: readonly (readonly [path: string, value: number])[];
  /** Devices whose far end is down. */
  readonly dark: readonly string[];
  /** Set down and up again after the routes are in. */
  readonly flapped: readonly string[];
}

export const DEVICES = ["n0", "n1", "n2", "n3"] as const;

const BASES = [
  "10.1.0.0",
  "10.1.1.0",
  "10.1.1.128",
  "10.2.0.0",
  "10.2.4.0",
  "10.3.0.16",
  "172.16.0.0",
  "172.17.5.0",
  "203.0.113.0",
  "198.51.100.64",
  "0.0.0.0",
  "128.0.0.0",
];
const TABLES = [254, 100, 101, 102, 7000, 253];
const GATEWAYS: Readonly<Record<string, readonly string[]>> = {
  n0: ["10.1.0.1", "10.1.0.2"],
  n1: ["10.1.0.1", "10.1.0.3"],
  n2: ["10.2.0.1", "10.3.0.17"],
  n3: ["192.168.7.1"],
};
const OWN: readonly (readonly [string, string])[] = [
  ["n0", "10.1.0.10/24"],
  ["n1", "10.1.0.20/24"],
  ["n2", "10.2.0.10/22"],
  ["n2", "10.3.0.18/28"],
  ["n0", "10.1.0.11/24"],
  ["n2", "10.2.0.11/22"],
  ["n2", "10.2.3.12/32"],
  ["lo", "192.0.2.77/32"],
  ["n3", "10.1.1.130/26 scope link"],
  ["n1", "10.9.9.1 peer 10.9.9.2/30"],
];

/** Nexthop objects that routes may use: single ones, groups, and one that refuses. */
const NEXTHOPS = [
  "nexthop add id 1 via 10.1.0.1 dev n0 onlink",
  "nexthop add id 2 via 10.1.0.3 dev n1 onlink",
  "nexthop add id 3 dev n2",
  "nexthop add id 4 blackhole",
  "nexthop add id 5 group 1/2,3",
  "nexthop add id 6 group 2/1",
];

export function scenario4(seed: number): Scenario {
  const random = new Random(seed);
  const addresses = OWN.filter((_own, i) => i < 3 || random.chance(0.6)).map(
    ([device, address]) => `address add ${address} dev ${device}`,
  );
  return {
    seed,
    addresses: [...addresses, ...NEXTHOPS],
    links: DEVICES.filter(() => random.chance(0.5)).map(
      (device) => `link set ${device} group ${random.pick([5, 77])}`,
    ),
    routes: routes4(random),
    rules: rules4(random, "10.1.0.10 10.1.0.11 10.1.0.20 10.2.0.10 10.3.0.18".split(" "), BASES, 4),
    sysctls: sysctls4(random),
    dark: DEVICES.filter(() => random.chance(0.08)),
    flapped: random.chance(0.1) ? [random.pick(DEVICES)] : [],
  };
}

export function prefix4(random: Random): string {
  const length = random.pick([0, 1, 4, 8, 12, 15, 16, 20, 22, 24, 25, 26, 28, 30, 31, 32]);
  const base = random.pick(BASES).split(".").map(Number);
  const value = ((base[0] << 24) | (base[1] << 16) | (base[2] << 8) | base[3]) >>> 0;
  const random32 = random.chance(0.3) ? random.below(256) : 0;
  const masked = length === 0 ? 0 : (((value | random32) >>> (32 - length)) << (32 - length)) >>> 0;
  return `${masked >>> 24}.${(masked >>> 16) & 255}.${(masked >>> 8) & 255}.${masked & 255}/${length}`;
}

function routes4(random: Random): string[] {
  const lines: string[] = [];
  for (const table of TABLES) {
    for (let i = random.below(7); i > 0; i--) lines.push(route4(random, table));
  }
  return lines;
}

function route4(random: Random, table: number): string {
  const words = [random.chance(0.12) ? "route append" : random.chance(0.05) ? "route prepend" : "route add"];
  const to = random.chance(0.2) ? "default" : prefix4(random);
  const type = random.chance(0.75)
    ? "unicast"
    : random.pick(["unreachable", "blackhole", "prohibit", "throw", "local", "broadcast", "unicast"]);
  words.push(type, to);
  if (random.chance(0.12)) words.push("tos", random.pick(["0x04", "0x08", "0x10", "0x1c"]));
  const tail = ["table", String(table)];
  if (random.chance(0.3)) tail.push("metric", String(random.pick([0, 10, 100, 4278198272])));
  const source = (device: string): string[] => {
    const own = OWN.filter(([owner]) => random.chance(0.2) || owner === device).map(([, address]) => address);
    return random.chance(0.2) && own.length > 0 ? ["src", random.pick(own).split(/[ /]/)[0]] : [];
  };
  if (["unreachable", "blackhole", "prohibit", "throw"].includes(type)) return [...words, ...tail].join(" ");
  const device = random.pick(DEVICES);
  if (type === "local" || type === "broadcast")
    return [...words, "dev", random.pick(["lo", device]), ...tail].join(" ");
  if (random.chance(0.1)) return [...words, ...tail, "nhid", String(1 + random.below(6))].join(" ");
  if (random.chance(0.12)) {
    const hops = random
      .some(DEVICES, 2 + random.below(2))
      .map((d) => `nexthop via ${random.pick(GATEWAYS[d])} dev ${d} weight ${1 + random.below(3)} onlink`);
    return [...words, ...tail, ...source(device), ...hops].join(" ");
  }
  const via = random.chance(0.75)
    ? ["via", random.pick(GATEWAYS[device]), "dev", device, "onlink"]
    : ["dev", device];
  const scope = random.chance(0.1) ? ["scope", random.pick(["link", "global", "site"])] : [];
  return [...words, ...via, ...tail, ...source(device), ...scope].join(" ");
}

/** Rules of either family. */
export function rules4(
  random: Random,
  sources: readonly string[],
  bases: readonly string[],
  family: 4 | 6,
): string[] {
  const lines: string[] = [];
  // A host whose rules were never touched searches local and main as one table.
  if (random.chance(0.06)) return lines;
  if (random.chance(0.05)) lines.push(`rule add priority ${random.pick([5, 1000])} l3mdev`);
  const priorities = new Set<number>();
  for (let i = 2 + random.below(8); i > 0; i--)
    priorities.add(random.pick([0, 10, 20, 30, 40, 50, 60, 70, 80, 32766, 40000]));
  const sorted = [...priorities].sort((a, b) => a - b);
  for (const priority of sorted) {
    for (let i = random.chance(0.2) ? 2 : 1; i > 0; i--) {
      lines.push(rule(random, priority, sorted, sources, bases, family));
    }
  }
  if (random.chance(0.1))
    lines.push(`rule del priority 0`, `rule add priority ${random.pick([15, 90])} lookup local`);
  if (random.chance(0.06)) lines.push(`rule del priority 32766`);
  return lines;
}

function rule(
  random: Random,
  priority: number,
  priorities: readonly number[],
  sources: readonly string[],
  bases: readonly string[],
  family: 4 | 6,
): string {
  const words = ["rule add"];
  if (random.chance(0.12)) words.push("not");
  const width = family === 4 ? 32 : 128;
  const place = (): string => {
    if (random.chance(0.5)) return random.pick(sources);
    if (family === 4) return prefix4(random);
    return `${random.pick(bases)}/${random.pick([width, 64, 60, 48, 32, 3])}`;
  };
  if (random.chance(0.55)) words.push("from", place());
  if (random.chance(0.2)) words.push("to", place());
  if (random.chance(0.12)) words.push("iif", random.pick(["lo", ...DEVICES, "gone"]));
  if (random.chance(0.12)) words.push("oif", random.pick([...DEVICES, "gone", "lo"]));
  if (random.chance(0.15))
    words.push("fwmark", random.pick(["0x1", "0x10/0x10", "0/0xf", "0x80000000/0xf0000000"]));
  if (random.chance(0.1)) words.push("tos", random.pick(["0x04", "0x10", "0x1c"]));
  if (random.chance(0.1)) words.push("uidrange", random.pick(["0-0", "1000-2000", "0-65535"]));
  if (random.chance(0.1))
    words.push("ipproto", random.pick(["tcp", "udp", family === 4 ? "icmp" : "ipv6-icmp"]));
  if (random.chance(0.08)) words.push("sport", random.pick(["53", "1000-2000"]));
  if (random.chance(0.08)) words.push("dport", random.pick(["53", "80-443"]));
  words.push("priority", String(priority));
  const later = priorities.filter((other) => other > priority);
  const kind = random.unit();
  if (kind < 0.62) words.push("lookup", String(random.pick([...TABLES, 254, 255, 999])));
  else if (kind < 0.75)
    words.push("goto", String(random.chance(0.85) && later.length > 0 ? random.pick(later) : priority + 7));
  else if (kind < 0.82) words.push("nop");
  else words.push(random.pick(["unreachable", "prohibit", "blackhole"]));
  if (kind < 0.62) {
    if (random.chance(0.25)) words.push("suppress_prefixlength", String(random.pick([0, 1, 8, 16, 24, 32])));
    if (random.chance(0.2)) words.push("suppress_ifgroup", random.pick(["5", "77"]));
  }
  if (random.chance(0.5)) words.push("protocol", "77");
  return words.join(" ");
}

function sysctls4(random: Random): (readonly [string, number])[] {
  const values: (readonly [string, number])[] = [];
  for (const device of ["all", ...DEVICES]) {
    values.push([`ipv4/conf/${device}/rp_filter`, random.pick([0, 0, 1, 2])]);
    if (device !== "all") values.push([`ipv4/conf/${device}/forwarding`, random.chance(0.6) ? 1 : 0]);
    const rare = device === "all" ? 0.08 : 0.15;
    values.push([`ipv4/conf/${device}/accept_local`, random.chance(rare) ? 1 : 0]);
    values.push([`ipv4/conf/${device}/src_valid_mark`, random.chance(rare) ? 1 : 0]);
    values.push([`ipv4/conf/${device}/ignore_routes_with_linkdown`, random.chance(rare) ? 1 : 0]);
    values.push([`ipv4/conf/${device}/route_localnet`, random.chance(rare / 2) ? 1 : 0]);
    values.push([`ipv4/conf/${device}/send_redirects`, random.chance(0.7) ? 1 : 0]);
  }
  return values;
}
