import * as fc from "fast-check";
import { BAND, PlanRule } from "../../../lib/model";
import { Family, Prefix, contains, minimalCover, overlaps, widthOf } from "../../../lib/net";
import { Source } from "../../../lib/plan/compile";
import { prefix } from "../../net/support";

/**
 * Where a list of dispatch rules leads a packet: an evaluator by the text of ip-rule(8), one rule after the other,
 * which knows nothing of trees. Blocks answer by their offset, everything else is "elsewhere".
 */

export interface Packet {
  /** Absent: no source yet. */
  readonly from?: bigint;
  readonly forwarded?: boolean;
}

export type Destination = number | "elsewhere";

export interface Walked {
  readonly to: Destination;
  /** Rules examined. */
  readonly examined: number;
}

export class Evaluator {
  private readonly selectors: readonly (Prefix | undefined)[];

  constructor(
    readonly rules: readonly PlanRule[],
    readonly family: Family,
  ) {
    this.selectors = rules.map((r) => (r.from === undefined ? undefined : prefix(r.from)));
  }

  walk(packet: Packet): Walked {
    const source = packet.from ?? (this.family === 4 ? 0n : undefined);
    let examined = 0;
    for (let i = 0; i < this.rules.length;) {
      const rule = this.rules[i];
      examined++;
      if (this.matches(i, source, packet.forwarded === true) === (rule.not === true)) {
        i++;
        continue;
      }
      if (rule.action.kind === "nop") {
        i++;
        continue;
      }
      if (rule.action.kind !== "goto" || rule.action.priority === "join")
        throw new Error("not a dispatch rule");
      const { priority } = rule.action;
      if (priority >= BAND.blocks)
        return { to: priority === BAND.devices ? "elsewhere" : priority, examined };
      const target = this.rules.findIndex((r) => r.priority === priority);
      // The kernel passes over a jump without a target.
      i = target < 0 ? i + 1 : target;
    }
    return { to: "elsewhere", examined };
  }

  private matches(i: number, source: bigint | undefined, forwarded: boolean): boolean {
    const selector = this.selectors[i];
    if (this.rules[i].iif !== undefined && forwarded) return false;
    if (selector === undefined) return true;
    return source !== undefined && contains(selector, { family: this.family, value: source });
  }
}

/** One rule a source, in any order: what the compiled list must be equal to. */
export function intended(sources: readonly Source[], family: Family, value: bigint): Destination {
  const holder = sources.find((s) => contains(s.prefix, { family, value }));
  return holder === undefined ? "elsewhere" : holder.block;
}

/** Every address at which an answer could change: both sides of both ends of every prefix in sources and rules. */
export function boundaries(sources: readonly Source[], rules: readonly PlanRule[], family: Family): bigint[] {
  const most = (1n << BigInt(widthOf(family))) - 1n;
  const all = new Set<bigint>([0n, most]);
  const add = ({ value, length }: Prefix): void => {
    const last = value + (1n << BigInt(widthOf(family) - length)) - 1n;
    for (const v of [value - 1n, value, last, last + 1n]) if (v >= 0n && v <= most) all.add(v);
  };
  sources.forEach((s) => add(s.prefix));
  rules.forEach((r) => r.from !== undefined && add(prefix(r.from)));
  return [...all];
}

export const blockOf = (slot: number): number => BAND.blocks + 3 * slot;

/** Disjoint between blocks, as the planner's input is: later prefixes that touch another block's are dropped. */
export function disjoint(drawn: readonly Source[]): Source[] {
  const kept: Source[] = [];
  for (const source of drawn) {
    if (kept.every((k) => k.block === source.block || !overlaps(k.prefix, source.prefix))) kept.push(source);
  }
  return kept;
}

/**
 * Sources of every kind of layout: crowded into one subnet, far apart, neighbours, whole prefixes, and chains in
 * which every address shares one bit more with the next, which no split into halves can balance.
 */
export function layouts(family: Family): fc.Arbitrary<Source[]> {
  const width = widthOf(family);
  const base = family === 4 ? 0x0a000000n : 0xfd00n << 112n;
  const prefixAt = (value: bigint, length: number): Prefix => {
    const host = BigInt(width - length);
    return { family, value: (value >> host) << host, length };
  };
  const block = fc.integer({ min: 0, max: 14 }).map(blockOf);
  const crowded = fc
    .tuple(fc.nat(255), block)
    .map(([v, b]) => ({ prefix: prefixAt(base + BigInt(v), width), block: b }));
  const wide = fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }), fc.integer({ min: 1, max: width }), block)
    .map(([v, length, b]) => ({ prefix: prefixAt(v, length), block: b }));
  const chained = fc
    .tuple(fc.nat(width - 1), block)
    .map(([bit, b]) => ({ prefix: prefixAt(1n << BigInt(bit), width), block: b }));
  const delegated = fc
    .tuple(fc.nat(63), block)
    .map(([n, b]) => ({ prefix: prefixAt(base + (BigInt(n) << 4n), width - 4), block: b }));
  return (
    fc
      .array(fc.oneof(crowded, crowded, wide, chained, delegated), { minLength: 1, maxLength: 120 })
      // The unspecified address is nobody's source (the planner refuses it), and IPv4's "none yet".
      .map((drawn) => disjoint(drawn.filter((s) => s.prefix.value !== 0n)))
      .filter((sources) => sources.length > 0)
  );
}

/** k interfaces with m addresses each at random places of one /20 (or /112). */
export function scattered(family: Family, k: number, m: number, seed: number): Source[] {
  const base = family === 4 ? 0x0a000000n : 0xfd00n << 112n;
  const random = generator(seed);
  const values = new Set<number>();
  while (values.size < k * m) values.add(4 + Math.floor(random() * 4088));
  return [...values].map((v, i) => ({
    prefix: { family, value: base + BigInt(v), length: widthOf(family) },
    block: blockOf(i % k),
  }));
}

/** mulberry32: the same numbers everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Disjoint prefixes that hold just the sources: as many rules as a list without jumps or nesting needs. */
export function coverSize(sources: readonly Source[]): number {
  const blocks = [...new Set(sources.map((s) => s.block))];
  return blocks.reduce(
    (sum, block) => sum + minimalCover(sources.filter((s) => s.block === block).map((s) => s.prefix)).length,
    0,
  );
}
