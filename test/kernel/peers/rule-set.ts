import { Layout } from "../matrix/layout";

/**
 * What another tool leaves on a host with several interfaces, as `ip` commands: its steady state, worked out
 * from its source and not from a run of its daemon. Each is a negative control: the matrix must show it
 * failing just where `fails` says, or the matrix proves nothing.
 */
export interface RuleSet {
  readonly title: string;
  /** Version, and how the commands follow from it. */
  readonly source: string;
  /** Families that the tool configures at all; the others are not put on the host. Default: both. */
  readonly families?: readonly (4 | 6)[];
  /** `ip` commands, in the order in which they take effect. The first interface is the primary. */
  readonly commands: (layout: Layout) => readonly string[];
  /** Values below /proc/sys. */
  readonly sysctls?: (layout: Layout) => Readonly<Record<string, number>>;
  readonly fails: Failures;
}

export interface Failures {
  /** Of the nine flows. */
  readonly nine: readonly string[];
  /** Of the checks behind stateful routers. */
  readonly checks: readonly string[];
  /** What becomes of an address whose interface was bounced. */
  readonly bounced: "leaks" | "fails closed";
}
