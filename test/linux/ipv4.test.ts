import {
  Hop,
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

const DEVICES = [
  { name: "a", addresses: ["10.0.0.10/24", "10.0.0.11/24"].map(onInterface) },
  { name: "b", addresses: ["10.0.1.10/24", "10.0.2.10/24"].map(onInterface) },
  { name: "c", addresses: [] },
];
const RULE = "rule add priority 500 from 192.0.2.99 lookup 99";
const SYSCTLS = { "ipv4/conf/a/forwarding": 1, "ipv4/conf/b/forwarding": 1 };

/** A rule that matches nothing here parts local and main, as on every host with policy routing. */
function host(commands: string, sysctls: Readonly<Record<string, number>> = {}, first = RULE): LinuxState {
  const state = applyBatch(kernelState(DEVICES, { ...SYSCTLS, ...sysctls }), 4, `${first}\n${commands}`);
  expect(state.gaps).toEqual([]);
  return state;
}

const shown = (outcome: Outcome): string => describeOutcome(outcome);
const go = (state: LinuxState, to: string, flow: Partial<OutputFlow> = {}): string =>
  shown(output(compile(state), { to: address(to), ...flow }));
const come = (state: LinuxState, from: string, to: string, flow: Partial<InputFlow> = {}): string =>
  shown(input(compile(state), { from: address(from), to: address(to), iif: "a", ...flow }));

describe("choosing a route", () => {
  test("the longest prefix wins, then the TOS that fits, then the metric", () => {
    const state = host(
      [
        "route add default via 10.0.0.1 dev a",
        "route add 198.51.0.0/16 via 10.0.0.2 dev a",
        "route add 198.51.100.0/24 via 10.0.1.2 dev b metric 20",
        "route add 198.51.100.0/24 via 10.0.1.3 dev b metric 10",
        "route add 198.51.100.0/24 tos 0x10 via 10.0.1.4 dev b metric 99",
      ].join("\n"),
    );
    expect(go(state, "8.8.8.8")).toBe("by a via 10.0.0.1 from 10.0.0.10");
    expect(go(state, "198.51.1.1")).toBe("by a via 10.0.0.2 from 10.0.0.10");
    expect(go(state, "198.51.100.1")).toBe("by b via 10.0.1.3 from 10.0.1.10");
    expect(go(state, "198.51.100.1", { tos: 0x13 })).toBe("by b via 10.0.1.4 from 10.0.1.10");
    expect(go(state, "198.51.100.1", { tos: 0x08 })).toBe("by b via 10.0.1.3 from 10.0.1.10");
  });

  test.each([
    ["unreachable", "no route to host"],
    ["prohibit", "prohibited"],
    ["blackhole", "dropped as invalid"],
  ])("a %s route refuses, and shorter ones do not count", (type, error) => {
    const state = host(`route add default via 10.0.0.1 dev a\nroute add ${type} 198.51.100.0/24`);
    expect(go(state, "198.51.100.1")).toContain(error);
    expect(go(state, "198.51.101.1")).toContain("by a");
  });

  test("a throw route goes back to the rules, past shorter routes of its table", () => {
    const rules = "rule add priority 50 lookup 55";
    const state = host(
      `route add default via 10.0.0.1 dev a\nroute add default via 10.0.1.1 dev b table 55\nroute add throw 198.51.100.0/24 table 55\n${rules}`,
    );
    expect(go(state, "198.51.100.1")).toContain("by a");
    expect(go(state, "8.8.8.8")).toContain("by b");
  });

  test("with a device only its routes are seen, but refusals bite", () => {
    const state = host(
      "route add default via 10.0.1.1 dev b metric 5\nroute add 198.51.100.0/24 via 10.0.0.1 dev a\nroute add prohibit 203.0.113.0/24",
    );
    expect(go(state, "198.51.100.1", { oif: "b" })).toBe("by b via 10.0.1.1 from 10.0.1.10");
    expect(
      tracing(compile(state), { to: address("203.0.113.1"), oif: "b" }).steps.map(({ text }) => text),
    ).toContain("no route, but the socket is bound to a device: the destination is taken for attached");
  });

  test("hops that are dead, or without carrier where that counts, are passed over", () => {
    const state = host(
      "route add default via 10.0.0.1 dev a metric 5\nroute add default via 10.0.1.1 dev b metric 9",
    );
    const broken = (flag: "dead" | "linkDown", sysctls = {}): LinuxState => ({
      ...state,
      sysctls: { ...state.sysctls, ...sysctls },
      routes: {
        ...state.routes,
        4: state.routes[4].map((r) =>
          r.metric === 5 ? { ...r, hops: r.hops.map((h) => ({ ...h, [flag]: true })) } : r,
        ),
      },
    });
    expect(go(broken("dead"), "8.8.8.8")).toContain("by b");
    expect(go(broken("linkDown"), "8.8.8.8")).toContain("by a");
    expect(go(broken("linkDown", { "ipv4/conf/a/ignore_routes_with_linkdown": 1 }), "8.8.8.8")).toContain(
      "by b",
    );
    expect(go(broken("linkDown", { "ipv4/conf/all/ignore_routes_with_linkdown": 1 }), "8.8.8.8")).toContain(
      "by b",
    );
    const unread = broken("linkDown");
    delete (unread.sysctls as Record<string, number>)["ipv4/conf/a/ignore_routes_with_linkdown"];
    expect(go(unread, "8.8.8.8")).toContain("ignore_routes_with_linkdown was not read");
  });

  test("multipath and equal defaults are all that may be chosen; a device leaves one", () => {
    const multipath = host(
      "route add default nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b weight 3",
    );
    expect(go(multipath, "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 10.0.0.10, or by b via 10.0.1.1 from 10.0.1.10",
    );
    expect(go(multipath, "8.8.8.8", { oif: "b" })).toBe("by b via 10.0.1.1 from 10.0.1.10");
    const equal = host(
      "route add default via 10.0.0.1 dev a\nroute append default via 10.0.1.1 dev b\nroute add default via 10.0.1.7 dev b metric 7",
    );
    expect(go(equal, "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 10.0.0.10, or by b via 10.0.1.1 from 10.0.1.10",
    );
    const direct = host("route add default dev a\nroute append default via 10.0.1.1 dev b");
    expect(go(direct, "8.8.8.8")).toBe("by a directly from 10.0.0.10");
  });
});

/** The state with the routes of a metric led by a nexthop object, as ip-nexthop(8) makes them. */
function byObject(state: LinuxState, metric: number, hop: Partial<Hop> = {}): LinuxState {
  const routes = state.routes[4].map((route) =>
    route.metric === metric
      ? { ...route, nexthopObject: true, hops: route.hops.map((h) => ({ ...h, ...hop })) }
      : route,
  );
  return { ...state, routes: { ...state.routes, 4: routes } };
}

describe("nexthop objects", () => {
  const lines = [
    "route add 198.51.0.0/16 via 10.0.1.9 dev b metric 1",
    "route add 198.51.0.0/24 via 10.0.1.2 dev b metric 2",
    "route add 198.51.0.0/26 via 10.0.0.1 dev a metric 3",
    "route add 198.51.0.0/26 via 10.0.1.1 dev b metric 4",
    "route add 198.48.0.0/13 via 10.0.1.7 dev b metric 5",
  ].join("\n");

  test("one that has no hop by the wanted device hides what is behind it, as far as it begins at the same address", () => {
    const plain = host(lines);
    expect(go(plain, "198.51.0.1", { oif: "b" })).toContain("via 10.0.1.1 ");
    // Metric 4 of the same prefix, the /24 and the /16 begin where the /26 does; the /13 does not.
    expect(go(byObject(plain, 3), "198.51.0.1", { oif: "b" })).toContain("via 10.0.1.7 ");
    expect(go(byObject(plain, 3), "198.51.0.1", { oif: "a" })).toContain("via 10.0.0.1 ");
    expect(go(byObject(plain, 3), "198.51.0.1")).toContain("via 10.0.0.1 ");
  });

  test("a group chooses among its hops with no look at carriers", () => {
    const state = host("route add default metric 5 nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b", {
      "ipv4/conf/b/ignore_routes_with_linkdown": 1,
    });
    const dark = (s: LinuxState): LinuxState => ({
      ...s,
      routes: {
        ...s.routes,
        4: s.routes[4].map((r) => ({ ...r, hops: r.hops.map((h) => ({ ...h, linkDown: h.link === "b" })) })),
      },
    });
    expect(go(dark(state), "8.8.8.8")).toBe("by a via 10.0.0.1 from 10.0.0.10");
    expect(go(dark(byObject(state, 5)), "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 10.0.0.10, or by b via 10.0.1.1 from 10.0.1.10",
    );
    expect(come(dark(byObject(state, 5)), "10.0.0.77", "8.8.8.8")).toBe(
      "by a via 10.0.0.1, or by b via 10.0.1.1",
    );
    expect(go(byObject(state, 5, { dead: true }), "8.8.8.8")).toContain("network unreachable");
  });
});

describe("local and main", () => {
  const odd = "route add 127.5.0.0/16 via 10.0.0.1 dev a";

  test("apart, local comes first", () => {
    expect(go(host(odd), "127.5.0.1")).toBe("delivered to the host itself");
  });

  test("as one table where no rule was ever added, or apart if one was: it cannot be seen", () => {
    expect(go(host(odd, {}, ""), "127.5.0.1")).toContain(
      "it cannot be seen whether the host ever had other rules",
    );
    expect(go(host(odd, {}, ""), "127.6.0.1")).toBe("delivered to the host itself");
    expect(go(host("route add default via 10.0.0.1 dev a", {}, ""), "8.8.8.8")).toBe(
      "by a via 10.0.0.1 from 10.0.0.10",
    );
  });

  test("table default is the last", () => {
    expect(go(host("route add default via 10.0.1.1 dev b table default", {}, ""), "8.8.8.8")).toContain(
      "by b",
    );
    expect(go(host("", {}, ""), "8.8.8.8")).toBe("network unreachable (no rule is left)");
  });
});

describe("the source", () => {
  test("is the hint, else the primary address in the gateway's subnet, else the device's first, else anybody's", () => {
    const state = host(
      [
        "route add 198.51.100.0/24 via 10.0.1.1 dev b src 10.0.0.11",
        "route add 198.51.101.0/24 via 10.0.2.1 dev b",
        "route add 198.51.102.0/24 via 192.168.7.1 dev b onlink",
        "route add 198.51.103.0/24 dev c",
      ].join("\n"),
    );
    expect(go(state, "198.51.100.1")).toContain("from 10.0.0.11");
    expect(go(state, "198.51.101.1")).toContain("from 10.0.2.10");
    expect(go(state, "198.51.102.1")).toContain("from 10.0.1.10");
    expect(go(state, "198.51.103.1")).toContain("by c directly from 10.0.0.10");
  });

  test("to the host itself, it is the address asked for, or the primary of its subnet", () => {
    const outcome = (to: string): Outcome => output(compile(host("")), { to: address(to) });
    expect(outcome("10.0.1.10")).toMatchObject({
      type: "local",
      hops: [{ device: "lo", source: address("10.0.1.10") }],
    });
    expect(outcome("10.0.0.11")).toMatchObject({ hops: [{ source: address("10.0.0.10") }] });
  });

  test("must be the host's own, unless a socket may use any", () => {
    const state = host("route add default via 10.0.0.1 dev a");
    expect(go(state, "8.8.8.8", { from: address("192.0.2.1") })).toBe(
      "network unreachable (source is not ours)",
    );
    expect(go(state, "8.8.8.8", { from: address("192.0.2.1"), anySource: true })).toContain("from 192.0.2.1");
    expect(
      go(
        host("route add local 192.0.2.0/24 dev lo table local\nroute add default via 10.0.0.1 dev a"),
        "8.8.8.8",
        { from: address("192.0.2.1") },
      ),
    ).toContain("by a");
  });

  test.each(["224.0.0.1", "255.255.255.255"])("%s is no source", (from) => {
    expect(go(host(""), "8.8.8.8", { from: address(from), anySource: true })).toContain("dropped as invalid");
  });

  test("a loopback source leaves by no device, unless it may", () => {
    const route = "route add default via 10.0.0.1 dev a";
    const from = address("127.0.0.1");
    expect(go(host(route), "8.8.8.8", { from })).toBe(
      "dropped as invalid (a loopback source cannot leave the host)",
    );
    expect(go(host(route, { "ipv4/conf/a/route_localnet": 1 }), "8.8.8.8", { from })).toContain("by a");
  });

  test("a connection is looked up again with the source that was chosen, a datagram is not", () => {
    const state = host(
      "route add default via 10.0.1.1 dev b src 10.0.0.10\nroute add default via 10.0.0.1 dev a table 100\nrule add priority 50 from 10.0.0.10 lookup 100",
    );
    const flow = { to: address("8.8.8.8") };
    expect(shown(output(compile(state), flow))).toBe("by b via 10.0.1.1 from 10.0.0.10");
    expect(shown(connect(compile(state), flow))).toBe("by a via 10.0.0.1 from 10.0.0.10");
    expect(shown(connect(compile(state), { ...flow, from: address("10.0.1.10") }))).toBe(
      "by b via 10.0.1.1 from 10.0.1.10",
    );
    expect(tracing(compile(state), flow, "connect").steps.map(({ text }) => text)).toContain(
      "the source is chosen; a second lookup with it",
    );
  });
});

describe("sockets bound to a device", () => {
  test("without a route the destination is taken for attached", () => {
    const outcome = output(compile(host("")), { to: address("8.8.8.8"), oif: "b" });
    expect(outcome).toMatchObject({
      kind: "route",
      pretended: true,
      hops: [{ device: "b", source: address("10.0.1.10") }],
    });
    expect(shown(outcome)).toContain("only taken for attached");
    expect(
      go(host("rule add priority 5 unreachable"), "8.8.8.8", { oif: "b", from: address("10.0.0.10") }),
    ).toContain("by b directly");
  });

  test("a device that is not there or down refuses", () => {
    expect(go(host(""), "8.8.8.8", { oif: "gone" })).toContain("no such device");
    const state = host("");
    const down = { ...state, links: state.links.map((link) => ({ ...link, up: false })) };
    expect(go(down, "8.8.8.8", { oif: "b" })).toBe("network unreachable (device is down)");
  });
});

describe("multicast and broadcast", () => {
  test("leave by the source's device without a lookup, or by the bound one", () => {
    const state = host("route add default via 10.0.1.1 dev b");
    expect(go(state, "239.1.1.1", { from: address("10.0.0.10") })).toBe(
      "multicast by a directly from 10.0.0.10",
    );
    expect(go(state, "255.255.255.255", { from: address("10.0.0.10") })).toBe(
      "broadcast by a directly from 10.0.0.10",
    );
    expect(go(state, "224.0.0.5", { oif: "a" })).toBe("multicast by a directly from 10.0.0.10");
    expect(go(state, "239.1.1.1", { from: address("192.0.2.1") })).toContain("source is not ours");
    // A default is no route for multicast: its gateway does not count.
    expect(go(state, "239.1.1.1")).toBe("multicast by b directly from 10.0.1.10");
    expect(go(state, "10.0.0.255")).toBe("broadcast by a directly from 10.0.0.10");
  });

  test("to 0.0.0.0 is to the host itself", () => {
    expect(go(host(""), "0.0.0.0")).toBe("delivered to the host itself");
  });
});

describe("what arrives", () => {
  const routes = "route add default via 10.0.0.1 dev a";
  const symmetric = `${routes}\nroute add default via 10.0.1.1 dev b table 100\nrule add priority 50 from 10.0.1.10 lookup 100`;

  test("for an address of the host is delivered", () => {
    expect(come(host(routes), "8.8.8.8", "10.0.0.10")).toBe("delivered to the host itself");
    expect(come(host(routes), "8.8.8.8", "10.0.1.10")).toBe("delivered to the host itself");
  });

  test.each([
    [0, "delivered", "delivered"],
    [1, "dropped by the reverse path check", "delivered"],
    [2, "delivered", "delivered"],
  ])(
    "rp_filter %i: by a device that the answer does not take, without and with a rule for the source",
    (rpFilter, alone, withRule) => {
      for (const name of ["all", "b"]) {
        const sysctls = { [`ipv4/conf/${name}/rp_filter`]: rpFilter };
        expect(come(host(routes, sysctls), "8.8.8.8", "10.0.1.10", { iif: "b" })).toContain(alone);
        expect(come(host(symmetric, sysctls), "8.8.8.8", "10.0.1.10", { iif: "b" })).toContain(withRule);
      }
    },
  );

  test("the stricter of all and device counts", () => {
    const sysctls = { "ipv4/conf/all/rp_filter": 2, "ipv4/conf/b/rp_filter": 1 };
    expect(come(host(routes, sysctls), "8.8.8.8", "10.0.1.10", { iif: "b" })).toContain("delivered");
  });

  test("without a way back it is dropped by either filter, and let in by none", () => {
    expect(come(host(""), "8.8.8.8", "10.0.0.10")).toContain("delivered");
    for (const rpFilter of [1, 2]) {
      expect(come(host("", { "ipv4/conf/a/rp_filter": rpFilter }), "8.8.8.8", "10.0.0.10")).toContain(
        "reverse path",
      );
    }
  });

  test("an own source from outside is dropped, unless the device may", () => {
    expect(come(host(routes), "10.0.1.10", "10.0.0.10")).toContain(
      "the way back to the source is a local route",
    );
    expect(come(host(routes, {}, ""), "10.0.1.10", "10.0.0.10")).toContain("is an address of this host");
    expect(come(host(routes, { "ipv4/conf/a/accept_local": 1 }), "10.0.1.10", "10.0.0.10")).toContain(
      "delivered",
    );
    expect(come(host(routes, { "ipv4/conf/all/accept_local": 1 }), "10.0.1.10", "10.0.0.10")).toContain(
      "delivered",
    );
  });

  test("the mark of the packet counts for the way back only where src_valid_mark says so", () => {
    const marked = `${routes}\nroute add default via 10.0.1.1 dev b table 100\nrule add priority 50 fwmark 0x7 lookup 100`;
    const strict = { "ipv4/conf/b/rp_filter": 1 };
    const flow = { iif: "b", mark: 7 };
    expect(come(host(marked, strict), "8.8.8.8", "10.0.1.10", flow)).toContain("reverse path");
    expect(
      come(host(marked, { ...strict, "ipv4/conf/b/src_valid_mark": 1 }), "8.8.8.8", "10.0.1.10", flow),
    ).toContain("delivered");
  });

  test("ports are looked at only if a rule that is not for the host alone asks for them", () => {
    const byPort = (selector: string): string => `${routes}\nrule add priority 50 ${selector} blackhole`;
    const flow = { protocol: 6, destinationPort: 22 };
    expect(come(host(byPort("ipproto tcp dport 22")), "8.8.8.8", "10.0.0.10", flow)).toContain("delivered");
    expect(
      come(
        host(`rule del priority 0\n${byPort("ipproto tcp dport 22")}\nrule add priority 60 lookup local`),
        "8.8.8.8",
        "10.0.0.10",
        flow,
      ),
    ).toContain("dropped as invalid");
    // The way back has the ports swapped.
    const strict = { "ipv4/conf/a/rp_filter": 1 };
    expect(
      come(host(byPort("from 10.0.0.10 ipproto tcp sport 22"), strict), "8.8.8.8", "10.0.0.10", flow),
    ).toContain("reverse path");
    expect(
      come(host(byPort("iif lo from 10.0.0.10 ipproto tcp sport 22"), strict), "8.8.8.8", "10.0.0.10", flow),
    ).toContain("delivered");
  });

  test("for others it is forwarded where the device forwards, the way back being checked for the egress", () => {
    const state = host(`${routes}\nroute add 198.51.100.0/24 via 10.0.1.7 dev b`);
    expect(come(state, "10.0.0.77", "198.51.100.1")).toBe("by b via 10.0.1.7");
    expect(come(state, "10.0.0.77", "198.51.100.1", { iif: "c" })).toContain("c does not forward");
    expect(come(host(`route add prohibit 198.51.100.0/24`), "10.0.0.77", "198.51.100.1")).toContain(
      "prohibited",
    );
    expect(
      come(host(`route add prohibit 198.51.100.0/24`), "10.0.0.77", "198.51.100.1", { iif: "c" }),
    ).toContain("no route to host");
    expect(come(host(`${routes}`, { "ipv4/conf/a/rp_filter": 1 }), "10.0.1.77", "198.51.100.1")).toContain(
      "reverse path",
    );
    const byEgress = `${routes}\nroute add default via 10.0.1.1 dev b table 100\nrule add priority 50 iif b lookup 100`;
    expect(
      come(
        host(`${byEgress}\nroute add 198.51.100.0/24 via 10.0.1.7 dev b`, { "ipv4/conf/a/rp_filter": 1 }),
        "8.8.8.8",
        "198.51.100.1",
      ),
    ).toContain("reverse path");
  });

  test.each([
    ["224.0.0.1", "10.0.0.10", "source is no host's"],
    ["255.255.255.255", "10.0.0.10", "source is no host's"],
    ["0.0.0.0", "10.0.0.10", "source is 0.0.0.0"],
    ["8.8.8.8", "0.0.0.0", "destination is 0.0.0.0"],
    ["127.0.0.1", "10.0.0.10", "a loopback address from outside"],
    ["8.8.8.8", "127.0.0.1", "a loopback address from outside"],
    ["8.8.8.8", "239.1.1.1", "multicast group is not modelled"],
  ])("from %s to %s: %s", (from, to, why) => {
    expect(come(host(routes), from, to)).toContain(why);
  });

  test("broadcasts are taken, limited and directed", () => {
    expect(come(host(routes), "10.0.0.77", "255.255.255.255")).toBe("broadcast by lo directly");
    expect(come(host(routes), "0.0.0.0", "255.255.255.255")).toBe("broadcast by lo directly");
    expect(come(host(routes), "10.0.0.77", "10.0.0.255")).toBe("broadcast by lo directly");
    expect(come(host(routes, { "ipv4/conf/a/rp_filter": 1 }), "10.0.1.77", "255.255.255.255")).toContain(
      "reverse path",
    );
  });

  test("by a device without an address only the strictness of the filter counts", () => {
    expect(come(host(routes, {}), "8.8.8.8", "10.0.0.10", { iif: "c" })).toContain("delivered");
    expect(
      come(host(routes, { "ipv4/conf/c/rp_filter": 2 }), "8.8.8.8", "10.0.0.10", { iif: "c" }),
    ).toContain("reverse path");
    expect(come(host(routes), "8.8.8.8", "10.0.0.10", { iif: "gone" })).toContain("no such device");
  });

  test("its trace shows the way back within the way in", () => {
    const { steps } = tracing(compile(host(routes, { "ipv4/conf/a/rp_filter": 1 })), {
      from: address("8.8.8.8"),
      to: address("10.0.0.10"),
      iif: "a",
    });
    expect(steps.map(({ depth, text }) => `${"  ".repeat(depth)}${text}`)).toEqual([
      "0: from all lookup local: matches",
      "  local 10.0.0.10 dev a src 10.0.0.10 table local: taken",
      "the reverse path check (rp_filter 1) looks up the way back to the source",
      "  0: from all lookup local: matches",
      "    no route fits; on to the next rule",
      "  500: from 192.0.2.99 lookup 99: does not match",
      "  32766: from all lookup main: matches",
      "    default via 10.0.0.1 dev a table main: taken",
    ]);
  });
});
