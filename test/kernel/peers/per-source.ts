import { Layout, bare, gateway, subnet } from "../matrix/layout";
import { RuleSet } from "./rule-set";

const FIRST_TABLE = 10_000;

/** For every interface a table with its subnet and default, and a rule for each of its addresses. */
function tables(layout: Layout): string[] {
  return layout.flatMap((nic, i) => {
    const table = FIRST_TABLE + i;
    return [
      ...([4, 6] as const).flatMap((family) => [
        `route add ${subnet(nic, family)} dev ${nic.device} table ${table}`,
        `route add default via ${gateway(nic, family)} dev ${nic.device} table ${table}`,
      ]),
      ...nic.addresses.map((address) => `rule add priority ${table} from ${bare(address)} lookup ${table}`),
    ];
  });
}

export const perSource: RuleSet = {
  title: "per-source tables",
  source:
    "The recipe of most how-tos, and of amazon-ec2-net-utils 2.4.0: a table and rules for every interface.",
  commands: tables,
  fails: {
    nine: ["c>A", "c>B"],
    checks: ["A>c tcp", "c>B ping", "A>vpn ping", "vpn>B ping"],
    bounced: "leaks",
  },
};

export const usual: RuleSet = {
  title: "per-source, main first",
  source:
    "The usual cure for the containers that plain per-source tables lose: in front of them, main with its " +
    "defaults suppressed (`suppress_prefixlength 0`, as wg-quick does).",
  commands: (layout) => [
    ...tables(layout),
    ...["0.0.0.0/0", "::/0"].map(
      (all) => `rule add priority 900 from ${all} lookup main suppress_prefixlength 0`,
    ),
  ],
  fails: {
    nine: ["b>A", "a>B", "b>A6"],
    checks: ["b>A tcp", "a>B tcp", "A>b tcp", "B>a tcp", "b>A6 tcp", "A>b ping"],
    bounced: "leaks",
  },
};
