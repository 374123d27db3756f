import {
  InputFlow,
  LinuxState,
  Outcome,
  OutputFlow,
  applyBatch,
  compile,
  connect,
  describeOutcome,
  input,
  inputLookup,
  kernelState,
  output,
} from "../../lib/linux";
import { labelOf, scopeOf } from "../../lib/linux/sources6";
import { address, onInterface } from "./support/hosts";

const DEVICES = [
  { name: "a", addresses: ["2001:db8:1::10/64", "fe80::a/64"].map(onInterface), group: 5 },
  { name: "b", addresses: ["2001:db8:2::10/64", "fe80::b/64"].map(onInterface), group: 6 },
];

function host(commands: string, sysctls: Readonly<Record<string, number>> = {}): LinuxState {
  const state = applyBatch(kernelState(DEVICES, { "ipv6/conf/all/forwarding": 0, ...sysctls }), 6, commands);
  expect(state.gaps).toEqual([]);
  return state;
}

const TO = "2001:db8:9::1";
const shown = (outcome: Outcome): string => describeOutcome(outcome);
const go = (state: LinuxState, to: string, flow: Partial<OutputFlow> = {}): string =>
  shown(output(compile(state), { to: address(to), ...flow }));
const come = (state: LinuxState, from: string, to: string, flow: Partial<InputFlow> = {}): string =>
  shown(input(compile(state), { from: address(from), to: address(to), iif: "a", ...flow }));

describe("choosing a route", () => {
  test("the longest prefix, then the lowest metric, then router preference", () => {
    const state = host(
      [
        "route add default via fe80::1 dev a metric 100",
        "route add default via fe80::2 dev b metric 50",
        "route add 2001:db8:9::/48 via fe80::3 dev a pref low",
        "route add 2001:db8:a::/48 via fe80::4 dev b metric 7",
      ].join("\n"),
    );
    expect(go(state, "2001:db8:ffff::1")).toBe("by b via fe80::2 from 2001:db8:2::10");
    expect(go(state, TO)).toBe("by a via fe80::3 from 2001:db8:1::10");
  });

  test("a device that is wanted counts less than preference, one that is required excludes", () => {
    const routes = (preference: string): string =>
      `route add ${TO}/128 via fe80::1 dev a metric 5 pref ${preference}\nroute add ${TO}/128 via fe80::2 dev b metric 6`;
    const from = address("2001:db8:1::10");
    // Only routes of the lowest metric are compared, as long as one of them will do.
    expect(go(host(routes("medium")), TO, { from, oif: "b", unboundDevice: true })).toContain("by a");
    expect(go(host(routes("medium")), TO, { from, oif: "b" })).toContain("by b");
    expect(go(host(routes("medium")), TO, { oif: "b" })).toContain("by b");
    expect(go(host(routes("medium")), TO)).toContain("by a");
    // Behind one that cannot be used all others are compared, whatever their metric.
    const three = `route add ${TO}/128 via fe80::1 dev a metric 5\nroute add ${TO}/128 via fe80::2 dev b metric 6 pref low\nroute add ${TO}/128 via fe80::3 dev b metric 7`;
    expect(go(host(three), TO, { oif: "b" })).toContain("via fe80::3");
  });

  test("a socket bound to a device does not see refusals, which stand on the loopback", () => {
    const state = host(
      "route add unreachable default metric 9999\nroute add default via fe80::2 dev b table 100\nrule add priority 40000 lookup 100",
    );
    expect(go(state, TO)).toContain("no route to host");
    expect(go(state, TO, { oif: "b" })).toContain("by b via fe80::2");
    expect(go(state, TO, { oif: "a" })).toContain("network unreachable");
  });

  test.each([
    ["unreachable", "no route to host"],
    ["prohibit", "prohibited"],
    ["blackhole", "dropped as invalid"],
  ])("a %s route refuses", (type, error) => {
    expect(go(host(`route add default via fe80::1 dev a\nroute add ${type} 2001:db8:9::/48`), TO)).toContain(
      error,
    );
  });

  test("a throw route goes back to the rules", () => {
    const state = host(
      "route add default via fe80::1 dev a\nroute add default via fe80::2 dev b table 55\nroute add throw 2001:db8:9::/48 table 55\nrule add priority 50 lookup 55",
    );
    expect(go(state, TO)).toContain("by a");
    expect(go(state, "2001:db8:8::1")).toContain("by b");
  });

  test("multipath: every hop may be chosen, but a required device leaves its own", () => {
    const state = host("route add default nexthop via fe80::1 dev a nexthop via fe80::2 dev b");
    const from = address("2001:db8:1::10");
    expect(go(state, TO, { from })).toBe(
      "by a via fe80::1 from 2001:db8:1::10, or by b via fe80::2 from 2001:db8:1::10",
    );
    expect(go(state, TO, { from, oif: "b" })).toBe("by b via fe80::2 from 2001:db8:1::10");
    expect(go(state, TO, { from, oif: "b", unboundDevice: true })).toContain("or by");
    // Given in one command they have one source hint, or none; a dump would not tell.
    expect(go(state, TO)).toContain("or by b via fe80::2 from 2001:db8:2::10");
    const routes = state.routes[6].map((route) => ({ ...route, oneSource: undefined }));
    expect(go({ ...state, routes: { ...state.routes, 6: routes } }, TO)).toContain("are in no dump");
  });

  test("a nexthop object chooses any hop, whatever device is required, and the source by the first", () => {
    const plain = host("route add default nexthop via fe80::1 dev a nexthop via fe80::2 dev b");
    const state: LinuxState = {
      ...plain,
      routes: {
        ...plain.routes,
        6: plain.routes[6].map((route) => ({ ...route, nexthopObject: route.hops.length > 1 })),
      },
    };
    expect(go(plain, TO)).toContain("or by b via fe80::2 from 2001:db8:2::10");
    expect(go(state, TO)).toBe(
      "by a via fe80::1 from 2001:db8:1::10, or by b via fe80::2 from 2001:db8:1::10",
    );
    const bound = { from: address("2001:db8:2::10"), oif: "b" };
    expect(go(plain, TO, bound)).toBe("by b via fe80::2 from 2001:db8:2::10");
    expect(go(state, TO, bound)).toBe(
      "by b via fe80::2 from 2001:db8:2::10, or by a via fe80::1 from 2001:db8:2::10",
    );
  });

  test("routes that share a nexthop object answer as the first that was used, which cannot be seen", () => {
    const shared = (commands: string): LinuxState => {
      const state = host(commands);
      return {
        ...state,
        routes: {
          ...state.routes,
          6: state.routes[6].map((route) => ({
            ...route,
            type: route.metric === 7 ? "prohibit" : route.type,
            nexthopObject: route.metric < 256,
          })),
        },
      };
    };
    const mine = "route add default via fe80::1 dev a metric 5";
    const sources = shared(`${mine}\nroute add fd00:9::/48 via fe80::1 dev a metric 5 src 2001:db8:2::10`);
    expect(go(sources, TO)).toContain("they share a nexthop object");
    expect(go(sources, TO, { from: address("2001:db8:1::10") })).toContain("by a via fe80::1");
    expect(
      shown(inputLookup(compile(sources), { from: address("fd00:7::1"), to: address(TO), iif: "b" })),
    ).toBe("by a via fe80::1");
    const types = shared(`${mine}\nroute add fd00:9::/48 via fe80::1 dev a metric 7`);
    expect(go(types, TO, { from: address("2001:db8:1::10") })).toContain("they share a nexthop object");
    const short = `${mine}\nroute add fd00:9::/48 via fe80::1 dev a metric 5 table 55`;
    const suppressing = (length: number): LinuxState =>
      shared(`${short}\nrule add priority 50 lookup 55 suppress_prefixlength ${length}`);
    expect(go(suppressing(16), "fd00:9::1")).toContain("they share a nexthop object");
    expect(go(suppressing(48), "fd00:9::1")).toBe("by a via fe80::1 from 2001:db8:1::10");
    const alike = shared(`${mine}\nroute add fd00:9::/48 via fe80::1 dev a metric 6 table 55`);
    expect(go(alike, TO)).toBe("by a via fe80::1 from 2001:db8:1::10");
  });

  test("hops that are dead or without carrier", () => {
    const state = host(
      "route add default via fe80::1 dev a metric 5\nroute add default via fe80::2 dev b metric 9",
    );
    const broken = (flag: "dead" | "linkDown", sysctls = {}): LinuxState => ({
      ...state,
      sysctls: { ...state.sysctls, ...sysctls },
      routes: {
        ...state.routes,
        6: state.routes[6].map((r) =>
          r.metric === 5 ? { ...r, hops: r.hops.map((h) => ({ ...h, [flag]: true })) } : r,
        ),
      },
    });
    expect(go(broken("dead"), TO)).toContain("by b");
    expect(go(broken("linkDown"), TO)).toContain("by a");
    expect(go(broken("linkDown", { "ipv6/conf/a/ignore_routes_with_linkdown": 1 }), TO)).toContain("by b");
    // Unlike IPv4, that of all does not count.
    expect(go(broken("linkDown", { "ipv6/conf/all/ignore_routes_with_linkdown": 1 }), TO)).toContain("by a");
    const unread = broken("linkDown");
    delete (unread.sysctls as Record<string, number>)["ipv6/conf/a/ignore_routes_with_linkdown"];
    expect(go(unread, TO)).toContain("ignore_routes_with_linkdown was not read");
  });
});

describe("routes by source", () => {
  const routes = [
    "route add default via fe80::1 dev a",
    "route add 2001:db8:9::/48 via fe80::2 dev a",
    "route add 2001:db8:9::/48 from 2001:db8:2::/64 via fe80::3 dev b",
    "route add 2001:db8:9::/48 from 2001:db8:2::10 via fe80::4 dev b",
    "route add 2001:db8::/32 via fe80::5 dev a",
  ].join("\n");
  const from = (text: string): Partial<OutputFlow> => ({ from: address(text) });

  test("the longest destination first, then the longest source", () => {
    expect(go(host(routes), TO, from("2001:db8:2::10"))).toContain("via fe80::4");
    expect(go(host(routes), TO, from("2001:db8:2::11"))).toContain("via fe80::3");
  });

  test("where no source fits, the other routes of the same prefix are passed over", () => {
    expect(go(host(routes), TO, from("2001:db8:1::10"))).toContain("via fe80::5");
    const noMiddle = routes.split("\n").slice(0, 4).join("\n");
    expect(go(host(noMiddle), TO, from("2001:db8:1::10"))).toContain("via fe80::1");
  });

  test("going back from one that cannot be used, they count", () => {
    expect(go(host(routes), TO, { ...from("2001:db8:2::10"), oif: "a" })).toContain("via fe80::2");
  });
});

test("from a link-local address nothing is forwarded to another link", () => {
  const state = host("route add default via fe80::9 dev b", { "ipv6/conf/all/forwarding": 1 });
  expect(come(state, "2001:db8:7::1", TO)).toBe("by b via fe80::9");
  expect(come(state, "fe80::77", TO)).toBe(
    "network unreachable (a link-local source cannot be forwarded to another link)",
  );
  expect(come(state, "fe80::77", TO, { iif: "b" })).toBe("by b via fe80::9");
  expect(come(state, "fe80::77", "2001:db8:1::10")).toBe("delivered to the host itself");
  const both = host("route add default nexthop via fe80::1 dev a nexthop via fe80::9 dev b", {
    "ipv6/conf/all/forwarding": 1,
  });
  expect(come(both, "fe80::77", TO)).toContain("is chosen by a hash");
});

describe("the source", () => {
  test("is the hint, else chosen for the route's device; there is no second lookup with it", () => {
    const state = host(
      "route add default via fe80::1 dev a src 2001:db8:2::10\nroute add default via fe80::2 dev b table 100\nrule add priority 50 from 2001:db8:2::10 lookup 100",
    );
    const flow = { to: address(TO) };
    expect(shown(output(compile(state), flow))).toBe("by a via fe80::1 from 2001:db8:2::10");
    expect(shown(connect(compile(state), flow))).toBe("by a via fe80::1 from 2001:db8:2::10");
  });

  test("without a route a connection tries again with the source it would choose", () => {
    const state = host(
      "route add default via fe80::2 dev b table 100\nrule add priority 50 from 2001:db8:2::10 lookup 100",
    );
    const near = { to: address("2001:db8:2:0:1::1") };
    const far = { to: address("2001:db8:3::1") };
    const tables = host(
      "route add default via fe80::1 dev a table 101\nrule add priority 50 from 2001:db8:1::10 lookup 101",
    );
    expect(shown(output(compile(tables), far))).toContain("network unreachable");
    expect(shown(connect(compile(tables), { to: address("2001:db8:1:1::1") }))).toBe(
      "by a via fe80::1 from 2001:db8:1::10",
    );
    expect(shown(connect(compile(state), near))).toContain("by b directly");
    const bare = { ...tables, addresses: [] };
    expect(shown(connect(compile(bare), far))).toBe("no usable source address (no address to send from)");
  });

  test("a deprecated address is avoided, even for one of another device", () => {
    const state = host("route add default via fe80::1 dev a");
    const deprecated = {
      ...state,
      addresses: state.addresses.map((a) =>
        a.address.value === address("2001:db8:1::10").value ? { ...a, deprecated: true } : a,
      ),
    };
    expect(go(deprecated, TO)).toBe("by a via fe80::1 from 2001:db8:2::10");
    const only = { ...deprecated, sysctls: { ...deprecated.sysctls, "ipv6/conf/a/use_oif_addrs_only": 1 } };
    expect(go(only, TO)).toBe("by a via fe80::1 from 2001:db8:1::10");
  });

  /** Addresses by device, each with its flags; the source for a destination by device a, or by none. */
  function choose(
    list: readonly (readonly [device: string, text: string, flags?: object])[],
    to: string,
    sysctls = {},
  ): string {
    const state = host("route add default via fe80::1 dev a\nroute add fec0::/10 via fe80::1 dev a", sysctls);
    const template = state.addresses.find((a) => a.link === "a")!;
    const addresses = list.map(([link, text, flags]) => {
      const { address: own, length } = onInterface(text);
      return { ...template, link, address: own, length, ...flags };
    });
    const outcome = output(compile({ ...state, addresses }), { to: address(to) });
    if (outcome.kind !== "route") return describeOutcome(outcome);
    return outcome.hops[0].source === undefined ? "none" : describeOutcome(outcome).replace(/.* from /, "");
  }

  test.each<[string, Parameters<typeof choose>[0], string, string, object?]>([
    [
      "1: the destination itself",
      [
        ["a", "2001:db8:9::2/64"],
        ["b", "2001:db8:9::1/64"],
      ],
      TO,
      "2001:db8:9::1",
    ],
    [
      "2: a scope that suffices",
      [
        ["a", "fe80::5/64"],
        ["b", "2001:db8:2::1/64"],
      ],
      TO,
      "2001:db8:2::1",
    ],
    [
      "2: and no more than that",
      [
        ["a", "2001:db8:1::1/64"],
        ["b", "fec0::5/64"],
      ],
      "fec0::9",
      "fec0::5",
    ],
    [
      "3: not deprecated",
      [
        ["a", "2001:db8:1::1/64", { deprecated: true }],
        ["b", "2001:db8:2::1/64"],
      ],
      TO,
      "2001:db8:2::1",
    ],
    [
      "3: not optimistic",
      [
        ["a", "2001:db8:1::1/64", { optimistic: true }],
        ["b", "2001:db8:2::1/64"],
      ],
      TO,
      "2001:db8:2::1",
    ],
    [
      "3: optimistic where it may be",
      [
        ["a", "2001:db8:1::1/64", { optimistic: true }],
        ["b", "2001:db8:2::1/64"],
      ],
      TO,
      "2001:db8:1::1",
      { "ipv6/conf/all/optimistic_dad": 1, "ipv6/conf/a/use_optimistic": 1 },
    ],
    [
      "5: the outgoing device",
      [
        ["b", "2001:db8:9::2/64"],
        ["a", "2001:db8:1::1/64"],
      ],
      TO,
      "2001:db8:1::1",
    ],
    [
      "6: the same label",
      [
        ["a", "fd00::1/64"],
        ["a", "2001:db8:1::1/64"],
      ],
      TO,
      "2001:db8:1::1",
    ],
    [
      "6: of unique local addresses",
      [
        ["a", "2001:db8:1::1/64"],
        ["a", "fd00::1/64"],
      ],
      "fd00:9::1",
      "fd00::1",
    ],
    [
      "7: public",
      [
        ["a", "2001:db8:9:1::5/64", { secondary: true }],
        ["a", "2001:db8:1::1/64"],
      ],
      TO,
      "2001:db8:1::1",
    ],
    [
      "7: temporary where that is preferred",
      [
        ["a", "2001:db8:9:1::1/64"],
        ["a", "2001:db8:1::5/64", { secondary: true }],
      ],
      TO,
      "2001:db8:1::5",
      { "ipv6/conf/a/use_tempaddr": 2 },
    ],
    [
      "8: the longest common prefix",
      [
        ["a", "2001:db8:1::1/64"],
        ["a", "2001:db8:8::1/64"],
      ],
      TO,
      "2001:db8:8::1",
    ],
    [
      "8: no longer than its own",
      [
        ["a", "2001:db8:1::1/32"],
        ["a", "2001:db8:9::1/32"],
      ],
      "2001:db8:9::7",
      "2001:db8:1::1",
    ],
    [
      "else the first",
      [
        ["a", "2001:db8:1::2/64"],
        ["a", "2001:db8:1::1/64"],
      ],
      TO,
      "2001:db8:1::2",
    ],
    [
      "tentative addresses are none",
      [
        ["a", "2001:db8:1::2/64", { tentative: true }],
        ["b", "2001:db8:2::1/64"],
      ],
      TO,
      "2001:db8:2::1",
    ],
    ["nor is there one without addresses", [], TO, "none"],
    [
      "one that is not understood",
      [["a", "2001:db8:1::2/64", { unmodelled: ["colour"] }]],
      TO,
      "unknown: address on a has colour",
    ],
    [
      "home addresses",
      [
        ["a", "2001:db8:1::1/64"],
        ["b", "2001:db8:2::1/64", { home: true }],
      ],
      TO,
      "unknown: home addresses count only in kernels built for Mobile IPv6",
    ],
    ["home addresses that change nothing", [["a", "2001:db8:1::1/64", { home: true }]], TO, "2001:db8:1::1"],
  ])("RFC 6724 rule %s", (_rule, list, to, expected, sysctls = {}) => {
    expect(choose(list, to, sysctls)).toBe(expected);
  });

  test("for link-local and multicast destinations only the device's own addresses will do", () => {
    expect(go(host(""), "fe80::9", { oif: "b" })).toBe("by b directly from fe80::b");
    expect(go(host(""), "ff0e::5", { oif: "b" })).toBe("multicast by b directly from 2001:db8:2::10");
  });
});

test.each([
  ["::", -1],
  ["::1", 2],
  ["fe80::1", 2],
  ["febf::1", 2],
  ["fec0::1", 5],
  ["fc00::1", 14],
  ["2001:db8::1", 14],
  ["ff02::1", 2],
  ["ff05::1", 5],
  ["ff1e::1", 14],
])("the scope of %s is %i", (text, scope) => {
  expect(scopeOf(address(text).value)).toBe(scope);
});

test.each([
  ["::1", 0],
  ["2001:db8::1", 1],
  ["2002::1", 2],
  ["::5", 3],
  ["fd00::1", 5],
  ["2001::1", 6],
  ["2001:10::1", 7],
  ["fec0::1", 11],
  ["3ffe::1", 12],
])("the label of %s is %i", (text, label) => {
  expect(labelOf(address(text).value)).toBe(label);
});

describe("what arrives", () => {
  const routes = "route add default via fe80::1 dev a";

  test("for an address of the host is delivered, whoever sends it", () => {
    expect(come(host(routes), TO, "2001:db8:1::10")).toBe("delivered to the host itself");
    expect(come(host(routes), TO, "2001:db8:2::10")).toBe("delivered to the host itself");
  });

  test("for others it is forwarded where the host forwards", () => {
    const route = "route add 2001:db8:7::/48 via fe80::7 dev b";
    expect(come(host(route), TO, "2001:db8:7::1")).toContain("the host does not forward");
    expect(come(host(route, { "ipv6/conf/all/forwarding": 1 }), TO, "2001:db8:7::1")).toBe(
      "by b via fe80::7",
    );
    expect(come(host(route, { "ipv6/conf/a/force_forwarding": 1 }), TO, "2001:db8:7::1")).toBe(
      "by b via fe80::7",
    );
    const unread = host(route);
    delete (unread.sysctls as Record<string, number>)["ipv6/conf/all/forwarding"];
    expect(come(unread, TO, "2001:db8:7::1")).toContain("forwarding of all was not read");
    expect(come(host(""), TO, "2001:db8:7::1")).toContain("network unreachable");
  });

  test("the device it came by is preferred among routes of one metric", () => {
    const two =
      "route add 2001:db8:7::/48 via fe80::1 dev a metric 5\nroute add 2001:db8:7::/48 via fe80::2 dev b metric 5 table 9";
    const state = host(`${two}`, { "ipv6/conf/all/forwarding": 1 });
    expect(come(state, TO, "2001:db8:7::1", { iif: "b" })).toContain("by a via fe80::1");
  });

  test.each([
    ["ff02::1", "2001:db8:1::10", "source is a multicast address"],
    ["::1", "2001:db8:1::10", "a loopback address from outside"],
    [TO, "::1", "a loopback address from outside"],
    [TO, "::", "destination is the unspecified address"],
  ])("from %s to %s: %s", (from, to, why) => {
    expect(come(host(routes), from, to)).toContain(why);
  });

  test("rules see the user of the question, but packets from outside have none; nor ports, unless some rule asks", () => {
    const rules =
      "rule add priority 50 uidrange 5-5 lookup 99\nrule add priority 51 from 2001:db8:9::/48 uidrange 5-5 prohibit";
    const state = host(`rule del priority 0\n${rules}\nrule add priority 60 lookup local`);
    const flow = { from: address(TO), to: address("2001:db8:1::10"), iif: "a", uid: 5 };
    expect(shown(inputLookup(compile(state), flow))).toContain("prohibited");
    expect(shown(input(compile(state), flow))).toContain("delivered");
    const ports = (iif: string): LinuxState =>
      host(
        `rule del priority 0\nrule add priority 50 not ${iif} dport 22 prohibit\nrule add priority 60 lookup local`,
      );
    expect(shown(input(compile(ports("iif lo")), { ...flow, destinationPort: 22 }))).toContain("prohibited");
  });

  test("by a device that is not there", () => {
    expect(come(host(""), TO, "2001:db8:1::10", { iif: "gone" })).toContain("no such device");
    expect(go(host(""), TO, { oif: "gone" })).toContain("no such device");
  });
});
