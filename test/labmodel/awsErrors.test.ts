import { AwsError } from "../../lab/aws/api/error";
import { allocateAddress, associateAddress, releaseAddress } from "../../lab/aws/api/elasticIp";
import {
  attachNetworkInterface,
  detachNetworkInterface,
  runInstance,
  soleInterface,
} from "../../lab/aws/api/instance";
import {
  attachInternetGateway,
  createInternetGateway,
  detachInternetGateway,
} from "../../lab/aws/api/internetGateway";
import { importKeyPair } from "../../lab/aws/api/keyPair";
import {
  assignAddresses,
  createNetworkInterface,
  deleteNetworkInterface,
} from "../../lab/aws/api/networkInterface";
import { associateRouteTable, createRoute, createRouteTable } from "../../lab/aws/api/routeTable";
import { authorize, createSecurityGroup, deleteSecurityGroup } from "../../lab/aws/api/securityGroup";
import { createSubnet, deleteSubnet } from "../../lab/aws/api/subnet";
import { Action, apply } from "../../lab/aws/api/transition";
import { associateCidrBlock, createVpc, deleteVpc } from "../../lab/aws/api/vpc";
import { AMI, Fixture, fixture } from "./cloudFixture";

/** What a user did, AWS's code, and the gist of its message. */
type Case = [what: string, code: string, gist: RegExp, action: (given: Fixture) => Action<unknown>];

const eni = (subnetId: string, more: object = {}) => ({ subnetId, ...more });

const CASES: Case[] = [
  [
    "a third secondary on a type of three",
    "AttachmentLimitExceeded",
    /Interface count 4 exceeds the limit for t3\.small/,
    ({ subnets, instanceId }) =>
      (d) => {
        for (const deviceIndex of [1, 2, 3]) {
          const { id } = createNetworkInterface(d, eni(subnets.b));
          attachNetworkInterface(d, { instanceId, networkInterfaceId: id, deviceIndex });
        }
      },
  ],
  [
    "more addresses than the type allows",
    "PrivateIpAddressLimitExceeded",
    /exceed limit/,
    ({ primaryId }) =>
      (d) =>
        assignAddresses(d, primaryId, { privateIpCount: 4 }),
  ],
  [
    "a prefix counts as an address",
    "PrivateIpAddressLimitExceeded",
    /exceed limit/,
    ({ primaryId }) =>
      (d) =>
        assignAddresses(d, primaryId, { privateIpCount: 3, ipv4PrefixCount: 1 }),
  ],
  [
    "attaching a full interface to a small type",
    "PrivateIpAddressLimitExceeded",
    /exceed limit/,
    ({ subnets, instanceId }) =>
      (d) => {
        const { id } = createNetworkInterface(d, eni(subnets.b, { privateIpCount: 4 }));
        attachNetworkInterface(d, { instanceId, networkInterfaceId: id, deviceIndex: 1 });
      },
  ],
  [
    "an interface of another zone",
    "InvalidParameterCombination",
    /not in the same availability zone/,
    ({ subnets, instanceId }) =>
      (d) => {
        const { id } = createNetworkInterface(d, eni(subnets.c));
        attachNetworkInterface(d, { instanceId, networkInterfaceId: id, deviceIndex: 1 });
      },
  ],
  [
    "an instance in another zone than its subnet",
    "InvalidParameterValue",
    /for parameter availabilityZone is invalid\. Subnet 'subnet-/,
    ({ subnets }) =>
      (d) =>
        runInstance(d, {
          ami: AMI,
          instanceType: "t3.small",
          availabilityZone: "eu-lab-1b",
          network: eni(subnets.a),
        }),
  ],
  [
    "an address outside the subnet",
    "InvalidParameterValue",
    /Address 10\.0\.9\.9 does not fall within the subnet's address range/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.9.9"] })),
  ],
  [
    "the router's address",
    "InvalidParameterValue",
    /is in subnet's reserved address range/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.1"] })),
  ],
  [
    "the last address",
    "InvalidParameterValue",
    /is in subnet's reserved address range/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.255"] })),
  ],
  [
    "text that is no address",
    "InvalidParameterValue",
    /invalid value for parameter address/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.010"] })),
  ],
  [
    "an address that is taken",
    "InvalidIPAddress.InUse",
    /already in use/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.10"] })),
  ],
  [
    "the same address twice",
    "InvalidIPAddress.InUse",
    /already in use/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.20", "10.0.1.20"] })),
  ],
  [
    "an address inside somebody's prefix",
    "InvalidIPAddress.InUse",
    /already in use/,
    ({ subnets }) =>
      (d) => {
        createNetworkInterface(d, eni(subnets.a, { ipv4Prefixes: ["10.0.1.32/28"] }));
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.40"] }));
      },
  ],
  [
    "stealing a secondary address",
    "InvalidParameterValue",
    /\[10\.0\.1\.21\] assigned, but move is not allowed\./,
    ({ subnets, primaryId }) =>
      (d) => {
        createNetworkInterface(d, eni(subnets.a, { privateIps: ["10.0.1.20", "10.0.1.21"] }));
        assignAddresses(d, primaryId, { privateIps: ["10.0.1.21"] });
      },
  ],
  [
    "more addresses than a subnet has",
    "InsufficientFreeAddressesInSubnet",
    /not have enough free addresses/,
    ({ vpcId }) =>
      (d) => {
        const { id } = createSubnet(d, { vpcId, cidrBlock: "10.0.4.0/28" });
        createNetworkInterface(d, eni(id, { privateIpCount: 11 }));
      },
  ],
  [
    "more prefixes than a subnet has",
    "InsufficientCidrBlocks",
    /not have enough free cidr blocks/,
    ({ vpcId }) =>
      (d) => {
        const { id } = createSubnet(d, { vpcId, cidrBlock: "10.0.4.0/27" });
        createNetworkInterface(d, eni(id, { ipv4PrefixCount: 1 }));
      },
  ],
  [
    "a prefix of another length",
    "InvalidParameterValue",
    /must be a \/28/,
    ({ subnets }) =>
      (d) =>
        createNetworkInterface(d, eni(subnets.a, { ipv4Prefixes: ["10.0.1.64/27"] })),
  ],
  [
    "a device index that is taken",
    "InvalidParameterValue",
    /already has an interface attached at device index '0'\./,
    ({ subnets, instanceId }) =>
      (d) => {
        const { id } = createNetworkInterface(d, eni(subnets.b));
        attachNetworkInterface(d, { instanceId, networkInterfaceId: id, deviceIndex: 0 });
      },
  ],
  [
    "an interface that is attached",
    "InvalidNetworkInterface.InUse",
    /Interface: \[eni-[0-9a-f]+\] in use\./,
    ({ primaryId }) =>
      (d) =>
        runInstance(d, { ami: AMI, instanceType: "t3.small", network: { networkInterfaceId: primaryId } }),
  ],
  [
    "detaching the primary interface",
    "OperationNotPermitted",
    /device index 0 and networkCard index 0 cannot be detached/,
    ({ primaryId, cloud }) =>
      (d) =>
        detachNetworkInterface(d, cloud.networkInterfaces[primaryId].attachment!.id),
  ],
  [
    "deleting an attached interface",
    "InvalidParameterValue",
    /currently in use/,
    ({ primaryId }) =>
      (d) =>
        deleteNetworkInterface(d, primaryId),
  ],
  [
    "an instance-level call with two interfaces",
    "InvalidInstanceID",
    /multiple interfaces attached to instance 'i-/,
    ({ subnets, instanceId }) =>
      (d) => {
        const { id } = createNetworkInterface(d, eni(subnets.b));
        attachNetworkInterface(d, { instanceId, networkInterfaceId: id, deviceIndex: 1 });
        soleInterface(d, instanceId);
      },
  ],
  [
    "an Elastic IP that is associated",
    "Resource.AlreadyAssociated",
    /already associated/,
    ({ primaryId, subnets }) =>
      (d) => {
        const { allocationId } = allocateAddress(d);
        const other = createNetworkInterface(d, eni(subnets.b));
        associateAddress(d, { allocationId, networkInterfaceId: primaryId });
        associateAddress(d, { allocationId, networkInterfaceId: other.id });
      },
  ],
  [
    "releasing an Elastic IP in use",
    "InvalidIPAddress.InUse",
    /in use/,
    ({ primaryId }) =>
      (d) => {
        const { allocationId } = allocateAddress(d);
        associateAddress(d, { allocationId, networkInterfaceId: primaryId });
        releaseAddress(d, allocationId);
      },
  ],
  [
    "an Elastic IP without a gateway",
    "Gateway.NotAttached",
    /not attached to any internet gateway/,
    ({ primaryId, gatewayId, vpcId }) =>
      (d) => {
        detachInternetGateway(d, gatewayId, vpcId);
        associateAddress(d, { allocationId: allocateAddress(d).allocationId, networkInterfaceId: primaryId });
      },
  ],
  [
    "detaching the gateway under an Elastic IP",
    "DependencyViolation",
    /mapped public address/,
    ({ primaryId, gatewayId, vpcId }) =>
      (d) => {
        associateAddress(d, { allocationId: allocateAddress(d).allocationId, networkInterfaceId: primaryId });
        detachInternetGateway(d, gatewayId, vpcId);
      },
  ],
  [
    "a second gateway",
    "InvalidParameterValue",
    /already has an internet gateway/,
    ({ vpcId }) =>
      (d) =>
        attachInternetGateway(d, createInternetGateway(d).id, vpcId),
  ],
  [
    "a group of another VPC",
    "InvalidParameter",
    /belong to different networks/,
    ({ subnets }) =>
      (d) => {
        const { defaultSecurityGroupId } = createVpc(d, { cidrBlock: "10.9.0.0/16" });
        createNetworkInterface(d, eni(subnets.a, { securityGroups: [defaultSecurityGroupId] }));
      },
  ],
  [
    "six groups",
    "SecurityGroupsPerInterfaceLimitExceeded",
    /maximum number of security groups/,
    ({ subnets, vpcId }) =>
      (d) => {
        const groups = [1, 2, 3, 4, 5, 6].map(
          (n) => createSecurityGroup(d, { vpcId, name: `g${n}`, description: "" }).id,
        );
        createNetworkInterface(d, eni(subnets.a, { securityGroups: groups }));
      },
  ],
  [
    "a group that is worn",
    "DependencyViolation",
    /has a dependent object/,
    ({ subnets, vpcId }) =>
      (d) => {
        const { id } = createSecurityGroup(d, { vpcId, name: "g", description: "" });
        createNetworkInterface(d, eni(subnets.a, { securityGroups: [id] }));
        deleteSecurityGroup(d, id);
      },
  ],
  [
    "a group's name twice",
    "InvalidGroup.Duplicate",
    /already exists for VPC/,
    ({ vpcId }) =>
      (d) =>
        [0, 1].map(() => createSecurityGroup(d, { vpcId, name: "g", description: "" })),
  ],
  [
    "a rule twice",
    "InvalidPermission.Duplicate",
    /"peer: 0\.0\.0\.0\/0, TCP, from port: 22, to port: 22, ALLOW" already exists/,
    ({ vpcId }) =>
      (d) => {
        const { id } = createSecurityGroup(d, { vpcId, name: "g", description: "" });
        const ssh = {
          direction: "ingress",
          protocol: "tcp",
          fromPort: 22,
          toPort: 22,
          peer: { kind: "cidr", cidr: "0.0.0.0/0" },
        } as const;
        [0, 1].forEach(() => authorize(d, id, ssh, "inline"));
      },
  ],
  [
    "a subnet in use",
    "DependencyViolation",
    /has dependencies and cannot be deleted/,
    ({ subnets }) =>
      (d) =>
        deleteSubnet(d, subnets.a),
  ],
  [
    "a VPC in use",
    "DependencyViolation",
    /has dependencies and cannot be deleted/,
    ({ vpcId }) =>
      (d) =>
        deleteVpc(d, vpcId),
  ],
  [
    "overlapping subnets",
    "InvalidSubnet.Conflict",
    /conflicts with another subnet/,
    ({ vpcId }) =>
      (d) =>
        createSubnet(d, { vpcId, cidrBlock: "10.0.1.128/25" }),
  ],
  [
    "a subnet outside the VPC",
    "InvalidSubnet.Range",
    /is invalid/,
    ({ vpcId }) =>
      (d) =>
        createSubnet(d, { vpcId, cidrBlock: "10.1.0.0/24" }),
  ],
  [
    "a VPC larger than /16",
    "InvalidVpc.Range",
    /is invalid/,
    () => (d) => createVpc(d, { cidrBlock: "10.0.0.0/15" }),
  ],
  [
    "an overlapping block of a VPC",
    "InvalidVpc.Range",
    /conflicts/,
    ({ vpcId }) =>
      (d) =>
        associateCidrBlock(d, vpcId, "10.0.128.0/17"),
  ],
  [
    "a subnet with two tables",
    "Resource.AlreadyAssociated",
    /conflicts with an existing association/,
    ({ vpcId, subnets }) =>
      (d) =>
        [0, 1].map(() => associateRouteTable(d, createRouteTable(d, vpcId).id, subnets.a)),
  ],
  [
    "a route twice",
    "RouteAlreadyExists",
    /identified by 0\.0\.0\.0\/0 already exists/,
    ({ vpcId, gatewayId }) =>
      (d) => {
        const { id } = createRouteTable(d, vpcId);
        [0, 1].forEach(() => createRoute(d, id, "0.0.0.0/0", gatewayId));
      },
  ],
  [
    "a key that is none",
    "InvalidKey.Format",
    /OpenSSH public key format/,
    () => (d) => importKeyPair(d, { name: "k", publicKey: "ssh-ed25519 AAAA" }),
  ],
  [
    "an unknown key pair",
    "InvalidKeyPair.NotFound",
    /does not exist/,
    ({ subnets }) =>
      (d) =>
        runInstance(d, { ami: AMI, instanceType: "t3.small", keyName: "nobody's", network: eni(subnets.a) }),
  ],
  [
    "an unknown instance type",
    "InvalidInstanceType",
    /do not exist: \[t9\.huge\]/,
    ({ subnets }) =>
      (d) =>
        runInstance(d, { ami: AMI, instanceType: "t9.huge", network: eni(subnets.a) }),
  ],
  [
    "an image id that is none",
    "InvalidAMIID.Malformed",
    /expecting "ami-\.\.\."/,
    ({ subnets }) =>
      (d) =>
        runInstance(d, { ami: "debian", instanceType: "t3.small", network: eni(subnets.a) }),
  ],
  [
    "a subnet that is not there",
    "InvalidSubnetID.NotFound",
    /does not exist/,
    () => (d) => createNetworkInterface(d, eni("subnet-0")),
  ],
];

describe("the API refuses with AWS's code and words", () => {
  test.each(CASES)("%s: %s", (_what, code, gist, action) => {
    const given = fixture();
    const before = structuredClone(given.cloud);
    let thrown: unknown;
    try {
      apply(given.cloud, action(given));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AwsError);
    expect((thrown as AwsError).code).toBe(code);
    expect((thrown as AwsError).message).toMatch(gist);
    // Whatever an action had done before it failed is not in the cloud.
    expect(given.cloud).toEqual(before);
  });
});

test("a route within the VPC's own blocks, which would do nothing here, is refused by name", () => {
  const { cloud, vpcId, primaryId } = fixture();
  const action: Action<void> = (d) => createRoute(d, createRouteTable(d, vpcId).id, "10.0.1.0/24", primaryId);
  expect(() => apply(cloud, action)).toThrow("the lab does not model routes within the VPC's own blocks");
});
