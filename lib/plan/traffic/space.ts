import { Incoming, Mark, Range, Traffic } from "../../model/traffic";
import { Family, widthOf } from "../../net/address";
import { Prefix, lastAddress } from "../../net/prefix";

/**
 * Traffic policies as sets of packets, to tell which of them take packets from one another. A set is a list of boxes:
 * in every box each field is free of the others.
 */

export interface Box {
  /** From the first to the last of each field; a source of -1 is "none yet", which no IPv6 prefix holds. */
  readonly ranges: Readonly<Record<Field, readonly [bigint, bigint]>>;
  readonly mark: Mark;
  /** Where it comes in: the places told apart, HOST for what the host itself sends, "" for all others. */
  readonly places: readonly string[];
}

const FIELDS = ["from", "to", "protocol", "sourcePort", "destinationPort", "user", "dscp"] as const;
type Field = (typeof FIELDS)[number];

const HOST = "host";

const ANY_MARK: Mark = { value: 0, mask: 0 };

/** All packets of a family. */
function everything(family: Family, places: readonly string[]): Box {
  const addresses = (1n << BigInt(widthOf(family))) - 1n;
  return {
    ranges: {
      from: [-1n, addresses],
      to: [0n, addresses],
      protocol: [0n, 255n],
      sourcePort: [0n, 65_535n],
      destinationPort: [0n, 65_535n],
      user: [0n, 2n ** 32n - 1n],
      dscp: [0n, 63n],
    },
    mark: ANY_MARK,
    places,
  };
}

/** The places that the policies tell apart. */
export function placesOf(traffic: readonly Traffic[]): string[] {
  return [...new Set([HOST, "", ...traffic.flatMap((t) => t.incoming.map(placeOf))])];
}

function placeOf(incoming: Incoming): string {
  return "interface" in incoming ? `interface ${incoming.interface}` : `device ${incoming.device}`;
}

/** The packets of one family that a policy matches. */
export function boxesOf(t: Traffic, family: Family, places: readonly string[]): Box[] {
  if (!t.families.includes(family)) return [];
  let boxes = [everything(family, places)];
  const split = <T>(values: readonly T[], narrow: (box: Box, value: T) => Box): void => {
    if (values.length > 0) boxes = boxes.flatMap((box) => values.map((value) => narrow(box, value)));
  };
  const within = (field: Field) => (box: Box, range: readonly [bigint, bigint]) => ({
    ...box,
    ranges: { ...box.ranges, [field]: range },
  });
  const prefixes = (list: readonly Prefix[]): (readonly [bigint, bigint])[] =>
    list.filter((p) => p.family === family && p.length > 0).map((p) => [p.value, lastAddress(p).value]);
  const numbers = (list: readonly Range[]): (readonly [bigint, bigint])[] =>
    list.map(([first, last]) => [BigInt(first), BigInt(last)]);
  split(prefixes(t.from), within("from"));
  split(prefixes(t.to), within("to"));
  split(t.protocol === undefined ? [] : numbers([[t.protocol, t.protocol]]), within("protocol"));
  split(numbers(t.sourcePorts), within("sourcePort"));
  split(numbers(t.destinationPorts), within("destinationPort"));
  split(numbers(t.users), within("user"));
  split(numbers(t.dscp.map((d) => [d, d])), within("dscp"));
  split(t.marks, (box, mark) => ({ ...box, mark }));
  if (t.users.length > 0) boxes = boxes.map((box) => ({ ...box, places: [HOST] }));
  if (t.incoming.length > 0) boxes = boxes.map((box) => ({ ...box, places: t.incoming.map(placeOf) }));
  return boxes;
}

export function intersects(a: Box, b: Box): boolean {
  return (
    FIELDS.every((f) => a.ranges[f][0] <= b.ranges[f][1] && b.ranges[f][0] <= a.ranges[f][1]) &&
    ((a.mark.value ^ b.mark.value) & a.mark.mask & b.mark.mask) === 0 &&
    a.places.some((place) => b.places.includes(place))
  );
}

/** Steps after which a question is given up; policies that people write need a few dozen. */
const MOST_STEPS = 100_000;

/** Whether the others together hold all of a box. Exact, but "no" where that would take too long. */
export function isCovered(box: Box, others: readonly Box[]): boolean {
  let steps = 0;
  const covered = (rest: Box, next: number): boolean => {
    while (next < others.length && !intersects(rest, others[next])) next++;
    if (next === others.length || ++steps > MOST_STEPS) return false;
    return without(rest, others[next]).every((part) => covered(part, next + 1));
  };
  return covered(box, 0);
}

/** What is left of a box without another that intersects it, as disjoint boxes. */
function without(box: Box, other: Box): Box[] {
  const parts: Box[] = [];
  let rest = box;
  for (const field of FIELDS) {
    const [low, high] = rest.ranges[field];
    const [from, to] = other.ranges[field];
    const cut = (range: readonly [bigint, bigint]): Box => ({
      ...rest,
      ranges: { ...rest.ranges, [field]: range },
    });
    if (low < from) parts.push(cut([low, from - 1n]));
    if (to < high) parts.push(cut([to + 1n, high]));
    rest = cut([low > from ? low : from, high < to ? high : to]);
  }
  for (let bit = 1; bit <= 0x80000000; bit *= 2) {
    if (hasBit(rest.mark.mask, bit) || !hasBit(other.mark.mask, bit)) continue;
    const withBit = (set: boolean): Box => ({
      ...rest,
      mark: { value: rest.mark.value + (set ? bit : 0), mask: rest.mark.mask + bit },
    });
    const set = hasBit(other.mark.value, bit);
    parts.push(withBit(!set));
    rest = withBit(set);
  }
  const elsewhere = rest.places.filter((place) => !other.places.includes(place));
  if (elsewhere.length > 0) parts.push({ ...rest, places: elsewhere });
  return parts;
}

/** Bitwise operators are of signed numbers. */
function hasBit(value: number, bit: number): boolean {
  return Math.floor(value / bit) % 2 === 1;
}
