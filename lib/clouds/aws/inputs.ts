import type { Subnet } from "@pulumi/aws/ec2/subnet";
import * as pulumi from "@pulumi/pulumi";
import { HostInterfaceArgs, MultiHomedHostArgs } from "../../args/multiHomedHost";
import { Inputs } from "../../deliver/known";
import { isApart } from "../../deliver/worlds";
import { HostFacts, InterfaceFacts, wantsIpv6 } from "./facts";
import { InstanceTypeLimits, limitsOf } from "./limits";
import { ec2 } from "./sdk";

/** An interface's arguments with what its subnet adds to them, in two parts that become known at different times. */
export interface InterfaceInputs {
  readonly args: HostInterfaceArgs;
  readonly subnet: SubnetInputs;
  /** What routing needs: known before the subnet exists, when its blocks are given literally. */
  readonly routing: pulumi.Output<InterfaceFacts>;
  /** All that can be checked. */
  readonly facts: Inputs<InterfaceFacts>;
}

interface SubnetInputs {
  readonly id: pulumi.Input<string>;
  readonly cidrBlock: pulumi.Input<string>;
  readonly ipv6CidrBlock?: pulumi.Input<string>;
  readonly availabilityZone: pulumi.Input<string>;
}

export function interfaceInputs(
  iface: HostInterfaceArgs,
  host: MultiHomedHostArgs,
  opts: pulumi.InvokeOptions,
): InterfaceInputs {
  const subnet = subnetInputs(iface, host.region, opts);
  const { name, deviceIndex, networkCardIndex, hostNumber, ipv6, privateIps, ipv6Addresses } = iface;
  const { ipv4Prefixes, ipv6Prefixes, gateways, routes, publicIp, allocationId } = iface;
  const addressing = {
    hostNumber,
    ipv6,
    privateIps,
    ipv6Addresses,
    ipv4Prefixes,
    ipv6Prefixes,
    gateways,
    routes,
    apart: isApart(host.policy, name),
  };
  // A subnet's IPv6 block is only looked at where it is needed: a block that was never set counts as unknown.
  const blocks = {
    cidrBlock: subnet.cidrBlock,
    ...(wantsIpv6(iface) && { ipv6CidrBlock: subnet.ipv6CidrBlock }),
  };
  return {
    args: iface,
    subnet,
    routing: pulumi.output({
      name,
      deviceIndex,
      ...addressing,
      subnet: blocks,
    }) as pulumi.Output<InterfaceFacts>,
    facts: {
      name,
      deviceIndex,
      networkCardIndex,
      ...addressing,
      subnet: { ...blocks, id: subnet.id, availabilityZone: subnet.availabilityZone },
      securityGroupIds: iface.securityGroupIds ?? host.securityGroupIds,
      publicIp,
      allocationId,
    },
  };
}

/** A whole host for the checks. Limits of a type that is not in our table are asked of AWS. */
export function hostFacts(
  args: MultiHomedHostArgs,
  interfaces: readonly InterfaceInputs[],
  opts: pulumi.InvokeOptions,
): Inputs<HostFacts> {
  return {
    instanceType: args.instanceType,
    limits: limitInputs(args, opts),
    maxSecurityGroups: args.maxSecurityGroups ?? 5,
    interfaces: interfaces.map(({ facts }) => facts),
  };
}

/** Whether the arguments choose addresses of a family, or leave the choice to AWS. */
export function hasChosen(iface: HostInterfaceArgs, family: 4 | 6): boolean {
  const listed = family === 4 ? iface.privateIps : iface.ipv6Addresses;
  const counted = iface.hostNumber !== undefined && (family === 4 || iface.ipv6 === true);
  return counted || listed !== undefined;
}

function subnetInputs(
  iface: HostInterfaceArgs,
  region: pulumi.Input<string> | undefined,
  opts: pulumi.InvokeOptions,
): SubnetInputs {
  // From another language a resource may arrive as its id alone.
  const reference = iface.subnet as Subnet | string | undefined;
  if (typeof reference === "object") return reference;
  const id = (reference ?? iface.subnetId) as pulumi.Input<string>;
  const found = ec2().getSubnetOutput({ id, region }, opts);
  return {
    id,
    cidrBlock: found.cidrBlock,
    ipv6CidrBlock: found.ipv6CidrBlock,
    availabilityZone: found.availabilityZone,
  };
}

function limitInputs(
  args: MultiHomedHostArgs,
  opts: pulumi.InvokeOptions,
): pulumi.Output<InstanceTypeLimits | undefined> {
  return pulumi.output(args.instanceType).apply((instanceType) => {
    if (instanceType === undefined) return undefined;
    const known = limitsOf(instanceType);
    if (known !== undefined) return known;
    const asked = ec2().getInstanceTypeOutput({ instanceType, region: args.region }, opts);
    return pulumi.output({
      interfaces: asked.maximumNetworkInterfaces,
      ipv4PerInterface: asked.maximumIpv4AddressesPerInterface,
      ipv6PerInterface: asked.maximumIpv6AddressesPerInterface,
    });
  }) as pulumi.Output<InstanceTypeLimits | undefined>;
}
