import * as ec2 from "@pulumi/aws/ec2";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/**
 * A two-homed host as plain resources: what the engine test creates, changes and destroys.
 * Configuration: publicKey, privateKey (secret), frontAddresses (JSON list), script (what the host runs).
 */
const config = new pulumi.Config();
const frontAddresses = config.requireObject<string[]>("frontAddresses");

const key = new ec2.KeyPair("operator", { publicKey: config.require("publicKey") });
const vpc = new ec2.Vpc("net", {
  cidrBlock: "10.0.0.0/16",
  assignGeneratedIpv6CidrBlock: true,
  tags: { Name: "net" },
});
const gateway = new ec2.InternetGateway("door", { vpcId: vpc.id });
const table = new ec2.RouteTable("out", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
});

const subnets = ["front", "back"].map((name, i) => {
  const subnet = new ec2.Subnet(name, {
    vpcId: vpc.id,
    cidrBlock: `10.0.${i + 1}.0/24`,
    availabilityZone: "eu-lab-1a",
  });
  new ec2.RouteTableAssociation(name, { routeTableId: table.id, subnetId: subnet.id });
  return subnet;
});

const group = new ec2.SecurityGroup("open", {
  vpcId: vpc.id,
  ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }],
  egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
});

const front = new ec2.NetworkInterface(
  "front",
  {
    subnetId: subnets[0].id,
    securityGroups: [group.id],
    privateIpListEnabled: true,
    privateIpLists: frontAddresses,
  },
  { deleteBeforeReplace: true },
);
const back = new ec2.NetworkInterface("back", {
  subnetId: subnets[1].id,
  securityGroups: [group.id],
  privateIps: ["10.0.2.10"],
});

const ami = ec2.getAmiOutput({
  owners: ["amazon"],
  mostRecent: true,
  filters: [{ name: "name", values: ["al2023-ami-2023.*"] }],
});
const host = new ec2.Instance(
  "host",
  {
    ami: ami.id,
    instanceType: "t3.small",
    keyName: key.keyName,
    primaryNetworkInterface: { networkInterfaceId: front.id },
  },
  { deleteBeforeReplace: true },
);
const attachment = new ec2.NetworkInterfaceAttachment(
  "back",
  { instanceId: host.id, networkInterfaceId: back.id, deviceIndex: 1 },
  { deleteBeforeReplace: true },
);
const address = new ec2.Eip("front", { domain: "vpc" });
const association = new ec2.EipAssociation(
  "front",
  { allocationId: address.id, networkInterfaceId: front.id, privateIpAddress: front.privateIp },
  { deleteBeforeReplace: true },
);

const hello = new remote.Command(
  "hello",
  {
    connection: {
      host: address.publicIp,
      user: "root",
      privateKey: config.requireSecret("privateKey"),
      dialErrorLimit: 20,
      perDialTimeout: 5,
    },
    create: "sh -s -- hello",
    stdin: pulumi.interpolate`${config.get("script") ?? "echo"} "$1 from ${host.id}"`,
    addPreviousOutputInEnv: false,
  },
  { dependsOn: [host, attachment, association], deletedWith: host, deleteBeforeReplace: true },
);

export const publicIp = address.publicIp;
export const instanceId = host.id;
export const frontId = front.id;
export const backId = back.id;
export const said = hello.stdout;
