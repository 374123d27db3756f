import { Host, HostInterface } from "../model/host";
import { PlanExpectation } from "../model/plan";
import { Address, Family, formatAddress, parseAddress, widthOf } from "../net/address";
import { findInCover, minimalCover } from "../net/cover";
import { PackedPrefixes, holderOf } from "../net/packed";
import { Prefix, formatPrefix, hostPrefix, lastAddress, sizeOf } from "../net/prefix";
import { PrefixMap } from "../net/prefixMap";
import { interfacesOf, isDirect } from "./sources";

/**
 * What the kernel must answer, from the intention and not from the rules that carry it out: for each interface one
 * row a class of destinations that its sources tell apart.
 *
 * @param owned all sources of the family, disjoint and ascending
 */
export function buildExpectations(host: Host, family: Family, owned: PackedPrefixes): PlanExpectation[] {
  const interfaces = interfacesOf(host, family);
  const elsewhere = outsideOf(interfaces, owned, family, host.identity?.addresses ?? []);
  const far = elsewhere && { address: elsewhere, text: formatAddress(elsewhere) };
  const attached = attachedTo(interfaces, owned, family);
  const all: PlanExpectation[] = [];
  for (const [own, iface] of interfaces.entries()) {
    const reach = indexed(reachOf(host, interfaces, iface, family), family);
    const near = new PrefixMap<null>(family);
    for (const subnet of iface.subnets) if (subnet.family === family) near.add(subnet, null);
    const rows = new Rows(iface.name, reach, owned, all);
    if (far !== undefined) rows.add(far, "elsewhere");
    for (const subnet of attached[own]) rows.addSubnet(subnet, "attached");
    for (const { to } of iface.routes) {
      if (to.family === family) rows.addSubnet(subnetOf(to, owned), "routed");
    }
    for (const [i, other] of interfaces.entries()) {
      if (other === iface) continue;
      const direct = isDirect(host, iface.name, other.name);
      for (const subnet of attached[i]) {
        // An own subnet that holds it says where it goes, unless it is reached directly.
        const holder = direct ? undefined : near.widest(subnet.prefix);
        if (holder !== undefined && holder.prefix.length <= subnet.prefix.length) continue;
        rows.addSubnet(subnet, "other-attached");
      }
    }
  }
  return all;
}

/** The rows of one interface, each destination once. */
class Rows {
  private readonly told = new Set<string>();

  constructor(
    private readonly name: string,
    private readonly reach: PrefixMap<Reach>,
    private readonly owned: PackedPrefixes,
    private readonly rows: PlanExpectation[],
  ) {}

  add({ address, text: to }: Destination, kind: PlanExpectation["class"]): void {
    if (this.told.has(to)) return;
    this.told.add(to);
    const { name } = this;
    const { dev, via } = answer(this.reach, address);
    this.rows.push(
      dev === undefined ? { interface: name, to, class: kind }
      : via === undefined ? { interface: name, to, class: kind, dev }
      : { interface: name, to, class: kind, dev, via },
    ); // prettier-ignore
  }

  addSubnet({ prefix, free }: Subnet, kind: PlanExpectation["class"]): void {
    if (free === undefined) return;
    const hidden = this.reach.widest(free.address, prefix.length) !== undefined;
    const other = hidden ? representative(prefix, this.owned, this.reach) : free;
    if (other !== undefined) this.add(other, kind);
  }
}

interface Destination {
  readonly address: Address;
  readonly text: string;
}

/** A destination prefix, with the representative of those who reach nothing finer in it. */
interface Subnet {
  readonly prefix: Prefix;
  readonly free: Destination | undefined;
}

function subnetOf(prefix: Prefix, owned: PackedPrefixes): Subnet {
  return { prefix, free: representative(prefix, owned) };
}

/** The attached subnets of every interface; looked at once where several share one. */
function attachedTo(
  interfaces: readonly HostInterface[],
  owned: PackedPrefixes,
  family: Family,
): readonly (readonly Subnet[])[] {
  const known = new Map<string, Subnet>();
  return interfaces.map(({ subnets }) =>
    subnets
      .filter((s) => s.family === family)
      .map((prefix) => {
        const key = formatPrefix(prefix);
        const subnet = known.get(key) ?? subnetOf(prefix, owned);
        known.set(key, subnet);
        return subnet;
      }),
  );
}

export interface Reach {
  readonly to: Prefix;
  readonly dev: string;
  readonly via?: string;
}

/** Where an interface's sources are meant to go, by destination. */
export function reachOf(
  host: Host,
  interfaces: readonly HostInterface[],
  iface: HostInterface,
  family: Family,
): Reach[] {
  const own = (i: HostInterface): Reach[] =>
    i.subnets.filter((s) => s.family === family).map((to) => ({ to, dev: i.name }));
  const direct = interfaces.filter((o) => o !== iface && isDirect(host, iface.name, o.name));
  const gateway = iface.gateways[family];
  const all: Prefix = { family, value: 0n, length: 0 };
  return [
    ...own(iface),
    ...iface.routes
      .filter((r) => r.to.family === family)
      .map(({ to, via }) => ({ to, dev: iface.name, ...(via && { via: formatAddress(via) }) })),
    ...direct.flatMap(own),
    ...(gateway === undefined ? [] : [{ to: all, dev: iface.name, via: formatAddress(gateway.address) }]),
  ];
}

/** By destination; of equal ones the first stays, which is the interface's own. */
export function indexed(reach: readonly Reach[], family: Family): PrefixMap<Reach> {
  const map = new PrefixMap<Reach>(family);
  for (const one of reach) map.add(one.to, one);
  return map;
}

/** The most specific reach decides. */
export function answer(reach: PrefixMap<Reach>, to: Address): { dev?: string; via?: string } {
  const best = reach.longest(to)?.value;
  if (best === undefined) return {};
  return best.via === undefined ? { dev: best.dev } : { dev: best.dev, via: best.via };
}

/**
 * A host of the prefix that is not ours and that nothing finer takes away; the high end is seldom in use.
 * Undefined when there is none.
 */
function representative(
  prefix: Prefix,
  owned: PackedPrefixes,
  reach?: PrefixMap<Reach>,
): Destination | undefined {
  const edge = widthOf(prefix.family) - prefix.length < 2 ? 0n : 1n;
  let value = lastAddress(prefix).value - edge;
  while (value >= prefix.value + edge) {
    const candidate: Address = { family: prefix.family, value };
    const holder = holderOf(owned, candidate) ?? reach?.widest(candidate, prefix.length)?.prefix;
    if (holder === undefined) return { address: candidate, text: formatAddress(candidate) };
    value = holder.value - 1n;
  }
  return undefined;
}

/** Documentation ranges (RFC 5737, RFC 3849, RFC 9637): nobody's destination, unless somebody declared one. */
const FAR: Readonly<Record<Family, readonly string[]>> = {
  4: ["192.0.2.1", "198.51.100.1", "203.0.113.1"],
  6: ["2001:db8:ffff:ffff::1", "2001:db8::1", "3fff:ffff::1"],
};

/** An address that is in no way near: no source, subnet or declared route of any interface holds it. */
function outsideOf(
  interfaces: readonly HostInterface[],
  owned: PackedPrefixes,
  family: Family,
  identities: readonly Address[],
): Address | undefined {
  const near = [
    ...interfaces.flatMap((i) => [...i.subnets, ...i.routes.map((r) => r.to)]),
    ...identities.map(hostPrefix),
  ];
  const known = minimalCover(near.filter((p) => p.family === family));
  const holder = (a: Address): Prefix | undefined => holderOf(owned, a) ?? findInCover(known, a);
  for (const text of FAR[family]) {
    const parsed = parseAddress(text);
    if (parsed.ok && holder(parsed.value) === undefined) return parsed.value;
  }
  return firstAddressOutside(holder, family);
}

/** The lowest unicast address from 1.0.0.0 or 2000:: on that no known prefix holds. */
function firstAddressOutside(
  holderOfAddress: (address: Address) => Prefix | undefined,
  family: Family,
): Address | undefined {
  const top = BigInt(widthOf(family) - 8);
  let value = (family === 4 ? 1n : 0x20n) << top;
  while (value < 0xe0n << top) {
    const address: Address = { family, value };
    const holder = holderOfAddress(address);
    if (holder === undefined) return address;
    value = holder.value + sizeOf(holder);
  }
  return undefined;
}
