import {
  Address,
  Prefix,
  contains,
  firstAddress,
  formatAddress,
  formatPrefix,
  lastAddress,
  parseAddress,
  parsePrefix,
  sizeOf,
} from "../../../lib/net";
import type { CloudState, Subnet } from "../../cloud/state";
import { AwsError } from "./error";

/** Address arithmetic with AWS's rules: what a subnet reserves, what is taken, what is chosen next. */

/** Reads a CIDR block or fails as AWS does. */
export function cidr(text: string, parameter = "cidrBlock"): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`,
    );
  }
  return parsed.value;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) {
    throw new AwsError("InvalidParameterValue", `invalid value for parameter address: ${text}`);
  }
  return parsed.value;
}

/** Reads an address of the family, checks that the subnet may give it out, and writes it canonically. */
export function addressIn(subnet: Subnet, text: string, family: 4 | 6): string {
  const value = address(text);
  const block = family === 4 ? subnet.cidrBlock : subnet.ipv6CidrBlock;
  if (value.family !== family) {
    throw new AwsError("InvalidParameterValue", `invalid value for parameter address: ${text}`);
  }
  if (!block || !contains(cidr(block), value)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Address ${text} does not fall within the subnet's address range`,
    );
  }
  if (isReserved(cidr(block), value)) {
    throw new AwsError("InvalidParameterValue", `Address ${text} is in subnet's reserved address range`);
  }
  return formatAddress(value);
}

/** The first four addresses and the last belong to AWS: network, router, DNS, future use, broadcast. */
function isReserved(block: Prefix, value: Address): boolean {
  return value.value < firstAddress(block).value + 4n || value.value === lastAddress(block).value;
}

/** Reads a prefix to delegate (/28 or /80), checks that it lies in the subnet, and writes it canonically. */
export function delegatedIn(subnet: Subnet, text: string, family: 4 | 6): string {
  const wanted = family === 4 ? 28 : 80;
  const value = cidr(text, "prefix");
  const block = family === 4 ? subnet.cidrBlock : subnet.ipv6CidrBlock;
  if (value.family !== family || value.length !== wanted) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text}) for parameter ipv${family}Prefix is invalid. The prefix must be a /${wanted}.`,
    );
  }
  if (!block || !contains(cidr(block), value)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Prefix ${text} does not fall within the subnet's address range`,
    );
  }
  return formatPrefix(value);
}

/** Every address and delegated prefix in use in a subnet, with the interface that has it. */
export function taken(
  cloud: CloudState,
  subnetId: string,
): { prefix: Prefix; interfaceId: string; secondary: boolean }[] {
  return Object.values(cloud.networkInterfaces)
    .filter((eni) => eni.subnetId === subnetId)
    .flatMap((eni) => [
      ...[...eni.privateIps, ...eni.ipv6Addresses].map((text) => ({
        prefix: host(text),
        interfaceId: eni.id,
        secondary: text !== eni.privateIps[0],
      })),
      ...[...eni.ipv4Prefixes, ...eni.ipv6Prefixes].map((text) => ({
        prefix: cidr(text),
        interfaceId: eni.id,
        secondary: true,
      })),
    ]);
}

/** The lowest address of the subnet that nobody has. */
export function freeAddress(cloud: CloudState, subnet: Subnet, family: 4 | 6): string {
  const block = cidr(blockOf(subnet, family));
  const used = taken(cloud, subnet.id).filter(({ prefix }) => prefix.family === family);
  for (let value = block.value + 4n; value < lastAddress(block).value; value++) {
    const holder = used.find(({ prefix }) => contains(prefix, { family, value }));
    if (!holder) return formatAddress({ family, value });
    value = lastAddress(holder.prefix).value;
  }
  throw new AwsError(
    "InsufficientFreeAddressesInSubnet",
    "The specified subnet does not have enough free addresses to satisfy the request.",
  );
}

/** The lowest /28 or /80 of the subnet in which nobody has an address. */
export function freePrefix(cloud: CloudState, subnet: Subnet, family: 4 | 6): string {
  const block = cidr(blockOf(subnet, family));
  const length = family === 4 ? 28 : 80;
  const used = taken(cloud, subnet.id).filter(({ prefix }) => prefix.family === family);
  const step = sizeOf({ family, value: 0n, length });
  const end = lastAddress(block).value;
  for (let value = block.value; value < end; value += step) {
    const candidate: Prefix = { family, value, length };
    const reserved = isReserved(block, firstAddress(candidate)) || contains(candidate, lastAddress(block));
    const holder = used.find(({ prefix }) => contains(candidate, prefix) || contains(prefix, candidate));
    if (!reserved && !holder) return formatPrefix(candidate);
  }
  throw new AwsError(
    "InsufficientCidrBlocks",
    `The specified subnet does not have enough free cidr blocks to satisfy the request.`,
  );
}

/** The block of a subnet for a family, or AWS's error when it has none. */
function blockOf(subnet: Subnet, family: 4 | 6): string {
  if (family === 4) return subnet.cidrBlock;
  if (subnet.ipv6CidrBlock) return subnet.ipv6CidrBlock;
  throw new AwsError(
    "InvalidParameterValue",
    `The subnet '${subnet.id}' does not have an IPv6 CIDR block associated with it.`,
  );
}

function host(text: string): Prefix {
  const value = address(text);
  return { family: value.family, value: value.value, length: value.family === 4 ? 32 : 128 };
}

/** Whether an address or prefix, as text, meets a prefix. */
export function meets(prefix: Prefix, text: string): boolean {
  const other = text.includes("/") ? cidr(text) : host(text);
  return contains(prefix, other) || contains(other, prefix);
}
