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

export const LABELS: readonly (readonly [value: bigint, length: number, label: number])[] = [
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

/** The source for a destination that is reached by a device; undefined when no route was found. */
export function selectSource6(model: Model, to: Address, by: Device | undefined): SourceChoice {
  const { value } = to;
  const field = fieldFor(model, value, by);
  if (field.kind !== "field") return field;
  // Rule 1: the destination itself.
  const same = field.all.find(({ address }) => address.address.value === value);
  if (same !== undefined) return chosen(same);
  const best = longest(field.tied, value);
  const mobile = field.tiedMobile === undefined ? best : longest(field.tiedMobile, value);
  if (best === undefined || mobile === undefined) return { kind: "none" };
  if (best.address.address.value !== mobile.address.address.value) {
    return { kind: "unknown", because: "home addresses count only in kernels built for Mobile IPv6" };
  }
  return chosen(best);
}

interface Candidate {
  readonly device: Device;
  readonly address: LinkAddress;
}

/**
 * All that rules 2 to 7 leave to choose from. They see no more of the destination than its scope, its label and
 * whether it is multicast or an ORCHID, so that a host has few such fields, and each is worked out once.
 */
interface Field {
  readonly kind: "field";
  readonly all: readonly Candidate[];
  /** One for each subnet: rule 8 compares no more of an address than its prefix. */
  readonly tied: readonly Candidate[];
  /** The same in kernels built for Mobile IPv6, where home addresses come first (rule 4); if there are any. */
  readonly tiedMobile?: readonly Candidate[];
}

const fields = new WeakMap<Model, Map<string, Field | SourceChoice>>();

function fieldFor(model: Model, value: bigint, by: Device | undefined): Field | SourceChoice {
  const scope = scopeOf(value);
  const label = labelOf(value);
  const key = `${by?.number} ${scope} ${label} ${isMulticast(value)} ${isOrchid(value)}`;
  let known = fields.get(model);
  if (known === undefined) fields.set(model, (known = new Map<string, Field | SourceChoice>()));
  let field = known.get(key);
  if (field === undefined) known.set(key, (field = makeField(model, value, scope, label, by)));
  return field;
}

function makeField(
  model: Model,
  value: bigint,
  scope: number,
  label: number,
  by: Device | undefined,
): Field | SourceChoice {
  let only = false;
  if (by !== undefined) {
    const restrict = model.state.sysctls[`ipv6/conf/${by.link.name}/use_oif_addrs_only`];
    // The sysctl came with Linux 4.4; a capture that lacks it comes from a kernel without it, or lacks everything.
    only = isMulticast(value) || scope <= SCOPE.link || restrict === 1;
  }
  let all: Candidate[] = [];
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
      all.push({ device, address });
    }
  }
  if (by !== undefined && by.l3mdev >= 0 && !only) {
    // Within a VRF the device's own addresses and those of the VRF come first.
    const near = all.filter(({ device }) => device === by || device.number === by.l3mdev);
    if (near.some(({ address }) => scopeOf(address.address.value) >= scope)) all = near;
  }
  const tie = (mobile: boolean): Candidate[] =>
    onePerSubnet(tied(model, all, value, scope, label, by, mobile));
  const hasHome = all.some(({ address }) => address.home);
  return { kind: "field", all, tied: tie(false), tiedMobile: hasHome ? tie(true) : undefined };
}

/** Rules 2 to 7, one after the other: those that do best by a rule go on to the next. */
function tied(
  model: Model,
  all: readonly Candidate[],
  value: bigint,
  scope: number,
  label: number,
  by: Device | undefined,
  mobile: boolean,
): readonly Candidate[] {
  const rules: readonly ((c: Candidate) => number)[] = [
    // 2 a scope that suffices, and no more than that
    ({ address }) => scopeMerit(scopeOf(address.address.value), scope),
    // 3 not deprecated, and not optimistic
    (c) => Number(isAlwaysPreferred(c.address.address.value) || !avoided(model, c)),
    // 4 a home address
    ({ address }) => Number(mobile && address.home),
    // 5 the outgoing interface
    ({ device }) => Number(by === undefined || device === by),
    // 6 the same label
    ({ address }) => Number(labelOf(address.address.value) === label),
    // 7 public or temporary, as the sysctl says
    (c) => Number(c.address.secondary === prefersTemporary(model, c)),
    // the kernel's own: ORCHIDs among themselves
    ({ address }) => Number(isOrchid(address.address.value) === isOrchid(value)),
  ];
  return rules.reduce<readonly Candidate[]>((left, rule) => {
    const merits = left.map(rule);
    const most = Math.max(...merits);
    return left.filter((_c, i) => merits[i] === most);
  }, all);
}

/** The first of each subnet; the kernel's last rule puts optimistic addresses behind. */
function onePerSubnet(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { address, length, optimistic } = candidate.address;
    const key = `${address.value >> BigInt(128 - length)}/${length} ${optimistic}`;
    if (!first.has(key)) first.set(key, candidate);
  }
  return [...first.values()];
}

/** Rule 8, the longest common prefix, then the kernel's own: not optimistic. Equal ones keep their order. */
function longest(candidates: readonly Candidate[], value: bigint): Candidate | undefined {
  if (candidates.length <= 1) return candidates[0];
  let best: Candidate | undefined;
  let most = -1;
  for (const candidate of candidates) {
    const { address, length, optimistic } = candidate.address;
    const merit = 2 * Math.min(commonBits(address.value, value), length) + Number(!optimistic);
    if (merit > most) {
      most = merit;
      best = candidate;
    }
  }
  return best;
}

function chosen({ address, device }: Candidate): SourceChoice {
  return { kind: "source", address: address.address, device: device.link.name };
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

/** Of two addresses that differ. */
function commonBits(a: bigint, b: bigint): number {
  return 128 - (a ^ b).toString(2).length;
}
