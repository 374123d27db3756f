import { RouteSpec } from "../../model/spec";
import { formatAddress } from "../../net/address";
import { Prefix, parsePrefix } from "../../net/prefix";
import { Draft, PENDING, Pending, isKnown, isPending } from "../../deliver/known";
import { InstanceTypeLimits } from "./limits";
import { hostAddress } from "./subnet";

/** A host on AWS as far as its routing and AWS's own rules are concerned: plain data. */
export interface HostFacts {
  readonly instanceType?: string;
  /** Of `instanceType`; absent when nobody knows them. */
  readonly limits?: InstanceTypeLimits;
  /** Security groups an interface may have; 5 unless the account's quota was raised. */
  readonly maxSecurityGroups: number;
  readonly interfaces: readonly InterfaceFacts[];
}

/** One elastic network interface (ENI). Field names are those of the component's arguments. */
export interface InterfaceFacts {
  readonly name: string;
  readonly deviceIndex: number;
  readonly networkCardIndex?: number;
  readonly subnet: SubnetFacts;
  readonly hostNumber?: number;
  readonly ipv6?: boolean;
  readonly privateIps?: readonly string[];
  readonly ipv6Addresses?: readonly string[];
  readonly ipv4Prefixes?: readonly string[];
  readonly ipv6Prefixes?: readonly string[];
  readonly securityGroupIds?: readonly string[];
  readonly publicIp?: boolean;
  readonly allocationId?: string;
  readonly gateways?: readonly string[];
  readonly routes?: readonly RouteSpec[];
  /** Whether it is in a world, where its device has no address before the plan comes. */
  readonly apart?: boolean;
}

export interface SubnetFacts {
  readonly id?: string;
  readonly cidrBlock?: string;
  readonly ipv6CidrBlock?: string;
  readonly availabilityZone?: string;
}

export type InterfaceDraft = Exclude<Draft<InterfaceFacts>, Pending>;

/** Whether it is the interface that the instance is launched with: other network cards may count from 0 as well. */
export function isPrimary(iface: {
  readonly deviceIndex?: unknown;
  readonly networkCardIndex?: unknown;
}): boolean {
  return iface.deviceIndex === 0 && (iface.networkCardIndex ?? 0) === 0;
}

/** Whether an interface is to have IPv6 addresses, as far as the arguments say. */
export function wantsIpv6(iface: {
  readonly ipv6?: unknown;
  readonly ipv6Addresses?: unknown;
  readonly ipv6Prefixes?: unknown;
}): boolean {
  return iface.ipv6 === true || iface.ipv6Addresses !== undefined || iface.ipv6Prefixes !== undefined;
}

/** A subnet's block of a family, or undefined while it is pending, absent or not a prefix. */
export function subnetBlock(subnet: Draft<SubnetFacts>, family: 4 | 6): Prefix | undefined {
  if (isPending(subnet)) return undefined;
  const text = family === 4 ? subnet.cidrBlock : subnet.ipv6CidrBlock;
  if (!isKnown(text)) return undefined;
  const parsed = parsePrefix(text);
  return parsed.ok && parsed.value.family === family ? parsed.value : undefined;
}

/**
 * The addresses of a family that an interface is to get, the primary first: that of `hostNumber`, then the explicit
 * ones. Pending where a value is. Empty when AWS is to choose.
 */
export function chosenAddresses(iface: InterfaceDraft, family: 4 | 6): (string | Pending)[] {
  const addresses: (string | Pending)[] = [];
  if (iface.hostNumber !== undefined && (family === 4 || iface.ipv6 === true)) {
    addresses.push(countedAddress(iface, family));
  }
  const listed = family === 4 ? iface.privateIps : iface.ipv6Addresses;
  if (isPending(listed)) addresses.push(PENDING);
  else addresses.push(...(listed ?? []));
  return addresses;
}

function countedAddress(iface: InterfaceDraft, family: 4 | 6): string | Pending {
  const block = subnetBlock(iface.subnet, family);
  if (block === undefined || !isKnown(iface.hostNumber)) return PENDING;
  const address = hostAddress(block, iface.hostNumber);
  return address === undefined ? PENDING : formatAddress(address);
}
