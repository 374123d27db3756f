import type { CloudState, SecurityGroupRule } from "../../cloud/state";
import type { InputProperty } from "../../rpc/resource";
import { RuleSpec, authorize, canonicalProtocol, groupOfRule, revoke } from "../api/securityGroup";
import { Tagged, arn, define } from "../define";
import { collapse, expand } from "./securityGroup";

const required: InputProperty = { type: "string", required: true, forceNew: true };
const text: InputProperty = { type: "string", forceNew: true };

interface RuleInputs {
  type: string;
  securityGroupId: string;
  protocol: string;
  fromPort: number;
  toPort: number;
  cidrBlocks?: string[];
  ipv6CidrBlocks?: string[];
  sourceSecurityGroupId?: string;
  self?: boolean;
  description?: string;
}

interface RuleState {
  securityGroupRuleId: string;
}

const RULE_PEERS = ["cidrBlocks", "ipv6CidrBlocks", "sourceSecurityGroupId"];

const specsOf = (inputs: RuleInputs): RuleSpec[] =>
  expand(
    { ...inputs, securityGroups: inputs.sourceSecurityGroupId ? [inputs.sourceSecurityGroupId] : [] },
    inputs.type === "egress" ? "egress" : "ingress",
    inputs.securityGroupId,
  );

/**
 * The older standalone form: one resource may be several rules. Its id joins theirs (`sgr-…,sgr-…`), so that it can be
 * read and imported without more.
 */
export const securityGroupRule = define<RuleInputs, RuleState>({
  token: "aws:ec2/securityGroupRule:SecurityGroupRule",
  tagged: false,
  inputs: {
    type: required,
    securityGroupId: required,
    protocol: {
      ...required,
      normalize: (value) => (typeof value === "string" ? canonicalProtocol(value) : value),
    },
    fromPort: { type: "number", required: true, forceNew: true },
    toPort: { type: "number", required: true, forceNew: true },
    cidrBlocks: { type: "set", forceNew: true },
    ipv6CidrBlocks: { type: "set", forceNew: true },
    sourceSecurityGroupId: text,
    self: { type: "boolean", forceNew: true, default: false },
    description: { type: "string" },
  },
  outputs: ["securityGroupRuleId"],
  check: (inputs) => [
    ...(typeof inputs.type !== "string" || ["ingress", "egress"].includes(inputs.type)
      ? []
      : [
          { property: "type", reason: `expected type to be one of ["ingress" "egress"], got ${inputs.type}` },
        ]),
    ...(inputs.self === true || RULE_PEERS.some((peer) => inputs[peer] !== undefined)
      ? []
      : [{ property: "cidrBlocks", reason: `give at least one of ${RULE_PEERS.join(", ")}, self` }]),
  ],
  create: (cloud, inputs) =>
    cloud.call(
      "authorizing Security Group Rule",
      `AuthorizeSecurityGroup${inputs.type === "egress" ? "Egress" : "Ingress"}`,
      (draft) =>
        specsOf(inputs)
          .map((spec) => authorize(draft, inputs.securityGroupId, spec, "rule").id)
          .join(),
    ),
  describe(cloud, id) {
    const ids = id.split(",");
    const group = groupOfRule(cloud, ids[0]);
    const present = group?.rules.filter((rule) => ids.includes(rule.id)) ?? [];
    if (!group || present.length === 0) return undefined;
    const [{ securityGroups, ...block }] = collapse(present, group.id);
    return {
      ...block,
      description: block.description || undefined,
      type: present[0].direction,
      securityGroupId: group.id,
      sourceSecurityGroupId: securityGroups?.[0],
      securityGroupRuleId: ids.length === 1 ? ids[0] : "",
    };
  },
  update: (cloud, id, { inputs }) =>
    cloud.call("updating Security Group Rule", "UpdateSecurityGroupRuleDescriptions", (draft) =>
      describeRules(draft, id.split(","), inputs.description),
    ),
  delete: (cloud, id) =>
    cloud.call("revoking Security Group Rule", "RevokeSecurityGroupIngress", (draft) => {
      const group = groupOfRule(draft, id.split(",")[0]);
      const ids = group!.rules.filter((rule) => id.split(",").includes(rule.id)).map((rule) => rule.id);
      ids.forEach((ruleId) => revoke(draft, group!.id, ruleId));
    }),
});

function describeRules(draft: CloudState, ids: string[], description: string | undefined): void {
  const all = Object.values(draft.securityGroups).flatMap((group) => group.rules);
  for (const rule of all.filter((candidate) => ids.includes(candidate.id))) rule.description = description;
}

interface VpcRuleInputs extends Tagged {
  securityGroupId: string;
  ipProtocol: string;
  fromPort?: number;
  toPort?: number;
  cidrIpv4?: string;
  cidrIpv6?: string;
  referencedSecurityGroupId?: string;
  description?: string;
}

interface VpcRuleState {
  arn: string;
  securityGroupRuleId: string;
}

const PEERS = ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"] as const;

/** The newer standalone form: one resource is one rule, and may change in place. */
const vpcRule = (direction: SecurityGroupRule["direction"], name: string) => {
  const specOf = (inputs: VpcRuleInputs): RuleSpec => ({
    direction,
    protocol: inputs.ipProtocol,
    fromPort: inputs.fromPort ?? -1,
    toPort: inputs.toPort ?? -1,
    description: inputs.description,
    peer: inputs.referencedSecurityGroupId
      ? { kind: "securityGroup", id: inputs.referencedSecurityGroupId }
      : { kind: "cidr", cidr: inputs.cidrIpv4 ?? inputs.cidrIpv6 ?? "" },
  });
  const call = `AuthorizeSecurityGroup${name}`;
  return define<VpcRuleInputs, VpcRuleState>({
    token: `aws:vpc/securityGroup${name}Rule:SecurityGroup${name}Rule`,
    inputs: {
      securityGroupId: required,
      ipProtocol: { type: "string", required: true },
      fromPort: { type: "number" },
      toPort: { type: "number" },
      cidrIpv4: { type: "string" },
      cidrIpv6: { type: "string" },
      referencedSecurityGroupId: { type: "string" },
      description: { type: "string" },
    },
    outputs: ["arn", "securityGroupRuleId"],
    check: (inputs) =>
      PEERS.filter((peer) => inputs[peer] !== undefined).length === 1
        ? []
        : [{ property: "cidrIpv4", reason: `give exactly one of ${PEERS.join(", ")}` }],
    create: (cloud, inputs) =>
      cloud.call(`creating VPC Security Group ${name} Rule`, call, (draft) => {
        const rule = authorize(draft, inputs.securityGroupId, specOf(inputs), "vpcRule");
        rule.tags = inputs.tags;
        return rule.id;
      }),
    describe(cloud, id, known) {
      const group = groupOfRule(cloud, id);
      const rule = group?.rules.find((candidate) => candidate.id === id);
      if (!group || !rule) return undefined;
      const { peer } = rule;
      const all = rule.protocol === "-1";
      return {
        securityGroupId: group.id,
        // A number stays the number it was written as, though AWS answers with the name.
        ipProtocol: known.ipProtocol ?? rule.protocol,
        fromPort: all ? known.fromPort : rule.fromPort,
        toPort: all ? known.toPort : rule.toPort,
        cidrIpv4: peer.kind === "cidr" && !peer.cidr.includes(":") ? peer.cidr : undefined,
        cidrIpv6: peer.kind === "cidr" && peer.cidr.includes(":") ? peer.cidr : undefined,
        referencedSecurityGroupId: peer.kind === "securityGroup" ? peer.id : undefined,
        description: rule.description,
        tags: rule.tags ?? {},
        arn: arn(cloud, "security-group-rule", id),
        securityGroupRuleId: id,
      };
    },
    update: (cloud, id, { inputs }) =>
      cloud.call(`updating VPC Security Group ${name} Rule (${id})`, "ModifySecurityGroupRules", (draft) => {
        revoke(draft, inputs.securityGroupId, id);
        const rule = authorize(draft, inputs.securityGroupId, specOf(inputs), "vpcRule");
        rule.id = id;
        rule.tags = inputs.tags;
      }),
    delete: (cloud, id, { securityGroupId }) =>
      cloud.call(`deleting VPC Security Group ${name} Rule (${id})`, `RevokeSecurityGroup${name}`, (draft) =>
        revoke(draft, securityGroupId, id),
      ),
  });
};

export const securityGroupIngressRule = vpcRule("ingress", "Ingress");
export const securityGroupEgressRule = vpcRule("egress", "Egress");
