import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, hostKeyFromSeed } from "../../../lib";

/**
 * Hosts with two interfaces each, and on every host one of: nothing ("none"), a command that does nothing ("bare"), a
 * SymmetricRoutingPolicy ("policy"), or ten commands with a route each ("routes").
 *
 * Configuration: hosts, on, publicKey, privateKey (secret).
 */
const config = new pulumi.Config();
const on = config.require("on");
const privateKey = config.requireSecret("privateKey");
const sshHostKey = hostKeyFromSeed("only for measurements, no secret");

const vpc = new Vpc("net", { cidrBlock: "10.0.0.0/16" });
const gateway = new InternetGateway("net", { vpcId: vpc.id });
const table = new RouteTable("net", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
});
const subnets = [1, 2].map((n) => {
  const cidrBlock = `10.0.${16 * n}.0/20`;
  const subnet = new Subnet(`net${n}`, { vpcId: vpc.id, cidrBlock, availabilityZone: "eu-lab-1a" });
  new RouteTableAssociation(`net${n}`, { subnetId: subnet.id, routeTableId: table.id });
  return subnet;
});
const all = { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] };
const group = new SecurityGroup("net", { vpcId: vpc.id, ingress: [all], egress: [all] });
const key = new KeyPair("net", { publicKey: config.require("publicKey") });

const instances = Array.from({ length: config.requireNumber("hosts") }, (_, i) => {
  const host = new MultiHomedHost(
    `host-${i}`,
    {
      ami: "ami-0123456789abcdef0",
      instanceType: "t3.medium",
      keyName: key.keyName,
      securityGroupIds: [group.id],
      interfaces: subnets.map((subnet, n) => ({
        name: ["front", "back"][n],
        deviceIndex: n,
        subnet,
        hostNumber: 10 + i,
        publicIp: n === 0,
      })),
      connection: { user: "root", privateKey },
      sshHostKey,
      routing: on === "policy",
    },
    { dependsOn: gateway },
  );
  const connection = {
    host: host.publicIp.apply((ip) => ip ?? ""),
    user: "root",
    privateKey,
    hostKey: sshHostKey.publicKey,
  };
  const commands = on === "bare" ? ["true"] : on === "routes" ? routes() : [];
  commands.forEach((create, n) => {
    const remove = create.replace(" add ", " del ");
    new remote.Command(`host-${i}-${n}`, { connection, create, delete: remove }, { dependsOn: host });
  });
  return host.instanceId;
});

function routes(): string[] {
  return Array.from({ length: 10 }, (_, n) => `ip route add unreachable 192.0.2.${n} table 900`);
}

export const instanceIds = instances;
