import { LinuxState, applyBatch } from "../../../lib/linux";
import { address, freshHost, prefix, recipe } from "../support/hosts";
import { Case, TWO, policy, recorded } from "./support";

/** What is proved of the way from one state to the next: P7, P8 and P10. */

const FORWARDING = {
  "ipv6/conf/all/forwarding": 1,
  ...Object.fromEntries(["docker0", "eth0", "eth1"].map((name) => [`ipv4/conf/${name}/forwarding`, 1])),
};
const ROUTER = { around: { sysctls: FORWARDING } };
const MANAGEMENT = [{ peer: prefix("192.0.2.0/24"), local: address("10.0.1.10") }];
const MANAGEMENT6 = [{ peer: prefix("2001:db8:99::/48"), local: address("2001:db8:2::10") }];
const p7 = (...four: string[]): Case => ({ prove: ["P7"], family: 4, before: true, four });
const unmodelled = (state: LinuxState): LinuxState => ({
  ...state,
  rules: {
    ...state.rules,
    4: state.rules[4].map((rule) => (rule.priority === 8020 ? { ...rule, unmodelled: ["dscp"] } : rule)),
  },
});
const steps = (...lines: string[]): Case["options"] => ({ steps: [{ family: 4, text: lines.join("\n") }] });
const RECIPE = recipe(TWO, 4).split("\n");
const ROUTES = RECIPE.filter((line) => !line.startsWith("rule"));
const rules = (pattern: RegExp): string[] => RECIPE.filter((line) => pattern.test(line));

recorded("before", {
  "the recipe captures nothing": { prove: ["P7"], before: true },
  "the recipe captures nothing of what is forwarded": { prove: ["P7"], before: true, ...ROUTER },
  "no state before": { prove: ["P7", "P8", "P10"], family: 4 },
  "a rule for all": {
    ...p7("rule add priority 100 lookup 7002"),
    traced: true,
    options: { maxWitnesses: 4 },
  },
  "IPv6: a rule for all": {
    prove: ["P7"],
    family: 6,
    before: true,
    six: ["rule add priority 100 lookup 7002"],
  },
  "a rule for what is forwarded": {
    ...p7("rule add priority 100 from 192.0.2.0/24 iif docker0 lookup 7002"),
    ...ROUTER,
  },
  "IPv6: a rule for what is forwarded": {
    prove: ["P7"],
    family: 6,
    before: true,
    ...ROUTER,
    six: ["rule add priority 100 from 2001:db8:99::/48 iif docker0 lookup 7002"],
  },
  "a rule for containers": p7("rule add priority 100 from 172.17.0.0/16 lookup 7002"),
  "a rule for a user": p7("rule add priority 8431 uidrange 1000-1000 lookup 7002"),
  "a rule for a mark": p7("rule add priority 8431 fwmark 0x5/0xff lookup 7002"),
  "a rule for a mark of others": {
    ...p7("rule add priority 8431 fwmark 0x5/0xff lookup 7002"),
    intent: { foreignMarks: [{ value: 5, mask: 0xff }] },
  },
  "a rule for the mark of connections": {
    ...p7("rule add priority 8431 fwmark 0x5/0xff lookup 7002"),
    intent: { connections: [{ interface: "net1", mark: 5, mask: 0xff }] },
  },
  "a rule for one address inside a managed subnet": p7("rule add priority 100 from 10.0.1.77 lookup 7000"),
  "a rule behind the last address that is owned": p7("rule add priority 100 from 10.0.1.11 lookup 7000"),
  "a rule for loopback, multicast and nobody": p7(
    "rule add priority 100 from 127.0.0.0/8 lookup 7002",
    "rule add priority 100 from 224.0.0.0/4 lookup 7002",
    "rule add priority 100 from 0.0.0.0/32 lookup 7002",
  ),
  "IPv6: a rule for link-local and multicast sources": {
    prove: ["P7"],
    family: 6,
    before: true,
    six: [
      "rule add priority 100 from fe80::/10 lookup 7002",
      "rule add priority 100 from ff00::/8 lookup 7002",
      "rule add priority 100 from ::1 lookup 7002",
    ],
  },
  "a route of main goes": p7("route del default via 10.0.0.1 dev eth0 metric 100"),
  "a route of main is refused": p7("route replace unreachable default metric 1"),
  "a route of main has another source": p7(
    "route replace default via 10.0.0.1 dev eth0 src 172.17.0.1 metric 100",
  ),
  "a route of main has another managed source": p7(
    "route replace default via 10.0.0.1 dev eth0 src 10.0.1.10 metric 100",
  ),
  "a route of main has one hop more": {
    ...p7("route replace default metric 100 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1"),
    ...ROUTER,
  },
  "a place of main is delivered here": p7("route add local 198.51.100.7 dev docker0 table main"),
  "a strict filter is turned on": {
    ...p7(),
    edit: (state) => ({ ...state, sysctls: { ...state.sysctls, "ipv4/conf/eth1/rp_filter": 1 } }),
    ...ROUTER,
  },
  "an identity": {
    ...p7("rule add priority 100 from 192.0.2.77 lookup 7002"),
    before: (): LinuxState => applyBatch(freshHost(TWO), 4, "address add 192.0.2.77/32 dev lo"),
    edit: (state) => applyBatch(state, 4, "address add 192.0.2.77/32 dev lo"),
    intent: { identities: [address("192.0.2.77")] },
  },
  "an address on the loopback that is not told of": {
    ...p7("rule add priority 100 from 192.0.2.77 lookup 7002"),
    before: (): LinuxState => applyBatch(freshHost(TWO), 4, "address add 192.0.2.77/32 dev lo"),
    edit: (state) => applyBatch(state, 4, "address add 192.0.2.77/32 dev lo"),
  },
  "an address that is new": {
    ...p7("rule add priority 100 from 192.0.2.77 lookup 7002", "address add 192.0.2.77/32 dev lo"),
  },
  "an address that is gone": {
    ...p7("rule add priority 100 from 192.0.2.77 lookup 7002"),
    before: (): LinuxState => applyBatch(freshHost(TWO), 4, "address add 192.0.2.77/32 dev lo"),
    ...ROUTER,
  },
  "one of two sources that may be chosen is managed": {
    ...p7(
      "route replace default metric 100 nexthop via 10.0.0.1 dev eth0 nexthop via 172.17.0.9 dev docker0",
    ),
    before: (state: LinuxState): LinuxState =>
      applyBatch(
        state,
        4,
        "route replace default metric 100 nexthop via 10.0.0.9 dev eth0 nexthop via 172.17.0.9 dev docker0",
      ),
  },
  "devices that rules name are asked by themselves": {
    ...p7(
      "rule add priority 8431 iif eth1 lookup 99",
      "route add 198.51.100.0/24 via 10.0.0.1 dev eth0 table 99",
    ),
    ...ROUTER,
  },
  "a policy takes it": {
    ...p7("rule add priority 8440 to 198.51.100.0/24 lookup 7002"),
    ...ROUTER,
    intent: { traffic: [policy("calls", ["net1"], { to: [prefix("198.51.100.0/24")] })] },
  },
  "a policy takes the answer alone": {
    ...p7(
      "rule add priority 8440 to 198.51.100.0/24 lookup 7002",
      "rule add priority 9000 from 198.51.100.0/24 lookup 99",
    ),
    around: { sysctls: { ...FORWARDING, "ipv4/conf/all/rp_filter": 1 } },
    intent: { traffic: [policy("calls", ["net1"], { to: [prefix("198.51.100.0/24")] })] },
  },
  "what no policy takes is held to the answer": {
    ...p7(
      "rule add priority 8440 to 198.51.100.0/24 lookup 7002",
      "rule add priority 9000 from 198.51.100.0/24 lookup 99",
    ),
    around: { sysctls: { ...FORWARDING, "ipv4/conf/all/rp_filter": 1 } },
    intent: { traffic: [policy("calls", ["net1"], { to: [prefix("198.51.101.0/24")] })] },
  },
  "a policy for ports takes the answer alone": {
    ...p7(
      "rule add priority 8440 ipproto tcp sport 80 to 198.51.100.0/24 lookup 7002",
      "rule add priority 9000 from 198.51.100.0/24 ipproto tcp dport 80 lookup 99",
    ),
    around: { sysctls: { ...FORWARDING, "ipv4/conf/all/rp_filter": 1 } },
    intent: {
      traffic: [
        policy("web", ["net1"], { to: [prefix("198.51.100.0/24")], protocol: 6, sourcePorts: [[80, 80]] }),
      ],
    },
  },
  "what is excluded": {
    ...p7("rule add priority 8440 to 198.51.100.0/24 lookup 7002"),
    intent: { exclude: [prefix("198.51.100.0/24")] },
  },
  "a rule that was not understood before": { ...p7(), before: unmodelled },
  "a rule that is not understood after": { ...p7(), edit: unmodelled },
  "more classes than may be looked at": { ...p7(), options: { maxClasses: 7 }, ...ROUTER },
  "more classes than may be looked at, of what is forwarded": {
    ...p7(),
    options: { maxClasses: 40 },
    ...ROUTER,
  },
  "more combinations of marks than can be told apart": p7(
    ...Array.from(
      { length: 16 },
      (_x, i) => `rule add priority ${200 + i} fwmark ${1 << i}/${1 << i} to 198.51.100.0/24 lookup 99`,
    ),
  ),
  "management of a right host": { prove: ["P8"], intent: { management: [...MANAGEMENT, ...MANAGEMENT6] } },
  "management as DHCP leaves it": {
    prove: ["P8"],
    fresh: true,
    intent: { management: [...MANAGEMENT, ...MANAGEMENT6] },
    traced: true,
  },
  "management as before": {
    prove: ["P8"],
    fresh: true,
    before: true,
    intent: { management: [...MANAGEMENT, ...MANAGEMENT6] },
  },
  "management is cut off": {
    prove: ["P8"],
    four: ["rule add priority 5 from 10.0.1.10 unreachable"],
    before: true,
    intent: { management: MANAGEMENT },
  },
  "management is not let in": {
    prove: ["P8"],
    family: 4,
    fresh: true,
    before: true,
    around: { sysctls: { "ipv4/conf/eth1/rp_filter": 1 } },
    intent: { management: MANAGEMENT },
  },
  "management is for nobody": {
    prove: ["P8"],
    intent: { management: [{ peer: prefix("192.0.2.0/24"), local: address("10.9.9.9") }, ...MANAGEMENT] },
  },
  "management from everywhere, the host itself included": {
    prove: ["P8"],
    intent: {
      management: [
        { peer: prefix("0.0.0.0/0"), local: address("10.0.1.10") },
        { peer: prefix("192.0.2.0/24"), local: address("2001:db8:2::10") },
        { peer: prefix("2001:db8:99::/48"), local: address("10.0.1.10") },
      ],
    },
  },
  "a filter that was not read, and management": {
    prove: ["P8"],
    family: 4,
    edit: (state) => ({
      ...state,
      sysctls: Object.fromEntries(
        Object.entries(state.sysctls).filter(([path]) => !path.endsWith("/rp_filter")),
      ),
    }),
    intent: { management: MANAGEMENT },
  },
  "management and users": {
    prove: ["P8"],
    family: 4,
    four: ["rule add priority 100 uidrange 1000-1000 from 10.0.1.10 lookup 7000"],
    intent: { management: MANAGEMENT },
  },
  "management is not understood": {
    prove: ["P8"],
    family: 4,
    edit: (state) => ({
      ...state,
      rules: {
        ...state.rules,
        4: state.rules[4].map((rule) => (rule.priority === 7020 ? { ...rule, unmodelled: ["dscp"] } : rule)),
      },
    }),
    intent: { management: MANAGEMENT },
  },
  "management, and what is excluded": {
    prove: ["P8"],
    family: 4,
    intent: { management: MANAGEMENT, exclude: [prefix("192.0.2.0/25")] },
  },
  "management, and more classes than may be looked at": {
    prove: ["P8"],
    family: 4,
    fresh: true,
    intent: { management: [{ peer: prefix("0.0.0.0/0"), local: address("10.0.1.10") }] },
    options: { maxClasses: 1 },
  },
  "steps in a right order": {
    prove: ["P8", "P10"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps(
      ...ROUTES,
      ...rules(/priority 8430|priority 8020/),
      ...rules(/priority 80[34]/),
      ...rules(/priority 7020/),
    ),
  },
  "steps in a wrong order": {
    prove: ["P8", "P10"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: {
      ...steps(...ROUTES, ...rules(/priority 80[34]/), ...rules(/priority 7020|priority 8430|priority 8020/)),
      maxWitnesses: 2,
    },
  },
  "a step cuts everybody off, and the next puts it right": {
    prove: ["P8", "P10"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps("rule add priority 5 unreachable", "", "rule del priority 5"),
  },
  "a step cuts everybody off, and management alone is asked": {
    prove: ["P8"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps("  rule add priority 5 unreachable  "),
  },
  "a step takes the address away": {
    prove: ["P8", "P10"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps("route del local 10.0.1.10 dev eth1 table local", "   ", "rule add priority 5 nop"),
  },
  "a state before that was not understood": {
    prove: ["P7", "P8", "P10"],
    intent: { management: MANAGEMENT },
    family: 4,
    before: (): LinuxState => applyBatch(freshHost(TWO), 4, "rule add nonsense"),
    options: steps("rule add priority 5 nop"),
  },
  "steps, and management that is not asked for": {
    prove: ["P10"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps(
      "rule add priority 8431 to 192.0.2.0/24 lookup 7002",
      "route add default via 10.0.1.1 dev eth1 table 7002",
    ),
  },
  "a step of the other family": {
    prove: ["P10"],
    before: true,
    options: steps("rule add priority 5 unreachable"),
  },
  "a step that is not understood": {
    prove: ["P10"],
    family: 4,
    before: true,
    options: steps("rule add nonsense", "route add 198.51.100.0/24 dev eth0 table 99"),
  },
  "a step that is not understood, and management alone is asked": {
    prove: ["P8"],
    family: 4,
    before: true,
    intent: { management: MANAGEMENT },
    options: steps("rule add nonsense"),
  },
  "steps, and no management": {
    prove: ["P8"],
    family: 4,
    before: true,
    options: steps("rule add priority 5 unreachable"),
  },
  "steps, and more classes than may be looked at": {
    prove: ["P10"],
    family: 4,
    before: true,
    options: { ...steps(...ROUTES, ...rules(/priority 80[34]/)), maxClasses: 3 },
  },
  "steps without a state before": {
    prove: ["P10"],
    family: 4,
    options: steps("rule add priority 5 unreachable"),
  },
  "a link changes on the way": {
    prove: ["P10"],
    family: 4,
    before: true,
    options: steps(
      "rule add priority 5 lookup main suppress_ifgroup 78",
      "link set dev eth0 group 78",
      "address add 198.51.100.1/32 dev eth0",
    ),
  },
  "a place that only the state before had": {
    ...p7(),
    before: (): LinuxState => applyBatch(freshHost(TWO), 4, "route add 198.51.100.0/24 dev docker0"),
  },
});
