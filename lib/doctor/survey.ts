import {
  Intent,
  IntentInterface,
  Link,
  LinuxState,
  Model,
  Route,
  Scope,
  Table,
  compile,
  output,
} from "../linux";
import { Address, FAMILIES, Family, isLinkLocal, sameAddress, widthOf } from "../net/address";
import {
  Prefix,
  comparePrefixes,
  firstAddress,
  formatPrefix,
  lastAddress,
  prefixOf,
  samePrefix,
} from "../net/prefix";

/**
 * What a host's own dumps say of its interfaces: which ones lead to networks of their own, and by which gateways. It is
 * the intent that the host is then held to, since nobody has written one.
 */
export interface Survey {
  readonly intent: Intent;
  /** Devices that lead elsewhere (containers, tunnels), with what they reach. */
  readonly others: readonly OtherDevice[];
  /** What could not be found out, in words. */
  readonly notes: readonly string[];
}

export interface OtherDevice {
  readonly device: string;
  /** Prefixes routed by it, defaults and their halves left out; in canonical order. */
  readonly reaches: readonly Prefix[];
}

/**
 * Shortest prefix by a tunnel or container that counts as a network of its own; anything wider is a default in all but
 * name.
 */
export const UNMANAGED_LONGER_THAN = { 4: 1, 6: 3 } as const;

/** Kinds of devices that are network cards in all but name, and that no container engine makes of its own accord. */
const CARDS: ReadonlySet<string | undefined> = new Set([undefined, "bond", "team", "vlan"]);

/** Kinds of devices (ip-link(8)) that carry packets within others, so that they are never an interface of the host's own. */
const TUNNELS = new Set([
  ...["tun", "wireguard", "ipip", "sit", "gre", "gretap", "erspan", "ip6tnl", "ip6gre", "ip6gretap"],
  ...["vti", "vti6", "xfrm", "vxlan", "geneve", "ppp", "nlmon", "dummy", "ifb"],
]);

/**
 * An interface is ours to route when it has an address, and a gateway by some table: what container engines and tunnels
 * make has none. A network card with an address and no gateway is one as well; so is a bond, a VLAN, and a bridge that has
 * one of these in it.
 */
export function survey(state: LinuxState): Survey {
  const notes: string[] = [];
  const vrfs = vrfsOf(state);
  const managed = state.links.filter((link) => isManaged(state, link, vrfs));
  for (const { name, master } of state.links) {
    if (master !== undefined && vrfs.has(master))
      notes.push(`${name} belongs to the VRF ${master}, a world of its own, and is left out`);
  }
  const interfaces = managed.map((link) => interfaceOf(state, link, notes));
  return {
    intent: {
      interfaces,
      onLink: "gateway",
      directPairs: [],
      unmanagedLongerThan: UNMANAGED_LONGER_THAN,
      attachedByGateway: true,
      foreignMarks: marksOf(state),
    },
    others: othersOf(
      state,
      managed.map(({ name }) => name),
    ),
    notes,
  };
}

/** Packets that somebody marks are that somebody's; who does not mark never meets these rules. */
export function marksOf(state: LinuxState): NonNullable<Intent["foreignMarks"]> {
  return FAMILIES.flatMap((family) => state.rules[family])
    .flatMap(({ mark, not }) => (mark === undefined || not || (mark.value & mark.mask) === 0 ? [] : [mark]))
    .filter((mark, i, all) => all.findIndex((m) => m.value === mark.value && m.mask === mark.mask) === i);
}

function vrfsOf({ links }: LinuxState): ReadonlySet<string> {
  return new Set(links.filter(({ kind }) => kind === "vrf").map(({ name }) => name));
}

function isManaged(state: LinuxState, link: Link, vrfs: ReadonlySet<string>): boolean {
  if (link.loopback || TUNNELS.has(link.kind ?? "") || link.kind === "vrf") return false;
  if (link.master !== undefined) return false;
  if (vrfs.has(link.name) || usableAddresses(state, link.name).length === 0) return false;
  return isCard(state, link) || FAMILIES.some((family) => gatewaysOf(state, link.name, family).length > 0);
}

function isCard({ links }: LinuxState, { name, kind }: Link): boolean {
  if (CARDS.has(kind)) return true;
  return kind === "bridge" && links.some((port) => port.master === name && CARDS.has(port.kind));
}

/** Addresses that packets to and from other hosts can have. */
function usableAddresses(state: LinuxState, device: string) {
  return state.addresses.filter(
    ({ link, address, scope, tentative, dadFailed }) =>
      link === device && scope < Scope.link && !isLinkLocal(address) && !tentative && !dadFailed,
  );
}

function interfaceOf(state: LinuxState, { name }: Link, notes: string[]): IntentInterface {
  const found = usableAddresses(state, name);
  const addresses = found.map(({ address, length }) => ({ address, length }));
  const gateways: { [F in Family]?: Address } = {};
  for (const family of FAMILIES) {
    if (!addresses.some(({ address }) => address.family === family)) continue;
    const [first, ...more] = gatewaysOf(state, name, family);
    if (first === undefined) {
      notes.push(
        `no table has an IPv${family} gateway by ${name}: nothing with its addresses should leave for beyond its own networks`,
      );
    } else {
      gateways[family] = first;
      if (more.length > 0) notes.push(`${name} has several IPv${family} gateways; the first of main counts`);
    }
  }
  return {
    name,
    device: name,
    addresses,
    delegatedPrefixes: [],
    gateways,
    subnets: subnetsOf(state, name, addresses, Object.values(gateways)),
    routes: routesOf(state, name, addresses, Object.values(gateways)),
  };
}

/** Next hops of default routes by a device: those of main first, each once. */
function gatewaysOf(state: LinuxState, device: string, family: Family): Address[] {
  const rank = ({ table, metric }: Route): number => (table === Table.main ? metric : 2 ** 32 + table);
  return state.routes[family]
    .filter(({ to, type }) => to.length === 0 && type === "unicast")
    .sort((a, b) => rank(a) - rank(b))
    .flatMap(({ hops }) => hops.filter(({ link, via }) => link === device && via !== undefined))
    .map(({ via }) => via as Address)
    .filter((via, i, all) => all.findIndex((other) => sameAddress(via, other)) === i);
}

/** What is attached: the prefixes of the addresses, and what main reaches by the device without a next hop. */
function subnetsOf(
  state: LinuxState,
  device: string,
  addresses: IntentInterface["addresses"],
  gateways: readonly Address[],
): Prefix[] {
  const own = addresses.map(({ address, length }) => prefixOf(address, length));
  const routed = directRoutes(state, device).filter(
    (to) => !gateways.some((gateway) => to.length === widthOf(to.family) && to.value === gateway.value),
  );
  return distinct([...own, ...routed].filter(({ family, length }) => length < widthOf(family)));
}

function directRoutes(state: LinuxState, device: string): Prefix[] {
  return FAMILIES.flatMap((family) =>
    state.routes[family]
      .filter(({ table, type, hops }) => table === Table.main && type === "unicast" && hops.length === 1)
      .filter(({ to, hops: [hop] }) => hop.link === device && hop.via === undefined && !isLinkLocal(to))
      .filter(({ to }) => to.length > UNMANAGED_LONGER_THAN[family])
      .map(({ to }) => to),
  );
}

/**
 * Routes to particular networks by a next hop of the device other than its gateway: those of main, and before them those of
 * a table of its own, which are what its addresses take already.
 */
function routesOf(
  state: LinuxState,
  device: string,
  addresses: IntentInterface["addresses"],
  gateways: readonly Address[],
): IntentInterface["routes"] {
  const found = new Map<string, { readonly to: Prefix; readonly via: Address }>();
  let model: Model | undefined;
  const takenBy = (route: Route): boolean => {
    const made = (model ??= compile(state));
    const ends = [firstAddress(route.to), lastAddress(route.to)];
    return addresses.some(({ address: from }) =>
      ends.some((to) => {
        if (from.family !== to.family) return false;
        const outcome = output(made, { from, to });
        return outcome.kind === "route" && outcome.route === route;
      }),
    );
  };
  for (const family of FAMILIES) {
    const candidates = state.routes[family].filter(
      ({ table, type, to, hops: [hop, ...more] }) =>
        ![Table.local, Table.default].some((other) => other === table) &&
        type === "unicast" &&
        to.length > 0 &&
        more.length === 0 &&
        hop?.link === device &&
        hop.via !== undefined &&
        !gateways.some((gateway) => sameAddress(gateway, hop.via!)),
    );
    const inMain = candidates.filter(({ table }) => table === Table.main);
    const inOthers = candidates.filter(({ table }) => table !== Table.main);
    for (const route of [...inOthers.filter(takenBy), ...inMain]) {
      const { to, hops: [{ via }] } = route; // prettier-ignore
      const key = formatPrefix(to);
      if (!found.has(key)) found.set(key, { to, via: via as Address });
    }
  }
  return [...found.values()];
}

/** Devices that are no interface of the host's, with what they reach. A VRF and its ports are a world apart. */
export function othersOf(state: LinuxState, managed: readonly string[]): OtherDevice[] {
  const vrfs = vrfsOf(state);
  const apart = ({ name, master = "" }: Link): boolean => vrfs.has(name) || vrfs.has(master);
  return state.links
    .filter((link) => link.up && !link.loopback && !managed.includes(link.name) && !apart(link))
    .map(({ name }) => ({ device: name, reaches: reachedBy(state, name) }))
    .filter(({ reaches }) => reaches.length > 0);
}

function reachedBy(state: LinuxState, device: string): Prefix[] {
  return distinct(
    FAMILIES.flatMap((family) =>
      state.routes[family]
        .filter(({ type, table }) => type === "unicast" && table !== Table.local)
        .filter(({ hops }) => hops.some(({ link }) => link === device))
        .map(({ to }) => to)
        .filter(
          (to) =>
            to.length > UNMANAGED_LONGER_THAN[family] &&
            !isLinkLocal(to) &&
            to.value >> BigInt(widthOf(family) - 8) !== 0xffn,
        ),
    ),
  );
}

function distinct(prefixes: readonly Prefix[]): Prefix[] {
  return [...prefixes].sort(comparePrefixes).filter((p, i, all) => i === 0 || !samePrefix(all[i - 1], p));
}
