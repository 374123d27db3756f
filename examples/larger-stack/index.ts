/**
 * A host as part of something larger. `Collector` is a component of one's own: it takes subnets, has a multi-homed host
 * as a child, starts a service on it once the host routes as planned, and gives the host's addresses to others.
 *
 * Configuration: ami, privateKey (secret), hostKeySeed (secret, see examples/two-enis)
 */
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, hostKeyFromSeed } from "../../lib";

interface CollectorArgs {
  front: Subnet;
  back: Subnet;
  ami: pulumi.Input<string>;
  privateKey: pulumi.Input<string>;
  hostKeySeed: pulumi.Input<string>;
}

class Collector extends pulumi.ComponentResource {
  /** Private addresses, by interface. */
  readonly privateIps: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: CollectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("acme:net:Collector", name, {}, opts);
    const user = "admin";
    const { ami, front, back, privateKey } = args;
    const sshHostKey = hostKeyFromSeed(args.hostKeySeed);
    const host = new MultiHomedHost(
      name,
      {
        ami,
        instanceType: "t3.medium",
        interfaces: [
          { name: "front", deviceIndex: 0, subnet: front, hostNumber: 20, publicIp: true },
          { name: "back", deviceIndex: 1, subnet: back, hostNumber: 20 },
        ],
        connection: { user, privateKey },
        sshHostKey,
      },
      // Provider, protect, transforms and the rest come with the parent.
      { parent: this },
    );
    // A host is ready when its routing is: what depends on it waits until the kernel has answered as planned, and is
    // not made at all if it answers otherwise, since the update fails then.
    new remote.Command(
      `${name}-service`,
      {
        connection: {
          host: host.publicIps.apply(({ front }) => front),
          user,
          privateKey,
          hostKey: sshHostKey.apply(({ publicKey }) => publicKey),
        },
        create: "sudo systemctl enable --now collector",
      },
      { parent: this, dependsOn: host },
    );
    this.privateIps = host.privateIps;
    this.registerOutputs({ privateIps: this.privateIps });
  }
}

const config = new pulumi.Config();
const vpc = new Vpc("net", { cidrBlock: "10.0.0.0/16" });
const gateway = new InternetGateway("net", { vpcId: vpc.id });
const routes = new RouteTable("net", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
});
const [front, back] = ["front", "back"].map((name, n) => {
  const subnet = new Subnet(name, { vpcId: vpc.id, cidrBlock: `10.0.${n + 1}.0/24` });
  new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: routes.id });
  return subnet;
});

const collector = new Collector(
  "collector",
  {
    front,
    back,
    ami: config.require("ami"),
    privateKey: config.requireSecret("privateKey"),
    hostKeySeed: config.requireSecret("hostKeySeed"),
  },
  { dependsOn: gateway },
);

// Who lets the collector in can go by its address: what it sends from there leaves by that interface alone.
const database = new SecurityGroup("database", { vpcId: vpc.id });
new SecurityGroupIngressRule("database-from-collector", {
  securityGroupId: database.id,
  cidrIpv4: pulumi.interpolate`${collector.privateIps.apply(({ back }) => back)}/32`,
  ipProtocol: "tcp",
  fromPort: 5432,
  toPort: 5432,
});

export const privateIps = collector.privateIps;
