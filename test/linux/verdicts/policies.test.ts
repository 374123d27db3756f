import { LinuxState } from "../../../lib/linux";
import { formatAddress } from "../../../lib/net";
import { Nic, address, nics, prefix } from "../support/hosts";
import { Case, policy, recorded } from "./support";

/** What is proved of traffic policies (P11), and what they leave to the other properties. */

const PLACE = { to: [prefix("198.51.100.0/24")] };
const BY1 = ["route add default via 10.0.1.1 dev eth1 onlink table 7100"];
const BY0 = ["route add default via 10.0.0.1 dev eth0 onlink table 7101"];
const BY1_6 = ["route add default via fe80::1 dev eth1 table 7100"];
const RULE = "rule add priority 8440 to 198.51.100.0/24 lookup 7100";
const REFUSAL = "rule add priority 8442 to 198.51.100.0/24 unreachable";
const RIGHT = [...BY1, RULE, REFUSAL];
const one = (...four: string[]): Pick<Case, "prove" | "four" | "intent"> => ({
  prove: ["P11"],
  four,
  intent: { traffic: [policy("calls", ["net1"], PLACE)] },
});
/** A policy for what has this selector, and the rules that obey it. */
const selecting = (selector: string, more: Parameters<typeof policy>[2]): Case => ({
  prove: ["P11"],
  family: 4,
  four: [
    ...BY1,
    `rule add priority 8440 ${selector} to 198.51.100.0/24 lookup 7100`,
    `rule add priority 8442 ${selector} to 198.51.100.0/24 unreachable`,
  ],
  intent: { traffic: [policy("calls", ["net1"], { ...PLACE, ...more })] },
});
/** A host that forwards by every device. */
const FORWARDING = {
  "ipv6/conf/all/forwarding": 1,
  ...Object.fromEntries(
    ["docker0", "eth0", "eth1", "eth2", "eth3"].map((name) => [`ipv4/conf/${name}/forwarding`, 1]),
  ),
};
const ROUTER = { around: { sysctls: FORWARDING } };
const routers = (cases: Readonly<Record<string, Case>>): Record<string, Case> =>
  Object.fromEntries(Object.entries(cases).map(([name, given]) => [name, { ...ROUTER, ...given }]));
const FOUR: readonly Nic[] = nics(4, 1);
const EARLY = policy("calls", ["net1"], { ...PLACE, beforeSources: true });
const EARLY_RULES = [
  ...BY1,
  "rule add priority 6000 to 198.51.100.0/24 lookup 7100",
  "rule add priority 6001 to 198.51.100.0/24 unreachable",
];
const CONNECTIONS = [{ interface: "net1", mark: 0x100, mask: 0xf00 }];

recorded("policies", {
  "a policy is obeyed, but what is forwarded is not": one(...RIGHT),
  ...routers({
    "a policy is obeyed": one(...RIGHT),
    "nothing obeys it": one(),
    "no rule refuses when its interface has no way": one(...BY1, RULE),
    "it is refused with another error": one(...BY1, RULE, REFUSAL.replace("unreachable", "prohibit")),
    "it is prohibited where it is told to be": {
      ...one(...BY1, RULE, REFUSAL.replace("unreachable", "prohibit")),
      intent: { traffic: [policy("calls", ["net1"], { ...PLACE, otherwise: "prohibit" })] },
    },
    "it is dropped where it is told to be refused": {
      ...one(...BY1, RULE, REFUSAL.replace("unreachable", "blackhole")),
      family: 4,
      traced: true,
    },
    "it is dropped where it is told to be": {
      ...one(...BY1, RULE, REFUSAL.replace("unreachable", "blackhole")),
      family: 4,
      intent: { traffic: [policy("calls", ["net1"], { ...PLACE, otherwise: "blackhole" })] },
    },
    "without a way the next policy decides, and then nobody": {
      prove: ["P11"],
      family: 4,
      four: [...BY1, ...BY0, RULE, "rule add priority 8441 to 198.51.0.0/16 lookup 7101"],
      intent: {
        traffic: [
          policy("calls", ["net1"], { ...PLACE, otherwise: "next" }),
          policy("wide", ["net0"], { to: [prefix("198.51.0.0/16")], otherwise: "next" }),
        ],
      },
    },
    "of two policies the second is obeyed first": {
      prove: ["P11"],
      family: 4,
      four: [...BY1, ...BY0, "rule add priority 8439 to 198.51.0.0/16 lookup 7101", RULE, REFUSAL],
      intent: {
        traffic: [
          policy("calls", ["net1"], PLACE),
          policy("wide", ["net0"], { to: [prefix("198.51.0.0/16")], otherwise: "next" }),
        ],
      },
    },
    "by the first of two interfaces, then by the second": {
      ...one(...BY1, ...BY0, RULE, "rule add priority 8441 to 198.51.100.0/24 lookup 7101", REFUSAL),
      intent: { traffic: [policy("calls", ["net1", "net0"], PLACE)] },
      family: 4,
    },
    "by the second of two interfaces first": {
      ...one(...BY1, ...BY0, RULE, "rule add priority 8441 to 198.51.100.0/24 lookup 7101", REFUSAL),
      intent: { traffic: [policy("calls", ["net0", "net1"], PLACE)] },
      options: { maxWitnesses: 9 },
      family: 4,
    },
    "by two interfaces together": {
      ...one(
        "route add default table 7102 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
        "rule add priority 8440 to 198.51.100.0/24 lookup 7102",
        REFUSAL,
      ),
      intent: { traffic: [policy("calls", ["net0", "net1"], { ...PLACE, shared: true })] },
      family: 4,
    },
    "by two interfaces together, one of which is not asked for": {
      ...one(
        "route add default table 7102 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
        "rule add priority 8440 to 198.51.100.0/24 lookup 7102",
        REFUSAL,
      ),
      intent: { traffic: [policy("calls", ["net1"], { ...PLACE, shared: true })] },
      family: 4,
    },
    "all traffic, with what is attached and what is behind a bridge": {
      prove: ["P11"],
      four: [
        "route add 10.0.0.0/24 dev eth0 table 7103",
        "route add 10.0.1.0/24 dev eth1 table 7103",
        "route add default table 7103 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
        "rule add priority 8440 lookup main suppress_prefixlength 1 suppress_ifgroup 77",
        "rule add priority 8441 lookup 7103",
        "rule add priority 8442 unreachable",
      ],
      intent: { traffic: [policy("all", ["net0", "net1"], { shared: true, families: [4] })] },
    },
    "all traffic, and main refuses some": {
      prove: ["P11"],
      four: [
        "route add blackhole 10.244.0.0/16",
        ...BY1,
        "route add 10.0.1.0/24 dev eth1 table 7100",
        "rule add priority 8440 lookup main suppress_prefixlength 1 suppress_ifgroup 77",
        "rule add priority 8441 lookup 7100",
        "rule add priority 8442 unreachable",
      ],
      intent: { traffic: [policy("all", ["net1"], { families: [4] })] },
    },
    "all traffic, but what is behind a bridge as well": {
      prove: ["P11"],
      four: [
        ...BY1,
        "route add 10.0.1.0/24 dev eth1 table 7100",
        "rule add priority 8441 lookup 7100",
        "rule add priority 8442 unreachable",
      ],
      intent: { traffic: [policy("all", ["net1"], { families: [4] })] },
    },
    "IPv6 alone, which tries a refused socket again with a source": {
      prove: ["P11"],
      six: [
        ...BY1_6,
        "rule add priority 8440 to 2001:db8:ff00::/40 lookup 7100",
        "rule add priority 8442 to 2001:db8:ff00::/40 unreachable",
      ],
      intent: { traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")] })] },
    },
    "IPv6 alone, and nothing obeys": {
      prove: ["P11"],
      intent: { traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")], families: [6] })] },
    },
    "by TCP": selecting("ipproto tcp", { protocol: 6 }),
    "by TCP, and the rule asks for UDP": selecting("ipproto udp", { protocol: 6 }),
    "from a port": selecting("sport 1000-1999", { sourcePorts: [[1000, 1999]] }),
    "from a port, and the rule leaves one out": selecting("sport 1000-1998", { sourcePorts: [[1000, 1999]] }),
    "to a port": selecting("ipproto tcp dport 53", { protocol: 6, destinationPorts: [[53, 53]] }),
    "to a port, and the rule captures one more": {
      ...selecting("dport 53-54", { destinationPorts: [[53, 53]] }),
      prove: ["P7", "P11"],
      before: true,
    },
    "of a user": selecting("uidrange 1000-1999", { users: [[1000, 1999]] }),
    "of a user, and the rule captures root as well": {
      ...selecting("uidrange 0-1999", { users: [[1000, 1999]] }),
      prove: ["P7", "P11"],
      before: true,
    },
    "with a mark": selecting("fwmark 0x10/0xf0", { marks: [{ value: 0x10, mask: 0xf0 }] }),
    "with a mark, and the rule looks at another bit": selecting("fwmark 0x10/0x70", {
      marks: [{ value: 0x10, mask: 0xf0 }],
    }),
    "with a DSCP": selecting("tos 0x10", { dscp: [4] }),
    "with a DSCP, and the rule asks for another": selecting("tos 0x08", { dscp: [4] }),
    "forwarded by a bridge": {
      ...selecting("iif docker0", { incoming: ["docker0"] }),
    },
    "forwarded by a bridge, and the rule captures all": {
      ...selecting("", { incoming: ["docker0"] }),
      prove: ["P7", "P11"],
      before: true,
    },
    "of containers": {
      ...selecting("from 172.17.0.0/16", { from: [prefix("172.17.0.0/16")] }),
    },
    "of containers, and the rule leaves half of them out": {
      ...selecting("from 172.17.0.0/17", { from: [prefix("172.17.0.0/16")] }),
    },
    "from addresses of the host, before the rules for sources": {
      prove: ["P11"],
      family: 4,
      four: EARLY_RULES.map((rule) => rule.replace(" to", " from 10.0.0.10 to")),
      intent: { traffic: [{ ...EARLY, from: [prefix("10.0.0.10/32")] }] },
    },
    "before the rules for sources": {
      prove: ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P11"],
      family: 4,
      four: EARLY_RULES,
      before: true,
      intent: { traffic: [EARLY] },
    },
    "before the rules for sources, and obeyed behind them": {
      prove: ["P1", "P2", "P11"],
      family: 4,
      four: RIGHT,
      intent: { traffic: [EARLY] },
    },
    "connections are answered by their interface": {
      prove: ["P1", "P11"],
      family: 4,
      four: [...BY1, "rule add priority 6000 fwmark 0x100/0xf00 lookup 7002"],
      intent: { connections: CONNECTIONS },
    },
    "connections are answered by the source's interface": {
      prove: ["P1", "P11"],
      family: 4,
      intent: { connections: CONNECTIONS },
    },
    "connections of an interface that has no address of the family": {
      prove: ["P11"],
      list: [TWO_OF("net0", true), TWO_OF("net1", false)],
      intent: { connections: CONNECTIONS },
    },
    "the place is reached through what is attached": {
      prove: ["P11"],
      family: 4,
      four: [
        ...BY1,
        "route add 10.0.1.0/24 dev eth1 table 7100",
        "rule add priority 8440 to 10.0.1.0/25 lookup 7100",
        "rule add priority 8442 to 10.0.1.0/25 unreachable",
      ],
      intent: { traffic: [policy("near", ["net1"], { to: [prefix("10.0.1.0/25")] })] },
    },
    "four interfaces: each lost alone, and in the policy's order": {
      prove: ["P11"],
      list: FOUR,
      four: [
        ...[2, 0, 3, 1].flatMap((n, i) => [
          `route add default via 10.0.${n}.1 dev eth${n} onlink table 710${n}`,
          `rule add priority ${8440 + i} to 198.51.100.0/24 lookup 710${n}`,
        ]),
        "rule add priority 8449 to 198.51.100.0/24 unreachable",
      ],
      intent: { traffic: [policy("calls", ["net2", "net0", "net3", "net1"], PLACE)] },
    },
    "four interfaces, and the last is asked too early": {
      prove: ["P11"],
      list: FOUR,
      four: [
        ...[2, 0, 1, 3].flatMap((n, i) => [
          `route add default via 10.0.${n}.1 dev eth${n} onlink table 710${n}`,
          `rule add priority ${8440 + i} to 198.51.100.0/24 lookup 710${n}`,
        ]),
        "rule add priority 8449 to 198.51.100.0/24 unreachable",
      ],
      options: { maxWitnesses: 9 },
      intent: { traffic: [policy("calls", ["net2", "net0", "net3", "net1"], PLACE)] },
    },
    "a strict reverse path check is no part of it": {
      ...one(...RIGHT),
      family: 4,
      around: { sysctls: { "ipv4/conf/all/rp_filter": 1, ...FORWARDING } },
    },
    "no interface that it may use has an address": {
      prove: ["P11"],
      family: 6,
      list: [TWO_OF("net0", true), TWO_OF("net1", false)],
      intent: { traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")] })] },
    },
    "a policy of the other family": {
      prove: ["P11"],
      intent: { traffic: [policy("calls", ["net1"], { ...PLACE, families: [6] })] },
    },
    "a policy for what nothing is claimed of": {
      prove: ["P11"],
      family: 4,
      intent: { exclude: PLACE.to, traffic: [policy("calls", ["net1"], PLACE)] },
    },
    "a rule that is not understood": {
      ...one(...RIGHT),
      family: 4,
      edit: (state: LinuxState): LinuxState => ({
        ...state,
        rules: {
          ...state.rules,
          4: state.rules[4].map((r) => (r.priority === 8440 ? { ...r, unmodelled: ["dscp"] } : r)),
        },
      }),
    },
    "too many combinations of ports and users": {
      prove: ["P11"],
      family: 4,
      intent: {
        traffic: [
          policy("calls", ["net1"], {
            ...PLACE,
            sourcePorts: Array.from({ length: 150 }, (_x, i) => [2 * i + 1, 2 * i + 1] as const),
            destinationPorts: Array.from({ length: 150 }, (_x, i) => [2 * i + 1, 2 * i + 1] as const),
          }),
        ],
      },
    },
    "more classes than may be looked at": { ...one(...RIGHT), options: { maxClasses: 7 }, family: 4 },
    "a delegated prefix and an identity": {
      prove: ["P11"],
      family: 4,
      list: [{ ...nics(2, 1)[0], delegated: ["10.0.0.64/28"] }, nics(2, 1)[1]],
      four: [...RIGHT, "address add 192.0.2.77/32 dev lo", "route add 10.0.0.64/28 dev docker0"],
      intent: { traffic: [policy("calls", ["net1"], PLACE)], identities: [address("192.0.2.77")] },
    },

    "nothing but a policy: sources are those of interfaces and policies": {
      prove: ["P11"],
      fresh: true,
      intent: {
        traffic: [
          policy("calls", ["net1"], {
            beforeSources: true,
            from: [prefix("10.0.0.0/14"), prefix("2001:db8::/32")],
          }),
          policy("mail", ["net0"], { from: [prefix("172.17.0.0/24"), prefix("240.0.0.0/4")], to: PLACE.to }),
        ],
      },
      options: { maxWitnesses: 6 },
    },
    "nothing but a policy and a delegated prefix": {
      prove: ["P11"],
      fresh: true,
      list: [{ ...nics(2, 1, true)[0], delegated: ["10.0.0.64/28", "2001:db8:1:0:1::/80"] }],
      intent: { traffic: [policy("calls", ["net0"], { beforeSources: true, users: [[5, 5]] })] },
      options: { maxWitnesses: 6 },
    },
    "nothing but the last addresses there are": {
      prove: ["P11"],
      fresh: true,
      intent: {
        traffic: [
          policy("end", ["net1"], { from: [prefix("240.0.0.0/4"), prefix("fe00::/9")], to: PLACE.to }),
          policy("end6", ["net1"], { from: [prefix("e000::/3")], to: [prefix("2001:db8:ff00::/40")] }),
        ],
      },
      options: { maxWitnesses: 6 },
    },
    "devices that rules and policies name, and one of each other kind": {
      prove: ["P11"],
      family: 4,
      list: nics(3, 1),
      four: ["rule add priority 9000 iif eth1 lookup 99"],
      intent: { traffic: [policy("calls", ["net0"], { ...PLACE, from: [prefix("198.18.0.0/15")] })] },
      options: { maxWitnesses: 6 },
    },
    "every device is named": {
      prove: ["P11"],
      family: 4,
      list: nics(1, 1),
      intent: { traffic: [policy("calls", ["net0"], { ...PLACE, incoming: ["docker0", "eth0"] })] },
      options: { maxWitnesses: 6 },
    },
    "what is forwarded has no user": {
      prove: ["P11"],
      family: 4,
      four: [...RIGHT, "rule add priority 9000 uidrange 5-5 lookup 99"],
      intent: { traffic: [policy("calls", ["net1"], PLACE)] },
    },
    "one policy before the rules for sources, and one behind": {
      prove: ["P1", "P11"],
      family: 4,
      four: [
        ...EARLY_RULES,
        ...BY0,
        "rule add priority 8440 to 192.0.2.0/24 lookup 7101",
        "rule add priority 8441 to 192.0.2.0/24 unreachable",
      ],
      intent: { traffic: [EARLY, policy("mail", ["net0"], { to: [prefix("192.0.2.0/24")] })] },
    },
    "too many combinations of ports, and a policy for all besides": {
      prove: ["P11"],
      family: 4,
      intent: {
        traffic: [
          policy("calls", ["net1"], {
            ...PLACE,
            sourcePorts: Array.from({ length: 150 }, (_x, i) => [2 * i + 1, 2 * i + 1] as const),
            destinationPorts: Array.from({ length: 150 }, (_x, i) => [2 * i + 1, 2 * i + 1] as const),
          }),
          policy("all", ["net0"], PLACE),
        ],
      },
    },
    "with our tables empty the table default is left": {
      prove: ["P11"],
      family: 4,
      around: { sysctls: FORWARDING, defaults: 0 },
      four: [...BY1, RULE, "route add default via 10.0.0.1 dev eth0 table default"],
      intent: { traffic: [policy("calls", ["net1"], PLACE)] },
    },
    "IPv6: prohibited, and refused again with the source": {
      prove: ["P11"],
      family: 6,
      six: [
        ...BY1_6,
        "rule add priority 8440 to 2001:db8:ff00::/40 lookup 7100",
        "rule add priority 8442 to 2001:db8:ff00::/40 prohibit",
      ],
      intent: {
        traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")], otherwise: "prohibit" })],
      },
    },
    "IPv6: refused, and then sent by another interface than that of the source": {
      prove: ["P11"],
      family: 6,
      six: [
        ...BY1_6,
        "rule add priority 8440 to 2001:db8:ff00::/40 lookup 7100",
        "rule add priority 8442 to 2001:db8:ff00::/40 unreachable",
        "rule del from 2001:db8:2::10",
        "rule add priority 100 from 2001:db8:2::10 lookup 7000",
      ],
      edit: (state: LinuxState): LinuxState => ({
        ...state,
        addresses: state.addresses.filter(({ link, address: a }) => link !== "eth0" || a.family === 4),
      }),
      intent: { traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")] })] },
    },
    "IPv6: refused, and then sent with a source that nobody owns": {
      prove: ["P11"],
      family: 6,
      six: [
        ...BY1_6,
        "rule add priority 8440 from 2001:db8:2::10 to 2001:db8:ff00::/40 lookup 7100",
        "rule add priority 8442 to 2001:db8:ff00::/40 unreachable",
        "rule add priority 100 from 2001:db8:3::3 lookup 7000",
        "address add 2001:db8:3::3/64 dev eth0",
      ],
      edit: (state: LinuxState): LinuxState => ({
        ...state,
        addresses: state.addresses.filter(
          ({ address: a }) => a.family === 4 || formatAddress(a) === "2001:db8:3::3",
        ),
      }),
      intent: { traffic: [policy("calls", ["net1"], { to: [prefix("2001:db8:ff00::/40")] })] },
    },
  }),
});

function TWO_OF(name: "net0" | "net1", six: boolean): Nic {
  const i = name === "net0" ? 0 : 1;
  return nics(2, 1, six)[i];
}
