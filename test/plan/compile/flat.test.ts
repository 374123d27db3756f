import * as fc from "fast-check";
import { BAND } from "../../../lib/model";
import { FAMILIES, Family, widthOf } from "../../../lib/net";
import { Source } from "../../../lib/plan/compile";
import { FOREIGN, FlatRule, flatRules } from "../../../lib/plan/compile/flat";
import { tableOf } from "../../../lib/plan/compile/table";
import { disjoint, layouts } from "./support";
import { contains } from "../../../lib/net";

/** Prefixes within one block of 32 addresses at the end of the space, so that every list can be tried out. */
const BITS = 5;
const small = (family: Family): fc.Arbitrary<Source[]> =>
  fc
    .array(
      fc.record({
        value: fc.nat(2 ** BITS - 1),
        bits: fc.integer({ min: 0, max: 2 }),
        block: fc.integer({ min: 0, max: 3 }).map((n) => BAND.blocks + 3 * n),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((drawn) =>
      disjoint(
        drawn.map(({ value, bits, block }) => ({
          prefix: {
            family,
            value: base(family) + BigInt((value >> bits) << bits),
            length: widthOf(family) - bits,
          },
          block,
        })),
      ),
    );
const base = (family: Family): bigint => (1n << BigInt(widthOf(family))) - BigInt(2 ** BITS);

/** The fewest rules, by trying every destination at every node of the whole trie. */
function fewest(destinations: readonly number[]): number {
  const kinds = [...new Set([FOREIGN, ...destinations])];
  /** Rules needed below a node, by what a rule above it says. */
  const need = (from: number, count: number): Map<number, number> => {
    if (count === 1) return new Map(kinds.map((k) => [k, k === destinations[from] ? 0 : 1]));
    const [low, high] = [need(from, count / 2), need(from + count / 2, count / 2)];
    const kept = new Map(kinds.map((k) => [k, (low.get(k) as number) + (high.get(k) as number)]));
    const changed = 1 + Math.min(...kept.values());
    return new Map(kinds.map((k) => [k, Math.min(kept.get(k) as number, changed)]));
  };
  return need(0, destinations.length).get(FOREIGN) as number;
}

const longest = (rules: readonly FlatRule[], family: Family, value: bigint): number => {
  const holders = rules.filter((r) => contains(r.prefix, { family, value }));
  holders.sort((a, b) => b.prefix.length - a.prefix.length);
  return holders.length === 0 ? FOREIGN : holders[0].block;
};

const meant = (sources: readonly Source[], family: Family, value: bigint): number =>
  sources.find((s) => contains(s.prefix, { family, value }))?.block ?? FOREIGN;

describe("the flat list", () => {
  test("holds as few rules as any list of prefixes in which the longest decides", () => {
    for (const family of FAMILIES) {
      fc.assert(
        fc.property(small(family), (sources) => {
          const addresses = Array.from({ length: 2 ** BITS }, (_, i) => base(family) + BigInt(i));
          const rules = flatRules(tableOf(sources, family));
          // Above these addresses all is foreign, and whatever rule is there would hold all of them.
          expect(rules.length).toBe(fewest(addresses.map((a) => meant(sources, family, a))));
        }),
        { numRuns: 300 },
      );
    }
  });

  test("leads every source to its block and nothing else anywhere", () => {
    for (const family of FAMILIES) {
      fc.assert(
        fc.property(fc.oneof(small(family), layouts(family)), (sources) => {
          const rules = flatRules(tableOf(sources, family));
          for (const { prefix: p } of [...sources, ...rules]) {
            const last = p.value + (1n << BigInt(widthOf(family) - p.length)) - 1n;
            for (const value of [p.value - 1n, p.value, last, last + 1n]) {
              if (value < 0n || value >= 1n << BigInt(widthOf(family))) continue;
              expect(longest(rules, family, value)).toBe(meant(sources, family, value));
            }
          }
        }),
        { numRuns: 150 },
      );
    }
  });

  test("of nothing is empty", () => {
    expect(flatRules(tableOf([], 4))).toEqual([]);
  });
});
