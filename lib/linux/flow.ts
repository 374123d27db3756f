import { Address, Family } from "../net/address";
import { Route, RouteType, Rule } from "./state";

/**
 * What a lookup is asked: the fields of a packet, and of the socket behind it, that routing can see. Absent numbers
 * are 0, which is "none" for ports and protocol, and root for the user.
 */
export interface Flow {
  readonly to: Address;
  /** Absent: not chosen yet (an unbound socket). */
  readonly from?: Address;
  /** fwmark. */
  readonly mark?: number;
  /** The DS field (TOS, traffic class); the two ECN bits are ignored. */
  readonly tos?: number;
  readonly uid?: number;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A packet that the host itself sends. */
export interface OutputFlow extends Flow {
  /** The device a socket is bound to (SO_BINDTODEVICE). */
  readonly oif?: string;
  /** IP_TRANSPARENT, IP_FREEBIND or a raw socket: the source need not be ours. */
  readonly anySource?: boolean;
  /** As `ip route get ... oif` asks: a device is wanted, but no socket is bound to it. IPv6 alone tells them apart. */
  readonly unboundDevice?: boolean;
}

/** A packet that arrives from outside. */
export interface InputFlow extends Flow {
  readonly from: Address;
  readonly iif: string;
}

/** Errors as a program sees them, errno(3). */
export type RoutingError =
  "ENETUNREACH" | "EHOSTUNREACH" | "EACCES" | "EINVAL" | "EXDEV" | "ENODEV" | "EADDRNOTAVAIL";

export interface NextHop {
  readonly device: string;
  /** Absent: the destination itself is resolved on the link. */
  readonly via?: Address;
  /** On output: the source the packet leaves with, the flow's or the one chosen for this hop; absent if none is usable. */
  readonly source?: Address;
}

/** The packet goes on. */
export interface Routed {
  readonly kind: "route";
  readonly type: Exclude<RouteType, "unreachable" | "prohibit" | "blackhole" | "throw">;
  /** Where it can go: one, or every hop of a multipath route that the kernel may choose. */
  readonly hops: readonly NextHop[];
  readonly table?: number;
  readonly route?: Route;
  readonly rule?: Rule;
  /**
   * IPv4 found no route, but the socket is bound to a device, so the kernel takes the destination for attached
   * (net/ipv4/route.c): the host asks for the address by ARP and knows no gateway.
   */
  readonly pretended: boolean;
}

export interface Failed {
  readonly kind: "error";
  readonly error: RoutingError;
  /** What refused: a rule or a route, a check by name, or nothing but the end of the rules. */
  readonly rule?: Rule;
  readonly route?: Route;
  readonly check?: string;
}

/** The answer depends on something that the model does not cover; it says on what. */
export interface Unknown {
  readonly kind: "unknown";
  readonly because: string;
}

export type Outcome = Routed | Failed | Unknown;

/** One step of a lookup, for people: which rule, which route, and why. */
export interface TraceStep {
  /** 0 for the lookup itself, more for what happens inside (the reverse path check). */
  readonly depth: number;
  readonly text: string;
}

export interface Traced {
  readonly outcome: Outcome;
  readonly steps: readonly TraceStep[];
  /** The rules that matched, in order. */
  readonly rules: readonly Rule[];
}

export function familyOf(flow: Flow): Family {
  return flow.to.family;
}
