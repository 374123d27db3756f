import { ACTIVE, BAND, BAND_SIZE, BAND_START, JOIN } from "../model/numbers";
import { Plan, PlanFamily, PlanRule } from "../model/plan";
import { UnmanagedRoutes } from "../model/spec";
import { FamilyCost, costOf, timesOf } from "../plan/cost";
import { concreteWords } from "../render/materialize";
import { ruleTokens } from "../render/words";
import { count, wrap } from "./layout";

/** A long list of sources is told by its beginning; `--json` has it all. */
const MOST_DISPATCH = 16;

/** The rules of one family as ip-rule(8) writes them, in groups that say what they are for. */
export function ruleLines(plan: Plan, family: 4 | 6, { rules }: PlanFamily): string[] {
  const { priorityBase } = plan.numbers;
  const start = priorityBase + BAND_START[0];
  const fill = concreteWords(plan, 0, (name) => name);
  const blocks = new Map(plan.interfaces.map((i) => [BAND.blocks + 3 * i.slot, i.name]));
  const line = (rule: PlanRule): string[] => {
    const [priority, ...words] = fill(ruleTokens(rule, family, plan.numbers)).split(" ");
    const target = rule.action.kind === "goto" ? blocks.get(Number(rule.action.priority)) : undefined;
    return wrap(
      `  ${priority}: `,
      [...words, ...(target === undefined ? [] : [`(${target})`])],
      " ".repeat(8),
    );
  };
  const between = (low: number, high: number): PlanRule[] =>
    rules.filter(({ priority }) => priority >= low && priority < high);
  const group = (title: string, members: readonly PlanRule[]): string[] =>
    members.length === 0 ? [] : [...wrap("  # ", title.split(" "), "  # "), ...members.flatMap(line)];

  const marks = between(BAND.marks, BAND.before).filter(({ mark }) => mark !== undefined);
  const before = between(BAND.before, BAND.guard);
  const guards = between(BAND.anchor, BAND.dispatch).filter((r) => !marks.includes(r) && !before.includes(r));
  const devices = between(BAND.devices, BAND.after);
  const dispatch = between(BAND.dispatch, BAND.skip);
  const hidden = dispatch.length > MOST_DISPATCH ? dispatch.splice(MOST_DISPATCH - 2).length : 0;
  const cost = costOf(rules, family);
  const follows = plan.unmanagedRoutes === UnmanagedRoutes.Follow;
  return [
    `IPv${family}: ${count(rules.length, "rule")} from ${start}; the next generation's are ${BAND_SIZE} later`,
    ...(cost === undefined ? [] : costLines(cost)),
    "  # the switch: which generation is in force",
    `  ${priorityBase + ACTIVE}: goto ${start}`,
    ...group("answers of tracked connections: back by the interface they came in by", marks),
    ...group("traffic policies before the rules for sources", before),
    ...group("what cannot come from a source of ours leaves at once", guards),
    ...group("every source to the block of its interface", dispatch),
    ...(hidden === 0 ? [] : [`  ...   and ${hidden} more, which --json lists`]),
    ...group("no source of ours: past the blocks", between(BAND.skip, BAND.blocks)),
    ...[...blocks]
      .sort(([a], [b]) => a - b)
      .flatMap(([block, name]) =>
        group(
          follows
            ? `${name}: containers and tunnels by main, all else by its table, or nowhere`
            : `${name}: by its table, or nowhere`,
          between(block, block + 3),
        ),
      ),
    ...group(
      "what is forwarded is of no socket",
      devices.filter(({ iif }) => iif !== undefined),
    ),
    ...group(
      "sockets bound to a device",
      devices.filter(({ oif }) => oif !== undefined),
    ),
    ...group(
      `the identity: by main, where FRR has its ways, but ${follows ? "no default" : "no way"} of others`,
      devices.filter(({ from }) => from !== undefined),
    ),
    ...group("traffic policies after the rules for sources", between(BAND.after, BAND.exit)),
    ...group("on to the rules of the host", between(BAND.exit, BAND_SIZE)),
    `  ${priorityBase + JOIN}: nop`,
  ];
}

/** The kernel walks the rules one by one, so the walk is what a lookup costs. */
function costLines({ owned, unset, foreign }: FamilyCost): string[] {
  const others = [
    `${unset.rules} while a socket has no source,`,
    `${foreign.average.rules} from sources of others`,
  ];
  const words =
    owned === undefined
      ? ["a lookup walks", ...others]
      : [
          `a lookup walks ${owned.average.rules} of them on average, ${owned.worst.rules} at worst;`,
          `${others.join(" ")};`,
          `it takes ${timesOf(owned)} as long as without rules`,
        ];
  return wrap("  # ", words.join(" ").split(" "), "  # ");
}
