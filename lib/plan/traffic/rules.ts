import { Host } from "../../model/host";
import { BAND } from "../../model/numbers";
import { PlanRule, RuleAction } from "../../model/plan";
import { Otherwise } from "../../model/spec";
import { Traffic } from "../../model/traffic";
import { Family } from "../../net/address";
import { Prefix, formatPrefix } from "../../net/prefix";
import { interfacesOf, waysOfOthers } from "../sources";
import { exitTable, leadingOut, shareTable } from "./tables";

/** Priorities for the policies of one place: the first, and the one after the last. */
interface Room {
  readonly start: number;
  readonly end: number;
}

const BEFORE: Room = { start: BAND.before, end: BAND.guard };
const AFTER: Room = { start: BAND.after, end: BAND.exit };

/**
 * The rules of the traffic policies of one family, those before the rules for sources and those after them.
 *
 * A policy that one rule can tell turns away what is not its traffic, and falls into its block:
 *
 *   P      not SELECTORS goto next
 *   P      the block
 *
 * Others lead into the block by a rule for each combination of their selectors' values:
 *
 *   P      SELECTORS goto P+2      (several)
 *   P+1    goto next
 *   P+2    the block
 *
 * The jump past the block has a priority of its own: to the kernel a rule without prefixes is there already when one of the
 * same priority and action has some (net/ipv4/fib_rules.c, fib4_rule_compare).
 *
 * A socket that is bound to a device has chosen its way: those of our interfaces pass by the policies before the rules
 * for sources, and are through before those after them.
 *
 * The block asks main for what leaves by no interface of ours (where no destinations are given, and it is not about sources
 * of a host that ignores such ways), then the tables of the interfaces, then says what becomes of the rest. Rules of one priority stand in the order in which they are added.
 */
export function trafficRules(host: Host, family: Family): { before: PlanRule[]; after: PlanRule[] } {
  const before = layOut(host, family, true, BEFORE, { kind: "goto", priority: BAND.guard });
  const bound = before.length === 0 ? [] : interfacesOf(host, family);
  return {
    before: [
      ...bound.map(({ name }): PlanRule => ({
        priority: BEFORE.start,
        oif: name,
        action: { kind: "goto", priority: BAND.guard },
      })),
      ...before,
    ],
    after: layOut(host, family, false, AFTER, { kind: "goto", priority: BAND.exit }),
  };
}

/** Priorities that policies take, for the place with the less room left; positive when they do not fit. */
export function overflow(traffic: readonly Traffic[]): { before: number; after: number } {
  const need = (before: boolean): number =>
    traffic
      .filter((t) => t.beforeSources === before)
      .reduce((sum, t) => sum + Math.max(...t.families.map((f) => widthOf(selections(t, f)))), 0);
  return { before: need(true) - (BEFORE.end - BEFORE.start), after: need(false) - (AFTER.end - AFTER.start) };
}

function layOut(host: Host, family: Family, before: boolean, room: Room, last: RuleAction): PlanRule[] {
  const policies = host.traffic.filter((t) => t.beforeSources === before && t.families.includes(family));
  if (policies.length === 0) return [];
  const able = leadingOut(host, family);
  const blocks = policies
    .map((t) => ({ selections: selections(t, family), block: blockOf(host, t, family, able) }))
    .filter(({ block }) => block.length > 0);
  let priority = room.start;
  return blocks.flatMap(({ selections, block }, i): PlanRule[] => {
    const here = priority;
    priority += widthOf(selections);
    const next: RuleAction = i === blocks.length - 1 ? last : { kind: "goto", priority };
    const into = here + widthOf(selections) - 1;
    const guard: PlanRule[] = selects(selections)
      ? selections.length === 1
        ? [{ priority: here, not: true, ...selections[0], action: next }]
        : [
            ...selections.map((s): PlanRule => ({
              priority: here,
              ...s,
              action: { kind: "goto", priority: into },
            })),
            { priority: here + 1, action: next },
          ]
      : [];
    return [...guard, ...block.map((action): PlanRule => ({ priority: into, action }))];
  });
}

type Selection = Omit<PlanRule, "priority" | "action" | "not">;

/** All combinations ask for the same fields. */
function selects([first]: readonly Selection[]): boolean {
  return Object.keys(first).length > 0;
}

function widthOf(selections: readonly Selection[]): number {
  return selections.length === 1 ? 1 : 3;
}

/** Every combination of the selectors' values, as a rule can ask for it; one that asks for nothing when there are none. */
export function selections(t: Traffic, family: Family): Selection[] {
  let all: Selection[] = [{}];
  const by = <T>(values: readonly T[], select: (value: T) => Selection): void => {
    if (values.length > 0) all = all.flatMap((s) => values.map((v) => ({ ...s, ...select(v) })));
  };
  // A prefix of length 0 is all of the family.
  const texts = (prefixes: readonly Prefix[]): string[] =>
    prefixes.filter((p) => p.family === family && p.length > 0).map(formatPrefix);
  by(texts(t.from), (from) => ({ from }));
  by(texts(t.to), (to) => ({ to }));
  by(t.incoming, (incoming) => ({ incoming }));
  by(t.marks, (mark) => ({ mark }));
  // What is forwarded counts as root's.
  by(t.users, (users) => ({ iif: "lo", users }));
  by(t.protocol === undefined ? [] : [t.protocol], (protocol) => ({ protocol }));
  by(t.sourcePorts, (sourcePorts) => ({ sourcePorts }));
  by(t.destinationPorts, (destinationPorts) => ({ destinationPorts }));
  by(t.dscp, (dscp) => ({ dscp }));
  return all;
}

function blockOf(host: Host, t: Traffic, family: Family, able: ReadonlySet<string>): RuleAction[] {
  const use = t.use.filter((name) => able.has(name));
  const out: RuleAction[] =
    t.weights === undefined
      ? use.map((name) => ({ kind: "table", table: exitTable(name) }))
      : use.length > 0
        ? [{ kind: "table", table: shareTable(t) }]
        : [];
  if (out.length === 0 && t.otherwise === Otherwise.Next) return [];
  const stays = t.to.length > 0 ? [] : waysOfOthers(host, family, t.beforeSources);
  const end: RuleAction[] = t.otherwise === Otherwise.Next ? [] : [{ kind: t.otherwise }];
  return [...stays, ...out, ...end];
}
