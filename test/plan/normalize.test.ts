import * as fc from "fast-check";
import { Host, SpecError } from "../../lib/model";
import { contains, formatAddress, formatPrefix, hostPrefix, notASource, overlaps } from "../../lib/net";
import { DELEGATED } from "../../lib/model/host";
import { prefixTextAt } from "../../lib/net/packed";
import { buildPlan, normalize } from "../../lib/plan";
import { address } from "../net/support";
import { anything, damaged } from "./support/damage";
import { specs } from "./support/specs";

/** The host, or the refusal. Any other error fails the test. */
function read(value: unknown): Host | SpecError {
  try {
    return normalize(value);
  } catch (error) {
    if (error instanceof SpecError) return error;
    throw error;
  }
}

describe("any value whatsoever", () => {
  const inputs = fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: specs },
    { weight: 2, arbitrary: anything },
    { weight: 4, arbitrary: damaged(anything) },
    { weight: 2, arbitrary: damaged(fc.jsonValue()) },
  );

  test("either makes a host or is refused with a SpecError, and a host always has a plan", () => {
    let hosts = 0;
    let refusals = 0;
    fc.assert(
      fc.property(inputs, (value) => {
        const result = read(value);
        if (result instanceof SpecError) {
          refusals++;
          expect(result.issues.length).toBeGreaterThan(0);
        } else {
          hosts++;
          buildPlan(result);
        }
      }),
      { numRuns: 1500 },
    );
    // Both ways must have been gone, or this shows nothing.
    expect(hosts).toBeGreaterThan(0);
    expect(refusals).toBeGreaterThan(0);
  });

  test("is refused in printable text, a line an issue, that names path, problem and fix", () => {
    fc.assert(
      fc.property(inputs, (value) => {
        const result = read(value);
        if (!(result instanceof SpecError)) return;
        const lines = result.message.split("\n");
        // Of very many a message lists 200, and counts the rest.
        const { length } = result.issues;
        expect(lines).toHaveLength(1 + Math.min(length, 201));
        expect(lines.every((line) => /^[\x20-\x7e]+$/.test(line))).toBe(true);
        for (const { path, problem, fix } of result.issues) {
          expect(path).toMatch(/^([A-Za-z_]\w*|\[.*\])?(\.[A-Za-z_]\w*|\[.*\])*$/);
          expect(problem).toMatch(/([^.]|\.\.\.)$/);
          expect(fix).toMatch(/^[A-Z].*([^.]|\.\.\.)$/);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test("is left as it was", () => {
    fc.assert(
      fc.property(damaged(fc.jsonValue()), (value) => {
        const before = JSON.stringify(value);
        read(value);
        expect(JSON.stringify(value)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });
});

/** As text, IPv4 first. */
const addressesOf = ({ addresses }: Host["interfaces"][number]): string[] => [
  ...addresses[4].sources,
  ...addresses[6].sources,
];

describe("an accepted host", () => {
  const hosts = fc
    .oneof(specs, damaged(fc.jsonValue()))
    .map(read)
    .filter((r): r is Host => !(r instanceof SpecError));

  test("holds no source that two interfaces claim, no address twice, and no source that cannot be one", () => {
    fc.assert(
      fc.property(hosts, (host) => {
        const all = host.interfaces.flatMap(addressesOf);
        expect(new Set(all).size).toBe(all.length);
        for (const a of host.interfaces) {
          const sources = [...addressesOf(a).map((x) => hostPrefix(address(x))), ...a.delegatedPrefixes];
          expect(sources.length).toBeGreaterThan(0);
          expect(sources.map(notASource).filter(Boolean)).toEqual([]);
          for (const b of host.interfaces) {
            if (a === b) continue;
            const others = [...addressesOf(b).map((x) => hostPrefix(address(x))), ...b.delegatedPrefixes];
            expect(sources.some((s) => others.some((o) => overlaps(s, o)))).toBe(false);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("has next hops that its links reach, and a way to find every device", () => {
    fc.assert(
      fc.property(hosts, (host) => {
        for (const iface of host.interfaces) {
          const { gateways, routes, subnets, match } = iface;
          for (const gateway of Object.values(gateways)) {
            const attached = subnets.some((s) => contains(s, gateway.address));
            expect(gateway.onLink && attached).toBe(false);
          }
          for (const { to, via } of routes) {
            expect(subnets.map(formatPrefix)).not.toContain(formatPrefix(to));
            expect(addressesOf(iface)).not.toContain(via && formatAddress(via));
          }
          expect(Object.keys(match).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("a host in full, read as data", () => {
  const host = normalize({
    numbers: { group: 9, canaryMark: 16 },
    policy: {
      directPairs: [
        { from: "b", to: "a" },
        { to: "b", from: "a" },
        { from: "a", to: "c" },
      ],
      onLink: "direct",
    },
    interfaces: [
      { name: "c", addresses: ["10.0.3.1/24"] },
      {
        name: "b",
        match: { mac: "02:00:00:00:01:0A" },
        delegatedPrefixes: ["2001:db8:2::/80", "10.0.9.16/28"],
        subnets: ["10.0.8.0/24", "2001:db8:2::/64"],
        gateways: [{ address: "10.0.8.1" }, "FE80::1"],
      },
      {
        name: "a",
        addresses: [
          "2001:db8:1::9/64",
          "10.0.1.9/24",
          "10.0.1.8/24",
          "10.0.1.7/32",
          "2001:db8:1::8/64",
          "10.0.4.9/24",
        ],
        subnets: ["10.0.2.0/24"],
        routes: [
          { to: "172.31.0.0/16", via: "10.0.2.1" },
          { to: "172.16.0.0/16" },
          { to: "2001:db8:f::/48", via: "fe80::9" },
        ],
        gateways: [
          { address: "2001:db8:ff::1", onLink: true },
          { address: "10.0.1.1", onLink: true },
        ],
      },
    ],
    name: "h",
  });
  const v4 = (text: string): bigint => text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const ip = (text: string) => ({ family: 4, value: v4(text) });
  const net4 = (text: string, length: number) => ({ ...ip(text), length });
  const v6 = (high: bigint, low: bigint): bigint => (((0x20010db8n << 32n) | high) << 64n) | low;
  const ip6 = (high: bigint, low: bigint) => ({ family: 6, value: v6(high, low) });
  // Packed as they are, addresses and sources are compared by their texts.
  const { sources, ...rest } = host;
  const interfaces = host.interfaces.map((i) => ({
    ...i,
    addresses: [...i.addresses[4].texts, ...i.addresses[6].texts],
  }));
  const named = (family: 4 | 6) =>
    Array.from(sources[family].lengths, (length, i) => {
      const { at, owners, positions } = sources[family];
      const { name, addresses } = host.interfaces[owners[at[i]]];
      const text = prefixTextAt(sources[family], i, length);
      const position = positions[at[i]];
      if (position !== DELEGATED && length === (family === 4 ? 32 : 128))
        expect(text).toMatch(addresses[family].sources[position]);
      return `${text} ${name}`;
    });
  expect(named(4)).toEqual([
    "10.0.1.7/32 a",
    "10.0.1.8/31 a",
    "10.0.3.1/32 c",
    "10.0.4.9/32 a",
    "10.0.9.16/28 b",
  ]);
  expect(named(6)).toEqual(["2001:db8:1::8/127 a", "2001:db8:2::/80 b"]);
  expect({ ...rest, interfaces }).toEqual({
    name: "h",
    hostModel: "symmetric",
    virtualAddresses: [],
    traffic: [],
    trackConnections: false,
    worlds: [],
    unmanagedRoutes: "follow",
    persistence: "auto",
    onLink: "direct",
    directPairs: [
      { from: "a", to: "b" },
      { from: "a", to: "c" },
      { from: "b", to: "a" },
    ],
    numbers: { protocol: 77, group: 9, tableBase: 7000, priorityBase: 7000, canaryMark: 16 },
    interfaces: [
      {
        name: "a",
        match: { address: ip("10.0.1.9") },
        addresses: [
          "10.0.1.9/24",
          "10.0.1.7/32",
          "10.0.1.8/24",
          "10.0.4.9/24",
          "2001:db8:1::9/64",
          "2001:db8:1::8/64",
        ],
        delegatedPrefixes: [],
        gateways: {
          4: { address: ip("10.0.1.1"), onLink: false },
          6: { address: ip6(0xff0000n, 1n), onLink: true },
        },
        subnets: [
          net4("10.0.1.0", 24),
          net4("10.0.2.0", 24),
          net4("10.0.4.0", 24),
          { ...ip6(0x10000n, 0n), length: 64 },
        ],
        routes: [
          { to: net4("172.16.0.0", 16) },
          { to: net4("172.31.0.0", 16), via: ip("10.0.2.1") },
          { to: { ...ip6(0xf0000n, 0n), length: 48 }, via: { family: 6, value: (0xfe80n << 112n) | 9n } },
        ],
      },
      {
        name: "b",
        match: { mac: "02:00:00:00:01:0a" },
        addresses: [],
        delegatedPrefixes: [net4("10.0.9.16", 28), { ...ip6(0x20000n, 0n), length: 80 }],
        gateways: {
          4: { address: ip("10.0.8.1"), onLink: false },
          6: { address: { family: 6, value: (0xfe80n << 112n) | 1n }, onLink: false },
        },
        subnets: [net4("10.0.8.0", 24), { ...ip6(0x20000n, 0n), length: 64 }],
        routes: [],
      },
      {
        name: "c",
        match: { address: ip("10.0.3.1") },
        addresses: ["10.0.3.1/24"],
        delegatedPrefixes: [],
        gateways: {},
        subnets: [net4("10.0.3.0", 24)],
        routes: [],
      },
    ],
  });
});
