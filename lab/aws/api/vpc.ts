import { contains, formatPrefix, overlaps } from "../../../lib/net";
import { CloudState, IPV6_POOL, Vpc } from "../../cloud/state";
import { cidr } from "./addressing";
import { AwsError, notFound } from "./error";
import { allTraffic } from "./securityGroup";
import { dependency, find, freshId, serial } from "./transition";

export interface CreateVpc {
  cidrBlock: string;
  amazonProvidedIpv6?: boolean;
  enableDnsHostnames?: boolean;
  enableDnsSupport?: boolean;
  tags?: Record<string, string>;
}

/** CreateVpc, with the main route table and the default security group that AWS makes along. */
export function createVpc(draft: CloudState, args: CreateVpc): Vpc {
  const cidrBlock = vpcBlock(args.cidrBlock);
  const id = freshId(draft, "vpc");
  const vpc: Vpc = {
    id,
    cidrBlocks: [{ associationId: freshId(draft, "vpc-cidr-assoc"), cidrBlock }],
    ipv6CidrBlock: args.amazonProvidedIpv6 ? amazonIpv6Block(draft) : undefined,
    mainRouteTableId: freshId(draft, "rtb"),
    mainRouteTableAssociationId: freshId(draft, "rtbassoc"),
    defaultSecurityGroupId: freshId(draft, "sg"),
    defaultNetworkAclId: freshId(draft, "acl"),
    enableDnsHostnames: args.enableDnsHostnames ?? false,
    enableDnsSupport: args.enableDnsSupport ?? true,
    tags: args.tags ?? {},
  };
  draft.vpcs[id] = vpc;
  draft.routeTables[vpc.mainRouteTableId] = {
    id: vpc.mainRouteTableId,
    vpcId: id,
    associations: [],
    routes: [],
    tags: {},
  };
  draft.securityGroups[vpc.defaultSecurityGroupId] = {
    id: vpc.defaultSecurityGroupId,
    vpcId: id,
    name: "default",
    description: "default VPC security group",
    rules: [
      {
        id: freshId(draft, "sgr"),
        origin: "default",
        direction: "ingress",
        protocol: "-1",
        fromPort: 0,
        toPort: 0,
        peer: { kind: "securityGroup", id: vpc.defaultSecurityGroupId },
      },
      { id: freshId(draft, "sgr"), origin: "default", direction: "egress", ...allTraffic("0.0.0.0/0") },
    ],
    tags: {},
  };
  return vpc;
}

/** DeleteVpc. What the VPC was made with goes along; anything else must be gone. */
export function deleteVpc(draft: CloudState, id: string): void {
  const vpc = find(draft, "vpcs", id);
  const occupied =
    Object.values(draft.subnets).some((subnet) => subnet.vpcId === id) ||
    Object.values(draft.internetGateways).some((gateway) => gateway.vpcId === id) ||
    Object.values(draft.routeTables).some(
      (table) => table.vpcId === id && table.id !== vpc.mainRouteTableId,
    ) ||
    Object.values(draft.securityGroups).some(
      (group) => group.vpcId === id && group.id !== vpc.defaultSecurityGroupId,
    );
  if (occupied) throw dependency("vpc", id);
  delete draft.routeTables[vpc.mainRouteTableId];
  delete draft.securityGroups[vpc.defaultSecurityGroupId];
  delete draft.vpcs[id];
}

/** ModifyVpcAttribute, and associating or giving back the Amazon-provided IPv6 block. */
export function modifyVpc(draft: CloudState, id: string, args: Omit<CreateVpc, "cidrBlock">): void {
  const vpc = find(draft, "vpcs", id);
  vpc.enableDnsHostnames = args.enableDnsHostnames ?? vpc.enableDnsHostnames;
  vpc.enableDnsSupport = args.enableDnsSupport ?? vpc.enableDnsSupport;
  vpc.tags = args.tags ?? {};
  if (args.amazonProvidedIpv6 && !vpc.ipv6CidrBlock) vpc.ipv6CidrBlock = amazonIpv6Block(draft);
  if (args.amazonProvidedIpv6 === false && vpc.ipv6CidrBlock) {
    const used = Object.values(draft.subnets).some((subnet) => subnet.vpcId === id && subnet.ipv6CidrBlock);
    if (used)
      throw new AwsError(
        "InvalidCidrBlock.InUse",
        `The vpc ${id} currently has a subnet using CIDR block ${vpc.ipv6CidrBlock}.`,
      );
    vpc.ipv6CidrBlock = undefined;
  }
}

/** AssociateVpcCidrBlock for another IPv4 block. */
export function associateCidrBlock(draft: CloudState, vpcId: string, text: string): string {
  const vpc = find(draft, "vpcs", vpcId);
  const cidrBlock = vpcBlock(text);
  if (vpc.cidrBlocks.some((existing) => overlaps(cidr(existing.cidrBlock), cidr(cidrBlock)))) {
    throw new AwsError(
      "InvalidVpc.Range",
      `The CIDR '${cidrBlock}' conflicts with another CIDR block of the VPC.`,
    );
  }
  // The quota that AWS sets by default.
  if (vpc.cidrBlocks.length >= 5)
    throw new AwsError("CidrLimitExceeded", "This network already has the maximum of allowed CIDRs.");
  const associationId = freshId(draft, "vpc-cidr-assoc");
  vpc.cidrBlocks.push({ associationId, cidrBlock });
  return associationId;
}

/** DisassociateVpcCidrBlock. */
export function disassociateCidrBlock(draft: CloudState, associationId: string): void {
  const vpc = vpcOfAssociation(draft, associationId);
  if (!vpc)
    throw notFound(
      "InvalidVpcCidrBlockAssociationID.NotFound",
      "vpc CIDR block association ID",
      associationId,
    );
  const block = vpc.cidrBlocks.find((candidate) => candidate.associationId === associationId)!.cidrBlock;
  const used = Object.values(draft.subnets).some(
    (subnet) => subnet.vpcId === vpc.id && contains(cidr(block), cidr(subnet.cidrBlock)),
  );
  if (used)
    throw new AwsError(
      "InvalidCidrBlock.InUse",
      `The vpc ${vpc.id} currently has a subnet using CIDR block ${block}.`,
    );
  vpc.cidrBlocks = vpc.cidrBlocks.filter((candidate) => candidate.associationId !== associationId);
}

/** The VPC to which an association of an IPv4 block belongs. */
export function vpcOfAssociation(cloud: CloudState, associationId: string): Vpc | undefined {
  return Object.values(cloud.vpcs).find((vpc) =>
    vpc.cidrBlocks.some((block) => block.associationId === associationId),
  );
}

function vpcBlock(text: string): string {
  const block = cidr(text);
  if (block.family !== 4 || block.length < 16 || block.length > 28) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${text}' is invalid.`);
  }
  return formatPrefix(block);
}

function amazonIpv6Block(draft: CloudState): string {
  const pool = cidr(IPV6_POOL);
  return formatPrefix({ family: 6, value: pool.value + (BigInt(serial(draft)) << 72n), length: 56 });
}
