import { DELEGATED, HostAddresses, HostSources } from "../../model/host";
import { Address, FAMILIES, Family, widthOf } from "../../net/address";
import {
  PackedPrefixes,
  ascending,
  commonBits,
  commonBitsIn,
  foldPrefixes,
  lastNotAbove,
  packAddress,
  sameWords,
  wordsOf,
} from "../../net/packed";
import { slashOf } from "../../net/canonical";
import { Draft } from "./interface";
import { Addresses, Pool, Pools } from "./pool";

/**
 * The sources of all interfaces in one family, ascending, of nested ones the wider first: what is asked of all of
 * them is asked of this order.
 */
export interface SortedSources extends PackedPrefixes {
  /** Of each source in the pool the position of its interface. */
  readonly owners: Uint8Array;
  /** Number of addresses in the pool; delegated prefixes come after them. */
  readonly addresses: number;
}

export type SortedByFamily = Readonly<Record<Family, SortedSources>>;

const nothing = (family: Family): SortedSources => ({
  family,
  size: 0,
  words: new Uint32Array(0),
  at: new Uint32Array(0),
  lengths: new Uint8Array(0),
  owners: new Uint8Array(0),
  addresses: 0,
});
const NOTHING: SortedByFamily = { 4: nothing(4), 6: nothing(6) };
const NO_ADDRESSES: HostAddresses = { texts: [], sources: [] };

export function sortSources(drafts: readonly Draft[], pools: Pools): SortedByFamily {
  return { 4: sortFamily(drafts, pools, 4), 6: sortFamily(drafts, pools, 6) };
}

function sortFamily(drafts: readonly Draft[], pools: Pools, family: Family): SortedSources {
  const addresses = pools.of(family).size;
  const delegatedTo: number[] = [];
  drafts.forEach((draft, owner) => {
    for (const prefix of draft.delegatedPrefixes) {
      if (prefix.family !== family) continue;
      const pool = pools.into(family);
      packAddress(prefix, pool.words, pool.size);
      pool.add(prefix.length);
      delegatedTo.push(owner);
    }
  });
  const pool = pools.of(family);
  const { size } = pool;
  if (size === 0) return NOTHING[family];
  const owners = new Uint8Array(size);
  drafts.forEach((draft, owner) => {
    const { start, size: count } = draft.addresses[family];
    owners.fill(owner, start, start + count);
  });
  owners.set(delegatedTo, addresses);
  const at = ascending(pool.words, family, size);
  const lengths = new Uint8Array(size).fill(widthOf(family));
  if (addresses < size) {
    widerFirst(at, pool, addresses);
    for (let i = 0; i < size; i++) if (at[i] >= addresses) lengths[i] = pool.lengths[at[i]];
  }
  return { family, size, words: pool.words, at, lengths, owners, addresses };
}

/** Of prefixes that begin at one address the shorter first. There are few, so they are put in place one by one. */
function widerFirst(order: Uint32Array, pool: Pool, addresses: number): void {
  const { family, words } = pool;
  const width = widthOf(family);
  const lengthOf = (index: number): number => (index < addresses ? width : pool.lengths[index]);
  for (let i = 1; i < order.length; i++) {
    const index = order[i];
    let to = i;
    while (
      to > 0 &&
      lengthOf(order[to - 1]) > lengthOf(index) &&
      commonBitsIn(words, family, order[to - 1], index) === width
    ) {
      order[to] = order[to - 1];
      to--;
    }
    order[to] = index;
  }
}

/** Whether an address is given twice, or a source claimed by two interfaces. */
export function hasClash(sorted: SortedSources): boolean {
  const { size, lengths, owners, at, addresses } = sorted;
  const width = widthOf(sorted.family);
  // The widest prefix that holds the current one: all within it must be of its owner.
  let holder = 0;
  for (let i = 1; i < size; i++) {
    const common = commonBits(sorted, i - 1, i);
    if (common === width && at[i - 1] < addresses && at[i] < addresses) return true;
    const within = (holder === i - 1 ? common : commonBits(sorted, holder, i)) >= lengths[holder];
    if (within && owners[at[holder]] !== owners[at[i]]) return true;
    if (!within) holder = i;
  }
  return false;
}

/** Position of the first interface that has the address itself; undefined when none has. */
export function ownerOf(sorted: SortedByFamily, address: Address): number | undefined {
  const { words, owners, at, addresses } = sorted[address.family];
  const stride = wordsOf(address.family);
  const probe = new Uint32Array(stride);
  packAddress(address, probe, 0);
  let owner: number | undefined;
  for (let i = lastNotAbove(sorted[address.family], address); i >= 0; i--) {
    const from = at[i];
    if (!sameWords(words, from * stride, probe, 0, stride)) break;
    if (from < addresses) owner = Math.min(owner ?? owners[from], owners[from]);
  }
  return owner;
}

/**
 * Puts the addresses of every interface in their final order: the primary first, the others ascending; and folds the
 * sources, over `sorted`.
 */
export function arrange(
  drafts: readonly Draft[],
  sorted: SortedByFamily,
): { addresses: Record<Family, HostAddresses>[]; sources: Record<Family, HostSources> } {
  const families = FAMILIES.map((family) => arrangeFamily(drafts, sorted[family]));
  return {
    addresses: drafts.map((_, owner) => ({ 4: families[0].lists[owner], 6: families[1].lists[owner] })),
    sources: { 4: families[0].sources, 6: families[1].sources },
  };
}

function arrangeFamily(drafts: readonly Draft[], sorted: SortedSources) {
  const { family, size, at, owners, addresses } = sorted;
  const positions = new Uint32Array(size).fill(DELEGATED, addresses);
  if (size === 0) return { lists: drafts.map(() => NO_ADDRESSES), sources: { ...sorted, positions } };
  // The primary is the first that was given.
  const primaries = drafts.map((draft) => draft.addresses[family].start);
  const next = new Uint32Array(drafts.length).fill(1);
  for (let i = 0; i < size; i++) {
    const from = at[i];
    const owner = owners[from];
    if (from < addresses) positions[from] = from === primaries[owner] ? 0 : next[owner]++;
  }
  const sources: HostSources = { ...foldPrefixes(sorted, (from) => owners[from]), owners, positions };
  return { lists: drafts.map((draft) => inPlace(draft.addresses[family], positions)), sources };
}

/**
 * The addresses of an interface in their final order. Their texts are made in the order in which they lie in memory.
 *
 * @param positions the place of each address of the pool
 */
function inPlace(given: Addresses, positions: Uint32Array): HostAddresses {
  const { start, size } = given;
  if (size === 0) return NO_ADDRESSES;
  const texts = new Array<string>(size);
  const sources = new Array<string>(size);
  for (let i = start; i < start + size; i++) {
    const to = positions[i];
    const text = given.textAt(i);
    texts[to] = text;
    sources[to] = text.slice(0, slashOf(text));
  }
  return { primary: given.valueAt(0), texts, sources };
}
