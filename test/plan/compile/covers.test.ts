import * as fc from "fast-check";
import { FAMILIES, contains, overlaps } from "../../../lib/net";
import { coversOf } from "../../../lib/plan/compile/guard";
import { tableOf } from "../../../lib/plan/compile/table";
import { prefix } from "../../net/support";
import { layouts } from "./support";

const covers = (...sources: string[]): string[] =>
  coversOf(
    tableOf(
      sources.map((text) => ({ prefix: prefix(text), block: 1020 })),
      sources[0].includes(":") ? 6 : 4,
    ),
  );

describe("the prefixes that hold all sources", () => {
  test("are the longest that does, where a socket without a source is outside", () => {
    expect(covers("10.0.1.10/32", "10.0.2.10/32")).toEqual(["10.0.0.0/22"]);
    expect(covers("10.0.1.10/32")).toEqual(["10.0.1.10/32"]);
    expect(covers("2001:db8:1::10/128", "2001:db8:2::/64")).toEqual(["2001:db8::/46"]);
  });

  test("are those of the halves elsewhere, so that none holds 0.0.0.0, nor everything", () => {
    expect(covers("10.0.1.10/32", "192.0.2.10/32", "192.0.2.11/32")).toEqual([
      "10.0.1.10/32",
      "192.0.2.10/31",
    ]);
    expect(covers("1.0.0.1/32", "3.0.0.1/32", "10.0.0.1/32", "100.64.0.1/32", "203.0.113.1/32")).toEqual([
      ...["1.0.0.1/32", "3.0.0.1/32", "10.0.0.1/32", "100.64.0.1/32", "203.0.113.1/32"],
    ]);
    expect(covers("2001:db8::1/128", "fd00::1/128", "fd00::2/128")).toEqual([
      "2001:db8::1/128",
      "fd00::/126",
    ]);
  });

  test.each(FAMILIES)("hold every source of any layout, are disjoint, and few: IPv%s", (family) => {
    fc.assert(
      fc.property(layouts(family), (sources) => {
        const made = coversOf(tableOf(sources, family)).map(prefix);
        for (const { prefix: source } of sources)
          expect(made.filter((cover) => contains(cover, source))).toHaveLength(1);
        for (const [i, cover] of made.entries()) {
          expect(cover.length).toBeGreaterThan(0);
          if (family === 4) expect(cover.value).not.toBe(0n);
          expect(made.slice(i + 1).some((other) => overlaps(cover, other))).toBe(false);
        }
        // Nobody has an address of 0.0.0.0/8.
        if (sources.every((s) => family === 6 || s.prefix.value >> 24n > 0n))
          expect(made.length).toBeLessThanOrEqual(family === 4 ? 8 : 2);
      }),
    );
  });
});
