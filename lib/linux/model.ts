import { Address, Family } from "../net/address";
import { RoutingError } from "./flow";
import { SharedNexthops } from "./nexthops6";
import { PrefixIndex } from "./prefix-index";
import { Link, LinkAddress, LinuxState, Route, RouteType, Rule } from "./state";

/**
 * A state made ready for lookups: names resolved to numbers, tables indexed, rules sorted out by source. It decides
 * nothing that the state does not say; compile.ts makes it, and every lookup reads it.
 */
export interface Model {
  readonly state: LinuxState;
  readonly devices: readonly Device[];
  readonly deviceNumbers: ReadonlyMap<string, number>;
  /** Number of the loopback device, or ANY_DEVICE without one. */
  readonly loopback: number;
  readonly 4: FamilyModel;
  readonly 6: FamilyModel;
}

/** Devices are numbered in the kernel's order. Numbers below 0 stand for no device. */
export const ANY_DEVICE = -1;
/** A device that a rule names and that is not there: it matches nothing. */
export const DETACHED = -2;

export interface Device {
  readonly number: number;
  readonly link: Link;
  /** The VRF it is enslaved to, or is; ANY_DEVICE when it is in none. */
  readonly l3mdev: number;
  /** IPv4 sysctls as they count for the device; see {@link setting4}. Filled when they are asked for. */
  readonly settings: Map<string, number | undefined>;
  readonly addresses: { readonly [F in Family]: readonly LinkAddress[] };
}

export interface FamilyModel {
  readonly family: Family;
  /** All rules, in order. */
  readonly steps: readonly Step[];
  /** Where the source decides which rules can match: intervals of sources. */
  readonly sources: PrefixIndex;
  /** The rules that can match, by interval of the source; see chains.ts. */
  readonly chains: readonly Chain[];
  /** IPv6 without a source: no `from` rule matches. */
  readonly chainWithoutSource: Chain;
  readonly tables: ReadonlyMap<number, CompiledTable>;
  /**
   * Only the kernel's own rules are there. IPv4 then searches local and main as one table, but only if no other rule
   * was ever there, which no dump tells (net/ipv4/fib_rules.c, fib_unmerge).
   */
  readonly defaultRules: boolean;
  /** local and main as one; set where defaultRules. */
  readonly merged?: CompiledTable;
  /** The two ways can differ: a route of main lies inside one of local. */
  readonly mergeMatters: boolean;
  /** Somebody else than the kernel made local routes, so that it checks sources in full. */
  readonly ownLocalRoutes: boolean;
  /** Some rule asks for ports or protocol of packets from outside, so the kernel looks for them. */
  readonly dissects: boolean;
  /** IPv6: next hops of nexthop objects that routes of several kinds use; see nexthops6.ts. */
  readonly shared: SharedNexthops;
  /** Own addresses, and the devices that have them. */
  readonly own: ReadonlyMap<bigint, readonly number[]>;
  /** The same for IPv4 in the form that is quick to ask, with the first device alone. */
  readonly own4: ReadonlyMap<number, number>;
}

export interface Chain {
  readonly steps: readonly Step[];
  /** Chains with the same number decide alike for every packet. */
  readonly alike: number;
}

export type Act = "lookup" | "goto" | "nop" | "reject";

/** A rule as the walk reads it. In a chain the `from` selector is decided already and left out. */
export interface Step {
  readonly rule: Rule;
  /** Its place in the list of all rules. */
  readonly position: number;
  readonly not: boolean;
  /** No selector is left: it matches. */
  readonly always: boolean;
  readonly hasFrom: boolean;
  readonly from4: number;
  readonly from6: bigint;
  readonly fromShift: number;
  readonly hasTo: boolean;
  readonly to4: number;
  readonly to6: bigint;
  readonly toShift: number;
  readonly iif: number;
  readonly oif: number;
  readonly mark: number;
  readonly mask: number;
  readonly tos: number;
  readonly uidLow: number;
  readonly uidHigh: number;
  readonly protocol: number;
  readonly hasPorts: boolean;
  readonly sportLow: number;
  readonly sportHigh: number;
  readonly dportLow: number;
  readonly dportHigh: number;
  readonly l3mdev: boolean;
  readonly tunnel: boolean;
  /** Selectors that are not modelled: whether it matches cannot be told. */
  readonly unclear: boolean;
  readonly act: Act;
  readonly table: number;
  readonly error: RoutingError;
  /** Where goto leads: an index of the list that is walked, -1 if the target is not there. */
  readonly jump: number;
  readonly suppressLength: number;
  readonly suppressGroup: number;
}

export interface CompiledTable {
  readonly id: number;
  readonly index: PrefixIndex;
  /** Routes by node of the index, in the order in which the kernel tries them. */
  readonly nodes: readonly (readonly CompiledRoute[])[];
  /** The same one after the other, those of node n from first[n] on: large tables are read with fewer detours. */
  readonly flat: readonly CompiledRoute[];
  readonly first: Uint32Array;
  /** IPv6: source-specific routes by node, or undefined where the table has none at all. */
  readonly subtrees?: readonly (Subtree | undefined)[];
  /** Routes of length 0, as the kernel counts them (fib_select_default). */
  readonly defaults: number;
}

/** The source-specific routes of one destination prefix. */
export interface Subtree {
  readonly index: PrefixIndex;
  readonly nodes: readonly (readonly CompiledRoute[])[];
}

export interface CompiledRoute {
  readonly route: Route;
  readonly table: number;
  readonly type: RouteType;
  readonly source?: Address;
  readonly length: number;
  /** "" for routes that lead somewhere; EAGAIN for throw. */
  readonly error: RoutingError | "" | "EAGAIN";
  readonly tos: number;
  readonly metric: number;
  readonly scope: number;
  readonly hops: readonly CompiledHop[];
  readonly preference: number;
  readonly unclear: boolean;
}

export interface CompiledHop {
  readonly device: number;
  readonly via?: Address;
  /** The route leads over the hop only if it is usable: not dead, and not without carrier where that counts. */
  readonly usable: boolean;
  readonly dead: boolean;
  /** IPv4: the source lent to packets without one, by scope of the route (nhc_saddr). Filled when it is asked for. */
  readonly lent: Map<number, Address | undefined>;
  /** Whether it has no carrier, so that ignore_routes_with_linkdown decides. */
  readonly unclear: boolean;
}

/** The flow, in the form in which the walk compares it. Reused between lookups. */
export class Probe {
  family: Family = 4;
  dst4 = 0;
  src4 = 0;
  dst6 = 0n;
  src6 = 0n;
  hasSource = false;
  iif = ANY_DEVICE;
  oif = ANY_DEVICE;
  mark = 0;
  tos = 0;
  uid = 0;
  protocol = 0;
  sport = 0;
  dport = 0;
  l3mdev = ANY_DEVICE;
  /** IPv6: routes by another device than oif are not taken (RT6_LOOKUP_F_IFACE). */
  strict = false;
  /** IPv6: the device that is preferred, or required where strict: oif on output, iif on input. */
  preferred = ANY_DEVICE;
}

/** again: nothing was found, the walk goes on (EAGAIN in the kernel). */
export type Status = "ok" | "again" | "error" | "unknown";

/** The answer of a walk. Reused between lookups. */
export class Answer {
  status: Status = "again";
  error: RoutingError = "ENETUNREACH";
  route: CompiledRoute | undefined;
  /** The first usable hop; the others that may be taken are told by the family's `hopsOf`. */
  hop = 0;
  table: CompiledTable | undefined;
  /** IPv4: where the route stands, for the choice among equal defaults. */
  node = -1;
  step: Step | undefined;
  because = "";

  clear(): void {
    this.status = "again";
    this.route = undefined;
    this.table = undefined;
    this.step = undefined;
    this.because = "";
  }

  fail(error: RoutingError): void {
    this.status = "error";
    this.error = error;
  }

  doubt(because: string): void {
    this.status = "unknown";
    this.because = because;
  }
}

/** Collects what a lookup did, for people. */
export interface Tracer {
  note(text: string): void;
  /** A rule that matched. */
  matched?(rule: Rule): void;
  deeper<T>(run: () => T): T;
}
