import { Address, Family, Parsed, compareAddresses, formatAddress, parseAddress, widthOf } from "./address";

/** An address prefix (CIDR block). Host bits are always zero. */
export interface Prefix {
  readonly family: Family;
  /** The lowest address, as an unsigned integer. */
  readonly value: bigint;
  /** 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** An address as configured on an interface: with the length of the prefix it lies in. */
export interface InterfaceAddress {
  readonly address: Address;
  readonly length: number;
}

/**
 * Reads a prefix strictly; host bits are an error, never rounded away.
 *
 * @example parsePrefix("10.0.1.0/24")
 */
export function parsePrefix(text: string): Parsed<Prefix> {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) return parsed;
  const { address, length } = parsed.value;
  const prefix = prefixOf(address, length);
  if (prefix.value !== address.value) {
    return { ok: false, reason: `host bits are set; the prefix is ${formatPrefix(prefix)}` };
  }
  return { ok: true, value: prefix };
}

/** Reads "ADDRESS/LENGTH" where the host bits say which address it is. */
export function parseInterfaceAddress(text: string): Parsed<InterfaceAddress> {
  const slash = text.indexOf("/");
  if (slash < 0) return { ok: false, reason: "the prefix length is missing" };
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return address;
  const digits = text.slice(slash + 1);
  const width = widthOf(address.value.family);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > width) {
    return { ok: false, reason: `the prefix length must be 0 to ${width}` };
  }
  return { ok: true, value: { address: address.value, length: Number(digits) } };
}

/** The prefix of the given length that holds the address. */
export function prefixOf(address: Address, length: number): Prefix {
  const { family, value } = address;
  return { family, value: value - (value & (SIZES[widthOf(family) - length] - 1n)), length };
}

/** The prefix that holds just this address. */
export function hostPrefix(address: Address): Prefix {
  return { family: address.family, value: address.value, length: widthOf(address.family) };
}

/** Canonical text; a host prefix keeps its length. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`;
}

export function firstAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.value };
}

export function lastAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.value + sizeOf(prefix) - 1n };
}

/** How many addresses the prefix holds. */
export function sizeOf(prefix: Prefix): bigint {
  return SIZES[widthOf(prefix.family) - prefix.length];
}

/** By the number of host bits: bigints are not made anew for each question. */
const SIZES: readonly bigint[] = Array.from({ length: 129 }, (_, bits) => 1n << BigInt(bits));

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Prefix, inner: Prefix | Address): boolean {
  if (outer.family !== inner.family) return false;
  const length = "length" in inner ? inner.length : widthOf(inner.family);
  if (length < outer.length) return false;
  if (outer.length === 0) return true;
  return inner.value >= outer.value && inner.value - outer.value < sizeOf(outer);
}

/** Whether the two share an address: prefixes overlap only when one holds the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a);
}

/** IPv4 before IPv6, then by first address, then the wider first. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  return compareAddresses(a, b) || a.length - b.length;
}

export function samePrefix(a: Prefix, b: Prefix): boolean {
  return comparePrefixes(a, b) === 0;
}
