import { Address, Family } from "../net/address";
import { PackedPrefixes } from "../net/packed";
import { Prefix } from "../net/prefix";
import { Identity } from "./identity";
import { Numbers } from "./numbers";
import { HostModel, OnLink, Persistence, UnmanagedRoutes, WorldKind } from "./spec";
import { Traffic } from "./traffic";

/**
 * A host after normalization: parsed, checked, defaults filled in, in canonical order. Everything after
 * `normalize` reads this and never the text of a user.
 */
export interface Host {
  readonly name: string;
  /** Sorted by name. */
  readonly interfaces: readonly HostInterface[];
  readonly sources: Readonly<Record<Family, HostSources>>;
  readonly hostModel: HostModel;
  /** Addresses that belong to no interface; sorted. Empty but for the strong host model. */
  readonly virtualAddresses: readonly Address[];
  readonly onLink: OnLink;
  /** Sorted by `from`, then `to`. */
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
  readonly unmanagedRoutes: UnmanagedRoutes;
  /** In the order given, which says which of them decides. */
  readonly traffic: readonly Traffic[];
  readonly trackConnections: boolean;
  readonly persistence: Persistence;
  readonly identity?: Identity;
  readonly numbers: Numbers;
  /** Sorted by name. */
  readonly worlds: readonly HostWorld[];
}

/** A routing domain of its own: as a host within the host. */
export interface HostWorld {
  readonly name: string;
  readonly kind: WorldKind;
  /** Its interfaces, with the host's model and numbers, and without worlds. */
  readonly host: Host;
  /** Names of its interfaces, in the order in which sockets without a source prefer them. */
  readonly preference: readonly string[];
  readonly resolver?: Resolver;
  /** Sorted. */
  readonly services: readonly string[];
  readonly moveManagement: boolean;
}

export interface Resolver {
  readonly nameservers: readonly Address[];
  readonly search: readonly string[];
}

export interface HostInterface {
  readonly name: string;
  readonly match: Match;
  readonly addresses: Readonly<Record<Family, HostAddresses>>;
  readonly delegatedPrefixes: readonly Prefix[];
  readonly gateways: Readonly<Partial<Record<Family, Gateway>>>;
  /** Attached subnets: of the addresses and those declared; sorted, distinct, host prefixes left out. */
  readonly subnets: readonly Prefix[];
  readonly routes: readonly { readonly to: Prefix; readonly via?: Address }[];
}

/** Addresses of an interface in one family, as texts: there may be very many. The primary first, then by number. */
export interface HostAddresses {
  /** The first; absent where there is none. */
  readonly primary?: Address;
  /** Canonical, with the length of the prefix each lies in: "10.0.1.10/24". */
  readonly texts: readonly string[];
  /** The same without the length: "10.0.1.10". */
  readonly sources: readonly string[];
}

/**
 * All sources of a host in one family, addresses and delegated prefixes: as disjoint prefixes, ascending, as few as
 * there can be of which each is one interface's. In the buffer every address is there, and of what is delegated the lowest.
 */
export interface HostSources extends PackedPrefixes {
  /** Of each address in the buffer the position of its interface in {@link Host.interfaces}. */
  readonly owners: Uint8Array;
  /** Of each address in the buffer its position in the list of its interface; of what is delegated {@link DELEGATED}. */
  readonly positions: Uint32Array;
}

export const DELEGATED = 0xffffffff;

/** All given must agree; at least one is given. */
export interface Match {
  /** Lower case. */
  readonly mac?: string;
  readonly ifname?: string;
  readonly address?: Address;
}

export interface Gateway {
  readonly address: Address;
  /** Outside the attached subnets and not link-local. */
  readonly onLink: boolean;
}
