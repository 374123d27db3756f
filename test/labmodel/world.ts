import { CloudState, NetworkInterface, SecurityGroupRule, emptyCloud } from "../../lab/cloud/state";

/**
 * Clouds to test with: one VPC 10.0.0.0/16 with an Internet gateway and subnets 10.0.1.0/24 and 10.0.2.0/24, both
 * families, everything allowed. Instances are added by what they are attached to.
 */
export class World {
  readonly cloud: CloudState;

  constructor(lab: string) {
    this.cloud = emptyCloud(lab);
    this.cloud.vpcs["vpc-0a"] = {
      id: "vpc-0a",
      cidrBlocks: [{ associationId: "vpc-cidr-assoc-0a", cidrBlock: "10.0.0.0/16" }],
      ipv6CidrBlock: "2001:db8:e000::/56",
      mainRouteTableId: "rtb-0a",
      mainRouteTableAssociationId: "rtbassoc-0a",
      defaultSecurityGroupId: "sg-0a",
      defaultNetworkAclId: "acl-0a",
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: {},
    };
    this.cloud.internetGateways["igw-0a"] = { id: "igw-0a", vpcId: "vpc-0a", tags: {} };
    this.routeTable("rtb-0a", "0.0.0.0/0", "::/0");
    this.securityGroup("sg-0a", [
      rule("ingress", "0.0.0.0/0"),
      rule("ingress", "::/0"),
      rule("egress", "0.0.0.0/0"),
      rule("egress", "::/0"),
    ]);
    this.subnet(1);
    this.subnet(2);
  }

  /** 10.0.N.0/24 and 2001:db8:e000:N::/64, "subnet-0N". */
  subnet(number: number): void {
    const id = `subnet-0${number}`;
    this.cloud.subnets[id] = {
      id,
      vpcId: "vpc-0a",
      cidrBlock: `10.0.${number}.0/24`,
      ipv6CidrBlock: `2001:db8:e000:${number}::/64`,
      availabilityZone: "eu-lab-1a",
      mapPublicIpOnLaunch: false,
      assignIpv6AddressOnCreation: false,
      tags: {},
    };
  }

  /** A route table whose destinations are reached by the Internet gateway. */
  routeTable(id: string, ...destinations: string[]): CloudState["routeTables"][string] {
    const target = { kind: "internetGateway", id: "igw-0a" } as const;
    const routes = destinations.map((destination) => ({ destination, target }));
    return (this.cloud.routeTables[id] = { id, vpcId: "vpc-0a", associations: [], routes, tags: {} });
  }

  securityGroup(id: string, rules: SecurityGroupRule[]): void {
    this.cloud.securityGroups[id] = { id, vpcId: "vpc-0a", name: id, description: id, rules, tags: {} };
  }

  /** An ENI with the addresses .HOST and ::HOST of a subnet, attached if an instance is named. */
  eni(
    id: string,
    subnet: number,
    host: number,
    attached?: [instance: string, index: number],
  ): NetworkInterface {
    const serial = Object.keys(this.cloud.networkInterfaces).length + 1;
    const eni: NetworkInterface = {
      id,
      subnetId: `subnet-0${subnet}`,
      macAddress: `02:00:00:00:00:${serial.toString(16).padStart(2, "0")}`,
      privateIps: [`10.0.${subnet}.${host}`],
      ipv6Addresses: [`2001:db8:e000:${subnet}::${host}`],
      ipv4Prefixes: [],
      ipv6Prefixes: [],
      securityGroups: ["sg-0a"],
      sourceDestCheck: true,
      description: "",
      interfaceType: "interface",
      tags: {},
    };
    if (attached !== undefined) attach(eni, ...attached);
    this.cloud.networkInterfaces[id] = eni;
    return eni;
  }

  instance(id: string, primaryNetworkInterfaceId: string, keyName?: string): void {
    this.cloud.instances[id] = {
      id,
      ami: "ami-0a",
      instanceType: "t3.medium",
      availabilityZone: "eu-lab-1a",
      primaryNetworkInterfaceId,
      tags: {},
      ...(keyName === undefined ? {} : { keyName }),
    };
  }

  keyPair(name: string, publicKey: string): void {
    this.cloud.keyPairs[name] = { name, id: `key-${name}`, publicKey, fingerprint: "", tags: {} };
  }

  /** 198.51.100.LAST for the first address of an ENI. */
  eip(last: number, eniId: string): void {
    this.cloud.eips[`eipalloc-${last}`] = {
      allocationId: `eipalloc-${last}`,
      publicIp: `198.51.100.${last}`,
      association: {
        id: `eipassoc-${last}`,
        networkInterfaceId: eniId,
        privateIp: this.cloud.networkInterfaces[eniId].privateIps[0],
      },
      amazonOwned: false,
      tags: {},
    };
  }

  /**
   * The seed's host: i-0a with A = 10.0.1.10 (eni-0a, ens5, EIP .10) and B = 10.0.2.10 (eni-0b, ens6, EIP .11); and
   * a neighbour on B's subnet, i-0c = 10.0.2.20.
   */
  twoEnis(keyName?: string): this {
    this.eni("eni-0a", 1, 10, ["i-0a", 0]);
    this.eni("eni-0b", 2, 10, ["i-0a", 1]);
    this.eni("eni-0c", 2, 20, ["i-0c", 0]);
    this.instance("i-0a", "eni-0a", keyName);
    this.instance("i-0c", "eni-0c");
    this.eip(10, "eni-0a");
    this.eip(11, "eni-0b");
    return this;
  }
}

export function attach(eni: NetworkInterface, instanceId: string, deviceIndex: number): void {
  eni.attachment = {
    id: `eni-attach-${eni.id.slice(4)}`,
    instanceId,
    deviceIndex,
    networkCardIndex: 0,
    deleteOnTermination: false,
  };
}

/** A rule of a security group; all protocols unless said otherwise. */
export function rule(
  direction: SecurityGroupRule["direction"],
  peer: string,
  protocol = "-1",
  [fromPort, toPort]: [number, number] = protocol === "-1" ? [0, 0] : [-1, -1],
): SecurityGroupRule {
  return {
    id: `sgr-${direction}-${peer}-${protocol}-${fromPort}`,
    origin: "inline",
    direction,
    protocol,
    fromPort,
    toPort,
    peer: peer.startsWith("sg-") ? { kind: "securityGroup", id: peer } : { kind: "cidr", cidr: peer },
  };
}
