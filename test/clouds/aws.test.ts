import * as fc from "fast-check";
import { INSTANCE_TYPES } from "../../lab/aws/api/limits";
import { limitsOf } from "../../lib/clouds/aws/limits";
import { hostAddress, ipv4Gateway, reservedFor, usableAddresses } from "../../lib/clouds/aws/subnet";
import { cidrSubnet } from "../../lib/clouds/cidr";
import { Prefix, contains, formatAddress, formatPrefix, parsePrefix } from "../../lib/net";

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const subnets = fc
  .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 16, max: 28 }))
  .map(([value, length]): Prefix => {
    const size = 2n ** BigInt(32 - length);
    return { family: 4, value: (BigInt(value) / size) * size, length };
  });

describe("a subnet on AWS", () => {
  test("has its router at its first address plus one", () => {
    expect(formatAddress(ipv4Gateway(prefix("10.0.1.0/24")))).toBe("10.0.1.1");
    expect(formatAddress(ipv4Gateway(prefix("10.0.1.240/28")))).toBe("10.0.1.241");
    fc.assert(fc.property(subnets, (subnet) => contains(subnet, ipv4Gateway(subnet))));
  });

  test("keeps exactly five addresses, its router among them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 28 }), (length) => {
        const subnet = prefix(`10.0.0.0/${length}`);
        const all = Array.from({ length: 2 ** (32 - length) }, (_, i) => hostAddress(subnet, i));
        const kept = all.filter((address) => address && reservedFor(subnet, address) !== undefined);
        expect(kept).toHaveLength(5);
        expect(BigInt(all.length - kept.length)).toBe(usableAddresses(subnet));
      }),
    );
  });

  test("counts its addresses from its first, and has none outside", () => {
    const subnet = prefix("10.0.1.0/24");
    expect(formatAddress(hostAddress(subnet, 10)!)).toBe("10.0.1.10");
    expect(hostAddress(subnet, 256)).toBeUndefined();
    expect(hostAddress(subnet, -1)).toBeUndefined();
    expect(hostAddress(subnet, 1.5)).toBeUndefined();
    expect(formatAddress(hostAddress(prefix("2001:db8::/64"), 10)!)).toBe("2001:db8::a");
  });
});

describe("limits of instance types", () => {
  test("are those that the lab has, which were written down independently", () => {
    const both = [...INSTANCE_TYPES].flatMap(([name, lab]) => {
      const limits = limitsOf(name);
      return limits ? [{ name, limits, lab }] : [];
    });
    expect(both.length).toBeGreaterThan(25);
    for (const { name, limits, lab } of both) {
      expect({ name, ...limits }).toEqual({
        name,
        interfaces: lab.interfaces,
        ipv4PerInterface: lab.ipv4,
        ipv6PerInterface: lab.ipv6,
      });
    }
  });

  test.each([
    ["t3.micro", 2, 2],
    ["t3.small", 3, 4],
    ["t3.medium", 3, 6],
    ["m5.large", 3, 10],
    ["m5.xlarge", 4, 15],
    ["c5.4xlarge", 8, 30],
    ["m5.24xlarge", 15, 50],
  ])("%s takes %i interfaces of %i addresses", (type, interfaces, addresses) => {
    expect(limitsOf(type)).toEqual({ interfaces, ipv4PerInterface: addresses, ipv6PerInterface: addresses });
  });

  test("are not guessed", () => {
    for (const name of ["z9.large", "m5", "", "__proto__", "toString"])
      expect(limitsOf(name)).toBeUndefined();
  });
});

describe("subnets of a block", () => {
  test("are counted from 0", () => {
    expect(cidrSubnet("10.0.0.0/16", 24, 2)).toBe("10.0.2.0/24");
    expect(cidrSubnet("2001:db8:e000::/56", 64, 1)).toBe("2001:db8:e000:1::/64");
    expect(cidrSubnet("10.0.0.0/16", 16, 0)).toBe("10.0.0.0/16");
  });

  test("are disjoint, and within the block", () => {
    fc.assert(
      fc.property(subnets, fc.integer({ min: 0, max: 4 }), fc.nat(15), fc.nat(15), (block, bits, i, j) => {
        fc.pre(i < 2 ** bits && j < 2 ** bits);
        const at = (n: number) => prefix(cidrSubnet(formatPrefix(block), block.length + bits, n));
        expect(contains(block, at(i))).toBe(true);
        expect(contains(at(i), at(j))).toBe(i === j);
      }),
    );
  });

  test.each([
    ["10.0.0.1/16", 24, 0, /host bits/],
    ["10.0.0.0/16", 8, 0, /16 to 32/],
    ["10.0.0.0/16", 33, 0, /16 to 32/],
    ["10.0.0.0/16", 17, 2, /number 2; the subnets of length 17 of 10\.0\.0\.0\/16 are 0 to 1$/],
    ["10.0.0.0/16", 24, -1, /are 0 to 255$/],
    ["x", 24, 0, /cidrSubnet/],
  ])("%s, /%i, %i is refused", (block, length, n, says) => {
    expect(() => cidrSubnet(block, length, n)).toThrow(says);
  });
});
