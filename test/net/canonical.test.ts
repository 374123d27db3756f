import * as fc from "fast-check";
import * as ipaddr from "ipaddr.js";
import { Address, formatAddress } from "../../lib/net";
import { readIpv4, readLength } from "../../lib/net/canonical";
import { Spelling, readIpv6, writeIpv6 } from "../../lib/net/ipv6";
import { addressAt } from "../../lib/net/packed";

/** What is read of a text, which stands among others. */
const read = (text: string): { address: Address; spelling: Spelling } | undefined => {
  const into = new Uint32Array(12).fill(0xdeadbeef);
  const spelling = readIpv6(`${text}/64`, text.length, into, 4);
  expect([...into].filter((w, i) => (i < 4 || i > 7) && w !== 0xdeadbeef)).toEqual([]);
  if (spelling === Spelling.Unread) expect(into.every((w) => w === 0xdeadbeef)).toBe(true);
  return spelling === Spelling.Unread ? undefined : { address: addressAt(into, 6, 1), spelling };
};

/** The number of an address as a library of its own reads it; undefined when it is none. */
const byLibrary = (text: string): bigint | undefined =>
  ipaddr.IPv6.isValid(text)
    ? ipaddr.IPv6.parse(text)
        .toByteArray()
        .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    : undefined;

/** Addresses with the runs of zeros that RFC 5952 is about. */
const groups = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 7,
    maxLength: 7,
  })
  .map((rest) => rest.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n));
const unicast6 = fc
  .tuple(fc.oneof(fc.integer({ min: 0x2000, max: 0x3fff }), fc.integer({ min: 0xfc00, max: 0xfdff })), groups)
  .map(([first, rest]): Address => ({ family: 6, value: (BigInt(first) << 112n) | rest }));

/** Text that is nearly an address: one character removed, added or changed. */
const nearly = (text: string) =>
  fc
    .tuple(
      fc.nat(text.length - 1),
      fc.constantFrom("", ":", "::", "0", "00", "f", "A", ".", "g", " ", "%", "12345"),
      fc.boolean(),
    )
    .map(([at, by, insert]) => text.slice(0, at) + by + text.slice(insert ? at : at + 1));

describe("quick reading", () => {
  test("of IPv6 takes every canonical address as that, and gives its value", () => {
    const any = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value): Address => ({ family: 6, value }));
    fc.assert(
      fc.property(fc.oneof(unicast6, any), (address) => {
        expect(read(formatAddress(address))).toEqual({ address, spelling: Spelling.Canonical });
      }),
      { numRuns: 2000 },
    );
  });

  test("of IPv6 takes just what a library of its own takes, with the same value, and knows what is canonical", () => {
    const counts = { [Spelling.Unread]: 0, [Spelling.Other]: 0, [Spelling.Canonical]: 0 };
    fc.assert(
      fc.property(
        unicast6.chain((a) => fc.oneof(nearly(formatAddress(a)), nearly(formatAddress(a)).chain(nearly))),
        (text) => {
          // Zone ids, and dotted quads at the end, are left to the strict reader.
          const value = /[.%]/.test(text) ? undefined : byLibrary(text);
          const quick = read(text);
          expect(quick?.address.value).toEqual(value);
          counts[quick?.spelling ?? Spelling.Unread]++;
          if (quick === undefined) return;
          expect(quick.spelling === Spelling.Canonical).toBe(formatAddress(quick.address) === text);
        },
      ),
      { numRuns: 5000 },
    );
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(100);
  });

  test.each([
    "2001:db8::1", "2001:db8::", "2001:db8:0:1::", "2001:db8:0:1:1:1:1:1", "fd00::", "2001:0:0:1::1", "2001::1:0:0:1",
    "::", "::1", "fe80::1", "ff02::1", "64:ff9b::1",
  ])("of IPv6 takes %s for canonical", (text) => {
    expect(read(text)?.spelling).toBe(Spelling.Canonical);
    expect(read(text)?.address.value).toBe(byLibrary(text));
  }); // prettier-ignore

  test.each([
    "2001:DB8::1", "2001:dB8::1", "2001:0db8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::0:1", "2001:0::1", "2001:db8:1:0:0:1::",
    "2001:db8::1:1:1:1:1", "2001::0:0:1", "0::1", "::0", "2001:0:0:1:0:0::1",
  ])("of IPv6 takes %s, and knows that it is written otherwise", (text) => {
    expect(read(text)?.spelling).toBe(Spelling.Other);
    expect(read(text)?.address.value).toBe(byLibrary(text));
  }); // prettier-ignore

  test.each([
    "", ":", ":1", "2001", "2001:", "2001:db8:", "2001:db8:::1", ":::", "2001::db8::1", "2001:db8::1:",
    "2001:db8:1:1:1:1:1", "2001:db8:1:1:1:1:1:1:1", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", "2001:db8::1.2.3.4",
    "2001:db8::1%1", "2001:db8::12345", "2001:db8::00001", "2001:db8::g", "2001:db8::`", "2001:db8::@", "2001:db8::G", "2001:db8::/", "2001:db8::;",
  ])("of IPv6 leaves %p to the strict reader", (text) => expect(read(text)).toBeUndefined()); // prettier-ignore

  test("of IPv4 takes every dotted quad", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        const text = formatAddress({ family: 4, value: BigInt(value) });
        expect(readIpv4(text, text.length)).toBe(value);
        expect(readIpv4(`${text}/24`, text.length)).toBe(value);
      }),
    );
  });

  test.each([
    "", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..2.3", "01.2.3.4", "1.2.3.04", "1.2.3.00",
    "256.1.1.1", "1.1.1.256", "1.1.1.1000", "1.2.3.4 ", " 1.2.3.4", "1.2.3.a", "0x1.2.3.4", "1.2.3.-4", "+1.2.3.4", "१.2.3.4",
  ])("of IPv4 refuses %p", (text) => expect(readIpv4(text, text.length)).toBe(-1)); // prettier-ignore

  test("and writing of IPv6 agree with a library of its own on every address", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          unicast6.map((a) => a.value),
          groups,
          fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
        ),
        (value) => {
          const text = (value.toString(16).padStart(32, "0").match(/.{4}/g) as string[]).join(":");
          expect(formatAddress({ family: 6, value })).toBe(ipaddr.IPv6.parse(text).toRFC5952String());
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("and writing of an IPv6 prefix gives its address and its length", () => {
    const into = Uint32Array.of(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff);
    for (let length = 0; length <= 128; length++) {
      expect(writeIpv6(into, 0, length)).toBe(`ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/${length}`);
    }
  });

  test("of a length takes what is written without leading zeros and is not too long", () => {
    expect(["/0", "/7", "/24", "/32"].map((t) => readLength(t, 1, 32))).toEqual([0, 7, 24, 32]);
    expect(readLength("/128", 1, 128)).toBe(128);
    for (const text of ["/", "/33", "/01", "/00", "/1a", "/-1", "/ 1", "/129", "/1280", "/2.", "//"]) {
      expect(readLength(text, 1, 32)).toBe(-1);
    }
  });
});
