import * as fc from "fast-check";
import {
  Prefix,
  comparePrefixes,
  contains,
  firstAddress,
  formatAddress,
  formatPrefix,
  hostPrefix,
  lastAddress,
  overlaps,
  parseInterfaceAddress,
  parsePrefix,
  prefixOf,
  samePrefix,
  sizeOf,
  widthOf,
} from "../../lib/net";
import { address, addresses, prefix, prefixes, smallPrefixes } from "./support";

describe("text of a prefix", () => {
  test("canonical text round-trips for every prefix", () => {
    fc.assert(
      fc.property(prefixes(), (p) => {
        const parsed = parsePrefix(formatPrefix(p));
        if (parsed.ok) expect(parsed.value).toEqual(p);
        else expect([p.family, p.value >> 32n]).toEqual([6, 0xffffn]);
      }),
    );
  });

  test.each([
    ["10.0.1.0/24", "10.0.1.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["10.0.1.10/32", "10.0.1.10/32"],
    ["2001:DB8:0::/48", "2001:db8::/48"],
    ["::/0", "::/0"],
    ["2001:db8::1/128", "2001:db8::1/128"],
  ])("%s is written %s", (text, canonical) => {
    expect(formatPrefix(prefix(text))).toBe(canonical);
  });

  test.each([
    ["10.0.1.10", "the prefix length is missing"],
    ["", "the prefix length is missing"],
    ["10.0.1.0/", "the prefix length must be 0 to 32"],
    ["10.0.1.0/33", "the prefix length must be 0 to 32"],
    ["10.0.1.0/024", "the prefix length must be 0 to 32"],
    ["10.0.1.0/00", "the prefix length must be 0 to 32"],
    ["10.0.1.0/+24", "the prefix length must be 0 to 32"],
    ["10.0.1.0/-1", "the prefix length must be 0 to 32"],
    ["10.0.1.0/2 4", "the prefix length must be 0 to 32"],
    ["10.0.1.0/24 ", "the prefix length must be 0 to 32"],
    ["10.0.1.0/24\n", "the prefix length must be 0 to 32"],
    ["10.0.1.0/24/24", "the prefix length must be 0 to 32"],
    ["10.0.1.0/255.255.255.0", "the prefix length must be 0 to 32"],
    ["10.0.1.0/1e1", "the prefix length must be 0 to 32"],
    ["10.0.1.0/\uff12\uff14", "the prefix length must be 0 to 32"],
    ["2001:db8::/129", "the prefix length must be 0 to 128"],
    ["2001:db8::/1280", "the prefix length must be 0 to 128"],
    ["10.0.1/24", "not an IPv4 or IPv6 address"],
    ["/24", "not an IPv4 or IPv6 address"],
    ["2001:db8/32", "not an IPv6 address"],
    ["2001:db8:/32", "not an IPv6 address"],
    ["10.0.1.10/24", "host bits are set; the prefix is 10.0.1.0/24"],
    ["0.0.0.1/0", "host bits are set; the prefix is 0.0.0.0/0"],
    ["2001:DB8::1/64", "host bits are set; the prefix is 2001:db8::/64"],
  ])("%j is refused: %s", (text, reason) => {
    expect(parsePrefix(text)).toEqual({ ok: false, reason });
  });

  test("an interface's address keeps its host bits", () => {
    expect(parseInterfaceAddress("10.0.1.10/24")).toEqual({
      ok: true,
      value: { address: address("10.0.1.10"), length: 24 },
    });
    expect(parseInterfaceAddress("2001:db8::10/128")).toEqual({
      ok: true,
      value: { address: address("2001:db8::10"), length: 128 },
    });
    expect(parseInterfaceAddress("10.0.1.10/0")).toMatchObject({ ok: true, value: { length: 0 } });
  });
});

describe("a prefix", () => {
  test("of an address is the only one of its length that holds it", () => {
    fc.assert(
      fc.property(addresses(), fc.nat(128), (a, n) => {
        const length = Math.min(n, widthOf(a.family));
        const p = prefixOf(a, length);
        expect(p.length).toBe(length);
        expect(p.value % sizeOf(p)).toBe(0n);
        expect(p.value <= a.value && a.value < p.value + sizeOf(p)).toBe(true);
        expect(contains(p, a)).toBe(true);
      }),
    );
  });

  test("holds the addresses from its first to its last and no other", () => {
    fc.assert(
      fc.property(prefixes(), (p) => {
        const [first, last] = [firstAddress(p), lastAddress(p)];
        expect(last.value - first.value + 1n).toBe(sizeOf(p));
        expect(contains(p, first) && contains(p, last)).toBe(true);
        if (first.value > 0n) expect(contains(p, { ...first, value: first.value - 1n })).toBe(false);
        const max = (1n << BigInt(widthOf(p.family))) - 1n;
        if (last.value < max) expect(contains(p, { ...last, value: last.value + 1n })).toBe(false);
      }),
    );
  });

  test("holds another exactly when it holds both of its ends", () => {
    fc.assert(
      fc.property(fc.oneof(prefixes(), smallPrefixes), fc.oneof(prefixes(), smallPrefixes), (a, b) => {
        const byEnds = contains(a, firstAddress(b)) && contains(a, lastAddress(b));
        expect(contains(a, b)).toBe(byEnds);
        expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
        expect(overlaps(a, b)).toBe(overlaps(b, a));
      }),
    );
  });

  test("of one family never holds anything of the other, not even all of the one", () => {
    const all4: Prefix = prefix("0.0.0.0/0");
    const all6: Prefix = prefix("::/0");
    expect([
      contains(all4, address("::1")),
      contains(all6, address("10.0.0.1")),
      overlaps(all4, all6),
    ]).toEqual([false, false, false]);
  });

  test("that is one address wide is its host prefix", () => {
    expect(formatPrefix(hostPrefix(address("10.0.0.1")))).toBe("10.0.0.1/32");
    expect(formatPrefix(hostPrefix(address("::1")))).toBe("::1/128");
    expect(sizeOf(hostPrefix(address("::1")))).toBe(1n);
    expect(formatAddress(lastAddress(prefix("10.0.0.0/30")))).toBe("10.0.0.3");
  });
});

test("prefixes are ordered by family, then first address, then the wider first", () => {
  const sorted = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", "::/0", "2001:db8::/32"].map(
    prefix,
  );
  fc.assert(
    fc.property(fc.shuffledSubarray(sorted, { minLength: 6 }), (list) => {
      expect([...list].sort(comparePrefixes)).toEqual(sorted);
    }),
  );
  expect(samePrefix(prefix("10.0.0.0/8"), prefix("10.0.0.0/9"))).toBe(false);
  expect(samePrefix(prefix("10.0.0.0/8"), prefix("10.0.0.0/8"))).toBe(true);
});
