import { PackedPrefixes, bitOf, commonBits } from "../../net/packed";

/**
 * A decision tree over sources. Every decision asks whether the source lies in one prefix, which is all that a rule
 * can ask; sources on one side stay where they are, those on the other jump ahead.
 */
export type Tree = Leaf | Decision;

export interface Leaf {
  readonly kind: "leaf";
  /** Entries of the table, ascending: those in [start, end). */
  readonly items: Uint32Array;
  readonly start: number;
  readonly end: number;
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
 * Every prefix it asks about holds 18 to 82 hundredths of the entries in question. There always is one: going down
 * from all of them to the fuller half, the first that holds at most 82 holds at least half of what is more than 82.
 * So at most log(n) / log(100/82) questions lead to a leaf, for any layout, and log2(n) for addresses scattered evenly.
 *
 * The bounds are wide, and of two halves that are both in bounds the upper one is taken, not the fuller: one source
 * more or less then seldom changes which. Nor do the bounds lie where two to five equal subnets would sit on them.
 */
export function buildTree(table: PackedPrefixes, leafSize: number): Tree {
  const all = new Uint32Array(table.size);
  for (let i = 0; i < all.length; i++) all[i] = i;
  return grow(table, leafSize, all, 0, all.length, []);
}

function grow(
  table: PackedPrefixes,
  leafSize: number,
  items: Uint32Array,
  start: number,
  end: number,
  asked: readonly Span[],
): Tree {
  if (end - start <= leafSize) return { kind: "leaf", items, start, end };
  const { from, to, length } = choose(table, items, start, end);
  const inside: Span = { item: items[from], length };
  const later = asked.some((a) => a.length >= length && commonBits(table, a.item, inside.item) >= length);
  const next = later ? [inside] : [...asked, inside];
  const jump = grow(table, leafSize, items, from, to, []);
  let stay: Tree;
  if (from === start) stay = grow(table, leafSize, items, to, end, next);
  else if (to === end) stay = grow(table, leafSize, items, start, from, next);
  else {
    const outside = new Uint32Array(end - start - (to - from));
    outside.set(items.subarray(start, from));
    outside.set(items.subarray(to, end), from - start);
    stay = grow(table, leafSize, outside, 0, outside.length, next);
  }
  const segments = segmentsOf(jump) + segmentsOf(stay) + (later ? 1 : 0);
  return { kind: "decision", inside, jump, stay, later, segments };
}

const LEAST = 0.18;
const MOST = 0.82;

/** The range of the items that the next question is about, and the length of the prefix that holds just these. */
function choose(
  table: PackedPrefixes,
  items: Uint32Array,
  start: number,
  end: number,
): { from: number; to: number; length: number } {
  const count = end - start;
  let [from, to] = [start, end];
  for (;;) {
    const bit = commonBits(table, items[from], items[to - 1]);
    const middle = firstUpper(table, items, from, to, bit);
    const upper = (to - middle) / count;
    const lower = (middle - from) / count;
    if (upper > MOST) from = middle;
    else if (lower > MOST) to = middle;
    else if (upper >= LEAST) return { from: middle, to, length: bit + 1 };
    else return { from, to: middle, length: bit + 1 };
  }
}

/** The first of the items that has the bit set, given that they agree in all bits before it. */
function firstUpper(
  table: PackedPrefixes,
  items: Uint32Array,
  start: number,
  end: number,
  bit: number,
): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bitOf(table, items[middle], bit) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}
