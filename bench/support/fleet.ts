import { CloudState, SecurityGroupRule, emptyCloud } from "../../lab/cloud/state";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { composeUserData } from "../../lib/deliver/userData";

/**
 * Hosts for what is measured on hosts: put into the lab's cloud as they are, since a stack that made them would be measured with
 * what it makes. The program that is measured and the cloud both work them out from their number.
 */

export interface Shape {
  /** Interfaces of a host, and addresses of an interface and family. */
  readonly interfaces: number;
  readonly addresses: number;
  readonly ipv6: boolean;
}

export const SMALL: Shape = { interfaces: 2, addresses: 1, ipv6: false };
export const LARGE: Shape = { interfaces: 4, addresses: 8, ipv6: true };

/** SSH key of all hosts: they guard nothing. */
export const HOST_KEY = deriveHostKey("only for measurements, no secret");

export interface FleetInterface {
  readonly name: string;
  readonly addresses: string[];
  readonly addresses6: string[];
  /** An address of its subnet that the host has not, and nobody else. */
  readonly spare: string;
  readonly gateways: string[];
}

export interface FleetHost {
  readonly id: string;
  /** Where it is reached from the operator's machine. */
  readonly publicIp: string;
  readonly interfaces: readonly FleetInterface[];
}

const LENGTH = 18;
const LENGTH6 = 64;

export function fleetHost(index: number, { interfaces, addresses, ipv6 }: Shape): FleetHost {
  const two = (n: number): string => `${n >> 8}.${n & 255}`;
  const serial = 10 + index * addresses;
  const all = Array.from({ length: addresses }, (_, i) => serial + i);
  return {
    id: `i-${hex(index)}`,
    publicIp: `198.18.${two(256 + index)}`,
    interfaces: Array.from({ length: interfaces }, (_, n) => ({
      name: `net${n}`,
      addresses: all.map((i) => `10.0.${two((n << 14) + i)}`),
      addresses6: ipv6 ? all.map((i) => `2001:db8:e000:${hex(n + 1)}::${hex(i)}`) : [],
      spare: `10.0.${two((n << 14) + 8192 + index)}`,
      gateways: [`10.0.${two((n << 14) + 1)}`, ...(ipv6 ? ["fe80:ec2::1"] : [])],
    })),
  };
}

/** An interface as a SymmetricRoutingPolicy takes it. */
export function routed({ name, addresses, addresses6, spare, gateways }: FleetInterface, withSpare: boolean) {
  return {
    name,
    addresses: [
      ...[...addresses, ...(withSpare ? [spare] : [])].map((text) => `${text}/${LENGTH}`),
      ...addresses6.map((text) => `${text}/${LENGTH6}`),
    ],
    gateways,
  };
}

/** A cloud with these hosts and nothing else; everything may talk to everything. */
export function fleetCloud(lab: string, hosts: readonly FleetHost[], publicKey: string): CloudState {
  const cloud = emptyCloud(lab);
  const anywhere = ["0.0.0.0/0", "::/0"];
  cloud.vpcs["vpc-0"] = {
    id: "vpc-0",
    cidrBlocks: [{ associationId: "vpc-cidr-assoc-0", cidrBlock: "10.0.0.0/16" }],
    ipv6CidrBlock: "2001:db8:e000::/56",
    mainRouteTableId: "rtb-0",
    mainRouteTableAssociationId: "rtbassoc-0",
    defaultSecurityGroupId: "sg-0",
    defaultNetworkAclId: "acl-0",
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: {},
  };
  cloud.internetGateways["igw-0"] = { id: "igw-0", vpcId: "vpc-0", tags: {} };
  const target = { kind: "internetGateway", id: "igw-0" } as const;
  const routes = anywhere.map((destination) => ({ destination, target }));
  cloud.routeTables["rtb-0"] = { id: "rtb-0", vpcId: "vpc-0", associations: [], routes, tags: {} };
  const rules = (["ingress", "egress"] as const).flatMap((direction) =>
    anywhere.map((cidr) => allowed(direction, cidr)),
  );
  cloud.securityGroups["sg-0"] = {
    id: "sg-0",
    vpcId: "vpc-0",
    name: "all",
    description: "all",
    rules,
    tags: {},
  };
  cloud.keyPairs["bench"] = { name: "bench", id: "key-bench", publicKey, fingerprint: "", tags: {} };
  for (const host of hosts) addHost(cloud, host);
  return cloud;
}

function addHost(cloud: CloudState, { id, publicIp, interfaces }: FleetHost): void {
  const enis = interfaces.map((iface, n) => {
    const serial = ++cloud.nextSerial;
    const eni = `eni-${hex(serial)}`;
    cloud.subnets[`subnet-${n}`] ??= {
      id: `subnet-${n}`,
      vpcId: "vpc-0",
      cidrBlock: `10.0.${n * 64}.0/${LENGTH}`,
      ipv6CidrBlock: `2001:db8:e000:${hex(n + 1)}::/${LENGTH6}`,
      availabilityZone: "eu-lab-1a",
      mapPublicIpOnLaunch: false,
      assignIpv6AddressOnCreation: false,
      tags: {},
    };
    cloud.networkInterfaces[eni] = {
      id: eni,
      subnetId: `subnet-${n}`,
      macAddress: `02:00:00:00:${hex(serial >> 8).padStart(2, "0")}:${hex(serial & 255).padStart(2, "0")}`,
      privateIps: iface.addresses,
      ipv6Addresses: iface.addresses6,
      ipv4Prefixes: [],
      ipv6Prefixes: [],
      securityGroups: ["sg-0"],
      sourceDestCheck: true,
      description: "",
      interfaceType: "interface",
      attachment: {
        id: `eni-attach-${hex(serial)}`,
        instanceId: id,
        deviceIndex: n,
        networkCardIndex: 0,
        deleteOnTermination: false,
      },
      tags: {},
    };
    return eni;
  });
  cloud.instances[id] = {
    id,
    ami: "ami-0123456789abcdef0",
    instanceType: "t3.medium",
    availabilityZone: "eu-lab-1a",
    keyName: "bench",
    userData: composeUserData({ hostKey: HOST_KEY }),
    primaryNetworkInterfaceId: enis[0],
    tags: {},
  };
  cloud.eips[`eipalloc-${id}`] = {
    allocationId: `eipalloc-${id}`,
    publicIp,
    association: { id: `eipassoc-${id}`, networkInterfaceId: enis[0], privateIp: interfaces[0].addresses[0] },
    amazonOwned: false,
    tags: {},
  };
}

function allowed(direction: SecurityGroupRule["direction"], cidr: string): SecurityGroupRule {
  const peer = { kind: "cidr", cidr } as const;
  const id = `sgr-${direction}-${cidr}`;
  return { id, origin: "inline", direction, protocol: "-1", fromPort: 0, toPort: 0, peer };
}

function hex(n: number): string {
  return n.toString(16);
}
