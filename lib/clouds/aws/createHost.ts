import type { Eip } from "@pulumi/aws/ec2/eip";
import type { EipAssociation } from "@pulumi/aws/ec2/eipAssociation";
import type { NetworkInterface } from "@pulumi/aws/ec2/networkInterface";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHostArgs } from "../../args/multiHomedHost";
import { Draft, PENDING, fieldOf, isPending, settle, unknownAgain } from "../../deliver/known";
import { InterfaceFacts, chosenAddresses, isPrimary, wantsIpv6 } from "./facts";
import { HostParts, InterfaceParts, MadeInterface, RoutedInterface, UserData } from "./hostParts";
import { InterfaceInputs, hasChosen } from "./inputs";
import { ec2 } from "./sdk";
import { AssignedAddresses, bareAddress, interfaceSpec } from "./toSpec";

/** What the resources of one host have in common. */
interface Context {
  readonly name: string;
  readonly args: MultiHomedHostArgs;
  readonly opts: pulumi.CustomResourceOptions;
  /** Resolves when the arguments have been found right; every resource waits for it. */
  readonly checked: pulumi.Output<void>;
}

/**
 * Makes an instance with its interfaces, Elastic IPs and attachments.
 *
 * An interface has its addresses, groups and source check of its own, and not by way of the instance, which EC2
 * refuses for an instance with several. What cannot exist twice is deleted before it is replaced: an address, a device
 * index, an Elastic IP's association.
 */
export function createHost(
  name: string,
  args: MultiHomedHostArgs,
  inputs: readonly InterfaceInputs[],
  checked: pulumi.Output<void>,
  opts: pulumi.CustomResourceOptions,
  userData: (interfaces: readonly MadeInterface[]) => UserData,
): HostParts {
  const context: Context = {
    name,
    args,
    checked,
    opts: pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
  };
  const made = inputs.map((input) => {
    const eni = createInterface(context, input);
    const { eip, association } = createPublicIp(context, input, eni);
    return { input, eni, association, parts: parts(input, eni, eip?.publicIp ?? association?.publicIp) };
  });
  const primary = made.find(({ input }) => isPrimary(input.args));
  const instance = new (ec2().Instance)(
    name,
    {
      ami: args.ami,
      instanceType: args.instanceType as pulumi.Input<string>,
      keyName: args.keyName,
      iamInstanceProfile: args.iamInstanceProfile,
      ...userData(made.map(({ eni, parts: { routed } }) => ({ routed, mac: eni.macAddress }))),
      primaryNetworkInterface: { networkInterfaceId: (primary as { eni: NetworkInterface }).eni.id },
      tags: tagsOf(context, name),
      region: args.region,
    },
    // The user data with a plan is of the first boot: a change of the plan must not stop and start the instance.
    args.firstBoot === true
      ? pulumi.mergeOptions(context.opts, { ignoreChanges: ["userDataBase64"] })
      : context.opts,
  );
  const attachments = made
    .filter((one) => one !== primary)
    // By name, since the identity is made of them.
    .sort((a, b) => (a.input.args.name < b.input.args.name ? -1 : 1))
    .map(
      ({ input, eni }) =>
        new (ec2().NetworkInterfaceAttachment)(
          `${name}-${input.args.name}`,
          {
            instanceId: instance.id,
            networkInterfaceId: eni.id,
            deviceIndex: input.args.deviceIndex,
            networkCardIndex: input.args.networkCardIndex,
            region: args.region,
          },
          context.opts,
        ),
    );
  return {
    instanceId: instance.id,
    identity: pulumi.all([instance.id, ...attachments.map(({ id }) => id)]).apply((ids) => ids.join("/")),
    instance,
    interfaces: made.map(({ parts: one }) => one),
    checked,
    ready: [instance, ...attachments, ...made.flatMap(({ association }) => association ?? [])],
  };
}

function createInterface({ name, args, opts, checked }: Context, input: InterfaceInputs): NetworkInterface {
  const { args: iface, routing } = input;
  const ipv6 = hasChosen(iface, 6);
  const label = `${name}-${iface.name}`;
  return new (ec2().NetworkInterface)(
    label,
    {
      subnetId: pulumi.all([checked, input.subnet.id]).apply(([, id]) => id),
      // The ordered form: with a plain set AWS's provider picks the primary address by itself.
      ...(hasChosen(iface, 4) && {
        privateIpListEnabled: true,
        privateIpLists: chosen(routing, 4),
      }),
      ...(ipv6 && {
        ipv6AddressListEnabled: true,
        ipv6AddressLists: chosen(routing, 6),
      }),
      ...(iface.ipv6 === true && !ipv6 && { ipv6AddressCount: 1 }),
      ipv4Prefixes: iface.ipv4Prefixes,
      ipv6Prefixes: iface.ipv6Prefixes,
      securityGroups: iface.securityGroupIds ?? args.securityGroupIds,
      sourceDestCheck: iface.sourceDestCheck ?? true,
      description: iface.description ?? label,
      tags: tagsOf({ args }, label),
      region: args.region,
    },
    opts,
  );
}

/** An Elastic IP by interface and private address: by instance EC2 refuses it where there are several interfaces. */
function createPublicIp(
  { name, args, opts, checked }: Context,
  { args: iface, routing }: InterfaceInputs,
  eni: NetworkInterface,
): { eip?: Eip; association?: EipAssociation } {
  if (iface.publicIp !== true && iface.allocationId === undefined) return {};
  const label = `${name}-${iface.name}`;
  const eip =
    iface.allocationId === undefined
      ? new (ec2().Eip)(
          label,
          {
            domain: checked.apply(() => "vpc"),
            tags: tagsOf({ args }, label),
            region: args.region,
          },
          opts,
        )
      : undefined;
  const association = new (ec2().EipAssociation)(
    label,
    {
      allocationId: eip?.allocationId ?? iface.allocationId,
      networkInterfaceId: eni.id,
      privateIpAddress: hasChosen(iface, 4) ? chosen(routing, 4)[0] : eni.privateIp,
      region: args.region,
    },
    opts,
  );
  return { eip, association };
}

function parts(
  { args, routing, subnet }: InterfaceInputs,
  eni: NetworkInterface,
  publicIp: pulumi.Output<string> | undefined,
): InterfaceParts {
  // Only what the arguments leave to AWS is taken from the interface: the rest is known before it exists.
  const assigned = pulumi.output({
    privateIp: hasChosen(args, 4) ? undefined : eni.privateIp,
    ipv6Addresses: wantsIpv6(args) && !hasChosen(args, 6) ? eni.ipv6Addresses : undefined,
    mac: fieldOf<InterfaceFacts, "apart">(routing, "apart").apply((apart) =>
      apart === true ? eni.macAddress : pulumi.output<string | undefined>(undefined),
    ),
  });
  const routed = settle<{ facts: InterfaceFacts; given: AssignedAddresses }, RoutedInterface>(
    { facts: routing, given: assigned },
    (draft) => unknownAgain<RoutedInterface>(specOf(draft)),
  );
  const address = publicIp ?? pulumi.output<string | undefined>(undefined);
  return {
    name: args.name,
    deviceIndex: args.deviceIndex,
    networkCardIndex: args.networkCardIndex ?? 0,
    routed,
    privateIp: hasChosen(args, 4) ? chosen(routing, 4)[0] : eni.privateIp,
    publicIp: address,
    isPublic: pulumi.output(publicIp !== undefined),
    info: pulumi
      .all([eni.id, eni.macAddress, routed, subnet.id, address])
      .apply(([id, mac, { addresses }, subnetId, ip]) => ({
        id,
        mac,
        privateIp: bareAddress(addresses[0]),
        addresses: addresses.map(bareAddress),
        ...(ip === undefined ? {} : { publicIp: ip }),
        subnetId,
      })),
  };
}

function specOf(draft: Draft<{ facts: InterfaceFacts; given: AssignedAddresses }>): Draft<RoutedInterface> {
  if (isPending(draft) || isPending(draft.facts) || isPending(draft.given)) return PENDING;
  return interfaceSpec(draft.facts, draft.given);
}

/** The chosen addresses of a family, each known as soon as it is itself. */
function chosen(routing: pulumi.Output<InterfaceFacts>, family: 4 | 6): pulumi.Output<string[]> {
  return settle<InterfaceFacts, string[]>(routing, (facts) =>
    isPending(facts) ? (pulumi.unknown as never) : unknownAgain<string[]>(chosenAddresses(facts, family)),
  );
}

function tagsOf({ args }: Pick<Context, "args">, label: string): pulumi.Output<Record<string, string>> {
  return pulumi.output(args.tags).apply((tags): Record<string, string> => ({ Name: label, ...tags }));
}
