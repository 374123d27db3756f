import { bare, gateway, gateway4, ofFamily, subnet } from "../matrix/layout";
import { RuleSet } from "./rule-set";

export const vpcCni: RuleSet = {
  title: "VPC CNI, node part",
  source:
    "amazon-vpc-cni-k8s of 2026-08, pkg/networkutils/network.go, IPv4 mode: an added interface gets table " +
    "1 + index with a host route to the gateway and a default, and a rule at 32765; its subnet is taken out of " +
    "main. The plugin alone sets it up, so main has no default by it either. The connection marks for NodePort " +
    "replies are left out: no flow here is forwarded to a pod that way.",
  families: [4],
  commands: (layout) => [
    "rule add priority 1024 fwmark 0x80/0x80 lookup main",
    ...layout.slice(1).flatMap((nic, i) => {
      const table = 2 + i;
      return [
        `route del default via ${gateway(nic, 4)} dev ${nic.device}`,
        `route del ${subnet(nic, 4)} dev ${nic.device}`,
        `route add ${gateway4(nic.net)}/32 dev ${nic.device} scope link table ${table}`,
        `route add default via ${gateway(nic, 4)} dev ${nic.device} table ${table}`,
        ...ofFamily(4, nic.addresses).map(
          (one) => `rule add priority 32765 from ${bare(one)} lookup ${table}`,
        ),
      ];
    }),
  ],
  sysctls: (layout) => ({ [`net/ipv4/conf/${layout[0].device}/rp_filter`]: 2 }),
  fails: {
    nine: ["c>B"],
    // A TCP socket bound to eth1 is given B first, and looked up again with it; a raw socket is not.
    checks: ["c>B ping", "vpn>B ping", "eth1>i ping"],
    bounced: "leaks",
  },
};
