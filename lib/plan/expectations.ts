import { Host, HostInterface } from "../model/host";
import { PlanExpectation } from "../model/plan";
import { Address, Family, formatAddress, parseAddress, widthOf } from "../net/address";
import { findInCover, minimalCover } from "../net/cover";
import { Prefix, contains, lastAddress, sizeOf } from "../net/prefix";
import { interfacesOf, isDirect, sourcesOf } from "./sources";

/**
 * What the kernel must answer, from the intention and not from the rules that carry it out: for each interface one
 * row a class of destinations that its sources tell apart.
 */
export function buildExpectations(host: Host, family: Family): PlanExpectation[] {
  const interfaces = interfacesOf(host, family);
  const owned = minimalCover(interfaces.flatMap((i) => sourcesOf(i, family)));
  const elsewhere = outsideOf(interfaces, owned, family);
  return interfaces.flatMap((iface) => {
    const reach = reachOf(host, iface, family);
    const rows: PlanExpectation[] = [];
    const add = (to: Address | undefined, kind: PlanExpectation["class"]): void => {
      if (to === undefined) return;
      rows.push({ interface: iface.name, to: formatAddress(to), class: kind, ...answer(reach, to) });
    };
    add(elsewhere, "elsewhere");
    for (const subnet of iface.subnets.filter((s) => s.family === family)) {
      add(representative(subnet, owned, reach), "attached");
    }
    for (const { to } of iface.routes.filter((r) => r.to.family === family)) {
      add(representative(to, owned, reach), "routed");
    }
    for (const other of interfaces) {
      if (other === iface) continue;
      for (const subnet of other.subnets.filter((s) => s.family === family)) {
        // An own subnet that holds it says where it goes, unless it is reached directly.
        if (iface.subnets.some((s) => contains(s, subnet)) && !isDirect(host, iface.name, other.name))
          continue;
        add(representative(subnet, owned, reach), "other-attached");
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

/**
 * A host of the prefix that is not ours and that no more specific reach takes away; the high end is seldom in use.
 * Undefined when there is none.
 */
function representative(
  prefix: Prefix,
  owned: readonly Prefix[],
  reach: readonly Reach[],
): Address | undefined {
  const finer = minimalCover(reach.map((r) => r.to).filter((to) => to.length > prefix.length));
  const edge = widthOf(prefix.family) - prefix.length < 2 ? 0n : 1n;
  let value = lastAddress(prefix).value - edge;
  while (value >= prefix.value + edge) {
    const candidate: Address = { family: prefix.family, value };
    const holder = findInCover(owned, candidate) ?? findInCover(finer, candidate);
    if (holder === undefined) return candidate;
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
  owned: readonly Prefix[],
  family: Family,
): Address | undefined {
  const near = interfaces.flatMap((i) => [...i.subnets, ...i.routes.map((r) => r.to)]);
  const known = minimalCover([...owned, ...near.filter((p) => p.family === family)]);
  for (const text of FAR[family]) {
    const parsed = parseAddress(text);
    if (parsed.ok && findInCover(known, parsed.value) === undefined) return parsed.value;
  }
  return firstAddressOutside(known, family);
}

/** The lowest unicast address from 1.0.0.0 or 2000:: on that no known prefix holds. */
function firstAddressOutside(known: readonly Prefix[], family: Family): Address | undefined {
  const top = BigInt(widthOf(family) - 8);
  let value = (family === 4 ? 1n : 0x20n) << top;
  while (value < 0xe0n << top) {
    const address: Address = { family, value };
    const holder = findInCover(known, address);
    if (holder === undefined) return address;
    value = holder.value + sizeOf(holder);
  }
  return undefined;
}

function distinct(rows: readonly PlanExpectation[]): PlanExpectation[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.to) && seen.add(row.to));
}
