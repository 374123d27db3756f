import { shown } from "../../model/issue";
import { Address, Family, isLinkLocal, notASource, parseAddress, sameAddress } from "../../net/address";
import { Prefix, contains, firstAddress, formatPrefix, lastAddress } from "../../net/prefix";
import { AddressesByFamily } from "./pool";
import { Problems } from "./problems";

/** What an interface's next hops are checked against. */
export interface Link {
  readonly addresses: AddressesByFamily;
  readonly subnets: readonly Prefix[];
  /** Families in which the interface has a source. */
  readonly families: ReadonlySet<Family>;
  /** False when some of the above could not be read: what seems to be missing may be what is to be corrected. */
  readonly complete: boolean;
}

/** A next hop as text: unicast or link-local. */
export function readHop(text: string, path: string, problems: Problems): Address | undefined {
  const parsed = parseAddress(text);
  const wrong = parsed.ok ? notAHop(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return parsed.value;
  problems.add(path, `got ${shown(text)}: ${wrong}`, 'Write a router\'s address, as "10.0.1.1" or "fe80::1"');
  return undefined;
}

function notAHop(address: Address): string | undefined {
  return isLinkLocal(address) ? undefined : notASource(address);
}

/** Why the kernel would refuse the address as a next hop on this link, or undefined. */
export function notANeighbour(address: Address, link: Link): string | undefined {
  if (link.addresses[address.family].has(address)) return "an address of this interface";
  // The subnet-router anycast address of IPv6 (RFC 4291 2.6.1) is a router's; a /31 has hosts alone (RFC 3021).
  if (address.family === 6) return undefined;
  for (const subnet of link.subnets) {
    if (subnet.length > 30 || !contains(subnet, address)) continue;
    if (sameAddress(firstAddress(subnet), address))
      return `the address of the subnet ${formatPrefix(subnet)} itself`;
    if (sameAddress(lastAddress(subnet), address)) return `the broadcast address of ${formatPrefix(subnet)}`;
  }
  return undefined;
}

/** For messages: enough of the attached subnets to see the mistake. */
export function listSubnets({ subnets }: Link): string {
  if (subnets.length === 0) return "there is none";
  return `${subnets.slice(0, 4).map(formatPrefix).join(", ")}${subnets.length > 4 ? ", ..." : ""}`;
}

export function isAttached(address: Address, link: Link): boolean {
  return link.subnets.some((s) => contains(s, address));
}
