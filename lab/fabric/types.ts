/**
 * What callers of the fabric (the aws provider, the demo, tests) see. The functions are in ./index.
 */

/** Where a lab keeps its files, and who watches. */
export interface FabricOptions {
  /**
   * Directory of all labs; a lab's files are in `<labDir>/<lab>/`. Default: `MULTIHOME_LAB_DIR`, else `.lab` in the
   * current directory.
   */
  labDir?: string;
  /** Called for every command run on the machine, before it starts. For tests and `--verbose`. */
  onCommand?: (command: RanCommand) => void;
}

/** One process the fabric started. */
export interface RanCommand {
  /** Program and arguments, as given to execve. */
  argv: string[];
  /** What it read on stdin: `ip -batch` or nft text. */
  stdin?: string;
}

/** What `realize` did. */
export interface Realized {
  /** Processes run; 0 when the machine already was as the cloud says. */
  commands: number;
  /** What changed, one line each ("namespace demo-vpc-0a1: added"), in order. Empty when nothing did. */
  changes: string[];
  /** SSH host public keys of all instances, by instance id: "ssh-ed25519 AAAA…" with no comment. */
  hostPublicKeys: Record<string, string>;
}

/** Packets one check has dropped since the ENI was made. */
export interface DropCounter {
  packets: number;
  /** Who was dropped, at most 64 pairs a check, most packets first. */
  flows: { source: string; destination: string; packets: number }[];
  /** One sentence for people: what was dropped, why, and what AWS calls it. Empty when nothing was dropped. */
  reason: string;
}

/** The counters of one ENI. */
export interface NetworkInterfaceCounters {
  networkInterfaceId: string;
  /** From the instance, with a source address that is not the ENI's (sourceDestCheck). */
  sourceCheckDrops: DropCounter;
  /** To the instance, for an address that is not the ENI's (sourceDestCheck). */
  destCheckDrops: DropCounter;
  /** Refused by the ENI's security groups, in either direction, as its own connection tracking sees it. */
  securityGroupDrops: DropCounter;
}

/** Everything the fabric counts. */
export interface LabCounters {
  /** By ENI id. */
  networkInterfaces: Record<string, NetworkInterfaceCounters>;
  /** By VPC id: IPv4 packets for the Internet from an address that has no EIP; the internet gateway drops them. */
  internetGateways: Record<string, DropCounter>;
}

/** What `tearDown` removed. */
export interface TornDown {
  namespaces: string[];
  processes: number[];
}
