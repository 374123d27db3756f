import { Address, Family, widthOf } from "../net/address";
import { minimalCover } from "../net/cover";
import { Prefix, formatPrefix } from "../net/prefix";
import { Outcome, OutputFlow } from "./flow";
import { output } from "./lookup";
import { Model } from "./model";
import { MULTICAST_SCOPES, intervals } from "./prove/destinations";
import { Rule, Route } from "./state";
import { describeOutcome, describeRoute, describeRule } from "./text";

/** Destinations that a source reaches in one way, and why. */
export interface PartitionRow {
  /** The fewest prefixes that hold exactly these destinations. */
  readonly destinations: readonly Prefix[];
  /** As a routing table would put it, the rows before this one taking precedence: the prefix of the route. */
  readonly summary: string;
  /** One of them, to ask further. */
  readonly example: Address;
  /** How many addresses they are. */
  readonly size: bigint;
  /** The row with most addresses: "everything else". */
  readonly rest: boolean;
  readonly outcome: Outcome;
  readonly rule?: Rule;
  readonly route?: Route;
  /** `by eth1 via 10.0.2.1` */
  readonly way: string;
  /** The rule and the route that decide, as ip(8) shows them. */
  readonly because: string;
}

/**
 * Where everything that one source sends goes: all destinations there are, each in exactly one row. The fewest
 * destinations first, everything else last.
 *
 * @param flow the source and, where they matter, device, mark, ports and so on; no source is an unbound socket
 * @example partition(model, 4, { from: address("10.0.2.10") })
 */
export function partition(model: Model, family: Family, flow: Omit<OutputFlow, "to">): PartitionRow[] {
  const width = BigInt(widthOf(family));
  const groups = new Map<string, { outcome: Outcome; example: Address; ranges: [bigint, bigint][] }>();
  const starts = intervals(family, [model], MULTICAST_SCOPES);
  starts.forEach((value, i) => {
    const to = { family, value };
    const outcome = output(model, { ...flow, to });
    const end = starts[i + 1] ?? 1n << width;
    const key = `${wayOf(outcome, to)} ${becauseOf(outcome)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { outcome, example: to, ranges: [[to.value, end]] });
    else group.ranges.push([to.value, end]);
  });
  const rows = [...groups.values()].map(({ outcome, example, ranges }): PartitionRow => {
    const cover = minimalCover(ranges.flatMap(([start, end]) => prefixesOf(family, start, end)));
    const decided = outcome.kind === "unknown" ? undefined : outcome;
    return {
      destinations: cover,
      summary: "",
      example,
      size: ranges.reduce((sum, [start, end]) => sum + end - start, 0n),
      rest: false,
      outcome,
      rule: decided?.rule,
      route: decided?.route,
      way: wayOf(outcome, example),
      because: becauseOf(outcome),
    };
  });
  rows.sort((a, b) =>
    a.size < b.size ? -1 : a.size > b.size ? 1 : a.example.value < b.example.value ? -1 : 1,
  );
  return rows.map((row, i) => {
    const rest = rows.length > 1 && i === rows.length - 1;
    return { ...row, rest, summary: rest ? "everything else" : summaryOf(row) };
  });
}

function summaryOf({ destinations: cover, route, outcome }: PartitionRow): string {
  if (outcome.kind === "route" && outcome.type === "local" && route !== undefined)
    return "the host's own addresses";
  if (route !== undefined && route.to.length > 0) return formatPrefix(route.to);
  const shown = cover.slice(0, 4).map(formatPrefix).join(", ");
  return cover.length <= 4 ? shown : `${shown} and ${cover.length - 4} more`;
}

/** A source that is the destination itself, as the host's own addresses have it, is no difference worth a row. */
function wayOf(outcome: Outcome, to: Address): string {
  if (outcome.kind !== "route") return describeOutcome(outcome);
  const hops = outcome.hops.map((hop) =>
    hop.source?.value === to.value ? { ...hop, source: undefined } : hop,
  );
  return describeOutcome({ ...outcome, hops });
}

function becauseOf(outcome: Outcome): string {
  if (outcome.kind === "unknown") return outcome.because;
  const parts: string[] = [];
  if (outcome.rule !== undefined) parts.push(`rule "${describeRule(outcome.rule)}"`);
  // The host's own addresses are many routes of one kind.
  if (outcome.route !== undefined) {
    parts.push(
      outcome.route.type === "local" ? "it is the host's own" : `route "${describeRoute(outcome.route)}"`,
    );
  }
  if (outcome.kind === "error" && outcome.check !== undefined) parts.push(outcome.check);
  return parts.join(", ");
}

/** The fewest prefixes of an interval; `end` is not in it. */
function prefixesOf(family: Family, start: bigint, end: bigint): Prefix[] {
  const width = widthOf(family);
  const prefixes: Prefix[] = [];
  while (start < end) {
    let bits = start === 0n ? BigInt(width) : trailingZeros(start);
    while (1n << bits > end - start) bits--;
    prefixes.push({ family, value: start, length: width - Number(bits) });
    start += 1n << bits;
  }
  return prefixes;
}

function trailingZeros(value: bigint): bigint {
  let bits = 0n;
  while ((value & 1n) === 0n) {
    value >>= 1n;
    bits++;
  }
  return bits;
}
