import * as fc from "fast-check";
import {
  FAMILIES,
  Family,
  PackedPrefixes,
  Prefix,
  addressAt,
  ascending,
  bitOf,
  commonBits,
  comparePrefixes,
  contains,
  foldPrefixes,
  formatPrefix,
  holderOf,
  lastNotAbove,
  minimalCover,
  packAddress,
  prefixAt,
  prefixOf,
  prefixTextAt,
  widthOf,
  wordsOf,
} from "../../lib/net";

function pack(prefixes: readonly Prefix[], family: Family): PackedPrefixes {
  const words = new Uint32Array(prefixes.length * wordsOf(family));
  // Not where they are in order.
  const at = Uint32Array.from(prefixes, (_, i) => prefixes.length - 1 - i);
  prefixes.forEach((p, i) => packAddress(p, words, at[i]));
  return { family, size: prefixes.length, words, at, lengths: Uint8Array.from(prefixes, (p) => p.length) };
}

/** Prefixes that meet often: few values in the high bits and in the low ones, all lengths. */
const prefixes = (family: Family, maxLength = 30): fc.Arbitrary<Prefix[]> => {
  const width = widthOf(family);
  const one = fc
    .tuple(fc.nat(3), fc.nat(15), fc.integer({ min: 0, max: width }))
    .map(([high, low, length]) =>
      prefixOf({ family, value: (BigInt(high) << BigInt(width - 2)) | BigInt(low) }, length),
    );
  return fc.array(one, { maxLength });
};

const each = (check: (list: Prefix[], family: Family) => void): void => {
  for (const family of FAMILIES) fc.assert(fc.property(prefixes(family), (list) => check(list, family)));
};

describe("packed prefixes", () => {
  test("hold what was packed", () => {
    each((list, family) => {
      const packed = pack(list, family);
      list.forEach((p, i) => {
        expect(addressAt(packed.words, family, packed.at[i])).toEqual({ family, value: p.value });
        expect(prefixAt(packed, i, p.length)).toEqual(p);
        expect(prefixTextAt(packed, i, p.length)).toBe(formatPrefix(p));
        const text = p.value.toString(2).padStart(widthOf(family), "0");
        for (const bit of [0, 1, 31, 32, 64, 127]) {
          if (bit < widthOf(family)) expect(bitOf(packed, i, bit)).toBe(Number(text[bit]));
        }
        list.forEach((other, j) => {
          const match = other.value.toString(2).padStart(widthOf(family), "0");
          let common = 0;
          while (common < text.length && text[common] === match[common]) common++;
          expect(commonBits(packed, i, j)).toBe(common);
        });
      });
    });
  });

  test("ascend in order of address, equal ones as they came", () => {
    each((list, family) => {
      const words = new Uint32Array(list.length * wordsOf(family));
      list.forEach((p, i) => packAddress(p, words, i));
      const want = list
        .map((_, i) => i)
        .sort((a, b) => (list[a].value < list[b].value ? -1 : list[a].value > list[b].value ? 1 : a - b));
      expect([...ascending(words, family, list.length)]).toEqual(want);
    });
  });

  test("find the last entry not above an address, and in disjoint ones the holder", () => {
    for (const family of FAMILIES) {
      fc.assert(
        fc.property(prefixes(family), prefixes(family, 5), (list, probes) => {
          const cover = minimalCover(list);
          const packed = pack(cover, family);
          for (const { value } of probes) {
            expect(lastNotAbove(packed, { family, value })).toBe(
              cover.filter((p) => p.value <= value).length - 1,
            );
            expect(holderOf(packed, { family, value })).toEqual(
              cover.find((p) => contains(p, { family, value })),
            );
          }
        }),
      );
    }
    expect(holderOf(pack([], 4), { family: 4, value: 1n })).toBeUndefined();
    expect(
      holderOf(pack([{ family: 4, value: 0n, length: 0 }], 4), { family: 6, value: 1n }),
    ).toBeUndefined();
  });

  test("fold to the minimal cover of each key", () => {
    for (const family of FAMILIES) {
      fc.assert(
        fc.property(prefixes(family), fc.nat(3), (list, salt) => {
          // Nested prefixes get the key of the widest, as foldPrefixes wants it.
          const sorted = [...list].sort(comparePrefixes);
          const widest = (p: Prefix): Prefix => sorted.find((o) => contains(o, p)) as Prefix;
          const keyOf = (p: Prefix): number =>
            Number((widest(p).value >> 1n) + BigInt(salt + widest(p).length)) % 2;
          const at = (address: number): Prefix => sorted[sorted.length - 1 - address];
          const folded = foldPrefixes(pack(sorted, family), (address) => keyOf(at(address)));
          const got = Array.from({ length: folded.size }, (_, i) => ({
            prefix: prefixAt(folded, i, folded.lengths[i]),
            key: keyOf(at(folded.at[i])),
          }));
          const want = [0, 1]
            .flatMap((key) =>
              minimalCover(sorted.filter((p) => keyOf(p) === key)).map((prefix) => ({ prefix, key })),
            )
            .sort((a, b) => comparePrefixes(a.prefix, b.prefix));
          expect(got).toEqual(want);
          expect([folded.at.length, folded.lengths.length]).toEqual([folded.size, folded.size]);
        }),
        { numRuns: 300 },
      );
    }
  });
});
