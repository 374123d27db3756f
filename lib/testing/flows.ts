import { Address, formatAddress, parseAddress, sameAddress } from "../net/address";
import { Prefix, formatPrefix, hostPrefix, overlaps, parsePrefix } from "../net/prefix";
import { Exchange, ExchangeResult } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { Judged, World, worldsOf } from "./subject";

/** One flow, as people write it. */
export interface FlowSpec {
  /** An address of the host; absent: the kernel chooses one. Or an address elsewhere, and `to` is the host's. */
  readonly from?: string;
  readonly to: string;
  /** IP protocol number: 6 is TCP, 17 UDP. */
  readonly protocol?: number;
  /** Port that is asked; with a `protocol` that has ports. */
  readonly port?: number;
  /** Interface, or device, that the host's socket is bound to; of what the host asks. */
  readonly bound?: string;
  /** The interface by which it leaves; the same as `.via(NAME)`, for use with `.not`. */
  readonly via?: string;
  /** The world of the host that it is in. Default: the one that has the address, and of several the host's own. */
  readonly world?: string;
}

/** A flow that was followed, in the world that it is in. */
export interface Followed {
  readonly world: World;
  readonly result: ExchangeResult;
}

/**
 * Follows a flow through a host.
 *
 * @throws Error when there is no such flow: a test of it would hold whatever the host does
 */
export function followed(host: Judged, flow: FlowSpec): Followed {
  const { from, to, protocol, port, bound } = flow;
  checkFields(flow);
  const target = addressOf(to);
  const source = from === undefined ? undefined : addressOf(from);
  if (source !== undefined && source.family !== target.family)
    throw new Error(`${from} and ${to} are of different families: no packet has both`);
  const { world, follower } = worldOf(host, flow.world, source, target);
  const has = (address: Address): boolean =>
    owns({ follower }, address) || world.state.addresses.some((one) => sameAddress(one.address, address));
  const ours = source === undefined || has(source);
  if (!ours && bound !== undefined)
    throw new Error(`${from} is no address of the host: "bound" is of a socket that the host asks from`);
  if (!ours && !has(target)) throw new Error(`neither ${from} nor ${to} is an address of ${world.name}`);
  const fields = { ...(protocol !== undefined && { protocol }), ...(port !== undefined && { port }) };
  const exchange: Exchange = ours
    ? {
        asker: "host",
        peer: target,
        ...(source && { local: source }),
        ...(bound !== undefined && { bound: deviceOf(world, bound) }),
        ...fields,
      }
    : { asker: "peer", peer: source, local: target, ...fields };
  return { world, result: follower.follow(exchange, { trace: true }) };
}

/** Those whose ports rules can ask for: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: readonly number[] = [6, 17, 33, 132, 136];

function checkFields({ protocol, port }: FlowSpec): void {
  const fits = (value: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= 1 && value <= most;
  if (protocol !== undefined && !fits(protocol, 255))
    throw new Error(`protocol: got ${protocol}; give a number from 1 to 255, 6 for TCP or 17 for UDP`);
  if (port === undefined) return;
  if (protocol === undefined || !WITH_PORTS.includes(protocol))
    throw new Error("a port means nothing without its protocol: give protocol, 6 for TCP or 17 for UDP");
  if (!fits(port, 65_535)) throw new Error(`port: got ${port}; give a number from 1 to 65535`);
}

/** The world that a flow is in, as FlowSpec has it. */
function worldOf(
  host: Judged,
  name: string | undefined,
  ...ends: readonly (Address | undefined)[]
): { world: World; follower: Follower } {
  const all = worldsOf(host).map((world) => ({
    world,
    follower: new Follower(world.state, world.intent, world.vrf),
  }));
  const [own, ...others] = all;
  const names = others.map(({ world }) => world.name).join(", ");
  if (name !== undefined) {
    const found = others.find(({ world }) => world.name === name);
    if (found !== undefined) return found;
    throw new Error(`world: got ${JSON.stringify(name)}; those of ${host.name} are ${names || "none"}`);
  }
  for (const end of others.length === 0 ? [] : ends) {
    if (end === undefined) continue;
    const having = all.filter((one) => owns(one, end));
    if (having.length === 1 || having[0] === own) return having[0];
    if (having.length > 1)
      throw new Error(`${formatAddress(end)} is an address of several worlds: give world, one of ${names}`);
  }
  return own;
}

function owns({ follower }: { readonly follower: Follower }, address: Address): boolean {
  return follower.ownerOf(address) !== undefined || follower.isIdentity(address);
}

/**
 * The device of an interface, or of the host, by its name.
 *
 * @throws Error when there is none: with `.not` a misspelt name would hold for ever
 */
export function deviceOf({ state, intent, name: host }: World, name: string): string {
  const found =
    intent.interfaces.find((iface) => iface.name === name)?.device ??
    state.links.find((link) => link.name === name)?.name;
  if (found !== undefined) return found;
  const known = [...intent.interfaces, ...state.links].map((one) => one.name);
  throw new Error(
    `${host} has no interface ${JSON.stringify(name)}; known are ${[...new Set(known)].join(", ")}`,
  );
}

/** Interfaces, or devices of others, by which what the host sends leaves. */
export function leavesBy({ world: { intent }, result }: Followed): string[] {
  const { outcome } = result.outward;
  if (outcome.kind !== "route") return [];
  const names = outcome.hops.map(
    ({ device }) => intent.interfaces.find((iface) => iface.device === device)?.name ?? device,
  );
  return [...new Set(names)];
}

export function nameOf({ from = "any address", to }: FlowSpec): string {
  return `${from} -> ${to}`;
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.reason}`);
  return parsed.value;
}

/** A prefix, or an address as one. */
export function prefixOf(text: string): Prefix {
  if (!text.includes("/")) return hostPrefix(addressOf(text));
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.reason}`);
  return parsed.value;
}

/**
 * Prefixes that a claim is about.
 *
 * @throws Error when the list is empty: a claim about nothing would hold
 */
export function prefixesOf(
  field: string,
  texts: string | readonly string[] | undefined,
): Prefix[] | undefined {
  if (texts === undefined) return undefined;
  const prefixes = [texts].flat().map(prefixOf);
  if (prefixes.length === 0) throw new Error(`${field}: the list is empty; leave it out for all flows`);
  return prefixes;
}

/** @throws Error when a host sends nothing from a prefix: a claim about it would hold */
export function checkSources(host: Judged, sources: readonly Prefix[]): void {
  const own = ownPrefixes(host);
  const foreign = sources.find((source) => !own.some((prefix) => overlaps(prefix, source)));
  if (foreign !== undefined)
    throw new Error(
      `from: ${host.name} has no address in ${formatPrefix(foreign)}, and sends nothing from there`,
    );
}

/**
 * @param sources absent for all that the host has
 * @throws Error when a prefix has none of its family at the other end: no packet has both, and a claim about it would hold
 */
export function checkFamilies(
  host: Judged,
  sources: readonly Prefix[] | undefined,
  destinations: readonly Prefix[] | undefined,
): void {
  if (destinations === undefined) return;
  const alone = (prefixes: readonly Prefix[], others: readonly Prefix[]): Prefix | undefined =>
    prefixes.find(({ family }) => !others.some((other) => other.family === family));
  const to = alone(destinations, sources ?? ownPrefixes(host));
  if (to !== undefined)
    throw new Error(`to: ${host.name} sends nothing to ${formatPrefix(to)}: no source is of its family`);
  const from = alone(sources ?? [], destinations);
  if (from !== undefined)
    throw new Error(`from: no destination is of the family of ${formatPrefix(from)}, and no packet of two`);
}

/** What a host sends from, in all of its worlds. */
function ownPrefixes(host: Judged): Prefix[] {
  return worldsOf(host).flatMap(({ intent: { interfaces, identities = [] } }) => [
    ...interfaces.flatMap((one) => one.addresses.map(({ address }) => hostPrefix(address))),
    ...interfaces.flatMap((one) => one.delegatedPrefixes),
    ...identities.map(hostPrefix),
  ]);
}
