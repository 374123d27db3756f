import { DELEGATED, Host, HostInterface } from "../model/host";
import { BAND, MAIN_MIN_PREFIX } from "../model/numbers";
import { RuleAction } from "../model/plan";
import { UnmanagedRoutes } from "../model/spec";
import { Address, Family, parseAddress, widthOf } from "../net/address";
import { prefixTextAt } from "../net/packed";
import { Prefix, contains, sizeOf } from "../net/prefix";
import { SourceTable } from "./compile";

/** The address that unbound sockets use on the interface, as text. */
export function primaryOf(iface: HostInterface, family: Family): string | undefined {
  return iface.addresses[family].sources.at(0);
}

/** The address to use in a subnet, as text: the primary if it lies in it, else the lowest that does. */
export function sourceIn(iface: HostInterface, subnet: Prefix): string | undefined {
  const { primary, sources } = iface.addresses[subnet.family];
  return primary !== undefined && contains(subnet, primary) ? sources[0] : furtherIn(iface, subnet);
}

/** The lowest address of the interface in a prefix. */
export function lowestIn(iface: HostInterface, prefix: Prefix): Address | undefined {
  const { family } = prefix;
  const { primary } = iface.addresses[family];
  const further = furtherIn(iface, prefix);
  const lowest = further === undefined ? undefined : { family, value: valueOf(further) };
  if (primary === undefined || !contains(prefix, primary)) return lowest;
  return lowest === undefined || primary.value < lowest.value ? primary : lowest;
}

/** The lowest but the primary, as text. */
function furtherIn(iface: HostInterface, prefix: Prefix): string | undefined {
  const { sources } = iface.addresses[prefix.family];
  // They ascend.
  let [low, high] = [1, sources.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueOf(sources[middle]) < prefix.value) low = middle + 1;
    else high = middle;
  }
  const lowest = sources.at(low);
  if (lowest === undefined) return undefined;
  return valueOf(lowest) < prefix.value + sizeOf(prefix) ? lowest : undefined;
}

/** Of a canonical text. */
function valueOf(text: string): bigint {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.value.value;
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

/** The sources of a family, each with the block of its interface. */
export function sourceTable(host: Host, family: Family, slots: ReadonlyMap<string, number>): SourceTable {
  const sources = host.sources[family];
  const { at, lengths, owners, positions } = sources;
  const blocks = host.interfaces.map((i) => blockOf(slots.get(i.name) as number));
  const addresses = host.interfaces.map((i) => i.addresses[family].sources);
  const width = widthOf(family);
  const suffix = `/${width}`;
  const textOf = (index: number): string => {
    const from = at[index];
    const length = lengths[index];
    const position = positions[from];
    // An address has been written already.
    return length === width && position !== DELEGATED
      ? addresses[owners[from]][position] + suffix
      : prefixTextAt(sources, index, length);
  };
  return { ...sources, blockOf: (index) => blocks[owners[at[index]]], textOf };
}
