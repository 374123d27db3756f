import { Address } from "../net/address";
import { choices6 } from "./fib6";
import { Answer, Chain, CompiledTable, FamilyModel, Model, Probe, Step, Tracer } from "./model";
import { unclearLength } from "./nexthops6";
import { describeRoute, describeRule } from "./text";

/** Looks the flow up in one table. Leaves "again" when the table has no answer. */
export type TableLookup = (
  model: Model,
  table: CompiledTable,
  probe: Probe,
  answer: Answer,
  trace?: Tracer,
) => void;

/**
 * Walks the rules (net/core/fib_rules.c, fib_rules_lookup): the first rule that matches and whose action decides.
 * A table that has no answer, or whose answer the rule suppresses, does not decide.
 */
export function walk(
  model: Model,
  family: FamilyModel,
  chain: readonly Step[],
  lookup: TableLookup,
  probe: Probe,
  answer: Answer,
  trace?: Tracer,
): void {
  let i = 0;
  while (i < chain.length) {
    const step = chain[i++];
    const match = step.always ? "yes" : matches(step, probe);
    if (trace !== undefined && match !== "yes") {
      trace.note(`${describeRule(step.rule)}: ${match === "no" ? "does not match" : "cannot be told"}`);
    }
    if (match === "no") continue;
    trace?.matched?.(step.rule);
    answer.step = step;
    if (match === "unclear") {
      answer.doubt(`whether rule "${describeRule(step.rule)}" matches: ${whyUnclear(step)}`);
      return;
    }
    switch (step.act) {
      case "nop":
        trace?.note(`${describeRule(step.rule)}: does nothing`);
        continue;
      case "goto":
        if (step.jump >= 0) i = step.jump;
        trace?.note(
          `${describeRule(step.rule)}: ${step.jump >= 0 ? "jumps" : "its target is not there, so it does nothing"}`,
        );
        continue;
      case "reject":
        trace?.note(`${describeRule(step.rule)}: refuses`);
        answer.fail(step.error);
        return;
      case "lookup": {
        const id = step.l3mdev ? vrfTable(model, probe) : step.table;
        trace?.note(`${describeRule(step.rule)}: matches`);
        const table = family.tables.get(id);
        if (table === undefined) {
          trace?.note(`  table ${id} is empty; on to the next rule`);
          continue;
        }
        answer.status = "again";
        if (trace === undefined) lookup(model, table, probe, answer);
        else trace.deeper(() => lookup(model, table, probe, answer, trace));
        if (answer.status === "again") continue;
        if (answer.status !== "ok") return;
        if (probe.family === 6 && step.suppressLength >= 0) {
          const because = unclearLength(model, answer.route!, step.suppressLength);
          if (because !== undefined) {
            answer.doubt(because);
            return;
          }
        }
        const suppression = suppressed(model, step, probe, answer);
        if (suppression === "by chance") {
          const route = describeRoute(answer.route!.route);
          answer.doubt(
            `rule "${describeRule(step.rule)}" suppresses some hops of "${route}", and one is chosen by a hash`,
          );
          return;
        }
        if (suppression === "yes") {
          trace?.note(`  the rule suppresses "${describeRoute(answer.route!.route)}"; on to the next rule`);
          answer.status = "again";
          continue;
        }
        return;
      }
    }
  }
  answer.step = undefined;
  answer.route = undefined;
  trace?.note("no rule is left: unreachable");
  answer.fail("ENETUNREACH");
}

type Match = "yes" | "no" | "unclear";

export function matches(step: Step, probe: Probe): Match {
  if (!selectorsHold(step, probe)) return step.not ? "yes" : "no";
  if (step.unclear || step.tunnel) return "unclear";
  return step.not ? "no" : "yes";
}

/** The conjunction of the selectors that are modelled. */
function selectorsHold(step: Step, probe: Probe): boolean {
  if (step.iif !== -1 && step.iif !== probe.iif) return false;
  if (step.oif !== -1 && step.oif !== probe.oif) return false;
  if (((step.mark ^ probe.mark) & step.mask) !== 0) return false;
  if (step.l3mdev && probe.l3mdev < 0) return false;
  if (probe.uid < step.uidLow || probe.uid > step.uidHigh) return false;
  if (probe.family === 4) {
    if (step.hasTo && (step.to4 ^ probe.dst4) >>> step.toShift !== 0) return false;
    if (step.hasFrom && (step.from4 ^ probe.src4) >>> step.fromShift !== 0) return false;
    // IPv4 `tos` rules see the lower three bits of the DSCP alone (fib_dscp_masked_match).
    if (step.tos !== 0 && step.tos !== (probe.tos & 0x1c)) return false;
  } else {
    if (step.hasTo && probe.dst6 >> BigInt(step.toShift) !== step.to6) return false;
    if (step.hasFrom && (!probe.hasSource || probe.src6 >> BigInt(step.fromShift) !== step.from6))
      return false;
    if (step.tos !== 0 && step.tos !== (probe.tos & 0xfc)) return false;
  }
  if (step.protocol !== 0 && step.protocol !== probe.protocol) return false;
  if (step.hasPorts) {
    if (probe.sport < step.sportLow || probe.sport > step.sportHigh) return false;
    if (probe.dport < step.dportLow || probe.dport > step.dportHigh) return false;
  }
  return true;
}

function whyUnclear(step: Step): string {
  return step.tunnel ? "it asks for a tunnel id" : `it has ${step.rule.unmodelled.join(", ")}`;
}

/**
 * Both suppressors, joined by "or" (fib4_rule_suppress, fib6_rule_suppress). IPv4 looks at the group of the route's
 * first device, whichever hop is taken later; IPv6 has taken the hop by then.
 */
function suppressed(model: Model, step: Step, probe: Probe, answer: Answer): "yes" | "no" | "by chance" {
  const route = answer.route!;
  if (route.length <= step.suppressLength) return "yes";
  if (step.suppressGroup === -1) return "no";
  const inGroup = (hop: number): boolean =>
    model.devices[route.hops[hop]?.device ?? -1]?.link.group === step.suppressGroup;
  if (probe.family === 4 || route.hops.length === 1) return inGroup(0) ? "yes" : "no";
  const found = choices6(probe, answer).map(inGroup);
  if (found.every((inside) => inside)) return "yes";
  return found.some((inside) => inside) ? "by chance" : "no";
}

function vrfTable(model: Model, probe: Probe): number {
  return model.devices[probe.l3mdev]?.link.vrfTable ?? 0;
}

/** The chain of a source; of a packet that has none yet where it is absent. IPv4 takes it for 0.0.0.0 then. */
export function chainFor(
  { family, sources, chains, chainWithoutSource }: FamilyModel,
  source?: Address,
): Chain {
  if (source === undefined && family === 6) return chainWithoutSource;
  return chains[sources.intervalOf(source ?? { family, value: 0n })];
}

/** The chain of the flow's source. */
export function chainOf(family: FamilyModel, probe: Probe): readonly Step[] {
  if (probe.family === 4) return family.chains[family.sources.interval4(probe.src4)].steps;
  if (!probe.hasSource) return family.chainWithoutSource.steps;
  return family.chains[family.sources.interval6(probe.src6)].steps;
}
