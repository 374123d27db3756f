import { Address, Family } from "../net/address";
import { Prefix } from "../net/prefix";

/**
 * What a Linux host's routing depends on, as plain data: one snapshot of one network namespace. Readers make it from
 * dumps (read/), the model answers from it, and the prover changes copies of it. Nothing here is ever a guess: what
 * could not be read or is not modelled stands in `gaps` or in `unmodelled`, and an answer that would depend on it is
 * "unknown".
 */
export interface LinuxState {
  readonly links: readonly Link[];
  /** In the kernel's order: it decides which address is chosen as a source. */
  readonly addresses: readonly LinkAddress[];
  /** In the kernel's order: by priority, then by age. */
  readonly rules: PerFamily<readonly Rule[]>;
  /** All tables together. Within one prefix of one table in the kernel's order. */
  readonly routes: PerFamily<readonly Route[]>;
  /** Values below /proc/sys/net, by path: `ipv4/conf/eth0/rp_filter`. A path that is absent was not read. */
  readonly sysctls: Readonly<Record<string, number>>;
  /** `uname -r`, where known. */
  readonly kernel?: string;
  readonly gaps: readonly Gap[];
}

export type PerFamily<T> = { readonly [F in Family]: T };

/** Something that was not understood, and where it stands. */
export interface Gap {
  /** The dump or batch: `ip -4 rule`, `sysctl`. */
  readonly where: string;
  /** Position in it: an entry with its place, a line, or line and column. */
  readonly position: string;
  /** unreadable: damaged or hostile text; unmodelled: understood not to be covered; missing: not in the capture;
   *  limit: larger than is read. */
  readonly kind: "unreadable" | "unmodelled" | "missing" | "limit";
  readonly problem: string;
}

export interface Link {
  /** Interface index; its order is the kernel's device order as well, as far as addresses are chosen by it. */
  readonly index: number;
  readonly name: string;
  /** Administratively up. */
  readonly up: boolean;
  /** The link has a carrier (IFF_LOWER_UP). */
  readonly carrier: boolean;
  readonly loopback: boolean;
  readonly group: number;
  /** `veth`, `bridge`, `vrf`, `wireguard`, ...; absent on hardware. */
  readonly kind?: string;
  /** Name of the bridge, bond or VRF the link is enslaved to. */
  readonly master?: string;
  /** The table of a VRF device. */
  readonly vrfTable?: number;
  /** Link-layer address in lower case. */
  readonly mac?: string;
}

export interface LinkAddress {
  readonly link: string;
  readonly address: Address;
  readonly length: number;
  /** The other end of a point-to-point address; its prefix is what is attached. */
  readonly peer?: Address;
  readonly scope: number;
  /** IPv4: in the subnet of an earlier address. IPv6: a temporary address (RFC 8981). */
  readonly secondary: boolean;
  readonly deprecated: boolean;
  /** Not yet usable, or a duplicate (RFC 4862). */
  readonly tentative: boolean;
  readonly dadFailed: boolean;
  readonly optimistic: boolean;
  readonly home: boolean;
  readonly noPrefixRoute: boolean;
  /** Attributes that the reader does not know. */
  readonly unmodelled: readonly string[];
}

/** rtnetlink(7) scopes. */
export const Scope = { universe: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** An entry of the routing policy database, ip-rule(8). Absent selectors match everything. */
export interface Rule {
  readonly priority: number;
  /** Inverts the conjunction of all selectors. */
  readonly not: boolean;
  readonly from?: Prefix;
  readonly to?: Prefix;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  /** DSCP in the upper six bits, as ip-rule(8) writes `tos`. */
  readonly tos?: number;
  readonly uids?: Range;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  readonly tunnelId?: string;
  readonly l3mdev: boolean;
  readonly action: RuleAction;
  /** An answer whose prefix is this long or shorter is discarded. */
  readonly suppressPrefixLength?: number;
  /** An answer by a device of this group is discarded. */
  readonly suppressGroup?: number;
  /** Who installed it, as a protocol number; part of a rule's identity. */
  readonly origin: number;
  readonly unmodelled: readonly string[];
}

/** Inclusive. */
export type Range = readonly [low: number, high: number];

export type RuleAction =
  | { readonly kind: "lookup"; readonly table: number }
  | { readonly kind: "goto"; readonly priority: number }
  | { readonly kind: "nop" }
  | { readonly kind: "unreachable" | "prohibit" | "blackhole" };

export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "anycast"
  | "multicast"
  | "unreachable"
  | "prohibit"
  | "blackhole"
  | "throw";

export interface Route {
  readonly table: number;
  readonly type: RouteType;
  readonly to: Prefix;
  /** IPv6 source-specific routes (`from`), else absent. */
  readonly from?: Prefix;
  readonly tos: number;
  /** Smaller wins. */
  readonly metric: number;
  readonly scope: number;
  /** The `src` hint. */
  readonly source?: Address;
  /** Several are multipath; none on routes without a device. */
  readonly hops: readonly Hop[];
  /** The hops are those of a nexthop object, ip-nexthop(8); they share all else that the route has. */
  readonly nexthopObject: boolean;
  /** Its hops were given in one command, so the `src` hint is that of all; a dump of IPv6 shows that of the first alone. */
  readonly oneSource?: true;
  /** IPv6 router preference (RFC 4191). */
  readonly preference: "low" | "medium" | "high";
  readonly origin: number;
  readonly unmodelled: readonly string[];
}

export interface Hop {
  readonly link: string;
  /** Next hop; of either family on IPv4 routes (RFC 5549). */
  readonly via?: Address;
  readonly onLink: boolean;
  readonly weight: number;
  /** The kernel holds the hop for unusable (device down). */
  readonly dead: boolean;
  /** The device has no carrier; skipped only where ignore_routes_with_linkdown says so. */
  readonly linkDown: boolean;
}

export const Table = { default: 253, main: 254, local: 255 } as const;

/** A state of a host without any network but its loopback; the base on which batches are applied in tests. */
export const EMPTY_STATE: LinuxState = {
  links: [],
  addresses: [],
  rules: { 4: [], 6: [] },
  routes: { 4: [], 6: [] },
  sysctls: {},
  gaps: [],
};

export function linkNamed(state: LinuxState, name: string): Link | undefined {
  return state.links.find((link) => link.name === name);
}
