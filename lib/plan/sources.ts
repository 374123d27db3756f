import { DELEGATED, Host, HostInterface } from "../model/host";
import { BAND, MAIN_MIN_PREFIX } from "../model/numbers";
import { RuleAction } from "../model/plan";
import { UnmanagedRoutes } from "../model/spec";
import { Address, Family, widthOf } from "../net/address";
import { addressAt, foldPrefixes, prefixTextAt } from "../net/packed";
import { Prefix, contains } from "../net/prefix";
import { SourceTable } from "./compile";

/** The address that unbound sockets use on the interface. */
export function primaryOf(iface: HostInterface, family: Family): Address | undefined {
  const { words } = iface.addresses[family];
  return words.length === 0 ? undefined : addressAt(words, family, 0);
}

/** The address to use in a subnet: the primary if it lies in it, else the lowest that does. */
export function addressIn(iface: HostInterface, subnet: Prefix): Address | undefined {
  const { words, texts } = iface.addresses[subnet.family];
  for (let i = 0; i < texts.length; i++) {
    const address = addressAt(words, subnet.family, i);
    if (contains(subnet, address)) return address;
  }
  return undefined;
}

/** The interfaces that have a source in the family. */
export function interfacesOf(host: Host, family: Family): HostInterface[] {
  return host.interfaces.filter(
    (i) => i.addresses[family].texts.length > 0 || i.delegatedPrefixes.some((p) => p.family === family),
  );
}

/** Whether sources of `from` reach the attached subnets of `to` directly. */
export function isDirect(host: Host, from: string, to: string): boolean {
  return host.onLink === "direct" || host.directPairs.some((p) => p.from === from && p.to === to);
}

/**
 * What comes before the tables of interfaces: main's routes to containers, tunnels and the like, unless they are ignored,
 * which holds for all that may have a source of ours.
 *
 * @param ours whether it may
 */
export function waysOfOthers({ unmanagedRoutes }: Host, family: Family, ours: boolean): RuleAction[] {
  const ignored = ours && unmanagedRoutes === UnmanagedRoutes.Ignore;
  return ignored ? [] : [{ kind: "main", minPrefix: MAIN_MIN_PREFIX[family] }];
}

/** The offset of an interface's block of rules, by its slot. */
export function blockOf(slot: number): number {
  return BAND.blocks + 3 * slot;
}

/** The sources of a family as disjoint prefixes, as few as there can be, each with the block of its interface. */
export function sourceTable(host: Host, family: Family, slots: ReadonlyMap<string, number>): SourceTable {
  const sources = host.sources[family];
  const { owners, positions, lengths } = sources;
  const blocks = host.interfaces.map((i) => blockOf(slots.get(i.name) as number));
  const addresses = host.interfaces.map((i) => i.addresses[family].sources);
  const suffix = `/${widthOf(family)}`;
  return {
    ...foldPrefixes(sources, (i) => blocks[owners[i]]),
    // An address has been written already.
    textOf: (i) =>
      positions[i] === DELEGATED
        ? prefixTextAt(sources, i, lengths[i])
        : addresses[owners[i]][positions[i]] + suffix,
  };
}
