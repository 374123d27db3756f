/**
 * The lab cloud as plain data: what the `aws` provider writes and the fabric realizes.
 *
 * The provider (lab/aws) changes a CloudState and knows nothing of namespaces; the fabric (lab/fabric) turns a
 * CloudState into namespaces, links, routes and nft tables and knows nothing of Pulumi. Ids are AWS-shaped
 * ("vpc-0…", "eni-0…"). Addresses and prefixes are canonical text.
 */

export interface CloudState {
  /** Version of this schema. */
  readonly schema: 1;
  /** The lab's name: every namespace the fabric makes starts with it. Letters, digits, "-"; at most 8 characters. */
  lab: string;
  /** Counts up with every id, MAC and Elastic IP given out, so that none is ever given twice. */
  nextSerial: number;
  accountId: string;
  region: string;
  vpcs: Record<string, Vpc>;
  subnets: Record<string, Subnet>;
  internetGateways: Record<string, InternetGateway>;
  routeTables: Record<string, RouteTable>;
  securityGroups: Record<string, SecurityGroup>;
  networkInterfaces: Record<string, NetworkInterface>;
  eips: Record<string, Eip>;
  keyPairs: Record<string, KeyPair>;
  instances: Record<string, Instance>;
}

export interface Vpc {
  id: string;
  /** Primary CIDR first; the others are associations. */
  cidrBlocks: { associationId: string; cidrBlock: string }[];
  ipv6CidrBlock?: string;
  mainRouteTableId: string;
  /** The association that makes it the main one; replaced together with the table. */
  mainRouteTableAssociationId: string;
  /** The table the VPC was made with, while another is the main one. */
  originalMainRouteTableId?: string;
  defaultSecurityGroupId: string;
  defaultNetworkAclId: string;
  enableDnsHostnames: boolean;
  enableDnsSupport: boolean;
  tags: Record<string, string>;
}

export interface Subnet {
  id: string;
  vpcId: string;
  cidrBlock: string;
  ipv6CidrBlock?: string;
  availabilityZone: string;
  mapPublicIpOnLaunch: boolean;
  assignIpv6AddressOnCreation: boolean;
  tags: Record<string, string>;
}

export interface InternetGateway {
  id: string;
  vpcId?: string;
  tags: Record<string, string>;
}

export interface RouteTable {
  id: string;
  vpcId: string;
  /** Subnets explicitly associated; a subnet with none uses the VPC's main table. */
  associations: { id: string; subnetId: string }[];
  /** Without the implied local routes. */
  routes: { destination: string; target: RouteTarget }[];
  tags: Record<string, string>;
}

export type RouteTarget =
  { kind: "internetGateway"; id: string } | { kind: "networkInterface"; id: string } | { kind: "blackhole" };

export interface SecurityGroup {
  id: string;
  vpcId: string;
  name: string;
  description: string;
  rules: SecurityGroupRule[];
  tags: Record<string, string>;
}

export interface SecurityGroupRule {
  id: string;
  /** Which of the three forms made it, so that each form deletes only its own. */
  origin: "inline" | "rule" | "vpcRule" | "default";
  direction: "ingress" | "egress";
  /** "-1" (all), "tcp", "udp", "icmp", "icmpv6" or a number as text. */
  protocol: string;
  fromPort: number;
  toPort: number;
  peer: { kind: "cidr"; cidr: string } | { kind: "securityGroup"; id: string };
  description?: string;
  /** Only the form that is a resource of its own has tags. */
  tags?: Record<string, string>;
}

export interface NetworkInterface {
  id: string;
  subnetId: string;
  /** The VPC's host side: 02:…, unique in the lab. */
  macAddress: string;
  /** Primary first. */
  privateIps: string[];
  ipv6Addresses: string[];
  /** /28 each. */
  ipv4Prefixes: string[];
  /** /80 each. */
  ipv6Prefixes: string[];
  securityGroups: string[];
  sourceDestCheck: boolean;
  description: string;
  interfaceType: string;
  attachment?: {
    id: string;
    instanceId: string;
    deviceIndex: number;
    networkCardIndex: number;
    deleteOnTermination: boolean;
  };
  tags: Record<string, string>;
}

export interface Eip {
  allocationId: string;
  publicIp: string;
  association?: { id: string; networkInterfaceId: string; privateIp: string };
  /**
   * True for the address a subnet with `mapPublicIpOnLaunch` lends to an instance's only interface: it is translated
   * like any other, but cannot be moved and goes when its interface is detached.
   */
  amazonOwned: boolean;
  tags: Record<string, string>;
}

export interface KeyPair {
  name: string;
  id: string;
  publicKey: string;
  fingerprint: string;
  tags: Record<string, string>;
}

export interface Instance {
  id: string;
  ami: string;
  instanceType: string;
  availabilityZone: string;
  keyName?: string;
  userData?: string;
  /** ENI of device index 0 on card 0. */
  primaryNetworkInterfaceId: string;
  /** The instance's SSH host key, made at launch; the console output of a real cloud would show its fingerprint. */
  hostPublicKey?: string;
  tags: Record<string, string>;
}

/** Where the lab's Elastic IPs come from: TEST-NET-2 (RFC 5737), so that none is anybody's real address. */
export const ELASTIC_IP_POOL = "198.51.100.0/24";

/** Where "Amazon-provided" IPv6 blocks come from, a /56 a VPC: documentation space (RFC 3849). */
export const IPV6_POOL = "2001:db8:e000::/36";

/** An empty cloud. */
export function emptyCloud(lab: string): CloudState {
  return {
    schema: 1,
    lab,
    nextSerial: 1,
    accountId: "000000000000",
    region: "eu-lab-1",
    vpcs: {},
    subnets: {},
    internetGateways: {},
    routeTables: {},
    securityGroups: {},
    networkInterfaces: {},
    eips: {},
    keyPairs: {},
    instances: {},
  };
}
