import type { SecurityGroupRule } from "../../cloud/state";
import { canonical } from "../../rpc/diff";
import { isDefault } from "../../rpc/check";
import type { InputProperty } from "../../rpc/resource";
import { Properties, Value, isObject } from "../../rpc/values";
import {
  RuleSpec,
  canonicalProtocol,
  createSecurityGroup,
  deleteSecurityGroup,
  replaceRules,
  revoke,
} from "../api/securityGroup";
import { Tagged, arn, checkMembers, define } from "../define";

interface InlineRule {
  protocol: string;
  fromPort: number;
  toPort: number;
  cidrBlocks?: string[];
  ipv6CidrBlocks?: string[];
  securityGroups?: string[];
  self?: boolean;
  description?: string;
}

interface SecurityGroupInputs extends Tagged {
  name: string;
  description?: string;
  vpcId?: string;
  ingress?: InlineRule[];
  egress?: InlineRule[];
  revokeRulesOnDelete?: boolean;
}

interface SecurityGroupState {
  arn: string;
  ownerId: string;
}

const MEMBERS = [
  "protocol",
  "fromPort",
  "toPort",
  "cidrBlocks",
  "ipv6CidrBlocks",
  "securityGroups",
  "self",
  "description",
];

/** One inline block is many rules: one a peer. */
export function expand(
  block: InlineRule,
  direction: SecurityGroupRule["direction"],
  groupId: string,
): RuleSpec[] {
  const common = {
    direction,
    protocol: canonicalProtocol(String(block.protocol)),
    fromPort: block.fromPort,
    toPort: block.toPort,
    description: block.description || undefined,
  };
  const groups = [...(block.securityGroups ?? []), ...(block.self ? [groupId] : [])];
  return [
    ...[...(block.cidrBlocks ?? []), ...(block.ipv6CidrBlocks ?? [])].map((cidr) => ({
      ...common,
      peer: { kind: "cidr" as const, cidr },
    })),
    ...groups.map((id) => ({ ...common, peer: { kind: "securityGroup" as const, id } })),
  ];
}

/** Rules as inline blocks: one for each protocol, ports and description. */
export function collapse(rules: readonly SecurityGroupRule[], groupId: string): InlineRule[] {
  const blocks = new Map<string, Required<InlineRule>>();
  for (const { protocol, fromPort, toPort, description = "", peer } of rules) {
    const key = JSON.stringify([protocol, fromPort, toPort, description]);
    const block = blocks.get(key) ?? {
      protocol,
      fromPort,
      toPort,
      description,
      cidrBlocks: [],
      ipv6CidrBlocks: [],
      securityGroups: [],
      self: false,
    };
    blocks.set(key, block);
    if (peer.kind === "cidr")
      (peer.cidr.includes(":") ? block.ipv6CidrBlocks : block.cidrBlocks).push(peer.cidr);
    else if (peer.id === groupId) block.self = true;
    else block.securityGroups.push(peer.id);
  }
  return [...blocks.values()];
}

/** Blocks compare as the rules they are, however they are grouped. */
function normalizeBlocks(blocks: Value): Value {
  if (!Array.isArray(blocks)) return blocks;
  const rules = blocks.flatMap((block: Value): Value[] =>
    isObject(block)
      ? (expand(block as unknown as InlineRule, "ingress", "self") as unknown as Value[])
      : [block],
  );
  return [...new Set(rules.map(canonical))];
}

const rules: InputProperty = { type: "set", computed: true, normalize: normalizeBlocks };

const own = (all: SecurityGroupRule[], direction: SecurityGroupRule["direction"]) =>
  all.filter((rule) => rule.direction === direction && rule.origin === "inline");

export const securityGroup = define<SecurityGroupInputs, SecurityGroupState>({
  token: "aws:ec2/securityGroup:SecurityGroup",
  inputs: {
    name: { type: "string", forceNew: true, autoname: true },
    description: { type: "string", forceNew: true, default: "Managed by Pulumi" },
    vpcId: { type: "string", forceNew: true, computed: true },
    ingress: rules,
    egress: rules,
    revokeRulesOnDelete: { type: "boolean", default: false, recorded: true },
  },
  outputs: ["arn", "ownerId"],
  check: ({ ingress, egress }) => [
    ...checkMembers("ingress", ingress, MEMBERS),
    ...checkMembers("egress", egress, MEMBERS),
  ],
  deleteBeforeReplace: ({ inputs, oldInputs }) =>
    inputs.name === oldInputs.name && !isDefault(inputs as unknown as Properties, "name"),
  create: (cloud, inputs) =>
    cloud.call("creating Security Group", "CreateSecurityGroup", (draft) => {
      const group = createSecurityGroup(draft, { ...inputs, description: inputs.description ?? "" });
      // AWS opens egress to everything. The AWS provider closes it, so that a group has just the rules of the program.
      for (const rule of [...group.rules]) revoke(draft, group.id, rule.id);
      setInline(group.id, inputs).forEach((step) => step(draft));
      return group.id;
    }),
  describe(cloud, id) {
    const found = cloud.securityGroups[id];
    if (!found) return undefined;
    return {
      name: found.name,
      description: found.description,
      vpcId: found.vpcId,
      ingress: collapse(own(found.rules, "ingress"), id),
      egress: collapse(own(found.rules, "egress"), id),
      tags: found.tags,
      arn: arn(cloud, "security-group", id),
      ownerId: cloud.accountId,
    };
  },
  update: (cloud, id, { inputs }) =>
    cloud.call(`updating Security Group (${id})`, "AuthorizeSecurityGroupIngress", (draft) => {
      draft.securityGroups[id].tags = inputs.tags ?? {};
      setInline(id, inputs).forEach((step) => step(draft));
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting Security Group (${id})`, "DeleteSecurityGroup", (draft) =>
      deleteSecurityGroup(draft, id),
    ),
});

/** Inline rules are managed only in the directions the program names. */
function setInline(
  id: string,
  inputs: SecurityGroupInputs,
): ((draft: Parameters<typeof replaceRules>[0]) => void)[] {
  return (["ingress", "egress"] as const)
    .filter((direction) => inputs[direction] !== undefined)
    .map((direction) => (draft) => {
      const specs = inputs[direction]!.flatMap((block) => expand(block, direction, id));
      replaceRules(draft, id, direction, specs, "inline");
    });
}
