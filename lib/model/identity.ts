import { Address } from "../net/address";
import { IdentityProtocol } from "./spec";

/** An identity after normalization: checked, with all defaults filled in. */
export interface Identity {
  /** At most one a family, IPv4 first. */
  readonly addresses: readonly Address[];
  readonly protocol: IdentityProtocol;
  /** Names of the interfaces over which it is announced, sorted. */
  readonly interfaces: readonly string[];
  /** Dotted; with OSPF. */
  readonly area?: string;
  /** Of OSPFv2, in place of the area. */
  readonly stubArea?: string;
  /** With BGP. */
  readonly asn?: number;
  /** Sorted by interface, then address; empty with OSPF. */
  readonly peers: readonly IdentityPeer[];
  readonly routerId: Address;
  /** Seconds. */
  readonly keepalive: number;
  readonly hold: number;
  /** Milliseconds; absent without BFD. */
  readonly bfdInterval?: number;
  readonly passwordFile?: string;
}

export interface IdentityPeer {
  readonly interface: string;
  readonly asn: number;
  /** Absent when unnumbered. */
  readonly address?: Address;
  /** The address of the interface that talks to it. */
  readonly local?: Address;
  /** Outside of the subnets attached to the interface. */
  readonly far: boolean;
}
