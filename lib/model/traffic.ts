import { Family } from "../net/address";
import { Prefix } from "../net/prefix";
import { Otherwise } from "./spec";

/** From the first to the last, both included. */
export type Range = readonly [first: number, last: number];

/** A firewall mark: the bits of `mask` must be those of `value`, which has no others. */
export interface Mark {
  readonly value: number;
  readonly mask: number;
}

/** Where forwarded packets come in: an interface, by its name, or a device of the host that is none, by the device's. */
export type Incoming = { readonly interface: string } | { readonly device: string };

/**
 * A traffic policy after normalization. Lists are sorted, without repetition and as short as they can be; an empty one
 * selects nothing in particular.
 */
export interface Traffic {
  readonly name: string;
  /** Families in which a packet can match. */
  readonly families: readonly Family[];
  readonly from: readonly Prefix[];
  readonly to: readonly Prefix[];
  /** IP protocol number. */
  readonly protocol?: number;
  readonly sourcePorts: readonly Range[];
  readonly destinationPorts: readonly Range[];
  readonly marks: readonly Mark[];
  readonly users: readonly Range[];
  readonly incoming: readonly Incoming[];
  readonly dscp: readonly number[];
  /** Names of interfaces, in the order of preference. */
  readonly use: readonly string[];
  /** One for each of `use`: they share the traffic. */
  readonly weights?: readonly number[];
  readonly otherwise: Otherwise;
  readonly beforeSources: boolean;
}
