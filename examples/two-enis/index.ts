/**
 * A host with two interfaces, each in a subnet of its own and with an Elastic IP, that routes symmetrically.
 *
 * Configuration (`pulumi config set KEY VALUE`, secrets with --secret):
 *   publicKey     SSH public key that may log in, "ssh-ed25519 AAAA..."
 *   privateKey    its private half: secret
 *   hostKeySeed   any secret text, such as `openssl rand -hex 16`: the host's own SSH key is derived from it
 *   user          login name of the image. Default: admin, as on Debian
 *   ami           image. Default: the newest Debian 13, and so another instance when there is a newer one: to stay with one,
 *                 pulumi config set ami "$(pulumi stack output ami)"
 *   routing       false makes the host alone, without the policy. Default: true
 */
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import { getAmiOutput } from "@pulumi/aws/ec2/getAmi";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, cidrSubnet, drawText, hostKeyFromSeed } from "../../lib";

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");

const vpc = new Vpc("edge", { cidrBlock: "10.0.0.0/16", assignGeneratedIpv6CidrBlock: true });
const gateway = new InternetGateway("edge", { vpcId: vpc.id });
const availabilityZone = getAvailabilityZonesOutput({ state: "available" }).names[0];

/** A subnet with a route table of its own: in real networks the two sides of a host seldom share one. */
function subnet(name: string, number: number): Subnet {
  const made = new Subnet(name, {
    vpcId: vpc.id,
    cidrBlock: `10.0.${number}.0/24`,
    ipv6CidrBlock: vpc.ipv6CidrBlock.apply((block) => cidrSubnet(block, 64, number)),
    availabilityZone,
  });
  const routes = new RouteTable(name, {
    vpcId: vpc.id,
    routes: [
      { cidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
      { ipv6CidrBlock: "::/0", gatewayId: gateway.id },
    ],
  });
  new RouteTableAssociation(name, { subnetId: made.id, routeTableId: routes.id });
  return made;
}
const front = subnet("front", 1);
const back = subnet("back", 2);

const everywhere = { cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] };
const group = new SecurityGroup("edge", {
  vpcId: vpc.id,
  ingress: [
    { protocol: "tcp", fromPort: 22, toPort: 22, ...everywhere },
    { protocol: "tcp", fromPort: 8000, toPort: 8999, ...everywhere },
    { protocol: "icmp", fromPort: -1, toPort: -1, cidrBlocks: ["0.0.0.0/0"] },
  ],
  egress: [{ protocol: "-1", fromPort: 0, toPort: 0, ...everywhere }],
});

const key = new KeyPair("edge", { publicKey: config.require("publicKey") });
const debian = { name: "name", values: ["debian-13-amd64-*"] };
const ami =
  config.get("ami") ?? getAmiOutput({ owners: ["136693071363"], mostRecent: true, filters: [debian] }).id;

const edge = new MultiHomedHost(
  "edge",
  {
    ami,
    instanceType: "t3.medium",
    keyName: key.keyName,
    securityGroupIds: [group.id],
    interfaces: [
      // hostNumber 10 in 10.0.1.0/24 is 10.0.1.10: known at preview, so the preview shows the whole program.
      { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, ipv6: true, publicIp: true },
      {
        name: "back",
        deviceIndex: 1,
        subnet: back,
        hostNumber: 10,
        ipv6: true,
        publicIp: true,
        privateIps: ["10.0.2.11"],
      },
    ],
    connection: { user: config.get("user") ?? "admin", privateKey },
    sshHostKey: hostKeyFromSeed(config.requireSecret("hostKeySeed")),
    routing: config.getBoolean("routing") ?? true,
  },
  { dependsOn: gateway },
);

export const instanceId = edge.instanceId;
export const publicIps = edge.publicIps;
export const gatewayBySource = edge.gatewayBySource;
export const symmetric = edge.symmetric;
/** The host as a picture: `pulumi stack output picture`. */
export const picture = edge.plan.apply((plan) => (plan.pending ? "not known yet" : drawText(plan)));
/** For whoever wants to put a neighbour beside the host. */
export const frontSubnet = front.id;
export const backSubnet = back.id;
export const securityGroup = group.id;
export { ami };
