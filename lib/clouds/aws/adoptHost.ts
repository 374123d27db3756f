import * as pulumi from "@pulumi/pulumi";
import type { GetNetworkInterfaceResult } from "@pulumi/aws/ec2/getNetworkInterface";
import { HostInterfaceArgs, MultiHomedHostArgs } from "../../args/multiHomedHost";
import { Draft, Inputs, PENDING, pendingPaths, settle, unknownAgain } from "../../deliver/known";
import { isApart } from "../../deliver/worlds";
import { Issue, shown } from "../../model/issue";
import { InterfaceFacts } from "./facts";
import { HostParts, InterfaceParts, RoutedInterface } from "./hostParts";
import { ec2 } from "./sdk";
import { bareAddress, interfaceSpec } from "./toSpec";

/**
 * Finds an instance's interfaces and all that routing needs to know of them. Nothing of the instance is changed or
 * owned: when the component goes, instance and interfaces stay, and the routing is taken off the host.
 *
 * @param refuse throws when there are issues
 * @param opts what the lookups wait for: interfaces may be attached by the same program
 */
export function adoptHost(
  name: string,
  args: MultiHomedHostArgs,
  refuse: (issues: readonly Issue[]) => void,
  opts: LookupOptions,
): HostParts {
  const instanceId = pulumi.output((args.existing as { instanceId: pulumi.Input<string> }).instanceId);
  const attached = attachedInterfaces(instanceId, args.region, opts).apply((found) => {
    refuse(missing(args.interfaces, found));
    return found;
  });
  return {
    instanceId,
    identity: instanceId,
    interfaces: args.interfaces.map((iface) => adopt(name, iface, args, attached, opts)),
    ready: [],
  };
}

type LookupOptions = pulumi.CustomResourceOptions & pulumi.InvokeOutputOptions;

/** Every interface attached to the instance. */
function attachedInterfaces(
  instanceId: pulumi.Output<string>,
  region: pulumi.Input<string> | undefined,
  opts: LookupOptions,
): pulumi.Output<GetNetworkInterfaceResult[]> {
  const filters = [{ name: "attachment.instance-id", values: [instanceId] }];
  return ec2()
    .getNetworkInterfacesOutput({ filters, region }, opts)
    .ids.apply((ids) =>
      pulumi.all([...ids].sort().map((id) => ec2().getNetworkInterfaceOutput({ id, region }, opts))),
    );
}

function placeOf(found: GetNetworkInterfaceResult): { card: number; device: number } {
  const [attachment] = found.attachments;
  return { card: attachment?.networkCardIndex ?? 0, device: attachment?.deviceIndex ?? -1 };
}

function matching(
  iface: HostInterfaceArgs,
  attached: readonly GetNetworkInterfaceResult[],
): GetNetworkInterfaceResult | undefined {
  return attached.find((found) => {
    const { card, device } = placeOf(found);
    return device === iface.deviceIndex && card === (iface.networkCardIndex ?? 0);
  });
}

/** Interfaces that the arguments name and the instance does not have. */
function missing(
  interfaces: readonly HostInterfaceArgs[],
  attached: readonly GetNetworkInterfaceResult[],
): Issue[] {
  const known = attached.map((found) => {
    const { card, device } = placeOf(found);
    return `${device}${card === 0 ? "" : ` on card ${card}`} (${found.id}, ${found.privateIp})`;
  });
  return interfaces.flatMap((iface, i) =>
    matching(iface, attached) !== undefined
      ? []
      : [
          {
            path: `interfaces[${i}].deviceIndex`,
            problem: `the instance has no interface with the device index ${shown(iface.deviceIndex)}`,
            fix: `It has ${known.length === 0 ? "none" : known.sort().join(", ")}`,
          },
        ],
  );
}

function adopt(
  name: string,
  iface: HostInterfaceArgs,
  args: MultiHomedHostArgs,
  attached: pulumi.Output<GetNetworkInterfaceResult[]>,
  opts: LookupOptions,
): InterfaceParts {
  const found = attached.apply((all) => matching(iface, all) as GetNetworkInterfaceResult);
  const { region } = args;
  // Asked only once the interface is found: the SDK would report what is wrong once more for a lookup of nothing.
  const subnet = found.apply(({ subnetId }) => ec2().getSubnetOutput({ id: subnetId, region }, opts));
  // The lookup does not tell delegated prefixes; reading the interface as a resource does.
  const read = ec2().NetworkInterface.get(`${name}-${iface.name}`, found.id, { region }, opts);
  const told = pulumi.all([
    found,
    subnet.cidrBlock,
    subnet.ipv6CidrBlock,
    read.ipv4Prefixes,
    read.ipv6Prefixes,
    iface.gateways,
    iface.routes,
    isApart(args.policy, iface.name),
  ]);
  type Told = pulumi.Unwrap<typeof told>;
  const routed = settle<Told, RoutedInterface>(told as Inputs<Told>, (draft) => {
    // Of an instance that is not known yet the names are, by which a policy refers to interfaces.
    if (pendingPaths(draft).length > 0) return unknownAgain<RoutedInterface>(pendingInterface(iface.name));
    const [eni, cidrBlock, ipv6CidrBlock, ipv4Prefixes, ipv6Prefixes, gateways, routes, apart] =
      draft as unknown as Told;
    // The primary address first, as everywhere.
    const privateIps = [eni.privateIp, ...eni.privateIps.filter((ip) => ip !== eni.privateIp)];
    const facts: InterfaceFacts = {
      name: iface.name,
      deviceIndex: iface.deviceIndex,
      apart,
      subnet: { cidrBlock, ...(ipv6CidrBlock && { ipv6CidrBlock }) },
      privateIps,
      ...(eni.ipv6Addresses?.length > 0 && { ipv6Addresses: eni.ipv6Addresses }),
      ...(ipv4Prefixes?.length > 0 && { ipv4Prefixes }),
      ...(ipv6Prefixes?.length > 0 && { ipv6Prefixes }),
      ...(gateways && { gateways }),
      ...(routes && { routes }),
    };
    // Everything is known here, so nothing is pending.
    return interfaceSpec(facts, { mac: eni.macAddress }) as RoutedInterface;
  });
  const publicIp = found.apply((eni) => eni.associations?.[0]?.publicIp || undefined);
  return {
    name: iface.name,
    deviceIndex: iface.deviceIndex,
    networkCardIndex: iface.networkCardIndex ?? 0,
    routed,
    privateIp: found.privateIp,
    publicIp,
    isPublic: publicIp.apply((ip) => ip !== undefined),
    info: pulumi.all([found, routed, publicIp]).apply(([eni, { addresses }, ip]) => ({
      id: eni.id,
      mac: eni.macAddress,
      privateIp: eni.privateIp,
      addresses: addresses.map(bareAddress),
      ...(ip === undefined ? {} : { publicIp: ip }),
      subnetId: eni.subnetId,
    })),
  };
}

/** An interface of which nothing is known but what it is called. */
function pendingInterface(name: string): Draft<RoutedInterface> {
  const pending = {
    addresses: PENDING,
    delegatedPrefixes: PENDING,
    gateways: PENDING,
    routes: PENDING,
  } as const;
  return { name, match: { mac: PENDING }, ...pending };
}
