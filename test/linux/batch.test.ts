import { LinuxState, applyBatch, describeRoute, describeRule, kernelState } from "../../lib/linux";
import { onInterface } from "./support/hosts";

const BARE = kernelState([
  { name: "eth0", addresses: ["10.0.0.10/24", "10.0.0.11/24", "2001:db8:1::10/64"].map(onInterface) },
  { name: "eth1", addresses: [onInterface("10.0.1.10/32")] },
]);

const rules = (state: LinuxState, family: 4 | 6 = 4): string[] =>
  state.rules[family].map(
    (rule) => `${describeRule(rule)}${rule.origin === 2 ? "" : ` proto ${rule.origin}`}`,
  );
const added = (state: LinuxState, family: 4 | 6 = 4): string[] =>
  state.routes[family].filter((route) => route.origin !== 2).map(describeRoute);
const apply = (text: string, family: 4 | 6 = 4): LinuxState => applyBatch(BARE, family, text);

describe("what the kernel makes by itself", () => {
  test("the first rules of each family", () => {
    expect(rules(BARE)).toEqual([
      "0: from all lookup local",
      "32766: from all lookup main",
      "32767: from all lookup default",
    ]);
    expect(rules(BARE, 6)).toEqual(["0: from all lookup local", "32766: from all lookup main"]);
  });

  test("the routes of addresses", () => {
    expect(BARE.routes[4].map(describeRoute)).toEqual([
      "local 127.0.0.1 dev lo src 127.0.0.1 table local",
      "local 127.0.0.0/8 dev lo src 127.0.0.1 table local",
      "broadcast 127.255.255.255 dev lo src 127.0.0.1 table local",
      "local 10.0.0.10 dev eth0 src 10.0.0.10 table local",
      "10.0.0.0/24 dev eth0 src 10.0.0.10 table main",
      "broadcast 10.0.0.255 dev eth0 src 10.0.0.10 table local",
      "local 10.0.0.11 dev eth0 src 10.0.0.10 table local",
      "local 10.0.1.10 dev eth1 src 10.0.1.10 table local",
    ]);
    expect(BARE.routes[6].map(describeRoute)).toEqual([
      "fe80::/64 dev eth0 metric 256 table main",
      "multicast ff00::/8 dev eth0 metric 256 table local",
      "fe80::/64 dev eth1 metric 256 table main",
      "multicast ff00::/8 dev eth1 metric 256 table local",
      "local ::1 dev lo table local",
      "local 2001:db8:1::10 dev eth0 table local",
      "2001:db8:1::/64 dev eth0 metric 256 table main",
    ]);
    expect(BARE.addresses.filter(({ secondary }) => secondary)).toHaveLength(1);
  });
});

describe("rules", () => {
  test("go behind those of the same priority; without one, before the second of all", () => {
    const state = apply(
      [
        "rule add priority 50 lookup 1",
        "rule add pref 50 lookup 2",
        "rule add preference 40 lookup 3 proto 77",
        "rule add from 10.0.0.10 lookup 4",
      ]
        .join("\n")
        .replace(" proto 77", " protocol 77"),
    );
    expect(state.gaps).toEqual([]);
    expect(rules(state).slice(1, 5)).toEqual([
      "39: from 10.0.0.10 lookup 4 proto 0",
      "40: from all lookup 3 proto 77",
      "50: from all lookup 1 proto 0",
      "50: from all lookup 2 proto 0",
    ]);
  });

  test("every word", () => {
    const text =
      "rule add not from 10.0.0.0/24 to 10.9.0.0/16 iif lo oif eth0 fwmark 0x10/0xff tos 0x10 uidrange 1-2 ipproto tcp sport 5 dport 80-443 " +
      "priority 9 lookup main suppress_prefixlength 1 suppress_ifgroup 77 protocol 77";
    expect(rules(apply(text))[1]).toBe(
      "9: not from 10.0.0.0/24 to 10.9.0.0/16 iif lo oif eth0 fwmark 0x10/0xff tos 0x10 uidrange 1-2 ipproto tcp sport 5 dport 80-443 " +
        "lookup main suppress_prefixlength 1 suppress_ifgroup 77 proto 77",
    );
    const six =
      "rule add from 2001:db8::/32 priority 9 type unreachable\nrule add l3mdev priority 10\nrule add from ::/0 pref 11 goto 20\nrule add pref 20 nop";
    expect(rules(apply(six, 6), 6).slice(1, 5)).toEqual([
      "9: from 2001:db8::/32 unreachable proto 0",
      "10: from all lookup [l3mdev-table] proto 0",
      "11: from all goto 20 proto 0",
      "20: from all nop proto 0",
    ]);
  });

  test("without an action main is looked up; a mark without a mask is compared whole", () => {
    const state = apply("rule add priority 9 fwmark 5");
    expect(state.rules[4][1]).toMatchObject({
      mark: { value: 5, mask: 0xffffffff },
      action: { kind: "lookup", table: 254 },
    });
  });

  test("del takes the first that has what is given", () => {
    const two =
      "rule add priority 9 from 10.0.0.10 lookup 1\nrule add priority 9 from 10.0.0.10 lookup 2 protocol 77\n";
    const left = (del: string): string[] => rules(apply(two + del)).slice(1, -2);
    expect(left("rule del priority 9")).toEqual(["9: from 10.0.0.10 lookup 2 proto 77"]);
    expect(left("rule del priority 9 lookup 2")).toEqual(["9: from 10.0.0.10 lookup 1 proto 0"]);
    expect(left("rule del from 10.0.0.10 protocol 77")).toEqual(["9: from 10.0.0.10 lookup 1 proto 0"]);
    expect(left("rule delete from 10.0.0.10 lookup 2 priority 9 fwmark 1")).toHaveLength(2);
  });

  test.each([
    ["rule add priority 9 lookup 1\nrule add priority 9 lookup 1", "the rule is there already"],
    ["rule add priority 9 goto 20\nrule add priority 9 goto 30", "the rule is there already"],
    ["rule add priority 9 goto 9", "goto leads backwards"],
    ["rule del priority 9", "no such rule"],
    ["rule add priority x", 'priority "x" is not a number from 0 to 4294967295'],
    ["rule add from 10.0.0.1/8 lookup 1", 'from "10.0.0.1/8" is not an IPv4 prefix'],
    ["rule add fwmark 1/2/3 lookup 1", "fwmark 1/2/3 is not a mark"],
    ["rule add uidrange 5-1 lookup 1", "5-1 is not a range"],
    ["rule add dport 70000 lookup 1", "70000 is not a range"],
    ["rule add realms 5 lookup 1", "selector or action realms is not modelled"],
    ["rule show", "rule show is not modelled"],
    ["rule", "add or del is missing at the end of the line"],
  ])("%j: %s", (text, problem) => {
    const { gaps } = apply(text);
    expect(gaps).toHaveLength(1);
    expect(gaps[0].problem).toContain(problem);
    expect(gaps[0].where).toBe("ip -4 -batch");
  });
});

describe("routes", () => {
  test("every word, and the defaults of ip and kernel", () => {
    const state = apply(
      [
        "route add default via 10.0.0.1 dev eth0 src 10.0.0.11 onlink table 7000 metric 5 proto 77",
        "route add unreachable default table 7000 metric 4278198272",
        "route add 10.9.0.0/16 dev eth1",
        "route add local 10.8.0.0/16 dev lo",
        "route add broadcast 10.8.255.255 dev eth0",
        "route add 10.7.0.0/16 tos 0x10 via inet6 fe80::1 dev eth0 scope link mtu 1400",
        "route add 10.6.0.0/16 nexthop via 10.0.0.1 dev eth0 weight 3 nexthop via 10.0.1.1 dev eth1 onlink",
      ].join("\n"),
    );
    expect(state.gaps).toEqual([]);
    expect(added(state)).toEqual([
      "default via 10.0.0.1 dev eth0 onlink src 10.0.0.11 metric 5 table 7000",
      "unreachable default metric 4278198272 table 7000",
      "10.9.0.0/16 dev eth1 table main",
      "local 10.8.0.0/16 dev lo table local",
      "broadcast 10.8.255.255 dev eth0 table local",
      "10.7.0.0/16 tos 0x10 via fe80::1 dev eth0 table main",
      "10.6.0.0/16 table main nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1 onlink",
    ]);
    const mine = state.routes[4].filter((route) => route.origin !== 2);
    expect(mine.map(({ scope }) => scope)).toEqual([0, 0, 253, 254, 253, 253, 0]);
    expect(mine.map(({ origin }) => origin)).toEqual([77, 3, 3, 3, 3, 3, 3]);
    expect(mine[6].hops.map(({ weight }) => weight)).toEqual([3, 1]);
  });

  test("IPv6: metric 1024, refusals on the loopback, a source and a preference", () => {
    const state = apply(
      "route add default via fe80::1 dev eth0 pref high\nroute add prohibit 2001:db8:7::/48\nroute add default from 2001:db8:1::/64 dev eth1",
      6,
    );
    expect(state.gaps).toEqual([]);
    expect(added(state, 6)).toEqual([
      "default via fe80::1 dev eth0 metric 1024 table main",
      "prohibit 2001:db8:7::/48 dev lo metric 1024 table main",
      "default from 2001:db8:1::/64 dev eth1 metric 1024 table main",
    ]);
    expect(state.routes[6].find((route) => route.preference === "high")).toBeDefined();
  });

  test("add refuses what is there, replace puts in its place, append and prepend stand beside it", () => {
    const first = "route add default via 10.0.0.1 dev eth0\n";
    expect(apply(first + "route add default via 10.0.0.2 dev eth0").gaps[0].problem).toContain(
      "the route is there already",
    );
    expect(apply(first + "route add default via 10.0.0.2 dev eth0 metric 5").gaps).toEqual([]);
    expect(apply(first + "route add default via 10.0.0.2 dev eth0 tos 0x10").gaps).toEqual([]);
    expect(added(apply(first + "route replace default via 10.0.0.2 dev eth0"))).toEqual([
      "default via 10.0.0.2 dev eth0 table main",
    ]);
    expect(added(apply("route replace default via 10.0.0.2 dev eth0"))).toHaveLength(1);
    expect(added(apply(first + "route append default via 10.0.0.2 dev eth0"))[1]).toContain("10.0.0.2");
    expect(added(apply(first + "route prepend default via 10.0.0.2 dev eth0"))[0]).toContain("10.0.0.2");
    const six = "route add default via fe80::1 dev eth0\n";
    expect(apply(six + "route append default via fe80::2 dev eth0", 6).gaps[0].problem).toContain(
      "appending",
    );
    expect(apply(six + "route add default from 2001:db8::/32 via fe80::2 dev eth0", 6).gaps).toEqual([]);
  });

  test("del and flush", () => {
    const some =
      "route add default via 10.0.0.1 dev eth0 table 7\nroute add default via 10.0.0.2 dev eth0 table 7 metric 5 proto 77\nroute add 10.9.0.0/16 dev eth1 table 8\n";
    const left = (text: string): number => added(apply(some + text)).length;
    expect(added(apply(some + "route del default table 7"))[0]).toContain("10.0.0.2");
    expect(added(apply(some + "route del default table 7 metric 5"))[0]).toContain("10.0.0.1");
    expect(added(apply(some + "route del default via 10.0.0.2 dev eth0 table 7"))[0]).toContain("10.0.0.1");
    expect(added(apply(some + "route del default table 7 proto 77"))[0]).toContain("10.0.0.1");
    expect(apply(some + "route del unreachable default table 7").gaps[0].problem).toContain("no such route");
    expect(apply(some + "route del default").gaps[0].problem).toContain("no such route");
    expect(left("route flush table 7")).toBe(1);
    expect(left("route flush table 7 proto 77")).toBe(2);
    expect(left("route flush table all proto 3")).toBe(1);
    expect(apply("route flush cache").gaps[0].problem).toContain("route flush cache is not modelled");
  });

  test.each([
    ["route add default via 10.0.0.1", "a gateway without its device is not modelled"],
    ["route add default", "a route without a device"],
    ["route add default dev gone", "there is no device gone"],
    ["route add default via x dev eth0", "x is not an address"],
    ["route add default dev eth0 encap mpls 5", "route attribute encap is not modelled"],
    ["route add default nexthop via 10.0.0.1", "a next hop without its device is not modelled"],
    ["route add default nexthop dev eth0 realm 5", "next hop attribute realm is not modelled"],
    ["route get 8.8.8.8", "route get is not modelled"],
    ["route add fd00::/8 dev eth0", 'destination "fd00::/8" is not an IPv4 prefix'],
  ])("%j: %s", (text, problem) => {
    expect(apply(text).gaps[0].problem).toContain(problem);
  });
});

describe("links, addresses, and lines", () => {
  test("groups and addresses", () => {
    const state = apply(
      "link set dev eth0 group 77\nlink set eth1 group default\naddress add 10.5.0.1/24 dev eth1 nodad\naddr replace 10.5.0.1/24 dev eth1",
    );
    expect(state.gaps).toEqual([]);
    expect(state.links.map(({ name, group }) => `${name} ${group}`)).toEqual(["lo 0", "eth0 77", "eth1 0"]);
    expect(state.addresses.filter(({ link }) => link === "eth1")).toHaveLength(2);
    expect(state.routes[4].map(describeRoute)).toContain("10.5.0.0/24 dev eth1 src 10.5.0.1 table main");
    const hidden = apply("address add 10.5.0.1/24 dev eth1 scope link noprefixroute");
    expect(hidden.addresses.at(-1)).toMatchObject({ scope: 253, noPrefixRoute: true });
    expect(hidden.routes[4].map(describeRoute)).not.toContain("10.5.0.0/24 dev eth1 src 10.5.0.1 table main");
  });

  test.each([
    ["link set gone group 5", "there is no device gone"],
    ["link set eth0 mtu 5", "of ip link set only group is modelled"],
    ["link set eth0 group 5 up", "up is not modelled here"],
    ["link show", "of ip link only set is modelled"],
    ["address del 10.0.0.10/24 dev eth0", "of ip address only add is modelled"],
    ["address add 10.0.0.10 dev eth0", "the prefix length is missing"],
    ["address add 10.0.0.10/24 dev gone", "no such device"],
    ["address add 10.0.0.10/24 dev eth0 peer 10.0.0.9", "address attribute peer is not modelled"],
    ["tunnel add x", 'ip "tunnel" is not modelled'],
    ['rule add from "10.0.0.1" lookup 5', "quotes and continued lines are not read"],
    ["rule add \\", "quotes and continued lines are not read"],
  ])("%j: %s", (text, problem) => {
    expect(apply(text).gaps[0].problem).toContain(problem);
  });

  test("empty lines and comments are passed over; a failure is named by its line, and the rest counts", () => {
    const state = apply(
      "\n# a comment\n  rule add priority 9 lookup 1 # and another\nrule add nonsense\nrule add priority 10 lookup 2",
    );
    expect(state.gaps).toEqual([
      {
        where: "ip -4 -batch",
        position: "line 4",
        kind: "unmodelled",
        problem: '"rule add nonsense": selector or action nonsense is not modelled',
      },
    ]);
    expect(rules(state).slice(1, 3)).toEqual([
      "9: from all lookup 1 proto 0",
      "10: from all lookup 2 proto 0",
    ]);
  });

  test("the state given stays as it was", () => {
    const before = JSON.stringify(BARE, (_k, v: unknown) => (typeof v === "bigint" ? String(v) : v));
    apply(
      "rule add priority 9 lookup 1\nroute add default via 10.0.0.1 dev eth0\nlink set eth0 group 5\naddress add 10.5.0.1/24 dev eth1",
    );
    expect(JSON.stringify(BARE, (_k, v: unknown) => (typeof v === "bigint" ? String(v) : v))).toBe(before);
  });
});
