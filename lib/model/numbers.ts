/**
 * Every number that we put into a kernel, in one place.
 *
 * Priorities 7000 to 9999 lie after Tailscale (5210-5270) and the VPC CNI (512-1536), and before
 * amazon-ec2-net-utils (10000 and up), NetworkManager (30200 and up) and wg-quick (32764). Table ids are
 * consecutive and fewer than 257, since the kernel hashes them modulo 256 (net/ipv4/fib_frontend.c).
 *
 * Layout of the priority window, by offset from `priorityBase`. Two bands let a new generation of rules be built
 * beside the one in force; one `goto` chooses between them, so that no packet sees a mix.
 *
 *       0        canary     only while a generation is checked: marked lookups go to the band being built
 *       1        pending    the switch while a change is not committed
 *       2        active     the switch: goto the band in force
 *      10..1499  band 0     (BAND_SIZE priorities)
 *    1500..2989  band 1
 *    2990        join       nop; where lookups go on that are none of ours
 *    2991..2993  backstop   nothing leaves from a source of ours when only these are left
 *
 * Where something restores the plan, 0 and 1 have more of the backstop: lib/render/program/backstop.awk.
 */

/** Numbers a user may override, when somebody else already has ours. */
export interface Numbers {
  /** Routing protocol number on every rule, route and address we add; 0 to 255, not one of rtnetlink(7)'s. */
  readonly protocol: number;
  /** Interface group of managed interfaces (ip-link(8)); 1 to 2^31-1. */
  readonly group: number;
  /** First of 256 consecutive table ids. */
  readonly tableBase: number;
  /** First of 3000 consecutive priorities; from 3 on. */
  readonly priorityBase: number;
  /** The fwmark bit by which a generation is asked before it is in force; one bit, otherwise unused on the host. */
  readonly canaryMark: number;
}

export const DEFAULT_NUMBERS: Numbers = {
  protocol: 77,
  group: 77,
  tableBase: 7000,
  priorityBase: 7000,
  canaryMark: 0x40000000,
};

/**
 * Consecutive bits of connection marks, and of the firewall marks of replies, that say by which interface a connection
 * came in. Clear of Kubernetes (0xc000), the VPC CNI (0x80) and Tailscale (0xff0000).
 */
export const CONNECTION_MASK = 0x3f000000;

export const PRIORITY_WINDOW = 3000;
/** Offsets from `priorityBase`. */
export const CANARY = 0;
export const PENDING = 1;
export const ACTIVE = 2;
export const BAND_START: readonly [number, number] = [10, 1500];
export const BAND_SIZE = 1490;
export const JOIN = 2990;

/** Offsets within a band. */
export const BAND = {
  /** The switch's target: the first of all that follows. Mostly a guard that turns away what cannot be ours, or a nop. */
  anchor: 0,
  /** With tracked connections: what has no mark goes on to `before`; the others lead to the block of their interface. */
  marks: 0,
  marked: 1,
  /** Traffic policies that come before the rules for sources, and the guard when it is not at the anchor. */
  before: 2,
  guard: 8,
  /** Sources to interface blocks; 1000 priorities for the rule compiler. */
  dispatch: 10,
  dispatchEnd: 1009,
  /** Sources that are not ours skip the blocks. */
  skip: 1010,
  /** One block an interface, at blocks + 3 * slot: main except through managed interfaces; own table; unreachable. */
  blocks: 1020,
  /** Sockets bound to a device, with no source yet. After the blocks, or an own source could leak by a device. */
  devices: 1420,
  /** Traffic policies that decide about what has no source of ours. */
  after: 1421,
  /** Back to the rules that are not ours. */
  exit: 1489,
} as const;

/** Tables: two an interface or traffic policy, one a generation, at tableBase + 2 * slot + generation. */
export const TABLE_WINDOW = 256;
export const SLOTS = TABLE_WINDOW / 2;

/**
 * Where lookups of local addresses stand while there is a VRF: just after the kernel's own rule for VRFs (1000), and
 * before ours, or what is for the host itself would leave it. (Linux, Documentation/networking/vrf.rst.)
 */
export const LOCAL_PRIORITY = 1001;

/** Metric of the device-less last resort in each table; as in the kernel's VRF documentation. */
export const LAST_RESORT_METRIC = 4278198272;

/**
 * Shortest prefix that an answer of main must exceed to be taken for a managed source: a half-default of a VPN
 * (0.0.0.0/1, 2000::/3) is a default in all but name.
 */
export const MAIN_MIN_PREFIX: Readonly<Record<4 | 6, number>> = { 4: 1, 6: 3 };

/** The lowest bit of a mask, and how many different values other than 0 it can hold. */
export function capacityOf(mask: number): { unit: number; values: number } {
  // Bitwise operators are of signed numbers.
  const unit = (mask & -mask) >>> 0;
  return { unit, values: mask / unit };
}
