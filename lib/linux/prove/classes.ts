import { Flow } from "../flow";
import { Step } from "../model";
import { Range } from "../state";
import { Intent } from "./types";

/** What a rule asks of these fields. */
export type Asks = Pick<
  Step,
  | "mark" | "mask" | "tos" | "uidLow" | "uidHigh" | "protocol" | "hasPorts" | "sportLow" | "sportHigh" | "dportLow"
  | "dportHigh"
>; // prettier-ignore

/** All else that a rule can ask of a packet. */
export type Fields = Omit<Flow, "to" | "from">;

/** More combinations than this are not looked at, and the verdict says so. */
const MOST_FIELD_CLASSES = 20_000;
/** Comparisons of marks with predicates after which a search is given up: whether a mark exists is a hard question. */
const MOST_MARK_STEPS = 2_000_000;

/**
 * The classes of the other fields that these steps, and TOS routes, tell apart. One field after the other is cut where
 * steps ask for it; a step that one field rules out asks nothing of the others any more, and values of a field that
 * leave the same steps are one. Fields at 0 stand for all values that nobody names. Undefined when there are too many.
 */
export function fieldClasses(
  steps: readonly Asks[],
  tosValues: readonly number[],
  foreignMarks: NonNullable<Intent["foreignMarks"]>,
): Fields[] | undefined {
  const all = markClasses(steps);
  if (all === undefined) return undefined;
  const marks = all.filter((mark) => !foreignMarks.some(({ value, mask }) => ((mark ^ value) & mask) === 0));
  const dimensions = dimensionsOf(marks, tosValues);
  const classes: Fields[] = [];
  const refine = (i: number, left: readonly Asks[], fields: Fields): void => {
    if (classes.length > MOST_FIELD_CLASSES) return;
    if (i === dimensions.length) {
      classes.push(fields);
      return;
    }
    const { key, asks, values, holds, always } = dimensions[i];
    const asking = left.filter(asks);
    const cut = values(asking);
    if (cut.length === 1 && cut[0] === 0) return refine(i + 1, left, fields);
    const known = new Set<string>();
    for (const value of cut) {
      const out = new Set(asking.filter((one) => !holds(one, value)));
      let rest = "";
      if (!always) for (const one of asking) rest += out.has(one) ? "0" : "1";
      if (!always && known.has(rest)) continue;
      known.add(rest);
      refine(i + 1, out.size === 0 ? left : left.filter((one) => !out.has(one)), { ...fields, [key]: value });
    }
  };
  refine(0, steps, {});
  return classes.length > MOST_FIELD_CLASSES ? undefined : classes;
}

interface Dimension {
  readonly key: keyof Fields;
  /** Whether a step asks for the field. */
  readonly asks: (step: Asks) => boolean;
  /** Values of which each stands for those that the steps take for the same; the first is 0, where 0 can be. */
  readonly values: (asking: readonly Asks[]) => readonly number[];
  readonly holds: (step: Asks, value: number) => boolean;
  /** Whether others than the steps tell the values apart. */
  readonly always?: boolean;
}

function dimensionsOf(marks: readonly number[], tosValues: readonly number[]): readonly Dimension[] {
  return [
    {
      key: "mark",
      asks: ({ mask }) => mask !== 0,
      values: () => marks,
      holds: ({ mark, mask }, value) => ((mark ^ value) & mask) === 0,
    },
    {
      key: "tos",
      asks: ({ tos }) => tos !== 0,
      values: (asking) => distinct([0, ...asking.map(({ tos }) => tos), ...tosValues]),
      // IPv4 sees some bits of it, IPv6 others.
      holds: ({ tos }, value) => tos === (value & 0x1c) || tos === (value & 0xfc),
      always: tosValues.length > 0,
    },
    {
      key: "uid",
      asks: ({ uidLow, uidHigh }) => uidLow !== 0 || uidHigh !== 0xffffffff,
      values: (asking) => cuts(asking.map(({ uidLow, uidHigh }) => [uidLow, uidHigh]), 0xffffffff),
      holds: ({ uidLow, uidHigh }, value) => value >= uidLow && value <= uidHigh,
    },
    {
      key: "protocol",
      asks: ({ protocol }) => protocol !== 0,
      values: (asking) => distinct([0, ...asking.map(({ protocol }) => protocol)]),
      holds: ({ protocol }, value) => protocol === value,
    },
    {
      key: "sourcePort",
      asks: ({ hasPorts }) => hasPorts,
      values: (asking) => cuts(asking.map(({ sportLow, sportHigh }) => [sportLow, sportHigh]), 0xffff),
      holds: ({ sportLow, sportHigh }, value) => value >= sportLow && value <= sportHigh,
    },
    {
      key: "destinationPort",
      asks: ({ hasPorts }) => hasPorts,
      values: (asking) => cuts(asking.map(({ dportLow, dportHigh }) => [dportLow, dportHigh]), 0xffff),
      holds: ({ dportLow, dportHigh }, value) => value >= dportLow && value <= dportHigh,
    },
  ];
} // prettier-ignore

interface MarkPredicate {
  readonly value: number;
  readonly mask: number;
}

/**
 * One mark for each combination of answers that the predicates can give, the unmarked packet first. Refining by
 * predicates and not by bits keeps their number small: 8 bits of one mask are 2 classes and not 256.
 */
export function markClasses(steps: readonly Pick<Step, "mark" | "mask">[]): number[] | undefined {
  const predicates = new Map<string, MarkPredicate>();
  for (const { mark, mask } of steps) {
    // Bits of the value outside its mask do not count (fib_rule_match).
    const value = mark & mask;
    if (mask !== 0) predicates.set(`${value}/${mask}`, { value, mask });
  }
  const list = [...predicates.values()];
  const marks: number[] = [];
  const left = { steps: MOST_MARK_STEPS };
  const assign = (i: number, cube: MarkPredicate, negatives: readonly MarkPredicate[]): void => {
    if (marks.length > MOST_FIELD_CLASSES || left.steps < 0) return;
    const mark = solve(cube, negatives, left);
    if (mark === undefined) return;
    if (i === list.length) {
      marks.push(mark >>> 0);
      return;
    }
    const { value, mask } = list[i];
    assign(i + 1, cube, [...negatives, list[i]]);
    if (((cube.value ^ value) & cube.mask & mask) === 0) {
      assign(i + 1, { value: cube.value | value, mask: cube.mask | mask }, negatives);
    }
  };
  assign(0, { value: 0, mask: 0 }, []);
  if (marks.length > MOST_FIELD_CLASSES || left.steps < 0) return undefined;
  return marks.includes(0) ? [0, ...marks.filter((mark) => mark !== 0)] : marks;
}

/** A mark with the bits of the cube that none of the negatives matches, or undefined. */
function solve(
  cube: MarkPredicate,
  negatives: readonly MarkPredicate[],
  left: { steps: number },
): number | undefined {
  left.steps -= negatives.length;
  if (left.steps < 0) return undefined;
  const matching = negatives.find(({ value, mask }) => ((cube.value ^ value) & mask) === 0);
  if (matching === undefined) return cube.value;
  for (let bit = 0; bit < 32; bit++) {
    const flag = 1 << bit;
    if ((matching.mask & flag) === 0 || (cube.mask & flag) !== 0) continue;
    const flipped = { value: (cube.value & ~flag) | (~matching.value & flag), mask: cube.mask | flag };
    const mark = solve(flipped, negatives, left);
    if (mark !== undefined) return mark;
  }
  return undefined;
}

/** The first number of each piece that the ranges cut 0 to `max` into. */
function cuts(ranges: readonly Range[], max: number): number[] {
  const starts = new Set([0]);
  for (const [low, high] of ranges) {
    starts.add(low);
    if (high < max) starts.add(high + 1);
  }
  return [...starts].sort((a, b) => a - b);
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)];
}
