/** The numbers of the lab's networks, in one place. */

/** A subnet of the cloud: a bridge, a router's address, and DHCP in both families. */
export interface Subnet {
  readonly name: "a" | "b" | "c";
  readonly ipv4: { readonly net: string; readonly length: 24; readonly gateway: string };
  readonly ipv6: { readonly net: string; readonly length: 64; readonly gateway: string };
}

const subnet = (name: Subnet["name"], n: number): Subnet => ({
  name,
  ipv4: { net: `10.91.${n}.0`, length: 24, gateway: `10.91.${n}.1` },
  ipv6: { net: `fd91:0:0:${n}::`, length: 64, gateway: `fe80::${n}` },
});

export const SUBNETS: Readonly<Record<Subnet["name"], Subnet>> = {
  a: subnet("a", 1),
  b: subnet("b", 2),
  c: subnet("c", 3),
};

/** The nth address of a subnet. */
export function addressIn(subnet: Subnet, n: number): { ipv4: string; ipv6: string } {
  const ipv4 = subnet.ipv4.net.replace(/0$/, String(n));
  return { ipv4, ipv6: `${subnet.ipv6.net}${n.toString(16)}` };
}

/** A host on the Internet, behind the router of all subnets. */
export const INTERNET = {
  ipv4: { net: "198.51.100.0/24", address: "198.51.100.10", gateway: "198.51.100.1" },
  ipv6: { net: "2001:db8:99::/64", address: "2001:db8:99::10", gateway: "2001:db8:99::1" },
} as const;

/** Of the further host on each subnet: "a" on subnet a, and so on. */
export const PEER = 200;

/** Where clouds serve metadata. */
export const METADATA = "169.254.169.254";
