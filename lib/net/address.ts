import * as ipaddr from "ipaddr.js";
import { readIpv4, writeIpv4 } from "./canonical";
import { Spelling, joinIpv6, readIpv6, splitIpv6, writeIpv6 } from "./ipv6";

/**
 * IP addresses as values. Text is read strictly and written canonically (dotted quad; RFC 5952 for IPv6), so that
 * two spellings of one address can never pass for two addresses, and no text of a user reaches a command unchanged.
 */

export type Family = 4 | 6;

export const FAMILIES: readonly Family[] = [4, 6];

/** An IP address. Immutable; compare with {@link sameAddress}. */
export interface Address {
  readonly family: Family;
  /** The address as an unsigned integer of 32 or 128 bits. */
  readonly value: bigint;
}

/** What a strict reader answers: the value, or why the text is refused. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Bits of an address: 32 or 128. */
export function widthOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

const IPV4_MAPPED = 0xffffn << 32n;
const scratch = new Uint32Array(4);

/**
 * Reads an address. Refuses what other tools read in more than one way: leading zeros and short forms
 * (inet_aton(3)), zone ids (RFC 4007), IPv4-mapped IPv6 (RFC 4291 2.5.5.2), surrounding blanks.
 *
 * @example parseAddress("2001:DB8::1") // { ok: true, value: … "2001:db8::1" }
 */
export function parseAddress(text: string): Parsed<Address> {
  const quad = readIpv4(text, text.length);
  if (quad >= 0) return { ok: true, value: { family: 4, value: BigInt(quad) } };
  return text.includes(":") ? parseIpv6(text) : refuse("not an IPv4 or IPv6 address");
}

function parseIpv6(text: string): Parsed<Address> {
  let value: bigint;
  if (readIpv6(text, text.length, scratch, 0) !== Spelling.Unread) {
    value = joinIpv6(scratch, 0);
  } else {
    if (text.includes("%")) return refuse("a zone id is not part of an address here");
    const groups = withoutQuad(text);
    if (groups === undefined || !ipaddr.IPv6.isValid(groups)) return refuse("not an IPv6 address");
    value = fromBytes(ipaddr.IPv6.parse(groups).toByteArray());
  }
  if (value >> 32n === IPV4_MAPPED >> 32n)
    return refuse("an IPv4-mapped IPv6 address; write the IPv4 address");
  return { ok: true, value: { family: 6, value } };
}

/** The last 32 bits may stand as a dotted quad (RFC 4291 2.2.3), which ipaddr.js would read as octal here. */
function withoutQuad(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const start = text.lastIndexOf(":") + 1;
  const last = text.slice(start);
  const quad = readIpv4(last, last.length);
  if (quad < 0) return undefined;
  return `${text.slice(0, start)}${(quad >>> 16).toString(16)}:${(quad & 0xffff).toString(16)}`;
}

/** Canonical text of an address. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return writeIpv4(Number(address.value));
  splitIpv6(address.value, scratch, 0);
  return writeIpv6(scratch, 0);
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** IPv4 before IPv6, then by number. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** Why an address cannot be the source of ordinary unicast traffic, or undefined when it can. */
export function notASource(address: Address): string | undefined {
  const { family, value } = address;
  if (value === 0n) return "the unspecified address";
  if (family === 4) {
    const first = Number(value >> 24n);
    if (first === 0) return "in 0.0.0.0/8 (this network)";
    if (first === 127) return "a loopback address";
    if (first >= 224 && first < 240) return "a multicast address";
    if (first >= 240) return "in the reserved range 240.0.0.0/4";
    return undefined;
  }
  if (value === 1n) return "the loopback address";
  if (value >> 32n === 0n) return "an IPv4-compatible address (deprecated by RFC 4291)";
  if (value >> 120n === 0xffn) return "a multicast address";
  if (isLinkLocal(address)) return "a link-local address, which belongs to one link already";
  return undefined;
}

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291). */
export function isLinkLocal({ family, value }: Address): boolean {
  return family === 4 ? value >> 16n === 0xa9fen : value >> 118n === 0x3fan;
}

function fromBytes(bytes: number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function refuse<T>(reason: string): Parsed<T> {
  return { ok: false, reason };
}
