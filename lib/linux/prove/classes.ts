import { Address, Family, parseAddress, widthOf } from "../../net/address";
import { Prefix, sizeOf } from "../../net/prefix";
import { Flow } from "../flow";
import { Model, Step } from "../model";
import { Range } from "../state";
import { Intent } from "./types";

/**
 * Classes of packets that no rule, route or claim tells apart. Each is decided by one representative, so that a
 * claim checked for every class holds for every packet.
 */

/** Blocks that the kernel itself treats in their own way, and of which no claim is made. */
export const SPECIAL: Readonly<Record<Family, readonly Prefix[]>> = {
  4: [
    { family: 4, value: 0n, length: 32 },
    { family: 4, value: 0x7f000000n, length: 8 },
    { family: 4, value: 0xe0000000n, length: 4 },
    { family: 4, value: 0xffffffffn, length: 32 },
  ],
  6: [
    { family: 6, value: 0n, length: 127 },
    { family: 6, value: 0xffff00000000n, length: 96 },
    { family: 6, value: 0xfe80n << 112n, length: 10 },
    { family: 6, value: 0xffn << 120n, length: 8 },
  ],
};

/**
 * Destinations: the intervals between all boundaries, each by one address that stands for it: one that reads well, or
 * the lowest.
 */
export function destinations(
  family: Family,
  models: readonly Model[],
  prefixes: readonly Prefix[],
  which: "readable" | "lowest" = "readable",
): Address[] {
  const width = 1n << BigInt(widthOf(family));
  const starts = new Set<bigint>([0n]);
  const add = (prefix: Prefix): void => {
    starts.add(prefix.value);
    const end = prefix.value + sizeOf(prefix);
    if (end < width) starts.add(end);
  };
  for (const model of models) {
    for (const table of model[family].tables.values())
      for (const start of table.index.starts) starts.add(start);
    for (const step of model[family].steps) if (step.hasTo) add(step.rule.to!);
    for (const value of model[family].own.keys()) add({ family, value, length: widthOf(family) });
  }
  for (const prefix of [...SPECIAL[family], ...prefixes]) if (prefix.family === family) add(prefix);
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const endOf = (i: number): bigint => sorted[i + 1] ?? width;
  if (which === "lowest") return sorted.map((value) => ({ family, value }));
  // The largest classes first: they make the witnesses that are easiest to grasp.
  return sorted
    .map((start, i) => ({ family, value: readable(family, start, endOf(i)), size: endOf(i) - start }))
    .sort(
      (a, b) =>
        Number(isExample(b)) - Number(isExample(a)) || (a.size > b.size ? -1 : a.size < b.size ? 1 : 0),
    )
    .map(({ value }) => ({ family, value }));
}

const EXAMPLES: Readonly<Record<Family, readonly bigint[]>> = {
  4: ["203.0.113.5", "198.51.100.5"].map(valueOf),
  6: ["2001:db8:ffff::5", "2001:4860:4860::8888"].map(valueOf),
};

function isExample({ family, value }: Address): boolean {
  return EXAMPLES[family].includes(value);
}

/**
 * Any address of the interval will do. One that people take for a host of the Internet reads best; else the lowest,
 * but not the address of the network itself.
 */
function readable(family: Family, start: bigint, end: bigint): bigint {
  const example = EXAMPLES[family].find((value) => value >= start && value < end);
  if (example !== undefined) return example;
  return end - start > 2n && (start & 1n) === 0n ? start + 1n : start;
}

function valueOf(text: string): bigint {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text} is not an address`);
  return parsed.value.value;
}

/** All else that a rule can ask of a packet. */
export type Fields = Omit<Flow, "to" | "from">;

/** More combinations than this are not looked at, and the verdict says so. */
const MOST_FIELD_CLASSES = 20_000;

/**
 * The classes of the other fields that these steps, and TOS routes, tell apart: the product of those of each field.
 * Fields at 0 stand for all values that nobody names. Undefined when there are too many.
 */
export function fieldClasses(
  steps: readonly Step[],
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
export function markClasses(steps: readonly Step[]): number[] | undefined {
  const predicates = new Map<string, MarkPredicate>();
  for (const { mark, mask } of steps) {
    // A value with bits outside its mask never matches, and splits nothing.
    if (mask !== 0 && (mark & ~mask) === 0)
      predicates.set(`${mark >>> 0}/${mask >>> 0}`, { value: mark, mask });
  }
  const list = [...predicates.values()];
  const marks: number[] = [];
  const assign = (i: number, cube: MarkPredicate, negatives: readonly MarkPredicate[]): void => {
    if (marks.length > MOST_FIELD_CLASSES) return;
    const mark = solve(cube, negatives);
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
  if (marks.length > MOST_FIELD_CLASSES) return undefined;
  return marks.includes(0) ? [0, ...marks.filter((mark) => mark !== 0)] : marks;
}

/** A mark with the bits of the cube that none of the negatives matches, or undefined. */
function solve(cube: MarkPredicate, negatives: readonly MarkPredicate[]): number | undefined {
  const matching = negatives.find(({ value, mask }) => ((cube.value ^ value) & mask) === 0);
  if (matching === undefined) return cube.value;
  for (let bit = 0; bit < 32; bit++) {
    const flag = 1 << bit;
    if ((matching.mask & flag) === 0 || (cube.mask & flag) !== 0) continue;
    const flipped = { value: (cube.value & ~flag) | (~matching.value & flag), mask: cube.mask | flag };
    const mark = solve(flipped, negatives);
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
