import { HostModel, NumbersSpec, Persistence } from "./spec";

/**
 * Hosts that a group makes as it needs them (EC2 Auto Scaling): their addresses and MACs are known to nobody before
 * they run. In place of addresses there is a policy that says which interface is which; each host finds its addresses
 * by the cloud's metadata service.
 */
export interface FleetSpec {
  /** Name of every host of the fleet, in messages. 1 to 31 of letters, digits, ".", "_", "-", a letter first. */
  name: string;
  /** The interfaces that are routed. Those of a host that are not described here are left to it. */
  interfaces: FleetInterfaceSpec[];
  policy?: FleetPolicySpec;
  /** Overrides for the numbers we put into the kernel. Default: DEFAULT_NUMBERS. */
  numbers?: NumbersSpec;
  /** Seconds a host waits at its first boot for metadata and interfaces that come late; 10 to 600. Default: 60. */
  waitSeconds?: number;
}

/** An interface, by what the metadata service says of it. All that is given must hold, and of one interface alone. */
export interface FleetInterfaceSpec {
  /** Logical name, and identity, as in a host. */
  name: string;
  /** Its device index: 0 is the interface that the instance is launched with. */
  deviceIndex?: number;
  /** Its network card, together with `deviceIndex`. Default: 0. */
  networkCardIndex?: number;
  /** It is in one of these subnets. Example: ["subnet-0123456789abcdef0"]. */
  subnetIds?: string[];
  /**
   * Key of a tag of the instance whose value says which it is: the id of the interface or of its subnet. Needs tags in
   * the instance's metadata (`instanceMetadataTags: "enabled"`). Example: "multihome-back".
   */
  tag?: string;
  /** Whether it has IPv6 addresses, which then are waited for; an interface that has some against this is refused. Default: false. */
  ipv6?: boolean;
}

export interface FleetPolicySpec {
  /** Default: "symmetric". */
  hostModel?: HostModel;
  /** Default: "auto". */
  persistence?: Persistence;
}
