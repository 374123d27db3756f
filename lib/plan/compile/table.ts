import { Family, widthOf } from "../../net/address";
import { Prefix } from "../../net/prefix";

/** A source prefix, and the offset of the block of rules that routes it. */
export interface Source {
  readonly prefix: Prefix;
  readonly block: number;
}

/**
 * Disjoint source prefixes in ascending order, as machine words: what the compiler splits and searches. One word
 * of 32 bits a prefix for IPv4, four for IPv6, the most significant first.
 */
export interface SourceTable {
  readonly family: Family;
  readonly size: number;
  /** Words a prefix: 1 or 4. */
  readonly stride: 1 | 4;
  /** Lowest addresses. */
  readonly words: Uint32Array;
  readonly lengths: Uint8Array;
  readonly blocks: Uint16Array;
}

/**
 * The fewest prefixes that hold exactly the given sources, none that two blocks share.
 *
 * Guarantees: exact, canonical (the same for every order and repetition of the input), disjoint.
 *
 * @param sources prefixes of one family; those of different blocks must not overlap
 */
export function tableOf(sources: readonly Source[], family: Family): SourceTable {
  const table = allocate(family, sources.length);
  const order = [...sources].sort((a, b) =>
    a.prefix.value < b.prefix.value
      ? -1
      : a.prefix.value > b.prefix.value
        ? 1
        : a.prefix.length - b.prefix.length,
  );
  let size = 0;
  for (const { prefix, block } of order) {
    write(table, size, prefix);
    table.lengths[size] = prefix.length;
    table.blocks[size] = block;
    if (size > 0 && commonBits(table, size - 1, size) >= table.lengths[size - 1]) continue;
    size = mergeSiblings(table, size + 1);
  }
  return { ...table, size };
}

/** Leading bits in which the lowest addresses of two entries agree. */
export function commonBits({ words, stride, family }: SourceTable, i: number, j: number): number {
  for (let w = 0; w < stride; w++) {
    const difference = words[i * stride + w] ^ words[j * stride + w];
    if (difference !== 0) return 32 * w + Math.clz32(difference);
  }
  return widthOf(family);
}

/** Bit of an entry's lowest address; bit 0 is the most significant. */
export function bitOf({ words, stride }: SourceTable, i: number, bit: number): 0 | 1 {
  return ((words[i * stride + (bit >>> 5)] >>> (31 - (bit & 31))) & 1) as 0 | 1;
}

/** The prefix of the given length that holds an entry's lowest address. */
export function prefixAt({ words, stride, family }: SourceTable, i: number, length: number): Prefix {
  let value = 0n;
  for (let w = 0; w < stride; w++) {
    const kept = Math.min(32, Math.max(0, length - 32 * w));
    const mask = kept === 0 ? 0 : (0xffffffff << (32 - kept)) >>> 0;
    value = (value << 32n) | BigInt((words[i * stride + w] & mask) >>> 0);
  }
  return { family, value, length };
}

function allocate(family: Family, count: number): SourceTable {
  const stride = family === 4 ? 1 : 4;
  return {
    family,
    size: 0,
    stride,
    words: new Uint32Array(count * stride),
    lengths: new Uint8Array(count),
    blocks: new Uint16Array(count),
  };
}

function write({ words, stride }: SourceTable, i: number, { value }: Prefix): void {
  if (stride === 1) words[i] = Number(value);
  else for (let w = 0; w < 4; w++) words[4 * i + w] = Number((value >> BigInt(96 - 32 * w)) & 0xffffffffn);
}

/** Merges the last entries while they are the two halves of one prefix with one block; the new size. */
function mergeSiblings(table: SourceTable, size: number): number {
  const { lengths, blocks } = table;
  while (size >= 2) {
    const [low, high] = [size - 2, size - 1];
    const length = lengths[high];
    if (lengths[low] !== length || blocks[low] !== blocks[high]) return size;
    // Host bits are zero, so the two differ at the last bit of their prefix exactly if it is the first to differ.
    if (commonBits(table, low, high) !== length - 1) return size;
    lengths[low] = length - 1;
    size -= 1;
  }
  return size;
}
