import { Family } from "../../net/address";
import {
  FoldedPrefixes,
  PackedPrefixes,
  ascending,
  foldPrefixes,
  packAddress,
  prefixTextAt,
  wordsOf,
} from "../../net/packed";
import { Prefix, formatPrefix } from "../../net/prefix";

/**
 * Disjoint source prefixes in ascending order, as few as there can be; the keys are the offsets of the blocks of
 * rules that route them. It is what the compiler splits and searches.
 */
export interface SourceTable extends FoldedPrefixes {
  /** Text of one of the sources that were folded, as a prefix. */
  readonly textOf: (origin: number) => string;
}

/** A source prefix, and the offset of the block of rules that routes it. */
export interface Source {
  readonly prefix: Prefix;
  readonly block: number;
}

/**
 * The table of sources in any order, repeated or nested as they may be.
 *
 * @param sources of one family; those of different blocks must not overlap
 */
export function tableOf(sources: readonly Source[], family: Family): SourceTable {
  const words = new Uint32Array(sources.length * wordsOf(family));
  const byLength = [...sources].sort((a, b) => a.prefix.length - b.prefix.length);
  byLength.forEach(({ prefix }, i) => packAddress(prefix, words, i));
  const order = Array.from(ascending(words, family, sources.length), (i) => byLength[i]);
  const packed: PackedPrefixes = {
    family,
    size: order.length,
    words: new Uint32Array(words.length),
    lengths: Uint8Array.from(order, (s) => s.prefix.length),
  };
  order.forEach(({ prefix }, i) => packAddress(prefix, packed.words, i));
  return {
    ...foldPrefixes(packed, (i) => order[i].block),
    textOf: (origin) => formatPrefix(order[origin].prefix),
  };
}

/** Text of an entry. */
export function textAt(table: SourceTable, index: number): string {
  const origin = table.origins[index];
  return origin < 0 ? prefixTextAt(table, index, table.lengths[index]) : table.textOf(origin);
}
