import { BAND } from "../../model/numbers";
import { Plan, PlanInterface, PlanRule } from "../../model/plan";
import { Family, parseAddress } from "../../net/address";
import { minimalCover } from "../../net/cover";
import { Prefix, formatPrefix, hostPrefix, parsePrefix } from "../../net/prefix";

/**
 * The rules of a family without a jump: what leads a source to its interface's block stands as `from` in every rule of
 * the block. It says the same, in three rules a source instead of one, and a packet without a source of ours walks past
 * all of them. Priorities are those of the blocks, since rules of different sources never match the same packet.
 *
 * @throws Error when the plan has a rule that is neither of a block nor for sockets bound to a device
 */
export function flatRules(plan: Plan, family: Family): PlanRule[] {
  const { rules } = family === 4 ? plan.ipv4 : plan.ipv6;
  return rules.flatMap((rule): PlanRule[] => {
    if (rule.action.kind === "goto" || rule.action.kind === "nop") return [];
    if (rule.oif !== undefined) return [rule];
    const owner = plan.interfaces.find(({ slot }) => {
      const block = BAND.blocks + 3 * slot;
      return rule.priority >= block && rule.priority < block + 3;
    });
    if (owner === undefined) throw new Error(`the rule at +${rule.priority} cannot stand in a flat list`);
    return sourcesOf(owner, family).map((from) => ({ ...rule, from }));
  });
}

/** The fewest prefixes that hold an interface's sources. */
export function sourcesOf({ sources }: PlanInterface, family: Family): string[] {
  const prefixes = sources.map(read).filter((prefix) => prefix.family === family);
  return minimalCover(prefixes).map(formatPrefix);
}

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix.ok) return prefix.value;
  const address = parseAddress(text);
  if (address.ok) return hostPrefix(address.value);
  throw new Error(`the plan has ${text} where a source is needed`);
}
