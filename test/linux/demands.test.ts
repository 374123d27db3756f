import { Address, Family, formatAddress } from "../../lib/net";
import {
  Intent,
  IntentInterface,
  LinuxState,
  Outcome,
  RoutingError,
  applyBatch,
  compile,
  kernelState,
} from "../../lib/linux";
import { Expectations, intentPrefixes } from "../../lib/linux/prove/expect";
import { Expected, ExpectedHop, describeExpected, meets } from "../../lib/linux/prove/expected";
import { Owners } from "../../lib/linux/prove/owners";
import { address, intentOf, onInterface, prefix } from "./support/hosts";

/** What an intent demands of a packet, and whether an outcome is that. */

const routed = (hops: readonly [device: string, via?: string][], more: object = {}): Outcome => ({
  kind: "route",
  type: "unicast",
  pretended: false,
  hops: hops.map(([device, via]) => ({ device, via: via === undefined ? undefined : address(via) })),
  ...more,
});
const refused = (error: RoutingError = "ENETUNREACH"): Outcome => ({ kind: "error", error });
const unknown: Outcome = { kind: "unknown", because: "of something" };
const by = (hops: readonly ExpectedHop[], refusal = false): Expected => ({ kind: "by", hops, refusal });
const GATEWAY: ExpectedHop = { device: "a", via: address("10.0.0.1") };

test.each<[string, Expected, Outcome, boolean | undefined]>([
  ["nothing is claimed", { kind: "unclaimed" }, unknown, true],
  ["nothing is claimed of a refusal", { kind: "unclaimed" }, refused(), true],
  ["it cannot be told", by([GATEWAY]), unknown, undefined],
  ["it cannot be told whether it is local", { kind: "local" }, unknown, undefined],
  ["local", { kind: "local" }, routed([["lo"]], { type: "local" }), true],
  ["local, and it leaves", { kind: "local" }, routed([["a"]]), false],
  ["local, and it is refused", { kind: "local" }, refused(), false],
  ["refused as told", by([], true), refused(), true],
  ["refused where it is not told", by([GATEWAY]), refused(), false],
  ["refused where it may be", by([GATEWAY], true), refused(), true],
  ["sent where it is to be refused", by([], true), routed([["a", "10.0.0.1"]]), false],
  ["by the gateway", by([GATEWAY]), routed([["a", "10.0.0.1"]]), true],
  ["by another gateway", by([GATEWAY]), routed([["a", "10.0.0.2"]]), false],
  ["by the gateway on another device", by([GATEWAY]), routed([["b", "10.0.0.1"]]), false],
  ["directly instead of by the gateway", by([GATEWAY]), routed([["a"]]), false],
  ["directly where that is as good", by([{ ...GATEWAY, orDirect: true }]), routed([["a"]]), true],
  [
    "by another gateway where directly is as good",
    by([{ ...GATEWAY, orDirect: true }]),
    routed([["a", "10.0.0.2"]]),
    false,
  ],
  ["directly", by([{ device: "a" }]), routed([["a"]]), true],
  ["by a gateway instead of directly", by([{ device: "a" }]), routed([["a", "10.0.0.1"]]), false],
  [
    "by a gateway where that is as good",
    by([{ device: "a", orVia: address("10.0.0.1") }]),
    routed([["a", "10.0.0.1"]]),
    true,
  ],
  [
    "by another gateway than that",
    by([{ device: "a", orVia: address("10.0.0.1") }]),
    routed([["a", "10.0.0.2"]]),
    false,
  ],
  ["by any gateway", by([{ device: "a", anyGateway: true }]), routed([["a", "10.0.0.9"]]), true],
  ["by the second way", by([{ device: "b" }, GATEWAY]), routed([["a", "10.0.0.1"]]), true],
  ["by both of two ways", by([{ device: "b" }, GATEWAY]), routed([["a", "10.0.0.1"], ["b"]]), true],
  ["by one way of two that is not wanted", by([GATEWAY]), routed([["a", "10.0.0.1"], ["b"]]), false],
  ["by the second of two that is not wanted", by([GATEWAY]), routed([["b"], ["a", "10.0.0.1"]]), false],
  ["only taken for attached", by([{ device: "a" }]), routed([["a"]], { pretended: true }), false],
  ["delivered instead of sent", by([{ device: "a" }]), routed([["a"]], { type: "local" }), false],
  ["broadcast instead of sent", by([{ device: "a" }]), routed([["a"]], { type: "broadcast" }), false],
])("%s", (_name, expected, outcome, want) => {
  expect(meets(expected, outcome)).toBe(want);
});

test.each<[string, Expected]>([
  ["anything", { kind: "unclaimed" }],
  ["delivered to the host itself", { kind: "local" }],
  ["refused", by([], true)],
  ["refused", by([])],
  ["by a via 10.0.0.1", by([GATEWAY])],
  ["by a via 10.0.0.1, or refused", by([GATEWAY], true)],
  ["by a directly, or by b", by([{ device: "a" }, { device: "b", anyGateway: true }])],
])("in words: %s", (words, expected) => {
  expect(describeExpected(expected)).toBe(words);
});

describe("who owns an address", () => {
  const [wide, first, second, six] = intentOf([
    { name: "wide", device: "a", addresses: ["10.0.0.1/24"], gateways: [], delegated: ["10.8.0.0/16"] },
    {
      name: "first",
      device: "b",
      addresses: ["10.8.5.5/24", "10.0.0.1/24"],
      gateways: [],
      delegated: ["10.8.4.0/24"],
    },
    { name: "second", device: "c", addresses: ["10.9.0.1/24"], gateways: [], delegated: ["10.9.0.0/24"] },
    { name: "six", device: "d", addresses: ["2001:db8::1/64"], gateways: [], delegated: ["2001:db8:1::/48"] },
  ]).interfaces as [IntentInterface, IntentInterface, IntentInterface, IntentInterface];

  test.each<[string, string | undefined]>([
    ["10.0.0.1", "wide"],
    ["10.0.0.2", undefined],
    ["10.8.0.0", "wide"],
    ["10.8.4.0", "wide"],
    ["10.8.5.5", "wide"],
    ["10.8.255.255", "wide"],
    ["10.9.0.1", "second"],
    ["10.9.0.2", "second"],
    ["10.9.1.0", undefined],
    ["0.0.0.0", undefined],
    ["2001:db8::1", undefined],
  ])("IPv4: %s", (text, name) => {
    expect(new Owners([wide, first, second, six], 4).of(address(text))?.name).toBe(name);
  });

  test("the first that has it, wherever it stands", () => {
    const owners = new Owners([first, wide], 4);
    expect(["10.0.0.1", "10.8.5.5", "10.8.4.9", "10.8.0.9"].map((text) => owners.of(address(text))?.name)).toEqual([
      "first", "first", "first", "wide",
    ]); // prettier-ignore
  });

  test("IPv6, and where what is owned ends", () => {
    const owners = new Owners([wide, six], 6);
    expect(["2001:db8::1", "2001:db8::2", "2001:db8:1:9::", "10.0.0.1"].map((text) => owners.of(address(text))?.name)).toEqual([
      "six", undefined, "six", undefined,
    ]); // prettier-ignore
    const shown = (of: Owners, family: Family): string[] =>
      of.ends().map((value) => formatAddress({ family, value }));
    expect(shown(owners, 6)).toEqual(["2001:db8::2", "2001:db8:2::"]);
    expect(shown(new Owners([wide, second], 4), 4)).toEqual([
      "10.0.0.2",
      "10.9.0.0",
      "10.9.0.1",
      "10.9.0.2",
      "10.9.1.0",
    ]);
    expect(shown(new Owners([], 4), 4)).toEqual([]);
  });
});

describe("what is demanded", () => {
  const A = {
    name: "a",
    device: "eth0",
    addresses: ["10.0.0.10/24", "2001:db8:a::10/64"],
    gateways: ["10.0.0.1", "fe80::1"],
  };
  const B = {
    name: "b",
    device: "eth1",
    addresses: ["10.0.1.10/24", "2001:db8:b::10/64"],
    gateways: ["10.0.1.1"],
  };
  const HOST = kernelState([
    { name: "eth0", addresses: A.addresses.map(onInterface) },
    { name: "eth1", addresses: B.addresses.map(onInterface) },
    { name: "br0", addresses: [onInterface("172.17.0.1/16"), onInterface("fd00:17::1/64")] },
  ]);
  const host = (...lines: string[]): LinuxState => {
    const state = applyBatch(HOST, 4, lines.join("\n"));
    expect(state.gaps).toEqual([]);
    return state;
  };
  const routes = (...list: [to: string, via?: string][]): IntentInterface["routes"] =>
    list.map(([to, via]) => ({ to: prefix(to), via: via === undefined ? undefined : address(via) }));
  const intent = (more: Partial<Intent> = {}, own: IntentInterface["routes"] = []): Intent => {
    const made = intentOf([A, B], more);
    return {
      ...made,
      interfaces: made.interfaces.map((one) => (one.name === "a" ? { ...one, routes: own } : one)),
    };
  };
  const egress = (to: string, wanted: Intent = intent(), state: LinuxState = HOST, from = 0): string => {
    const of = address(to);
    return describeExpected(
      new Expectations(wanted, compile(state), of.family).egress(wanted.interfaces[from], of),
    );
  };

  test.each<[string, string]>([
    ["203.0.113.5", "by eth0 via 10.0.0.1"],
    ["10.0.0.77", "by eth0 directly"],
    ["10.0.0.1", "by eth0 directly"],
    ["10.0.1.77", "by eth0 via 10.0.0.1"],
    ["10.0.1.10", "delivered to the host itself"],
    ["10.0.0.255", "anything"],
    ["255.255.255.255", "anything"],
    ["224.0.0.1", "anything"],
    ["127.0.0.1", "anything"],
    ["172.17.0.9", "by br0"],
    ["172.17.0.1", "delivered to the host itself"],
    ["2001:db8:ffff::5", "by eth0 via fe80::1"],
    ["2001:db8:a::77", "by eth0 directly"],
    ["fe80::7", "anything"],
    ["ff02::1", "anything"],
    ["fd00:17::9", "by br0"],
  ])("from the first interface to %s", (to, want) => {
    expect(egress(to)).toBe(want);
  });

  test("an interface without a gateway reaches what is attached", () => {
    expect(egress("2001:db8:ffff::5", intent(), HOST, 1)).toBe("refused");
    expect(egress("2001:db8:b::5", intent(), HOST, 1)).toBe("by eth1 directly");
  });

  test("declared routes and subnets: the longest, of equal ones the own", () => {
    const wanted = intent(
      { onLink: "direct" },
      routes(["10.0.0.128/25", "10.0.0.9"], ["10.0.1.0/24", "10.0.0.8"], ["172.16.0.0/12"]),
    );
    expect(egress("10.0.0.200", wanted)).toBe("by eth0 via 10.0.0.9");
    expect(egress("10.0.1.77", wanted)).toBe("by eth0 via 10.0.0.8");
    expect(egress("172.20.0.1", wanted)).toBe("by eth0 directly");
    expect(egress("10.0.0.77", wanted, HOST, 1)).toBe("by eth0 directly");
    expect(egress("10.0.0.77", intent({ directPairs: [{ from: "b", to: "a" }] }), HOST, 1)).toBe(
      "by eth0 directly",
    );
    expect(egress("10.0.1.77", intent({ directPairs: [{ from: "b", to: "a" }] }))).toBe(
      "by eth0 via 10.0.0.1",
    );
    expect(egress("10.0.0.77", intent({ directPairs: [{ from: "b", to: "x" }] }), HOST, 1)).toBe(
      "by eth1 via 10.0.1.1",
    );
    expect(egress("10.0.0.77", intent({ directPairs: [{ from: "x", to: "a" }] }), HOST, 1)).toBe(
      "by eth1 via 10.0.1.1",
    );
  });

  test("what main has behind what is not managed goes there as well as where it is near", () => {
    const wanted = intent({}, routes(["172.17.0.0/24", "10.0.0.9"], ["10.66.0.0/24", "10.0.0.9"]));
    expect(egress("172.17.0.9", wanted)).toBe("by eth0 via 10.0.0.9, or by br0");
    const refusing = host("route add blackhole 10.66.0.0/16");
    expect(egress("10.66.0.9", wanted, refusing)).toBe("by eth0 via 10.0.0.9, or refused");
    expect(egress("10.66.1.9", wanted, refusing)).toBe("refused");
  });

  test.each<[string, string[], string]>([
    ["a default", ["route add default dev br0"], "by eth0 via 10.0.0.1"],
    ["a half default", ["route add 128.0.0.0/1 dev br0"], "by eth0 via 10.0.0.1"],
    ["a quarter", ["route add 192.0.0.0/2 dev br0"], "by br0"],
    ["a throw route", ["route add throw 203.0.113.0/24"], "by eth0 via 10.0.0.1"],
    [
      "a throw route inside of another",
      ["route add 203.0.0.0/16 dev br0", "route add throw 203.0.113.0/24"],
      "by eth0 via 10.0.0.1",
    ],
    ["a prohibition", ["route add prohibit 203.0.113.0/24"], "refused"],
    ["a route by a managed device", ["route add 203.0.113.0/24 dev eth1"], "by eth0 via 10.0.0.1"],
    ["a route by the loopback", ["route add 203.0.113.0/24 dev lo"], "by eth0 via 10.0.0.1"],
  ])("%s of main", (_name, lines, want) => {
    expect(egress("203.0.113.5", intent(), host(...lines))).toBe(want);
  });

  test("a route of main by what is not there, or that is dead, is none", () => {
    const state = host("route add 203.0.113.0/24 dev br0");
    const changed = (change: object): LinuxState => ({
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((r) =>
          r.to.value === prefix("203.0.113.0/24").value
            ? { ...r, hops: r.hops.map((hop) => ({ ...hop, ...change })) }
            : r,
        ),
      },
    });
    expect(egress("203.0.113.5", intent(), changed({ link: "gone" }))).toBe("by eth0 via 10.0.0.1");
    expect(egress("203.0.113.5", intent(), changed({ dead: true }))).toBe("by eth0 via 10.0.0.1");
  });

  test("half defaults count where the owner says so", () => {
    const state = host("route add 128.0.0.0/1 dev br0");
    expect(egress("203.0.113.5", intent({ unmanagedLongerThan: { 4: 0, 6: 0 } }), state)).toBe("by br0");
    const six = applyBatch(HOST, 6, "route add 2000::/3 dev br0");
    expect(egress("2001:db8:ffff::5", intent(), six)).toBe("by eth0 via fe80::1");
    expect(egress("2001:db8:ffff::5", intent({ unmanagedLongerThan: { 4: 0, 6: 2 } }), six)).toBe("by br0");
  });

  test("no route of main by what is not managed counts where the owner ignores these", () => {
    const ignoring = { unmanagedRoutes: "ignore" } as const;
    const state = host("route add 203.0.113.0/24 dev br0", "route add blackhole 198.51.100.0/24");
    expect(egress("203.0.113.5", intent(ignoring), state)).toBe("by eth0 via 10.0.0.1");
    expect(egress("198.51.100.5", intent(ignoring), state)).toBe("by eth0 via 10.0.0.1");
    expect(egress("203.0.113.5", intent({ unmanagedRoutes: "follow" }), state)).toBe("by br0");
    const place = new Expectations(intent(ignoring), compile(state), 4);
    expect(place.behind(address("203.0.113.5"), true)).toBeUndefined();
    expect(place.behind(address("203.0.113.5"), false)).toEqual({ device: "br0" });
    expect(place.deviceBehind(address("203.0.113.5"))).toBe("br0");
    expect(describeExpected(place.identity(address("203.0.113.5")))).not.toContain("br0");
  });

  test("of types that are no place nothing is claimed", () => {
    for (const type of ["broadcast", "anycast", "multicast"])
      expect([
        type,
        egress("203.0.113.5", intent(), host(`route add ${type} 203.0.113.5 dev eth0 table local`)),
      ]).toEqual([type, "anything"]);
    expect(egress("203.0.113.5", intent({ exclude: [prefix("203.0.113.0/24")] }))).toBe("anything");
  });

  const hopsOf = (list: readonly ExpectedHop[]): string => describeExpected(by(list));
  test("the ways of an interface, the finest first, and that of its gateway", () => {
    const wanted = intent({ attachedByGateway: true }, routes(["10.0.0.128/25", "10.0.0.9"]));
    const place = new Expectations(wanted, compile(HOST), 4);
    const [a, b] = wanted.interfaces;
    expect(hopsOf(place.hopsOf(a, address("10.0.0.200")))).toBe(
      "by eth0 via 10.0.0.9, or by eth0 directly, or by eth0 via 10.0.0.1",
    );
    expect(place.hopsOf(a, address("10.0.0.7"))).toEqual([
      { device: "eth0", orVia: address("10.0.0.1") },
      { device: "eth0", via: address("10.0.0.1"), orDirect: false },
    ]);
    expect(place.hopsOf(a, address("10.0.0.1"))[1]).toEqual({
      device: "eth0",
      via: address("10.0.0.1"),
      orDirect: true,
    });
    expect(place.gatewayOf(a)).toEqual({ device: "eth0", via: address("10.0.0.1") });
    const six = new Expectations(wanted, compile(HOST), 6);
    expect(six.gatewayOf(b)).toBeUndefined();
    expect(six.hopsOf(b, address("2001:db8:ffff::5"))).toEqual([]);
    expect(
      new Expectations(intent(), compile(HOST), 4).hopsOf(intent().interfaces[0], address("10.0.0.7"))[0],
    ).toEqual({ device: "eth0" });
  });

  test("ways that several share: of each length the first", () => {
    const made = intentOf([A, { ...B, addresses: ["10.0.0.11/24", "10.0.1.10/24"] }]);
    const wanted: Intent = {
      ...made,
      interfaces: [
        made.interfaces[0],
        { ...made.interfaces[1], routes: routes(["10.0.0.0/25", "10.0.1.9"]) },
      ],
    };
    const place = new Expectations(wanted, compile(HOST), 4);
    expect(hopsOf(place.sharedNear(wanted.interfaces, address("10.0.0.7")))).toBe(
      "by eth1 via 10.0.1.9, or by eth0 directly",
    );
    expect(
      hopsOf(place.sharedNear([wanted.interfaces[1], wanted.interfaces[0]], address("10.0.0.200"))),
    ).toBe("by eth1 directly");
    expect(place.sharedNear(wanted.interfaces, address("192.0.2.1"))).toEqual([]);
  });

  test("of a socket bound to a device", () => {
    const wanted = intent();
    const bound = (to: string, state: LinuxState = HOST, by_: Intent = wanted): string => {
      const of = address(to);
      return describeExpected(new Expectations(by_, compile(state), of.family).bound(by_.interfaces[0], of));
    };
    expect(["203.0.113.5", "10.0.0.7", "10.0.1.7", "10.0.1.10", "172.17.0.9", "224.0.0.1"].map((to) => bound(to))).toEqual([
      "by eth0 via 10.0.0.1", "by eth0 directly", "by eth0 via 10.0.0.1", "delivered to the host itself", "by eth0 via 10.0.0.1", "anything",
    ]); // prettier-ignore
    expect(["fe80::7", "fe80:0:0:1::7", "ff02::1"].map((to) => bound(to))).toEqual([
      "by eth0 directly",
      "anything",
      "anything",
    ]);
    const anycast = applyBatch(HOST, 6, "route add anycast fe80::7 dev eth0 table local");
    expect(bound("fe80::7", anycast)).toBe("anything");
    const own = applyBatch(HOST, 6, "route add local fe80::7 dev eth0 table local");
    expect(bound("fe80::7", own)).toBe("anything");
    expect(bound("10.0.1.7", HOST, intent({ onLink: "direct" }))).toBe("by eth0 via 10.0.0.1");
  });

  test("of an identity: by any managed device, by what main has, or not at all", () => {
    const place = (state: LinuxState): Expectations =>
      new Expectations(intent({ identities: [address("192.0.2.7")] }), compile(state), 4);
    const all = place(host("route add blackhole 10.66.0.0/16"));
    expect(["203.0.113.5", "172.17.0.9", "10.66.0.1", "10.0.0.10", "224.0.0.1"].map((to) => describeExpected(all.identity(address(to))))).toEqual([
      "by eth0, or by eth1, or refused", "by br0, or refused", "refused", "delivered to the host itself", "anything",
    ]); // prettier-ignore
    expect(["192.0.2.7", "192.0.2.8"].map((text) => all.isIdentity(address(text)))).toEqual([true, false]);
    expect(new Expectations(intent(), compile(HOST), 4).isIdentity(address("192.0.2.7"))).toBe(false);
  });

  test("what is asked about one place", () => {
    const place = new Expectations(intent(), compile(host("route add blackhole 10.66.0.0/16")), 4);
    const ask = (text: string): unknown[] => {
      const of: Address = address(text);
      return [
        place.unclaimed(of),
        place.isOwn(of),
        place.ownerOf(of)?.name,
        place.behind(of, false),
        place.deviceBehind(of),
      ];
    };
    expect(ask("10.0.0.10")).toEqual([false, true, "a", undefined, undefined]);
    expect(ask("172.17.0.9")).toEqual([false, false, undefined, { device: "br0" }, "br0"]);
    expect(ask("10.66.0.1")).toEqual([false, false, undefined, {}, undefined]);
    expect(ask("127.0.0.1")).toEqual([true, true, undefined, undefined, undefined]);
    expect([...place.managed]).toEqual(["eth0", "eth1"]);
    expect(place.ownedEnds().map((value) => formatAddress({ family: 4, value }))).toEqual([
      "10.0.0.11",
      "10.0.1.11",
    ]);
  });
});

test("the prefixes that an intent tells apart", () => {
  const shown = (wanted: Intent): string[] => intentPrefixes(wanted).map(({ length, ...of }) => `${formatAddress(of)}/${length}`);
  const [one] = intentOf([{ name: "a", device: "a", addresses: ["10.0.0.10/24"], gateways: ["10.0.0.1", "fe80::1"], delegated: ["10.8.0.0/16"] }]).interfaces;
  expect(shown(intentOf([]))).toEqual(["fe80::/64"]);
  expect(
    shown({
      ...intentOf([]),
      interfaces: [{ ...one, routes: [{ to: prefix("172.31.0.0/16") }] }],
      exclude: [prefix("192.0.2.0/24")],
      identities: [address("198.18.0.1"), address("2001:db8::7")],
      management: [{ peer: prefix("198.51.100.0/24"), local: address("10.0.0.10") }],
      traffic: [
        {
          name: "t", families: [4], from: [prefix("10.1.0.0/16")], to: [prefix("10.2.0.0/16")], sourcePorts: [], destinationPorts: [], marks: [],
          users: [], incoming: [], dscp: [], use: [], shared: false, otherwise: "next", beforeSources: false,
        },
      ],
    }),
  ).toEqual([
    "fe80::/64", "192.0.2.0/24", "198.18.0.1/32", "2001:db8::7/128", "198.51.100.0/24", "10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/24", "10.8.0.0/16",
    "172.31.0.0/16", "10.0.0.1/32", "fe80::1/128",
  ]);
}); // prettier-ignore
