import { Action, apply } from "../../lab/aws/api/transition";
import { createInternetGateway, attachInternetGateway } from "../../lab/aws/api/internetGateway";
import { runInstance } from "../../lab/aws/api/instance";
import { createNetworkInterface } from "../../lab/aws/api/networkInterface";
import { createSubnet } from "../../lab/aws/api/subnet";
import { createVpc } from "../../lab/aws/api/vpc";
import { CloudState, emptyCloud } from "../../lab/cloud/state";

export const AMI = "ami-0123456789abcdef0";

/** A cloud with a VPC, its Internet gateway, subnets a (zone a), b (zone a), c (zone c), and a t3.small in a. */
export interface Fixture {
  cloud: CloudState;
  vpcId: string;
  gatewayId: string;
  subnets: { a: string; b: string; c: string };
  /** The instance's primary interface, 10.0.1.10. */
  primaryId: string;
  instanceId: string;
}

export function fixture(): Fixture {
  const { cloud, result } = apply(emptyCloud("unit"), (draft) => {
    const vpc = createVpc(draft, { cidrBlock: "10.0.0.0/16", amazonProvidedIpv6: true });
    const gateway = createInternetGateway(draft);
    attachInternetGateway(draft, gateway.id, vpc.id);
    const block = vpc.ipv6CidrBlock!.replace(/00::\/56$/, "");
    const subnet = (n: number, zone: string) =>
      createSubnet(draft, {
        vpcId: vpc.id,
        cidrBlock: `10.0.${n}.0/24`,
        ipv6CidrBlock: `${block}0${n}::/64`,
        availabilityZone: `eu-lab-1${zone}`,
      }).id;
    const subnets = { a: subnet(1, "a"), b: subnet(2, "a"), c: subnet(3, "c") };
    const primary = createNetworkInterface(draft, { subnetId: subnets.a, privateIps: ["10.0.1.10"] });
    const instance = runInstance(draft, {
      ami: AMI,
      instanceType: "t3.small",
      network: { networkInterfaceId: primary.id },
    });
    return { vpcId: vpc.id, gatewayId: gateway.id, subnets, primaryId: primary.id, instanceId: instance.id };
  });
  return { cloud, ...result };
}

/** Applies an action for its answer alone, on top of a fixture. */
export function after<R>(given: Fixture, action: Action<R>): { given: Fixture; result: R } {
  const { cloud, result } = apply(given.cloud, action);
  return { given: { ...given, cloud }, result };
}
