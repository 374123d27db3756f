import { LinuxState, applyBatch, kernelState } from "../../lib/linux";
import { address, onInterface, prefix } from "./support/hosts";

/** What each word of a batch makes of a rule, a route, a device or an address; all of it, and nothing else. */

const BARE = kernelState([
  { name: "eth0", addresses: ["10.0.0.10/24", "2001:db8:1::10/64"].map(onInterface) },
  { name: "eth1", addresses: [onInterface("10.0.1.10/24")] },
]);
const apply = (text: string, family: 4 | 6 = 4): LinuxState => applyBatch(BARE, family, text);
const refusal = (text: string, family: 4 | 6 = 4): string[] =>
  apply(text, family).gaps.map(({ kind, problem }) => `${kind}: ${problem}`);
const priorities = (state: LinuxState): number[] => state.rules[4].map(({ priority }) => priority);

describe("a rule", () => {
  const PLAIN = {
    not: false,
    l3mdev: false,
    origin: 0,
    unmodelled: [],
    priority: 9,
    action: { kind: "lookup", table: 254 },
  };

  test.each([
    ["", {}],
    ["not fwmark 1", { not: true, mark: { value: 1, mask: 0xffffffff } }],
    ["from 10.0.0.0/8", { from: prefix("10.0.0.0/8") }],
    ["from 0.0.0.0/0", {}],
    ["from all to any", {}],
    ["from default", {}],
    ["to 10.0.0.1", { to: prefix("10.0.0.1/32") }],
    ["iif lo", { iif: "lo" }],
    ["dev lo", { iif: "lo" }],
    ["oif eth0", { oif: "eth0" }],
    ["fwmark 0x10", { mark: { value: 16, mask: 0xffffffff } }],
    ["fwmark 0/0", { mark: { value: 0, mask: 0 } }],
    ["fwmark 4294967295/0xffffffff", { mark: { value: 0xffffffff, mask: 0xffffffff } }],
    ["tos 10", { tos: 16 }],
    ["tos fC", { tos: 0xfc }],
    ["tos 4", { tos: 4 }],
    ["sup_group 0x10", { suppressGroup: 16 }],
    ["sup_group 0xffffffff", { suppressGroup: 0xffffffff }],
    ["tos 0x10", { tos: 16 }],
    ["dsfield 0x10", { tos: 16 }],
    ["uidrange 0-4294967295", { uids: [0, 4294967295] }],
    ["uidrange 5", { uids: [5, 5] }],
    ["uidrange 5-5", { uids: [5, 5] }],
    ["ipproto tcp", { protocol: 6 }],
    ["ipproto 255", { protocol: 255 }],
    ["sport 1-65535", { sourcePorts: [1, 65535] }],
    ["dport 65535", { destinationPorts: [65535, 65535] }],
    ["suppress_prefixlength 128", { suppressPrefixLength: 128 }],
    ["sup_pl 0", { suppressPrefixLength: 0 }],
    ["suppress_ifgroup default", { suppressGroup: 0 }],
    ["sup_group 77", { suppressGroup: 77 }],
    ["protocol static", { origin: 4 }],
    ["protocol 255", { origin: 255 }],
    ["l3mdev", { l3mdev: true, action: { kind: "lookup", table: 0 } }],
    ["lookup local", { action: { kind: "lookup", table: 255 } }],
    ["table 4294967295", { action: { kind: "lookup", table: 4294967295 } }],
    ["goto 10", { action: { kind: "goto", priority: 10 } }],
    ["nop", { action: { kind: "nop" } }],
    ["unreachable", { action: { kind: "unreachable" } }],
    ["prohibit", { action: { kind: "prohibit" } }],
    ["blackhole", { action: { kind: "blackhole" } }],
    ["type blackhole", { action: { kind: "blackhole" } }],
  ])("%j", (words, want) => {
    const state = apply(`rule add priority 9 ${words}`);
    expect(state.gaps).toEqual([]);
    expect(state.rules[4][1]).toEqual({ ...PLAIN, ...want });
    expect(state.rules[4]).toHaveLength(4);
    expect(state.rules[6]).toBe(BARE.rules[6]);
  });

  test.each(["priority", "preference", "pref", "order"])("%s is its priority", (word) => {
    expect(priorities(apply(`rule add ${word} 5 lookup 7`))).toEqual([0, 5, 32766, 32767]);
  });

  test.each(["rule", "ru"])("%s is the command", (word) => {
    expect(priorities(apply(`${word} a priority 5`))).toEqual([0, 5, 32766, 32767]);
    for (const del of ["del", "delete", "d"])
      expect(priorities(apply(`${word} ${del} priority 32766`))).toEqual([0, 32767]);
  });

  test("stands behind those of its priority, before all that are higher, and last if none is", () => {
    expect(priorities(apply("rule add priority 32766 lookup 7"))).toEqual([0, 32766, 32766, 32767]);
    expect(apply("rule add priority 32766 lookup 7").rules[4][2].action).toEqual({
      kind: "lookup",
      table: 7,
    });
    expect(priorities(apply("rule add priority 40000 lookup 7"))).toEqual([0, 32766, 32767, 40000]);
  });

  test("without a priority goes one before the second, and not below 0", () => {
    expect(priorities(apply("rule add lookup 7"))).toEqual([0, 32765, 32766, 32767]);
    expect(priorities(apply("rule add lookup 7\nrule add lookup 8"))).toEqual([
      0, 32764, 32765, 32766, 32767,
    ]);
    const empty = "rule del priority 0\nrule del priority 32766\nrule del priority 32767\n";
    expect(priorities(apply(`${empty}rule add lookup 7`))).toEqual([0]);
    expect(priorities(apply("rule add priority 0 lookup 7\nrule add lookup 8"))).toEqual([
      0, 0, 0, 32766, 32767,
    ]);
  });

  /** Every two of these differ, in one thing each; the kernel takes them all. */
  const DIFFERENT = [
    "lookup 7", "lookup 8", "not lookup 7", "from 10.0.0.0/8 lookup 7", "from 10.0.0.0/9 lookup 7", "from 11.0.0.0/8 lookup 7",
    "to 10.0.0.0/8 lookup 7", "to 10.0.0.0/9 lookup 7", "to 11.0.0.0/8 lookup 7", "iif lo lookup 7", "iif eth0 lookup 7", "oif lo lookup 7",
    "fwmark 1 lookup 7", "fwmark 1/1 lookup 7", "fwmark 2 lookup 7", "tos 0x10 lookup 7", "tos 0x14 lookup 7", "uidrange 1-2 lookup 7",
    "uidrange 1-3 lookup 7", "ipproto 6 lookup 7", "ipproto 7 lookup 7", "sport 1 lookup 7", "sport 1-2 lookup 7", "dport 1 lookup 7",
    "suppress_prefixlength 0 lookup 7", "suppress_prefixlength 1 lookup 7", "suppress_ifgroup 0 lookup 7", "suppress_ifgroup 1 lookup 7",
    "protocol 77 lookup 7", "protocol 78 lookup 7", "nop", "unreachable", "prohibit", "blackhole", "l3mdev",
  ]; // prettier-ignore

  test("is another one if anything differs, and there already if nothing does", () => {
    const text = DIFFERENT.map((words) => `rule add priority 9 ${words}`).join("\n");
    const state = apply(text);
    expect(state.gaps).toEqual([]);
    expect(state.rules[4]).toHaveLength(3 + DIFFERENT.length);
    const again = "unmodelled: ";
    for (const words of [...DIFFERENT, "tos 0x0 lookup 7"]) {
      const { gaps } = applyBatch(state, 4, `rule add priority 9 ${words}`);
      expect(gaps.map(({ kind, problem }) => `${kind}: ${problem}`)).toEqual([
        `${again}"rule add priority 9 ${words}": the rule is there already; the kernel would refuse it`,
      ]);
    }
    expect(applyBatch(state, 4, "rule add priority 10 lookup 7").gaps).toEqual([]);
  });

  test("is told from another by its selectors also when it is deleted", () => {
    const text = DIFFERENT.map((words) => `rule add priority 9 ${words}`).join("\n");
    const state = apply(text);
    // What `rule del` does not name it does not ask for, so the first that has all that is named goes.
    const first = (words: string): number =>
      state.rules[4].findIndex((rule) => !applyBatch(state, 4, `rule del ${words}`).rules[4].includes(rule));
    const at = (words: string): number => 1 + DIFFERENT.indexOf(words);
    expect(first("lookup 8")).toBe(at("lookup 8"));
    expect(first("not")).toBe(at("not lookup 7"));
    expect(first("from 10.0.0.0/9")).toBe(at("from 10.0.0.0/9 lookup 7"));
    expect(first("from 11.0.0.0/8")).toBe(at("from 11.0.0.0/8 lookup 7"));
    expect(first("to 10.0.0.0/9")).toBe(at("to 10.0.0.0/9 lookup 7"));
    expect(first("to 11.0.0.0/8")).toBe(at("to 11.0.0.0/8 lookup 7"));
    expect(first("iif eth0")).toBe(at("iif eth0 lookup 7"));
    expect(first("oif lo")).toBe(at("oif lo lookup 7"));
    expect(first("fwmark 1")).toBe(at("fwmark 1 lookup 7"));
    expect(first("fwmark 1/1")).toBe(at("fwmark 1/1 lookup 7"));
    expect(first("fwmark 2")).toBe(at("fwmark 2 lookup 7"));
    expect(first("ipproto 7")).toBe(at("ipproto 7 lookup 7"));
    expect(first("suppress_prefixlength 1")).toBe(at("suppress_prefixlength 1 lookup 7"));
    expect(first("suppress_ifgroup 1")).toBe(at("suppress_ifgroup 1 lookup 7"));
    expect(first("protocol 78")).toBe(at("protocol 78 lookup 7"));
    expect(first("unreachable")).toBe(at("unreachable"));
    expect(first("nop")).toBe(at("nop"));
    expect(first("priority 32767")).toBe(state.rules[4].length - 1);
    const jumps = apply("rule add priority 9 goto 20 protocol 1\nrule add priority 9 goto 30 protocol 2");
    expect(applyBatch(jumps, 4, "rule del goto 30").rules[4].map(({ action }) => action)).toEqual([
      { kind: "lookup", table: 255 },
      { kind: "goto", priority: 20 },
      { kind: "lookup", table: 254 },
      { kind: "lookup", table: 253 },
    ]);
  });

  test.each([
    ["rule add priority 9 goto 9", "unmodelled: goto leads backwards; the kernel would refuse it"],
    ["rule add priority 9 goto 8", "unmodelled: goto leads backwards; the kernel would refuse it"],
    ["rule del priority 5", "unmodelled: no such rule; the kernel would refuse it"],
    ["rule list", "unmodelled: rule list is not modelled"],
    ["rule add fwmark x", "unreadable: fwmark x is not a mark"],
    ["rule add fwmark 1/", "unreadable: fwmark 1/ is not a mark"],
    ["rule add fwmark x1", "unreadable: fwmark x1 is not a mark"],
    ["rule add fwmark 1x", "unreadable: fwmark 1x is not a mark"],
    ["rule add fwmark 0x123456789", "unreadable: fwmark 0x123456789 is not a mark"],
    ["rule add fwmark 12345678901", "unreadable: fwmark 12345678901 is not a mark"],
    ["rule add sport 65536", "unreadable: 65536 is not a range"],
    ["rule add sport 5-65536", "unreadable: 5-65536 is not a range"],
    ["rule add sport 5-", "unreadable: 5- is not a range"],
    ["rule add sport x5", "unreadable: x5 is not a range"],
    ["rule add sport 5x", "unreadable: 5x is not a range"],
    ["rule add sport 6-5", "unreadable: 6-5 is not a range"],
    ["rule add uidrange 4294967296", "unreadable: 4294967296 is not a range"],
    [
      "rule add priority 4294967296",
      'unreadable: priority "4294967296" is not a number from 0 to 4294967295',
    ],
    ["rule add priority 0x", 'unreadable: priority "0x" is not a number from 0 to 4294967295'],
    ["rule add priority 1x", 'unreadable: priority "1x" is not a number from 0 to 4294967295'],
    ["rule add priority x1", 'unreadable: priority "x1" is not a number from 0 to 4294967295'],
    ["rule add priority -1", 'unreadable: priority "-1" is not a number from 0 to 4294967295'],
    ["rule add priority", "unreadable: priority is missing at the end of the line"],
    ["rule add from", "unreadable: from is missing at the end of the line"],
    ["rule add to", "unreadable: to is missing at the end of the line"],
    ["rule add iif", "unreadable: iif is missing at the end of the line"],
    ["rule add oif", "unreadable: oif is missing at the end of the line"],
    ["rule add fwmark", "unreadable: fwmark is missing at the end of the line"],
    ["rule add tos", "unreadable: tos is missing at the end of the line"],
    ["rule add tos zz", 'unreadable: tos "zz" is not a number from 0 to 0xff'],
    ["rule add tos 0x", 'unreadable: tos "0x" is not a number from 0 to 0xff'],
    ["rule add tos 100", 'unreadable: tos "100" is not a number from 0 to 0xff'],
    ["rule add tos 1 0x5x", "unmodelled: selector or action 0x5x is not modelled"],
    ["rule add tos x10", 'unreadable: tos "x10" is not a number from 0 to 0xff'],
    ["rule add uidrange", "unreadable: uidrange is missing at the end of the line"],
    ["rule add sport", "unreadable: sport is missing at the end of the line"],
    ["rule add dport", "unreadable: dport is missing at the end of the line"],
    ["rule add lookup", "unreadable: table is missing at the end of the line"],
    ["rule add goto", "unreadable: goto is missing at the end of the line"],
    ["rule add type", "unreadable: type is missing at the end of the line"],
    ["rule add ipproto 256", 'unreadable: ipproto "256" is not a number from 0 to 255'],
    ["rule add protocol 256", 'unreadable: protocol "256" is not a number from 0 to 255'],
    ["rule add sup_pl 129", 'unreadable: suppress_prefixlength "129" is not a number from 0 to 128'],
    ["rule add sup_group blue", 'unreadable: suppress_ifgroup "blue" is not a number from 0 to 4294967295'],
    ["rule add lookup toString", 'unreadable: table "toString" is not a number from 0 to 4294967295'],
    ["rule add to fd00::/8", 'unreadable: to "fd00::/8" is not an IPv4 prefix'],
    ["rule add 'x'", "unreadable: quotes and continued lines are not read"],
  ])("%j: %s", (text, problem) => {
    const [kind] = problem.split(": ", 1);
    expect(refusal(text)).toEqual([`${kind}: "${text}": ${problem.slice(kind.length + 2)}`]);
    expect(apply(text).rules).toEqual(BARE.rules);
  });
});

describe("a route", () => {
  const HOP = { link: "eth0", via: undefined, onLink: false, weight: 1, dead: false, linkDown: false };
  const PLAIN = {
    type: "unicast",
    table: 254,
    to: prefix("10.9.0.0/16"),
    tos: 0,
    metric: 0,
    scope: 253,
    hops: [HOP],
    nexthopObject: false,
    preference: "medium",
    origin: 3,
    unmodelled: [],
  };
  const via = { ...HOP, via: address("10.0.0.1") };

  test.each([
    ["10.9.0.0/16 dev eth0", {}],
    ["to 10.9.0.0/16 dev eth0", {}],
    ["unicast 10.9.0.0/16 dev eth0", {}],
    ["10.9.0.1 dev eth0", { to: prefix("10.9.0.1/32") }],
    ["default dev eth0", { to: prefix("0.0.0.0/0") }],
    ["10.9.0.0/16 via 10.0.0.1 dev eth0", { hops: [via], scope: 0 }],
    ["10.9.0.0/16 via inet 10.0.0.1 dev eth0", { hops: [via], scope: 0 }],
    ["10.9.0.0/16 via inet6 fe80::1 dev eth0", { hops: [{ ...HOP, via: address("fe80::1") }], scope: 0 }],
    ["10.9.0.0/16 via 10.0.0.1 dev eth0 onlink", { hops: [{ ...via, onLink: true }], scope: 0 }],
    ["10.9.0.0/16 dev eth0 src 10.0.0.10", { source: address("10.0.0.10") }],
    ["10.9.0.0/16 dev eth0 table 7", { table: 7 }],
    ["10.9.0.0/16 dev eth0 metric 5", { metric: 5 }],
    ["10.9.0.0/16 dev eth0 priority 5", { metric: 5 }],
    ["10.9.0.0/16 dev eth0 preference 5", { metric: 5 }],
    ["10.9.0.0/16 dev eth0 proto static", { origin: 4 }],
    ["10.9.0.0/16 dev eth0 protocol 77", { origin: 77 }],
    ["10.9.0.0/16 dev eth0 scope host", { scope: 254 }],
    ["10.9.0.0/16 dev eth0 tos 10", { tos: 16 }],
    ["10.9.0.0/16 dev eth0 dsfield 0x10", { tos: 16 }],
    ["10.9.0.0/16 dev eth0 mtu 1400 advmss 1300 hoplimit 9", {}],
    ["local 10.9.0.0/16 dev lo", { type: "local", table: 255, scope: 254, hops: [{ ...HOP, link: "lo" }] }],
    ["broadcast 10.9.0.0/16 dev eth0", { type: "broadcast", table: 255 }],
    ["broadcast 10.9.0.0/16 dev eth0 table 7", { type: "broadcast", table: 7 }],
    ["anycast 10.9.0.0/16 dev eth0", { type: "anycast", scope: 0 }],
    ["multicast 10.9.0.0/16 dev eth0", { type: "multicast", scope: 0 }],
    ["unreachable 10.9.0.0/16", { type: "unreachable", scope: 0, hops: [] }],
    ["prohibit 10.9.0.0/16", { type: "prohibit", scope: 0, hops: [] }],
    ["blackhole 10.9.0.0/16", { type: "blackhole", scope: 0, hops: [] }],
    ["throw 10.9.0.0/16", { type: "throw", scope: 0, hops: [] }],
    ["10.9.0.0/16 nexthop dev eth0", {}],
    ["10.9.0.0/16 nexthop via 10.0.0.1 dev eth0", { hops: [via], scope: 0 }],
    [
      "10.9.0.0/16 nexthop dev eth0 weight 65536 nexthop via 10.0.1.1 dev eth1 onlink weight 2",
      {
        oneSource: true,
        scope: 0,
        hops: [
          { ...HOP, weight: 65536 },
          { ...HOP, link: "eth1", via: address("10.0.1.1"), weight: 2, onLink: true },
        ],
      },
    ],
  ])("%j", (words, want) => {
    const state = apply(`route add ${words}`);
    expect(state.gaps).toEqual([]);
    expect(state.routes[4].at(-1)).toEqual({ ...PLAIN, ...want });
    expect(state.routes[4]).toHaveLength(BARE.routes[4].length + 1);
    expect(state.routes[6]).toBe(BARE.routes[6]);
  });

  const SIX = { ...PLAIN, to: prefix("2001:db8:9::/48"), metric: 1024, scope: 0 };

  test.each([
    ["2001:db8:9::/48 dev eth0", {}],
    ["2001:db8:9::/48 dev eth0 pref low", { preference: "low" }],
    ["2001:db8:9::/48 from 2001:db8::/32 dev eth0", { from: prefix("2001:db8::/32") }],
    ["2001:db8:9::/48 dev eth0 scope link", { scope: 253 }],
    ["local 2001:db8:9::/48 dev lo", { type: "local", table: 255, hops: [{ ...HOP, link: "lo" }] }],
    ["unreachable 2001:db8:9::/48", { type: "unreachable", hops: [{ ...HOP, link: "lo" }] }],
    ["throw 2001:db8:9::/48 dev eth0", { type: "throw", hops: [{ ...HOP, link: "lo" }] }],
  ])("IPv6: %j", (words, want) => {
    const state = apply(`route add ${words}`, 6);
    expect(state.gaps).toEqual([]);
    expect(state.routes[6].at(-1)).toEqual({ ...SIX, ...want });
    expect(state.routes[4]).toBe(BARE.routes[4]);
  });

  const first = "route add 10.9.0.0/16 via 10.0.0.1 dev eth0\n";
  const mine = (text: string) =>
    apply(text)
      .routes[4].slice(BARE.routes[4].length)
      .map(({ hops }) => Number(hops[0].via!.value & 255n)); // prettier-ignore

  test("is the same one by table, destination, metric and TOS, whatever its hops", () => {
    for (const words of ["table 7", "metric 5", "tos 0x10"])
      expect(refusal(`${first}route add 10.9.0.0/16 via 10.0.0.2 dev eth0 ${words}`)).toEqual([]);
    expect(refusal(`${first}route add 10.8.0.0/16 via 10.0.0.2 dev eth0`)).toEqual([]);
    expect(refusal(`${first}route add 10.9.0.0/17 via 10.0.0.2 dev eth0`)).toEqual([]);
    expect(refusal(`${first}route add 10.9.0.0/16 via 10.0.0.2 dev eth0 src 10.0.0.10`)).toEqual([
      'unmodelled: "route add 10.9.0.0/16 via 10.0.0.2 dev eth0 src 10.0.0.10": the route is there already; the kernel would refuse it',
    ]);
  });

  test("IPv6: by its source prefix instead of a TOS", () => {
    const six = "route add 2001:db8:9::/48 from 2001:db8::/32 dev eth0\n";
    expect(refusal(`${six}route add 2001:db8:9::/48 dev eth0`, 6)).toEqual([]);
    expect(refusal(`${six}route add 2001:db8:9::/48 from 2001:db8::/33 dev eth0`, 6)).toEqual([]);
    expect(refusal(`${six}route add 2001:db8:9::/48 from 2001:db9::/32 dev eth0`, 6)).toEqual([]);
    expect(refusal(`${six}route add 2001:db8:9::/48 from 2001:db8::/32 dev eth0 tos 0x10`, 6)).toHaveLength(
      1,
    );
    const plain = "route add 2001:db8:9::/48 dev eth0\n";
    expect(refusal(`${plain}route add 2001:db8:9::/48 dev eth0`, 6)).toHaveLength(1);
    expect(refusal(`${plain}route append 2001:db8:8::/48 dev eth0`, 6)).toEqual([]);
    expect(refusal(`${plain}route prepend 2001:db8:9::/48 dev eth0`, 6)).toEqual([]);
    expect(refusal(`${plain}route append 2001:db8:9::/48 dev eth0`, 6)).toEqual([
      'unmodelled: "route append 2001:db8:9::/48 dev eth0": appending a hop to an IPv6 route is not modelled',
    ]);
  });

  test("goes where its verb says", () => {
    const other = "route add 10.8.0.0/16 via 10.0.0.9 dev eth0\n";
    const second = "10.9.0.0/16 via 10.0.0.2 dev eth0";
    const third = "route add 10.7.0.0/16 via 10.0.0.7 dev eth0\n";
    expect(mine(`${other}${first}${third}route replace ${second}`)).toEqual([9, 2, 7]);
    expect(mine(`${other}${first}${third}route prepend ${second}`)).toEqual([9, 2, 1, 7]);
    expect(mine(`${other}${first}${third}route append ${second}`)).toEqual([9, 1, 7, 2]);
    for (const verb of ["add", "replace", "prepend", "append"])
      expect(mine(`${other}${third}route ${verb} ${second}`)).toEqual([9, 7, 2]);
  });

  test("is deleted by what is named: the first that has it", () => {
    const three = [
      "route add 10.9.0.0/16 via 10.0.0.1 dev eth0 table 7",
      "route add 10.9.0.0/16 via 10.0.0.2 dev eth0 table 7 metric 5 proto 77",
      "route add 10.9.0.0/16 via 10.0.0.3 dev eth0 table 7 metric 6 tos 0x10",
      "route add 10.9.0.0/16 via 10.0.0.4 dev eth0",
      "route add 10.8.0.0/16 via 10.0.0.5 dev eth0 table 7",
      "",
    ].join("\n");
    const left = (words: string) => mine(`${three}route del ${words}`);
    expect(left("10.9.0.0/16")).toEqual([1, 2, 3, 5]);
    expect(left("10.9.0.0/16 table 7")).toEqual([2, 3, 4, 5]);
    expect(left("10.9.0.0/16 table 7 metric 5")).toEqual([1, 3, 4, 5]);
    expect(left("10.9.0.0/16 table 7 proto 77")).toEqual([1, 3, 4, 5]);
    expect(left("10.9.0.0/16 table 7 tos 0x10")).toEqual([1, 2, 4, 5]);
    expect(left("10.9.0.0/16 table 7 via 10.0.0.3 dev eth0")).toEqual([1, 2, 4, 5]);
    expect(left("unicast 10.8.0.0/16 table 7")).toEqual([1, 2, 3, 4]);
    expect(left("10.9.0.0/16 dev eth1 table 7")).toEqual([1, 2, 3, 4, 5]);
    for (const words of ["10.9.0.0/16 table 8", "10.9.0.0/17 table 7", "local 10.9.0.0/16 table 7", "10.9.0.0/16 table 7 metric 7", "10.9.0.0/16 table 7 proto 78", "10.9.0.0/16 table 7 tos 0x14", "10.9.0.0/16 table 7 via 10.0.0.9 dev eth0", "10.9.0.0/16 table 7 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.0.9 dev eth0"])
      expect(refusal(`${three}route del ${words}`)).toHaveLength(1);
    expect(mine(`${three}route delete 10.9.0.0/16`)).toEqual([1, 2, 3, 5]);
  }); // prettier-ignore

  test("is deleted by one of its hops, told from others by gateway and device", () => {
    const text = [
      "route add 10.9.0.0/16 via 10.0.0.1 dev eth0 metric 5",
      "route add 10.9.0.0/16 via 10.0.0.1 dev eth1 metric 6",
      "route add 10.8.0.0/16 nexthop via 10.0.0.2 dev eth0 nexthop via 10.0.0.3 dev eth1",
      "",
    ].join("\n");
    expect(mine(`${text}route del 10.9.0.0/16 via 10.0.0.1 dev eth1`)).toEqual([1, 2]);
    expect(apply(`${text}route del 10.9.0.0/16 via 10.0.0.1 dev eth1`).routes[4].at(-2)!.metric).toBe(5);
    expect(mine(`${text}route del 10.8.0.0/16 via 10.0.0.3 dev eth1`)).toEqual([1, 1]);
    expect(mine(`${text}route del 10.8.0.0/16 via 10.0.0.2 dev eth0`)).toEqual([1, 1]);
  });

  test("may be the first of all", () => {
    const [first4, first6] = [BARE.routes[4][0], BARE.routes[6][0]];
    expect(first4).toMatchObject({ to: prefix("127.0.0.1/32"), table: 255 });
    expect(first6).toMatchObject({ to: prefix("fe80::/64"), metric: 256 });
    expect(refusal("route add local 127.0.0.1 dev lo")).toHaveLength(1);
    expect(apply("route replace local 127.0.0.1 dev lo").routes[4]).toHaveLength(BARE.routes[4].length);
    expect(apply("route prepend local 127.0.0.1 dev lo").routes[4][1]).toBe(first4);
    expect(apply("route del local 127.0.0.1 table local").routes[4]).toEqual(BARE.routes[4].slice(1));
    expect(refusal("route append fe80::/64 dev eth0 metric 256", 6)).toHaveLength(1);
  });

  test("is flushed by table and origin; without a table, from main", () => {
    const some = [
      "route add 10.9.0.0/16 via 10.0.0.1 dev eth0 table 7",
      "route add 10.8.0.0/16 via 10.0.0.2 dev eth0 table 7 proto 77",
      "route add 10.7.0.0/16 via 10.0.0.3 dev eth0 proto 77",
      "route add 10.6.0.0/16 via 10.0.0.4 dev eth0",
      "",
    ].join("\n");
    const left = (words: string): number[] =>
      apply(`${some}route flush ${words}`)
        .routes[4].filter(({ origin }) => origin !== 2)
        .map(({ hops }) => Number(hops[0].via!.value & 255n));
    expect(left("table 7")).toEqual([3, 4]);
    expect(left("table 7 proto 77")).toEqual([1, 3, 4]);
    expect(left("table 7 protocol 77")).toEqual([1, 3, 4]);
    expect(left("table all")).toEqual([]);
    expect(left("table all proto 77")).toEqual([1, 4]);
    expect(left("proto 77")).toEqual([1, 2, 4]);
    expect(left("")).toEqual([1, 2]);
    expect(left("table main")).toEqual([1, 2]);
    expect(apply("route flush").routes[4].every(({ table }) => table !== 254)).toBe(true);
    expect(refusal("route flush dev eth0")).toEqual(['unmodelled: "route flush dev eth0": route flush dev is not modelled']); // prettier-ignore
  });

  test.each([
    ["route", "unreadable: add, replace, del or flush is missing at the end of the line"],
    ["route show", "unmodelled: route show is not modelled"],
    ["route add", "unreadable: destination is missing at the end of the line"],
    ["route add default", "unmodelled: a route without a device"],
    ["route add default via 10.0.0.1", "unmodelled: a gateway without its device is not modelled"],
    ["route add default dev eth9", "unmodelled: there is no device eth9"],
    ["route add default nexthop dev eth9", "unmodelled: there is no device eth9"],
    ["route add default nexthop via 10.0.0.1", "unmodelled: a next hop without its device is not modelled"],
    ["route add default nexthop dev eth0 mtu 5", "unmodelled: next hop attribute mtu is not modelled"],
    ["route add default dev eth0 colour", "unmodelled: route attribute colour is not modelled"],
    ["route add default dev eth0 src x", "unreadable: x is not an address: not an IPv4 or IPv6 address"],
    ["route add default dev eth0 via", "unreadable: via is missing at the end of the line"],
    ["route add default dev eth0 via inet6", "unreadable: via is missing at the end of the line"],
    ["route add default dev", "unreadable: dev is missing at the end of the line"],
    ["route add default dev eth0 src", "unreadable: src is missing at the end of the line"],
    ["route add default dev eth0 tos", "unreadable: tos is missing at the end of the line"],
    ["route add default dev eth0 pref", "unreadable: pref is missing at the end of the line"],
    ["route add default nexthop dev", "unreadable: dev is missing at the end of the line"],
    ["route add default dev eth0 mtu x", 'unreadable: mtu "x" is not a number from 0 to 4294967295'],
    ["route add default dev eth0 metric x", 'unreadable: metric "x" is not a number from 0 to 4294967295'],
    ["route add default dev eth0 scope 256", 'unreadable: scope "256" is not a number from 0 to 255'],
    ["route add default dev eth0 proto 256", 'unreadable: proto "256" is not a number from 0 to 255'],
    ["route add default dev eth0 table x", 'unreadable: table "x" is not a number from 0 to 4294967295'],
    ["route add default dev eth0 from fd00::/8", 'unreadable: from "fd00::/8" is not an IPv4 prefix'],
    ["route add default nexthop dev eth0 weight 65537", 'unreadable: weight "65537" is not a number from 0 to 65536'],
    ["route flush table", "unreadable: table is missing at the end of the line"],
    ["route flush proto 256", 'unreadable: proto "256" is not a number from 0 to 255'],
  ])("%j: %s", (text, problem) => {
    const [kind] = problem.split(": ", 1);
    expect(refusal(text)).toEqual([`${kind}: "${text}": ${problem.slice(kind.length + 2)}`]);
    expect(apply(text).routes).toEqual(BARE.routes);
  }); // prettier-ignore

  test.each(["route", "ro", "r"])("%s is the command", (word) => {
    expect(apply(`${word} add 10.9.0.0/16 dev eth0`).routes[4].at(-1)).toEqual(PLAIN);
  });
});

describe("a device and an address", () => {
  test("a group reaches the device named, and no other", () => {
    const groups = (text: string): number[] => apply(text).links.map(({ group }) => group);
    expect(groups("link set eth0 group 5")).toEqual([0, 5, 0]);
    expect(groups("link set dev eth1 group 5")).toEqual([0, 0, 5]);
    expect(groups("link set eth0 group 5\nlink set eth0 group default")).toEqual([0, 0, 0]);
    expect(apply("link set eth0 group 5").links[1]).toEqual({ ...BARE.links[1], group: 5 });
  });

  const ADDRESS = { ...BARE.addresses.at(-1)!, address: address("10.5.0.1"), length: 24, link: "eth1" };

  test.each([
    ["10.5.0.1/24 dev eth1", {}],
    ["10.5.0.1/24 nodad dev eth1", {}],
    ["10.5.0.1/24 dev eth1 noprefixroute", { noPrefixRoute: true }],
    ["10.5.0.1/24 dev eth1 scope link", { scope: 253 }],
    ["10.5.0.1/24 dev eth1 scope 255", { scope: 255 }],
    ["127.5.0.1/24 dev lo", { link: "lo", address: address("127.5.0.1"), scope: 254 }],
    ["127.5.0.1/24 dev lo scope global", { link: "lo", address: address("127.5.0.1"), scope: 0 }],
  ])("%j", (words, want) => {
    for (const verb of ["add", "replace"])
      expect(apply(`address ${verb} ${words}`).addresses.at(-1)).toEqual({ ...ADDRESS, ...want });
    expect(apply(`addr add ${words}`).addresses).toHaveLength(BARE.addresses.length + 1);
  });

  test("one that the device has already changes nothing, one of another device or family is new", () => {
    expect(apply("address add 10.0.0.10/24 dev eth0")).toEqual(BARE);
    expect(apply("address add 10.0.0.10/16 dev eth0")).toEqual(BARE);
    expect(apply("address add 10.0.0.10/24 dev eth1").addresses).toHaveLength(BARE.addresses.length + 1);
    expect(apply("address add 10.0.0.11/24 dev eth0").addresses.at(-1)!.secondary).toBe(true);
    expect(apply("address add ::a00:a/120 dev eth0", 6).addresses).toHaveLength(BARE.addresses.length + 1);
  });

  test.each([
    ["link", "unmodelled: of ip link only set is modelled"],
    ["link set", "unreadable: a device is missing at the end of the line"],
    ["link set eth9 group 5", "unmodelled: there is no device eth9"],
    ["link set eth0", "unmodelled: of ip link set only group is modelled"],
    ["link set eth0 group x", 'unreadable: group "x" is not a number from 0 to 4294967295'],
    ["link set eth0 group 5 mtu 9", "unmodelled: mtu is not modelled here"],
    ["address del 10.0.0.10/24 dev eth0", "unmodelled: of ip address only add is modelled"],
    ["address add", "unreadable: an address is missing at the end of the line"],
    ["address add x dev eth0", "unreadable: x: the prefix length is missing"],
    ["address add 10.5.0.1/24", "unmodelled: no such device"],
    ["address add 10.5.0.1/24 dev eth9", "unmodelled: no such device"],
    ["address add 10.5.0.1/24 dev", "unreadable: dev is missing at the end of the line"],
    ["address add 10.5.0.1/24 dev eth0 scope 256", 'unreadable: scope "256" is not a number from 0 to 255'],
    ["address add 10.5.0.1/24 dev eth0 label x", "unmodelled: address attribute label is not modelled"],
    ["neigh add 10.0.0.1", 'unmodelled: ip "neigh" is not modelled'],
  ])("%j: %s", (text, problem) => {
    const [kind] = problem.split(": ", 1);
    expect(refusal(text)).toEqual([`${kind}: "${text}": ${problem.slice(kind.length + 2)}`]);
  });
});

describe("lines", () => {
  test("a comment, blanks and tabs are no words; a number sign within a word ends the line", () => {
    expect(priorities(apply("\t rule  add\tpriority 5 lookup 7#x"))).toEqual([0, 5, 32766, 32767]);
    expect(apply("#rule add priority 5\n   \n\t\n").gaps).toEqual([]);
    expect(apply('# "quoted" comment').gaps).toEqual([]);
  });

  test.each(['rule add iif "a"', "rule add iif 'a'", "rule add \\"])("%j is refused whole", (text) => {
    expect(refusal(`${text}\nrule add priority 5`)[0]).toMatch(/^unreadable: .*quotes and continued lines are not read$/);
    expect(priorities(apply(`${text}\nrule add priority 5`))).toEqual([0, 5, 32766, 32767]);
  }); // prettier-ignore

  test("a problem has its family and its line, and comes behind those that were there", () => {
    const once = apply("\nrule list", 6);
    expect(once.gaps).toEqual([
      { where: "ip -6 -batch", position: "line 2", kind: "unmodelled", problem: '"rule list": rule list is not modelled' },
    ]);
    expect(applyBatch(BARE, 4, " rule list ").gaps[0].problem).toBe('"rule list": rule list is not modelled');
    expect(applyBatch(once, 4, " rule list ").gaps.map(({ where, position }) => `${where}, ${position}`)).toEqual([
      "ip -6 -batch, line 2", "ip -4 -batch, line 1",
    ]);
  }); // prettier-ignore
});
