import { BAND } from "../../model/numbers";
import { PlanRule, RuleAction } from "../../model/plan";
import { widthOf } from "../../net/address";
import { prefixTextAt } from "../../net/packed";
import { formatPrefix } from "../../net/prefix";
import { FOREIGN, FlatRule } from "./flat";
import { SourceTable } from "./table";
import { Tree } from "./tree";

/** Where the rules for what is not ours go on: past the blocks. */
const ELSEWHERE = { kind: "goto", priority: BAND.devices } as const;

/** A segment of the tree takes two priorities: one for its rules, one for the way out. */
export const SEGMENTS = (BAND.dispatchEnd - BAND.dispatch + 1) / 2;

/** A flat list: longer prefixes have smaller priorities, the same for every list, so that the longest decides. */
export function layFlat(rules: readonly FlatRule[]): PlanRule[] {
  return [...rules]
    .sort((a, b) => b.prefix.length - a.prefix.length || (a.prefix.value < b.prefix.value ? -1 : 1))
    .map(({ prefix, block }) => ({
      priority: BAND.dispatch + widthOf(prefix.family) - prefix.length,
      from: formatPrefix(prefix),
      action: block === FOREIGN ? ELSEWHERE : { kind: "goto", priority: block },
    }));
}

/**
 * The rules of a tree. A segment is all that is asked without a jump: questions, then the sources of the leaf they
 * lead to, then the way out for what is none of them. Jumps go to segments with greater priorities.
 *
 * Each jump halves the range of segments that is left, whatever the number of sources on either side, as long as
 * both then have enough. So a segment's priority says which way leads to it, and hardly ever changes because
 * of sources elsewhere.
 *
 * @param tree that needs at most {@link SEGMENTS}
 * @param rules to which those of the tree are added, in the order of their priorities
 */
export function layTree(table: SourceTable, tree: Tree, rules: PlanRule[]): void {
  const { items, first, next, lengths, later, segments } = tree;
  const priorityOf = (segment: number): number => BAND.dispatch + 2 * segment;
  // One object a block, not one a rule.
  const actions = new Map<number, RuleAction>();
  const intoBlock = (block: number): RuleAction => {
    const known = actions.get(block);
    if (known !== undefined) return known;
    const action: RuleAction = { kind: "goto", priority: block };
    actions.set(block, action);
    return action;
  };
  const layLeaf = (node: number, segment: number): void => {
    const priority = priorityOf(segment);
    for (let i = first[node]; i < next[node]; i++) {
      const item = items[i];
      rules.push({ priority, from: table.textOf(item), action: intoBlock(table.blockOf(item)) });
    }
    rules.push({ priority: priority + 1, action: ELSEWHERE });
  };
  const lay = (node: number, begin: number, end: number): void => {
    if (lengths[node] === 0) return layLeaf(node, begin);
    const segment = begin + later[node];
    const [jump, stay] = [node + 1, next[node]];
    const half = (segment + end) >>> 1;
    const target = Math.min(Math.max(half, segment + segments[stay]), end - segments[jump]);
    const from = prefixTextAt(table, first[node], lengths[node]);
    rules.push({
      priority: priorityOf(segment),
      from,
      action: { kind: "goto", priority: priorityOf(target) },
    });
    lay(stay, segment, target);
    lay(jump, target, end);
  };
  lay(0, 0, SEGMENTS);
}
