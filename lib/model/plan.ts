import { Numbers } from "./numbers";

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
  /** Sorted by name. */
  readonly interfaces: readonly PlanInterface[];
  readonly ipv4: PlanFamily;
  readonly ipv6: PlanFamily;
  readonly sysctls: readonly PlanSysctl[];
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

export interface PlanFamily {
  readonly routes: readonly PlanRoute[];
  readonly rules: readonly PlanRule[];
  /** What the kernel must answer: one row for each class of destinations that an interface's sources tell apart. */
  readonly expectations: readonly PlanExpectation[];
}

export interface PlanRoute {
  /** The interface whose table this is. */
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
}

export interface PlanRule {
  /** Offset within the band. */
  readonly priority: number;
  /** Matches what the selectors do not match together. */
  readonly not?: true;
  readonly from?: string;
  /** What the host itself sends, and its reverse path checks; not what it forwards. */
  readonly iif?: "lo";
  /** Interface names, as in ip-rule(8): `oif` matches sockets bound to the device. */
  readonly oif?: string;
  readonly action: RuleAction;
}

export type RuleAction =
  | { readonly kind: "nop" }
  | { readonly kind: "unreachable" }
  /** Continue at an offset of the same band, or after all our rules. */
  | { readonly kind: "goto"; readonly priority: number | "join" }
  /** Look up an interface's table. */
  | { readonly kind: "table"; readonly table: string }
  /** Look up main, but accept only answers longer than the prefix and not through a managed interface. */
  | { readonly kind: "main"; readonly minPrefix: number };

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

export interface PlanSysctl {
  readonly interface: string;
  /** Below /proc/sys/net, with "@" for the device: `ipv4/conf/@/arp_ignore`. */
  readonly key: string;
  /** The value is raised to this where it is lower; a stricter one is kept. */
  readonly atLeast: number;
}
