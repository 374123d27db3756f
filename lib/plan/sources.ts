import { Host, HostInterface } from "../model/host";
import { Address, Family } from "../net/address";
import { minimalCover } from "../net/cover";
import { Prefix, hostPrefix } from "../net/prefix";

/** Every source of an interface in one family: addresses as host prefixes, and delegated prefixes. */
export function sourcesOf(iface: HostInterface, family: Family): Prefix[] {
  return [...iface.addresses.map((a) => hostPrefix(a.address)), ...iface.delegatedPrefixes].filter(
    (p) => p.family === family,
  );
}

/** The address that unbound sockets use on the interface. */
export function primaryOf(iface: HostInterface, family: Family): Address | undefined {
  return iface.addresses.find((a) => a.address.family === family)?.address;
}

/** The interfaces that have a source in the family. */
export function interfacesOf(host: Host, family: Family): HostInterface[] {
  return host.interfaces.filter((iface) => sourcesOf(iface, family).length > 0);
}

/** The fewest prefixes that hold exactly the interface's sources. */
export function coverOf(iface: HostInterface, family: Family): Prefix[] {
  return minimalCover(sourcesOf(iface, family));
}

/** Whether sources of `from` reach the attached subnets of `to` directly. */
export function isDirect(host: Host, from: string, to: string): boolean {
  return host.onLink === "direct" || host.directPairs.some((p) => p.from === from && p.to === to);
}
