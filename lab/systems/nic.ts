import { addressIn, Subnet } from "./plan";

/** A network interface of a guest, as the cloud knows it. */
export interface Nic {
  /** Its name in the guest; those of Nitro instances begin at ens5. */
  readonly device: string;
  readonly mac: string;
  readonly subnet: Subnet;
  /** Its place among the guest's interfaces; gives the metric that images configure. */
  readonly index: number;
  /** What DHCP gives it, and what it may send from. */
  readonly ipv4: string;
  readonly ipv6: string;
  /** Further addresses it may send from. */
  readonly secondary: readonly string[];
}

/** @param n host number of the primary address in both families */
export function nicOf(
  index: number,
  mac: string,
  subnet: Subnet,
  n: number,
  secondary: readonly string[] = [],
): Nic {
  return { device: `ens${5 + index}`, mac, subnet, index, ...addressIn(subnet, n), secondary };
}
