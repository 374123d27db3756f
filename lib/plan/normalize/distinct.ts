import { shown } from "../../model/issue";
import { Address, FAMILIES, compareAddresses, formatAddress, sameAddress } from "../../net/address";
import { Prefix, comparePrefixes, contains, formatPrefix, hostPrefix } from "../../net/prefix";
import { Draft } from "./interface";
import { Problems, at } from "./problems";
import { SortedByFamily, ownerOf } from "./sorted";

/** An interface as far as it could be read, with its path. */
export interface Entry {
  readonly path: string;
  readonly draft: Draft;
}

/**
 * What holds between the interfaces of one world: names, devices and sources are distinct, and nobody's next hop is the
 * host itself.
 *
 * @param claim of {@link claims}: names and devices are distinct among all interfaces of the host
 * @param world whose interfaces they are; addresses are distinct within it
 * @param thorough also looks for sources that clash; without, whoever calls must know that none do
 */
export function checkDistinct(
  entries: readonly Entry[],
  sorted: SortedByFamily,
  claim: Claim,
  world: string,
  problems: Problems,
  thorough: boolean,
): void {
  for (const { path, draft } of entries) {
    const { mac, ifname } = draft.match ?? {};
    if (draft.name !== undefined) claim("name", draft.name, at(path, "name"), "the name", shown);
    if (mac !== undefined) claim("mac", mac, at(at(path, "match"), "mac"), "the MAC");
    if (ifname !== undefined) claim("ifname", ifname, at(at(path, "match"), "ifname"), "the device", shown);
    if (!thorough) continue;
    for (const address of addressesOf(draft)) {
      const text = formatAddress(address);
      claim(`address ${world}`, text, at(path, "addresses"), "the address", String, TWICE);
    }
  }
  checkMatches(entries, sorted, problems, claim);
  if (thorough) checkSources(entries, problems);
  checkHops(entries, sorted, problems);
}

/** `what` and how the value is written are for a message, if there is to be one. */
export type Claim = (
  kind: string,
  value: string,
  path: string,
  what: string,
  write?: (value: string) => string,
  fix?: string,
) => void;

const TWICE =
  "Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on " +
  "different networks that use the same addresses";

/** The first to claim a value has it; later ones are problems. */
export function claims(problems: Problems): Claim {
  const holders = new Map<string, string>();
  return (kind, value, path, what, write = String, fix = "Each may be given once") => {
    const key = `${kind} ${value}`;
    const holder = holders.get(key);
    if (holder === undefined) holders.set(key, path);
    else problems.add(path, `${what} ${write(value)} is that of ${holder} too`, fix);
  };
}

/** As values: the primary of a family first, then by number. */
function addressesOf({ addresses }: Draft): Address[] {
  return FAMILIES.flatMap((family) => {
    const { size } = addresses[family];
    const [primary, ...others] = Array.from({ length: size }, (_, i) => addresses[family].valueAt(i));
    return primary === undefined ? [] : [primary, ...others.sort(compareAddresses)];
  });
}

/** An interface found by another's address would be the other. */
function checkMatches(
  entries: readonly Entry[],
  sorted: SortedByFamily,
  problems: Problems,
  claim: Claim,
): void {
  for (const entry of entries) {
    const by = entry.draft.match?.address;
    if (by === undefined) continue;
    const owner = entries[ownerOf(sorted, by) ?? -1];
    if (owner === undefined) {
      claim("match", formatAddress(by), at(at(entry.path, "match"), "address"), "the address");
    } else if (owner !== entry && !addressesOf(entry.draft).some((a) => sameAddress(a, by))) {
      // One that it has as well is given twice, which is told already.
      problems.add(
        at(at(entry.path, "match"), "address"),
        `${formatAddress(by)} is an address of ${owner.path}`,
        "Match by an address of this interface",
      );
    }
  }
}

interface Source {
  readonly prefix: Prefix;
  readonly entry: number;
  readonly delegated: boolean;
}

/**
 * A delegated prefix may hold addresses of its own interface, never those of another. In order of address a prefix
 * comes before all that it holds, so those that hold the current one are a stack.
 */
function checkSources(entries: readonly Entry[], problems: Problems): void {
  const sources = entries
    .flatMap(({ draft }, entry): Source[] => [
      ...addressesOf(draft).map((a) => ({ prefix: hostPrefix(a), entry, delegated: false })),
      ...draft.delegatedPrefixes.map((prefix) => ({ prefix, entry, delegated: true })),
    ])
    .sort((a, b) => comparePrefixes(a.prefix, b.prefix) || a.entry - b.entry);
  const holders: Source[] = [];
  const told = new Set<string>();
  for (const source of sources) {
    while (holders.length > 0 && !contains(holders[holders.length - 1].prefix, source.prefix)) holders.pop();
    for (const holder of holders) {
      if (holder.entry === source.entry || !(holder.delegated || source.delegated)) continue;
      // Told where a delegated prefix is, and of two at the later interface.
      const [here, there] =
        source.delegated && (!holder.delegated || source.entry > holder.entry)
          ? [source, holder]
          : [holder, source];
      const key = `${formatPrefix(here.prefix)} ${there.entry}`;
      if (told.has(key)) continue;
      told.add(key);
      problems.add(
        at(entries[here.entry].path, "delegatedPrefixes"),
        `${formatPrefix(here.prefix)} overlaps ${formatPrefix(there.prefix)} of ${entries[there.entry].path}`,
        "A source belongs to one interface of a world (policy.worlds)",
      );
    }
    holders.push(source);
  }
}

/** A next hop that is an address of another interface would send packets of this one to ourselves. */
function checkHops(entries: readonly Entry[], sorted: SortedByFamily, problems: Problems): void {
  const check = (entry: Entry, hop: Address | undefined, field: string): void => {
    const owner = hop && entries[ownerOf(sorted, hop) ?? -1];
    if (hop === undefined || owner === undefined || owner === entry) return;
    problems.add(
      at(entry.path, field),
      `the next hop ${formatAddress(hop)} is an address of ${owner.path}`,
      "Give the router's address",
    );
  };
  for (const entry of entries) {
    const { gateways, routes } = entry.draft;
    for (const family of FAMILIES) check(entry, gateways[family]?.address, "gateways");
    for (const { via } of routes) check(entry, via, "routes");
  }
}
