import { DirectPairSpec, InterfaceSpec, OnLink, PolicySpec } from "../../../lib/model";
import { Random } from "../../linux/fuzz/random";

const LINKS = ["a", "b", "c"] as const;

/** What is delegated to the interface of a link, inside its subnets and outside of them. */
function delegable(n: number): readonly string[] {
  return [`10.${n}.7.0/28`, `10.${n}.0.64/27`, `10.${n}.9.5/32`, `fd00:${n}:0:7::/80`, `fd00:${n}::aa00/120`];
}

/** Subnets that no address says: those of the other links, what holds several, and what nobody else knows. */
const SUBNETS: readonly string[] = [
  "10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/25", "10.0.0.0/14", "10.77.0.0/24", "192.0.2.0/25", "fd00:1::/64",
  "fd00:2::/64", "fd00:3::/65", "fd00::/30", "fd00:77::/64", "2001:db8:e::/49",
]; // prettier-ignore

/** Routes of a link, some of them with its neighbour as the next hop. */
function routable(n: number): readonly { to: string; via?: string }[] {
  return [
    { to: "203.0.113.0/24", via: `10.${n}.0.50` },
    { to: "198.51.100.128/25" },
    { to: `10.${1 + (n % 3)}.0.32/27`, via: `10.${n}.0.50` },
    { to: "128.0.0.0/1", via: `10.${n}.0.50` },
    { to: "2001:db8:e::/48", via: `fd00:${n}::50` },
    { to: "2001:db8:f:1::/64", via: "fe80::50" },
    { to: `fd00:${1 + (n % 3)}::/96` },
  ];
}

/**
 * Interfaces of the three links: of both families or one, with gateways or without, that hold each other's subnets, and
 * to which something is delegated. Half of them are as plain as can be, so that policies have somewhere to lead.
 */
export function randomInterfaces(random: Random): InterfaceSpec[] {
  return LINKS.map((name, i) => randomInterface(random, name, i + 1));
}

function randomInterface(random: Random, name: string, n: number): InterfaceSpec {
  const match = { ifname: `eth${n - 1}` };
  const plain = random.chance(0.5);
  const only = plain || random.chance(0.6) ? undefined : random.chance(0.7) ? 6 : 4;
  const isOf = (text: string): boolean => only === undefined || text.includes(":") === (only === 6);
  const single = !plain && random.chance(0.15);
  const addresses = single
    ? [`10.${n}.0.10/32`, `fd00:${n}::10/128`]
    : [`10.${n}.0.10/24`, `fd00:${n}::10/64`];
  if (plain) return { name, match, addresses, gateways: [`10.${n}.0.1`, `fd00:${n}::1`] };
  const given = <T extends string>(list: readonly T[], chance: number, most: number): T[] =>
    random.chance(chance) ? random.some(list.filter(isOf), 1 + random.below(most)) : [];
  const delegatedPrefixes = given(delegable(n), 0.5, 3);
  const subnets = given(SUBNETS, 0.5, 2).filter(
    (subnet) => single || !addresses.some((a) => isSame(a, subnet)),
  );
  const routes = random.chance(0.4) ? random.some(routable(n), 2).filter(({ to }) => isOf(to)) : [];
  const gateways = [`10.${n}.0.1`, random.chance(0.2) ? "fe80::1" : `fd00:${n}::1`]
    .filter((text) => isOf(text) && random.chance(0.75))
    .map((address) => (single ? { address, onLink: true } : address));
  return {
    name,
    match,
    addresses: addresses.filter(isOf),
    ...(delegatedPrefixes.length > 0 && { delegatedPrefixes }),
    ...(subnets.length > 0 && { subnets }),
    // A next hop has to be attached.
    ...(routes.length > 0 && { routes: single ? routes.filter(({ via }) => via === undefined) : routes }),
    ...(gateways.length > 0 && { gateways }),
  };
}

function isSame(address: string, subnet: string): boolean {
  return address.replace("10/", "0/").replace("::0/", "::/") === subnet;
}

/** How neighbours of other links are reached. */
export function randomOnLink(random: Random): Pick<PolicySpec, "onLink" | "directPairs"> {
  if (random.chance(0.6)) return {};
  if (random.chance(0.4)) return { onLink: OnLink.Direct };
  const pairs = LINKS.flatMap((from) =>
    LINKS.flatMap((to): DirectPairSpec[] => (from === to ? [] : [{ from, to }])),
  );
  return { directPairs: random.some(pairs, 1 + random.below(3)) };
}
