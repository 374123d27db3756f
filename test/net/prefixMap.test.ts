import * as fc from "fast-check";
import { Prefix, PrefixMap, contains, samePrefix } from "../../lib/net";
import { address, addresses, prefix, prefixes, smallPrefixes } from "./support";

const mapOf = (list: readonly Prefix[], family: 4 | 6): PrefixMap<number> => {
  const map = new PrefixMap<number>(family);
  list.forEach((p, i) => p.family === family && map.add(p, i));
  return map;
};

describe("a map by prefix", () => {
  test("finds the longest and the shortest prefix that hold an address, as a walk through all of them does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(smallPrefixes, prefixes()), { maxLength: 30 }),
        fc.oneof(smallPrefixes, addresses()),
        fc.integer({ min: -1, max: 32 }),
        (list, a, beyond) => {
          const map = mapOf(list, a.family);
          const holders = list
            .filter((p) => contains(p, { family: a.family, value: a.value }))
            .sort((x, y) => x.length - y.length);
          const finer = holders.filter((p) => p.length > beyond);
          const first = (p: Prefix | undefined) =>
            p && { prefix: p, value: list.findIndex((one) => samePrefix(one, p)) };
          expect(map.longest(a)).toEqual(first(holders.at(-1)));
          expect(map.widest(a)).toEqual(first(holders[0]));
          expect(map.widest(a, beyond)).toEqual(first(finer[0]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("keeps the first value of a prefix, whatever it is, and knows nothing of the other family", () => {
    const map = new PrefixMap<string | undefined>(4);
    map.add(prefix("10.0.0.0/8"), undefined);
    map.add(prefix("10.0.0.0/8"), "second");
    expect(map.longest(address("10.1.2.3"))).toEqual({ prefix: prefix("10.0.0.0/8"), value: undefined });
    expect(map.longest(address("11.1.2.3"))).toBeUndefined();
    map.add(prefix("0.0.0.0/0"), "all");
    expect(map.longest(address("11.1.2.3"))?.value).toBe("all");
    expect(map.widest(address("::a01:203"))).toBeUndefined();
  });
});
