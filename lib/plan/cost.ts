import { BAND, SLOTS } from "../model/numbers";
import { PlanRule } from "../model/plan";
import { Family, widthOf } from "../net/address";
import { Prefix, firstAddress, lastAddress, parsePrefix } from "../net/prefix";

/**
 * What a plan's rules cost. The kernel walks them one by one for every lookup, so the walk is the cost; it is given
 * in lookups of the same host without any rules. Sockets that are connected (all of TCP) look up once and keep the
 * answer; what pays are unconnected datagrams, connection set-up, and packets that are received or forwarded.
 */
export interface LookupCost {
  /** Rules that the kernel examines until one decides. */
  readonly rules: number;
  /** Time, as a multiple of a lookup on a host without rules. */
  readonly lookups: number;
}

export interface FamilyCost {
  /** Rules in force, the switch and the join included. */
  readonly rules: number;
  /** What has a source of ours; absent when there is none, or when a policy decides about all of it. */
  readonly owned?: { readonly best: LookupCost; readonly average: LookupCost; readonly worst: LookupCost };
  /** Sockets that have no source yet. */
  readonly unset: LookupCost;
  /** What the host sends with a source that is not ours: containers behind NAT, tunnels. */
  readonly foreign: { readonly average: LookupCost; readonly worst: LookupCost };
  /** Packets forwarded for others, with a source that is not ours. */
  readonly transit: { readonly average: LookupCost; readonly worst: LookupCost };
}

/** "3.5 to 3.6 times", from the average to the worst; "2.05 times" when they are the same. */
export function timesOf({
  average,
  worst,
}: Pick<NonNullable<FamilyCost["owned"]>, "average" | "worst">): string {
  return average.lookups === worst.lookups
    ? `${average.lookups} times`
    : `${average.lookups} to ${worst.lookups} times`;
}

/**
 * Measured by bench/ (docs/performance.md has how, and the spread): `first` is a lookup on a host that has any rule
 * at all, decided by the first; `rule` one more rule examined, `device` one that asks for a device, and `table` one
 * more table looked up in vain. Machines differ more in nanoseconds than in these ratios.
 */
const COST: Readonly<Record<Family, { first: number; rule: number; device: number; table: number }>> = {
  4: { first: 2.35, rule: 0.1, device: 0.02, table: 0.65 },
  6: { first: 1.5, rule: 0.05, device: 0.01, table: 0.35 },
};

/** Foreign addresses far from most hosts' sources, and from each other. */
const FAR: Readonly<Record<Family, readonly bigint[]>> = {
  4: [0x01000001n, 0x64400001n, 0xac100001n, 0xdffffffen],
  6: [0x2001n << 112n, 0x3fffn << 112n, 0xfd00n << 112n],
};

/** Sources and foreign addresses asked; of more, every so many-th. */
const PROBES = 4096;

/**
 * The cost of one family's rules, for each class of traffic; undefined when there are none.
 *
 * @param rules of a plan, in its order
 */
export function costOf(rules: readonly PlanRule[], family: Family): FamilyCost | undefined {
  if (rules.length === 0) return undefined;
  const walk = walkerOf(rules, family);
  const sources = rules.filter(leadsToBlock).map((r) => prefixOfRule(r));
  const edges = [...sources.flatMap(outsideOf), ...FAR[family]];
  const ask = (values: readonly bigint[], local: boolean): Walk[] =>
    sampled(values).map((value) => walk(value, local));
  const owned = ask(
    sources.map((s) => s.value),
    true,
  ).filter((w) => w.ours);
  const foreign = ask(edges, true).filter((w) => !w.ours);
  const transit = ask(edges, false).filter((w) => !w.ours);
  const of = (walks: readonly Walk[]) => summary(walks, family);
  const { average, worst } = of(foreign);
  const through = of(transit);
  return {
    rules: rules.length + 2,
    ...(owned.length > 0 && { owned: of(owned) }),
    unset: price(walk(family === 4 ? 0n : undefined, true), family),
    foreign: { average, worst },
    transit: { average: through.average, worst: through.worst },
  };
}

/** What a walk met before a rule decided. */
export interface Walk {
  readonly rules: number;
  readonly devices: number;
  readonly tables: number;
  readonly ours: boolean;
}

/** Asks for a source, or for none yet; `local` is what the host itself sends. */
export type Walker = (source: bigint | undefined, local: boolean) => Walk;

/**
 * How a lookup walks the rules of a plan, the switch before them included, for a packet that no traffic policy selects by
 * anything but the source. */
export function walkerOf(rules: readonly PlanRule[], family: Family): Walker {
  const selectors = rules.map((r) => (r.from === undefined ? undefined : rangeOf(prefixOfRule(r))));
  const firstAt = new Map<number, number>();
  rules.forEach((r, i) => firstAt.has(r.priority) || firstAt.set(r.priority, i));
  return (source, local) => {
    // The switch comes first, and whatever is not ours ends at the join and the kernel's rule for main.
    let [examined, devices, tables] = [1, 0, 0];
    for (let i = 0; i < rules.length;) {
      const rule = rules[i];
      const { not, iif, oif, action } = rule;
      const range = selectors[i++];
      if (oif !== undefined) {
        devices++;
        continue;
      }
      examined++;
      const inside =
        range === undefined || (source !== undefined && source >= range[0] && source <= range[1]);
      const selected = inside && (iif === undefined || local) && !asksMore(rule);
      if (selected === (not === true)) continue;
      const ours = isOfInterface(rule.priority);
      if (action.kind === "table" && ours) return { rules: examined, devices, tables, ours };
      // A policy for all traffic.
      if (action.kind === "table" || REFUSALS.includes(action.kind))
        return { rules: examined, devices, tables, ours: false };
      if (action.kind.startsWith("main")) tables++;
      if (action.kind !== "goto") continue;
      if (action.priority === "join") break;
      i = firstAt.get(action.priority) ?? i;
    }
    return { rules: examined + 2, devices, tables, ours: false };
  };

  function rangeOf(prefix: Prefix): readonly [bigint, bigint] {
    return [prefix.value, lastAddress({ ...prefix, family }).value];
  }
}

const REFUSALS: readonly string[] = ["unreachable", "prohibit", "blackhole"];

/** Whether a rule asks for something that the packet does not have: the selectors of traffic policies. */
function asksMore(rule: PlanRule): boolean {
  const { to, incoming, mark, users, protocol, sourcePorts, destinationPorts, dscp } = rule;
  const unmarked = mark === undefined || mark.value === 0;
  const others = [to, incoming, users, protocol, sourcePorts, destinationPorts, dscp];
  return !unmarked || others.some((selector) => selector !== undefined);
}

/** Blocks of interfaces, and sockets bound to their devices. */
function isOfInterface(priority: number): boolean {
  return priority >= BAND.blocks && priority <= BAND.devices;
}

function price({ rules, devices, tables }: Walk, family: Family): LookupCost {
  const { first, rule, device, table } = COST[family];
  const lookups = first + rule * (rules - 1) + device * devices + table * tables;
  return { rules: rules + devices, lookups: Math.round(100 * lookups) / 100 };
}

function summary(walks: readonly Walk[], family: Family) {
  const prices = walks.map((w) => price(w, family)).sort((a, b) => a.lookups - b.lookups);
  const mean = (of: (p: LookupCost) => number): number =>
    Math.round((100 * prices.reduce((sum, p) => sum + of(p), 0)) / prices.length) / 100;
  return {
    best: prices[0],
    average: { rules: mean((p) => p.rules), lookups: mean((p) => p.lookups) },
    worst: prices[prices.length - 1],
  };
}

function leadsToBlock({ action, from, not }: PlanRule): boolean {
  return (
    action.kind === "goto" &&
    from !== undefined &&
    not === undefined &&
    action.priority !== "join" &&
    action.priority >= BAND.blocks &&
    action.priority < BAND.blocks + 3 * SLOTS
  );
}

function prefixOfRule({ from }: PlanRule): Prefix {
  const parsed = parsePrefix(from as string);
  if (!parsed.ok) throw new Error(`the rule's source ${from}: ${parsed.reason}`);
  return parsed.value;
}

/** The addresses next to a prefix on both sides: the foreign ones that are hardest to tell from it. */
function outsideOf(prefix: Prefix): bigint[] {
  const last = (1n << BigInt(widthOf(prefix.family))) - 1n;
  return [firstAddress(prefix).value - 1n, lastAddress(prefix).value + 1n].filter((v) => v > 0n && v < last);
}

function sampled<T>(values: readonly T[]): T[] {
  const step = Math.ceil(values.length / PROBES);
  return values.filter((_, i) => i % step === 0);
}
