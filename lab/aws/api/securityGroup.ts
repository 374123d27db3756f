import { formatPrefix, parseInterfaceAddress, prefixOf } from "../../../lib/net";
import type { CloudState, SecurityGroup, SecurityGroupRule } from "../../cloud/state";
import { AwsError } from "./error";
import { find, freshId } from "./transition";

/** A rule as AuthorizeSecurityGroupIngress and -Egress take it. */
export type RuleSpec = Pick<
  SecurityGroupRule,
  "direction" | "protocol" | "fromPort" | "toPort" | "peer" | "description"
>;

/** CreateSecurityGroup. AWS opens egress to everything; the caller revokes that where it manages egress itself. */
export function createSecurityGroup(
  draft: CloudState,
  args: { vpcId?: string; name: string; description: string; tags?: Record<string, string> },
): SecurityGroup {
  // The lab's account has no default VPC, as accounts whose owner removed it.
  if (args.vpcId === undefined) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
  const vpc = find(draft, "vpcs", args.vpcId);
  const twin = Object.values(draft.securityGroups).some((g) => g.vpcId === vpc.id && g.name === args.name);
  if (twin) {
    throw new AwsError(
      "InvalidGroup.Duplicate",
      `The security group '${args.name}' already exists for VPC '${vpc.id}'`,
    );
  }
  if (args.name.startsWith("sg-")) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${args.name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
    );
  }
  const id = freshId(draft, "sg");
  draft.securityGroups[id] = {
    id,
    vpcId: vpc.id,
    name: args.name,
    description: args.description,
    rules: [
      { id: freshId(draft, "sgr"), origin: "default", direction: "egress", ...allTraffic("0.0.0.0/0") },
    ],
    tags: args.tags ?? {},
  };
  if (vpc.ipv6CidrBlock) {
    draft.securityGroups[id].rules.push({
      id: freshId(draft, "sgr"),
      origin: "default",
      direction: "egress",
      ...allTraffic("::/0"),
    });
  }
  return draft.securityGroups[id];
}

/** DeleteSecurityGroup: not while an interface has it or another group's rule names it. */
export function deleteSecurityGroup(draft: CloudState, id: string): void {
  const group = find(draft, "securityGroups", id);
  if (draft.vpcs[group.vpcId]?.defaultSecurityGroupId === id) {
    throw new AwsError(
      "CannotDelete",
      `the specified group: "${id}" name: "default" cannot be deleted by a user`,
    );
  }
  const worn = Object.values(draft.networkInterfaces).some((eni) => eni.securityGroups.includes(id));
  const named = Object.values(draft.securityGroups).some(
    (other) =>
      other.id !== id && other.rules.some(({ peer }) => peer.kind === "securityGroup" && peer.id === id),
  );
  if (worn || named) throw new AwsError("DependencyViolation", `resource ${id} has a dependent object`);
  delete draft.securityGroups[id];
}

/** AuthorizeSecurityGroupIngress or -Egress for one rule. */
export function authorize(
  draft: CloudState,
  groupId: string,
  spec: RuleSpec,
  origin: SecurityGroupRule["origin"],
): SecurityGroupRule {
  const group = find(draft, "securityGroups", groupId);
  const rule: SecurityGroupRule = { id: freshId(draft, "sgr"), origin, ...checked(draft, group, spec) };
  if (group.rules.some((existing) => sameRule(existing, rule))) {
    throw new AwsError(
      "InvalidPermission.Duplicate",
      `the specified rule "${describeRule(rule)}" already exists`,
    );
  }
  // The default quota counts each direction by itself.
  if (group.rules.filter((existing) => existing.direction === rule.direction).length >= 60) {
    throw new AwsError(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  }
  group.rules.push(rule);
  return rule;
}

/** RevokeSecurityGroupIngress or -Egress by rule id. */
export function revoke(draft: CloudState, groupId: string, ruleId: string): void {
  const group = find(draft, "securityGroups", groupId);
  if (!group.rules.some((rule) => rule.id === ruleId)) {
    throw new AwsError(
      "InvalidSecurityGroupRuleId.NotFound",
      `The specified security group rule ID '${ruleId}' does not exist`,
    );
  }
  group.rules = group.rules.filter((rule) => rule.id !== ruleId);
}

/** Makes the rules of one origin and direction exactly these, keeping those that stay. */
export function replaceRules(
  draft: CloudState,
  groupId: string,
  direction: SecurityGroupRule["direction"],
  specs: RuleSpec[],
  origin: SecurityGroupRule["origin"],
): void {
  const group = find(draft, "securityGroups", groupId);
  const wanted = specs.map((spec) => checked(draft, group, spec));
  const own = group.rules.filter((rule) => rule.direction === direction && rule.origin === origin);
  for (const rule of own) {
    if (!wanted.some((spec) => sameRule(spec, rule))) revoke(draft, groupId, rule.id);
  }
  for (const spec of wanted) {
    if (!own.some((rule) => sameRule(spec, rule))) authorize(draft, groupId, spec, origin);
  }
}

/** The group that has a rule. */
export function groupOfRule(cloud: CloudState, ruleId: string): SecurityGroup | undefined {
  return Object.values(cloud.securityGroups).find((group) => group.rules.some((rule) => rule.id === ruleId));
}

/** Whether two rules permit the same: what AWS calls a duplicate. Descriptions do not count. */
export function sameRule(a: RuleSpec, b: RuleSpec): boolean {
  return describeRule(a) === describeRule(b) && a.direction === b.direction;
}

/** All protocols from or to a block. */
export function allTraffic(block: string): Pick<RuleSpec, "protocol" | "fromPort" | "toPort" | "peer"> {
  return { protocol: "-1", fromPort: 0, toPort: 0, peer: { kind: "cidr", cidr: block } };
}

function checked(draft: CloudState, group: SecurityGroup, spec: RuleSpec): RuleSpec {
  const protocol = protocolName(spec.protocol);
  const ports =
    protocol === "-1" ? { fromPort: 0, toPort: 0 } : { fromPort: spec.fromPort, toPort: spec.toPort };
  if (
    (protocol === "tcp" || protocol === "udp") &&
    !(0 <= ports.fromPort && ports.fromPort <= ports.toPort && ports.toPort <= 65535)
  ) {
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid TCP/UDP port range (${ports.fromPort}:${ports.toPort})`,
    );
  }
  if (spec.peer.kind === "securityGroup") {
    const other = find(draft, "securityGroups", spec.peer.id);
    if (other.vpcId !== group.vpcId) {
      throw new AwsError(
        "InvalidGroup.NotFound",
        `You have specified two resources that belong to different networks.`,
      );
    }
    return { ...spec, ...ports, protocol };
  }
  const block = parseInterfaceAddress(spec.peer.cidr);
  if (!block.ok) throw new AwsError("InvalidParameterValue", `CIDR block ${spec.peer.cidr} is malformed`);
  // AWS masks the host bits of a rule's block, unlike those of a subnet's.
  const masked = formatPrefix(prefixOf(block.value.address, block.value.length));
  return { ...spec, ...ports, protocol, peer: { kind: "cidr", cidr: masked } };
}

/** A protocol as AWS answers it: by name where AWS has one, else by number. */
export function canonicalProtocol(text: string): string {
  const names: Record<string, string> = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", all: "-1" };
  return names[text.toLowerCase()] ?? text.toLowerCase();
}

function protocolName(text: string): string {
  const name = canonicalProtocol(text);
  const number = /^\d{1,3}$/.test(name) && Number(name) < 256;
  if (number || ["-1", "tcp", "udp", "icmp", "icmpv6"].includes(name)) return name;
  throw new AwsError("InvalidParameterValue", `Invalid value '${text}' for IP protocol. Unknown protocol.`);
}

function describeRule({ protocol, fromPort, toPort, peer }: RuleSpec): string {
  const who = peer.kind === "cidr" ? peer.cidr : peer.id;
  const what =
    protocol === "-1" ? "ALL" : `${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`;
  return `peer: ${who}, ${what}, ALLOW`;
}
