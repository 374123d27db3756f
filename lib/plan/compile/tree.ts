import { SourceTable, bitOf, commonBits } from "./table";

/**
 * A decision tree over sources. Every decision asks whether the source lies in one prefix, which is all that a rule
 * can ask; sources on one side stay where they are, those on the other jump ahead.
 */
export type Tree = Leaf | Decision;

export interface Leaf {
  readonly kind: "leaf";
  /** Entries of the table, ascending. */
  readonly items: Uint32Array;
}

export interface Decision {
  readonly kind: "decision";
  /** Sources in this prefix jump, the others stay. */
  readonly inside: Span;
  readonly jump: Tree;
  readonly stay: Tree;
  /** The prefix holds one that was asked about before without a jump since: this question must come after that. */
  readonly later: boolean;
  readonly segments: number;
}

/** The prefix of the first `length` bits of an entry. */
export interface Span {
  readonly item: number;
  readonly length: number;
}

/** Priorities that a tree needs: one for each run of questions and sources whose order says nothing. */
export function segmentsOf(tree: Tree): number {
  return tree.kind === "leaf" ? 1 : tree.segments;
}

/**
 * The tree over all entries of a table, with at most `leafSize` a leaf.
 *
 * Every prefix it asks about holds 3 to 7 tenths of the entries in question. There always is one: going down from
 * all of them to the fuller half, the first that holds at most 7 tenths holds at least half of what is more than 7.
 * So at most log(n) / log(10/7) questions lead to a leaf, for any layout, and log2(n) for addresses scattered evenly.
 *
 * Of two halves that are both in bounds the upper one is taken, not the fuller: one source more or less then
 * seldom changes which. Nor do the bounds lie where two, three or four equal subnets would sit on them.
 */
export function buildTree(table: SourceTable, leafSize: number): Tree {
  const all = Uint32Array.from({ length: table.size }, (_, i) => i);
  return grow(table, leafSize, all, []);
}

function grow(table: SourceTable, leafSize: number, items: Uint32Array, asked: readonly Span[]): Tree {
  if (items.length <= leafSize) return { kind: "leaf", items };
  const { start, end, length } = choose(table, items);
  const inside: Span = { item: items[start], length };
  const later = asked.some((a) => a.length >= length && commonBits(table, a.item, inside.item) >= length);
  const jump = grow(table, leafSize, items.subarray(start, end), []);
  const stay = grow(table, leafSize, without(items, start, end), later ? [inside] : [...asked, inside]);
  const segments = segmentsOf(jump) + segmentsOf(stay) + (later ? 1 : 0);
  return { kind: "decision", inside, jump, stay, later, segments };
}

const LEAST = 0.3;
const MOST = 0.7;

/** The range of the items that the next question is about, and the length of the prefix that holds just these. */
function choose(table: SourceTable, items: Uint32Array): { start: number; end: number; length: number } {
  let [start, end] = [0, items.length];
  for (;;) {
    const bit = commonBits(table, items[start], items[end - 1]);
    const middle = firstUpper(table, items, start, end, bit);
    const upper = (end - middle) / items.length;
    const lower = (middle - start) / items.length;
    if (upper > MOST) start = middle;
    else if (lower > MOST) end = middle;
    else if (upper >= LEAST) return { start: middle, end, length: bit + 1 };
    else return { start, end: middle, length: bit + 1 };
  }
}

/** The first of the items that has the bit set, given that they agree in all bits before it. */
function firstUpper(table: SourceTable, items: Uint32Array, start: number, end: number, bit: number): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bitOf(table, items[middle], bit) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

function without(items: Uint32Array, start: number, end: number): Uint32Array {
  if (start === 0) return items.subarray(end);
  if (end === items.length) return items.subarray(0, start);
  const rest = new Uint32Array(items.length - (end - start));
  rest.set(items.subarray(0, start));
  rest.set(items.subarray(end), start);
  return rest;
}
