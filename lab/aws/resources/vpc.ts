import {
  associateCidrBlock,
  createVpc,
  deleteVpc,
  disassociateCidrBlock,
  modifyVpc,
  vpcOfAssociation,
} from "../api/vpc";
import { RECORDED, Tagged, arn, define } from "../define";

interface VpcInputs extends Tagged {
  cidrBlock: string;
  assignGeneratedIpv6CidrBlock?: boolean;
  enableDnsHostnames?: boolean;
  enableDnsSupport?: boolean;
  enableNetworkAddressUsageMetrics?: boolean;
  instanceTenancy?: string;
  ipv6CidrBlock?: string;
}

interface VpcState {
  arn: string;
  defaultNetworkAclId: string;
  defaultRouteTableId: string;
  defaultSecurityGroupId: string;
  dhcpOptionsId: string;
  ipv6AssociationId: string;
  mainRouteTableId: string;
  ownerId: string;
}

const ipv6 = (inputs: VpcInputs) => inputs.assignGeneratedIpv6CidrBlock ?? false;

export const vpc = define<VpcInputs, VpcState>({
  token: "aws:ec2/vpc:Vpc",
  inputs: {
    cidrBlock: { type: "string", required: true, forceNew: true },
    assignGeneratedIpv6CidrBlock: { type: "boolean" },
    enableDnsHostnames: { type: "boolean", computed: true },
    enableDnsSupport: { type: "boolean", default: true },
    enableNetworkAddressUsageMetrics: RECORDED.flag,
    instanceTenancy: { ...RECORDED.text, default: "default" },
    ipv6CidrBlock: { type: "string", computed: true },
  },
  outputs: [
    "arn",
    "defaultNetworkAclId",
    "defaultRouteTableId",
    "defaultSecurityGroupId",
    "dhcpOptionsId",
    "ipv6AssociationId",
    "mainRouteTableId",
    "ownerId",
  ],
  recomputes: (changed) =>
    changed.has("assignGeneratedIpv6CidrBlock") ? ["ipv6CidrBlock", "ipv6AssociationId"] : [],
  create: (cloud, inputs) =>
    cloud.call(
      "creating EC2 VPC",
      "CreateVpc",
      (draft) => createVpc(draft, { ...inputs, amazonProvidedIpv6: ipv6(inputs) }).id,
    ),
  describe(cloud, id) {
    const found = cloud.vpcs[id];
    if (!found) return undefined;
    return {
      cidrBlock: found.cidrBlocks[0].cidrBlock,
      assignGeneratedIpv6CidrBlock: found.ipv6CidrBlock !== undefined || undefined,
      enableDnsHostnames: found.enableDnsHostnames,
      enableDnsSupport: found.enableDnsSupport,
      ipv6CidrBlock: found.ipv6CidrBlock ?? "",
      tags: found.tags,
      arn: arn(cloud, "vpc", id),
      defaultNetworkAclId: found.defaultNetworkAclId,
      defaultRouteTableId: found.originalMainRouteTableId ?? found.mainRouteTableId,
      defaultSecurityGroupId: found.defaultSecurityGroupId,
      dhcpOptionsId: "dopt-00000000000000000",
      ipv6AssociationId: found.ipv6CidrBlock ? id.replace("vpc-", "vpc-cidr-assoc-") : "",
      mainRouteTableId: found.mainRouteTableId,
      ownerId: cloud.accountId,
    };
  },
  omittedOnImport: () => ["ipv6CidrBlock"],
  update: (cloud, id, { inputs }) =>
    cloud.call("updating EC2 VPC", "ModifyVpcAttribute", (draft) =>
      modifyVpc(draft, id, { ...inputs, amazonProvidedIpv6: ipv6(inputs) }),
    ),
  delete: (cloud, id) => cloud.call(`deleting EC2 VPC (${id})`, "DeleteVpc", (draft) => deleteVpc(draft, id)),
});

interface AssociationInputs {
  vpcId: string;
  cidrBlock: string;
}

export const vpcIpv4CidrBlockAssociation = define<AssociationInputs, object>({
  token: "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
  tagged: false,
  inputs: {
    vpcId: { type: "string", required: true, forceNew: true },
    cidrBlock: { type: "string", required: true, forceNew: true },
  },
  outputs: [],
  create: (cloud, { vpcId, cidrBlock }) =>
    cloud.call(`creating EC2 VPC (${vpcId}) IPv4 CIDR Block Association`, "AssociateVpcCidrBlock", (draft) =>
      associateCidrBlock(draft, vpcId, cidrBlock),
    ),
  describe(cloud, id) {
    const owner = vpcOfAssociation(cloud, id);
    const block = owner?.cidrBlocks.find(({ associationId }) => associationId === id);
    return owner && block && { vpcId: owner.id, cidrBlock: block.cidrBlock };
  },
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 VPC IPv4 CIDR Block Association (${id})`, "DisassociateVpcCidrBlock", (draft) =>
      disassociateCidrBlock(draft, id),
    ),
});
