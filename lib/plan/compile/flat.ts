import { widthOf } from "../../net/address";
import { bitOf, commonBits, prefixAt } from "../../net/packed";
import { Prefix } from "../../net/prefix";
import { SourceTable } from "./table";

/** One rule of a list in which the longest prefix that holds a source decides. */
export interface FlatRule {
  readonly prefix: Prefix;
  /** A block's offset, or {@link FOREIGN}. */
  readonly block: number;
}

/** What is no source of ours: such a rule cuts a hole into a shorter prefix. */
export const FOREIGN = -1;

/**
 * The fewest rules by which every source reaches its block and nothing else does, where rules may nest and the
 * longest prefix decides. Minimal for every layout: the construction of Draves et al., "Constructing Optimal IP
 * Routing Tables" (INFOCOM 1999), with all that is foreign as one more destination.
 *
 * @example 16 addresses in a row that two interfaces share alternately: 9 rules, where disjoint prefixes need 16
 */
export function flatRules(table: SourceTable): FlatRule[] {
  if (table.size === 0) return [];
  const rules: FlatRule[] = [];
  choose(table, choicesOf(table, 0, table.size, 0), FOREIGN, rules);
  return rules;
}

/**
 * A part of the trie: the entries `first` to `last`, seen at `depth` bits, where it is a subtree of its own from
 * `bottom` bits on (an entry, or where entries part), and a chain of one child each above.
 */
interface Part {
  readonly first: number;
  readonly depth: number;
  readonly bottom: number;
  /** Destinations with which the part needs the fewest rules, ascending: at `bottom`, and at `depth`. */
  readonly bottomSet: readonly number[];
  readonly set: readonly number[];
  readonly halves?: readonly [Part, Part];
}

function choicesOf(table: SourceTable, first: number, end: number, depth: number): Part {
  const single = end - first === 1;
  const bottom = single ? table.lengths[first] : commonBits(table, first, end - 1);
  let halves: readonly [Part, Part] | undefined;
  let bottomSet: readonly number[] = [table.blockOf(first)];
  if (!single) {
    let upper = first + 1;
    while (bitOf(table, upper, bottom) === 0) upper++;
    halves = [choicesOf(table, first, upper, bottom + 1), choicesOf(table, upper, end, bottom + 1)];
    bottomSet = merge(halves[0].set, halves[1].set);
  }
  // Every step of the chain has a sibling that is all foreign; from the second on nothing else is left to choose.
  const steps = bottom - depth;
  const set = steps === 0 ? bottomSet : steps === 1 ? merge(bottomSet, [FOREIGN]) : [FOREIGN];
  return { first, depth, bottom, bottomSet, set, ...(halves && { halves }) };
}

/** What both can do without a rule, else what one of them can. Both ascending. */
function merge(a: readonly number[], b: readonly number[]): number[] {
  const both = a.filter((x) => b.includes(x));
  return both.length > 0 ? both : [...a, ...b].sort((x, y) => x - y);
}

/** Emits the rules of a part, given the destination that a rule above it says. */
function choose(table: SourceTable, part: Part, inherited: number, rules: FlatRule[]): void {
  const { first, depth, bottom } = part;
  const say = (length: number, set: readonly number[], above: number, sibling = false): number => {
    if (set.includes(above)) return above;
    const prefix = prefixAt(table, first, length);
    rules.push({ prefix: sibling ? siblingOf(prefix) : prefix, block: set[0] });
    return set[0];
  };
  let current = say(depth, part.set, inherited);
  if (bottom > depth) {
    // With two steps or more the destination is foreign by now, and the siblings on the way need nothing.
    say(bottom, [FOREIGN], current, true);
    current = say(bottom, part.bottomSet, current);
  }
  for (const half of part.halves ?? []) choose(table, half, current, rules);
}

function siblingOf({ family, value, length }: Prefix): Prefix {
  return { family, value: value ^ (1n << BigInt(widthOf(family) - length)), length };
}
