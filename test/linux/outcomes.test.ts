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
  kernelState,
  output,
  tracing,
} from "../../lib/linux";
import { address, onInterface } from "./support/hosts";

/** IPv4, every end that a lookup can come to, in its own words (net/ipv4/route.c, net/ipv4/fib_frontend.c). */

const DEVICES = [
  { name: "a", addresses: ["10.0.0.10/24", "10.0.0.11/24"].map(onInterface) },
  { name: "b", addresses: [onInterface("10.0.1.10/24")] },
  { name: "none", addresses: [] },
];
const QUIET = "rule add priority 500 from 192.0.2.99 lookup 99\n";
const LINES = "route add default via 10.0.0.1 dev a\nroute add 198.51.100.0/24 via 10.0.1.1 dev b\n";

function host(more = "", sysctls: Readonly<Record<string, number>> = {}): LinuxState {
  const state = applyBatch(kernelState(DEVICES, sysctls), 4, QUIET + LINES + more);
  expect(state.gaps).toEqual([]);
  return state;
}
const without = (state: LinuxState, path: string): LinuxState => {
  const sysctls = { ...state.sysctls };
  delete sysctls[path];
  return { ...state, sysctls };
};
const link = (state: LinuxState, name: string, change: object): LinuxState => ({
  ...state,
  links: state.links.map((l) => (l.name === name ? { ...l, ...change } : l)),
});
const out = (
  state: LinuxState,
  from: string | undefined,
  to: string,
  flow: Partial<OutputFlow> = {},
): string =>
  describeOutcome(
    output(compile(state), {
      to: address(to),
      ...(from === undefined ? {} : { from: address(from) }),
      ...flow,
    }),
  );
const come = (state: LinuxState, from: string, to: string, flow: Partial<InputFlow> = {}): string =>
  describeOutcome(input(compile(state), { from: address(from), to: address(to), iif: "a", ...flow }));

describe("what leaves", () => {
  const plain = host();

  test.each<[string | undefined, string, Partial<OutputFlow>, string]>([
    [undefined, "8.8.8.8", {}, "by a via 10.0.0.1 from 10.0.0.10"],
    ["0.0.0.0", "8.8.8.8", {}, "by a via 10.0.0.1 from 10.0.0.10"],
    ["10.0.1.10", "8.8.8.8", {}, "by a via 10.0.0.1 from 10.0.1.10"],
    ["192.0.2.1", "8.8.8.8", {}, "network unreachable (source is not ours)"],
    ["192.0.2.1", "8.8.8.8", { anySource: true }, "by a via 10.0.0.1 from 192.0.2.1"],
    ["192.0.2.1", "224.0.0.1", { anySource: true }, "network unreachable (source is not ours)"],
    ["10.0.1.10", "224.0.0.1", {}, "multicast by b directly from 10.0.1.10"],
    ["10.0.1.10", "255.255.255.255", {}, "broadcast by b directly from 10.0.1.10"],
    ["10.0.1.10", "239.0.0.1", { oif: "a" }, "multicast by a directly from 10.0.1.10"],
    ["224.0.0.1", "8.8.8.8", {}, "dropped as invalid (source is no host's)"],
    ["239.255.255.255", "8.8.8.8", { anySource: true }, "dropped as invalid (source is no host's)"],
    ["240.0.0.1", "8.8.8.8", { anySource: true }, "by a via 10.0.0.1 from 240.0.0.1"],
    ["255.255.255.255", "8.8.8.8", { anySource: true }, "dropped as invalid (source is no host's)"],
    [undefined, "8.8.8.8", { oif: "gone" }, "no such device (no such device)"],
    [undefined, "8.8.8.8", { oif: "a" }, "by a via 10.0.0.1 from 10.0.0.10"],
    [
      undefined,
      "8.8.8.8",
      { oif: "b" },
      "by b directly from 10.0.1.10 (no route: the destination is only taken for attached)",
    ],
    [
      undefined,
      "8.8.8.8",
      { oif: "none" },
      "by none directly from 10.0.0.10 (no route: the destination is only taken for attached)",
    ],
    [undefined, "224.0.0.5", { oif: "b" }, "multicast by b directly from 10.0.1.10"],
    [
      undefined,
      "224.0.1.5",
      { oif: "b" },
      "multicast by b directly from 10.0.1.10 (no route: the destination is only taken for attached)",
    ],
    [undefined, "255.255.255.255", { oif: "b" }, "broadcast by b directly from 10.0.1.10"],
    [undefined, "8.8.8.8", { oif: "b", protocol: 2 }, "by b directly from 10.0.1.10"],
    [undefined, "224.0.0.5", {}, "multicast by a directly from 10.0.0.10"],
    [undefined, "255.255.255.255", {}, "broadcast by a directly from 10.0.0.10"],
    [undefined, "0.0.0.0", {}, "delivered to the host itself"],
    ["10.0.1.10", "0.0.0.0", {}, "delivered to the host itself"],
    [undefined, "10.0.1.10", {}, "delivered to the host itself"],
    [undefined, "10.0.0.255", {}, "broadcast by a directly from 10.0.0.10"],
    [undefined, "127.0.0.1", {}, "delivered to the host itself"],
    ["127.0.0.1", "8.8.8.8", {}, "dropped as invalid (a loopback source cannot leave the host)"],
    ["127.0.0.1", "127.0.0.2", {}, "delivered to the host itself"],
  ])("from %p to %s, %j", (from, to, flow, want) => expect(out(plain, from, to, flow)).toBe(want));

  test("a packet to 0.0.0.0 has the source asked for, else that of the device, else 127.0.0.1", () => {
    const source = (flow: Partial<OutputFlow>): unknown => {
      const outcome = output(compile(plain), { to: address("0.0.0.0"), ...flow });
      return (
        outcome.kind === "route" && { type: outcome.type, pretended: outcome.pretended, hops: outcome.hops }
      );
    };
    const local = (text: string) => ({
      type: "local",
      pretended: false,
      hops: [{ device: "lo", source: address(text) }],
    });
    expect(source({})).toEqual(local("127.0.0.1"));
    expect(source({ from: address("10.0.1.10") })).toEqual(local("10.0.1.10"));
    expect(source({ oif: "b" })).toEqual(local("10.0.1.10"));
  });

  test("a device that is down sends nothing, and a host without a loopback has nothing to itself", () => {
    expect(out(link(plain, "a", { up: false }), undefined, "8.8.8.8", { oif: "a" })).toBe(
      "network unreachable (device is down)",
    );
    expect(out(link(plain, "lo", { loopback: false }), undefined, "0.0.0.0")).toBe(
      "no such device (no loopback)",
    );
  });

  test("a loopback source may leave where route_localnet says so, and nobody knows where it was not read", () => {
    expect(out(host("", { "ipv4/conf/a/route_localnet": 1 }), "127.0.0.1", "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 127.0.0.1",
    );
    expect(out(host("", { "ipv4/conf/b/route_localnet": 1 }), "127.0.0.1", "8.8.8.8")).toContain(
      "dropped as invalid",
    );
    expect(out(without(plain, "ipv4/conf/a/route_localnet"), "127.0.0.1", "8.8.8.8")).toBe(
      "unknown: route_localnet of a was not read",
    );
    expect(out(without(plain, "ipv4/conf/a/route_localnet"), "10.0.0.10", "8.8.8.8")).toContain("by a");
    expect(out(link(plain, "a", { kind: "vrf" }), "127.0.0.1", "8.8.8.8")).toContain("by a via");
  });

  test("a route's error comes with the route and the rule, a walk that ends with neither", () => {
    const refused = output(compile(host("route add prohibit 203.0.113.0/24")), {
      to: address("203.0.113.1"),
    });
    expect(refused).toMatchObject({
      kind: "error",
      error: "EACCES",
      rule: { priority: 32766 },
      route: { type: "prohibit" },
      check: undefined,
    });
    const rule = output(compile(host("rule add priority 5 blackhole")), { to: address("203.0.113.1") });
    expect(rule).toMatchObject({
      kind: "error",
      error: "EINVAL",
      rule: { priority: 5 },
      route: undefined,
      check: undefined,
    });
    const bare = applyBatch(kernelState(DEVICES), 4, QUIET);
    expect(output(compile(bare), { to: address("203.0.113.1") })).toEqual({
      kind: "error",
      error: "ENETUNREACH",
      rule: undefined,
      route: undefined,
      check: "no rule is left",
    });
    expect(
      describeOutcome(
        output(compile(applyBatch(kernelState(DEVICES), 4, "")), { to: address("203.0.113.1") }),
      ),
    ).toBe("network unreachable (no rule is left)");
  });

  test("a route tells where it stands", () => {
    expect(output(compile(plain), { to: address("198.51.100.1"), from: address("10.0.1.10") })).toMatchObject(
      {
        kind: "route",
        type: "unicast",
        table: 254,
        route: { to: { length: 24 } },
        rule: { priority: 32766 },
        pretended: false,
        hops: [{ device: "b", via: address("10.0.1.1"), source: address("10.0.1.10") }],
      },
    );
    expect(output(compile(plain), { to: address("224.0.0.5"), oif: "b" })).toEqual({
      kind: "route",
      type: "multicast",
      hops: [{ device: "b", via: undefined, source: address("10.0.1.10") }],
      table: undefined,
      route: undefined,
      rule: undefined,
      pretended: false,
    });
  });

  test("to a multicast group a gateway counts only by a route for multicast", () => {
    const route = (to: string) => host(`route add ${to} via 10.0.1.1 dev b`);
    expect(out(route("224.0.0.0/4"), undefined, "239.0.0.1")).toBe(
      "multicast by b via 10.0.1.1 from 10.0.1.10",
    );
    expect(out(route("224.0.0.0/3"), undefined, "239.0.0.1")).toBe("multicast by b directly from 10.0.1.10");
    expect(out(host("route add 255.255.255.255 via 10.0.1.1 dev b"), undefined, "255.255.255.255")).toBe(
      "broadcast by b directly from 10.0.1.10",
    );
  });

  test("of several hops only usable ones are possible, and if one of them cannot be used nobody knows", () => {
    const several = applyBatch(
      kernelState(DEVICES),
      4,
      `${QUIET}route add default nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b`,
    );
    expect(out(several, "127.0.0.1", "8.8.8.8")).toBe(
      "unknown: only some of the hops that may be chosen are usable",
    );
    const one = { ...several, sysctls: { ...several.sysctls, "ipv4/conf/a/route_localnet": 1 } };
    expect(out(one, "127.0.0.1", "8.8.8.8")).toBe(
      "unknown: only some of the hops that may be chosen are usable",
    );
    expect(out(without(one, "ipv4/conf/b/route_localnet"), "127.0.0.1", "8.8.8.8")).toBe(
      "unknown: route_localnet of b was not read",
    );
    expect(out(several, "10.0.0.10", "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 10.0.0.10, or by b via 10.0.1.1 from 10.0.0.10",
    );
  });

  test("a connection looks up again for each source that may be chosen", () => {
    const go = (state: LinuxState): string =>
      describeOutcome(connect(compile(state), { to: address("8.8.8.8") }));
    const hops =
      "route del default\nroute add default nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b\n";
    const own =
      "route add default via 10.0.0.7 dev a table 7\nroute add default via 10.0.1.7 dev b table 8\nrule add priority 5 from 10.0.0.10 lookup 7\nrule add priority 5 from 10.0.1.10 lookup 8\n";
    expect(go(host(hops + own))).toBe(
      "by a via 10.0.0.7 from 10.0.0.10, or by b via 10.0.1.7 from 10.0.1.10",
    );
    expect(go(host(`${hops}rule add priority 5 from 10.0.0.10 prohibit`))).toBe(
      "unknown: the source is chosen by chance, and only some choices have a way",
    );
    expect(go(host(`rule add priority 5 from 10.0.0.10 prohibit`))).toBe(
      'prohibited (rule "5: from 10.0.0.10 prohibit")',
    );
    expect(go(applyBatch(kernelState(DEVICES), 4, QUIET))).toBe("network unreachable (no rule is left)");
    const steps = tracing(compile(host(own)), { to: address("8.8.8.8") }, "connect").steps.map(
      ({ text }) => text,
    );
    expect(steps.filter((text) => text === "the source is chosen; a second lookup with it")).toHaveLength(1);
    const bound = tracing(
      compile(host(own)),
      { to: address("8.8.8.8"), from: address("10.0.0.10") },
      "connect",
    ).steps;
    expect(bound.map(({ text }) => text)).not.toContain("the source is chosen; a second lookup with it");
    expect(
      describeOutcome(connect(compile(host(own)), { to: address("8.8.8.8"), from: address("0.0.0.0") })),
    ).toBe("by a via 10.0.0.7 from 10.0.0.10");
  });
});

describe("what arrives", () => {
  const plain = host("", { "ipv4/conf/a/forwarding": 1, "ipv4/conf/b/forwarding": 1 });

  test.each<[string, string, Partial<InputFlow>, string]>([
    ["192.0.2.1", "10.0.0.10", { iif: "gone" }, "no such device (no such device)"],
    ["224.0.0.1", "10.0.0.10", {}, "dropped as invalid (source is no host's)"],
    ["255.255.255.255", "10.0.0.10", {}, "dropped as invalid (source is no host's)"],
    ["192.0.2.1", "224.0.0.1", {}, "unknown: whether the host listens to a multicast group is not modelled"],
    ["0.0.0.0", "10.0.0.10", {}, "dropped as invalid (source is 0.0.0.0)"],
    ["192.0.2.1", "0.0.0.0", {}, "dropped as invalid (destination is 0.0.0.0)"],
    ["192.0.2.1", "127.0.0.1", {}, "dropped as invalid (a loopback address from outside)"],
    ["127.0.0.1", "10.0.0.10", {}, "dropped as invalid (a loopback address from outside)"],
    ["192.0.2.1", "10.0.0.10", {}, "delivered to the host itself"],
    ["192.0.2.1", "198.51.100.1", {}, "by b via 10.0.1.1"],
    ["192.0.2.1", "198.51.100.1", { iif: "none" }, "no route to host (not ours, and none does not forward)"],
    ["10.0.0.10", "8.8.8.8", {}, "dropped as invalid (the way back to the source is a local route)"],
    ["10.0.0.255", "8.8.8.8", {}, "dropped as invalid (the way back to the source is a broadcast route)"],
  ])("from %s to %s, %j", (from, to, flow, want) => expect(come(plain, from, to, flow)).toBe(want));

  test("broadcasts are taken", () => {
    const broadcast = { kind: "route", type: "broadcast", hops: [{ device: "lo" }], pretended: false };
    for (const [from, to] of [
      ["192.0.2.1", "255.255.255.255"],
      ["0.0.0.0", "0.0.0.0"],
      ["0.0.0.0", "255.255.255.255"],
      ["192.0.2.1", "10.0.0.255"],
    ])
      expect(input(compile(plain), { from: address(from), to: address(to), iif: "a" })).toEqual(broadcast);
    expect(come(plain, "10.0.0.10", "255.255.255.255")).toContain(
      "the way back to the source is a local route",
    );
  });

  test("directed broadcasts may be forwarded instead, which is not modelled", () => {
    const forwards = "unknown: forwarding of directed broadcasts (bc_forwarding) is not modelled";
    const both = { "ipv4/conf/a/bc_forwarding": 1, "ipv4/conf/all/bc_forwarding": 1 };
    expect(come(host("", both), "192.0.2.1", "10.0.0.255")).toBe(forwards);
    expect(come(host("", { "ipv4/conf/a/bc_forwarding": 1 }), "192.0.2.1", "10.0.0.255")).toContain(
      "broadcast by lo",
    );
    expect(come(host("", { "ipv4/conf/all/bc_forwarding": 1 }), "192.0.2.1", "10.0.0.255")).toContain(
      "broadcast by lo",
    );
    for (const name of ["a", "all"])
      expect(
        come(without(host("", both), `ipv4/conf/${name}/bc_forwarding`), "192.0.2.1", "10.0.0.255"),
      ).toBe("unknown: bc_forwarding of a was not read");
  });

  test("where a sysctl that decides was not read nobody knows", () => {
    const needs = (key: string, from = "192.0.2.1", to = "10.0.0.10", flow: Partial<InputFlow> = {}) =>
      expect(come(without(plain, `ipv4/conf/a/${key}`), from, to, flow)).toBe(
        `unknown: sysctl ${key} of a was not read`,
      );
    needs("rp_filter");
    needs("accept_local");
    needs("forwarding", "192.0.2.1", "198.51.100.1");
    needs("route_localnet", "127.0.0.1");
    needs("src_valid_mark", "192.0.2.1", "10.0.0.10", { mark: 5 });
    const still = host("", { "ipv4/conf/a/forwarding": 1, "ipv4/conf/all/send_redirects": 0 });
    expect(come(without(still, "ipv4/conf/a/send_redirects"), "192.0.2.1", "8.8.8.8")).toBe(
      "unknown: sysctl send_redirects of a was not read",
    );
    expect(come(without(still, "ipv4/conf/a/send_redirects"), "192.0.2.1", "198.51.100.1")).toBe(
      "by b via 10.0.1.1",
    );
    expect(come(without(plain, "ipv4/conf/a/src_valid_mark"), "192.0.2.1", "10.0.0.10")).toBe(
      "delivered to the host itself",
    );
    expect(come(without(plain, "ipv4/conf/a/send_redirects"), "192.0.2.1", "10.0.0.10")).toBe(
      "delivered to the host itself",
    );
    const lost = applyBatch(kernelState(DEVICES), 4, QUIET);
    expect(come(without(lost, "ipv4/conf/a/forwarding"), "192.0.2.1", "8.8.8.8")).toBe(
      "unknown: sysctl forwarding of a was not read",
    );
    expect(come(lost, "192.0.2.1", "8.8.8.8")).toBe("no route to host (no rule is left)");
    expect(
      come({ ...lost, sysctls: { ...lost.sysctls, "ipv4/conf/a/forwarding": 1 } }, "192.0.2.1", "8.8.8.8"),
    ).toBe("network unreachable (no rule is left)");
  });

  test("a loopback address from outside is taken where route_localnet says so", () => {
    expect(come(host("", { "ipv4/conf/a/route_localnet": 1 }), "192.0.2.1", "127.0.0.1")).toBe(
      "delivered to the host itself",
    );
  });

  test("what cannot be forwarded is told", () => {
    const state = host("route add multicast 203.0.113.0/24 dev b", { "ipv4/conf/a/forwarding": 1 });
    expect(come(state, "192.0.2.1", "203.0.113.1")).toBe(
      "dropped as invalid (cannot forward to a multicast route)",
    );
    const refused = input(
      compile(host("route add unreachable 203.0.113.0/24", { "ipv4/conf/a/forwarding": 1 })),
      { from: address("192.0.2.1"), to: address("203.0.113.1"), iif: "a" },
    );
    expect(refused).toMatchObject({
      kind: "error",
      error: "EHOSTUNREACH",
      route: { type: "unreachable" },
      rule: { priority: 32766 },
      check: undefined,
    });
  });

  const filter = (value: number, more = "") =>
    host(more, {
      "ipv4/conf/a/rp_filter": value,
      "ipv4/conf/b/rp_filter": value,
      "ipv4/conf/none/rp_filter": value,
    });

  test.each<[number, string, string, string]>([
    [0, "198.51.100.1", "a", "delivered to the host itself"],
    [1, "198.51.100.1", "a", "dropped by the reverse path check"],
    [2, "198.51.100.1", "a", "delivered to the host itself"],
    [1, "198.51.100.1", "b", "delivered to the host itself"],
    [0, "198.51.100.1", "none", "delivered to the host itself"],
    [1, "198.51.100.1", "none", "dropped by the reverse path check"],
    [2, "198.51.100.1", "none", "dropped by the reverse path check"],
  ])("rp_filter %i, from %s by %s", (value, from, iif, want) =>
    expect(come(filter(value), from, "10.0.0.10", { iif })).toBe(want),
  );

  test("a source without a way back is dropped by a filter alone, one that is refused as well", () => {
    const gone = "route del default\n";
    for (const value of [1, 2])
      expect(come(filter(value, gone), "192.0.2.1", "10.0.0.10")).toContain(
        "dropped by the reverse path check",
      );
    expect(come(filter(0, gone), "192.0.2.1", "10.0.0.10")).toBe("delivered to the host itself");
    const prohibit = `${gone}route add prohibit 192.0.2.0/24`;
    expect(come(filter(1, prohibit), "192.0.2.1", "10.0.0.10")).toContain(
      "dropped by the reverse path check",
    );
    expect(come(filter(0, prohibit), "192.0.2.1", "10.0.0.10")).toBe("delivered to the host itself");
    expect(come(filter(0, "route add multicast 192.0.2.0/24 dev a"), "192.0.2.1", "10.0.0.10")).toBe(
      "dropped as invalid (the way back to the source is a multicast route)",
    );
  });

  test("an own source comes in where accept_local says so", () => {
    expect(come(host("", { "ipv4/conf/a/accept_local": 1 }), "10.0.1.10", "10.0.0.10")).toBe(
      "delivered to the host itself",
    );
    expect(
      come(
        host("", { "ipv4/conf/all/accept_local": 1, "ipv4/conf/a/rp_filter": 2 }),
        "10.0.1.10",
        "10.0.0.10",
      ),
    ).toBe("delivered to the host itself");
    expect(
      come(host("", { "ipv4/conf/a/accept_local": 1, "ipv4/conf/a/rp_filter": 1 }), "10.0.1.10", "10.0.0.10"),
    ).toContain("dropped by the reverse path check");
    expect(come(host(), "10.0.1.10", "10.0.0.10")).toContain("the way back to the source is a local route");
  });

  test("the way back is looked up with addresses and ports exchanged, for the host or for who forwards", () => {
    const tcp = { protocol: 6, sourcePort: 1000, destinationPort: 80 };
    const strict = (rule: string, flow: Partial<InputFlow> = tcp) =>
      come(
        filter(1, `route add default via 10.0.1.1 dev b table 7\n${rule}`),
        "192.0.2.1",
        "10.0.0.10",
        flow,
      );
    const dropped = "dropped by the reverse path check";
    const passed = "delivered to the host itself";
    expect(strict("rule add priority 5 sport 80 lookup 7")).toBe(dropped);
    expect(strict("rule add priority 5 dport 1000 lookup 7")).toBe(dropped);
    expect(strict("rule add priority 5 sport 1000 lookup 7")).toBe(passed);
    expect(strict("rule add priority 5 ipproto tcp to 192.0.2.0/24 lookup 7")).toBe(dropped);
    expect(strict("rule add priority 5 ipproto udp to 192.0.2.0/24 lookup 7")).toBe(passed);
    expect(strict("rule add priority 5 iif lo from 10.0.0.10 to 192.0.2.1 lookup 7")).toBe(dropped);
    expect(strict("rule add priority 5 iif lo to 192.0.2.1 sport 80 lookup 7")).toBe(passed);
    expect(strict("rule add priority 5 iif b to 192.0.2.1 lookup 7")).toBe(passed);
    expect(strict("rule add priority 5 tos 0x10 to 192.0.2.1 lookup 7", { tos: 0x10 })).toBe(dropped);
    expect(strict("rule add priority 5 fwmark 5 to 192.0.2.1 lookup 7", { mark: 5 })).toBe(passed);
    expect(strict("rule add priority 5 uidrange 0-0 to 192.0.2.1 lookup 7", { uid: 7 })).toBe(dropped);
  });

  test("where it is forwarded over several hops, all must pass or none", () => {
    const several =
      "route del default\nroute add default nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b\n";
    const on = { "ipv4/conf/a/forwarding": 1, "ipv4/conf/a/rp_filter": 1 };
    expect(come(host(several, on), "10.0.0.77", "8.8.8.8")).toBe("by a via 10.0.0.1, or by b via 10.0.1.1");
    expect(come(host(several, on), "10.0.1.77", "8.8.8.8")).toContain("dropped by the reverse path check");
    const egress = `${several}route add default via 10.0.1.7 dev b table 7\nrule add priority 5 iif b to 10.0.0.77 lookup 7`;
    expect(come(host(egress, on), "10.0.0.77", "8.8.8.8")).toBe(
      "unknown: whether the packet passes depends on which of several hops is chosen",
    );
  });

  test("a host with the kernel's own rules alone may look only for its own addresses, if it never had others", () => {
    const first = applyBatch(kernelState(DEVICES), 4, LINES);
    expect(come(first, "10.0.1.10", "10.0.0.10")).toBe(
      "dropped as invalid (the source is an address of this host)",
    );
    expect(come(first, "10.0.0.255", "10.0.0.10")).toBe(
      "unknown: how closely the source is checked depends on routes and rules that the host may have had before",
    );
    expect(come(applyBatch(first, 4, "route add local 192.0.2.0/24 dev lo"), "192.0.2.1", "10.0.0.10")).toBe(
      "dropped as invalid (the way back to the source is a local route)",
    );
    expect(come(first, "192.0.2.1", "10.0.0.10")).toBe("delivered to the host itself");
  });
});

test("every outcome of an input tells table, route and rule", () => {
  const plain = host("", { "ipv4/conf/a/forwarding": 1 });
  const local: Outcome = input(compile(plain), {
    from: address("192.0.2.1"),
    to: address("10.0.0.10"),
    iif: "a",
  });
  expect(local).toMatchObject({
    kind: "route",
    type: "local",
    table: 255,
    rule: { priority: 0 },
    route: { type: "local" },
    pretended: false,
    hops: [{ device: "lo" }],
  });
  const away = input(compile(plain), { from: address("192.0.2.1"), to: address("198.51.100.1"), iif: "a" });
  expect(away).toMatchObject({
    kind: "route",
    type: "unicast",
    table: 254,
    rule: { priority: 32766 },
    hops: [{ device: "b", via: address("10.0.1.1") }],
  });
});
