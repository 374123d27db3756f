import { Prefix, contains, sizeOf, widthOf } from "../../lib/net";
import { PrefixIndex } from "../../lib/linux/prefix-index";
import { Random } from "./fuzz/random";
import { prefix, textOf } from "./support/hosts";

/** The index that every lookup rests on, against a search through all prefixes. */

const intervalOf = (index: PrefixIndex, family: 4 | 6, key: bigint): number =>
  family === 4 ? index.interval4(Number(key)) : index.interval6(key);

function check(family: 4 | 6, prefixes: readonly Prefix[], probes: number): void {
  const index = new PrefixIndex(family, prefixes);
  const end = 1n << BigInt(widthOf(family));
  // Both sides of every edge, the ends of the address space, and some places between.
  const random = new Random(11);
  // Of many prefixes some, from first to last.
  const some = prefixes.filter((_p, i) => i % (1 + (prefixes.length >> 6)) === 0);
  const edges = some.flatMap((p) => [p.value, p.value + sizeOf(p)]).flatMap((edge) => [edge - 1n, edge]);
  const keys = [...edges, ...Array.from({ length: probes }, () => random.bits(widthOf(family))), 0n, end - 1n];
  for (const value of keys) {
    if (value < 0n || value >= end) continue;
    const holders = index.prefixes.filter((p) => contains(p, { family, value }));
    const interval = intervalOf(index, family, value);
    if (index.starts[interval] > value || value >= (index.starts[interval + 1] ?? end)) throw new Error(`${value}: interval ${interval}`);
    const chain: Prefix[] = [];
    for (let node = index.nodeOf[interval]; node >= 0; node = index.parent[node]) chain.unshift(index.prefixes[node]);
    if (chain.map(textOf).join() !== holders.map(textOf).join())
      throw new Error(`${value}: ${chain.map(textOf).join()}, not ${holders.map(textOf).join()}`);
  }
} // prettier-ignore

const scattered = (family: 4 | 6, count: number): Prefix[] => {
  const random = new Random(count);
  return Array.from({ length: count }, () => {
    const length = 1 + random.below(widthOf(family));
    const host = BigInt(widthOf(family) - length);
    return { family, length, value: (random.bits(widthOf(family)) >> host) << host };
  });
};

// Up to 16 intervals there is no first index; up to 2048 it is on 8 bits, above on 16.
test.each([
  [4, 0], [4, 1], [4, 5], [4, 7], [4, 8], [4, 9], [4, 40], [4, 1023], [4, 1030],
  [6, 0], [6, 1], [6, 5], [6, 300],
] as const)("IPv%i: the longest of %i prefixes, and all shorter ones behind it", (family, count) => {
  check(family, scattered(family, count), 50);
}); // prettier-ignore

test("nested, repeated and touching prefixes, and those at the ends of the address space", () => {
  for (const list of [
    ["0.0.0.0/0"],
    ["0.0.0.0/0", "128.0.0.0/1", "255.255.255.255/32", "0.0.0.0/32"],
    ["10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/16", "10.255.0.0/16", "11.0.0.0/8"],
    ["10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/23", "10.0.0.255/32", "10.0.1.0/32"],
  ])
    check(4, list.map(prefix), 20);
  check(6, ["::/0", "8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::/128"].map(prefix), 20);
});

test("an index is as small as it can be: an interval for each change, in ascending order", () => {
  const index = new PrefixIndex(4, ["10.0.0.0/8", "10.0.0.0/16", "11.0.0.0/8", "10.0.0.0/8"].map(prefix));
  expect(index.prefixes.map(textOf)).toEqual(["10.0.0.0/8", "10.0.0.0/16", "11.0.0.0/8"]);
  expect([...index.parent]).toEqual([-1, 0, -1]);
  expect(index.starts).toEqual([0n, 0x0a000000n, 0x0a010000n, 0x0b000000n, 0x0c000000n]);
  expect([...index.nodeOf]).toEqual([-1, 1, 0, 2, -1]);
  expect(new PrefixIndex(6, []).starts).toEqual([0n]);
  expect([...new PrefixIndex(6, [prefix("::/0")]).nodeOf]).toEqual([0]);
});
