import { HostKeyPair } from "./build/userData";

/**
 * The fabric as plain data: what must exist on the machine for a cloud to be there. {@link FabricModel} is what
 * `fabricOf` makes of a CloudState, what is recorded as realized, and what two of are compared to find the commands.
 *
 * Everything is in a record by a stable key, and a key names one object of the kernel: equal key and equal value
 * means nothing to do, so a change of the cloud touches only what it changes. Records are in the order in which
 * their objects must be made.
 */
export interface FabricModel {
  /** Version of this schema: a record of another version is torn down, not compared. */
  schema: 1;
  lab: string;
  /** By name. */
  namespaces: Record<string, NamespaceModel>;
  /** By a key of its meaning, such as "attachment eni-0a1". */
  links: Record<string, LinkModel>;
  /** By instance id. */
  servers: Record<string, ServerModel>;
}

/** A network namespace and what is in it. */
export interface NamespaceModel {
  /**
   * Whether others change things here too: in an instance the software under test adds and removes routes, so that
   * an object which is to be removed may be gone, or one to be added may be there.
   */
  shared: boolean;
  /** By path below /proc/sys; written once, before any device exists, so that devices inherit them. */
  sysctls: Record<string, string>;
  /** Device settings, addresses, neighbours, routes, rules, as `ip` knows them. */
  objects: Record<string, IpObject>;
  /** By "FAMILY NAME", such as "inet eni". */
  tables: Record<string, NftTable>;
}

/** One object of iproute2. Its key names what the kernel holds at most once, so `add` also changes it. */
export interface IpObject {
  /** The family `ip` is told: one batch holds lines of one family. */
  family: 4 | 6;
  /** The line of `ip -batch` that makes it so: a `replace`, or a `rule add`. */
  add: string;
  /** The line that removes it. Settings of a device have none: they go with it. */
  del?: string;
  /** The device it goes with, when the kernel removes it together with one. */
  device?: string;
}

/** A veth pair. */
export interface LinkModel {
  ends: [LinkEnd, LinkEnd];
}

export interface LinkEnd {
  namespace: string;
  device: string;
  mac: string;
  /** By path below /proc/sys; written when the device has been made. */
  sysctls: Record<string, string>;
}

/** One nft table. A change is one transaction, and keeps counters, dynamic sets and tracked connections. */
export interface NftTable {
  counters: string[];
  sets: Record<string, NftSet>;
  /** Chains of rules; `hook` makes it a base chain. */
  chains: Record<string, { hook?: string; rules: string[] }>;
}

export interface NftSet {
  kind: "set" | "map";
  /** What nft has between the braces, but the elements: "type ipv4_addr; flags interval;". */
  spec: string;
  elements: string[];
}

/** The sshd of an instance. */
export interface ServerModel {
  namespace: string;
  /** Lines of authorized_keys: the public key of the instance's key pair. */
  authorizedKeys: string[];
  /** The host key its user data gives it at launch. Default: one is made. */
  hostKey?: HostKeyPair;
  /** What its user data has it run before its sshd starts, at every boot. Default: nothing. */
  bootHook?: string;
}
