/**
 * A host that routes symmetrically before its first service starts, and that nobody can log in to: its plan comes as
 * user data, beside the user data of its owner. For changes after the first boot give it a `connection`, and leave out
 * `routing: false`; or let SSM bring them (docs/first-boot.md).
 *
 * Configuration: ami (default: the newest Debian 13)
 */
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { RouteTable } from "@pulumi/aws/ec2/routeTable";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import { getAmiOutput } from "@pulumi/aws/ec2/getAmi";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost } from "../../lib";

const config = new pulumi.Config();

const vpc = new Vpc("sink", { cidrBlock: "10.0.0.0/16" });
const gateway = new InternetGateway("sink", { vpcId: vpc.id });
const routes = new RouteTable("sink", {
  vpcId: vpc.id,
  routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
});
const availabilityZone = getAvailabilityZonesOutput({ state: "available" }).names[0];
const [front, back] = ["front", "back"].map((name, n) => {
  const subnet = new Subnet(name, { vpcId: vpc.id, cidrBlock: `10.0.${n + 1}.0/24`, availabilityZone });
  new RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: routes.id });
  return subnet;
});

const everywhere = { cidrBlocks: ["0.0.0.0/0"] };
const group = new SecurityGroup("sink", {
  vpcId: vpc.id,
  ingress: [{ protocol: "udp", fromPort: 514, toPort: 514, ...everywhere }],
  egress: [{ protocol: "-1", fromPort: 0, toPort: 0, ...everywhere }],
});

const debian = { name: "name", values: ["debian-13-amd64-*"] };
const ami =
  config.get("ami") ?? getAmiOutput({ owners: ["136693071363"], mostRecent: true, filters: [debian] }).id;

const sink = new MultiHomedHost(
  "sink",
  {
    ami,
    instanceType: "t3.small",
    securityGroupIds: [group.id],
    interfaces: [
      { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, publicIp: true },
      { name: "back", deviceIndex: 1, subnet: back, hostNumber: 10, publicIp: true },
    ],
    firstBoot: true,
    routing: false,
    userData: "#cloud-config\npackages: [rsyslog]\n",
  },
  { dependsOn: gateway },
);

export const instanceId = sink.instanceId;
export const publicIps = sink.publicIps;
export const gatewayBySource = sink.gatewayBySource;
/** "proved": for every packet there can be, before the machine exists. */
export const verdict = sink.verdict;
