import type { CloudState, NetworkInterface, Subnet } from "../../cloud/state";
import { addressIn, delegatedIn, freeAddress, freePrefix, meets, taken } from "./addressing";
import { AwsError } from "./error";
import { blackholeRoutesTo } from "./internetGateway";
import { checkAddressLimits, limitsOf } from "./limits";
import { find, freshId, serial } from "./transition";

/** What an interface may be given: explicit values, or how many AWS is to choose. */
export interface AddressRequest {
  /** IPv4 addresses; the first becomes the primary where there is none yet. */
  privateIps?: string[];
  /** Further IPv4 addresses to choose. */
  privateIpCount?: number;
  ipv6Addresses?: string[];
  ipv6Count?: number;
  ipv4Prefixes?: string[];
  ipv4PrefixCount?: number;
  ipv6Prefixes?: string[];
  ipv6PrefixCount?: number;
}

export interface CreateNetworkInterface extends AddressRequest {
  subnetId: string;
  securityGroups?: string[];
  description?: string;
  interfaceType?: string;
  sourceDestCheck?: boolean;
  tags?: Record<string, string>;
}

/** CreateNetworkInterface. Without a primary address AWS chooses one; without groups the VPC's default one is used. */
export function createNetworkInterface(draft: CloudState, args: CreateNetworkInterface): NetworkInterface {
  const subnet = find(draft, "subnets", args.subnetId);
  const id = freshId(draft, "eni");
  const eni: NetworkInterface = {
    id,
    subnetId: subnet.id,
    macAddress: freshMac(draft),
    privateIps: [],
    ipv6Addresses: [],
    ipv4Prefixes: [],
    ipv6Prefixes: [],
    securityGroups: [],
    sourceDestCheck: args.sourceDestCheck ?? true,
    description: args.description ?? "",
    interfaceType: args.interfaceType ?? "interface",
    tags: args.tags ?? {},
  };
  setSecurityGroups(draft, eni, args.securityGroups ?? [draft.vpcs[subnet.vpcId].defaultSecurityGroupId]);
  draft.networkInterfaces[id] = eni;
  // Explicit addresses are claimed before any is chosen, so that a choice never takes one that was asked for.
  claim(draft, eni, args, "create");
  if (eni.privateIps.length === 0) eni.privateIps.push(freeAddress(draft, subnet, 4));
  const given =
    (args.ipv6Addresses ?? []).length > 0 ||
    args.ipv6Count !== undefined ||
    (args.ipv6Prefixes ?? []).length > 0;
  const automatic = subnet.assignIpv6AddressOnCreation && !given ? 1 : 0;
  choose(draft, eni, { ...args, ipv6Count: args.ipv6Count ?? automatic });
  return eni;
}

/** AssignPrivateIpAddresses and AssignIpv6Addresses. */
export function assignAddresses(draft: CloudState, id: string, request: AddressRequest): void {
  const eni = find(draft, "networkInterfaces", id);
  claim(draft, eni, request, "assign");
  choose(draft, eni, request);
  checkLimits(draft, eni);
}

/** UnassignPrivateIpAddresses and UnassignIpv6Addresses. The primary IPv4 address stays for the interface's life. */
export function unassignAddresses(draft: CloudState, id: string, texts: readonly string[]): void {
  const eni = find(draft, "networkInterfaces", id);
  for (const text of texts) {
    if (text === eni.privateIps[0]) {
      throw new AwsError(
        "InvalidParameterValue",
        `IP address ${text} is the primary address of the interface and cannot be unassigned.`,
      );
    }
    const lists = [eni.privateIps, eni.ipv6Addresses, eni.ipv4Prefixes, eni.ipv6Prefixes];
    const list = lists.find((candidate) => candidate.includes(text));
    if (!list)
      throw new AwsError("InvalidParameterValue", `Some of [${text}] are not assigned to interface ${id}`);
    list.splice(list.indexOf(text), 1);
    for (const eip of Object.values(draft.eips)) {
      if (eip.association?.networkInterfaceId === id && eip.association.privateIp === text)
        eip.association = undefined;
    }
  }
}

/** ModifyNetworkInterfaceAttribute. */
export function modifyNetworkInterface(
  draft: CloudState,
  id: string,
  args: Pick<CreateNetworkInterface, "securityGroups" | "description" | "sourceDestCheck" | "tags">,
): void {
  const eni = find(draft, "networkInterfaces", id);
  if (args.securityGroups) setSecurityGroups(draft, eni, args.securityGroups);
  eni.description = args.description ?? eni.description;
  eni.sourceDestCheck = args.sourceDestCheck ?? eni.sourceDestCheck;
  eni.tags = args.tags ?? eni.tags;
}

/** DeleteNetworkInterface: not while attached. */
export function deleteNetworkInterface(draft: CloudState, id: string): void {
  const eni = find(draft, "networkInterfaces", id);
  if (eni.attachment) {
    throw new AwsError("InvalidParameterValue", `Network interface '${id}' is currently in use.`);
  }
  for (const eip of Object.values(draft.eips)) {
    if (eip.association?.networkInterfaceId !== id) continue;
    if (eip.amazonOwned) delete draft.eips[eip.allocationId];
    else eip.association = undefined;
  }
  blackholeRoutesTo(draft, id);
  delete draft.networkInterfaces[id];
}

/** Checks an attached interface against its instance's type; a free one has no limit yet. */
export function checkLimits(draft: CloudState, eni: NetworkInterface): void {
  if (!eni.attachment) return;
  checkAddressLimits(
    limitsOf(draft.instances[eni.attachment.instanceId].instanceType),
    eni.privateIps.length + eni.ipv4Prefixes.length,
    eni.ipv6Addresses.length + eni.ipv6Prefixes.length,
  );
}

function claim(
  draft: CloudState,
  eni: NetworkInterface,
  request: AddressRequest,
  how: "create" | "assign",
): void {
  const subnet = draft.subnets[eni.subnetId];
  const take = (list: string[], texts: string[] | undefined, read: (text: string) => string) =>
    texts?.forEach((text) => list.push(free(draft, eni, read(text), how)));
  take(eni.privateIps, request.privateIps, (text) => addressIn(subnet, text, 4));
  take(eni.ipv6Addresses, request.ipv6Addresses, (text) => addressIn(subnet, text, 6));
  take(eni.ipv4Prefixes, request.ipv4Prefixes, (text) => delegatedIn(subnet, text, 4));
  take(eni.ipv6Prefixes, request.ipv6Prefixes, (text) => delegatedIn(subnet, text, 6));
}

function choose(draft: CloudState, eni: NetworkInterface, request: AddressRequest): void {
  const subnet: Subnet = draft.subnets[eni.subnetId];
  repeat(request.privateIpCount, () => eni.privateIps.push(freeAddress(draft, subnet, 4)));
  repeat(request.ipv6Count, () => eni.ipv6Addresses.push(freeAddress(draft, subnet, 6)));
  repeat(request.ipv4PrefixCount, () => eni.ipv4Prefixes.push(freePrefix(draft, subnet, 4)));
  repeat(request.ipv6PrefixCount, () => eni.ipv6Prefixes.push(freePrefix(draft, subnet, 6)));
}

function repeat(count: number | undefined, step: () => void): void {
  for (let i = 0; i < (count ?? 0); i++) step();
}

/** Answers the text when nobody in the subnet has it, or AWS's error. */
function free(draft: CloudState, eni: NetworkInterface, text: string, how: "create" | "assign"): string {
  const holder = taken(draft, eni.subnetId).find(({ prefix }) => meets(prefix, text));
  if (!holder) return text;
  // What another interface has as secondary could be moved, but only by a request that says so.
  if (how === "assign" && holder.secondary && holder.interfaceId !== eni.id) {
    throw new AwsError("InvalidParameterValue", `[${text}] assigned, but move is not allowed.`);
  }
  throw new AwsError("InvalidIPAddress.InUse", "The specified address is already in use.");
}

function setSecurityGroups(draft: CloudState, eni: NetworkInterface, ids: string[]): void {
  if (ids.length === 0) {
    throw new AwsError(
      "InvalidParameterValue",
      "You must specify at least one security group for the network interface.",
    );
  }
  if (ids.length > 5) {
    throw new AwsError(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  }
  const { vpcId } = draft.subnets[eni.subnetId];
  for (const id of ids) {
    if (find(draft, "securityGroups", id).vpcId !== vpcId) {
      throw new AwsError(
        "InvalidParameter",
        `Security group ${id} and subnet ${eni.subnetId} belong to different networks.`,
      );
    }
  }
  eni.securityGroups = [...ids].sort();
}

/** A locally administered address (02:…), so that it is nobody's. */
function freshMac(draft: CloudState): string {
  const number = serial(draft).toString(16).padStart(8, "0");
  return `02:00:${number.replace(/(..)(?=.)/g, "$1:")}`;
}
