import { Family } from "../../../lib/net";
import { IpObject, LinkEnd, NamespaceModel, NftTable } from "../model";

/**
 * Collects one namespace's objects. Each method adds one object of the kernel under the key that names it there, so
 * that the comparison of two models is a comparison of records.
 */
export class NamespaceBuilder implements NamespaceModel {
  readonly sysctls: Record<string, string> = {};
  readonly objects: Record<string, IpObject> = {};
  readonly tables: Record<string, NftTable> = {};

  constructor(
    readonly name: string,
    readonly shared = false,
  ) {
    // A new namespace starts with the machine's own IPv4 settings, whatever they are: say all that matter.
    for (const scope of ["all", "default"]) {
      for (const setting of ["rp_filter", "arp_ignore", "arp_announce", "arp_filter", "accept_local"]) {
        this.sysctls[`net/ipv4/conf/${scope}/${setting}`] = "0";
      }
      // Addresses are usable at once, and routes come from the cloud's state alone.
      for (const setting of ["accept_dad", "dad_transmits", "accept_ra", "disable_ipv6"]) {
        this.sysctls[`net/ipv6/conf/${scope}/${setting}`] = "0";
      }
    }
    this.forwarding(false);
    this.up("lo");
  }

  forwarding(on: boolean): void {
    this.sysctls["net/ipv4/ip_forward"] = on ? "1" : "0";
    this.sysctls["net/ipv6/conf/all/forwarding"] = on ? "1" : "0";
  }

  /** @param linkLocal whether the kernel gives the device an IPv6 link-local address of its own (EUI-64) */
  up(device: string, linkLocal = true): void {
    const mode = linkLocal ? "" : "addrgenmode none ";
    this.put(`device ${device}`, { family: 4, add: `link set dev ${device} ${mode}up`, device });
  }

  /** @param attributes "metric 512", "noprefixroute", … */
  address(family: Family, address: string, length: number, device: string, attributes: string): void {
    const what = `${address}/${length} dev ${device}`;
    // Even without detection of duplicates an IPv6 address is tentative for a moment, and no route's source.
    const usable = family === 6 ? "nodad" : "";
    this.put(`address ${what}`, {
      family,
      add: ["address replace", what, attributes, usable].filter(Boolean).join(" "),
      del: `address del ${what}`,
      device,
    });
  }

  /** A neighbour that is known and never asked for. */
  neighbour(family: Family, address: string, mac: string, device: string): void {
    this.put(`neighbour ${address} dev ${device}`, {
      family,
      add: `neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`,
      del: `neighbour del ${address} dev ${device}`,
      device,
    });
  }

  /** Answers neighbour solicitations for an address on a device (RFC 4389 in small). */
  proxyNeighbour(address: string, device: string): void {
    this.put(`proxy ${address} dev ${device}`, {
      family: 6,
      add: `neighbour replace proxy ${address} dev ${device}`,
      del: `neighbour del proxy ${address} dev ${device}`,
      device,
    });
  }

  /**
   * @param prefix a prefix, or "default"
   * @param path "via ADDRESS dev DEVICE …"; or "blackhole"
   * @param device the device in `path`, if any
   * @param options table, and metric: with the prefix they are the route's identity
   */
  route(
    family: Family,
    prefix: string,
    path: string,
    device?: string,
    options: { table?: number; metric?: number } = {},
  ): void {
    const table = options.table === undefined ? "" : ` table ${options.table}`;
    const metric = options.metric === undefined ? "" : ` metric ${options.metric}`;
    const text = path === "blackhole" ? `blackhole ${prefix}` : `${prefix} ${path}`;
    this.put(`route -${family} ${prefix}${table}${metric}`, {
      family,
      add: `route replace ${text}${table}${metric}`,
      del: `route del ${path === "blackhole" ? "blackhole " : ""}${prefix}${table}${metric}`,
      device,
    });
  }

  /** @param rest selector and action: "iif up lookup 1" */
  rule(family: Family, preference: number, rest: string): void {
    const text = `pref ${preference} ${rest}`;
    this.put(`rule -${family} ${text}`, { family, add: `rule add ${text}`, del: `rule del ${text}` });
  }

  table(name: string, table: NftTable): void {
    this.tables[name] = table;
  }

  private put(key: string, object: IpObject): void {
    if (object.device === undefined) delete object.device;
    this.objects[key] = object;
  }
}

/** Link-layer address of a device of the fabric itself; nothing outside one link ever sees it. */
export const NEAR_MAC = "0e:00:00:00:00:01";
export const FAR_MAC = "0e:00:00:00:00:02";

/** Next hops on the fabric's links, never asked for by ARP or ND: the near end is .1, the far end .2. */
export const NEAR: Record<Family, string> = { 4: "169.254.0.1", 6: "fe80::1" };
export const FAR: Record<Family, string> = { 4: "169.254.0.2", 6: "fe80::2" };

/** The path to the far end of a link from its near end, or back. */
export function hop(family: Family, end: Record<Family, string>, device: string): string {
  return `via ${end[family]} dev ${device}${family === 4 ? " onlink" : ""}`;
}

export function linkEnd(
  namespace: NamespaceBuilder,
  device: string,
  mac: string,
  sysctls: Record<string, string> = {},
): LinkEnd {
  return { namespace: namespace.name, device, mac, sysctls };
}

/** Brings up both ends of a link between two parts of the fabric, each knowing the other's link-layer address. */
export function wire(
  near: NamespaceBuilder,
  nearDevice: string,
  far: NamespaceBuilder,
  farDevice: string,
): { ends: [LinkEnd, LinkEnd] } {
  near.up(nearDevice, false);
  far.up(farDevice, false);
  for (const family of [4, 6] as const) {
    near.neighbour(family, FAR[family], FAR_MAC, nearDevice);
    far.neighbour(family, NEAR[family], NEAR_MAC, farDevice);
  }
  return { ends: [linkEnd(near, nearDevice, NEAR_MAC), linkEnd(far, farDevice, FAR_MAC)] };
}
