import { Address, Family } from "../net/address";
import { InterfaceAddress, Prefix } from "../net/prefix";
import { Numbers } from "./numbers";
import { OnLink } from "./spec";

/**
 * A host after normalization: parsed, checked, defaults filled in, in canonical order. Everything after
 * `normalize` reads this and never the text of a user.
 */
export interface Host {
  readonly name: string;
  /** Sorted by name. */
  readonly interfaces: readonly HostInterface[];
  readonly onLink: OnLink;
  /** Sorted by `from`, then `to`. */
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
  readonly numbers: Numbers;
}

export interface HostInterface {
  readonly name: string;
  readonly match: Match;
  /** Primary of each family first; then by number. */
  readonly addresses: readonly InterfaceAddress[];
  readonly delegatedPrefixes: readonly Prefix[];
  readonly gateways: Readonly<Partial<Record<Family, Gateway>>>;
  /** Attached subnets: of the addresses and those declared; sorted, distinct, host prefixes left out. */
  readonly subnets: readonly Prefix[];
  readonly routes: readonly { readonly to: Prefix; readonly via?: Address }[];
}

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
