import { PlanRule } from "../../model/plan";
import { flatRules } from "./flat";
import { guardRules } from "./guard";
import { SEGMENTS, layFlat, layTree } from "./layout";
import { SourceTable } from "./table";
import { Tree, buildTree } from "./tree";

export { Source, SourceTable, tableOf } from "./table";

/**
 * The longest flat list. A walk through half of it costs at most one rule more than a tree over as many, and it
 * is what a person expects to read.
 */
export const FLAT_MOST = 8;

/** Sources a leaf of the tree: more make longer walks, fewer make more rules and no shorter walks. */
const LEAF_SIZE = 6;

/** Disjoint prefixes of which {@link FLAT_MOST} nested ones can be made; with more there is no need to look. */
const NESTED_MOST = 16 * FLAT_MOST;

/**
 * The rules that lead every source to its block, and everything else past the blocks, for the fewest rules walked:
 * a guard, then the shortest flat list while it is short, else a decision tree. The kernel walks rules one by one,
 * so the walk is what a lookup costs.
 *
 * Guarantees: every source reaches its block and nothing else does; every `goto` leads ahead, to a rule that
 * exists; rules of one priority match disjoint sets of packets, so their order among themselves says nothing; the
 * result depends on the set of sources alone, and one source more or less changes few rules (docs/performance.md).
 *
 * @param table of one family, with at least one source
 * @param forwards whether packets that the host forwards may carry one of the sources
 */
export function compileDispatch(table: SourceTable, forwards: boolean): PlanRule[] {
  const flat = table.size <= NESTED_MOST ? flatRules(table) : undefined;
  const short = flat !== undefined && flat.length <= FLAT_MOST;
  const rules = guardRules(table, forwards, !short);
  if (short) rules.push(...layFlat(flat));
  else layTree(table, fittingTree(table), rules);
  return rules;
}

/** The tree with the smallest leaves for which there are priorities enough. */
function fittingTree(table: SourceTable): Tree {
  for (let leafSize = LEAF_SIZE; ; leafSize *= 2) {
    if (table.size > leafSize * SEGMENTS) continue;
    const tree = buildTree(table, leafSize);
    if (tree.segments[0] <= SEGMENTS) return tree;
  }
}
