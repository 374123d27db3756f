import {
  FAMILIES,
  Family,
  addressAt,
  ascending,
  contains,
  foldPrefixes,
  formatPrefix,
  lastNotAbove,
  overlaps,
  packAddress,
  prefixAt,
  prefixTextAt,
  sameWords,
  wordsOf,
} from "../../lib/net";
import { readLength } from "../../lib/net/canonical";
import { Spelling, readIpv6 } from "../../lib/net/ipv6";
import { parseAddress } from "../../lib/net";
import { address, prefix } from "./support";

/** One example for each edge that a random address rarely meets. */

const pack = (family: Family, texts: readonly string[]) => {
  const prefixes = texts.map(prefix);
  const words = new Uint32Array(texts.length * wordsOf(family));
  prefixes.forEach((p, i) => packAddress(p, words, i));
  const at = Uint32Array.from(prefixes, (_, i) => i);
  return { family, size: texts.length, words, at, lengths: Uint8Array.from(prefixes, (p) => p.length) };
};

describe("a prefix", () => {
  test("does not hold a wider one that starts where it starts", () => {
    expect(contains(prefix("10.0.0.0/24"), prefix("10.0.0.0/8"))).toBe(false);
    expect(contains(prefix("2001:db8::/64"), prefix("2001:db8::/32"))).toBe(false);
    expect(contains(prefix("10.0.0.0/8"), prefix("10.0.0.0/24"))).toBe(true);
    expect(contains(prefix("10.0.0.0/8"), prefix("10.0.0.0/8"))).toBe(true);
    expect(overlaps(prefix("10.0.0.0/24"), prefix("10.0.0.0/8"))).toBe(true);
  });
});

describe("reading", () => {
  test("takes a dotted quad of zeros at the end of an IPv6 address", () => {
    expect(parseAddress("2001:db8::1:0.0.0.0")).toEqual({ ok: true, value: address("2001:db8::1:0:0") });
    expect(parseAddress("2001:db8::1:0.0.0.x").ok).toBe(false);
  });

  test("of IPv6 writes four words and leaves those around them alone", () => {
    const into = new Uint32Array(6).fill(7);
    expect(readIpv6("2001:db8::1", 11, into, 1)).toBe(Spelling.Canonical);
    expect([...into]).toEqual([7, 0x20010db8, 0, 0, 1, 7]);
  });

  test("of IPv6 takes a single zero group that is written out for canonical, and not two", () => {
    const into = new Uint32Array(4);
    for (const text of ["2001:db8:0:0:1:1:1:1", "2001:1:1:1:1:1:0:0"])
      expect(readIpv6(text, text.length, into, 0)).toBe(Spelling.Other);
    for (const text of ["2001:db8:0:2:1:1:1:1", "2001:1:1:1:1:1:1:0"])
      expect(readIpv6(text, text.length, into, 0)).toBe(Spelling.Canonical);
  });

  test("of a length takes the digit 9, and no character behind it", () => {
    expect(["/9", "/19", "/29"].map((text) => readLength(text, 1, 32))).toEqual([9, 19, 29]);
    expect(["/:", "/1:", "/2;", "//"].map((text) => readLength(text, 1, 32))).toEqual([-1, -1, -1, -1]);
  });
});

describe("packed addresses", () => {
  test("are written without touching their neighbours", () => {
    for (const family of FAMILIES) {
      const words = new Uint32Array(3 * wordsOf(family)).fill(7);
      packAddress(address(family === 4 ? "10.0.0.1" : "2001:db8::1"), words, 1);
      const kept = new Array(wordsOf(family)).fill(7);
      expect([...words]).toEqual([
        ...kept,
        ...(family === 4 ? [0x0a000001] : [0x20010db8, 0, 0, 1]),
        ...kept,
      ]);
    }
  });

  test("are the same words only if all are", () => {
    const [a, b] = [Uint32Array.of(9, 1, 2, 3), Uint32Array.of(1, 2, 4)];
    expect(sameWords(a, 1, b, 0, 2)).toBe(true);
    expect(sameWords(a, 1, b, 0, 3)).toBe(false);
    expect(sameWords(a, 0, b, 0, 1)).toBe(false);
    expect(sameWords(a, 2, b, 1, 1)).toBe(true);
    expect(sameWords(a, 0, b, 0, 0)).toBe(true);
    expect(sameWords(b, 2, a, 3, 1)).toBe(false);
  });

  test("ascend by every byte of every word", () => {
    for (const family of FAMILIES) {
      const bytes = 4 * wordsOf(family);
      const values = Array.from(
        { length: 3 * bytes },
        (_x, i) => BigInt(1 + (i % 3)) << BigInt(8 * (i >> 1)),
      );
      const words = new Uint32Array(values.length * wordsOf(family));
      const fit = values.map((value) => value % (1n << BigInt(8 * bytes)));
      fit.forEach((value, i) => packAddress({ family, value }, words, i));
      const order = [...ascending(words, family, values.length)];
      const sorted = [...fit].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
      expect(order.map((i) => addressAt(words, family, i).value)).toEqual(sorted);
    }
  });

  test("are found although they differ in the last word alone", () => {
    const packed = pack(6, ["2001:db8::1/128", "2001:db8::3/128", "2001:db8:0:0:1::/128"]);
    const at = (text: string): number => lastNotAbove(packed, address(text));
    expect(["2001:db8::", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:0:2::"].map(at)).toEqual([
      -1, 0, 0, 1, 2,
    ]);
  });

  test("are written as prefixes of every length around a word", () => {
    const four = pack(4, ["255.255.255.255/32"]);
    expect([0, 1, 31, 32].map((length) => prefixTextAt(four, 0, length))).toEqual([
      "0.0.0.0/0", "128.0.0.0/1", "255.255.255.254/31", "255.255.255.255/32",
    ]); // prettier-ignore
    const six = pack(6, ["::/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"]);
    expect([0, 31, 32, 33, 64, 96, 127].map((length) => prefixTextAt(six, 1, length))).toEqual([
      "::/0", "ffff:fffe::/31", "ffff:ffff::/32", "ffff:ffff:8000::/33", "ffff:ffff:ffff:ffff::/64",
      "ffff:ffff:ffff:ffff:ffff:ffff::/96", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
    ]); // prettier-ignore
  });
});

describe("folding", () => {
  const fold = (family: Family, entries: readonly (readonly [string, number])[]): string[] => {
    const folded = foldPrefixes(pack(family, entries.map(([text]) => text)), (i) => entries[i][1]); // prettier-ignore
    return Array.from(
      folded.at,
      (from, i) =>
        `${formatPrefix(prefixAt(folded, i, folded.lengths[i]))} key ${entries[from][1]} from ${from}`,
    );
  };

  test("merges halves again and again, up to the first entry", () => {
    expect(fold(4, [["10.0.0.0/25", 1], ["10.0.0.128/26", 1], ["10.0.0.192/26", 1]])).toEqual(["10.0.0.0/24 key 1 from 0"]); // prettier-ignore
    expect(fold(6, [["2001:db8::/64", 2], ["2001:db8:0:1::/64", 2]])).toEqual(["2001:db8::/63 key 2 from 0"]); // prettier-ignore
    expect(
      fold(4, [
        ["0.0.0.0/1", 1],
        ["128.0.0.0/1", 1],
      ]),
    ).toEqual(["0.0.0.0/0 key 1 from 0"]);
  });

  test("keeps halves with different keys apart", () => {
    expect(fold(4, [["10.0.0.0/25", 1], ["10.0.0.128/25", 2]])).toEqual([
      "10.0.0.0/25 key 1 from 0", "10.0.0.128/25 key 2 from 1",
    ]); // prettier-ignore
  });

  test("keeps neighbours of other lengths apart, and those that are no halves of one prefix", () => {
    expect(fold(4, [["10.0.0.0/25", 1], ["10.0.0.128/26", 1]])).toEqual([
      "10.0.0.0/25 key 1 from 0", "10.0.0.128/26 key 1 from 1",
    ]); // prettier-ignore
    expect(fold(4, [["10.0.1.0/24", 1], ["10.0.2.0/24", 1]])).toEqual([
      "10.0.1.0/24 key 1 from 0", "10.0.2.0/24 key 1 from 1",
    ]); // prettier-ignore
  });

  test("drops what is nested, and says of what follows where it stood", () => {
    expect(fold(6, [["2001:db8::/32", 1], ["2001:db8::/64", 1], ["2001:db9::/48", 2]])).toEqual([
      "2001:db8::/32 key 1 from 0", "2001:db9::/48 key 2 from 2",
    ]); // prettier-ignore
  });
});
