import { bare, gateway, subnet } from "../matrix/layout";
import { RuleSet } from "./rule-set";

const FIRST_TABLE = 100;

export const cloudInit: RuleSet = {
  title: "cloud-init on EC2",
  source:
    "cloud-init of 2026-08 with netplan, DataSourceEc2.py: for each secondary interface, table 100 + index with " +
    "both subnets and the IPv4 default, but not the IPv6 default. Rules carry no priority: the kernel chooses one.",
  commands: (layout) =>
    layout.slice(1).flatMap((nic, i) => {
      const table = FIRST_TABLE + i + 1;
      return [
        `route add default via ${gateway(nic, 4)} dev ${nic.device} table ${table}`,
        ...([4, 6] as const).map(
          (family) => `route add ${subnet(nic, family)} dev ${nic.device} table ${table}`,
        ),
        ...nic.addresses.map((address) => `rule add from ${bare(address)} lookup ${table}`),
      ];
    }),
  fails: {
    nine: ["b>A", "c>B", "i>B6", "b>A6"],
    checks: [
      ...["i>B6 tcp", "B6>i tcp"],
      ...["b>A tcp", "A>b tcp", "b>A6 tcp", "A>b ping", "c>B ping", "vpn>B ping"],
    ],
    bounced: "leaks",
  },
};
