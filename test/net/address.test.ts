import * as net from "node:net";
import * as fc from "fast-check";
import {
  Address,
  compareAddresses,
  formatAddress,
  isLinkLocal,
  notASource,
  parseAddress,
  sameAddress,
  widthOf,
} from "../../lib/net";
import { address, addresses } from "./support";

const refused = (text: string): string => {
  const parsed = parseAddress(text);
  return parsed.ok ? `accepted as ${formatAddress(parsed.value)}` : parsed.reason;
};

describe("text of an address", () => {
  test("canonical text round-trips for every address", () => {
    fc.assert(
      fc.property(addresses(), (a) => {
        const parsed = parseAddress(formatAddress(a));
        if (parsed.ok) expect(parsed.value).toEqual(a);
        // Only the addresses that have no text of their own here do not come back.
        else expect([a.family, a.value >> 32n]).toEqual([6, 0xffffn]);
      }),
    );
  });

  test("what is accepted is what the platform accepts, apart from zone ids and IPv4-mapped addresses", () => {
    const pieces = fc.constantFrom(
      "0",
      "1",
      "9",
      "01",
      "00",
      "10",
      "255",
      "256",
      "a",
      "F",
      "ffff",
      ".",
      ":",
      "::",
      "%",
      " ",
      "x",
      "-",
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 14 }).map((p) => p.join("")),
      fc.array(pieces, { minLength: 4, maxLength: 4 }).map((p) => p.join(".")),
      fc.array(pieces, { minLength: 2, maxLength: 9 }).map((p) => p.join(":")),
      fc
        .tuple(
          fc.constantFrom("::", "1::", "64:ff9b::", "1:2:3:4:5:6:"),
          fc.array(pieces, { minLength: 4, maxLength: 4 }),
        )
        .map(([head, quad]) => head + quad.join(".")),
    );
    fc.assert(
      fc.property(text, (t) => {
        const parsed = parseAddress(t);
        const special = t.includes("%") || (!parsed.ok && parsed.reason.includes("IPv4-mapped"));
        if (!special) expect([t, parsed.ok ? parsed.value.family : 0]).toEqual([t, net.isIP(t)]);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["10.0.1.10", "10.0.1.10"],
    ["200.100.50.25", "200.100.50.25"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ["::1.2.3.4", "::102:304"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("%s is written %s", (text, canonical) => {
    expect(formatAddress(address(text))).toBe(canonical);
  });

  const NOT_4 = "not an IPv4 or IPv6 address";
  const NOT_6 = "not an IPv6 address";
  const MAPPED = "an IPv4-mapped IPv6 address; write the IPv4 address";
  const ZONE = "a zone id is not part of an address here";
  test.each([
    ["leading zero", "10.0.01.1", NOT_4],
    ["octal", "010.0.0.1", NOT_4],
    ["hexadecimal", "0x0a.0.0.1", NOT_4],
    ["one number", "167772161", NOT_4],
    ["three parts", "10.0.1", NOT_4],
    ["five parts", "10.0.0.0.1", NOT_4],
    ["too large a part", "10.0.0.256", NOT_4],
    ["negative", "10.0.0.-1", NOT_4],
    ["empty", "", NOT_4],
    ["blank before", " 10.0.0.1", NOT_4],
    ["blank after", "10.0.0.1 ", NOT_4],
    ["line feed after", "10.0.0.1\n", NOT_4],
    ["NUL after", "10.0.0.1\0", NOT_4],
    ["prefix length", "10.0.0.1/24", NOT_4],
    ["host name", "localhost", NOT_4],
    ["fullwidth digit", "\uff110.0.0.1", NOT_4],
    ["Arabic-Indic digit", "1\u0660.0.0.1", NOT_4],
    ["ideographic full stop", "10\u30020.0.1", NOT_4],
    ["right-to-left mark", "10.0.0.1\u200f", NOT_4],
    ["shell text", "10.0.0.1;reboot", NOT_4],
    ["two double colons", "1::2::3", NOT_6],
    ["three colons", ":::", NOT_6],
    ["too few groups", "1:2:3", NOT_6],
    ["too many groups", "1:2:3:4:5:6:7:8:9", NOT_6],
    ["group of five digits", "00001::", NOT_6],
    ["no hexadecimal", "2001:db8::g", NOT_6],
    ["Cyrillic letter", "2001:d\u04328::1", NOT_6],
    ["blank inside", "2001:db8:: 1", NOT_6],
    ["line feed after IPv6", "::1\n", NOT_6],
    ["brackets", "[2001:db8::1]", NOT_6],
    ["octal in a quad", "64:ff9b::010.0.0.1", NOT_6],
    ["quad too short", "64:ff9b::10.0.1", NOT_6],
    ["quad not at the end", "64:ff9b:10.0.0.1::", NOT_6],
    ["quad one group too far", "1:2:3:4:5:6:7:1.2.3.4", NOT_6],
    ["zone name", "fe80::1%eth0", ZONE],
    ["zone number", "fe80::1%2", ZONE],
    ["empty zone", "fe80::1%", ZONE],
    ["mapped, dotted", "::ffff:10.0.0.1", MAPPED],
    ["mapped, hexadecimal", "::ffff:a00:1", MAPPED],
    ["mapped, in full", "0:0:0:0:0:FFFF:0a00:0001", MAPPED],
  ])("refused: %s (%j)", (_what, text, reason) => {
    expect(refused(text)).toBe(reason);
  });

  test("a neighbour of the IPv4-mapped range is an address like any other", () => {
    expect(formatAddress(address("::fffe:a00:1"))).toBe("::fffe:a00:1");
    expect(formatAddress(address("::1:ffff:a00:1"))).toBe("::1:ffff:a00:1");
  });

  test("a text as long as memory allows is refused at once", () => {
    for (const text of ["1.".repeat(1e6), "1:".repeat(1e6), ":".repeat(1e6), `::${"f".repeat(1e6)}`]) {
      const start = performance.now();
      expect(parseAddress(text).ok).toBe(false);
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });
});

describe("order of addresses", () => {
  test("is total, by family and then by number, and equal only for the same address", () => {
    fc.assert(
      fc.property(addresses(), addresses(), (a, b) => {
        const order = compareAddresses(a, b);
        expect(Math.sign(compareAddresses(b, a))).toBe(0 - Math.sign(order));
        expect(order === 0).toBe(sameAddress(a, b));
        if (a.family !== b.family) expect(order < 0).toBe(a.family === 4);
        else expect(Math.sign(order)).toBe(a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
      }),
    );
  });

  test("0.0.0.1 and ::1 differ although their number is one", () => {
    expect(sameAddress(address("0.0.0.1"), address("::1"))).toBe(false);
    expect(sameAddress(address("::1"), address("0:0::1"))).toBe(true);
    expect(compareAddresses(address("::1"), address("::1"))).toBe(0);
  });
});

test("an address has 32 or 128 bits", () => {
  expect([widthOf(4), widthOf(6)]).toEqual([32, 128]);
});

describe("an address that cannot be a source says why", () => {
  test.each([
    ["0.0.0.0", "the unspecified address"],
    ["0.0.0.1", "in 0.0.0.0/8 (this network)"],
    ["0.255.255.255", "in 0.0.0.0/8 (this network)"],
    ["127.0.0.1", "a loopback address"],
    ["127.255.255.255", "a loopback address"],
    ["224.0.0.0", "a multicast address"],
    ["239.255.255.255", "a multicast address"],
    ["240.0.0.0", "in the reserved range 240.0.0.0/4"],
    ["255.255.255.255", "in the reserved range 240.0.0.0/4"],
    ["::", "the unspecified address"],
    ["::1", "the loopback address"],
    ["::2", "an IPv4-compatible address (deprecated by RFC 4291)"],
    ["::255.255.255.255", "an IPv4-compatible address (deprecated by RFC 4291)"],
    ["ff00::", "a multicast address"],
    ["ff02::1", "a multicast address"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a multicast address"],
    ["fe80::", "a link-local address, which belongs to one link already"],
    ["febf:ffff::1", "a link-local address, which belongs to one link already"],
  ])("%s is %s", (text, reason) => {
    expect(notASource(address(text))).toBe(reason);
  });

  test.each([
    "1.0.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255", "10.0.0.1", "169.254.10.1", "100.64.0.1",
    "2001:db8::1", "fd00::1", "::1:0:0", "fe7f:ffff::1", "fec0::1", "feff::1", "64:ff9b::1",
  ])("%s can be one", (text) => {
    expect(notASource(address(text))).toBeUndefined();
  }); // prettier-ignore
});

test.each<[string, boolean]>([
  ["169.254.0.0", true],
  ["169.254.255.255", true],
  ["169.253.255.255", false],
  ["169.255.0.0", false],
  ["fe80::1", true],
  ["febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true],
  ["fe7f::1", false],
  ["fec0::", false],
  ["::a9fe:0:0", false],
])("link-local: %s is %s", (text, expected) => {
  expect(isLinkLocal(address(text) as Address)).toBe(expected);
});
