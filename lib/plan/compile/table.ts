import { Family } from "../../net/address";
import {
  PackedPrefixes,
  ascending,
  foldPrefixes,
  packAddress,
  prefixTextAt,
  wordsOf,
} from "../../net/packed";
import { Prefix } from "../../net/prefix";

/** Disjoint source prefixes in ascending order, as few as there can be. It is what the compiler splits and searches. */
export interface SourceTable extends PackedPrefixes {
  /** Offset of the block of rules that routes an entry. */
  readonly blockOf: (index: number) => number;
  /** Text of an entry. */
  readonly textOf: (index: number) => string;
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
  const at = ascending(words, family, sources.length);
  const lengths = Uint8Array.from(at, (i) => byLength[i].prefix.length);
  const blockOf = (address: number): number => byLength[address].block;
  const folded = foldPrefixes({ family, size: sources.length, words, at, lengths }, blockOf);
  return {
    ...folded,
    blockOf: (index) => blockOf(folded.at[index]),
    textOf: (index) => prefixTextAt(folded, index, folded.lengths[index]),
  };
}
