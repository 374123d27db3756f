import type { CloudState, Instance, NetworkInterface } from "../../cloud/state";
import { AwsError } from "./error";
import { associateAddress, lendPublicAddress, releaseLent } from "./elasticIp";
import { limitsOf } from "./limits";
import {
  CreateNetworkInterface,
  checkLimits,
  createNetworkInterface,
  deleteNetworkInterface,
} from "./networkInterface";
import { find, freshId } from "./transition";

export interface RunInstance {
  ami: string;
  instanceType: string;
  availabilityZone?: string;
  keyName?: string;
  userData?: string;
  /** A ready interface to be device 0, or what AWS needs to make one. */
  network: { networkInterfaceId: string } | (CreateNetworkInterface & { associatePublicIp?: boolean });
  tags?: Record<string, string>;
}

/** RunInstances for one instance. */
export function runInstance(draft: CloudState, args: RunInstance): Instance {
  if (!/^ami-[0-9a-f]{8}([0-9a-f]{9})?$/.test(args.ami)) {
    throw new AwsError("InvalidAMIID.Malformed", `Invalid id: "${args.ami}" (expecting "ami-...")`);
  }
  limitsOf(args.instanceType);
  if (args.keyName !== undefined && !draft.keyPairs[args.keyName]) {
    throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${args.keyName}' does not exist`);
  }
  const own = !("networkInterfaceId" in args.network);
  const eni =
    "networkInterfaceId" in args.network
      ? find(draft, "networkInterfaces", args.network.networkInterfaceId)
      : createNetworkInterface(draft, args.network);
  const subnet = draft.subnets[eni.subnetId];
  if (args.availabilityZone !== undefined && args.availabilityZone !== subnet.availabilityZone) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${args.availabilityZone}) for parameter availabilityZone is invalid. Subnet '${subnet.id}' is in the availability zone ${subnet.availabilityZone}`,
    );
  }
  const id = freshId(draft, "i");
  draft.instances[id] = {
    id,
    ami: args.ami,
    instanceType: args.instanceType,
    availabilityZone: subnet.availabilityZone,
    keyName: args.keyName,
    userData: args.userData,
    primaryNetworkInterfaceId: eni.id,
    tags: args.tags ?? {},
  };
  attach(draft, eni, id, 0, 0, own);
  const wantsPublic = "networkInterfaceId" in args.network ? undefined : args.network.associatePublicIp;
  if (wantsPublic ?? subnet.mapPublicIpOnLaunch) lendPublicAddress(draft, eni);
  return draft.instances[id];
}

/** TerminateInstances. Interfaces the launch made go along; the others are detached and stay. */
export function terminateInstance(draft: CloudState, id: string): void {
  find(draft, "instances", id);
  for (const eni of interfacesOf(draft, id)) {
    const dies = eni.attachment!.deleteOnTermination;
    eni.attachment = undefined;
    releaseLent(draft, eni.id);
    if (dies) deleteNetworkInterface(draft, eni.id);
  }
  delete draft.instances[id];
}

/** AttachNetworkInterface: the new attachment's id. */
export function attachNetworkInterface(
  draft: CloudState,
  args: { instanceId: string; networkInterfaceId: string; deviceIndex: number; networkCardIndex?: number },
): string {
  const instance = find(draft, "instances", args.instanceId);
  const eni = find(draft, "networkInterfaces", args.networkInterfaceId);
  const card = args.networkCardIndex ?? 0;
  const present = interfacesOf(draft, instance.id);
  if (card !== 0) {
    throw new AwsError(
      "InvalidParameterValue",
      `Network card index ${card} is not supported for instance type ${instance.instanceType}`,
    );
  }
  if (present.some((other) => other.attachment!.deviceIndex === args.deviceIndex)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Instance '${instance.id}' already has an interface attached at device index '${args.deviceIndex}'.`,
    );
  }
  const { interfaces } = limitsOf(instance.instanceType);
  if (present.length >= interfaces) {
    throw new AwsError(
      "AttachmentLimitExceeded",
      `Interface count ${present.length + 1} exceeds the limit for ${instance.instanceType}`,
    );
  }
  if (draft.subnets[eni.subnetId].availabilityZone !== instance.availabilityZone) {
    throw new AwsError(
      "InvalidParameterCombination",
      "You may not attach a network interface to an instance if they are not in the same availability zone",
    );
  }
  return attach(draft, eni, instance.id, args.deviceIndex, card, false);
}

/** DetachNetworkInterface. */
export function detachNetworkInterface(draft: CloudState, attachmentId: string): void {
  const eni = interfaceOfAttachment(draft, attachmentId);
  if (!eni) {
    throw new AwsError("InvalidAttachmentID.NotFound", `The attachment '${attachmentId}' does not exist.`);
  }
  const { deviceIndex, networkCardIndex } = eni.attachment!;
  if (deviceIndex === 0 && networkCardIndex === 0) {
    throw new AwsError(
      "OperationNotPermitted",
      "The network interface at device index 0 and networkCard index 0 cannot be detached.",
    );
  }
  eni.attachment = undefined;
}

/** ModifyInstanceAttribute. AWS wants the instance stopped for its type and user data; the provider stops it. */
export function modifyInstance(
  draft: CloudState,
  id: string,
  args: { instanceType?: string; userData?: string; tags?: Record<string, string> },
): void {
  const instance = find(draft, "instances", id);
  instance.userData = args.userData;
  instance.tags = args.tags ?? {};
  if (args.instanceType === undefined || args.instanceType === instance.instanceType) return;
  const { interfaces } = limitsOf(args.instanceType);
  instance.instanceType = args.instanceType;
  const present = interfacesOf(draft, id);
  if (present.length > interfaces) {
    throw new AwsError(
      "AttachmentLimitExceeded",
      `Interface count ${present.length} exceeds the limit for ${args.instanceType}`,
    );
  }
  present.forEach((eni) => checkLimits(draft, eni));
}

/**
 * StopInstances and StartInstances. A lent public address is given back by the stop, and the start lends another only
 * to an instance with a single interface.
 */
export function restartInstance(draft: CloudState, id: string): void {
  const interfaces = interfacesOf(draft, id);
  const lent = interfaces.filter((eni) => releaseLent(draft, eni.id));
  if (interfaces.length === 1) lent.forEach((eni) => lendPublicAddress(draft, eni));
}

/** The interface an instance-level call means: its only one, or AWS's error when there are several. */
export function soleInterface(draft: CloudState, instanceId: string): NetworkInterface {
  find(draft, "instances", instanceId);
  const interfaces = interfacesOf(draft, instanceId);
  if (interfaces.length > 1) {
    throw new AwsError(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${instanceId}'. Please specify an interface ID for the operation instead.`,
    );
  }
  return interfaces[0];
}

/** AssociateAddress by instance. */
export function associateWithInstance(
  draft: CloudState,
  args: { allocationId: string; instanceId: string; privateIp?: string; allowReassociation?: boolean },
): string {
  return associateAddress(draft, { ...args, networkInterfaceId: soleInterface(draft, args.instanceId).id });
}

/** Interfaces of an instance by device index. */
export function interfacesOf(cloud: CloudState, instanceId: string): NetworkInterface[] {
  return Object.values(cloud.networkInterfaces)
    .filter((eni) => eni.attachment?.instanceId === instanceId)
    .sort((a, b) => a.attachment!.deviceIndex - b.attachment!.deviceIndex);
}

/** The interface that has an attachment. */
export function interfaceOfAttachment(cloud: CloudState, attachmentId: string): NetworkInterface | undefined {
  return Object.values(cloud.networkInterfaces).find((eni) => eni.attachment?.id === attachmentId);
}

function attach(
  draft: CloudState,
  eni: NetworkInterface,
  instanceId: string,
  deviceIndex: number,
  networkCardIndex: number,
  deleteOnTermination: boolean,
): string {
  if (eni.attachment) throw new AwsError("InvalidNetworkInterface.InUse", `Interface: [${eni.id}] in use.`);
  const id = freshId(draft, "eni-attach");
  eni.attachment = { id, instanceId, deviceIndex, networkCardIndex, deleteOnTermination };
  checkLimits(draft, eni);
  return id;
}
