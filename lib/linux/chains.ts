import { Family } from "../net/address";
import { Chain, FamilyModel, Step } from "./model";
import { PrefixIndex } from "./prefix-index";
import { Rule } from "./state";

/**
 * Rules sorted out by source, since nearly all rules of a multi-homed host name one: for each interval of sources
 * the short list of rules that can match, with the `from` selector decided, unconditional jumps followed, and what
 * lies behind an unconditional refusal cut off. A walk over the chain and a walk over all rules decide alike; the
 * first costs a few steps where the second costs thousands.
 */
export function buildChains(
  family: Family,
  steps: readonly Step[],
): Pick<FamilyModel, "sources" | "chains" | "chainWithoutSource"> {
  const sources = new PrefixIndex(
    family,
    steps.filter((step) => step.hasFrom).map((step) => step.rule.from!),
  );
  const nodes = Int32Array.from(steps, (step) => (step.hasFrom ? sources.nodeFor(step.rule.from!) : -1));
  const general: number[] = [];
  const specific: number[][] = sources.prefixes.map(() => []);
  for (const step of steps) {
    // A `not` rule can match sources outside its prefix as well: it stands in every chain.
    if (!step.hasFrom || step.not) general.push(step.position);
    else specific[nodes[step.position]].push(step.position);
  }
  const known = new Map<string, number>();
  const decisions = new Decisions(steps);
  const chainFor = (node: number, nested: ReadonlySet<number>): Chain => {
    const named: number[] = [];
    for (let n = node; n >= 0; n = sources.parent[n]) named.push(...specific[n]);
    named.sort((a, b) => a - b);
    const inFrom = (position: number): boolean => nested.has(nodes[position]);
    return assemble(decisions, known, general, named, inFrom);
  };
  const byNode = new Map<number, Chain>();
  const chains = Array.from(sources.nodeOf, (node) => {
    let chain = byNode.get(node);
    if (chain === undefined) {
      const nested = new Set<number>();
      for (let n = node; n >= 0; n = sources.parent[n]) nested.add(n);
      byNode.set(node, (chain = chainFor(node, nested)));
    }
    return chain;
  });
  return { sources, chains, chainWithoutSource: chainFor(-1, new Set()) };
}

/**
 * The steps for one class of sources. Positions of `general` and `named` are sorted. A jump whose own match is
 * certain is followed here and now, unless an uncertain one before it leads into what it would leave out.
 */
function assemble(
  decisions: Decisions,
  known: Map<string, number>,
  general: readonly number[],
  named: readonly number[],
  inFrom: (position: number) => boolean,
): Chain {
  const chain: Decided[] = [];
  const positions: number[] = [];
  const targets: number[] = [];
  let g = 0;
  let n = 0;
  let at = 0;
  for (;;) {
    g = lowerBound(general, at, g);
    n = lowerBound(named, at, n);
    if (g >= general.length && n >= named.length) break;
    const position = Math.min(general[g] ?? Infinity, named[n] ?? Infinity);
    const decided = decisions.of(position, inFrom);
    at = position + 1;
    if (decided === undefined) continue;
    const { act, always, jump } = decided.step;
    if (act === "nop" || (act === "goto" && jump < 0)) continue;
    let waiting = Infinity;
    for (const target of targets) if (target >= at && target < waiting) waiting = target;
    if (always && act === "goto" && jump <= waiting) {
      at = jump;
      continue;
    }
    if (act === "goto") targets.push(jump);
    chain.push(decided);
    positions.push(position);
    if (always && (act === "goto" || act === "reject")) {
      if (waiting === Infinity && act === "reject") break;
      at = Math.min(waiting, act === "goto" ? jump : Infinity);
    }
  }
  let key = "";
  const walked = chain.map(({ step, residual }) => {
    key += ` ${residual}`;
    if (step.act !== "goto") return step;
    const jump = lowerBound(positions, step.jump, 0);
    key += `>${jump}`;
    return { ...step, jump };
  });
  return { steps: walked, alike: number(known, key) };
}

/** A step of which the source is decided, and the number that it shares with all that ask and do the same. */
interface Decided {
  readonly step: Step;
  readonly residual: number;
}

/** What is left of each rule inside and outside its `from`; made once, for most rules stand in many chains. */
class Decisions {
  private readonly inside = new Map<number, Decided | undefined>();
  private readonly outside = new Map<number, Decided | undefined>();
  private readonly residuals = new Map<string, number>();

  constructor(private readonly steps: readonly Step[]) {}

  of(position: number, inFrom: (position: number) => boolean): Decided | undefined {
    const inside = !this.steps[position].hasFrom || inFrom(position);
    const known = inside ? this.inside : this.outside;
    let decided = known.get(position);
    if (decided === undefined && !known.has(position)) {
      const step = decideFrom(this.steps[position], inside);
      decided = step && { step, residual: number(this.residuals, residualOf(step)) };
      known.set(position, decided);
    }
    return decided;
  }
}

/** The step without its `from` selector, or undefined when it cannot match. */
function decideFrom(step: Step, inside: boolean): Step | undefined {
  if (!step.hasFrom) return step;
  if (!step.not) return inside ? { ...step, hasFrom: false, always: isAlways(step) } : undefined;
  // not (from P and rest): outside P it matches whatever the rest says; inside it is the rest that is inverted.
  if (!inside) return { ...BARE, ...identity(step), always: true };
  return isAlways(step) ? undefined : { ...step, hasFrom: false };
}

export function isAlways(step: Step): boolean {
  return !(
    step.hasTo ||
    step.iif !== -1 ||
    step.oif !== -1 ||
    step.mask !== 0 ||
    step.tos !== 0 ||
    step.uidLow !== 0 ||
    step.uidHigh !== 0xffffffff ||
    step.protocol !== 0 ||
    step.hasPorts ||
    step.l3mdev ||
    step.tunnel ||
    step.unclear
  );
}

const BARE = {
  not: false,
  hasFrom: false,
  from4: 0,
  from6: 0n,
  fromShift: 0,
  hasTo: false,
  to4: 0,
  to6: 0n,
  toShift: 0,
  iif: -1,
  oif: -1,
  mark: 0,
  mask: 0,
  tos: 0,
  uidLow: 0,
  uidHigh: 0xffffffff,
  protocol: 0,
  hasPorts: false,
  sportLow: 0,
  sportHigh: 0xffff,
  dportLow: 0,
  dportHigh: 0xffff,
  tunnel: false,
  unclear: false,
} as const;

function identity(
  step: Step,
): Pick<
  Step,
  "rule" | "position" | "act" | "table" | "error" | "jump" | "suppressLength" | "suppressGroup" | "l3mdev"
> {
  const { rule, position, act, table, error, jump, suppressLength, suppressGroup, l3mdev } = step;
  return { rule, position, act, table, error, jump, suppressLength, suppressGroup, l3mdev };
}

/** What a step asks and does, apart from which rule it was, from which sources it is for, and where it jumps. */
function residualOf(step: Step): string {
  // Outside its prefix a `not` rule matches whatever else it asks.
  const bare = step.rule.not && !step.not;
  // A rule that is not understood is like no other.
  const unclear = step.unclear ? String(step.position) : "";
  return `${bare ? actionOf(step.rule) : textOf(step.rule)} ${unclear}`;
}

const texts = new WeakMap<Rule, string>();

function textOf(rule: Rule): string {
  let text = texts.get(rule);
  if (text === undefined) {
    const { not, to, iif, oif, mark, tos, uids, protocol, sourcePorts, destinationPorts, tunnelId } = rule;
    const place = to === undefined ? "" : `${to.value}/${to.length}`;
    const asks = [not, iif, oif, mark, tos, uids, protocol, sourcePorts, destinationPorts, tunnelId];
    texts.set(rule, (text = `${actionOf(rule)} ${place} ${JSON.stringify(asks)}`));
  }
  return text;
}

function actionOf({ action, l3mdev, suppressPrefixLength, suppressGroup }: Rule): string {
  const table = action.kind === "lookup" ? action.table : "";
  return `${action.kind} ${table} ${l3mdev} ${suppressPrefixLength} ${suppressGroup}`;
}

function number(known: Map<string, number>, key: string): number {
  let n = known.get(key);
  if (n === undefined) known.set(key, (n = known.size));
  return n;
}

/** The first index at or after `start` whose value is at least `value`. */
function lowerBound(sorted: readonly number[], value: number, start: number): number {
  let low = start;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
