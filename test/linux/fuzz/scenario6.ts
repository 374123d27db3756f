import { Random } from "./random";
import { DEVICES, Scenario, rules4 } from "./scenario4";

const BASES = [
  "fd00:a::",
  "fd00:a:0:1::",
  "fd00:b::",
  "fd00:b:0:0:8000::",
  "2001:db8:1::",
  "2001:db8:1:2::",
  "2001:db8:ff00::",
  "::",
  "8000::",
  "fe80::",
  "64:ff9b::",
];
const LENGTHS = [0, 1, 3, 8, 10, 16, 32, 40, 48, 56, 60, 64, 65, 96, 120, 127, 128];
const TABLES = [254, 100, 101, 102, 7000];
const GATEWAYS = ["fe80::1", "fe80::2", "fd00:a::1", "fd00:b::1"];
const OWN: readonly (readonly [string, string])[] = [
  ["n0", "fd00:a::10/64"],
  ["n1", "fd00:a::20/64"],
  ["n2", "fd00:b::10/64"],
  ["n2", "2001:db8:1::10/64"],
  ["n0", "fd00:a::11/64 preferred_lft 0"],
  ["n2", "fd00:b::11/128"],
  ["lo", "2001:db8:ff00::77/128"],
  ["n3", "2001:db8:1:2::5/56"],
  ["n1", "2002:102:304::1/48 preferred_lft 0"],
  ["n3", "fd00:c::9 peer fd00:c::a/127"],
  ["n1", "fd00:b::30/64 home"],
  ["n0", "fe80::10/64"],
  ["n1", "fe80::20/64"],
  ["n3", "fe80::30/64"],
];

/** Nexthop objects that routes may use: single ones, groups, and one that refuses. */
const NEXTHOPS = [
  "nexthop add id 1 via fe80::1 dev n0 onlink",
  "nexthop add id 2 via fe80::2 dev n1 onlink",
  "nexthop add id 3 via fe80::3 dev n2 onlink",
  "nexthop add id 4 blackhole",
  "nexthop add id 5 group 1/2,3",
  "nexthop add id 6 group 2/1",
];

export function scenario6(seed: number): Scenario {
  const random = new Random(seed ^ 0x66666666);
  // Home addresses leave much open, so only few hosts have one.
  const addresses = OWN.filter(
    ([, address], i) => i < 3 || random.chance(address.endsWith("home") ? 0.06 : 0.5),
  ).map(([device, address]) => `address add ${address} dev ${device} nodad`);
  return {
    seed,
    addresses: [...addresses, ...NEXTHOPS],
    links: DEVICES.filter(() => random.chance(0.5)).map(
      (device) => `link set ${device} group ${random.pick([5, 77])}`,
    ),
    routes: TABLES.flatMap((table) => Array.from({ length: random.below(8) }, () => route6(random, table))),
    rules: rules4(random, "fd00:a::10 fd00:a::11 fd00:a::20 fd00:b::10 2001:db8:1::10".split(" "), BASES, 6),
    sysctls: sysctls6(random),
    dark: DEVICES.filter(() => random.chance(0.08)),
    flapped: random.chance(0.1) ? [random.pick(DEVICES)] : [],
  };
}

function prefix6(random: Random): string {
  const length = random.pick(LENGTHS);
  const value = parse(random.pick(BASES)) | (random.chance(0.3) ? BigInt(random.below(65536)) << 40n : 0n);
  const masked = length === 0 ? 0n : (value >> BigInt(128 - length)) << BigInt(128 - length);
  return `${hex(masked)}/${length}`;
}

function parse(text: string): bigint {
  const [head, tail = ""] = text.split("::");
  const groups = (part: string): bigint[] =>
    part === "" ? [] : part.split(":").map((g) => BigInt(`0x${g}`));
  const [high, low] = [groups(head), groups(tail)];
  const all = [...high, ...Array<bigint>(8 - high.length - low.length).fill(0n), ...low];
  return all.reduce((sum, group) => (sum << 16n) | group, 0n);
}

function hex(value: bigint): string {
  return (value.toString(16).padStart(32, "0").match(/.{4}/g) ?? []).join(":");
}

function route6(random: Random, table: number): string {
  const words = [random.chance(0.15) ? "route append" : "route add"];
  const type = random.chance(0.78)
    ? "unicast"
    : random.pick(["unreachable", "blackhole", "prohibit", "throw", "local", "unicast"]);
  words.push(type, random.chance(0.25) ? "default" : prefix6(random));
  if (random.chance(0.12))
    words.push("from", random.pick(["fd00:a::/64", "fd00:a::10", "fd00:b::/48", "::/1"]));
  const tail = ["table", String(table)];
  if (random.chance(0.4)) tail.push("metric", String(random.pick([1, 256, 1024, 2048, 4278198272])));
  const object = ["nhid", String(1 + random.below(6))];
  // The kernel lets routes of all types use nexthop objects.
  if (type !== "unicast" && random.chance(0.02)) return [...words, ...tail, ...object].join(" ");
  if (["unreachable", "blackhole", "prohibit", "throw"].includes(type)) return [...words, ...tail].join(" ");
  const device = random.pick(DEVICES);
  if (type === "local") return [...words, "dev", random.pick(["lo", device]), ...tail].join(" ");
  const source = random.chance(0.15)
    ? ["src", random.pick(["fd00:a::10", "fd00:b::10", "fd00:a::20", "2001:db8:1::10"])]
    : [];
  if (random.chance(0.1)) return [...words, ...tail, ...source, ...object].join(" ");
  if (random.chance(0.12)) {
    const hops = random
      .some(DEVICES, 2 + random.below(2))
      .map((d) => `nexthop via ${random.pick(GATEWAYS)} dev ${d} weight ${1 + random.below(3)} onlink`);
    return [...words, ...tail, ...source, ...hops].join(" ");
  }
  const via = random.chance(0.75) ? ["via", random.pick(GATEWAYS), "dev", device, "onlink"] : ["dev", device];
  const preference = random.chance(0.2) ? ["pref", random.pick(["low", "high"])] : [];
  return [...words, ...via, ...tail, ...source, ...preference].join(" ");
}

function sysctls6(random: Random): (readonly [string, number])[] {
  const values: (readonly [string, number])[] = [["ipv6/conf/all/forwarding", random.chance(0.5) ? 1 : 0]];
  for (const device of DEVICES) {
    values.push([`ipv6/conf/${device}/ignore_routes_with_linkdown`, random.chance(0.2) ? 1 : 0]);
    values.push([`ipv6/conf/${device}/use_oif_addrs_only`, random.chance(0.15) ? 1 : 0]);
    values.push([`ipv6/conf/${device}/accept_dad`, 0]);
    values.push([`ipv6/conf/${device}/router_solicitations`, 0]);
  }
  return values;
}
