import { Address, formatAddress } from "../../net/address";
import { Prefix, firstAddress, lastAddress, sizeOf } from "../../net/prefix";

/**
 * What AWS fixes in every subnet (VPC user guide, "Subnet CIDR blocks"). Pure: known as soon as the subnet's block is.
 */

/**
 * Next hop of every IPv6 subnet: the VPC router's fixed link-local address (VPC user guide). The same in all subnets,
 * so a plan does not have to wait for a router advertisement.
 */
export const IPV6_GATEWAY = "fe80:ec2::1";

/** Next hop of an IPv4 subnet: its own address plus one, whatever the VPC's blocks are. */
export function ipv4Gateway(subnet: Prefix): Address {
  return { family: 4, value: subnet.value + 1n };
}

/** Addresses of a subnet that AWS keeps: the first four and the last. */
const RESERVED = 5n;

/** Why AWS keeps an address of the subnet, or undefined when an interface may have it. */
export function reservedFor(subnet: Prefix, address: Address): string | undefined {
  switch (address.value - subnet.value) {
    case 0n:
      return subnet.family === 4 ? "the network address" : "the subnet-router anycast address";
    case 1n:
      return "the VPC router";
    case 2n:
      return "the VPC resolver";
    case 3n:
      return "AWS's future use";
  }
  return address.value === lastAddress(subnet).value ? "the last address of the subnet" : undefined;
}

/** How many addresses of a subnet interfaces can have. */
export function usableAddresses(subnet: Prefix): bigint {
  return sizeOf(subnet) - RESERVED;
}

/**
 * The n-th address of a subnet, counted from its first: 10 in 10.0.1.0/24 is 10.0.1.10. Undefined when the subnet has
 * no such address.
 */
export function hostAddress(subnet: Prefix, hostNumber: number): Address | undefined {
  if (!Number.isSafeInteger(hostNumber) || hostNumber < 0 || BigInt(hostNumber) >= sizeOf(subnet))
    return undefined;
  return { family: subnet.family, value: subnet.value + BigInt(hostNumber) };
}

/** The addresses an interface may have, for messages: "10.0.1.4 to 10.0.1.254". */
export function usableRange(subnet: Prefix): string {
  const first = { family: subnet.family, value: firstAddress(subnet).value + 4n };
  const last = { family: subnet.family, value: lastAddress(subnet).value - 1n };
  return `${formatAddress(first)} to ${formatAddress(last)}`;
}
