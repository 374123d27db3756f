import { LinuxState } from "../../../lib/linux";
import { address, nics, prefix } from "../support/hosts";
import { Case, TWO, policy, recorded } from "./support";

/** What is proved of packets with a source of the host: P1, P2, P3 and P6, and of addresses that belong to no interface. */

const IDENTITY = ["address add 192.0.2.77/32 dev lo"];
const FORWARDING = {
  "ipv6/conf/all/forwarding": 1,
  ...Object.fromEntries(["docker0", "eth0", "eth1"].map((name) => [`ipv4/conf/${name}/forwarding`, 1])),
};
const rp = (value: number): Case["around"] => ({
  sysctls: { "ipv4/conf/eth0/rp_filter": value, "ipv4/conf/eth1/rp_filter": value },
});
const DELEGATED = [{ ...TWO[0], delegated: ["10.0.0.64/28", "2001:db8:1:0:1::/80"] }, TWO[1]];
/** Instead of the first rule of every block, by which containers and tunnels are reached, one that does nothing. */
const WITHOUT_MAIN = [8030, 8033].flatMap((at) => [`rule del priority ${at}`, `rule add priority ${at} nop`]);
const identity = (four: readonly string[], more: Partial<Case> = {}): Case => ({
  prove: ["P1", "P2", "P6"],
  family: 4,
  four: [...IDENTITY, ...four],
  intent: { identities: [address("192.0.2.77")] },
  ...more,
});
const unmodelled =
  (priority: number) =>
  (state: LinuxState): LinuxState => ({
    ...state,
    rules: {
      ...state.rules,
      4: state.rules[4].map((rule) =>
        rule.priority === priority ? { ...rule, unmodelled: ["x", "y"] } : rule,
      ),
    },
  });

recorded("sources", {
  "a right host": { prove: ["P1", "P2", "P3", "P6"] },
  "a host as DHCP leaves it": { prove: ["P1", "P2", "P3", "P6"], fresh: true, traced: true },
  "a source without its rule": { prove: ["P1", "P2", "P3", "P6"], four: ["rule del from 10.0.1.10"] },
  "IPv6: a source without its rule": {
    prove: ["P1", "P2", "P3", "P6"],
    family: 6,
    six: ["rule del from 2001:db8:2::10"],
  },
  "a source that is refused": {
    prove: ["P1", "P3", "P6"],
    family: 4,
    four: ["rule add priority 100 from 10.0.1.10 prohibit"],
  },
  "a source whose table refuses all": {
    prove: ["P1"],
    family: 4,
    four: ["route del default via 10.0.1.1 dev eth1 table 7002"],
  },
  "a table without a default": {
    prove: ["P1", "P6"],
    family: 4,
    four: ["route del default via 10.0.1.1 dev eth1 table 7002", "route del unreachable default table 7002"],
  },
  "a mark that leads astray": {
    prove: ["P1"],
    family: 4,
    four: ["rule add priority 100 fwmark 0x5/0xff lookup 7000"],
  },
  "all fields that lead astray": {
    prove: ["P1"],
    family: 4,
    four: [
      "rule add priority 100 fwmark 0x5/0xff tos 0x10 uidrange 5-9 ipproto udp sport 7 dport 53 lookup 7000",
    ],
    options: { maxWitnesses: 5 },
    traced: true,
  },
  "by a table that nobody has": {
    prove: ["P1"],
    family: 4,
    four: [
      "rule add priority 100 from 10.0.1.10 lookup 7000",
      "route del default via 10.0.1.1 dev eth1 table 7002",
    ],
  },
  "by another gateway of its own device": {
    prove: ["P1", "P3", "P6"],
    family: 4,
    four: ["route replace default via 10.0.1.9 dev eth1 onlink table 7002"],
  },
  "directly where a gateway is wanted": {
    prove: ["P1"],
    family: 4,
    four: ["route replace default dev eth1 table 7002"],
  },
  "delivered to the host itself instead": {
    prove: ["P1"],
    family: 4,
    four: ["route add local 198.51.100.7 dev eth1 table 7002"],
  },
  "an address that is not the host's": {
    prove: ["P1", "P2"],
    family: 4,
    four: ["route del local 10.0.1.10 table local"],
  },
  "no gateway": {
    prove: ["P1", "P6"],
    family: 4,
    list: [TWO[0], { ...TWO[1], gateways: [] }],
  },
  "no gateway, but a default": {
    prove: ["P1"],
    family: 4,
    list: [TWO[0], { ...TWO[1], gateways: [] }],
    four: ["route add default via 10.0.1.1 dev eth1 table 7002"],
  },
  "hosts on the other link, directly": {
    prove: ["P1", "P2"],
    family: 4,
    four: ["route add 10.0.1.0/24 dev eth1 table 7000", "route add 10.0.0.0/24 dev eth0 table 7002"],
    intent: { onLink: "direct" },
  },
  "hosts on the other link, directly for one alone": {
    prove: ["P1"],
    family: 4,
    four: ["route add 10.0.1.0/24 dev eth1 table 7000", "route add 10.0.0.0/24 dev eth0 table 7002"],
    intent: { directPairs: [{ from: "net0", to: "net1" }] },
  },
  "attached hosts by the gateway, where that is as good": {
    prove: ["P1"],
    family: 4,
    four: ["route del 10.0.0.0/24 table 7000"],
    intent: { attachedByGateway: true },
  },
  "attached hosts by the gateway, where it is not": {
    prove: ["P1"],
    family: 4,
    four: ["route del 10.0.0.0/24 table 7000"],
  },
  "the gateway by itself": {
    prove: ["P1"],
    family: 4,
    list: [{ ...TWO[0], gateways: ["10.9.9.1", "fe80::1"] }, TWO[1]],
    four: ["route add 10.9.9.1 dev eth0 table 7000", "route add 10.9.9.2 dev eth0 table 7000"],
  },
  "what main refuses, and what lies behind a bridge": {
    prove: ["P1", "P6"],
    family: 4,
    four: ["route add blackhole 10.244.0.0/16", "rule del priority 8030"],
  },
  "a throw route of main is no place": {
    prove: ["P1"],
    family: 4,
    four: ["route add throw 10.244.0.0/16"],
  },
  "what lies behind a bridge, and is to be ignored": {
    prove: ["P1", "P2", "P3", "P6"],
    intent: { unmanagedRoutes: "ignore" },
  },
  "a host that ignores what lies behind a bridge": {
    prove: ["P1", "P2", "P3", "P6"],
    four: WITHOUT_MAIN,
    six: WITHOUT_MAIN,
    intent: { unmanagedRoutes: "ignore" },
  },
  "a host that ignores what lies behind a bridge, and is not to": {
    prove: ["P1", "P2", "P3", "P6"],
    four: WITHOUT_MAIN,
    six: WITHOUT_MAIN,
  },
  "a way through a bridge that is left when all others are gone, and is to be ignored": {
    prove: ["P1", "P6"],
    family: 4,
    four: [...WITHOUT_MAIN, "rule del priority 8035", "rule add priority 9100 lookup main"],
    intent: { unmanagedRoutes: "ignore" },
  },
  "what main refuses, which is to be ignored": {
    prove: ["P1"],
    family: 4,
    four: [...WITHOUT_MAIN, "route add blackhole 10.244.0.0/16"],
    intent: { unmanagedRoutes: "ignore" },
  },
  "half defaults of a VPN": { prove: ["P1", "P6"], around: { vpn: true } },
  "half defaults of a VPN, which count as places": {
    prove: ["P1", "P6"],
    around: { vpn: true },
    intent: { unmanagedLongerThan: { 4: 0, 6: 2 } },
  },
  "half defaults of a VPN, and no refusal": {
    prove: ["P6"],
    around: { vpn: true },
    four: ["rule del priority 8035", "route del unreachable default table 7002"],
    six: ["rule del priority 8035", "route del unreachable default table 7002"],
  },
  "no refusal behind a table": { prove: ["P6"], four: ["rule del priority 8035"], traced: true },
  "many routes between a source and a leak": {
    prove: ["P6"],
    family: 4,
    four: [
      "rule del priority 8035",
      "route add default via 10.0.1.2 dev eth1 onlink table 7002 metric 3",
      "route add default via 10.0.1.3 dev eth1 onlink table 7002 metric 4",
      "route add 128.0.0.0/1 via 10.0.1.4 dev eth1 onlink table 7002",
      "route add default via 10.0.1.5 dev eth1 onlink table 7002 tos 0x10",
    ],
  },
  "a leak for one DSCP alone": {
    prove: ["P6"],
    family: 4,
    four: ["route add default via 10.0.0.1 dev eth0 onlink table 7002 tos 0x10 metric 7"],
  },
  "a suppressed leak": {
    prove: ["P6"],
    family: 4,
    four: [
      "rule del priority 8034",
      "rule add priority 8034 lookup 7002 suppress_prefixlength 0",
      "route add default via 10.0.0.1 dev eth0 onlink table 7002 metric 9",
    ],
  },
  "a leak that a group suppresses": {
    prove: ["P6"],
    family: 4,
    four: [
      "rule add priority 100 from 10.0.1.10 lookup 99 suppress_ifgroup 77",
      "route add default via 10.0.0.1 dev eth0 onlink table 99 metric 9",
    ],
  },
  "a leak behind a jump": {
    prove: ["P6"],
    family: 4,
    four: [
      "rule add priority 100 fwmark 1 goto 200",
      "rule add priority 150 from 10.0.1.10 unreachable",
      "rule add priority 200 from 10.0.1.10 lookup 7000",
    ],
  },
  "a leak by one hop of two": {
    prove: ["P6"],
    family: 4,
    four: [
      "route add default table 7002 metric 9 nexthop via 10.0.1.1 dev eth1 nexthop via 10.0.0.1 dev eth0",
    ],
  },
  "a leak by a hop that is dead": {
    prove: ["P6"],
    family: 4,
    four: ["route add default via 10.0.0.1 dev eth0 onlink table 7002 metric 9"],
    edit: (state) => ({
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((route) =>
          route.table === 7002 && route.metric === 9
            ? { ...route, hops: route.hops.map((hop) => ({ ...hop, dead: true })) }
            : route,
        ),
      },
    }),
  },
  "IPv6: a leak for one source alone": {
    prove: ["P1", "P6"],
    family: 6,
    six: ["route add 2001:db8:ffff::/48 from 2001:db8:2::/64 via fe80::1 dev eth0 table 7002 metric 9"],
  },
  "IPv6: the same for another source": {
    prove: ["P1", "P6"],
    family: 6,
    six: ["route add 2001:db8:ffff::/48 from 2001:db8:7::/64 via fe80::1 dev eth0 table 7002 metric 9"],
  },
  "a rule that is not understood": { prove: ["P1", "P2", "P3", "P6"], family: 4, edit: unmodelled(8031) },
  "a route that is not understood": {
    prove: ["P1", "P6"],
    family: 4,
    edit: (state) => ({
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((route) =>
          route.table === 7000 && route.to.length === 0 ? { ...route, unmodelled: ["encap", "mpls"] } : route,
        ),
      },
    }),
  },
  "a strict filter on a right host": { prove: ["P2"], around: rp(1) },
  "a strict filter where the answer goes astray": {
    prove: ["P2"],
    family: 4,
    around: rp(1),
    four: ["rule del from 10.0.1.10"],
    traced: true,
  },
  "a loose filter where the answer goes astray": {
    prove: ["P2"],
    family: 4,
    around: rp(2),
    four: ["rule del from 10.0.1.10"],
  },
  "a strict filter, and rules for ports": {
    prove: ["P2"],
    family: 4,
    around: rp(1),
    four: ["rule add priority 100 from 10.0.1.10 ipproto tcp sport 22 lookup 7000"],
  },
  "senders that a rule refuses": {
    prove: ["P2"],
    family: 4,
    four: [
      "rule del priority 0",
      "rule add priority 0 from 192.0.2.0/24 blackhole",
      "rule add priority 1 lookup local",
    ],
  },
  "a delegated prefix, from the host and for containers": {
    prove: ["P1", "P2", "P6"],
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: ["route add 10.0.0.64/28 dev docker0"],
    six: ["route add 2001:db8:1:0:1::/80 dev docker0"],
  },
  "a delegated prefix, half of which goes astray when it is forwarded": {
    prove: ["P1"],
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: [
      "route add 10.0.0.64/28 dev docker0",
      "rule add priority 100 from 10.0.0.72/29 iif docker0 lookup 7002",
    ],
    six: [
      "route add 2001:db8:1:0:1::/80 dev docker0",
      "rule add priority 100 from 2001:db8:1:0:1:8000::/81 iif docker0 lookup 7002",
    ],
  },
  "a delegated prefix, half of which goes astray": {
    prove: ["P1", "P6"],
    family: 4,
    list: DELEGATED,
    four: ["rule add priority 100 from 10.0.0.72/29 lookup 7002"],
  },
  "a delegated prefix, forwarded by a host that does not forward": {
    prove: ["P1"],
    family: 4,
    list: DELEGATED,
    four: [
      "route add 10.0.0.64/28 dev docker0",
      "rule add priority 100 from 10.0.0.72/29 iif docker0 lookup 7002",
    ],
  },
  "a delegated prefix and users": {
    prove: ["P1"],
    family: 4,
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: [
      "route add 10.0.0.64/28 dev docker0",
      "rule add priority 100 from 10.0.0.64/28 uidrange 1000-1000 lookup 7002",
    ],
  },
  "an address that the host does not have": {
    prove: ["P1", "P2"],
    family: 4,
    edit: (state) => ({ ...state, addresses: state.addresses.filter(({ link }) => link !== "eth1") }),
  },
  "sources asked for alone": {
    prove: ["P1", "P2", "P3", "P6"],
    fresh: true,
    options: { only: { sources: [prefix("10.0.0.0/24"), prefix("2001:db8:2::/64")] } },
  },
  "destinations asked for alone": {
    prove: ["P1", "P6"],
    fresh: true,
    family: 4,
    options: { only: { destinations: [prefix("198.18.0.0/15")] } },
  },
  "delegated sources asked for alone": {
    prove: ["P1"],
    family: 4,
    list: DELEGATED,
    four: ["rule add priority 100 from 10.0.0.72/29 lookup 7002"],
    options: { only: { sources: [prefix("10.0.0.76/30")] } },
  },
  "what is excluded": {
    prove: ["P1", "P2", "P6"],
    family: 4,
    four: ["route add 198.51.100.0/24 via 10.0.0.1 dev eth0 onlink table 7002"],
    intent: { exclude: [prefix("198.51.100.0/24")] },
  },
  "marks of others": {
    prove: ["P1", "P6"],
    family: 4,
    four: ["rule add priority 100 fwmark 0x5/0xff lookup 7000"],
    intent: { foreignMarks: [{ value: 5, mask: 0xff }] },
  },
  "an identity, which may leave by any": identity([]),
  "an identity that is refused": identity(["rule add priority 100 from 192.0.2.77 unreachable"]),
  "an identity that leaves by a VPN": identity([], { around: { vpn: true } }),
  "an identity that leaves by a bridge": identity([
    "rule add priority 100 from 192.0.2.77 lookup 99",
    "route add default dev docker0 table 99",
  ]),
  "an identity and a strict filter": identity([], { around: rp(1) }),
  "an identity that leaks when routes go away": identity(["route add default dev docker0 metric 999"]),
  "an identity with rules for users": identity([
    "rule add priority 100 from 192.0.2.77 uidrange 1000-1000 lookup 7002",
  ]),
  "an identity that is not asked for": identity([], {
    options: { only: { sources: [prefix("10.0.0.0/24")] } },
  }),
  "an identity alone": { ...identity([]), list: nics(2, 1).map((nic) => ({ ...nic, addresses: [] })) },
  "an IPv6 identity": {
    prove: ["P1", "P2", "P6"],
    six: ["address add 2001:db8:77::77/128 dev lo"],
    intent: { identities: [address("2001:db8:77::77")] },
  },
  "an identity, and answers alone are asked": identity([], { prove: ["P3"] }),
  "an identity, and each property alone gives up": identity([], { options: { maxClasses: 4 } }),
  "more classes than may be looked at": {
    prove: ["P1", "P2", "P3", "P6"],
    family: 4,
    options: { maxClasses: 3 },
  },
  "more combinations of marks than can be told apart": {
    prove: ["P1", "P2", "P3", "P6"],
    family: 4,
    four: Array.from(
      { length: 16 },
      (_x, i) => `rule add priority ${200 + i} fwmark ${1 << i}/${1 << i} to 198.51.100.0/24 lookup 99`,
    ),
  },
  "as many witnesses as are asked for, the smallest first": {
    prove: ["P1"],
    family: 4,
    four: ["rule add priority 100 fwmark 0x5/0xff lookup 7000", "rule del from 10.0.1.10"],
    options: { maxWitnesses: 6 },
  },
  "no witness is asked for": {
    prove: ["P1"],
    family: 4,
    four: ["rule del from 10.0.1.10"],
    options: { maxWitnesses: 0 },
  },
  "all fields that lead to a leak": {
    prove: ["P6"],
    family: 4,
    four: [
      "rule add priority 100 fwmark 0x5/0xff tos 0x10 uidrange 5-9 ipproto udp sport 7 dport 53 lookup 7000",
    ],
  },
  "what does not lead out is no leak": {
    prove: ["P6"],
    family: 4,
    four: [
      "route add local 198.51.100.7 dev eth0 table 7002",
      "route add 192.0.2.0/24 dev docker0 table 7002",
      "route add 64.0.0.0/2 dev docker0 table 7002",
      "route add prohibit 192.0.3.0/24 table 7002",
    ],
  },
  "a route by a device that is gone is no leak": {
    prove: ["P6"],
    family: 4,
    four: ["route add default via 10.0.0.1 dev eth0 onlink table 7002 metric 9"],
    edit: (state) => ({
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((route) =>
          route.table === 7002 && route.metric === 9
            ? { ...route, hops: route.hops.map((hop) => ({ ...hop, link: "gone" })) }
            : route,
        ),
      },
    }),
  },
  "answers alone are asked, of an address that the host does not have and of a delegated prefix": {
    prove: ["P3"],
    family: 4,
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: ["route add 10.0.0.64/28 dev docker0"],
    edit: (state) => ({ ...state, addresses: state.addresses.filter(({ link }) => link !== "eth1") }),
  },
  "all traffic is a policy's, before the rules for sources": {
    prove: ["P1", "P2", "P3", "P6"],
    family: 4,
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: ["route add 10.0.0.64/28 dev docker0"],
    intent: { traffic: [policy("all", ["net1"], { beforeSources: true })] },
  },
  "answers by some ports are a policy's, before the rules for sources": {
    prove: ["P2", "P3"],
    family: 4,
    four: ["rule add priority 100 from 10.0.1.10 ipproto tcp sport 22 lookup 7002"],
    intent: {
      traffic: [policy("ssh", ["net1"], { beforeSources: true, protocol: 6, sourcePorts: [[22, 22]] })],
    },
  },
  "users, and what arrives": {
    prove: ["P2"],
    family: 4,
    four: ["rule add priority 100 from 10.0.1.10 uidrange 1000-1000 lookup 7002"],
  },
  "a delegated prefix, and more classes than may be looked at of what is forwarded": {
    prove: ["P1"],
    family: 4,
    list: DELEGATED,
    around: { sysctls: FORWARDING },
    four: ["route add 10.0.0.64/28 dev docker0"],
    options: { maxClasses: 14 },
  },
  "a delegated prefix, on a host that forwards the other family alone": {
    prove: ["P1"],
    list: DELEGATED,
    around: { sysctls: { "ipv6/conf/all/forwarding": 1 } },
    four: [
      "route add 10.0.0.64/28 dev docker0",
      "rule add priority 100 from 10.0.0.64/28 iif docker0 lookup 7002",
    ],
    six: [
      "route add 2001:db8:1:0:1::/80 dev docker0",
      "rule add priority 100 from 2001:db8:1:0:1::/80 iif docker0 lookup 7002",
    ],
  },
  "an identity, and only what arrives is asked": identity([], { prove: ["P2"] }),
  "an identity, and only leaks are asked": identity([], { prove: ["P6"] }),
  "an identity, and only what leaves is asked": identity([], { prove: ["P1"] }),
  "an identity that is not on the host": {
    prove: ["P1", "P2"],
    family: 4,
    intent: { identities: [address("192.0.2.77")] },
  },
  "an identity, and an interface without an address of its family": identity([], {
    list: [TWO[0], { ...TWO[1], addresses: ["2001:db8:2::10/64"] }],
  }),
  "two destinations asked for alone": {
    prove: ["P1"],
    family: 4,
    options: { only: { destinations: [prefix("198.18.0.0/15"), prefix("192.0.2.0/24")] } },
  },
  "sources asked for alone, one of several": {
    prove: ["P1"],
    family: 4,
    options: { only: { sources: [prefix("10.0.1.0/24"), prefix("10.0.0.0/24")] } },
  },
});
