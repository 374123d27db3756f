import { Address, Family, widthOf } from "./address";
import { writeIpv4 } from "./canonical";
import { joinIpv6, splitIpv6, writeIpv6 } from "./ipv6";
import { Prefix, prefixOf } from "./prefix";

/**
 * Many prefixes of one family as machine words, for work that must not cost an object an address: one word of 32
 * bits an address for IPv4, four for IPv6, the most significant first. The addresses stay where they were read; what
 * is sorted and folded says where they are.
 */
export interface PackedPrefixes {
  readonly family: Family;
  readonly size: number;
  /** Addresses in any order, {@link wordsOf} words each. */
  readonly words: Uint32Array;
  /** Which of these addresses is the lowest of each prefix. */
  readonly at: Uint32Array;
  readonly lengths: Uint8Array;
}

/** Words an address: 1 or 4. */
export function wordsOf(family: Family): 1 | 4 {
  return family === 4 ? 1 : 4;
}

/** Writes an address as words. */
export function packAddress({ family, value }: Address, words: Uint32Array, index: number): void {
  if (family === 4) words[index] = Number(value);
  else splitIpv6(value, words, 4 * index);
}

/** One of the addresses in a buffer of words. */
export function addressAt(words: Uint32Array, family: Family, index: number): Address {
  return { family, value: family === 4 ? BigInt(words[index]) : joinIpv6(words, 4 * index) };
}

/** The prefix of the given length that holds an entry's lowest address. */
export function prefixAt({ words, at, family }: PackedPrefixes, index: number, length: number): Prefix {
  return prefixOf(addressAt(words, family, at[index]), length);
}

/** Leading bits in which the lowest addresses of two entries agree. */
export function commonBits({ words, at, family }: PackedPrefixes, i: number, j: number): number {
  return commonBitsIn(words, family, at[i], at[j]);
}

/** Leading bits in which two of the addresses in a buffer of words agree. */
export function commonBitsIn(words: Uint32Array, family: Family, i: number, j: number): number {
  const stride = wordsOf(family);
  for (let w = 0; w < stride; w++) {
    const difference = words[i * stride + w] ^ words[j * stride + w];
    if (difference !== 0) return 32 * w + Math.clz32(difference);
  }
  return widthOf(family);
}

/** Bit of an entry's lowest address; bit 0 is the most significant. */
export function bitOf({ words, at, family }: PackedPrefixes, index: number, bit: number): 0 | 1 {
  return ((words[at[index] * wordsOf(family) + (bit >>> 5)] >>> (31 - (bit & 31))) & 1) as 0 | 1;
}

/** Whether `count` words are the same. */
export function sameWords(a: Uint32Array, i: number, b: Uint32Array, j: number, count: number): boolean {
  for (let w = 0; w < count; w++) if (a[i + w] !== b[j + w]) return false;
  return true;
}

const kept = new Uint32Array(4);

/** Canonical text of the prefix of the given length that holds an entry's lowest address. */
export function prefixTextAt(packed: PackedPrefixes, index: number, length: number): string {
  const stride = wordsOf(packed.family);
  for (let w = 0; w < stride; w++) {
    const bits = Math.min(32, Math.max(0, length - 32 * w));
    kept[w] = bits === 0 ? 0 : packed.words[packed.at[index] * stride + w] & (0xffffffff << (32 - bits));
  }
  return packed.family === 4 ? `${writeIpv4(kept[0])}/${length}` : writeIpv6(kept, 0, length);
}

/** The order in which the first addresses of a buffer ascend; equal ones keep theirs. Linear: a radix sort, a byte at a time. */
export function ascending(words: Uint32Array, family: Family, size: number): Uint32Array {
  const stride = wordsOf(family);
  let order = new Uint32Array(size);
  for (let i = 0; i < size; i++) order[i] = i;
  let next = new Uint32Array(size);
  // One word of each address, in the order reached so far: it is moved along, so that memory is read in order.
  let keys = new Uint32Array(size);
  let nextKeys = new Uint32Array(size);
  const starts = new Uint32Array(257);
  for (let w = stride - 1; w >= 0; w--) {
    let differing = 0;
    for (let i = 0; i < size; i++) differing |= words[i * stride + w] ^ words[w];
    if (differing === 0) continue;
    for (let i = 0; i < size; i++) keys[i] = words[order[i] * stride + w];
    for (let shift = 0; shift < 32; shift += 8) {
      if (((differing >>> shift) & 255) === 0) continue;
      starts.fill(0);
      for (let i = 0; i < size; i++) starts[((keys[i] >>> shift) & 255) + 1]++;
      for (let b = 0; b < 256; b++) starts[b + 1] += starts[b];
      for (let i = 0; i < size; i++) {
        const key = keys[i];
        const to = starts[(key >>> shift) & 255]++;
        next[to] = order[i];
        nextKeys[to] = key;
      }
      [order, next] = [next, order];
      [keys, nextKeys] = [nextKeys, keys];
    }
  }
  return order;
}

/** The last of ascending entries whose lowest address is not above the given one, or -1. */
export function lastNotAbove(packed: PackedPrefixes, address: Address): number {
  const { words, at, family } = packed;
  const probe = new Uint32Array(4);
  packAddress(address, probe, 0);
  const stride = wordsOf(family);
  let [low, high] = [0, packed.size];
  while (low < high) {
    const middle = (low + high) >>> 1;
    let w = 0;
    const from = at[middle] * stride;
    while (w < stride && words[from + w] === probe[w]) w++;
    if (w === stride || words[from + w] < probe[w]) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Of disjoint ascending prefixes the one that holds the address, or undefined. */
export function holderOf(packed: PackedPrefixes, address: Address): Prefix | undefined {
  const index = address.family === packed.family ? lastNotAbove(packed, address) : -1;
  if (index < 0) return undefined;
  const prefix = prefixAt(packed, index, packed.lengths[index]);
  const host = BigInt(widthOf(packed.family) - prefix.length);
  return address.value >> host === prefix.value >> host ? prefix : undefined;
}

/**
 * The fewest prefixes that hold exactly the given ones and keep their keys: nested ones are dropped, and the halves
 * of a prefix merged where they have one key. As {@link minimalCover} for each key, in linear time.
 *
 * @param packed ascending, of nested ones the wider first; those that overlap have one key. There may be very many, so
 *   `at` and `lengths` are written over, and those of the result
 * @param keyOf of one of the addresses
 */
export function foldPrefixes(packed: PackedPrefixes, keyOf: (address: number) => number): PackedPrefixes {
  const { family, words, at, lengths } = packed;
  let last = -1;
  for (let i = 0; i < packed.size; i++) {
    if (last >= 0 && commonBitsIn(words, family, at[last], at[i]) >= lengths[last]) continue;
    last++;
    at[last] = at[i];
    lengths[last] = lengths[i];
    // Host bits are zero, so two prefixes are the halves of one exactly if their last bit is the first to differ.
    while (
      last > 0 &&
      lengths[last - 1] === lengths[last] &&
      keyOf(at[last - 1]) === keyOf(at[last]) &&
      commonBits(packed, last - 1, last) === lengths[last] - 1
    ) {
      last--;
      lengths[last]--;
    }
  }
  const size = last + 1;
  return { family, size, words, at: at.subarray(0, size), lengths: lengths.subarray(0, size) };
}
