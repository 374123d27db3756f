import * as fc from "fast-check";
import { Prefix, comparePrefixes, contains, findInCover, formatPrefix, minimalCover } from "../../lib/net";
import { address, addresses, prefix, prefixes, smallPrefixes } from "./support";

const BASE = 0x0a000000n;
const SPACE = 16;

/** Which of the 16 addresses from 10.0.0.0 on the prefixes hold: one bit an address, by looking at every one. */
function held(list: readonly Prefix[]): number {
  let bits = 0;
  for (let i = 0; i < SPACE; i++) {
    const a = { family: 4 as const, value: BASE + BigInt(i) };
    if (list.some((p) => contains(p, a))) bits |= 1 << i;
  }
  return bits;
}

/**
 * The fewest aligned blocks whose union is exactly the set, by the definition and with no merging: a block may be
 * used only when the set holds all of it, and both halves of any other are independent of each other.
 */
function fewest(bits: number, from = 0, size = SPACE): number {
  let count = 0;
  for (let i = from; i < from + size; i++) count += (bits >> i) & 1;
  if (count === 0) return 0;
  if (count === size) return 1;
  return fewest(bits, from, size / 2) + fewest(bits, from + size / 2, size / 2);
}

const lists = fc.array(fc.oneof(smallPrefixes, prefixes()), { maxLength: 12 });

describe("minimal cover", () => {
  test("is exact and minimal: every set of 16 neighbours that single addresses can make", () => {
    const single = Array.from({ length: SPACE }, (_, i) => prefix(`10.0.0.${i}/32`));
    // Every second subset of 16, and each of 8: all shapes of alignment occur.
    for (let bits = 0; bits < 1 << SPACE; bits += bits < 256 ? 1 : 13) {
      const cover = minimalCover(single.filter((_, i) => (bits >> i) & 1));
      if (held(cover) !== bits || cover.length !== fewest(bits)) {
        throw new Error(`${bits.toString(2)}: ${cover.map(formatPrefix).join(" ")}`);
      }
    }
  });

  test("is exact and minimal when prefixes nest, touch and repeat", () => {
    fc.assert(
      fc.property(fc.array(smallPrefixes, { maxLength: 12 }), (list) => {
        const cover = minimalCover(list);
        expect(held(cover)).toBe(held(list));
        expect(cover).toHaveLength(fewest(held(list)));
      }),
    );
  });

  test("holds an address exactly when the prefixes do, in both families and at every length", () => {
    fc.assert(
      fc.property(lists, addresses(), (list, a) => {
        const cover = minimalCover(list);
        const probes = [
          a,
          ...list.flatMap((p) =>
            [p.value - 1n, p.value, p.value + 1n].map((value) => ({ family: p.family, value })),
          ),
        ];
        for (const probe of probes.filter((p) => p.value >= 0n)) {
          expect(cover.some((c) => contains(c, probe))).toBe(list.some((p) => contains(p, probe)));
        }
      }),
    );
  });

  test("is canonical: sorted, disjoint, and the same for every order and repetition", () => {
    fc.assert(
      fc.property(
        lists.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length }),
          ),
        ),
        ([list, shuffled]) => {
          const cover = minimalCover(list);
          expect(minimalCover(shuffled)).toEqual(cover);
          expect([...cover].sort(comparePrefixes)).toEqual(cover);
          for (const [i, p] of cover.entries()) expect(cover.findIndex((c) => contains(c, p))).toBe(i);
        },
      ),
    );
  });

  test("is idempotent, and leaves its input as it was", () => {
    fc.assert(
      fc.property(lists, (list) => {
        const before = [...list];
        const cover = minimalCover(list);
        expect(minimalCover(cover)).toEqual(cover);
        expect(list).toEqual(before);
      }),
    );
  });

  test.each([
    ["nothing", [], []],
    ["siblings merge, again and again", ["10.0.0.0/32", "10.0.0.1/32", "10.0.0.2/31"], ["10.0.0.0/30"]],
    [
      "neighbours that are no siblings do not",
      ["10.0.0.1/32", "10.0.0.2/32"],
      ["10.0.0.1/32", "10.0.0.2/32"],
    ],
    ["a wider one swallows", ["10.0.0.5/32", "10.0.0.0/24"], ["10.0.0.0/24"]],
    ["halves of everything", ["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]],
    ["halves of everything, IPv6", ["::/1", "8000::/1"], ["::/0"]],
    ["the families keep apart", ["0.0.0.0/0", "::/0"], ["0.0.0.0/0", "::/0"]],
    ["different sizes keep apart", ["10.0.0.0/25", "10.0.0.128/26"], ["10.0.0.0/25", "10.0.0.128/26"]],
    [
      "the last of one family, the first of the other",
      ["255.255.255.255/32", "::/128"],
      ["255.255.255.255/32", "::/128"],
    ],
  ])("%s", (_what, input, output) => {
    expect(minimalCover(input.map(prefix)).map(formatPrefix)).toEqual(output);
  });
});

describe("finding in a cover", () => {
  test("gives the one prefix that holds the address, as looking at all of them does", () => {
    fc.assert(
      fc.property(lists, addresses(), (list, a) => {
        const cover = minimalCover(list);
        const ends = cover.flatMap((p) => [p, { ...p, value: p.value - 1n }]).filter((p) => p.value >= 0n);
        for (const probe of [a, ...ends.map(({ family, value }) => ({ family, value }))]) {
          expect(findInCover(cover, probe)).toEqual(cover.find((p) => contains(p, probe)));
        }
      }),
    );
  });

  test("finds nothing in an empty one", () => {
    expect(findInCover([], address("10.0.0.1"))).toBeUndefined();
  });
});
