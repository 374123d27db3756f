import { Gateway } from "../../model/host";
import { shown } from "../../model/issue";
import { CONNECTION_MASK, Numbers, SLOTS, capacityOf } from "../../model/numbers";
import { HostModel, WorldKind } from "../../model/spec";
import { Traffic } from "../../model/traffic";
import { Address, FAMILIES, Family, formatAddress } from "../../net/address";
import { findInCover, minimalCover } from "../../net/cover";
import { Prefix, contains, formatPrefix, hostPrefix, overlaps } from "../../net/prefix";
import { inOrder, shadowedBy } from "../traffic/order";
import { overflow } from "../traffic/rules";
import { exitTable, shareTable } from "../traffic/tables";
import { Entry } from "./distinct";
import { Policy } from "./policy";
import { Problems, at } from "./problems";
import { ReadTraffic } from "./traffic";

/** An interface, as far as policies are checked against it. */
interface Known {
  readonly name: string;
  readonly path: string;
  /** Its device, where that is how it is found. */
  readonly ifname?: string;
  readonly addresses: readonly Prefix[];
  readonly delegated: readonly Prefix[];
  readonly gateways: Readonly<Partial<Record<Family, Gateway>>>;
  readonly near: readonly Prefix[];
}

/**
 * What a policy says about the host's interfaces, all of which have been read: contradictions, policies that no
 * packet can match, and such as leave nothing to others.
 *
 * @returns the traffic policies, each with the families in which it decides
 */
export function checkPolicy(
  policy: Policy,
  entries: readonly Entry[],
  path: string,
  problems: Problems,
  numbers: Numbers,
): Traffic[] {
  if (policy.traffic.length === 0 && policy.virtualAddresses.length === 0 && !policy.trackConnections)
    return [];
  const interfaces = entries.map(knownOf);
  checkVirtual(policy, interfaces, at(path, "virtualAddresses"), problems);
  if (policy.trackConnections) checkMarks(interfaces.length, numbers, at(path, "trackConnections"), problems);
  const traffic = policy.traffic.map((t) => ({ ...t, traffic: inFamilies(t.traffic, interfaces) }));
  traffic.forEach((t) => checkReach(t, interfaces, problems));
  traffic.forEach((t) => checkDevices(t, interfaces, problems));
  checkOwn(traffic, interfaces, policy.identity?.addresses ?? [], problems);
  if (policy.hostModel === HostModel.Strong) checkStrong(traffic, interfaces, problems);
  const vrfs = policy.worlds.filter(({ kind }) => kind === WorldKind.Vrf).length;
  checkRoom(traffic, interfaces.length, vrfs, at(path, "traffic"), problems);
  checkShadows(traffic, problems);
  return traffic.map((t) => t.traffic);
}

function knownOf({ path, draft }: Entry): Known {
  return {
    name: draft.name ?? "",
    path,
    ...(draft.match?.ifname !== undefined && { ifname: draft.match.ifname }),
    addresses: FAMILIES.flatMap((family) =>
      Array.from({ length: draft.addresses[family].size }, (_, i) =>
        hostPrefix(draft.addresses[family].valueAt(i)),
      ),
    ),
    delegated: draft.delegatedPrefixes,
    gateways: draft.gateways,
    near: [...draft.subnets, ...draft.routes.map((r) => r.to)],
  };
}

function sourcesOf({ addresses, delegated }: Known): Prefix[] {
  return [...addresses, ...delegated];
}

function checkVirtual(
  { virtualAddresses }: Policy,
  interfaces: readonly Known[],
  path: string,
  problems: Problems,
): void {
  const covers = virtualAddresses.length > 0 ? interfaces.map((i) => minimalCover(sourcesOf(i))) : [];
  for (const address of virtualAddresses) {
    const owner = interfaces.find((_, i) => findInCover(covers[i], address) !== undefined);
    if (owner === undefined) continue;
    const problem = `${formatAddress(address)} is a source of ${owner.path}`;
    problems.add(path, problem, "An address belongs to an interface or to none: leave it out in one place");
  }
}

function checkMarks(interfaces: number, { canaryMark }: Numbers, path: string, problems: Problems): void {
  if ((canaryMark & CONNECTION_MASK) !== 0) {
    const problem = `connections are marked with bits of 0x${CONNECTION_MASK.toString(16)}, and numbers.canaryMark, 0x${canaryMark.toString(16)}, is one of them`;
    problems.add(path, problem, "Set numbers.canaryMark to another bit, or trackConnections to false");
  }
  const { values } = capacityOf(CONNECTION_MASK);
  if (interfaces <= values) return;
  const problem = `${interfaces} interfaces, but connection marks can tell only ${values} apart`;
  problems.add(path, problem, "Set trackConnections to false, or route fewer interfaces");
}

/** A family that the host has no source in is decided about only where the policy names prefixes of it. */
function inFamilies(t: Traffic, interfaces: readonly Known[]): Traffic {
  const named = (family: Family): boolean => [...t.from, ...t.to].some((p) => p.family === family);
  const has = (family: Family): boolean =>
    interfaces.some((i) => sourcesOf(i).some((p) => p.family === family));
  return { ...t, families: t.families.filter((family) => named(family) || has(family)) };
}

/** Whether the interfaces of a policy lead anywhere that it wants to go. */
function checkReach(
  { path, traffic: t }: ReadTraffic,
  interfaces: readonly Known[],
  problems: Problems,
): void {
  if (t.families.length === 0) {
    const problem = "no packet can match: the host has no source in the family of its protocol";
    problems.add(path, problem, "Leave it out, or add an address of that family");
    return;
  }
  const used = interfaces.filter((i) => t.use.includes(i.name));
  const gateways = (family: Family): number => used.filter((i) => i.gateways[family] !== undefined).length;
  const names = t.use.map(shown).join(", ");
  t.to.forEach((to) => {
    if (gateways(to.family) > 0 || used.some((i) => i.near.some((p) => overlaps(p, to)))) return;
    const problem = `${formatPrefix(to)} is beyond ${names}: no gateway of IPv${to.family}, subnet or route leads there`;
    problems.add(at(path, "to"), problem, "Give the interface a gateway or a route, or use another");
  });
  if (t.to.length === 0 && t.families.every((f) => gateways(f) === 0)) {
    problems.add(at(path, "use"), `no gateway leads out of ${names}`, "Use an interface that has a gateway");
  }
  if (t.weights !== undefined && t.families.every((f) => gateways(f) < 2)) {
    const problem = "fewer than two of the interfaces have a gateway, so there is nothing to share";
    problems.add(at(path, "weights"), problem, "Leave the weights out, or give the interfaces gateways");
  }
}

/** An interface by the name of its device would be another way in, to whoever compares policies. */
function checkDevices(
  { path, traffic: t }: ReadTraffic,
  interfaces: readonly Known[],
  problems: Problems,
): void {
  for (const way of t.incoming) {
    const owner = "device" in way ? interfaces.find(({ ifname }) => ifname === way.device) : undefined;
    if (owner === undefined) continue;
    const problem = `${shown(owner.ifname)} is the device of ${owner.path}`;
    problems.add(
      at(path, "incomingDevices"),
      problem,
      `Name the interface in "incoming": ${shown(owner.name)}`,
    );
  }
}

/** What the rules for sources and the kernel's local table decide first never gets to a policy. */
function checkOwn(
  traffic: readonly ReadTraffic[],
  interfaces: readonly Known[],
  identities: readonly Address[],
  problems: Problems,
): void {
  if (traffic.length === 0) return;
  const whole = identities.map(hostPrefix);
  const addresses = minimalCover([...interfaces.flatMap((i) => i.addresses), ...whole]);
  const sources = minimalCover([...interfaces.flatMap(sourcesOf), ...whole]);
  const within = (cover: readonly Prefix[], prefix: Prefix): boolean => {
    const holder = findInCover(cover, prefix);
    return holder !== undefined && contains(holder, prefix);
  };
  for (const { path, traffic: t } of traffic) {
    for (const prefix of t.beforeSources ? [] : t.from.filter((p) => within(sources, p))) {
      problems.add(
        at(path, "from"),
        `no packet from ${formatPrefix(prefix)} gets here: it is a source of the host, about which the rules for sources decide first`,
        'Leave it out, or set "beforeSources" to true',
      );
    }
    for (const prefix of t.to.filter((p) => within(addresses, p) || isLoopback(p))) {
      const problem = `no packet to ${formatPrefix(prefix)} gets here: it is the host itself`;
      problems.add(at(path, "to"), problem, "Leave it out");
    }
  }
}

/** Prefixes that begin there are not wider. */
function isLoopback({ family, value }: Prefix): boolean {
  return family === 4 ? value >> 24n === 127n : value === 1n;
}

/** Under the strong host model a policy must not send a source out of an interface that does not own it. */
function checkStrong(
  traffic: readonly ReadTraffic[],
  interfaces: readonly Known[],
  problems: Problems,
): void {
  for (const { path, traffic: t } of traffic) {
    if (!t.beforeSources || t.incoming.length > 0) continue;
    const strays = interfaces.filter(
      (i) =>
        !(t.use.length === 1 && t.use[0] === i.name) &&
        i.addresses.some(
          (a) => t.families.includes(a.family) && (t.from.length === 0 || t.from.some((p) => contains(p, a))),
        ),
    );
    if (strays.length === 0) continue;
    problems.add(
      at(path, "beforeSources"),
      `sends sources of ${strays.map((i) => shown(i.name)).join(", ")} out of other interfaces, which the strong host model forbids (policy.hostModel)`,
      'Leave "beforeSources" out, select only sources of the interface in "use", or set "hostModel" to "symmetric"',
    );
  }
}

/** Tables and priorities are limited. */
function checkRoom(
  traffic: readonly ReadTraffic[],
  interfaces: number,
  vrfs: number,
  path: string,
  problems: Problems,
): void {
  const policies = traffic.map((t) => t.traffic);
  const over = overflow(policies);
  for (const place of ["before", "after"] as const) {
    const missing = over[place];
    if (missing <= 0) continue;
    problems.add(
      path,
      `too many policies ${place} the rules for sources: they take ${missing} more ${missing === 1 ? "priority" : "priorities"} than there are`,
      "A policy takes one priority, or three when its selectors have several values: join some, or mark packets by nftables and select the mark",
    );
  }
  const names = policies.flatMap((t) => (t.weights === undefined ? t.use.map(exitTable) : [shareTable(t)]));
  const tables = interfaces + vrfs + new Set(names).size;
  if (tables > SLOTS) {
    const problem = `interfaces${vrfs === 0 ? "" : ", VRFs"} and policies need ${tables} tables, and there are ${SLOTS}`;
    problems.add(path, problem, "Use fewer interfaces in policies, or share traffic in fewer of them");
  }
}

function checkShadows(traffic: readonly ReadTraffic[], problems: Problems): void {
  const order = inOrder(traffic.map((t) => t.traffic));
  order.forEach((policy, i) => {
    const takers = shadowedBy(policy, order.slice(0, i));
    if (takers.length === 0) return;
    const path = traffic.find((t) => t.traffic === policy)?.path ?? "";
    const problem = `no packet is left for ${shown(policy.name)}: ${takers.map(shown).join(", ")} before it match them all`;
    problems.add(path, problem, "Put it before them, narrow their selectors, or leave it out");
  });
}
