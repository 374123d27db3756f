import { Address, Family } from "../../net/address";
import { contains } from "../../net/prefix";
import { InputFlow, OutputFlow, RoutingError } from "../flow";
import { Model } from "../model";
import { Range } from "../state";
import { Asks } from "./classes";
import { Placed, Walk } from "./field-sets";
import { Expectations } from "./expect";
import { Expected, ExpectedHop } from "./expected";
import { Intent, IntentInterface, IntentTraffic } from "./types";

type Asked = OutputFlow | InputFlow;

/** What a policy's traffic is refused with, as rules refuse it. */
const REFUSALS: Readonly<Record<string, RoutingError>> = {
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
  blackhole: "EINVAL",
};

/** Where a policy wants a packet, or with which error it refuses it. */
export interface Wanted {
  readonly by: string;
  readonly expected: Expected;
  readonly error?: RoutingError;
}

/** The traffic policies of one family, in the order in which they decide, and the marks of connections. */
export class Policies {
  readonly inOrder: readonly IntentTraffic[];
  readonly connections: NonNullable<Intent["connections"]>;
  private readonly usedBy = new Map<IntentTraffic, readonly IntentInterface[]>();
  /** Those that select a destination; the same few are asked about over and over. */
  private readonly byTarget = new WeakMap<Address, readonly IntentTraffic[]>();

  constructor(
    private readonly intent: Intent,
    private readonly family: Family,
  ) {
    const all = (intent.traffic ?? []).filter(({ families }) => families.includes(family));
    this.inOrder = [...all.filter((t) => t.beforeSources), ...all.filter((t) => !t.beforeSources)];
    this.connections = intent.connections ?? [];
  }

  get decidesEarly(): boolean {
    return this.inOrder.some((t) => t.beforeSources);
  }

  /** The first policy that selects a packet; those after the rules for sources do not see what has a source of ours. */
  taker(flow: Asked, ownSource: boolean): IntentTraffic | undefined {
    return this.forTarget(flow.to).find((t) => (t.beforeSources || !ownSource) && selectsElse(t, flow));
  }

  /** The interfaces by which it may leave as links go down: those of the policies that may come to decide about it. */
  candidates(flow: Asked, ownSource: boolean): readonly IntentInterface[] {
    const marked = this.marked(flow);
    if (marked !== undefined) return [marked];
    const found = new Set<IntentInterface>();
    for (const policy of this.forTarget(flow.to)) {
      if ((!policy.beforeSources && ownSource) || !selectsElse(policy, flow)) continue;
      this.used(policy).forEach((iface) => found.add(iface));
      if (policy.otherwise !== "next") break;
    }
    return [...found];
  }

  /** The interfaces that a policy uses, of those that have an address of the family. */
  private used(policy: IntentTraffic): readonly IntentInterface[] {
    let found = this.usedBy.get(policy);
    if (found === undefined) {
      const all = policy.use.flatMap((name) => this.intent.interfaces.filter((i) => i.name === name));
      this.usedBy.set(policy, (found = all.filter((i) => isOfFamily(i, this.family))));
    }
    return found;
  }

  private forTarget(to: Address): readonly IntentTraffic[] {
    let found = this.byTarget.get(to);
    if (found === undefined)
      this.byTarget.set(to, (found = this.inOrder.filter((t) => selectsTarget(t, to))));
    return found;
  }

  /** The interface to whose connections the mark of an answer belongs. */
  marked(flow: Asked): IntentInterface | undefined {
    const mark = flow.mark ?? 0;
    const found = this.connections.find((c) => ((mark ^ c.mark) & c.mask) === 0);
    const iface = this.intent.interfaces.find((i) => i.name === found?.interface);
    // A request still comes in by it; its reverse path check asks with the mark.
    return iface === undefined || ("iif" in flow && flow.iif === iface.device) ? undefined : iface;
  }

  /**
   * What is wanted of a packet when some links are down; undefined when no policy decides about it.
   *
   * @param down devices without a link, or "all" when all our tables are empty
   */
  wanted(flow: Asked, ownSource: boolean, place: Expectations, down: Down): Wanted | undefined {
    const marked = this.marked(flow);
    if (marked !== undefined) {
      if (!isOfFamily(marked, this.family)) return undefined;
      const hops = place.hopsOf(marked, flow.to).find((hop) => isUp(hop, down));
      return { by: `connections of ${marked.name}`, expected: this.behind(place, flow, true) ?? by(hops) };
    }
    for (const policy of this.forTarget(flow.to)) {
      if ((!policy.beforeSources && ownSource) || !selectsElse(policy, flow)) continue;
      const name = `policy ${policy.name}`;
      const behind = policy.to.length > 0 ? undefined : this.behind(place, flow, policy.beforeSources);
      if (behind !== undefined) return { by: name, expected: behind };
      const hops = this.hops(policy, flow.to, place, down);
      if (hops.length > 0) return { by: name, expected: { kind: "by", hops, refusal: false } };
      if (policy.otherwise !== "next") return { by: name, expected: by(), error: REFUSALS[policy.otherwise] };
    }
    return undefined;
  }

  private behind(place: Expectations, { to }: Asked, ours: boolean): Expected | undefined {
    const found = place.behind(to, ours);
    if (found === undefined) return undefined;
    return found.device === undefined ? by() : by({ device: found.device, anyGateway: true });
  }

  private hops(policy: IntentTraffic, to: Address, place: Expectations, down: Down): readonly ExpectedHop[] {
    const ofFamily = this.used(policy);
    if (!policy.shared) {
      for (const iface of ofFamily) {
        const hop = place.hopsOf(iface, to).find((one) => isUp(one, down));
        if (hop !== undefined) return [hop];
      }
      return [];
    }
    const near = place.sharedNear(ofFamily, to).find((one) => isUp(one, down));
    if (near !== undefined) return [near];
    return ofFamily.flatMap((iface) => place.gatewayOf(iface) ?? []).filter((hop) => isUp(hop, down));
  }
}

export type Down = ReadonlySet<string> | "all";

function isUp({ device }: ExpectedHop, down: Down): boolean {
  return down !== "all" && !down.has(device);
}

function by(hop?: ExpectedHop): Expected {
  return hop === undefined
    ? { kind: "by", hops: [], refusal: true }
    : { kind: "by", hops: [hop], refusal: false };
}

function isOfFamily({ addresses, delegatedPrefixes }: IntentInterface, family: Family): boolean {
  return (
    addresses.some(({ address }) => address.family === family) ||
    delegatedPrefixes.some((prefix) => prefix.family === family)
  );
}

/** Whether a packet matches every selector that is given; IPv4 takes a source that is not chosen yet for 0.0.0.0. */
export function selects(t: IntentTraffic, flow: Asked): boolean {
  return selectsTarget(t, flow.to) && selectsElse(t, flow);
}

/** The same for a packet whose destination it selects. */
function selectsElse(t: IntentTraffic, flow: Asked): boolean {
  return (
    (t.protocol === undefined || t.protocol === (flow.protocol ?? 0)) &&
    within(t.sourcePorts, flow.sourcePort) &&
    within(t.destinationPorts, flow.destinationPort) &&
    (t.marks.length === 0 || t.marks.some((mark) => isMarked(mark, flow.mark ?? 0))) &&
    within(t.users, flow.uid) &&
    (t.dscp.length === 0 || t.dscp.includes((flow.tos ?? 0) >> 2)) &&
    selectsOrigin(t, flow.from, flow.to.family, "iif" in flow ? flow.iif : undefined)
  );
}

/** Whether it selects what has a source, or none yet, and comes in by a device, or is sent by the host. */
function selectsOrigin(t: IntentTraffic, from: Address | undefined, family: Family, iif?: string): boolean {
  if (t.users.length > 0 && iif !== undefined) return false;
  if (t.incoming.length > 0 && (iif === undefined || !t.incoming.includes(iif))) return false;
  if (t.from.length === 0) return true;
  return t.from.some((p) => {
    if (p.family !== family) return false;
    if (from === undefined) return p.length === 0 || (p.family === 4 && p.value === 0n);
    return contains(p, from);
  });
}

function selectsTarget({ to: prefixes }: IntentTraffic, to: Address): boolean {
  return prefixes.length === 0 || prefixes.some((p) => p.family === to.family && contains(p, to));
}

function within(ranges: readonly Range[], n = 0): boolean {
  return ranges.length === 0 || ranges.some(([low, high]) => n >= low && n <= high);
}

function isMarked({ value, mask }: { value: number; mask: number }, mark: number): boolean {
  return ((mark ^ value) & mask) === 0;
}

const NOTHING: Asks = {
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
};

/** What the policies tell apart, as if rules asked it: a rule that is missing must not hide what it was to ask. */
export function asksOf({ inOrder, connections }: Policies): Placed[] {
  const everywhere = (): boolean => true;
  return [
    ...connections.map(({ mark, mask }) => ({ ...NOTHING, mark, mask, holds: everywhere })),
    ...inOrder.flatMap((t): Placed[] => {
      const holds = ({ from, to, device, answer }: Walk): boolean =>
        selectsTarget(t, to) && (answer || selectsOrigin(t, from, to.family, device));
      const asks: Partial<Asks>[] = [
        ...t.marks.map(({ value, mask }) => ({ mark: value, mask })),
        ...t.dscp.map((point) => ({ tos: point << 2 })),
        ...t.users.map(([uidLow, uidHigh]) => ({ uidLow, uidHigh })),
        ...(t.protocol === undefined ? [] : [{ protocol: t.protocol }]),
        ...t.sourcePorts.map(([sportLow, sportHigh]) => ({ hasPorts: true, sportLow, sportHigh })),
        ...t.destinationPorts.map(([dportLow, dportHigh]) => ({ hasPorts: true, dportLow, dportHigh })),
      ];
      return asks.map((one) => ({ ...NOTHING, ...one, holds }));
    }),
  ];
}

/** Devices by whose loss policies choose another way, as sets that go down together. */
export function losses({ inOrder }: Policies, intent: Intent, model: Model): Down[] {
  const deviceOf = (name: string): string[] =>
    intent.interfaces.filter((i) => i.name === name).map(({ device }) => device);
  const used = [...new Set(inOrder.flatMap(({ use }) => use.flatMap(deviceOf)))];
  const sets = new Map<string, Set<string>>();
  const add = (devices: readonly string[]): void => {
    const present = devices.filter((device) => model.deviceNumbers.has(device)).sort();
    sets.set(present.join(" "), new Set(present));
  };
  add([]);
  if (used.length <= MOST_DEVICES) {
    for (let bits = 1; bits < 1 << used.length; bits++) add(used.filter((_, i) => (bits >> i) & 1));
  } else {
    used.forEach((device) => add([device]));
    for (const { use } of inOrder) use.forEach((_, i) => add(use.slice(0, i + 1).flatMap(deviceOf)));
    add(used);
  }
  return [...sets.values(), "all"];
}

/** Beyond these not every combination of lost links is looked at: each alone, and those in the policies' order. */
const MOST_DEVICES = 3;
