import { Address, Family } from "../../net/address";
import { Prefix, contains } from "../../net/prefix";
import { InputFlow, OutputFlow, RoutingError } from "../flow";
import { Model } from "../model";
import { Range } from "../state";
import { Asks } from "./classes";
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
    return this.inOrder.find((t) => (t.beforeSources || !ownSource) && selects(t, flow));
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
      return { by: `connections of ${marked.name}`, expected: this.behind(place, flow) ?? by(hops) };
    }
    for (const policy of this.inOrder) {
      if ((!policy.beforeSources && ownSource) || !selects(policy, flow)) continue;
      const name = `policy ${policy.name}`;
      const behind = policy.to.length > 0 ? undefined : this.behind(place, flow);
      if (behind !== undefined) return { by: name, expected: behind };
      const hops = this.hops(policy, flow.to, place, down);
      if (hops.length > 0) return { by: name, expected: { kind: "by", hops, refusal: false } };
      if (policy.otherwise !== "next") return { by: name, expected: by(), error: REFUSALS[policy.otherwise] };
    }
    return undefined;
  }

  private behind(place: Expectations, { to }: Asked): Expected | undefined {
    const found = place.behind(to);
    if (found === undefined) return undefined;
    return found.device === undefined ? by() : by({ device: found.device, anyGateway: true });
  }

  private hops(policy: IntentTraffic, to: Address, place: Expectations, down: Down): readonly ExpectedHop[] {
    const used = policy.use.flatMap((name) => this.intent.interfaces.filter((i) => i.name === name));
    const ofFamily = used.filter((i) => isOfFamily(i, this.family));
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
  const any = <T>(values: readonly T[], test: (value: T) => boolean): boolean =>
    values.length === 0 || values.some(test);
  const isIn = (n = 0) => {
    return ([low, high]: Range): boolean => n >= low && n <= high;
  };
  const within = (prefixes: readonly Prefix[], address: Address | undefined): boolean =>
    any(prefixes, (p) => {
      if (p.family !== flow.to.family) return false;
      if (address === undefined) return p.length === 0 || (p.family === 4 && p.value === 0n);
      return contains(p, address);
    });
  const iif = "iif" in flow ? flow.iif : undefined;
  return (
    within(t.from, flow.from) &&
    within(t.to, flow.to) &&
    (t.protocol === undefined || t.protocol === (flow.protocol ?? 0)) &&
    any(t.sourcePorts, isIn(flow.sourcePort)) &&
    any(t.destinationPorts, isIn(flow.destinationPort)) &&
    any(t.marks, ({ value, mask }) => (((flow.mark ?? 0) ^ value) & mask) === 0) &&
    (t.users.length === 0 || (iif === undefined && t.users.some(isIn(flow.uid)))) &&
    any(t.incoming, (device) => device === iif) &&
    any(t.dscp, (point) => point === (flow.tos ?? 0) >> 2)
  );
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
export function asksOf({ inOrder, connections }: Policies): Asks[] {
  return [
    ...connections.map(({ mark, mask }) => ({ ...NOTHING, mark, mask })),
    ...inOrder.flatMap((t) => [
      ...t.marks.map(({ value, mask }) => ({ ...NOTHING, mark: value, mask })),
      ...t.dscp.map((point) => ({ ...NOTHING, tos: point << 2 })),
      ...t.users.map(([uidLow, uidHigh]) => ({ ...NOTHING, uidLow, uidHigh })),
      ...(t.protocol === undefined ? [] : [{ ...NOTHING, protocol: t.protocol }]),
      ...t.sourcePorts.map(([sportLow, sportHigh]) => ({ ...NOTHING, hasPorts: true, sportLow, sportHigh })),
      ...t.destinationPorts.map(([dportLow, dportHigh]) => ({
        ...NOTHING,
        hasPorts: true,
        dportLow,
        dportHigh,
      })),
    ]),
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
