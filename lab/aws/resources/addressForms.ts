import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../../lib/net";
import type { CloudState } from "../../cloud/state";
import type { Properties, Value } from "../../rpc/values";
import { AddressRequest, assignAddresses, unassignAddresses } from "../api/networkInterface";

/**
 * The many ways in which a program may say an interface's addresses, as the AWS provider understands them: sets,
 * counts, ordered lists, and prefixes by value or by count.
 */
export interface AddressInputs {
  privateIp?: string;
  privateIps?: string[];
  privateIpsCount?: number;
  privateIpLists?: string[];
  privateIpListEnabled?: boolean;
  ipv6Addresses?: string[];
  ipv6AddressCount?: number;
  ipv6AddressLists?: string[];
  ipv6AddressListEnabled?: boolean;
  ipv4Prefixes?: string[];
  ipv4PrefixCount?: number;
  ipv6Prefixes?: string[];
  ipv6PrefixCount?: number;
}

/** What CreateNetworkInterface is asked for. */
export function creationRequest(inputs: AddressInputs): AddressRequest {
  const ordered = inputs.privateIpListEnabled ? inputs.privateIpLists : undefined;
  // A set has no first member: which address becomes the primary is decided by a hash, not by the program's order.
  const addresses = ordered ?? inSetOrder(inputs.privateIps ?? []);
  const primary = inputs.privateIp;
  return {
    privateIps: primary ? [primary, ...addresses.filter((address) => address !== primary)] : addresses,
    privateIpCount: ordered ? undefined : further(inputs.privateIpsCount, addresses.length - 1),
    ipv6Addresses: inputs.ipv6AddressListEnabled ? inputs.ipv6AddressLists : inputs.ipv6Addresses,
    ipv6Count: inputs.ipv6AddressCount,
    ipv4Prefixes: inputs.ipv4Prefixes,
    ipv4PrefixCount: inputs.ipv4PrefixCount,
    ipv6Prefixes: inputs.ipv6Prefixes,
    ipv6PrefixCount: inputs.ipv6PrefixCount,
  };
}

/** Inputs whose change AWS cannot do in place: the primary address stays with its interface. */
export function addressReplaces(
  inputs: AddressInputs,
  state: Partial<AddressInputs>,
  changed: ReadonlySet<string>,
): string[] {
  const primary = state.privateIp ?? "";
  const { privateIps, privateIpLists } = inputs;
  return [
    ...(changed.has("privateIps") && Array.isArray(privateIps) && !privateIps.includes(primary)
      ? ["privateIps"]
      : []),
    ...(changed.has("privateIpLists") && Array.isArray(privateIpLists) && privateIpLists[0] !== primary
      ? ["privateIpLists"]
      : []),
  ];
}

/** Brings the interface's addresses to what the inputs say, by assigning and unassigning. */
export function updateAddresses(
  draft: CloudState,
  id: string,
  given: AddressInputs,
  changed: ReadonlySet<string>,
): void {
  const inputs = canonicalForms(given);
  const eni = draft.networkInterfaces[id];
  if (changed.has("privateIpLists") && inputs.privateIpListEnabled) {
    reorder(draft, id, eni.privateIps, inputs.privateIpLists ?? [], (privateIps) => ({ privateIps }));
  } else if (changed.has("privateIps")) {
    // Old addresses the program gave go; those AWS chose beside them stay only as far as a count asks for them.
    exchange(draft, id, eni.privateIps, inputs.privateIps ?? [], (privateIps) => ({ privateIps }));
  } else if (changed.has("privateIpsCount")) {
    const kept = 1 + (inputs.privateIpsCount ?? 0);
    resize(draft, id, eni.privateIps, kept, (privateIpCount) => ({ privateIpCount }));
  }
  if (changed.has("ipv6AddressLists") && inputs.ipv6AddressListEnabled) {
    reorder(draft, id, eni.ipv6Addresses, inputs.ipv6AddressLists ?? [], (ipv6Addresses) => ({
      ipv6Addresses,
    }));
  } else if (changed.has("ipv6Addresses")) {
    exchange(draft, id, eni.ipv6Addresses, inputs.ipv6Addresses ?? [], (ipv6Addresses) => ({
      ipv6Addresses,
    }));
  } else if (changed.has("ipv6AddressCount")) {
    resize(draft, id, eni.ipv6Addresses, inputs.ipv6AddressCount ?? 0, (ipv6Count) => ({ ipv6Count }));
  }
  if (changed.has("ipv4Prefixes")) {
    exchange(draft, id, eni.ipv4Prefixes, inputs.ipv4Prefixes ?? [], (ipv4Prefixes) => ({ ipv4Prefixes }));
  } else if (changed.has("ipv4PrefixCount")) {
    resize(draft, id, eni.ipv4Prefixes, inputs.ipv4PrefixCount ?? 0, (ipv4PrefixCount) => ({
      ipv4PrefixCount,
    }));
  }
  if (changed.has("ipv6Prefixes")) {
    exchange(draft, id, eni.ipv6Prefixes, inputs.ipv6Prefixes ?? [], (ipv6Prefixes) => ({ ipv6Prefixes }));
  } else if (changed.has("ipv6PrefixCount")) {
    resize(draft, id, eni.ipv6Prefixes, inputs.ipv6PrefixCount ?? 0, (ipv6PrefixCount) => ({
      ipv6PrefixCount,
    }));
  }
}

/** Addresses and prefixes in the one spelling the cloud answers with. Text that is none stays for AWS to refuse. */
export function canonicalAddresses(value: Value): Value {
  if (!Array.isArray(value)) return value;
  return value.map((member: Value) => {
    if (typeof member !== "string") return member;
    const address = parseAddress(member);
    if (address.ok) return formatAddress(address.value);
    const prefix = parsePrefix(member);
    return prefix.ok ? formatPrefix(prefix.value) : member;
  });
}

function canonicalForms(inputs: AddressInputs): AddressInputs {
  const entries = Object.entries(inputs as Properties).map(([key, value]) => [
    key,
    canonicalAddresses(value),
  ]);
  return Object.fromEntries(entries) as AddressInputs;
}

type Ask<T> = (values: T) => AddressRequest;

/** A set: members that are gone are unassigned before new ones are assigned, so that a full interface can change. */
function exchange(
  draft: CloudState,
  id: string,
  current: string[],
  wanted: string[],
  ask: Ask<string[]>,
): void {
  unassignAddresses(
    draft,
    id,
    current.filter((value) => !wanted.includes(value)),
  );
  assignAddresses(draft, id, ask(wanted.filter((value) => !current.includes(value))));
}

/** An ordered list: from the first difference on, everything is assigned anew, in order. */
function reorder(
  draft: CloudState,
  id: string,
  current: string[],
  wanted: string[],
  ask: Ask<string[]>,
): void {
  const different = current.findIndex((value, i) => value !== wanted[i]);
  const kept = different < 0 ? current.length : different;
  unassignAddresses(draft, id, current.slice(kept));
  assignAddresses(draft, id, ask(wanted.slice(kept)));
}

/** A count: the last ones go, or AWS chooses more. */
function resize(draft: CloudState, id: string, current: string[], wanted: number, ask: Ask<number>): void {
  unassignAddresses(draft, id, current.slice(Math.max(wanted, 0)));
  assignAddresses(draft, id, ask(Math.max(0, wanted - current.length)));
}

function further(count: number | undefined, given: number): number | undefined {
  return count === undefined ? undefined : Math.max(0, count - Math.max(0, given));
}

/** Members of a set in the order the AWS provider enumerates them: by the CRC-32 of their text, as decimal text. */
function inSetOrder(members: string[]): string[] {
  const key = new Map(members.map((member) => [member, String(crc32(member))]));
  return [...members].sort((a, b) => (key.get(a)! < key.get(b)! ? -1 : key.get(a)! > key.get(b)! ? 1 : 0));
}

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
