import { Address, Family, parseAddress, widthOf } from "../../net/address";
import { Prefix, prefixOf } from "../../net/prefix";
import { Scope, Table } from "../state";
import { Entry } from "./entries";

/** Names that iproute2 prints for numbers (/etc/iproute2). Other names mean whatever the host's files say: dumps are
 *  best taken with `ip -N`, which prints numbers. */

export const TABLES: Readonly<Record<string, number>> = Table;
export const SCOPES: Readonly<Record<string, number>> = { global: Scope.universe, ...Scope };
export const ORIGINS: Readonly<Record<string, number>> = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  keepalived: 18,
  babel: 42,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
};
export const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmpv6: 58,
  sctp: 132,
};

export function readTable(entry: Entry, key: string): number | undefined {
  return readNamed(entry, key, TABLES, "a table number, or local, main or default; use ip -N");
}

export function readScope(entry: Entry, key: string): number | undefined {
  return readNamed(entry, key, SCOPES, "a scope");
}

export function readOrigin(entry: Entry, key: string): number | undefined {
  return readNamed(entry, key, ORIGINS, "a routing protocol number; use ip -N");
}

export function readGroup(entry: Entry, key: string): number | undefined {
  return readNamed(entry, key, { default: 0 }, "a group number; use ip -N");
}

export function readProtocol(entry: Entry, key: string): number | undefined {
  const value = entry.raw(key);
  // iproute2 prints "ipproto-6" for a protocol that has no name, and for all of them with -N.
  const plain = typeof value === "string" ? /^ipproto-([0-9]{1,3})$/.exec(value) : null;
  return plain === null ? readNamed(entry, key, PROTOCOLS, "an IP protocol; use ip -N") : Number(plain[1]);
}

function readNamed(
  entry: Entry,
  key: string,
  names: Readonly<Record<string, number>>,
  allowed: string,
): number | undefined {
  const value = entry.raw(key);
  if (value === undefined) return undefined;
  if (typeof value === "string" && Object.hasOwn(names, value)) return names[value];
  if (typeof value === "number" || (typeof value === "string" && /^(0x)?[0-9a-fA-F]+$/.test(value))) {
    return entry.number(key);
  }
  return entry.wrong(key, value, allowed);
}

/** An address as the kernel prints it; IPv4-mapped and other odd spellings are fine here, for they are its own. */
export function readAddress(entry: Entry, key: string): Address | undefined {
  const text = entry.string(key);
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : entry.wrong(key, text, `an address (${parsed.reason})`);
}

/** `default`, `10.0.0.0/8`, or an address for a host route. */
export function readPrefix(entry: Entry, key: string, family: Family): Prefix | undefined {
  const text = entry.string(key);
  if (text === undefined) return undefined;
  return prefixFrom(text, family) ?? entry.wrong(key, text, `an IPv${family} prefix`);
}

export function prefixFrom(text: string, family: Family): Prefix | undefined {
  const width = widthOf(family);
  if (text === "default" || text === "all" || text === "any") return { family, value: 0n, length: 0 };
  const slash = text.indexOf("/");
  const parsed = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!parsed.ok || parsed.value.family !== family) return undefined;
  if (slash < 0) return { family, value: parsed.value.value, length: width };
  const digits = text.slice(slash + 1);
  if (!/^[0-9]{1,3}$/.test(digits) || Number(digits) > width) return undefined;
  const prefix = prefixOf(parsed.value, Number(digits));
  return prefix.value === parsed.value.value ? prefix : undefined;
}
