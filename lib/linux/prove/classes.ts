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
 * The classes of the other fields that these steps, and TOS routes, tell apart: the product of those of each field.
 * Fields at 0 stand for all values that nobody names. Undefined when there are too many.
 */
export function fieldClasses(
  steps: readonly Asks[],
  tosValues: readonly number[],
  foreignMarks: NonNullable<Intent["foreignMarks"]>,
): Fields[] | undefined {
  const all = markClasses(steps);
  if (all === undefined) return undefined;
  const marks = all.filter((mark) => !foreignMarks.some(({ value, mask }) => ((mark ^ value) & mask) === 0));
  const ports = steps.filter((step) => step.hasPorts);
  const dimensions: readonly (readonly [key: keyof Fields, values: readonly number[]])[] = [
    ["mark", marks],
    ["tos", distinct([0, ...steps.map((step) => step.tos), ...tosValues])],
    [
      "uid",
      cuts(
        steps.map((step) => [step.uidLow, step.uidHigh]),
        0xffffffff,
      ),
    ],
    ["protocol", distinct([0, ...steps.map((step) => step.protocol)])],
    [
      "sourcePort",
      cuts(
        ports.map((step) => [step.sportLow, step.sportHigh]),
        0xffff,
      ),
    ],
    [
      "destinationPort",
      cuts(
        ports.map((step) => [step.dportLow, step.dportHigh]),
        0xffff,
      ),
    ],
  ];
  if (dimensions.reduce((product, [, values]) => product * values.length, 1) > MOST_FIELD_CLASSES)
    return undefined;
  let classes: Fields[] = [{}];
  for (const [key, values] of dimensions) {
    if (values.length === 1 && values[0] === 0) continue;
    classes = classes.flatMap((fields) => values.map((value) => ({ ...fields, [key]: value })));
  }
  return classes;
}

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
