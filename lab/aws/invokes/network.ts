import { sizeOf } from "../../../lib/net";
import type { Subnet, Vpc } from "../../cloud/state";
import { cidr, taken } from "../api/addressing";
import { availabilityZones } from "../api/subnet";
import { arn } from "../define";
import { FILTERS, Filtered, filtersOf, one, query, select, tagFacets, tagFilters } from "./define";

interface VpcArgs extends Filtered {
  id?: string;
  cidrBlock?: string;
  default?: boolean;
  dhcpOptionsId?: string;
  state?: string;
  tags?: Record<string, string>;
}

const text = { type: "string" } as const;

export const getVpc = query<VpcArgs, object>({
  token: "aws:ec2/getVpc:getVpc",
  args: {
    filters: FILTERS,
    id: text,
    cidrBlock: text,
    default: { type: "boolean" },
    dhcpOptionsId: text,
    state: text,
    tags: { type: "object" },
  },
  run(cloud, args) {
    const facets = (vpc: Vpc) => ({
      "vpc-id": [vpc.id],
      cidr: [vpc.cidrBlocks[0].cidrBlock],
      "cidr-block-association.cidr-block": vpc.cidrBlocks.map((block) => block.cidrBlock),
      "is-default": ["false"],
      state: ["available"],
      "dhcp-options-id": ["dopt-00000000000000000"],
      ...tagFacets(vpc.tags),
    });
    const filters = [
      ...(args.filters ?? []),
      ...filtersOf({
        "vpc-id": args.id,
        cidr: args.cidrBlock,
        state: args.state,
        "dhcp-options-id": args.dhcpOptionsId,
        "is-default": args.default === undefined ? undefined : String(args.default),
      }),
      ...tagFilters(args.tags),
    ];
    const vpc = one(select("aws:ec2/getVpc:getVpc", Object.values(cloud.vpcs), facets, filters), "EC2 VPC");
    return {
      id: vpc.id,
      arn: arn(cloud, "vpc", vpc.id),
      cidrBlock: vpc.cidrBlocks[0].cidrBlock,
      cidrBlockAssociations: vpc.cidrBlocks.map((block) => ({ ...block, state: "associated" })),
      ipv6CidrBlock: vpc.ipv6CidrBlock ?? "",
      ipv6AssociationId: vpc.ipv6CidrBlock ? vpc.id.replace("vpc-", "vpc-cidr-assoc-") : "",
      default: false,
      dhcpOptionsId: "dopt-00000000000000000",
      enableDnsHostnames: vpc.enableDnsHostnames,
      enableDnsSupport: vpc.enableDnsSupport,
      instanceTenancy: "default",
      mainRouteTableId: vpc.mainRouteTableId,
      ownerId: cloud.accountId,
      state: "available",
      tags: vpc.tags,
    };
  },
});

const subnetFacets = (region: string) => (subnet: Subnet) => ({
  "subnet-id": [subnet.id],
  "vpc-id": [subnet.vpcId],
  "cidr-block": [subnet.cidrBlock],
  "availability-zone": [subnet.availabilityZone],
  "availability-zone-id": [
    availabilityZones(region).find(({ name }) => name === subnet.availabilityZone)?.id,
  ],
  "ipv6-cidr-block-association.ipv6-cidr-block": [subnet.ipv6CidrBlock],
  "map-public-ip-on-launch": [String(subnet.mapPublicIpOnLaunch)],
  "default-for-az": ["false"],
  state: ["available"],
  ...tagFacets(subnet.tags),
});

interface SubnetArgs extends Filtered {
  id?: string;
  vpcId?: string;
  cidrBlock?: string;
  ipv6CidrBlock?: string;
  availabilityZone?: string;
  availabilityZoneId?: string;
  state?: string;
  tags?: Record<string, string>;
}

export const getSubnet = query<SubnetArgs, object>({
  token: "aws:ec2/getSubnet:getSubnet",
  args: {
    filters: FILTERS,
    id: text,
    vpcId: text,
    cidrBlock: text,
    ipv6CidrBlock: text,
    availabilityZone: text,
    availabilityZoneId: text,
    state: text,
    tags: { type: "object" },
  },
  run(cloud, args) {
    const filters = [
      ...(args.filters ?? []),
      ...filtersOf({
        "subnet-id": args.id,
        "vpc-id": args.vpcId,
        "cidr-block": args.cidrBlock,
        "availability-zone": args.availabilityZone,
        "availability-zone-id": args.availabilityZoneId,
        "ipv6-cidr-block-association.ipv6-cidr-block": args.ipv6CidrBlock,
        state: args.state,
      }),
      ...tagFilters(args.tags),
    ];
    const all = Object.values(cloud.subnets);
    const subnet = one(
      select("aws:ec2/getSubnet:getSubnet", all, subnetFacets(cloud.region), filters),
      "EC2 Subnet",
    );
    const block = cidr(subnet.cidrBlock);
    const used = taken(cloud, subnet.id).filter(({ prefix }) => prefix.family === 4);
    return {
      id: subnet.id,
      arn: arn(cloud, "subnet", subnet.id),
      vpcId: subnet.vpcId,
      cidrBlock: subnet.cidrBlock,
      ipv6CidrBlock: subnet.ipv6CidrBlock ?? "",
      ipv6CidrBlockAssociationId: subnet.ipv6CidrBlock
        ? subnet.id.replace("subnet-", "subnet-cidr-assoc-")
        : "",
      availabilityZone: subnet.availabilityZone,
      availabilityZoneId: availabilityZones(cloud.region).find(({ name }) => name === subnet.availabilityZone)
        ?.id,
      availableIpAddressCount: Number(
        sizeOf(block) - 5n - used.reduce((sum, { prefix }) => sum + sizeOf(prefix), 0n),
      ),
      assignIpv6AddressOnCreation: subnet.assignIpv6AddressOnCreation,
      mapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
      defaultForAz: false,
      ipv6Native: false,
      ownerId: cloud.accountId,
      state: "available",
      tags: subnet.tags,
    };
  },
});

export const getSubnets = query<Filtered & { tags?: Record<string, string> }, object>({
  token: "aws:ec2/getSubnets:getSubnets",
  args: { filters: FILTERS, tags: { type: "object" } },
  run(cloud, { filters = [], tags }) {
    const found = select(
      "aws:ec2/getSubnets:getSubnets",
      Object.values(cloud.subnets),
      subnetFacets(cloud.region),
      [...filters, ...tagFilters(tags)],
    );
    return { id: cloud.region, ids: found.map(({ id }) => id).sort() };
  },
});
