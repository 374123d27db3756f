import { Address, Family } from "../../net/address";
import { InterfaceAddress, Prefix } from "../../net/prefix";
import { InputFlow, Outcome, OutputFlow, TraceStep } from "../flow";
import { LinuxState, PerFamily, Range } from "../state";

/**
 * What the owner of a host wants of its routing, in plain data and without a word of how it is reached. It is all
 * the prover knows besides the state; it shares no code with the planner, so that one cannot hide the other's error.
 */
export interface Intent {
  readonly interfaces: readonly IntentInterface[];
  /** From an address of one interface to a host attached to another: by the own gateway, or directly. */
  readonly onLink: "gateway" | "direct";
  /** Pairs (names) that go directly in spite of `onLink: "gateway"`. */
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
  /**
   * Hosts attached to an interface may be reached through its gateway as well: right in clouds, whose switch is the
   * router; elsewhere the answer would come back another way. Default: false.
   */
  readonly attachedByGateway?: boolean;
  /**
   * Whether what is sent from the interfaces' addresses and the identities, and what policies select that decide about
   * these, may leave by devices that are not managed (containers, tunnels), as main has it; "ignore": never. Default:
   * "follow".
   */
  readonly unmanagedRoutes?: "follow" | "ignore";
  /**
   * A route by a device that is not managed is right for every source if its prefix is longer than this; a shorter one is
   * a default in all but name. Default: 1 and 3.
   */
  readonly unmanagedLongerThan?: PerFamily<number>;
  /**
   * Addresses of the host that belong to no interface: what is sent from them may leave by every managed one, and by
   * others where these are followed, as main has it. Default: none.
   */
  readonly identities?: readonly Address[];
  /** Destinations about which nothing is claimed. */
  readonly exclude?: readonly Prefix[];
  /** Marks that others set for packets of their own (VPNs, container networks); nothing is claimed of those. */
  readonly foreignMarks?: readonly { readonly value: number; readonly mask: number }[];
  /** Which interfaces some traffic may use; of those for the same place the first that selects a packet decides. */
  readonly traffic?: readonly IntentTraffic[];
  /** Marks of packets that answer what came in by an interface, and go back by it. */
  readonly connections?: readonly {
    readonly interface: string;
    readonly mark: number;
    readonly mask: number;
  }[];
  /** Who must stay reachable while things change: the peer's network, and our address it talks to. */
  readonly management?: readonly { readonly peer: Prefix; readonly local: Address }[];
}

/** Traffic that may use some interfaces alone. An empty list selects all. */
export interface IntentTraffic {
  readonly name: string;
  readonly families: readonly Family[];
  readonly from: readonly Prefix[];
  readonly to: readonly Prefix[];
  readonly protocol?: number;
  readonly sourcePorts: readonly Range[];
  readonly destinationPorts: readonly Range[];
  readonly marks: readonly { readonly value: number; readonly mask: number }[];
  /** Of sockets of the host. */
  readonly users: readonly Range[];
  /** Devices by which forwarded packets come in. */
  readonly incoming: readonly string[];
  readonly dscp: readonly number[];
  /** Names of interfaces: the first that has a way, or all of those together. */
  readonly use: readonly string[];
  readonly shared: boolean;
  readonly otherwise: "unreachable" | "prohibit" | "blackhole" | "next";
  /** Whether it decides about what has a source of an interface, too. */
  readonly beforeSources: boolean;
}

export interface IntentInterface {
  readonly name: string;
  /** The device on the host. */
  readonly device: string;
  /** Addresses the host sends from, with the length of the attached prefix. */
  readonly addresses: readonly InterfaceAddress[];
  readonly delegatedPrefixes: readonly Prefix[];
  readonly gateways: Readonly<Partial<Record<Family, Address>>>;
  /** All attached prefixes, those of the addresses included. */
  readonly subnets: readonly Prefix[];
  readonly routes: readonly { readonly to: Prefix; readonly via?: Address }[];
}

/** P1 to P12; the titles are in {@link PROPERTIES}. */
export type PropertyId = "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7" | "P8" | "P9" | "P10" | "P11" | "P12";

export const PROPERTIES: Readonly<Record<PropertyId, { readonly name: string; readonly claim: string }>> = {
  P1: {
    name: "egress",
    claim: "what leaves with an address of an interface leaves by that interface and its gateway",
  },
  P2: { name: "ingress", claim: "what arrives for an address by its interface is accepted" },
  P3: { name: "reply", claim: "the answer to what is accepted leaves by the interface it came in by" },
  P4: { name: "unbound", claim: "a socket without an address gets a source that fits the path it takes" },
  P5: { name: "bound", claim: "a socket bound to a device leaves by it, through its gateway" },
  P6: { name: "fail-closed", claim: "when routes or a link go away, nothing leaves by another interface" },
  P7: { name: "no capture", claim: "flows of what is not managed take the path they took before" },
  P8: { name: "management", claim: "the management peers reach the host in every state on the way" },
  P9: { name: "hygiene", claim: "no rule is dead, doubled or unresolved, and no answer is left to chance" },
  P10: { name: "stability", claim: "no step on the way captures or cuts off a flow" },
  P11: {
    name: "traffic",
    claim: "what a policy selects leaves by its interfaces alone, in their order, or is refused as told",
  },
  P12: { name: "isolation", claim: "nothing passes between a VRF and what is outside of it" },
};

/**
 * proved: holds for every packet of every class; witness: fails, and here is one packet; unknown: depends on what is
 * not modelled; skipped: nothing to prove (no earlier state given for P7, no management peers for P8, ...).
 */
export type Verdict = "proved" | "witness" | "unknown" | "skipped";

export interface PropertyResult {
  readonly property: PropertyId;
  readonly family: Family;
  readonly verdict: Verdict;
  /** Classes of packets that were decided, each by one representative. */
  readonly classes: number;
  /** Smallest first; at most {@link ProveOptions.maxWitnesses}. */
  readonly witnesses: readonly Witness[];
  /** How many classes fail in all. */
  readonly failing: number;
  /** Why it is unknown or skipped. */
  readonly reasons: readonly string[];
  /** What the claim leaves out, since the owner wants it otherwise (traffic policies), or no routing can do it. */
  readonly excepted: readonly string[];
}

/** The packet that disproves a property. */
export interface Witness {
  readonly property: PropertyId;
  /** The packet; absent where not a flow but the configuration itself is at fault (P9). */
  readonly flow?: OutputFlow | InputFlow;
  readonly direction?: "output" | "input";
  /** The flow in one line: `10.0.2.10 -> 203.0.113.5`. Empty without a flow. */
  readonly packet: string;
  readonly expected: string;
  readonly got: string;
  readonly outcome?: Outcome;
  readonly trace: readonly TraceStep[];
  /** The state in which it happens, when it is not the state given: `after the routes of table 7000 were flushed`. */
  readonly when?: string;
  /** The object to blame and what to do. */
  readonly blame: string;
  readonly fix: string;
}

export interface Proof {
  /** The worst of all results; "skipped" only if all are. */
  readonly verdict: Verdict;
  readonly results: readonly PropertyResult[];
  /** All that was not understood, once each. */
  readonly reasons: readonly string[];
}

export interface ProveOptions {
  /** Which properties; default all. */
  readonly properties?: readonly PropertyId[];
  /** The state before the change: needed for P7, and for P8 and P10 to see the way. */
  readonly before?: LinuxState;
  /** The commands that lead from `before` to the state, each with its family, as given to `ip -batch`. */
  readonly steps?: readonly { readonly family: Family; readonly text: string }[];
  /**
   * Proves P1 to P6 and P8 for these flows alone: from sources, to (or, arriving, from) destinations in one of the
   * prefixes. Absent is all.
   */
  readonly only?: { readonly sources?: readonly Prefix[]; readonly destinations?: readonly Prefix[] };
  /** Witnesses kept per property and family. Default 3. */
  readonly maxWitnesses?: number;
  /** Classes after which a property gives up and says so. Default 2,000,000. */
  readonly maxClasses?: number;
}
