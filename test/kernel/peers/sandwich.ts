import { Layout, bare, gateway, ofFamily, subnet } from "../matrix/layout";
import { RuleSet } from "./rule-set";

/**
 * Own subnet first, then main without its default, then own default: containers and tunnels in main are found
 * for every source, but so are the networks attached to the other interfaces.
 */
function sandwich(layout: Layout, family: 4 | 6, before: number, main: number, after: number): string[] {
  return [
    // The family shows in no other word of this command.
    ...(family === 4
      ? [`rule add priority ${main} from 0.0.0.0/0 lookup main suppress_prefixlength 0`]
      : [`rule add priority ${main} from ::/0 lookup main suppress_prefixlength 0`]),
    ...layout.flatMap((nic, i) => [
      `route add ${subnet(nic, family)} dev ${nic.device} table ${before + i}`,
      `route add default via ${gateway(nic, family)} dev ${nic.device} table ${after + i}`,
      ...ofFamily(family, nic.addresses).flatMap((address) => [
        `rule add priority ${before + i} from ${bare(address)} lookup ${before + i}`,
        `rule add priority ${after + i} from ${bare(address)} lookup ${after + i}`,
      ]),
    ]),
  ];
}

const ACROSS = ["b>A tcp", "a>B tcp", "A>b tcp", "B>a tcp", "A>b ping"];

export const nmCloudSetup: RuleSet = {
  title: "nm-cloud-setup",
  source:
    "NetworkManager of 2026-08, src/nm-cloud-setup/main.c: own subnet (tables and priorities 30200 + index), main " +
    "without its defaults (30350), own default (30400 + index). IPv4 alone; IPv6 stays as it was.",
  commands: (layout) => sandwich(layout, 4, 30_200, 30_350, 30_400),
  fails: {
    nine: ["b>A", "a>B", "i>B6", "b>A6"],
    checks: ["i>B6 tcp", "B6>i tcp", ...ACROSS, "b>A6 tcp"],
    bounced: "leaks",
  },
};

export const cloudNetconfig: RuleSet = {
  title: "cloud-netconfig",
  source:
    "SUSE cloud-netconfig 1.18, common/cloud-netconfig: as nm-cloud-setup, with 30000 + interface index, 30399 and " +
    "30400 + interface index, in both families.",
  commands: (layout) =>
    ([4, 6] as const).flatMap((family) => sandwich(layout, family, 30_002, 30_399, 30_402)),
  fails: { nine: ["b>A", "a>B", "b>A6"], checks: [...ACROSS, "b>A6 tcp"], bounced: "leaks" },
};
