import { Address } from "../net/address";
import { Device, Model } from "./model";
import { LinkAddress } from "./state";

/**
 * IPv6 source address selection, RFC 6724 section 5 as Linux does it (net/ipv6/addrconf.c, ipv6_dev_get_saddr): the
 * candidates are compared rule by rule, and the first rule that tells two apart decides.
 */

/** Why an address was chosen, or why none is there. */
export type SourceChoice =
  | { readonly kind: "source"; readonly address: Address; readonly device: string }
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly because: string };

export const SCOPE = { interface: 1, link: 2, site: 5, global: 14 } as const;

/** Multicast scope, or that of a unicast address (RFC 4291 2.7, RFC 6724 3.1). */
export function scopeOf(value: bigint): number {
  if (value === 0n) return -1;
  if (value >> 120n === 0xffn) return Number((value >> 112n) & 0xfn);
  if (value >> 118n === 0x3fan) return SCOPE.link;
  if (value >> 118n === 0x3fbn) return SCOPE.site;
  if (value === 1n) return SCOPE.link;
  return SCOPE.global;
}

const LABELS: readonly (readonly [value: bigint, length: number, label: number])[] = [
  [1n, 128, 0],
  [0n, 96, 3],
  [0xffff00000000n, 96, 4],
  [0x2001001n << 100n, 28, 7],
  [0x20010000n << 96n, 32, 6],
  [0x3ffen << 112n, 16, 12],
  [0x2002n << 112n, 16, 2],
  [0xfecn << 116n, 10, 11],
  [0xfcn << 120n, 7, 5],
];

/** The kernel's own policy table (net/ipv6/addrlabel.c); a host's `ip addrlabel` changes are not read. */
export function labelOf(value: bigint): number {
  for (const [prefix, length, label] of LABELS) {
    const shift = BigInt(128 - length);
    if (value >> shift === prefix >> shift) return label;
  }
  return 1;
}

const isMulticast = (value: bigint): boolean => value >> 120n === 0xffn;
const isOrchid = (value: bigint): boolean => value >> 100n === 0x2001001n;
/** Loopback, IPv4-mapped and IPv4-compatible: preferred whatever their state. */
const isAlwaysPreferred = (value: bigint): boolean => value >> 32n === 0n || value >> 32n === 0xffffn;

/**
 * The source for a destination that is reached by a device (undefined when no route was found).
 */
export function selectSource6(model: Model, to: Address, by: Device | undefined): SourceChoice {
  const scope = scopeOf(to.value);
  let only = false;
  if (by !== undefined) {
    const restrict = model.state.sysctls[`ipv6/conf/${by.link.name}/use_oif_addrs_only`];
    // The sysctl came with Linux 4.4; a capture that lacks it comes from a kernel without it, or lacks everything.
    only = isMulticast(to.value) || scope <= SCOPE.link || restrict === 1;
  }
  const candidates: Candidate[] = [];
  for (const device of model.devices) {
    if (only ? device !== by : device.l3mdev !== (by?.l3mdev ?? -1)) continue;
    for (const address of device.addresses[6]) {
      if (address.tentative && !address.optimistic) continue;
      if (isMulticast(address.address.value) || address.address.value === 0n) continue;
      if (address.unmodelled.length > 0) {
        return {
          kind: "unknown",
          because: `address on ${device.link.name} has ${address.unmodelled.join(", ")}`,
        };
      }
      candidates.push({ device, address });
    }
  }
  if (by !== undefined && by.l3mdev >= 0 && !only) {
    // Within a VRF the device's own addresses and those of the VRF come first.
    const near = candidates.filter(({ device }) => device === by || device.number === by.l3mdev);
    if (near.some(({ address }) => scopeOf(address.address.value) >= scope))
      return choose(model, to, by, near);
  }
  return choose(model, to, by, candidates);
}

/** Rule 4 is there only in kernels built for Mobile IPv6 (CONFIG_IPV6_MIP6). */
function choose(
  model: Model,
  to: Address,
  by: Device | undefined,
  candidates: readonly Candidate[],
): SourceChoice {
  const chosen = best(model, to, by, candidates, false);
  if (!candidates.some(({ address }) => address.home)) return chosen;
  const other = best(model, to, by, candidates, true);
  if (chosen.kind === "source" && other.kind === "source" && chosen.address.value === other.address.value)
    return chosen;
  return { kind: "unknown", because: "home addresses count only in kernels built for Mobile IPv6" };
}

interface Candidate {
  readonly device: Device;
  readonly address: LinkAddress;
}

function best(
  model: Model,
  to: Address,
  by: Device | undefined,
  candidates: readonly Candidate[],
  mobile: boolean,
): SourceChoice {
  let chosen: Candidate | undefined;
  for (const candidate of candidates) {
    if (chosen === undefined || compare(model, to, by, candidate, chosen, mobile) > 0) chosen = candidate;
  }
  if (chosen === undefined) return { kind: "none" };
  return { kind: "source", address: chosen.address.address, device: chosen.device.link.name };
}

/** Above 0 when `a` is the better source. Equal candidates keep the kernel's order. */
function compare(
  model: Model,
  to: Address,
  by: Device | undefined,
  a: Candidate,
  b: Candidate,
  mobile: boolean,
): number {
  const rules: readonly ((c: Candidate) => number)[] = [
    // 1 the destination itself
    (c) => Number(c.address.address.value === to.value),
    // 2 a scope that suffices, and no more than that
    (c) => scopeMerit(scopeOf(c.address.address.value), scopeOf(to.value)),
    // 3 not deprecated, and not optimistic
    (c) => Number(isAlwaysPreferred(c.address.address.value) || !avoided(model, c)),
    // 4 a home address
    (c) => Number(mobile && c.address.home),
    // 5 the outgoing interface
    (c) => Number(by === undefined || c.device === by),
    // 6 the same label
    (c) => Number(labelOf(c.address.address.value) === labelOf(to.value)),
    // 7 public or temporary, as the sysctl says
    (c) => Number(c.address.secondary === prefersTemporary(model, c)),
    // the kernel's own: ORCHIDs among themselves
    (c) => Number(isOrchid(c.address.address.value) === isOrchid(to.value)),
    // 8 the longest common prefix
    (c) => Math.min(commonBits(c.address.address.value, to.value), c.address.length),
    // the kernel's own: not optimistic
    (c) => Number(!c.address.optimistic),
  ];
  for (const rule of rules) {
    const difference = rule(a) - rule(b);
    if (difference !== 0) return difference;
  }
  return 0;
}

function scopeMerit(scope: number, needed: number): number {
  return scope >= needed ? -scope : scope - 128;
}

function avoided(model: Model, { address, device }: Candidate): boolean {
  if (address.deprecated) return true;
  if (!address.optimistic) return false;
  const on = (key: string): boolean =>
    model.state.sysctls[`ipv6/conf/all/${key}`] === 1 ||
    model.state.sysctls[`ipv6/conf/${device.link.name}/${key}`] === 1;
  return !(on("optimistic_dad") && on("use_optimistic"));
}

function prefersTemporary(model: Model, { device }: Candidate): boolean {
  return (model.state.sysctls[`ipv6/conf/${device.link.name}/use_tempaddr`] ?? 0) >= 2;
}

function commonBits(a: bigint, b: bigint): number {
  const difference = a ^ b;
  return difference === 0n ? 128 : 128 - difference.toString(2).length;
}
