import { Family } from "../net/address";
import { Numbers } from "./numbers";
import { HostModel, IdentityProtocol, Otherwise, Persistence, UnmanagedRoutes, WorldKind } from "./spec";
import { Incoming, Mark, Range } from "./traffic";

/**
 * The complete desired state of a host's routing, as plain JSON-stable data. One plan feeds installation, removal,
 * verification, drawings and policy tests.
 *
 * A plan knows neither device names nor generations: interfaces are named by their logical name, tables by the
 * interface they belong to, and priorities by their offset within a band (see numbers.ts). Rendering fills them in.
 * Addresses and prefixes are canonical text. Lists are in the order in which the kernel must get them.
 */
export interface Plan {
  readonly schema: 1;
  readonly host: string;
  readonly numbers: Numbers;
  readonly hostModel: HostModel;
  /** Whether main's routes through what is not managed are followed: the rules say how, the prover holds them to it. */
  readonly unmanagedRoutes: UnmanagedRoutes;
  /** What keeps it in force on the host. */
  readonly persistence: Persistence;
  /** Addresses that belong to no interface and may come and go by all, under the strong host model. */
  readonly virtualAddresses: readonly string[];
  /** Traffic policies, in the order in which they decide. */
  readonly traffic: readonly PlanTraffic[];
  /** Tables besides those of the interfaces. */
  readonly tables: readonly PlanTable[];
  /** Interfaces whose connections are marked, with the mark; empty when connections are not tracked. */
  readonly connections: readonly PlanConnection[];
  /** Sorted by name. */
  readonly interfaces: readonly PlanInterface[];
  readonly ipv4: PlanFamily;
  readonly ipv6: PlanFamily;
  readonly sysctls: readonly PlanSysctl[];
  /** Routing domains beside the host's own, sorted by name. Their interfaces are in no list but theirs. */
  readonly worlds: readonly PlanWorld[];
  /** Absent when the host has none. */
  readonly identity?: PlanIdentity;
}

export interface PlanWorld {
  readonly name: string;
  readonly kind: WorldKind;
  /** The world as a host of its own, whose name is the world's. That of a VRF has no rules. */
  readonly plan: Plan;
  /** The table of a VRF, by its slot: tableBase + 2 * slot. It has one generation. */
  readonly slot?: number;
  /**
   * Routes for what has no source yet: of the main table of a namespace, of the table of a VRF. They are in neither
   * family's {@link PlanFamily}, and "table" is the interface that they are of.
   */
  readonly routes: readonly (PlanRoute & { readonly family: Family })[];
  readonly resolver?: { readonly nameservers: readonly string[]; readonly search: readonly string[] };
  readonly services: readonly string[];
  readonly moveManagement: boolean;
}

/** Addresses on the loopback, and how they are announced: see docs/identity.md. */
export interface PlanIdentity {
  /** Without length; at most one a family, IPv4 first. */
  readonly addresses: readonly string[];
  readonly protocol: IdentityProtocol;
  readonly links: readonly PlanIdentityLink[];
  /** Dotted; with OSPF. */
  readonly area?: string;
  /** Of OSPFv2, in place of the area. */
  readonly stubArea?: string;
  /** With BGP. */
  readonly asn?: number;
  /** Empty with OSPF. */
  readonly peers: readonly PlanIdentityPeer[];
  readonly routerId: string;
  /** Seconds. */
  readonly keepalive: number;
  readonly hold: number;
  /** Milliseconds; absent without BFD. */
  readonly bfdInterval?: number;
  /** On the host; its content is nowhere else. */
  readonly passwordFile?: string;
}

/** An interface over which an identity is announced, with the families of the identity that it has addresses of. */
export interface PlanIdentityLink {
  readonly interface: string;
  /** The primary address of each family, without length. */
  readonly addresses: readonly string[];
}

export interface PlanIdentityPeer {
  readonly interface: string;
  readonly asn: number;
  /** Absent when unnumbered. */
  readonly address?: string;
  /** The address of the interface that talks to it. */
  readonly local?: string;
  /** It is on no subnet of the interface. */
  readonly far?: true;
}

export interface PlanInterface {
  readonly name: string;
  readonly match: { readonly mac?: string; readonly ifname?: string; readonly address?: string };
  /** Which pair of tables is the interface's: tableBase + 2 * slot + generation. */
  readonly slot: number;
  /** Addresses that must be on the interface, with their length; the primary of each family first. */
  readonly addresses: readonly string[];
  /** Prefixes and addresses whose traffic this interface carries, both families, as the user gave them. */
  readonly sources: readonly string[];
  readonly gateways: readonly string[];
}

/** What a traffic policy does, for people: its rules and routes say how. */
export interface PlanTraffic {
  readonly name: string;
  /** Families in which it decides. */
  readonly families: readonly Family[];
  /** The selectors as text, one a kind: "tcp", "to 192.0.2.0/24". Empty when everything matches. */
  readonly selectors: readonly string[];
  readonly use: readonly string[];
  /** One for each of `use`. */
  readonly weights?: readonly number[];
  readonly otherwise: Otherwise;
  /** Whether it comes before the rules for sources. */
  readonly beforeSources: boolean;
  /** Whether it selects nothing that the host itself sends. */
  readonly forwardedAlone: boolean;
  /** Whether it leaves what goes to containers, tunnels and the like to main. */
  readonly leavesOwn: boolean;
  /** Policies before it that decide otherwise about some of its packets. */
  readonly overlaps: readonly string[];
  /** Interfaces whose sources it may send out by another interface. */
  readonly captures: readonly string[];
}

/**
 * A table that is no interface's own: "exit/NAME" has the routes of an interface without its last resort, so that what
 * finds none goes on to the next; "share/POLICY" those of several interfaces, with one default route by all of them.
 */
export interface PlanTable {
  readonly name: string;
  /** As that of an interface. */
  readonly slot: number;
}

export interface PlanConnection {
  readonly interface: string;
  /** Within {@link CONNECTION_MASK}. */
  readonly mark: number;
}

export interface PlanFamily {
  /** Prefixes that hold all sources: as few as there can be of which none holds the address of a socket without one. */
  readonly covers: readonly string[];
  readonly routes: readonly PlanRoute[];
  readonly rules: readonly PlanRule[];
  /** What the kernel must answer: one row for each class of destinations that an interface's sources tell apart. */
  readonly expectations: readonly PlanExpectation[];
  /** What the kernel must answer for traffic policies: a packet of each, where it can be asked about one. */
  readonly flows: readonly PlanFlow[];
}

export interface PlanRoute {
  /** The interface whose table this is, or a further table's name. */
  readonly table: string;
  readonly type: "unicast" | "unreachable";
  /** A prefix; "default" for all. */
  readonly to: string;
  /** Interface the route leaves by; absent on unreachable. */
  readonly dev?: string;
  readonly via?: string;
  readonly src?: string;
  readonly onLink?: true;
  readonly metric?: number;
  /** Several next hops that share the traffic, in place of `dev` and `via`. */
  readonly hops?: readonly PlanHop[];
}

export interface PlanHop {
  readonly dev: string;
  readonly via: string;
  readonly onLink?: true;
  readonly weight: number;
}

export interface PlanRule {
  /** Offset within the band. */
  readonly priority: number;
  /** Matches what the selectors do not match together. */
  readonly not?: true;
  readonly from?: string;
  readonly to?: string;
  /** What the host itself sends, and its reverse path checks; not what it forwards. */
  readonly iif?: "lo";
  /** Forwarded packets that come in here. */
  readonly incoming?: Incoming;
  /** Interface names, as in ip-rule(8): `oif` matches sockets bound to the device. */
  readonly oif?: string;
  readonly mark?: Mark;
  /** Users whose sockets send it. */
  readonly users?: Range;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  /** Differentiated services code point. */
  readonly dscp?: number;
  readonly action: RuleAction;
}

export type RuleAction =
  | { readonly kind: "nop" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "prohibit" }
  | { readonly kind: "blackhole" }
  /** Continue at an offset of the same band, or after all our rules. */
  | { readonly kind: "goto"; readonly priority: number | "join" }
  /** Look up an interface's table, or a further one. */
  | { readonly kind: "table"; readonly table: string }
  /** Look up main, but accept only answers longer than the prefix and not through a managed interface. */
  | { readonly kind: "main"; readonly minPrefix: number }
  /** Look up main, but accept only answers longer than the prefix, by whatever interface. */
  | { readonly kind: "main-longer"; readonly minPrefix: number }
  /** Look up main, but accept no answer through a device of the default group, in which no managed interface is. */
  | { readonly kind: "main-managed" };

/** From every source of `interface` to the address `to` the kernel must answer `dev`, and `via` or no gateway. */
export interface PlanExpectation {
  readonly interface: string;
  /** A representative address. */
  readonly to: string;
  /** Why this row: shown when it fails. */
  readonly class: "elsewhere" | "attached" | "other-attached" | "routed";
  /** Absent when the answer must be "unreachable". */
  readonly dev?: string;
  readonly via?: string;
}

/** A packet of a traffic policy, and what the kernel must answer. */
export interface PlanFlow {
  readonly policy: string;
  readonly to: string;
  /** Absent: a socket that has no source yet. */
  readonly from?: string;
  /** Forwarded, having come in here. */
  readonly incoming?: Incoming;
  readonly mark?: number;
  readonly user?: number;
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly dscp?: number;
  /** In the order of preference: those by a link without carrier do not count. Within one, any way is right. */
  readonly choices: readonly (readonly { readonly dev: string; readonly via?: string }[])[];
  /** What is right when no choice is left: no way at all, or anything. */
  readonly otherwise: "unreachable" | "anything";
}

export interface PlanSysctl {
  /** The interface that needs it. */
  readonly interface: string;
  /** Below /proc/sys/net, with "@" for the device where it is the device's: `ipv4/conf/@/arp_ignore`. */
  readonly key: string;
  /** The value is raised to this where it is lower; a stricter one is kept. */
  readonly atLeast: number;
}
