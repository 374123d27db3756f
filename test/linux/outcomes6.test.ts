import {
  InputFlow,
  LinuxState,
  OutputFlow,
  applyBatch,
  compile,
  connect,
  describeOutcome,
  input,
  inputLookup,
  kernelState,
  output,
  tracing,
} from "../../lib/linux";
import { LABELS, labelOf, scopeOf } from "../../lib/linux/sources6";
import { address, onInterface, prefix } from "./support/hosts";

/** IPv6, every end that a lookup can come to, in its own words (net/ipv6/route.c, net/ipv6/addrconf.c). */

const DEVICES = [
  { name: "a", addresses: ["2001:db8:a::10/64", "fe80::a/64"].map(onInterface) },
  { name: "b", addresses: ["2001:db8:b::10/64", "fe80::b/64"].map(onInterface) },
];
const LINES = "route add default via fe80::1 dev a\nroute add 2001:db8:100::/48 via fe80::2 dev b\n";

function host(more = "", sysctls: Readonly<Record<string, number>> = {}): LinuxState {
  const state = applyBatch(kernelState(DEVICES, sysctls), 6, LINES + more);
  expect(state.gaps).toEqual([]);
  return state;
}
const without = (state: LinuxState, path: string): LinuxState => {
  const sysctls = { ...state.sysctls };
  delete sysctls[path];
  return { ...state, sysctls };
};
const flowTo = (to: string, from?: string) => ({
  to: address(to),
  ...(from === undefined ? {} : { from: address(from) }),
});
const out = (
  state: LinuxState,
  from: string | undefined,
  to: string,
  flow: Partial<OutputFlow> = {},
): string => describeOutcome(output(compile(state), { ...flowTo(to, from), ...flow }));
const come = (state: LinuxState, from: string, to: string, flow: Partial<InputFlow> = {}): string =>
  describeOutcome(input(compile(state), { from: address(from), to: address(to), iif: "a", ...flow }));

describe("what leaves", () => {
  const plain = host();

  test.each<[string | undefined, string, Partial<OutputFlow>, string]>([
    [undefined, "2001:db8:9::1", {}, "by a via fe80::1 from 2001:db8:a::10"],
    ["::", "2001:db8:9::1", {}, "by a via fe80::1 from 2001:db8:a::10"],
    ["2001:db8:b::10", "2001:db8:9::1", {}, "by a via fe80::1 from 2001:db8:b::10"],
    ["2001:db8:ffff::1", "2001:db8:9::1", {}, "by a via fe80::1 from 2001:db8:ffff::1"],
    [undefined, "2001:db8:100::1", {}, "by b via fe80::2 from 2001:db8:b::10"],
    [undefined, "2001:db8:9::1", { oif: "gone" }, "no such device (no such device)"],
    [undefined, "2001:db8:9::1", { oif: "b" }, "network unreachable (no rule is left)"],
    ["2001:db8:b::10", "2001:db8:9::1", { oif: "b" }, "network unreachable (no rule is left)"],
    [
      "2001:db8:b::10",
      "2001:db8:9::1",
      { oif: "b", unboundDevice: true },
      "by a via fe80::1 from 2001:db8:b::10",
    ],
    [undefined, "2001:db8:9::1", { oif: "b", unboundDevice: true }, "network unreachable (no rule is left)"],
    [undefined, "fe80::99", { oif: "b" }, "by b directly from fe80::b"],
    ["fe80::b", "fe80::99", { oif: "b", unboundDevice: true }, "by b directly from fe80::b"],
    [undefined, "fe80::99", {}, "by a directly from fe80::a"],
    [undefined, "ff02::1", { oif: "b" }, "multicast by b directly from fe80::b"],
    [undefined, "2001:db8:a::10", {}, "delivered to the host itself"],
    [undefined, "2001:db8:a::99", {}, "by a directly from 2001:db8:a::10"],
    [undefined, "::1", {}, "delivered to the host itself"],
  ])("from %p to %s, %j", (from, to, flow, want) => expect(out(plain, from, to, flow)).toBe(want));

  test("a route tells where it stands; one to the host itself leads to the loopback", () => {
    expect(output(compile(plain), flowTo("2001:db8:100::1"))).toEqual({
      kind: "route",
      type: "unicast",
      table: 254,
      pretended: false,
      hops: [{ device: "b", via: address("fe80::2"), source: address("2001:db8:b::10") }],
      route: expect.objectContaining({ to: prefix("2001:db8:100::/48") }) as object,
      rule: expect.objectContaining({ priority: 32766 }) as object,
    });
    expect(output(compile(plain), flowTo("2001:db8:b::10"))).toMatchObject({
      type: "local",
      table: 255,
      rule: { priority: 0 },
      hops: [{ device: "lo", via: undefined, source: address("2001:db8:b::10") }],
    });
    const anycast = {
      ...plain,
      routes: {
        ...plain.routes,
        6: plain.routes[6].map((r) => (r.to.length === 48 ? { ...r, type: "anycast" as const } : r)),
      },
    };
    expect(output(compile(anycast), flowTo("2001:db8:100::1"))).toMatchObject({
      type: "anycast",
      hops: [{ device: "lo" }],
    });
  });

  test("an error comes with what refused", () => {
    expect(
      output(compile(host("route add prohibit 2001:db8:9::/48")), flowTo("2001:db8:9::1")),
    ).toMatchObject({
      kind: "error",
      error: "EACCES",
      route: { type: "prohibit" },
      rule: { priority: 32766 },
      check: undefined,
    });
    expect(output(compile(host("rule add priority 5 blackhole")), flowTo("2001:db8:9::1"))).toMatchObject({
      kind: "error",
      error: "EINVAL",
      route: undefined,
      rule: { priority: 5 },
      check: undefined,
    });
    expect(output(compile(kernelState(DEVICES)), flowTo("2001:db8:9::1"))).toEqual({
      kind: "error",
      error: "ENETUNREACH",
      route: undefined,
      rule: undefined,
      check: "no rule is left",
    });
  });

  test("rules see mark, TOS, user, protocol and ports, each where it is", () => {
    const seen = (rule: string, flow: Partial<OutputFlow>): string =>
      out(host(`rule add priority 5 ${rule} prohibit`), undefined, "2001:db8:9::1", flow);
    for (const [rule, flow, other] of [
      ["fwmark 5", { mark: 5 }, { mark: 6 }],
      ["tos 0x10", { tos: 0x10 }, { tos: 0x14 }],
      ["uidrange 7-7", { uid: 7 }, { uid: 8 }],
      ["ipproto tcp", { protocol: 6 }, { protocol: 17 }],
      ["sport 7", { sourcePort: 7 }, { destinationPort: 7 }],
      ["dport 7", { destinationPort: 7 }, { sourcePort: 7 }],
      ["iif lo", {}, undefined],
      ["from 2001:db8:a::10", { from: address("2001:db8:a::10") }, { from: address("2001:db8:b::10") }],
    ] as const) {
      expect([rule, seen(rule, flow)]).toEqual([
        rule,
        `prohibited (rule "5: ${rule.startsWith("from") ? "" : "from all "}${rule === "fwmark 5" ? "fwmark 0x5/0xffffffff" : rule === "uidrange 7-7" ? "uidrange 7-7" : rule} prohibit")`,
      ]);
      if (other !== undefined) expect(seen(rule, other)).toContain("by a");
      expect(seen(rule, rule === "iif lo" ? { oif: "gone" } : {})).not.toContain("prohibited");
    }
  });

  test("the sources of hops that were appended are in no dump, unless the sender has one or one command gave them all", () => {
    const several = host("route add 2001:db8:9::/48 nexthop via fe80::1 dev a nexthop via fe80::2 dev b");
    const dumped = {
      ...several,
      routes: { ...several.routes, 6: several.routes[6].map((r) => ({ ...r, oneSource: undefined })) },
    };
    expect(out(dumped, undefined, "2001:db8:9::1")).toBe(
      'unknown: the sources of the further hops of "2001:db8:9::/48 metric 1024 table main nexthop via fe80::1 dev a nexthop via fe80::2 dev b" are in no dump',
    );
    expect(out(several, undefined, "2001:db8:9::1")).toBe(
      "by a via fe80::1 from 2001:db8:a::10, or by b via fe80::2 from 2001:db8:b::10",
    );
    for (const state of [several, dumped])
      expect(out(state, "2001:db8:a::10", "2001:db8:9::1")).toBe(
        "by a via fe80::1 from 2001:db8:a::10, or by b via fe80::2 from 2001:db8:a::10",
      );
  });

  test("the hint counts before what would be chosen", () => {
    expect(
      out(host("route add 2001:db8:9::/48 via fe80::1 dev a src 2001:db8:b::10"), undefined, "2001:db8:9::1"),
    ).toBe("by a via fe80::1 from 2001:db8:b::10");
  });

  test("without an address no source is chosen", () => {
    const bare = applyBatch(
      kernelState([{ name: "a", addresses: [] }]),
      6,
      "address add 2001:db8:a::10/64 dev a\n",
    );
    const none = { ...bare, addresses: [] };
    expect(out(none, undefined, "2001:db8:a::9")).toBe("by a directly");
    expect(
      describeOutcome(connect(compile({ ...none, routes: { 4: [], 6: [] } }), flowTo("2001:db8:9::1"))),
    ).toBe("no usable source address (no address to send from)");
  });

  test("an address that is not understood leaves the choice open", () => {
    const odd = {
      ...plain,
      addresses: plain.addresses.map((a) =>
        a.address.value === address("2001:db8:b::10").value ? { ...a, unmodelled: ["colour", "shape"] } : a,
      ),
    };
    expect(out(odd, undefined, "2001:db8:9::1")).toBe("unknown: address on b has colour, shape");
    const lost = { ...odd, routes: { ...odd.routes, 6: [] } };
    expect(describeOutcome(connect(compile(lost), flowTo("2001:db8:9::1")))).toBe(
      "unknown: address on b has colour, shape",
    );
    expect(out(odd, "2001:db8:a::10", "2001:db8:9::1")).toBe("by a via fe80::1 from 2001:db8:a::10");
    expect(out(odd, undefined, "fe80::9", { oif: "a" })).toBe("by a directly from fe80::a");
  });

  test("a connection tries again with a source only if there was no route", () => {
    const own =
      "route del default\nroute add default via fe80::7 dev a table 7\nrule add priority 5 from 2001:db8:a::/64 lookup 7\n";
    const steps = tracing(compile(host(own)), flowTo("2001:db8:9::1"), "connect");
    expect(describeOutcome(steps.outcome)).toBe("by a via fe80::7 from 2001:db8:a::10");
    expect(steps.steps.map(({ text }) => text)).toContain(
      "no route without a source; a second lookup with the one that would be chosen",
    );
    expect(describeOutcome(connect(compile(plain), flowTo("2001:db8:9::1")))).toBe(
      "by a via fe80::1 from 2001:db8:a::10",
    );
  });
});

describe("one table", () => {
  const said = (state: LinuxState, flow: Partial<OutputFlow> = {}): string[] =>
    tracing(compile(state), { ...flowTo("2001:db8:100::1"), ...flow })
      .steps.map(({ text }) => text)
      .filter((text) => !/^\d+: (from|not)/.test(text));
  const change = (state: LinuxState, length: number, what: object, hop: object = {}): LinuxState => ({
    ...state,
    routes: {
      ...state.routes,
      6: state.routes[6].map((r) =>
        r.to.length === length && r.metric === 1024
          ? { ...r, ...what, hops: r.hops.map((h) => ({ ...h, ...hop })) }
          : r,
      ),
    },
  });

  test("says what it passes over, and what decides", () => {
    const taken = "2001:db8:100::/48 via fe80::2 dev b metric 1024 table main: taken";
    expect(said(host())).toEqual(["no route fits; on to the next rule", taken]);
    expect(said(change(host(), 48, {}, { dead: true }))).toEqual([
      "no route fits; on to the next rule",
      "2001:db8:100::/48 via fe80::2 dev b dead metric 1024 table main: by another device, or down",
      "default via fe80::1 dev a metric 1024 table main: taken",
    ]);
    expect(said(host(), { oif: "a" })[1]).toBe(
      "2001:db8:100::/48 via fe80::2 dev b metric 1024 table main: by another device, or down",
    );
    expect(said(host("route add prohibit 2001:db8:100::/64"))).toContain(
      "prohibit 2001:db8:100::/64 dev lo metric 1024 table main: refuses",
    );
    expect(said(host("route add throw 2001:db8:100::/64"))).toContain(
      "throw 2001:db8:100::/64 dev lo metric 1024 table main: back to the rules",
    );
  });

  test("names what is not modelled, and what was not read", () => {
    expect(out(change(host(), 48, { unmodelled: ["encap", "flow"] }), undefined, "2001:db8:100::1")).toBe(
      'unknown: route "2001:db8:100::/48 via fe80::2 dev b metric 1024 table main" has encap, flow',
    );
    const dark = change(host(), 48, {}, { linkDown: true });
    expect(out(dark, undefined, "2001:db8:100::1")).toBe("by b via fe80::2 from 2001:db8:b::10");
    expect(out(without(dark, "ipv6/conf/b/ignore_routes_with_linkdown"), undefined, "2001:db8:100::1")).toBe(
      'unknown: route "2001:db8:100::/48 via fe80::2 dev b linkdown metric 1024 table main" is without carrier, and ignore_routes_with_linkdown was not read',
    );
  });

  test("of one metric the preference counts before the device, of several the lowest that can be used", () => {
    const two = host(
      "route add 2001:db8:9::/48 via fe80::3 dev a pref low\nroute append 2001:db8:9::/48 via fe80::4 dev b metric 2048 pref high",
    );
    expect(out(two, undefined, "2001:db8:9::1")).toContain("via fe80::3");
    expect(out(two, "2001:db8:a::10", "2001:db8:9::1", { oif: "b" })).toContain("via fe80::4");
    const same =
      "route add 2001:db8:9::/48 via fe80::3 dev a pref medium\nroute prepend 2001:db8:9::/48 via fe80::4 dev b pref high";
    expect(out(host(same), "2001:db8:a::10", "2001:db8:9::1", { oif: "a", unboundDevice: true })).toContain(
      "via fe80::4",
    );
    expect(
      out(host(same.replace("high", "medium")), "2001:db8:a::10", "2001:db8:9::1", {
        oif: "a",
        unboundDevice: true,
      }),
    ).toContain("via fe80::3");
    expect(out(host(same.replace("high", "low")), "2001:db8:a::10", "2001:db8:9::1")).toContain(
      "via fe80::3",
    );
    const three = host(
      "route add 2001:db8:9::/48 via fe80::3 dev a\nroute add 2001:db8:9::/48 via fe80::4 dev b metric 2000 pref low\nroute add 2001:db8:9::/48 via fe80::5 dev b metric 3000 pref high",
    );
    expect(out(three, undefined, "2001:db8:9::1", { oif: "b" })).toContain("via fe80::5");
  });

  test("a device that is required leaves the hops by it alone, one that is wished for all", () => {
    const several = host(
      "route add 2001:db8:9::/48 nexthop via fe80::1 dev a nexthop via fe80::2 dev b nexthop via fe80::3 dev b",
    );
    const from = "2001:db8:a::10";
    expect(out(several, from, "2001:db8:9::1", { oif: "b" })).toBe(
      `by b via fe80::2 from ${from}, or by b via fe80::3 from ${from}`,
    );
    expect(out(several, from, "2001:db8:9::1", { oif: "b", unboundDevice: true })).toBe(
      `by b via fe80::2 from ${from}, or by a via fe80::1 from ${from}, or by b via fe80::3 from ${from}`,
    );
  });
});

describe("what arrives", () => {
  const plain = host("", { "ipv6/conf/all/forwarding": 1 });

  test.each<[string, string, Partial<InputFlow>, string]>([
    ["2001:db8:9::1", "2001:db8:a::10", { iif: "gone" }, "no such device (no such device)"],
    ["ff02::1", "2001:db8:a::10", {}, "dropped as invalid (source is a multicast address)"],
    ["::1", "2001:db8:a::10", {}, "dropped as invalid (a loopback address from outside)"],
    ["2001:db8:9::1", "::1", {}, "dropped as invalid (a loopback address from outside)"],
    ["2001:db8:9::1", "::", {}, "dropped as invalid (destination is the unspecified address)"],
    ["2001:db8:9::1", "2001:db8:a::10", {}, "delivered to the host itself"],
    ["2001:db8:9::1", "2001:db8:100::1", {}, "by b via fe80::2"],
    ["fe80::9", "fe80::99", { iif: "b" }, "by b directly"],
    ["fe80::9", "fe80::99", { iif: "a" }, "by a directly"],
  ])("from %s to %s, %j", (from, to, flow, want) => expect(come(plain, from, to, flow)).toBe(want));

  test("is forwarded where the host does, or the device alone", () => {
    const away = (state: LinuxState): string => come(state, "2001:db8:9::1", "2001:db8:100::1");
    expect(away(host())).toBe("no route to host (not ours, and the host does not forward)");
    expect(away(host("", { "ipv6/conf/a/force_forwarding": 1 }))).toBe("by b via fe80::2");
    expect(away(host("", { "ipv6/conf/b/force_forwarding": 1 }))).toContain("does not forward");
    expect(away(without(host(), "ipv6/conf/all/forwarding"))).toBe(
      "unknown: sysctl forwarding of all was not read",
    );
    expect(away(applyBatch(host(), 6, "route add prohibit 2001:db8:100::/64"))).toContain("prohibited");
  });

  test("shows its ports only if a rule asks for some, and never a user; the question of ip route get shows both", () => {
    const flow = {
      from: address("2001:db8:9::1"),
      to: address("2001:db8:a::10"),
      iif: "a",
      sourcePort: 7,
      uid: 7,
      protocol: 6,
    };
    const both = (rules: string): string[] => {
      const model = compile(host(rules));
      return [describeOutcome(input(model, flow)), describeOutcome(inputLookup(model, flow))].map((text) =>
        text.slice(0, 10),
      );
    };
    expect(both("rule add priority 0 from all lookup 9")).toEqual(["delivered ", "delivered "]);
    const first = "rule del priority 0\nrule add priority 9 lookup local\n";
    expect(both(`${first}rule add priority 5 sport 7 prohibit`)).toEqual(["prohibited", "prohibited"]);
    expect(
      both(`${first}rule add priority 5 iif lo sport 8 prohibit\nrule add priority 5 uidrange 7-7 prohibit`),
    ).toEqual(["delivered ", "prohibited"]);
    expect(both(`${first}rule add priority 5 iif a ipproto tcp prohibit`)).toEqual([
      "prohibited",
      "prohibited",
    ]);
    expect(both(`${first}rule add priority 5 iif b prohibit`)).toEqual(["delivered ", "delivered "]);
    expect(both(`${first}rule add priority 5 iif a prohibit`)).toEqual(["prohibited", "prohibited"]);
    expect(both(`${first}rule add priority 5 from 2001:db8:9::/48 prohibit`)).toEqual([
      "prohibited",
      "prohibited",
    ]);
  });
});

describe("scopes and labels of RFC 6724", () => {
  test.each([
    ["::", -1], ["::1", 2], ["fe80::1", 2], ["febf::1", 2], ["fec0::1", 5], ["feff::1", 5], ["2001:db8::1", 14], ["fc00::1", 14],
    ["ff01::1", 1], ["ff02::1", 2], ["ff05::1", 5], ["ff0e::1", 14], ["ff12::1", 2],
  ] as const)("the scope of %s is %i", (text, scope) => expect(scopeOf(address(text).value)).toBe(scope)); // prettier-ignore

  test.each([
    ["::1", 0], ["::2", 3], ["::ffff:ffff", 3],
    ["::1:0:0", 1], ["2001:10::1", 7], ["2001:1f:ffff::1", 7], ["2001:20::1", 1], ["2001:0::1", 6], ["2001:1::1", 1],
    ["2001:db8::1", 1], ["3ffe::1", 12], ["3fff::1", 1], ["2002::1", 2], ["2003::1", 1], ["fec0::1", 11], ["fe80::1", 1], ["fc00::1", 5],
    ["fdff::1", 5], ["fe00::1", 1],
  ] as const)("the label of %s is %i", (text, label) => expect([text, labelOf(address(text).value)]).toEqual([text, label])); // prettier-ignore

  test("the table has each prefix once, the longer ones first where they nest", () => {
    expect(LABELS).toHaveLength(9);
    expect(labelOf(0xffff00000001n)).toBe(4);
  });
});
