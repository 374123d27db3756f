import { Host, HostInterface } from "../model/host";
import { PlanExpectation } from "../model/plan";
import { Address, Family, formatAddress, parseAddress, sameAddress, widthOf } from "../net/address";
import { Prefix, contains, firstAddress, lastAddress, sizeOf } from "../net/prefix";
import { interfacesOf, isDirect } from "./sources";

/**
 * What the kernel must answer, from the intention and not from the rules that carry it out: for each interface one
 * row a class of destinations that its sources tell apart.
 */
export function buildExpectations(host: Host, family: Family): PlanExpectation[] {
  const interfaces = interfacesOf(host, family);
  const elsewhere = outsideOf(interfaces, family);
  return interfaces.flatMap((iface) => {
    const reach = reachOf(host, iface, family);
    const rows: PlanExpectation[] = [];
    const add = (to: Address | undefined, kind: PlanExpectation["class"]): void => {
      if (to === undefined) return;
      rows.push({ interface: iface.name, to: formatAddress(to), class: kind, ...answer(reach, to) });
    };
    add(elsewhere, "elsewhere");
    for (const subnet of iface.subnets.filter((s) => s.family === family)) {
      add(representative(subnet, host, reach), "attached");
    }
    for (const { to } of iface.routes.filter((r) => r.to.family === family)) {
      add(representative(to, host, reach), "routed");
    }
    for (const other of interfaces) {
      if (other === iface) continue;
      for (const subnet of other.subnets.filter((s) => s.family === family)) {
        if (iface.subnets.some((s) => contains(s, subnet))) continue;
        add(representative(subnet, host, reach), "other-attached");
      }
    }
    return distinct(rows);
  });
}

interface Reach {
  readonly to: Prefix;
  readonly dev: string;
  readonly via?: Address;
}

/** Where an interface's sources are meant to go, by destination. */
function reachOf(host: Host, iface: HostInterface, family: Family): Reach[] {
  const own = (i: HostInterface): Reach[] =>
    i.subnets.filter((s) => s.family === family).map((to) => ({ to, dev: i.name }));
  const direct = interfacesOf(host, family).filter((o) => o !== iface && isDirect(host, iface.name, o.name));
  const gateway = iface.gateways[family];
  const all: Prefix = { family, value: 0n, length: 0 };
  return [
    ...own(iface),
    ...iface.routes
      .filter((r) => r.to.family === family)
      .map(({ to, via }) => ({ to, dev: iface.name, ...(via && { via }) })),
    ...direct.flatMap(own),
    ...(gateway === undefined ? [] : [{ to: all, dev: iface.name, via: gateway.address }]),
  ];
}

/** The most specific reach decides; of equal ones the first, which is the interface's own. */
function answer(reach: readonly Reach[], to: Address): { dev?: string; via?: string } {
  const best = reach
    .filter((r) => contains(r.to, to))
    .reduce<Reach | undefined>((a, b) => (a === undefined || b.to.length > a.to.length ? b : a), undefined);
  if (best === undefined) return {};
  return { dev: best.dev, ...(best.via && { via: formatAddress(best.via) }) };
}

const PROBES = 512n;

/** A host of the prefix that is not ours and that no more specific reach takes away; the high end is seldom in use. */
function representative(prefix: Prefix, host: Host, reach: readonly Reach[]): Address | undefined {
  const finer = reach.filter((r) => r.to.length > prefix.length).map((r) => r.to);
  const edge = widthOf(prefix.family) - prefix.length < 2 ? 0n : 1n;
  const { value: last } = lastAddress(prefix);
  for (let i = edge; i < sizeOf(prefix) - edge && i < PROBES; i++) {
    const candidate: Address = { family: prefix.family, value: last - i };
    if (!isOwn(host, candidate) && !finer.some((f) => contains(f, candidate))) return candidate;
  }
  return undefined;
}

function isOwn(host: Host, address: Address): boolean {
  return host.interfaces.some((i) => i.addresses.some((a) => sameAddress(a.address, address)));
}

/** Documentation ranges (RFC 5737, RFC 3849): certain to be nobody's route, unless somebody declared one. */
const FAR: Readonly<Record<Family, readonly string[]>> = {
  4: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "1.0.0.1", "9.0.0.1"],
  6: ["2001:db8:ffff:ffff::1", "2001:db8::1", "3fff:ffff::1", "2600::1"],
};

function outsideOf(interfaces: readonly HostInterface[], family: Family): Address | undefined {
  const known = interfaces.flatMap((i) => [
    ...i.subnets,
    ...i.delegatedPrefixes,
    ...i.routes.map((r) => r.to),
  ]);
  for (const text of FAR[family]) {
    const parsed = parseAddress(text);
    if (parsed.ok && !known.some((k) => contains(k, parsed.value))) return parsed.value;
  }
  return firstAddressOutside(known, family);
}

/** The lowest unicast address that no known prefix holds. */
function firstAddressOutside(known: readonly Prefix[], family: Family): Address | undefined {
  let value = 1n << BigInt(widthOf(family) - 8);
  for (;;) {
    const address: Address = { family, value };
    const holder = known.find((k) => contains(k, address));
    if (holder === undefined) return address;
    value = firstAddress(holder).value + sizeOf(holder);
    if (value >= 0xe0n << BigInt(widthOf(family) - 8)) return undefined;
  }
}

function distinct(rows: readonly PlanExpectation[]): PlanExpectation[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.to) && seen.add(row.to));
}
