import { bare, gateway, subnet } from "../matrix/layout";
import { RuleSet } from "./rule-set";

/** Table and priority are the same number: 10000 + the device's index (+ 100 a network card). */
const number = (index: number) => 10_000 + index;

export const ec2NetUtils: RuleSet = {
  title: "ec2-net-utils >= 2.4.1",
  source:
    "amazon-ec2-net-utils 2.7.4, lib/lib.sh: a table with subnet and default for each secondary interface, and " +
    "a rule for each of its addresses. Since 2.4.1 the primary has none, so that containers reach it (issue 97).",
  commands: (layout) =>
    layout.slice(1).flatMap((nic, i) => {
      const table = number(i + 1);
      return [
        ...([4, 6] as const).flatMap((family) => [
          `route add ${subnet(nic, family)} dev ${nic.device} table ${table}`,
          `route add default via ${gateway(nic, family)} dev ${nic.device} table ${table}`,
        ]),
        ...nic.addresses.map((address) => `rule add priority ${table} from ${bare(address)} lookup ${table}`),
      ];
    }),
  fails: {
    nine: ["b>A", "c>B", "b>A6"],
    checks: ["b>A tcp", "A>b tcp", "b>A6 tcp", "A>b ping", "c>B ping", "vpn>B ping"],
    bounced: "leaks",
  },
};
