import { HostSpec, PolicySpec } from "../../../lib/model";

/**
 * The two networks of the cloud: addresses by number (10.0.N.0/24, 2001:db8:N::/64). The gateway of both is
 * fe80::1.
 */
export const NETS = { a: 1, b: 2 } as const;
export type Net = keyof typeof NETS;

export const gateway4 = (net: Net) => `10.0.${NETS[net]}.1`;
export const GATEWAY6 = "fe80::1";
export const neighbour4 = (net: Net) => `10.0.${NETS[net]}.50`;
export const neighbour6 = (net: Net) => `2001:db8:${NETS[net]}::50`;
export const prefix4 = (net: Net) => `10.0.${NETS[net]}.0/24`;
export const prefix6 = (net: Net) => `2001:db8:${NETS[net]}::/64`;

/** A host behind both routers: the Internet. */
export const WORLD4 = "203.0.113.5";
export const WORLD6 = "2001:db8:f::5";
/** On the host's docker0, which the networks know nothing of. */
export const CONTAINER = "172.17.0.2";
/** Beyond the host's tunnel, by a route in main. */
export const BEYOND_VPN = "10.98.0.1";
/** Destinations that only the host knows: seen on a network they are lost. */
export const PRIVATE_TO_HOST = ["172.17.0.0/16", "10.98.0.0/16", "10.99.0.0/24"];

/** One interface of the host under test. */
export interface Nic {
  readonly device: string;
  readonly net: Net;
  /** With their length; the first of each family is the primary. */
  readonly addresses: readonly string[];
  /** Routed to the primary address by the router, and allowed as sources. */
  readonly delegated?: readonly string[];
}

export type Layout = readonly Nic[];

/** Two interfaces in two networks, both families: eth0 is the primary. */
export const TWO_NETS: Layout = [
  { device: "eth0", net: "a", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"] },
  { device: "eth1", net: "b", addresses: ["10.0.2.10/24", "2001:db8:2::10/64"] },
];
export const A4 = "10.0.1.10";
export const A6 = "2001:db8:1::10";
export const B4 = "10.0.2.10";
export const B6 = "2001:db8:2::10";

/** Two interfaces in one network. */
export const ONE_NET: Layout = [
  TWO_NETS[0],
  { device: "eth1", net: "a", addresses: ["10.0.1.20/24", "2001:db8:1::20/64"] },
];

/** Addresses of full length, the gateway outside of them: as Google Cloud gives them. */
export const FULL_LENGTH: Layout = [
  { device: "eth0", net: "a", addresses: ["10.0.1.10/32", "2001:db8:1::10/64"] },
  { device: "eth1", net: "b", addresses: ["10.0.2.10/32", "2001:db8:2::10/64"] },
];

/** Secondary addresses, and prefixes delegated to each interface. */
export const MANY_ADDRESSES: Layout = [
  {
    device: "eth0",
    net: "a",
    addresses: ["10.0.1.10/24", "10.0.1.11/24", "2001:db8:1::10/64", "2001:db8:1::11/64"],
    delegated: ["10.0.1.32/28", "2001:db8:1:0:1::/80"],
  },
  {
    device: "eth1",
    net: "b",
    addresses: ["10.0.2.10/24", "10.0.2.11/24", "2001:db8:2::10/64", "2001:db8:2::11/64"],
    delegated: ["10.0.2.32/28", "2001:db8:2:0:1::/80"],
  },
];

export const isIPv6 = (text: string) => text.includes(":");
/** The address of "ADDRESS/LENGTH". */
export const bare = (address: string) => address.slice(0, address.indexOf("/"));
export const ofFamily = (family: 4 | 6, texts: readonly string[] = []) =>
  texts.filter((text) => isIPv6(text) === (family === 6));
/** The primary address of a family, without its length. */
export const primary = (nic: Nic, family: 4 | 6) => bare(ofFamily(family, nic.addresses)[0]);
export const gateway = (nic: Nic, family: 4 | 6) => (family === 4 ? gateway4(nic.net) : GATEWAY6);
/** The attached subnet of a family. */
export const subnet = (nic: Nic, family: 4 | 6) => (family === 4 ? prefix4(nic.net) : prefix6(nic.net));
/** Whether the gateway lies outside the addresses' own prefixes. */
export const gatewayIsOutside = (nic: Nic) => nic.addresses.some((address) => address.endsWith("/32"));

/** The host as its owner would write it for us. */
export function specOf(layout: Layout, policy?: PolicySpec): HostSpec {
  return {
    name: "host-1",
    interfaces: layout.map((nic) => ({
      name: nic.device,
      match: { ifname: nic.device },
      addresses: [...nic.addresses],
      delegatedPrefixes: [...(nic.delegated ?? [])],
      gateways: [{ address: gateway4(nic.net), onLink: gatewayIsOutside(nic) }, GATEWAY6],
      ...(gatewayIsOutside(nic) ? { subnets: [prefix4(nic.net)] } : {}),
    })),
    ...(policy === undefined ? {} : { policy }),
  };
}
