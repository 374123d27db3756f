import { LinuxState, Proof, describeRule } from "../linux";
import { FAMILIES } from "../net/address";
import { formatPrefix, overlaps } from "../net/prefix";
import { isOurs } from "./ours";
import { Survey } from "./survey";

/** What is no flow that fails now, but makes some fail at times, or hides why. */
export interface Remark {
  readonly subject: string;
  readonly problem: string;
  readonly fix: string;
}

/** Rules that do nothing, or are there twice, and answers that are left to chance. */
export function ruleRemarks(proof: Proof): Remark[] {
  return proof.results
    .filter(({ property }) => property === "P9")
    .flatMap(({ family, witnesses }) =>
      witnesses.map(({ blame, got, fix }) => ({ subject: `IPv${family}: ${blame}`, problem: got, fix })),
    );
}

/**
 * Rules by mark: who marks packets (nftables, iptables, a program) is not part of a capture, so that all flows are followed
 * without a mark. Connections whose mark is put on their answers, the usual way without rules for sources, may well be right.
 */
export function markRemarks({ rules }: LinuxState): Remark[] {
  return FAMILIES.flatMap((family): Remark[] => {
    const marking = rules[family].filter((rule) => rule.mark !== undefined && !rule.not && !isOurs(rule));
    if (marking.length === 0) return [];
    const [first, ...more] = marking;
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    const { value } = first.mark!;
    return [
      {
        subject: `IPv${family}: rule "${describeRule(first)}"${others}`,
        problem:
          "looks at marks, and who marks which packets (nft, iptables, programs) is not read: what is said here is of " +
          "packets without one",
        fix: `Ask for a flow with a mark by multihome explain --capture FILE --mark 0x${value.toString(16)} --from A --to B`,
      },
    ];
  });
}

/**
 * ARP flux: a host answers ARP for any of its addresses on any interface, so that with two interfaces on one network
 * neighbours may learn either link-layer address for either (Documentation/networking/ip-sysctl.rst, arp_ignore).
 */
export function arpRemarks(state: LinuxState, { intent }: Survey): Remark[] {
  const { interfaces } = intent;
  return interfaces.flatMap((a, i) =>
    interfaces.slice(i + 1).flatMap((b): Remark[] => {
      const shared = a.subnets.find(
        (s) => s.family === 4 && b.subnets.some((t) => t.family === 4 && overlaps(s, t)),
      );
      if (shared === undefined) return [];
      const open = [a, b].filter(({ device }) => !answersForItself(state, device));
      if (open.length === 0) return [];
      const names = open.map(({ device }) => device).join(" and ");
      return [
        {
          subject: `${a.device} and ${b.device}`,
          problem: `are on one network, ${formatPrefix(shared)}, and ${names} answers ARP for the addresses of the other`,
          fix: `Set arp_ignore=1 and arp_announce=2 on ${names}`,
        },
      ];
    }),
  );
}

function answersForItself(state: LinuxState, device: string): boolean {
  const value = (key: string): number =>
    Math.max(...["all", device].map((name) => state.sysctls[`ipv4/conf/${name}/${key}`] ?? 0));
  return value("arp_ignore") >= 1 || value("arp_filter") >= 1;
}
