import { DELEGATED, HostAddresses, HostSources } from "../../model/host";
import { Address, FAMILIES, Family, widthOf } from "../../net/address";
import {
  PackedPrefixes,
  ascending,
  commonBits,
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
  /** Positions of the interfaces. */
  readonly owners: Uint8Array;
  /** Positions in the pool. */
  readonly order: Uint32Array;
  /** Number of addresses in the pool; delegated prefixes come after them. */
  readonly addresses: number;
}

export type SortedByFamily = Readonly<Record<Family, SortedSources>>;

const nothing = (family: Family): SortedSources => ({
  family,
  size: 0,
  words: new Uint32Array(0),
  lengths: new Uint8Array(0),
  owners: new Uint8Array(0),
  order: new Uint32Array(0),
  addresses: 0,
});
const NOTHING: SortedByFamily = { 4: nothing(4), 6: nothing(6) };
const NO_ADDRESSES: HostAddresses = { words: new Uint32Array(0), texts: [], sources: [] };

export function sortSources(drafts: readonly Draft[], pools: Pools): SortedByFamily {
  return { 4: sortFamily(drafts, pools, 4), 6: sortFamily(drafts, pools, 6) };
}

function sortFamily(drafts: readonly Draft[], pools: Pools, family: Family): SortedSources {
  const stride = wordsOf(family);
  const addresses = pools.of(family).size;
  const delegatedTo: number[] = [];
  drafts.forEach((draft, owner) => {
    for (const prefix of draft.delegatedPrefixes) {
      if (prefix.family !== family) continue;
      const pool = pools.into(family);
      packAddress(prefix, pool.words, pool.size);
      pool.add(prefix.length, 0);
      delegatedTo.push(owner);
    }
  });
  const pool = pools.of(family);
  const { size } = pool;
  if (size === 0) return NOTHING[family];
  const ownerOfEntry = new Uint8Array(size);
  drafts.forEach((draft, owner) => {
    const { start, size: count } = draft.addresses[family];
    ownerOfEntry.fill(owner, start, start + count);
  });
  ownerOfEntry.set(delegatedTo, addresses);
  const order = ascending(pool.words, family, size);
  if (addresses < size) widerFirst(order, pool, addresses);
  const sorted = {
    family,
    size,
    words: new Uint32Array(size * stride),
    lengths: new Uint8Array(size).fill(widthOf(family)),
    owners: new Uint8Array(size),
    order,
    addresses,
  };
  for (let i = 0; i < size; i++) {
    const from = order[i];
    for (let w = 0; w < stride; w++) sorted.words[i * stride + w] = pool.words[from * stride + w];
    if (from >= addresses) sorted.lengths[i] = pool.lengths[from];
    sorted.owners[i] = ownerOfEntry[from];
  }
  return sorted;
}

/** Of prefixes that begin at one address the shorter first. There are few, so they are put in place one by one. */
function widerFirst(order: Uint32Array, pool: Pool, addresses: number): void {
  const width = widthOf(pool.family);
  const lengthOf = (index: number): number => (index < addresses ? width : pool.lengths[index]);
  for (let i = 1; i < order.length; i++) {
    const index = order[i];
    let to = i;
    while (
      to > 0 &&
      lengthOf(order[to - 1]) > lengthOf(index) &&
      commonBits(pool, order[to - 1], index) === width
    ) {
      order[to] = order[to - 1];
      to--;
    }
    order[to] = index;
  }
}

/** Whether an address is given twice, or a source claimed by two interfaces. */
export function hasClash(sorted: SortedSources): boolean {
  const { size, lengths, owners, order, addresses } = sorted;
  const width = widthOf(sorted.family);
  // The widest prefix that holds the current one: all within it must be of its owner.
  let holder = 0;
  for (let i = 1; i < size; i++) {
    const twice = order[i - 1] < addresses && order[i] < addresses && commonBits(sorted, i - 1, i) === width;
    if (twice) return true;
    const within = commonBits(sorted, holder, i) >= lengths[holder];
    if (within && owners[holder] !== owners[i]) return true;
    if (!within) holder = i;
  }
  return false;
}

/** Position of the first interface that has the address itself; undefined when none has. */
export function ownerOf(sorted: SortedByFamily, address: Address): number | undefined {
  const { words, owners, order, addresses } = sorted[address.family];
  const stride = wordsOf(address.family);
  const probe = new Uint32Array(stride);
  packAddress(address, probe, 0);
  let owner: number | undefined;
  for (let i = lastNotAbove(sorted[address.family], address); i >= 0; i--) {
    if (!sameWords(words, i * stride, probe, 0, stride)) break;
    if (order[i] < addresses) owner = Math.min(owner ?? owners[i], owners[i]);
  }
  return owner;
}

/** Puts the addresses of every interface in their final order: the primary first, the others ascending. */
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
  const { family, size, words, lengths, owners, order, addresses } = sorted;
  const positions = new Uint32Array(size);
  const sources: HostSources = { family, size, words, lengths, owners, positions };
  if (size === 0) return { lists: drafts.map(() => NO_ADDRESSES), sources };
  // The primary is the first that was given.
  const primaries = drafts.map((draft) => draft.addresses[family].start);
  const next = new Uint32Array(drafts.length).fill(1);
  const placed = new Uint32Array(addresses);
  for (let i = 0; i < size; i++) {
    const from = order[i];
    const owner = owners[i];
    if (from >= addresses) positions[i] = DELEGATED;
    else positions[i] = placed[from] = from === primaries[owner] ? 0 : next[owner]++;
  }
  const room = new Uint32Array(addresses * wordsOf(family));
  return { lists: drafts.map((draft) => inPlace(draft.addresses[family], placed, room)), sources };
}

/**
 * The addresses of an interface in their final order. Their texts are made in the order in which they lie in memory.
 *
 * @param placed the place of each address of the pool
 * @param room for the words of the whole pool
 */
function inPlace(given: Addresses, placed: Uint32Array, room: Uint32Array): HostAddresses {
  const { pool, start, size } = given;
  if (size === 0) return NO_ADDRESSES;
  const stride = wordsOf(pool.family);
  const list = {
    words: room.subarray(start * stride, (start + size) * stride),
    texts: new Array<string>(size),
    sources: new Array<string>(size),
  };
  for (let i = start; i < start + size; i++) {
    const to = placed[i];
    const text = given.textAt(i);
    list.texts[to] = text;
    list.sources[to] = text.slice(0, slashOf(text));
    for (let w = 0; w < stride; w++) list.words[to * stride + w] = pool.words[i * stride + w];
  }
  return list;
}
