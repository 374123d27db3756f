import { LinuxState, readCapture, readDumps } from "../../lib/linux";
import { MAX_DUMP_BYTES, MAX_ENTRIES, readArray } from "../../lib/linux/read/entries";
import { Gap } from "../../lib/linux/state";
import { address, prefix } from "./support/hosts";

/** The readers' answers whole, field by field: nothing else may be in them, and nothing may be missing. */

const BARE = {
  link: JSON.stringify([{ ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP", "LOWER_UP"] }]),
  addr: "[]",
  rule4: JSON.stringify([{ priority: 0, src: "all", table: "255" }]),
  rule6: "",
  route4: "",
  route6: "",
  sysctl: "ipv4/conf/all/rp_filter:0",
};

const read = (more: Partial<Record<keyof typeof BARE, unknown>>): LinuxState =>
  readDumps({
    ...BARE,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)])),
  }); // prettier-ignore
const problems = (state: LinuxState): string[] =>
  state.gaps.map(({ where, position, kind, problem }) => `${where}, ${position}, ${kind}: ${problem}`);

describe("links", () => {
  const link = (fields: object) => read({ link: [{ ifindex: 7, ifname: "eth0", ...fields }] });
  const PLAIN = {
    index: 7,
    name: "eth0",
    up: false,
    carrier: false,
    loopback: false,
    group: 0,
    kind: undefined,
    master: undefined,
    vrfTable: undefined,
    mac: undefined,
  };

  test.each([
    [{}, {}],
    [{ flags: ["UP"] }, { up: true }],
    [{ flags: ["LOWER_UP"] }, { carrier: true }],
    [{ flags: ["LOOPBACK"] }, { loopback: true }],
    [{ flags: ["NO-CARRIER", "BROADCAST"] }, {}],
    [{ group: "default" }, { group: 0 }],
    [{ group: "77" }, { group: 77 }],
    [{ group: 77 }, { group: 77 }],
    [{ address: "02:00:00:00:00:0A" }, { mac: "02:00:00:00:00:0a" }],
    [{ linkinfo: { info_kind: "vlan", info_data: { table: 5 } } }, { kind: "vlan" }],
    [{ linkinfo: { info_kind: "vrf" } }, { kind: "vrf" }],
    [{ linkinfo: { info_kind: "vrf", info_data: { table: "main" } } }, { kind: "vrf", vrfTable: 254 }],
    [{ linkinfo: { info_data: { table: 5 } } }, {}],
    [{ linkinfo: "vrf" }, {}],
    [{ linkinfo: [] }, {}],
    [{ linkinfo: null }, {}],
    [{ master: "br0" }, { master: "br0" }],
  ])("%j", (fields, want) => {
    const { links, gaps } = link(fields);
    expect(gaps).toEqual([]);
    expect(links).toEqual([{ ...PLAIN, ...want }]);
  });

  test.each([
    [{ ifname: "" }, "it has no ifindex and ifname"],
    [{ ifname: undefined }, "it has no ifindex and ifname"],
    [{ ifindex: undefined }, "it has no ifindex and ifname"],
    [{ ifindex: undefined, ifname: undefined }, "it has no ifindex and ifname"],
    [{ ifname: 5 }, 'ifname is "5", not text'],
    [{ ifindex: -1 }, 'ifindex is "-1", not a number from 0 to 4294967295'],
    [{ ifindex: 1.5 }, 'ifindex is "1.5", not a number from 0 to 4294967295'],
    [{ ifindex: 4294967296 }, 'ifindex is "4294967296", not a number from 0 to 4294967295'],
    [{ ifindex: true }, 'ifindex is "true", not a number from 0 to 4294967295'],
  ])("of a damaged one, %j, nothing is kept and one thing is said", (fields, problem) => {
    const { links, gaps } = read({ link: [{ ifindex: 1, ifname: "lo" }, { ifindex: 7, ifname: "eth0", ...fields }] }); // prettier-ignore
    expect(links.map(({ name }) => name)).toEqual(["lo"]);
    expect(gaps).toEqual([{ where: "ip link", position: "entry 2", kind: "unreadable", problem }]);
  });

  test("flags that are no list are named", () => {
    expect(problems(link({ flags: "UP" }))).toEqual([
      'ip link, entry 1, unreadable: flags is "UP", not a list',
    ]);
  });
});

describe("numbers", () => {
  const index = (ifindex: unknown): number | undefined =>
    read({ link: [{ ifindex, ifname: "x" }] }).links[0]?.index;

  test.each([
    ["0", 0], ["12", 12], ["0x1f", 31], ["0XA", undefined], ["0xFF", 255], ["", undefined], [" 1", undefined], ["1 ", undefined],
    ["1a", undefined], ["a1", undefined], ["0x", undefined], ["0xg", undefined], ["x0x1", undefined], ["-1", undefined],
    [4294967295, 4294967295], ["4294967295", 4294967295], ["4294967296", undefined], [null, undefined], [[], undefined],
  ])("%j is read as %p", (text, want) => expect(index(text)).toBe(want)); // prettier-ignore
});

describe("addresses", () => {
  const PLAIN = {
    link: "eth0",
    address: address("10.0.0.10"),
    length: 24,
    peer: undefined,
    scope: 0,
    secondary: false,
    deprecated: false,
    tentative: false,
    dadFailed: false,
    optimistic: false,
    home: false,
    noPrefixRoute: false,
    unmodelled: [],
  };
  const one = (fields: object) =>
    read({ addr: [{ ifname: "eth0", addr_info: [{ local: "10.0.0.10", prefixlen: 24, ...fields }] }] });

  test.each([
    [{}, {}],
    [{ scope: "link" }, { scope: 253 }],
    [{ scope: "host" }, { scope: 254 }],
    [{ scope: 200 }, { scope: 200 }],
    [{ secondary: true }, { secondary: true }],
    [{ secondary: false }, {}],
    [{ temporary: true }, { secondary: true }],
    [{ deprecated: null }, { deprecated: true }],
    [{ tentative: true }, { tentative: true }],
    [{ dadfailed: true }, { dadFailed: true }],
    [{ optimistic: true }, { optimistic: true }],
    [{ home: true }, { home: true }],
    [{ noprefixroute: true }, { noPrefixRoute: true }],
    [{ address: "10.9.0.1" }, { peer: address("10.9.0.1") }],
    [{ address: "nobody" }, {}],
    [{ colour: 1, shape: 2 }, { unmodelled: ["colour", "shape"] }],
  ])("%j", (fields, want) => {
    const { addresses, gaps } = one(fields);
    expect(gaps).toEqual([]);
    expect(addresses).toEqual([{ ...PLAIN, ...want }]);
  });

  test("what has no bearing on routing is passed over", () => {
    const harmless = [
      "family", "broadcast", "anycast", "label", "metric", "protocol", "dynamic", "nodad", "mngtmpaddr", "autojoin",
      "stable-privacy", "valid_life_time", "preferred_life_time", "cacheinfo",
    ]; // prettier-ignore
    expect(one(Object.fromEntries(harmless.map((key) => [key, 1]))).addresses).toEqual([PLAIN]);
  });

  test.each([
    [{ prefixlen: undefined }, ["an address without its prefix length"]],
    [{ prefixlen: 129 }, ['prefixlen is "129", not a number from 0 to 128', "an address without its prefix length"]],
    [{ local: "x" }, ['local is "x", not an address (not an IPv4 or IPv6 address)', "an address without its prefix length"]],
    [{ local: 5 }, ['local is "5", not text', "an address without its prefix length"]],
  ])("of a damaged one, %j, nothing is kept", (fields, want) => {
    const state = one(fields);
    expect(state.addresses).toEqual([]);
    expect(problems(state)).toEqual(want.map((problem) => `ip addr, entry 1, unreadable: ${problem}`));
  }); // prettier-ignore

  test("beside what is none, and without a device, none is made up", () => {
    const list = [7, {}, null, { local: "10.0.0.10", prefixlen: 24 }];
    expect(read({ addr: [{ ifname: "eth0", addr_info: list }] }).addresses).toEqual([PLAIN]);
    const lost = read({ addr: [{ addr_info: list }, { ifname: "eth1" }] });
    expect(lost.addresses).toEqual([]);
    expect(lost.gaps).toEqual([]);
  });
});

describe("rules", () => {
  const PLAIN = {
    priority: 9,
    not: false,
    from: undefined,
    to: undefined,
    iif: undefined,
    oif: undefined,
    mark: undefined,
    tos: undefined,
    uids: undefined,
    protocol: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
    tunnelId: undefined,
    l3mdev: false,
    action: { kind: "lookup", table: 7 },
    suppressPrefixLength: undefined,
    suppressGroup: undefined,
    origin: 0,
    unmodelled: [],
  };
  const rule = (fields: object, family: 4 | 6 = 4) =>
    read({ [`rule${family}`]: [{ priority: 9, src: "all", table: "7", ...fields }] });

  test.each([
    [{}, {}],
    [{ src: undefined }, {}],
    [{ priority: undefined }, { priority: 0 }],
    [{ not: null }, { not: true }],
    [{ not: false }, {}],
    [{ src: "10.0.0.0", srclen: 8 }, { from: prefix("10.0.0.0/8") }],
    [{ src: "10.0.0.1" }, { from: prefix("10.0.0.1/32") }],
    [{ src: "0", srclen: 8 }, { from: prefix("0.0.0.0/8") }],
    [{ dst: "10.0.0.0", dstlen: "8" }, { to: prefix("10.0.0.0/8") }],
    [{ dst: "all" }, {}],
    [{ iif: "lo", iif_detached: null }, { iif: "lo" }],
    [{ oif: "lo", oif_detached: null }, { oif: "lo" }],
    [{ fwmark: "0x10" }, { mark: { value: 16, mask: 0xffffffff } }],
    [{ fwmask: "0xf" }, { mark: { value: 0, mask: 15 } }],
    [{ tos: "0x10" }, { tos: 16 }],
    [{ tos: 255 }, { tos: 255 }],
    [{ uid_start: 5 }, { uids: [5, 0xffffffff] }],
    [{ uid_end: 5 }, { uids: [0, 5] }],
    [{ uid_start: 5, uid_end: 6 }, { uids: [5, 6] }],
    [{ ipproto: "tcp" }, { protocol: 6 }],
    [{ ipproto: "ipproto-6" }, { protocol: 6 }],
    [{ ipproto: "ipproto-254" }, { protocol: 254 }],
    [{ ipproto: 1 }, { protocol: 1 }],
    [{ sport: 65535 }, { sourcePorts: [65535, 65535] }],
    [{ sport_start: 5 }, { sourcePorts: [5, 65535] }],
    [{ sport_end: 5 }, { sourcePorts: [0, 5] }],
    [{ dport_start: 5, dport_end: 6 }, { destinationPorts: [5, 6] }],
    [{ tun_id: 9 }, { tunnelId: "9" }],
    [{ tun_id: "9" }, { tunnelId: "9" }],
    [{ suppress_prefixlen: 0 }, { suppressPrefixLength: 0 }],
    [{ suppress_prefixlen: 128 }, { suppressPrefixLength: 128 }],
    [{ suppress_ifgroup: "default" }, { suppressGroup: 0 }],
    [{ suppress_ifgroup: "77" }, { suppressGroup: 77 }],
    [{ protocol: "kernel" }, { origin: 2 }],
    [{ table: "default" }, { action: { kind: "lookup", table: 253 } }],
    [{ table: "0x10" }, { action: { kind: "lookup", table: 16 } }],
    [{ l3mdev: null }, { l3mdev: true }],
    [
      { l3mdev: null, table: undefined },
      { l3mdev: true, action: { kind: "lookup", table: 0 } },
    ],
    [{ nop: null }, { action: { kind: "nop" }, unmodelled: ["table"] }],
    [{ nop: false }, {}],
    [{ table: undefined, goto: "none" }, { action: { kind: "goto", priority: 0 } }],
    [{ table: undefined, goto: "12", unresolved: null }, { action: { kind: "goto", priority: 12 } }],
    [{ table: undefined, action: 7 }, { action: { kind: "unreachable" } }],
    [{ table: undefined, action: "blackhole" }, { action: { kind: "blackhole" } }],
    [{ table: undefined, action: "prohibit" }, { action: { kind: "prohibit" } }],
    [{ colour: 1 }, { unmodelled: ["colour"] }],
  ])("%j", (fields, want) => {
    const { rules, gaps } = rule(fields);
    expect(gaps).toEqual([]);
    expect(rules[4]).toEqual([{ ...PLAIN, ...want }]);
  });

  test("IPv6: an address without a length, the bare 0, and the other family", () => {
    expect(rule({ src: "2001:db8::1" }, 6).rules[6]).toEqual([{ ...PLAIN, from: prefix("2001:db8::1/128") }]);
    expect(rule({ src: "0", srclen: 8 }, 6).rules[6]).toEqual([{ ...PLAIN, from: prefix("::/8") }]);
    expect(rule({ src: "2001:db8::", srclen: 128 }, 6).rules[6]).toEqual([{ ...PLAIN, from: prefix("2001:db8::/128") }]); // prettier-ignore
    expect(problems(rule({ src: "10.0.0.1" }, 6))).toEqual(['ip -6 rule, entry 1, unreadable: src is "10.0.0.1", not an IPv6 address']); // prettier-ignore
  });

  test.each([
    [{ tos: 256 }, 'tos is "256", not a number from 0 to 255'],
    [{ src: "10.0.0.0", srclen: 33 }, 'srclen is "33", not a number from 0 to 32'],
    [{ sport: 65536 }, 'sport is "65536", not a number from 0 to 65535'],
    [{ sport_start: 65536 }, 'sport_start is "65536", not a number from 0 to 65535'],
    [{ dport_end: 65536 }, 'dport_end is "65536", not a number from 0 to 65535'],
    [{ suppress_prefixlen: 129 }, 'suppress_prefixlen is "129", not a number from 0 to 128'],
    [{ suppress_ifgroup: "blue" }, 'suppress_ifgroup is "blue", not a group number; use ip -N'],
    [{ ipproto: "ipproto-1234" }, 'ipproto is "ipproto-1234", not an IP protocol; use ip -N'],
    [{ ipproto: "xipproto-1" }, 'ipproto is "xipproto-1", not an IP protocol; use ip -N'],
    [{ ipproto: "ipproto-1x" }, 'ipproto is "ipproto-1x", not an IP protocol; use ip -N'],
    [{ table: "toString" }, 'table is "toString", not a table number, or local, main or default; use ip -N'],
    [{ table: true }, 'table is "true", not a table number, or local, main or default; use ip -N'],
    [{ table: "12x" }, 'table is "12x", not a table number, or local, main or default; use ip -N'],
    [{ table: "x12" }, 'table is "x12", not a table number, or local, main or default; use ip -N'],
    [{ table: "ab" }, 'table is "ab", not a number from 0 to 4294967295'],
    [{ fwmark: "x" }, 'fwmark is "x", not a number from 0 to 4294967295'],
  ])("a damaged one, %j, is kept for its priority alone", (fields, problem) => {
    const state = rule({ iif: "lo", protocol: "77", ...fields });
    expect(problems(state)).toEqual([`ip -4 rule, entry 1, unreadable: ${problem}`]);
    const [{ unmodelled, action, ...rest }] = state.rules[4];
    expect(rest).toEqual({ priority: 9, not: false, l3mdev: false, origin: 77 });
    expect(unmodelled).toEqual([problem]);
    expect(action.kind).toBe("lookup");
  });

  test("one without an action says so", () => {
    expect(problems(rule({ table: undefined }))).toEqual([
      "ip -4 rule, entry 1, unreadable: it has no action",
    ]);
    expect(problems(rule({ table: undefined, action: "dance" }))).toEqual([
      'ip -4 rule, entry 1, unreadable: action is "dance", not an action that is known',
      "ip -4 rule, entry 1, unreadable: it has no action",
    ]);
  });
});

describe("routes", () => {
  const HOP = { link: "eth0", via: undefined, weight: 1, onLink: false, dead: false, linkDown: false };
  const PLAIN = {
    table: 7,
    type: "unicast",
    to: prefix("10.9.0.0/16"),
    from: undefined,
    tos: 0,
    metric: 0,
    scope: 0,
    source: undefined,
    hops: [HOP],
    nexthopObject: false,
    preference: "medium",
    origin: 0,
    unmodelled: [],
  };
  const route = (fields: object, family: 4 | 6 = 4) =>
    read({ [`route${family}`]: [{ dst: family === 4 ? "10.9.0.0/16" : "2001:db8::/32", dev: "eth0", table: "7", ...fields }] }); // prettier-ignore

  test.each([
    [{}, {}],
    [{ table: undefined }, { table: 254 }],
    [{ type: "unicast" }, {}],
    [{ type: "2" }, { type: "local" }],
    [{ type: "broadcast" }, { type: "broadcast" }],
    [{ dst: "10.9.0.1" }, { to: prefix("10.9.0.1/32") }],
    [{ dst: "default" }, { to: prefix("0.0.0.0/0") }],
    [{ dst: "0.0.0.0/0" }, { to: prefix("0.0.0.0/0") }],
    [{ dst: "10.9.0.0/32" }, { to: prefix("10.9.0.0/32") }],
    [{ tos: "0x10" }, { tos: 16 }],
    [{ metric: 5 }, { metric: 5 }],
    [{ scope: "link" }, { scope: 253 }],
    [{ prefsrc: "10.0.0.10" }, { source: address("10.0.0.10") }],
    [{ pref: "low" }, { preference: "low" }],
    [{ pref: "medium" }, {}],
    [{ pref: "high" }, { preference: "high" }],
    [{ protocol: "static" }, { origin: 4 }],
    [{ gateway: "10.0.0.1" }, { hops: [{ ...HOP, via: address("10.0.0.1") }] }],
    [{ via: { family: "inet6", host: "fe80::1" } }, { hops: [{ ...HOP, via: address("fe80::1") }] }],
    [{ flags: ["onlink"] }, { hops: [{ ...HOP, onLink: true }] }],
    [{ flags: ["dead"] }, { hops: [{ ...HOP, dead: true }] }],
    [{ flags: ["linkdown"] }, { hops: [{ ...HOP, linkDown: true }] }],
    [{ flags: ["offload", "rt_trap", "pervasive"] }, {}],
    [{ flags: ["odd", 5] }, { unmodelled: ['flag "odd"', 'flag "5"'] }],
    [{ dev: undefined }, { hops: [] }],
    [{ type: "7", flags: ["dead"] }, { type: "unreachable", hops: [HOP] }],
    [{ type: "8", gateway: "10.0.0.1", flags: ["dead"] }, { type: "prohibit", hops: [{ ...HOP, via: address("10.0.0.1") }] }],
    [{ type: "6", gateway: "10.0.0.1", flags: ["dead"] }, { type: "blackhole", hops: [{ ...HOP, via: address("10.0.0.1") }] }],
    [{ type: "9", gateway: "10.0.0.1", flags: ["linkdown"] }, { type: "throw", hops: [{ ...HOP, via: address("10.0.0.1") }] }],
    [{ type: "local", gateway: "10.0.0.1" }, { type: "local", hops: [{ ...HOP, via: address("10.0.0.1") }] }],
    [{ colour: 1 }, { unmodelled: ["colour"] }],
    [{ nhid: 5 }, { nexthopObject: true }],
    [{ nhid: 5, nh_info: { id: 5, group: [], gateway: "", via: {}, dev: "", scope: 0, protocol: 0, flags: [], blackhole: null } }, { nexthopObject: true }],
    [{ nhid: 5, nh_info: { id: 5, colour: 1 } }, { nexthopObject: true, unmodelled: ["nexthop object has \"colour\""] }],
    [{ nhid: 5, nh_info: 7 }, { nexthopObject: true }],
    [{ nhid: 5, nh_info: null }, { nexthopObject: true }],
    [{ nhid: 5, dev: undefined }, { nexthopObject: true, hops: [], unmodelled: ["nhid without its hops"] }],
    [{ nhid: 5, dev: undefined, nexthops: [{ dev: "a" }] }, { nexthopObject: true, hops: [{ ...HOP, link: "a" }] }],
    [{ nh_info: {} }, { unmodelled: ["nh_info"] }],
    [{ nexthops: [] }, {}],
    [{ dev: undefined, flags: [], nexthops: [{ dev: "a" }] }, { hops: [{ ...HOP, link: "a" }] }],
    [{ dev: undefined, nexthops: [{ dev: "a", weight: 65536, flags: [], colour: 1 }] }, { hops: [{ ...HOP, link: "a", weight: 65536 }], unmodelled: ["nexthop has colour"] }],
  ])("%j", (fields, want) => {
    const { routes, gaps } = route(fields);
    expect(gaps).toEqual([]);
    expect(routes[4]).toEqual([{ ...PLAIN, ...want }]);
  }); // prettier-ignore

  test("what has no bearing on where packets go is passed over", () => {
    const harmless = [
      "metrics",
      "expires",
      "cache",
      "age",
      "used",
      "error",
      "users",
      "hoplimit",
      "advmss",
      "mtu",
    ];
    expect(route(Object.fromEntries(harmless.map((key) => [key, 1]))).routes[4][0].unmodelled).toEqual([]);
  });

  test("IPv6: by source", () => {
    const { routes, gaps } = route({ from: "2001:db8:1::/48" }, 6);
    expect(gaps).toEqual([]);
    expect(routes[6][0].from).toEqual(prefix("2001:db8:1::/48"));
  });

  test.each([
    [{ type: "0" }, 'type is "0", not a route type that is known'],
    [{ type: "10" }, 'type is "10", not a route type that is known'],
    [{ type: "fine" }, 'type is "fine", not a route type that is known'],
    [{ tos: 256 }, 'tos is "256", not a number from 0 to 255'],
    [{ dst: undefined }, "it has no destination"],
    [{ dst: "10.9.0.0/33" }, 'dst is "10.9.0.0/33", not an IPv4 prefix'],
    [{ dst: "10.9.0.0/1x" }, 'dst is "10.9.0.0/1x", not an IPv4 prefix'],
    [{ dst: "10.9.0.0/x1" }, 'dst is "10.9.0.0/x1", not an IPv4 prefix'],
    [{ dst: "10.9.0.0/0016" }, 'dst is "10.9.0.0/0016", not an IPv4 prefix'],
    [{ dst: "10.9.0.0/" }, 'dst is "10.9.0.0/", not an IPv4 prefix'],
    [{ dst: "/16" }, 'dst is "/16", not an IPv4 prefix'],
    [{ dst: 5 }, 'dst is "5", not text'],
    [{ prefsrc: "x" }, 'prefsrc is "x", not an address (not an IPv4 or IPv6 address)'],
    [{ from: "x" }, 'from is "x", not an IPv4 prefix'],
    [{ scope: "blue" }, 'scope is "blue", not a scope'],
    [{ via: { host: "x" } }, 'via is "{"host":"x"}", not an address with its family'],
    [{ via: 5 }, 'via is "5", not an address with its family'],
    [{ nexthops: [{ weight: 1 }] }, 'nexthops is "{"weight":1}", not a next hop with a device'],
    [{ nexthops: [{ dev: "a", weight: 65537 }] }, 'weight is "65537", not a number from 0 to 65536'],
    [{ nexthops: ["a"] }, 'nexthops is "a", not a list of objects'],
  ])("a damaged one, %j, is named", (fields, problem) => {
    const state = route(fields);
    expect(problems(state)).toEqual([`ip -4 route, entry 1, unreadable: ${problem}`]);
    for (const { unmodelled, hops } of state.routes[4]) {
      expect(unmodelled).toContain(problem);
      expect(hops.every((hop) => hop !== undefined)).toBe(true);
    }
  });
});

describe("a dump that is none", () => {
  test.each([
    ["[", "line 1, column 2", "unreadable", "not JSON; is it cut off?"],
    ["{}", "line 1", "unreadable", "not a JSON array, as ip -j prints"],
    [" ".repeat(MAX_DUMP_BYTES + 1), `byte ${MAX_DUMP_BYTES}`, "limit", "the dump is too long to be read"],
  ])("%# gives one problem, and nothing else", (text, position, kind, problem) => {
    const gaps: Gap[] = [];
    expect(readArray("here", text, gaps)).toEqual([]);
    expect(gaps).toEqual([{ where: "here", position, kind, problem }]);
  });

  test("of more entries than are read the first are read", () => {
    const gaps: Gap[] = [];
    const most = `[${"0,".repeat(MAX_ENTRIES - 1)}0]`;
    expect(readArray("here", most, gaps)).toHaveLength(MAX_ENTRIES);
    expect(gaps).toEqual([]);
    expect(readArray("here", `[0,${most.slice(1)}`, gaps)).toHaveLength(MAX_ENTRIES);
    expect(gaps).toEqual([
      {
        where: "here",
        position: `entry ${MAX_ENTRIES + 1}`,
        kind: "limit",
        problem: "more entries than are read",
      },
    ]);
  });

  test("has flags that are no list", () => {
    const { gaps, routes } = read({ route4: [{ dst: "default", dev: "eth0", flags: "onlink" }] });
    expect(gaps.map(({ problem }) => problem)).toEqual(['flags is "onlink", not a list']);
    expect(routes[4][0].unmodelled).toEqual(['flags is "onlink", not a list']);
  });
});

describe("what is said of values", () => {
  const said = (value: unknown): string =>
    read({ rule4: [{ priority: 9, src: value, table: "7" }] }).gaps[0].problem;

  test("is short, on one line, and printable", () => {
    expect(said("x".repeat(60))).toBe(`src is "${"x".repeat(60)}", not an IPv4 address`);
    expect(said("x".repeat(61))).toBe(`src is "${"x".repeat(57)}...", not an IPv4 address`);
    expect(said("a\nb\u007fc é ~")).toBe('src is "a\\u000ab\\u007fc \\u00e9 ~", not an IPv4 address');
  });
});

describe("sysctls", () => {
  test.each([
    ["ipv4/conf/all/rp_filter:1", { "ipv4/conf/all/rp_filter": 1 }],
    ["ipv4/conf/all/rp_filter = 2", { "ipv4/conf/all/rp_filter": 2 }],
    ["net/ipv6/conf/all/forwarding=1", { "ipv6/conf/all/forwarding": 1 }],
    ["/proc/sys/net/ipv6/conf/all/forwarding: 1 ", { "ipv6/conf/all/forwarding": 1 }],
    ["net.ipv4.conf.eth0/5.rp_filter=-1", { "ipv4/conf/eth0.5/rp_filter": -1 }],
    ["net.ipv6.conf.all.forwarding  =  12 ", { "ipv6/conf/all/forwarding": 12 }],
    ["ipv4/ip_local_port_range:32768\t60999", {}],
    ["ipv6/conf/all/stable_secret:", {}],
    ["ipv4/a:1x", {}],
    ["ipv4/a:x1", {}],
    ["  ", {}],
  ])("%j", (line, want) => {
    const { sysctls, gaps } = read({ sysctl: `ipv4/known:7\n${line}` });
    expect(gaps).toEqual([]);
    expect(sysctls).toEqual({ "ipv4/known": 7, ...want });
  });

  test.each(["hello", "ipv5/conf:1", "xipv4/conf:1", "xnet.ipv4.conf = 1", "net.ipv4. = 1 2", "ipv4/:1", "kernel.pid_max = 5"])(
    "%j is none",
    (line) => {
      const { sysctls, gaps } = read({ sysctl: `ipv4/known:7\n${line}` });
      if (line === "net.ipv4. = 1 2") return expect(sysctls).toEqual({ "ipv4/known": 7 });
      expect(sysctls).toEqual({ "ipv4/known": 7 });
      expect(gaps).toEqual([{ where: "sysctl", position: "line 2", kind: "unreadable", problem: `"${line}" is no sysctl` }]);
    },
  ); // prettier-ignore
});

test("line ends of another system are no part of a sysctl's value", () => {
  const { sysctls, gaps } = read({ sysctl: "ipv4/a:1\r\nnet.ipv4.b = 2\r\n" });
  expect(gaps).toEqual([]);
  expect(sysctls).toEqual({ "ipv4/a": 1, "ipv4/b": 2 });
});

describe("what is missing", () => {
  const whole = Object.entries({ ...BARE, kernel: " 6.1 \n" })
    .map(([name, body]) => `### multihome ${name}\n${body}\n`)
    .join("");

  test("an IPv6 without rules is none, unless something has an IPv6 address", () => {
    const six = { addr: [{ ifname: "lo", addr_info: [{ local: "::1", prefixlen: 128 }] }] };
    expect(problems(read(six))).toEqual(["ip -6 rule, line 1, missing: it lists no rule"]);
    expect(problems(read({ rule4: "[]" }))).toEqual(["ip -4 rule, line 1, missing: it lists no rule"]);
    expect(problems(read({}))).toEqual([]);
    expect(problems(read({ link: "[]" }))).toEqual(["ip link, line 1, missing: it lists no device"]);
    expect(problems(read({ sysctl: " \n" }))).toEqual(["sysctl, line 1, missing: it lists no value"]);
  });

  test("a capture's end tells whether it is whole", () => {
    expect(problems(readCapture(`${whole}### multihome end\n`))).toEqual([]);
    expect(readCapture(`${whole}### multihome end\n`).kernel).toBe("6.1");
    expect(problems(readCapture(whole))).toEqual([
      "capture, line 18, missing: it ends within kernel; is it cut off?",
    ]);
    expect(readCapture(whole).kernel).toBe("6.1");
    expect(problems(readCapture("hello\n"))[0]).toBe("capture, line 2, unreadable: not a capture");
    expect(problems(readCapture("hello\n")).filter((text) => text.includes("no section"))).toEqual([]);
  });

  test("a section that is missing is named; the kernel's release need not be there", () => {
    const without = (name: string): string =>
      `${whole}### multihome end\n`.replace(new RegExp(`### multihome ${name}\\n[^#]*`), "");
    expect(problems(readCapture(without("route6")))).toEqual(["capture, end, missing: no section route6"]);
    expect(problems(readCapture(without("kernel")))).toEqual([]);
    expect(readCapture(without("kernel")).kernel).toBeUndefined();
  });
});
