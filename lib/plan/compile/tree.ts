import { PackedPrefixes, bitOf, commonBits } from "../../net/packed";

/**
 * A decision tree over sources. Every decision asks whether the source lies in one prefix, which is all that a rule
 * can ask; sources on one side stay where they are, those on the other jump ahead.
 *
 * There may be very many, so nodes are numbers: node 0 is the root, and a decision's subtree of those that jump begins at
 * the node after it.
 */
export interface Tree {
  /** Entries of the table, leaf by leaf; those of a leaf ascend. */
  readonly items: Uint32Array;
  /** Of a leaf where its items begin; of a decision an entry in the prefix that is asked about. */
  readonly first: number[];
  /** Of a leaf where its items end; of a decision the node of those that stay. */
  readonly next: number[];
  /** Length of the prefix that is asked about; 0 for a leaf. */
  readonly lengths: number[];
  /** 1: the prefix holds one that was asked about before without a jump since, so the question must come after that. */
  readonly later: (0 | 1)[];
  /** Priorities that a subtree needs: one for each run of questions and sources whose order says nothing. */
  readonly segments: number[];
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
 *
 * @param leafSize at least 2
 */
export function buildTree(table: PackedPrefixes, leafSize: number): Tree {
  const { size } = table;
  const items = new Uint32Array(size);
  for (let i = 0; i < size; i++) items[i] = i;
  const tree: Tree = { items, first: [], next: [], lengths: [], later: [], segments: [] };
  grow({ table, leafSize, tree, asked: [] }, 0, size, 0);
  return tree;
}

interface Growth {
  readonly table: PackedPrefixes;
  readonly leafSize: number;
  readonly tree: Tree;
  /** Decisions on the way to where the tree grows. */
  readonly asked: number[];
}

/**
 * Adds the subtree over a range of the items, and returns its node.
 *
 * @param since of what has been asked, the first without a jump since
 */
function grow(growth: Growth, start: number, end: number, since: number): number {
  const { table, leafSize, tree, asked } = growth;
  if (end - start <= leafSize) {
    return addNode(tree, { first: start, next: end, length: 0, later: 0, segments: 1 });
  }
  const { from, to, length } = choose(table, tree.items, start, end);
  const item = tree.items[from];
  const top = asked.length;
  const later = isHeld(growth, since, item, length) ? 1 : 0;
  // What leads to those that stay, and how much there is, is known when both sides stand.
  const node = addNode(tree, { first: item, next: 0, length, later, segments: 0 });
  // Those that jump lie at one end of the range, those that stay at the other.
  const ahead = from === start;
  const split = ahead ? to : end - (to - from);
  if (!ahead && to < end) moveToEnd(tree.items, from, to, end);
  const jump = ahead ? grow(growth, start, split, top) : grow(growth, split, end, top);
  asked.length = top;
  asked.push(node);
  const still = later === 1 ? top : since;
  const stay = ahead ? grow(growth, split, end, still) : grow(growth, start, split, still);
  tree.next[node] = stay;
  tree.segments[node] = tree.segments[jump] + tree.segments[stay] + later;
  return node;
}

interface Node {
  readonly first: number;
  readonly next: number;
  readonly length: number;
  readonly later: 0 | 1;
  readonly segments: number;
}

function addNode(tree: Tree, { first, next, length, later, segments }: Node): number {
  tree.next.push(next);
  tree.lengths.push(length);
  tree.later.push(later);
  tree.segments.push(segments);
  return tree.first.push(first) - 1;
}

/** Whether the prefix holds one that has been asked about. */
function isHeld({ table, tree, asked }: Growth, since: number, item: number, length: number): boolean {
  for (let i = since; i < asked.length; i++) {
    const node = asked[i];
    if (tree.lengths[node] >= length && commonBits(table, tree.first[node], item) >= length) return true;
  }
  return false;
}

/** Moves items[from, to) behind those up to `end`. */
function moveToEnd(items: Uint32Array, from: number, to: number, end: number): void {
  const moved = items.slice(from, to);
  items.copyWithin(from, to, end);
  items.set(moved, end - moved.length);
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
