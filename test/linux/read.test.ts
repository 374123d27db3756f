import { formatPrefix } from "../../lib/net";
import {
  CAPTURE_COMMAND,
  LinuxState,
  compile,
  input,
  output,
  prove,
  readCapture,
  readDumps,
} from "../../lib/linux";
import { address, intentOf, nics } from "./support/hosts";

const LINK = JSON.stringify([
  { ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP", "LOWER_UP"], group: "default" },
  {
    ifindex: 3,
    ifname: "eth0",
    flags: ["BROADCAST", "UP"],
    group: "77",
    address: "02:00:00:00:01:0A",
    master: "red",
    linkinfo: { info_kind: "veth" },
  },
  {
    ifindex: 4,
    ifname: "red",
    flags: ["UP"],
    group: "0",
    linkinfo: { info_kind: "vrf", info_data: { table: 1002 } },
  },
]);

const dumps = (more: Partial<Parameters<typeof readDumps>[0]> = {}): Parameters<typeof readDumps>[0] => ({
  link: LINK,
  addr: "[]",
  rule4: JSON.stringify([{ priority: 0, src: "all", table: "local" }]),
  rule6: "",
  route4: "",
  route6: "",
  sysctl: "ipv4/conf/all/rp_filter:0",
  ...more,
});

const rule = (fields: object): LinuxState => readDumps(dumps({ rule4: JSON.stringify([fields]) }));
const route = (fields: object, family: 4 | 6 = 4): LinuxState =>
  readDumps(dumps({ [`route${family}`]: JSON.stringify([fields]) }));

describe("links and addresses", () => {
  test("a link's flags, group, kind, master and VRF table", () => {
    const { links, gaps } = readDumps(dumps());
    expect(gaps).toEqual([]);
    expect(links[0]).toMatchObject({
      index: 1,
      name: "lo",
      up: true,
      carrier: true,
      loopback: true,
      group: 0,
    });
    expect(links[1]).toMatchObject({
      up: true,
      carrier: false,
      loopback: false,
      group: 77,
      kind: "veth",
      master: "red",
    });
    expect(links[1].mac).toBe("02:00:00:00:01:0a");
    expect(links[2]).toMatchObject({ kind: "vrf", vrfTable: 1002 });
  });

  test("addresses with their flags; unknown attributes are kept by name", () => {
    const addr = JSON.stringify([
      {
        ifname: "eth0",
        addr_info: [
          {
            family: "inet",
            local: "10.0.0.10",
            prefixlen: 24,
            scope: "global",
            label: "eth0",
            valid_life_time: 5,
          },
          { family: "inet", local: "10.0.0.11", prefixlen: 24, scope: "253", secondary: true },
          { family: "inet", local: "10.9.0.1", address: "10.9.0.2", prefixlen: 32, scope: "global" },
          {
            family: "inet6",
            local: "fd00::1",
            prefixlen: 64,
            scope: "global",
            deprecated: true,
            tentative: true,
            home: true,
          },
          {
            family: "inet6",
            local: "fd00::2",
            prefixlen: 64,
            temporary: true,
            dadfailed: true,
            optimistic: true,
            noprefixroute: true,
            colour: 3,
          },
          {},
        ],
      },
    ]);
    const { addresses, gaps } = readDumps(dumps({ addr, rule6: "[]" }));
    expect(gaps.map(({ where }) => where)).toEqual(["ip -6 rule"]);
    expect(addresses.map(({ length, scope, secondary }) => [length, scope, secondary])).toEqual([
      [24, 0, false],
      [24, 253, true],
      [32, 0, false],
      [64, 0, false],
      [64, 0, true],
    ]);
    expect(addresses[2].peer).toEqual(address("10.9.0.2"));
    expect(addresses[3]).toMatchObject({
      deprecated: true,
      tentative: true,
      home: true,
      optimistic: false,
      dadFailed: false,
    });
    expect(addresses[4]).toMatchObject({
      dadFailed: true,
      optimistic: true,
      noPrefixRoute: true,
      unmodelled: ["colour"],
    });
    expect(addresses[0].unmodelled).toEqual([]);
  });

  test.each([
    [{ ifname: "eth0" }, "it has no ifindex and ifname"],
    [{ ifindex: "x", ifname: "eth0" }, 'ifindex is "x", not a number from 0 to 4294967295'],
    [{ ifindex: 1, ifname: "a", group: "blue" }, 'group is "blue", not a group number; use ip -N'],
    [7, '"7" is not an object'],
  ])("a damaged link is named: %j", (link, problem) => {
    const { gaps } = readDumps(dumps({ link: JSON.stringify([{ ifindex: 1, ifname: "lo" }, link]) }));
    expect(gaps).toEqual([{ where: "ip link", position: "entry 2", kind: "unreadable", problem }]);
  });
});

describe("rules", () => {
  test("every selector and suppressor", () => {
    const { rules, gaps } = rule({
      priority: 100,
      not: null,
      src: "10.1.0.0",
      srclen: 24,
      dst: "10.2.0.9",
      tos: "0x10",
      fwmark: "0x10",
      fwmask: "0xff",
      iif: "lo",
      oif: "gone",
      oif_detached: null,
      uid_start: 0,
      uid_end: 10,
      ipproto: "tcp",
      sport_start: 10,
      sport_end: 20,
      dport: 80,
      table: "1001",
      suppress_prefixlen: 1,
      suppress_ifgroup: "77",
      protocol: "77",
    });
    expect(gaps).toEqual([]);
    const [read] = rules[4];
    expect(read).toMatchObject({
      priority: 100,
      not: true,
      mark: { value: 0x10, mask: 0xff },
      tos: 0x10,
      iif: "lo",
      oif: "gone",
      uids: [0, 10],
      protocol: 6,
      sourcePorts: [10, 20],
      destinationPorts: [80, 80],
      action: { kind: "lookup", table: 1001 },
      suppressPrefixLength: 1,
      suppressGroup: 77,
      origin: 77,
      l3mdev: false,
      unmodelled: [],
    });
    expect(formatPrefix(read.from!)).toBe("10.1.0.0/24");
    expect(formatPrefix(read.to!)).toBe("10.2.0.9/32");
  });

  test.each([
    [{ table: "main" }, { kind: "lookup", table: 254 }],
    [{ table: "255" }, { kind: "lookup", table: 255 }],
    [{ goto: 200 }, { kind: "goto", priority: 200 }],
    [
      { goto: 999, unresolved: null },
      { kind: "goto", priority: 999 },
    ],
    [{ nop: null }, { kind: "nop" }],
    [{ action: "unreachable" }, { kind: "unreachable" }],
    [{ action: "unreachable", table: "main" }, { kind: "unreachable" }],
    [{ action: "7" }, { kind: "unreachable" }],
    [{ action: "8" }, { kind: "prohibit" }],
    [{ action: "6" }, { kind: "blackhole" }],
  ])("the action of %j", (fields, action) => {
    const { rules, gaps } = rule({ priority: 1, src: "all", ...fields });
    expect(gaps).toEqual([]);
    expect(rules[4][0].action).toEqual(action);
  });

  test.each([
    [{ ipproto: "ipproto-89" }, "protocol", 89],
    [{ ipproto: 17 }, "protocol", 17],
    [{ ipproto: "ipv6-icmp" }, "protocol", 58],
    [{ fwmark: "0x5" }, "mark", { value: 5, mask: 0xffffffff }],
    [{ fwmark: 0, fwmask: "0xf" }, "mark", { value: 0, mask: 15 }],
    [{ l3mdev: null }, "l3mdev", true],
    [{ tun_id: 5 }, "tunnelId", "5"],
    [{ protocol: "bgp" }, "origin", 186],
    [{ sport: 53 }, "sourcePorts", [53, 53]],
  ])("%j", (fields, key, value) => {
    const { rules, gaps } = rule({ priority: 1, src: "all", table: "1", ...fields });
    expect(gaps).toEqual([]);
    expect(rules[4][0]).toMatchObject({ [key]: value });
  });

  test.each([
    [{ dscp: "EF" }, ["dscp"]],
    [{ flowlabel: 5, flowlabel_mask: 7 }, ["flowlabel", "flowlabel_mask"]],
    [{ flow_from: "3", flow_to: "4" }, ["flow_from", "flow_to"]],
  ])("a selector of a newer kernel makes the answer unknown, not fine: %j", (fields, unmodelled) => {
    const state = rule({ priority: 1, src: "10.0.0.0", srclen: 8, table: "254", ...fields });
    expect(state.rules[4][0].unmodelled).toEqual(unmodelled);
    const model = compile(state);
    const flow = { to: address("192.0.2.1"), from: address("10.0.0.1"), anySource: true };
    expect(output(model, flow)).toEqual({
      kind: "unknown",
      because: expect.stringContaining(`it has ${unmodelled.join(", ")}`) as string,
    });
    // A flow that the rule cannot match for what is known of it does not depend on the rest.
    expect(output(model, { ...flow, from: address("172.16.0.1") }).kind).toBe("error");
  });

  test.each([
    [{ action: "9" }, 'action is "9", not an action that is known'],
    [{ table: "blue" }, 'table is "blue", not a table number, or local, main or default; use ip -N'],
    [{ table: "1", src: "10.0.0.0", srclen: 40 }, 'srclen is "40", not a number from 0 to 32'],
    [{ table: "1", src: "fd00::" }, 'src is "fd00::", not an IPv4 address'],
    [{ table: "1", protocol: "nobody" }, 'protocol is "nobody", not a routing protocol number; use ip -N'],
    [{ table: "1", iif: 5 }, 'iif is "5", not text'],
    [{}, "it has no action"],
  ])("a damaged rule is named, and its answer is unknown: %j", (fields, problem) => {
    const state = rule({ priority: 1, src: "all", ...fields });
    expect(state.gaps).toContainEqual({
      where: "ip -4 rule",
      position: "entry 1",
      kind: "unreadable",
      problem,
    });
    expect(output(compile(state), { to: address("192.0.2.1") }).kind).toBe("unknown");
  });
});

describe("routes", () => {
  test("types, metrics, hops and flags", () => {
    const { routes, gaps } = route({
      type: "1",
      dst: "10.9.0.0/16",
      tos: "0x10",
      gateway: "192.0.2.9",
      dev: "eth0",
      table: "1001",
      protocol: "77",
      scope: "0",
      prefsrc: "10.2.0.10",
      metric: 5,
      flags: ["onlink", "linkdown"],
      metrics: [{ mtu: 1400 }],
    });
    expect(gaps).toEqual([]);
    expect(routes[4][0]).toMatchObject({
      table: 1001,
      type: "unicast",
      tos: 16,
      metric: 5,
      scope: 0,
      origin: 77,
      source: address("10.2.0.10"),
      hops: [
        { link: "eth0", via: address("192.0.2.9"), onLink: true, linkDown: true, dead: false, weight: 1 },
      ],
      unmodelled: [],
    });
  });

  test("defaults are those of iproute2: main, unicast, everything", () => {
    const { routes } = route({ dst: "default", dev: "eth0" });
    expect(routes[4][0]).toMatchObject({
      table: 254,
      type: "unicast",
      to: { value: 0n, length: 0 },
      metric: 0,
      tos: 0,
    });
  });

  test("multipath, and a gateway of the other family", () => {
    const { routes, gaps } = route({
      dst: "default",
      table: "254",
      nexthops: [
        { via: { family: "inet6", host: "fe80::1" }, dev: "eth0", weight: 2, flags: ["dead", "linkdown"] },
        { gateway: "10.0.0.1", dev: "red", weight: 1, flags: [] },
      ],
    });
    expect(gaps).toEqual([]);
    expect(routes[4][0].unmodelled).toEqual([]);
    expect(routes[4][0].hops).toEqual([
      { link: "eth0", via: address("fe80::1"), weight: 2, onLink: false, dead: true, linkDown: true },
      { link: "red", via: address("10.0.0.1"), weight: 1, onLink: false, dead: false, linkDown: false },
    ]);
  });

  test("a nexthop object is known by its hops", () => {
    const { routes } = route({
      dst: "default",
      nhid: 5,
      nh_info: { id: 5, group: [{ id: 1 }, { id: 2 }] },
      nexthops: [
        { gateway: "10.0.0.1", dev: "red", weight: 1, flags: [] },
        { dev: "eth0", weight: 1, flags: [] },
      ],
    });
    expect(routes[4][0]).toMatchObject({ nexthopObject: true, unmodelled: [] });
    expect(routes[4][0].hops.map(({ link }) => link)).toEqual(["red", "eth0"]);
    expect(route({ dst: "default", dev: "eth0" }).routes[4][0].nexthopObject).toBe(false);
  });

  test("an IPv6 route by source, with a preference; one that refuses stands on the loopback", () => {
    const { routes } = readDumps(
      dumps({
        route6: JSON.stringify([
          { type: "1", dst: "fd00:c::/64", from: "fd00:a::/64", dev: "eth0", metric: 1024, pref: "high" },
          { type: "7", dst: "default", dev: "lo", metric: 9999, pref: "medium" },
        ]),
      }),
    );
    expect(routes[6][0]).toMatchObject({ preference: "high", metric: 1024 });
    expect(formatPrefix(routes[6][0].from!)).toBe("fd00:a::/64");
    expect(routes[6][1]).toMatchObject({ type: "unreachable", hops: [{ link: "lo" }] });
  });

  test.each([
    [{ encap: "mpls" }, "encap"],
    [{ nhid: 5, nh_info: { id: 5, type: "resilient" } }, 'nexthop object has "type"'],
    [{ nhid: 5, dev: undefined }, "nhid without its hops"],
    [{ flags: ["unresolved"] }, 'flag "unresolved"'],
    [{ flow: { to: "4" } }, "flow"],
    [{ nexthops: [{ dev: "eth0", encap: 1 }] }, "nexthop has encap"],
  ])("what is not modelled makes the answer unknown: %j", (fields, name) => {
    const state = readDumps(
      dumps({
        rule4: JSON.stringify([{ priority: 1, src: "all", table: "254" }]),
        route4: JSON.stringify([
          { type: "1", dst: "default", dev: "eth0", table: "254", flags: [], ...fields },
        ]),
      }),
    );
    expect(state.routes[4][0].unmodelled).toContain(name);
    expect(output(compile(state), { to: address("192.0.2.1") })).toMatchObject({ kind: "unknown" });
  });

  test.each([
    [{ type: "12", dst: "default" }, 'type is "12", not a route type that is known'],
    [{ dst: "10.0.0.1/8" }, 'dst is "10.0.0.1/8", not an IPv4 prefix'],
    [{ dst: "fd00::/8" }, 'dst is "fd00::/8", not an IPv4 prefix'],
    [{}, "it has no destination"],
    [{ dst: "default", gateway: "x" }, 'gateway is "x", not an address (not an IPv4 or IPv6 address)'],
    [{ dst: "default", nexthops: 5 }, 'nexthops is "5", not a list'],
    [{ dst: "default", nexthops: [5] }, 'nexthops is "5", not a list of objects'],
    [{ dst: "default", pref: "best" }, 'pref is "best", not low, medium or high'],
    [{ dst: "default", via: {} }, 'via is "{}", not an address with its family'],
    [{ dst: "default", metric: -1 }, 'metric is "-1", not a number from 0 to 4294967295'],
  ])("a damaged route is named: %j", (fields, problem) => {
    const { gaps } = route(fields);
    expect(gaps).toContainEqual({ where: "ip -4 route", position: "entry 1", kind: "unreadable", problem });
  });
});

describe("sysctls", () => {
  test("by path as grep prints them, by name as sysctl does; others are passed over", () => {
    const { sysctls, gaps } = readDumps(
      dumps({
        sysctl: [
          "ipv4/conf/all/rp_filter:2",
          "/proc/sys/net/ipv4/conf/eth0.100/rp_filter:1",
          "net.ipv4.conf.eth1/7.forwarding = 1",
          "ipv6/conf/lo/stable_secret:abc",
          "",
        ].join("\n"),
      }),
    );
    expect(gaps).toEqual([]);
    expect(sysctls).toEqual({
      "ipv4/conf/all/rp_filter": 2,
      "ipv4/conf/eth0.100/rp_filter": 1,
      "ipv4/conf/eth1.7/forwarding": 1,
    });
  });

  test("a line that is none is named", () => {
    const { gaps } = readDumps(dumps({ sysctl: "ipv4/conf/all/rp_filter:2\nhello\u001b[31m" }));
    expect(gaps).toEqual([
      { where: "sysctl", position: "line 2", kind: "unreadable", problem: '"hello\\u001b[31m" is no sysctl' },
    ]);
  });

  test("one that was not read leaves open what depends on it, and nothing else", () => {
    const base = dumps({
      addr: JSON.stringify([{ ifname: "red", addr_info: [{ local: "10.0.0.10", prefixlen: 24 }] }]),
      link: JSON.stringify([
        { ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP"] },
        { ifindex: 2, ifname: "red", flags: ["UP"] },
      ]),
      rule4: JSON.stringify([
        { priority: 0, src: "all", table: "255" },
        { priority: 9, src: "all", table: "254" },
      ]),
      route4: JSON.stringify([
        { type: "2", dst: "10.0.0.10", dev: "red", table: "255" },
        { type: "1", dst: "default", dev: "red", table: "254" },
      ]),
      sysctl: "ipv4/conf/all/accept_local:0",
    });
    const model = compile(readDumps(base));
    const arriving = { from: address("192.0.2.1"), to: address("10.0.0.10"), iif: "red" };
    expect(input(model, arriving)).toEqual({
      kind: "unknown",
      because: "sysctl rp_filter of red was not read",
    });
    expect(output(model, { to: address("192.0.2.1") }).kind).toBe("route");
  });
});

describe("damaged and hostile dumps", () => {
  test.each([
    ['[{"priority":0', "line 1, column 15", "not JSON; is it cut off?"],
    ["[\n{,}]", "line 2, column 2", "not JSON; is it cut off?"],
    ['{"priority":0}', "line 1", "not a JSON array, as ip -j prints"],
  ])("%j is named with its place", (text, position, problem) => {
    const { gaps } = readDumps(dumps({ rule4: text }));
    expect(gaps[0]).toEqual({ where: "ip -4 rule", position, kind: "unreadable", problem });
  });

  test("prototype keys are data like any other", () => {
    const text = '[{"priority":1,"src":"all","table":"254","__proto__":{"not":null},"constructor":1}]';
    const { rules } = readDumps(dumps({ rule4: text }));
    expect(rules[4][0].not).toBe(false);
    expect(rules[4][0].unmodelled).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>).not).toBeUndefined();
  });

  test("names with control characters are shown for what they are", () => {
    const { gaps } = readDumps(dumps({ rule4: '[{"priority":1,"src":"\\u001b[2Jx","table":"254"}]' }));
    expect(gaps[0].problem).toBe('src is "\\u001b[2Jx", not an IPv4 address');
  });

  test("a dump of nothing is missing, not empty", () => {
    const { gaps } = readDumps({
      link: "",
      addr: "",
      rule4: "",
      rule6: "",
      route4: "",
      route6: "",
      sysctl: "",
    });
    expect(gaps.map(({ where, kind, problem }) => `${where} ${kind}: ${problem}`)).toEqual([
      "ip link missing: it lists no device",
      "ip -4 rule missing: it lists no rule",
      "sysctl missing: it lists no value",
    ]);
  });

  test("what is damaged makes every verdict unknown", () => {
    const list = nics(2, 1);
    const state = readDumps(dumps({ route4: "[" }));
    const proof = prove(state, intentOf(list), { properties: ["P9"] });
    expect(proof.verdict).toBe("unknown");
    expect(proof.reasons).toContain("ip -4 route, line 1, column 2: not JSON; is it cut off?");
  });
});

describe("captures", () => {
  const text = (sections: Readonly<Record<string, string>>): string =>
    Object.entries(sections)
      .map(([name, body]) => `### multihome ${name}\n${body}\n`)
      .join("");
  const whole = { ...dumps(), kernel: "6.1.0-test" };

  test("the command names each section, and changes nothing", () => {
    for (const name of Object.keys(whole)) expect(CAPTURE_COMMAND).toContain(`### multihome ${name}'`);
    expect(CAPTURE_COMMAND).toMatch(/### multihome end'$/);
    expect(CAPTURE_COMMAND).not.toMatch(/\b(add|del|set|flush|replace|rm|>)\b/);
  });

  test("a whole capture is its dumps", () => {
    const state = readCapture(text({ ...whole, end: "" }));
    expect(state).toEqual({ ...readDumps(dumps()), kernel: "6.1.0-test" });
    expect(state.gaps).toEqual([]);
  });

  test("one with line ends of another system is read as well", () => {
    expect(readCapture(text({ ...whole, end: "" }).replace(/\n/g, "\r\n")).links).toHaveLength(3);
  });

  test("one that is cut off says where", () => {
    const all = text({ ...whole, end: "" });
    const { gaps } = readCapture(all.slice(0, all.indexOf("### multihome route6")));
    expect(gaps.map(({ problem }) => problem)).toEqual([
      "it ends within route4; is it cut off?",
      "no section route6",
      "no section sysctl",
      "it lists no value",
    ]);
  });

  test("something else is not a capture", () => {
    const { gaps } = readCapture("<html>");
    expect(gaps[0]).toMatchObject({ where: "capture", kind: "unreadable", problem: "not a capture" });
  });
});
