import { contains, formatPrefix, overlaps } from "../../../lib/net";
import type { CloudState, Subnet } from "../../cloud/state";
import { cidr } from "./addressing";
import { AwsError } from "./error";
import { dependency, find, freshId } from "./transition";

export interface CreateSubnet {
  vpcId: string;
  cidrBlock: string;
  ipv6CidrBlock?: string;
  availabilityZone?: string;
  mapPublicIpOnLaunch?: boolean;
  assignIpv6AddressOnCreation?: boolean;
  tags?: Record<string, string>;
}

/** The lab's availability zones, as a region names them. */
export function availabilityZones(region: string): { name: string; id: string }[] {
  const [area, direction, number] = region.split("-");
  return ["a", "b", "c"].map((letter, i) => ({
    name: `${region}${letter}`,
    id: `${area}${(direction ?? "").slice(0, 1)}${number ?? ""}-az${i + 1}`,
  }));
}

/** CreateSubnet. */
export function createSubnet(draft: CloudState, args: CreateSubnet): Subnet {
  const vpc = find(draft, "vpcs", args.vpcId);
  const zones = availabilityZones(draft.region).map((zone) => zone.name);
  const availabilityZone = args.availabilityZone ?? zones[0];
  if (!zones.includes(availabilityZone)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${availabilityZone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(", ")}.`,
    );
  }
  const id = freshId(draft, "subnet");
  draft.subnets[id] = {
    id,
    vpcId: vpc.id,
    cidrBlock: subnetBlock(draft, args.vpcId, args.cidrBlock),
    ipv6CidrBlock: args.ipv6CidrBlock ? ipv6Block(draft, args.vpcId, args.ipv6CidrBlock) : undefined,
    availabilityZone,
    mapPublicIpOnLaunch: args.mapPublicIpOnLaunch ?? false,
    assignIpv6AddressOnCreation: args.assignIpv6AddressOnCreation ?? false,
    tags: args.tags ?? {},
  };
  return draft.subnets[id];
}

/** ModifySubnetAttribute, and associating an IPv6 block. */
export function modifySubnet(
  draft: CloudState,
  id: string,
  args: Pick<CreateSubnet, "ipv6CidrBlock" | "mapPublicIpOnLaunch" | "assignIpv6AddressOnCreation" | "tags">,
): void {
  const subnet = find(draft, "subnets", id);
  subnet.mapPublicIpOnLaunch = args.mapPublicIpOnLaunch ?? false;
  subnet.assignIpv6AddressOnCreation = args.assignIpv6AddressOnCreation ?? false;
  subnet.tags = args.tags ?? {};
  if (args.ipv6CidrBlock === subnet.ipv6CidrBlock) return;
  const used = Object.values(draft.networkInterfaces).some(
    (eni) => eni.subnetId === id && eni.ipv6Addresses.length + eni.ipv6Prefixes.length > 0,
  );
  if (used)
    throw new AwsError(
      "InvalidCidrBlock.InUse",
      `The subnet ${id} has addresses of CIDR block ${subnet.ipv6CidrBlock} in use.`,
    );
  subnet.ipv6CidrBlock = undefined;
  if (args.ipv6CidrBlock) subnet.ipv6CidrBlock = ipv6Block(draft, subnet.vpcId, args.ipv6CidrBlock);
}

/** DeleteSubnet. */
export function deleteSubnet(draft: CloudState, id: string): void {
  find(draft, "subnets", id);
  if (Object.values(draft.networkInterfaces).some((eni) => eni.subnetId === id))
    throw dependency("subnet", id);
  for (const table of Object.values(draft.routeTables)) {
    table.associations = table.associations.filter((association) => association.subnetId !== id);
  }
  delete draft.subnets[id];
}

function subnetBlock(draft: CloudState, vpcId: string, text: string): string {
  const block = cidr(text);
  const inside = draft.vpcs[vpcId].cidrBlocks.some(({ cidrBlock }) => contains(cidr(cidrBlock), block));
  if (block.family !== 4 || block.length > 28 || !inside) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`);
  }
  const siblings = Object.values(draft.subnets).filter((subnet) => subnet.vpcId === vpcId);
  if (siblings.some((subnet) => overlaps(cidr(subnet.cidrBlock), block))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`);
  }
  return formatPrefix(block);
}

function ipv6Block(draft: CloudState, vpcId: string, text: string): string {
  const block = cidr(text, "ipv6CidrBlock");
  const outer = draft.vpcs[vpcId].ipv6CidrBlock;
  if (block.family !== 6 || block.length !== 64 || !outer || !contains(cidr(outer), block)) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${text}' is invalid.`);
  }
  const siblings = Object.values(draft.subnets).filter(
    (subnet) => subnet.vpcId === vpcId && subnet.ipv6CidrBlock,
  );
  if (siblings.some((subnet) => overlaps(cidr(subnet.ipv6CidrBlock!), block))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${text}' conflicts with another subnet`);
  }
  return formatPrefix(block);
}
