import { Family } from "../../../lib/net";
import { CloudState, NetworkInterface, SecurityGroup, SecurityGroupRule } from "../../cloud/state";
import { NftTable } from "../model";

/**
 * Security groups as nft chains. A rule allows; what none allows is refused. Whether a packet belongs to a connection
 * that was allowed is not asked here: the port's connection tracking comes first.
 */

function groupsOf(cloud: CloudState, eni: NetworkInterface): SecurityGroup[] {
  return eni.securityGroups.flatMap((id) => cloud.securityGroups[id] ?? []);
}

/** Groups whose members' addresses an ENI's rules refer to, each once, in a stable order. */
export function referencedGroups(cloud: CloudState, eni: NetworkInterface): string[] {
  const ids = groupsOf(cloud, eni).flatMap(({ rules }) =>
    rules.flatMap(({ peer }) => (peer.kind === "securityGroup" ? [peer.id] : [])),
  );
  return [...new Set(ids)].sort();
}

/**
 * The chains "ingress" and "egress" of an ENI.
 *
 * @param setOf names the set of a referenced group's members
 * @param refuse the chain for what no rule allows
 */
export function groupChains(
  cloud: CloudState,
  eni: NetworkInterface,
  setOf: (groupId: string, family: Family) => string,
  refuse: string,
): NftTable["chains"] {
  const rules = groupsOf(cloud, eni).flatMap((group) => group.rules);
  const chain = (direction: SecurityGroupRule["direction"]) => {
    const matches = rules
      .filter((rule) => rule.direction === direction)
      .flatMap((rule) => ruleMatches(rule, setOf));
    return { rules: [...[...new Set(matches)].sort().map((match) => `${match} accept`), `jump ${refuse}`] };
  };
  return { ingress: chain("ingress"), egress: chain("egress") };
}

/** What a rule matches, in nft's words: one line a family. */
function ruleMatches(rule: SecurityGroupRule, setOf: (groupId: string, family: Family) => string): string[] {
  return peerMatches(rule, setOf).flatMap(({ family, peer }) => {
    const protocol = protocolMatch(rule, family);
    return protocol === undefined ? [] : [`${peer} ${protocol}`.trimEnd()];
  });
}

function peerMatches(
  { direction, peer }: SecurityGroupRule,
  setOf: (groupId: string, family: Family) => string,
): { family: Family; peer: string }[] {
  const field = (family: Family) =>
    `${family === 4 ? "ip" : "ip6"} ${direction === "ingress" ? "saddr" : "daddr"}`;
  if (peer.kind === "securityGroup") {
    return ([4, 6] as const).map((family) => ({
      family,
      peer: `${field(family)} @${setOf(peer.id, family)}`,
    }));
  }
  const family = peer.cidr.includes(":") ? 6 : 4;
  const anywhere = peer.cidr.endsWith("/0");
  return [{ family, peer: anywhere ? `meta nfproto ipv${family}` : `${field(family)} ${peer.cidr}` }];
}

/** Undefined when the protocol does not exist in the family: ICMP is of IPv4, ICMPv6 of IPv6. */
function protocolMatch(
  { protocol, fromPort, toPort }: SecurityGroupRule,
  family: Family,
): string | undefined {
  switch (protocol) {
    case "-1":
      return "";
    case "tcp":
    case "udp":
    case "6":
    case "17": {
      const name = protocol === "tcp" || protocol === "6" ? "tcp" : "udp";
      // From 0 to 0 is port 0 alone, unlike "all traffic" (-1), which has no ports.
      const all = fromPort < 0 || (fromPort === 0 && toPort === 65535);
      return all ? `meta l4proto ${name}` : `${name} dport ${fromPort}-${toPort}`;
    }
    case "icmp":
    case "1":
      return family === 4 ? icmpMatch("icmp", "icmp", fromPort, toPort) : undefined;
    case "icmpv6":
    case "58":
      return family === 6 ? icmpMatch("icmpv6", "ipv6-icmp", fromPort, toPort) : undefined;
    default:
      return `meta l4proto ${Number(protocol)}`;
  }
}

/** ICMP: the "ports" of a rule are type and code, -1 for any. */
function icmpMatch(name: "icmp" | "icmpv6", protocol: string, type: number, code: number): string {
  if (type < 0) return `meta l4proto ${protocol}`;
  return `${name} type ${type}${code < 0 ? "" : ` ${name} code ${code}`}`;
}
