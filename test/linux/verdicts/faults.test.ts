import { LinuxState, applyBatch, withVrf } from "../../../lib/linux";
import { nics } from "../support/hosts";
import { Case, TWO, policy, recorded } from "./support";

/** What is proved of the configuration itself (P9), and of VRFs (P12). */

const p9 = (...four: string[]): Case => ({ prove: ["P9"], family: 4, four, options: { maxWitnesses: 9 } });
const SPLIT =
  "route add 198.51.100.0/24 table 7000 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1";

const THREE = nics(3, 1, true);
/** With a VRF on eth2, set up as it has to be: its rule before that of `local`, and a refusal at the end of its table. */
const vrf = (state: LinuxState): LinuxState => {
  const made = withVrf(state, { name: "blue", table: 88, ports: ["eth2"] });
  return ([4, 6] as const).reduce(
    (sofar, family) =>
      applyBatch(
        sofar,
        family,
        "rule add priority 1001 lookup local protocol 2\nrule del priority 0\nroute add unreachable default table 88 metric 4278198272",
      ),
    made,
  );
};
/** Two managed interfaces and a VRF on a third device. */
const p12 = (more: Partial<Case> = {}): Case => ({
  prove: ["P12"],
  list: TWO,
  edit: (state) => vrf(third(state)),
  ...more,
});
/** A third device, which nobody manages. */
function third(state: LinuxState): LinuxState {
  const eth0 = state.links.find(({ name }) => name === "eth0")!;
  const links = [...state.links, { ...eth0, name: "eth2", index: 99, group: 0 }];
  const sysctls = Object.fromEntries(
    Object.entries(state.sysctls).flatMap(([path, value]) =>
      path.includes("/eth0/")
        ? [
            [path, value],
            [path.replace("/eth0/", "/eth2/"), value],
          ]
        : [[path, value]],
    ),
  );
  return { ...state, links, sysctls };
}
const inVrf = (family: 4 | 6, change: (state: LinuxState) => LinuxState): Partial<Case> => ({
  family,
  edit: (state) => change(vrf(third(state))),
});
const route = (state: LinuxState, family: 4 | 6, from: number, to: number): LinuxState => ({
  ...state,
  routes: {
    ...state.routes,
    [family]: [
      ...state.routes[family],
      ...state.routes[family]
        .filter((r) => r.table === from && r.to.length === 0 && r.metric <= 100)
        .map((r) => ({ ...r, table: to })),
    ],
  },
});

recorded("faults", {
  "a right host": { prove: ["P9"] },
  "a host as DHCP leaves it": { prove: ["P9"], fresh: true },
  "a rule behind a refusal": p9("rule add priority 8490 unreachable", "rule add priority 8491 lookup 5"),
  "a rule that names a device that is not there": p9("rule add priority 100 oif gone lookup 5"),
  "a rule for what arrives by a device that is not there": p9("rule add priority 100 iif gone lookup 5"),
  "a rule for all but a device that is not there": p9("rule add priority 100 not oif gone lookup 99"),
  "a jump from a device that is not there": p9("rule add priority 100 iif gone goto 8430"),
  "the kernel's own rules behind a refusal": p9("rule add priority 8490 unreachable"),
  "a rule that is there twice": p9("rule add priority 8031 lookup 7000 protocol 9"),
  "a rule with selectors that is there twice": p9(
    "rule add priority 7020 from 10.0.0.10 goto 8030 protocol 9",
  ),
  "a jump to nowhere": p9("rule add priority 100 goto 150"),
  "a jump over a rule": p9(
    "rule add priority 100 goto 102",
    "rule add priority 101 lookup 5",
    "rule add priority 102 nop",
  ),
  "two equal defaults": p9("route append default via 10.0.0.9 dev eth0 onlink table 7000"),
  "two equal defaults that nobody looks at": p9(
    "route append default via 10.0.0.9 dev eth0 onlink table 99",
    "route append default via 10.0.0.8 dev eth0 onlink table 99",
  ),
  "three equal defaults": p9(
    "route append default via 10.0.0.9 dev eth0 onlink table 7000",
    "route append default via 10.0.0.8 dev eth0 onlink table 7000",
  ),
  "two defaults for different DSCPs": p9(
    "route append default via 10.0.0.9 dev eth0 onlink table 7000 tos 0x10",
  ),
  "two equal routes that are no defaults": p9(
    "route append 198.51.100.0/24 via 10.0.0.1 dev eth0 onlink table 7000",
    "route append 198.51.100.0/24 via 10.0.0.9 dev eth0 onlink table 7000",
  ),
  "a route by two devices": p9(SPLIT),
  "a route by two hops of one device": p9(SPLIT.replace("10.0.1.1 dev eth1", "10.0.0.2 dev eth0")),
  "a route by two devices, as a policy has it": {
    ...p9(SPLIT),
    intent: { traffic: [policy("calls", ["net0", "net1"], { shared: true })] },
  },
  "a route by two devices, one of which a policy has": {
    ...p9(SPLIT),
    intent: { traffic: [policy("calls", ["net0"], { shared: true })] },
  },
  "a route by two devices, as a policy that is not shared has it": {
    ...p9(SPLIT),
    intent: { traffic: [policy("calls", ["net0", "net1"])] },
  },
  "a default by two devices that every rule suppresses": p9(
    "rule add priority 100 from 10.0.0.10 lookup 99 suppress_prefixlength 0",
    "route add default table 99 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
  ),
  "a default by two devices that one rule does not suppress": p9(
    "rule add priority 100 from 10.0.0.10 lookup 99 suppress_prefixlength 0",
    "rule add priority 101 from 10.0.0.10 lookup 99",
    "route add default table 99 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
  ),
  "a default by two devices of a group that is suppressed": p9(
    "rule add priority 100 from 10.0.0.10 lookup 99 suppress_ifgroup 77",
    "route add default table 99 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
  ),
  "a default by two devices, one of a group that is suppressed": p9(
    "rule add priority 100 from 10.0.0.10 lookup 99 suppress_ifgroup 77",
    "route add default table 99 nexthop via 10.0.0.1 dev eth0 nexthop via 172.17.0.9 dev docker0",
  ),
  "a table that is looked at behind a refusal": p9(
    "rule add priority 8030 from 10.0.0.10 unreachable",
    "route append default via 10.0.0.9 dev eth0 onlink table 7000",
  ),
  "two equal defaults in a table that only a jump over a refusal leads to": p9(
    "rule add priority 100 from 10.0.0.10 fwmark 1 goto 102",
    "rule add priority 101 from 10.0.0.10 unreachable",
    "rule add priority 102 from 10.0.0.10 lookup 99",
    "route append default via 10.0.0.9 dev eth0 onlink table 99",
    "route append default via 10.0.0.8 dev eth0 onlink table 99",
  ),
  "IPv6: two equal defaults": {
    prove: ["P9"],
    family: 6,
    edit: (state) => ({
      ...state,
      routes: {
        ...state.routes,
        6: state.routes[6].flatMap((r) => (r.table === 7000 && r.to.length === 0 ? [r, r] : [r])),
      },
    }),
  },
  "as many as are asked for": {
    ...p9(SPLIT, "rule add priority 100 goto 150"),
    options: { maxWitnesses: 1 },
  },
  "a VRF beside managed interfaces": p12(),
  "a VRF on a managed device": { prove: ["P12"], list: THREE, edit: vrf },
  "a VRF alone": {
    prove: ["P12"],
    list: [],
    fresh: true,
    edit: (state) => withVrf(state, { name: "blue", table: 88, ports: ["docker0"] }),
  },
  "a VRF whose table ends without a refusal": p12({
    edit: (state) =>
      ([4, 6] as const).reduce(
        (sofar, family) =>
          applyBatch(sofar, family, "route del unreachable default table 88 metric 4278198272"),
        vrf(third(state)),
      ),
  }),
  "a VRF behind the rule of local": p12({
    family: 4,
    edit: (state) => withVrf(third(state), { name: "blue", table: 88, ports: ["eth2"] }),
  }),
  "two VRFs, one of which leads into the other": p12({
    list: [TWO[0]],
    family: 4,
    edit: (state) => {
      const two = withVrf(vrf(third(state)), { name: "red", table: 89, ports: ["docker0"] });
      return applyBatch(
        two,
        4,
        "route add default dev eth2 table 89\nroute add local 198.51.100.7 dev eth2 table 89",
      );
    },
  }),
  "main leads into one of two VRFs, for addresses that the host need not have": p12({
    list: [{ ...TWO[0], delegated: ["10.0.0.64/28"] }],
    family: 4,
    edit: (state) =>
      applyBatch(
        withVrf(vrf(third(state)), { name: "red", table: 89, ports: ["docker0"] }),
        4,
        "route replace default dev eth2 table 7000",
      ),
  }),
  "a route of a VRF by two devices, one of which is another's": p12(
    inVrf(4, (state) =>
      applyBatch(
        state,
        4,
        "route replace default table 88 metric 4 nexthop dev eth2 nexthop via 10.0.0.1 dev eth0",
      ),
    ),
  ),
  "no VRF": { prove: ["P12"] },
  "a VRF whose table leads out": p12(inVrf(4, (state) => route(state, 4, 254, 88))),
  "IPv6: a VRF whose table leads out": p12(inVrf(6, (state) => route(state, 6, 254, 88))),
  "a VRF that forwards out": p12({
    around: { sysctls: { "ipv4/conf/eth0/forwarding": 1, "ipv6/conf/all/forwarding": 1 } },
    ...inVrf(4, (state) => route(state, 4, 254, 88)),
  }),
  "a rule of VRFs that is gone": p12(
    inVrf(4, (state) => ({
      ...state,
      rules: { ...state.rules, 4: state.rules[4].filter(({ l3mdev }) => !l3mdev) },
    })),
  ),
  "a rule of VRFs behind the host's own": p12(
    inVrf(4, (state) => ({
      ...state,
      rules: {
        ...state.rules,
        4: [
          ...state.rules[4].filter(({ l3mdev }) => !l3mdev),
          ...state.rules[4].filter(({ l3mdev }) => l3mdev).map((rule) => ({ ...rule, priority: 40000 })),
        ],
      },
    })),
  ),
  "a route of main leads into a VRF": p12(
    inVrf(4, (state) => ({
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((r) =>
          r.table === 254 && r.to.length === 0 && r.metric === 100
            ? { ...r, hops: r.hops.map((hop) => ({ ...hop, link: "eth2" })) }
            : r,
        ),
      },
    })),
  ),
  "a VRF, and more classes than may be looked at": p12({ family: 4, options: { maxClasses: 2 } }),
  "a VRF, and a few more": p12({ family: 4, options: { maxClasses: 90 } }),
  "a VRF, and a rule that is not understood": p12(
    inVrf(4, (state) => ({
      ...state,
      rules: {
        ...state.rules,
        4: state.rules[4].map((rule) => (rule.l3mdev ? { ...rule, unmodelled: ["dscp"] } : rule)),
      },
    })),
  ),
});
