import type { CloudState } from "../cloud/state";
import type { FabricOptions, LabCounters, Realized, TornDown } from "./types";

/**
 * The lab's fabric: a CloudState as namespaces, links, routes and packet filters of this machine.
 */
export * from "./types";
export { deviceMetric, deviceName, namespaceOf, namespacePath, NamespaceKind } from "./names";

/**
 * Makes the machine as the cloud says, by difference from what was realized before. Calls of one process are queued,
 * and a call that waits is merged with later ones; calls of several processes exclude each other by a lock file.
 */
export declare function realize(cloud: CloudState, options?: FabricOptions): Promise<Realized>;

/** Removes everything of a lab: processes, namespaces, files; also what a crash left. Safe to call at any time. */
export declare function tearDown(lab: string, options?: FabricOptions): Promise<TornDown>;

/** Reads every counter of a lab. */
export declare function readCounters(lab: string, options?: FabricOptions): Promise<LabCounters>;

/**
 * The SSH host public key of an instance ("ssh-ed25519 AAAA…", no comment), made on first call and constant until
 * the instance is removed. May be called before `realize`, to write it into the state.
 */
export declare function sshHostKey(lab: string, instanceId: string, options?: FabricOptions): Promise<string>;

/** How many SSH logins an instance's sshd has accepted since launch. */
export declare function sshLogins(lab: string, instanceId: string, options?: FabricOptions): number;

/**
 * A container on an instance, as Docker would set it up: bridge docker0 172.17.0.1/16, forwarding on, the container
 * at 172.17.0.2. Returns its namespace's name. It goes with its instance.
 */
export declare function addContainer(
  lab: string,
  instanceId: string,
  options?: FabricOptions,
): Promise<string>;
