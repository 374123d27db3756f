import { Instance } from "@pulumi/aws/ec2/instance";
import { NetworkInterface } from "@pulumi/aws/ec2/networkInterface";
import * as pulumi from "@pulumi/pulumi";

/**
 * Two ordinary hosts with one interface each, one in each subnet of the host that is shown: somebody has to be there
 * to talk to it from an attached network.
 */
const config = new pulumi.Config();
const securityGroup = config.require("securityGroup");
const ami = config.require("ami");

function neighbour(name: string, subnetId: string): pulumi.Output<string> {
  const eni = new NetworkInterface(name, { subnetId, securityGroups: [securityGroup], ipv6AddressCount: 1 });
  const instance = new Instance(name, {
    ami,
    instanceType: "t3.micro",
    primaryNetworkInterface: { networkInterfaceId: eni.id },
  });
  return instance.id;
}

export const front = neighbour("front-neighbour", config.require("frontSubnet"));
export const back = neighbour("back-neighbour", config.require("backSubnet"));
