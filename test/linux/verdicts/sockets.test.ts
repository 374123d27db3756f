import { LinuxState } from "../../../lib/linux";
import { address, nics, prefix } from "../support/hosts";
import { Case, TWO, policy, recorded } from "./support";

/** What is proved of sockets without an address, and of those bound to a device: P4 and P5. */

const both: Pick<Case, "prove"> = { prove: ["P4", "P5"] };
/** The same host with a hint in the default of main by eth0. */
const hinted =
  (source: string, family: 4 | 6 = 4) =>
  (state: LinuxState): LinuxState => ({
    ...state,
    routes: {
      ...state.routes,
      [family]: state.routes[family].map((route) =>
        route.table === 254 && route.to.length === 0 && route.metric === 100
          ? { ...route, source: address(source) }
          : route,
      ),
    },
  });

recorded("sockets", {
  "a right host": both,
  "a host as DHCP leaves it": { ...both, fresh: true },
  "a host without defaults": { ...both, around: { defaults: 0 } },
  "a host without defaults and rules": { ...both, fresh: true, around: { defaults: 0 }, traced: true },
  "a source hint of another interface": { prove: ["P4"], family: 4, edit: hinted("10.0.1.10"), traced: true },
  "IPv6: a source hint of another interface": { prove: ["P4"], family: 6, edit: hinted("2001:db8:2::10", 6) },
  "a source hint that nobody owns": {
    prove: ["P4", "P5"],
    family: 4,
    fresh: true,
    edit: hinted("172.17.0.1"),
  },
  "a source hint that is the host's own, on its loopback": {
    prove: ["P4", "P5"],
    family: 4,
    fresh: true,
    four: ["address add 192.0.2.77/32 dev lo"],
    edit: hinted("192.0.2.77"),
  },
  "no address for the way": {
    ...both,
    family: 4,
    fresh: true,
    edit: (state) => ({ ...state, addresses: state.addresses.filter(({ link }) => link === "docker0") }),
  },
  "IPv6: no address for the way": {
    ...both,
    family: 6,
    edit: (state) => ({
      ...state,
      addresses: state.addresses.filter(({ link, address: a }) => link !== "eth0" || a.family === 4),
    }),
  },
  "IPv6: link-local addresses alone": {
    ...both,
    family: 6,
    fresh: true,
    edit: (state) => ({
      ...state,
      addresses: state.addresses.filter(
        ({ address: a }) => a.family === 4 || a.value >> 118n === 0x3fan || a.value === 1n,
      ),
    }),
  },
  "IPv6: a deprecated address gives way to another interface's": {
    prove: ["P4"],
    family: 6,
    edit: (state) => ({
      ...state,
      addresses: state.addresses.map((a) =>
        a.link === "eth0" && a.address.family === 6 ? { ...a, deprecated: true } : a,
      ),
    }),
  },
  "no rule for sockets bound to a device": {
    prove: ["P5"],
    around: { defaults: 1 },
    four: ["rule del oif eth1"],
    six: ["rule del oif eth1"],
  },
  "bound, and refused": {
    prove: ["P5"],
    family: 4,
    four: ["rule add priority 100 oif eth1 unreachable"],
  },
  "bound, and by another gateway": {
    prove: ["P5"],
    family: 4,
    four: [
      "route add default via 10.0.1.9 dev eth1 onlink table 99",
      "rule add priority 100 oif eth1 lookup 99",
    ],
  },
  "bound, and with a source of another interface": {
    prove: ["P5"],
    family: 4,
    four: ["rule add priority 100 oif eth1 lookup 7002"],
  },
  "bound, and given a source of another interface": {
    prove: ["P5"],
    family: 4,
    four: [
      "route add default via 10.0.1.1 dev eth1 onlink src 10.0.0.10 table 99",
      "rule add priority 100 oif eth1 lookup 99",
    ],
  },
  "bound to a device without a gateway": {
    prove: ["P5"],
    family: 4,
    list: [TWO[0], { ...TWO[1], gateways: [] }],
  },
  "bound to a device without addresses": {
    prove: ["P5"],
    family: 4,
    list: [TWO[0], { ...TWO[1], addresses: ["2001:db8:2::10/64"] }],
  },
  "IPv6: neighbours on the link": {
    prove: ["P5"],
    family: 6,
    six: ["route del fe80::/64 dev eth1 table 7002"],
  },
  "IPv6: an anycast address on the link": {
    prove: ["P5"],
    family: 6,
    six: ["route add anycast fe80::7 dev eth1 table local"],
  },
  "bound, and what lies behind a bridge": {
    prove: ["P5"],
    family: 4,
    four: ["route add blackhole 10.244.0.0/16"],
  },
  "bound, and hosts on the other link directly": {
    prove: ["P5"],
    family: 4,
    four: ["route add 10.0.1.0/24 dev eth1 table 7000", "route add 10.0.0.0/24 dev eth0 table 7002"],
    intent: { onLink: "direct" },
  },
  "equal defaults of two devices": {
    prove: ["P4"],
    family: 4,
    fresh: true,
    around: { defaults: 0 },
    four: ["route add default nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1"],
  },
  "a rule that is not understood": {
    ...both,
    family: 4,
    edit: (state) => ({
      ...state,
      rules: {
        ...state.rules,
        4: state.rules[4].map((rule) => (rule.priority === 8430 ? { ...rule, unmodelled: ["dscp"] } : rule)),
      },
    }),
  },
  "more classes than may be looked at": { ...both, family: 4, options: { maxClasses: 5 } },
  "one class may be looked at": { ...both, family: 4, options: { maxClasses: 1 } },
  "marks of sockets": {
    ...both,
    family: 4,
    four: ["rule add priority 100 fwmark 0x5/0xff lookup 7002"],
  },
  "a delegated prefix": {
    prove: ["P5"],
    family: 4,
    list: [{ ...nics(2, 1)[0], delegated: ["10.0.0.64/28"] }, nics(2, 1)[1]],
  },
  "forty classes may be looked at": { prove: ["P5"], family: 4, options: { maxClasses: 40 } },
  "thirty classes may be looked at": { prove: ["P5"], family: 4, options: { maxClasses: 30 } },
  "bound with an address that the host does not have": {
    prove: ["P5"],
    family: 4,
    edit: (state) => ({ ...state, addresses: state.addresses.filter(({ link }) => link !== "eth1") }),
  },
  "bound with another's address, which cannot be told": {
    prove: ["P5"],
    family: 4,
    edit: (state) => ({
      ...state,
      rules: {
        ...state.rules,
        4: state.rules[4].map((rule) =>
          rule.from !== undefined && rule.priority === 7020 ? { ...rule, unmodelled: ["dscp"] } : rule,
        ),
      },
    }),
  },
  "bound with another's address, and delivered here or refused": {
    prove: ["P5"],
    family: 4,
    four: [
      "rule add priority 100 oif eth1 lookup 7002",
      "route add local 203.0.113.0/24 dev eth1 table 7002",
      "route add prohibit 198.51.100.0/24 table 7002",
    ],
  },
  "no address on a bridge that nobody manages": {
    ...both,
    family: 4,
    fresh: true,
    around: { defaults: 0 },
    four: ["route add default dev docker0"],
    edit: (state) => ({ ...state, addresses: [] }),
  },
  "no address on a managed device": {
    ...both,
    family: 4,
    fresh: true,
    edit: (state) => ({ ...state, addresses: [] }),
  },
  "all traffic is a policy's, before the rules for sources": {
    ...both,
    family: 4,
    intent: { traffic: [policy("all", ["net1"], { beforeSources: true })] },
  },
  "traffic of one address is a policy's, before the rules for sources": {
    ...both,
    family: 4,
    fresh: true,
    intent: { traffic: [policy("all", ["net1"], { beforeSources: true, from: [prefix("10.0.0.10/32")] })] },
  },
});
