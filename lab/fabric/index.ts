import { instanceDirectory, labDirectory } from "./files";
import { withLock } from "./lock";
import { Runner } from "./run";
import { Server } from "./server";
import { FabricOptions } from "./types";

/**
 * The lab's fabric: a CloudState as namespaces, links, routes and packet filters of this machine.
 *
 * The world of a lab, each a network namespace:
 *
 *     operator ── internet ── VPC router ══ port of an ENI ── instance
 *
 * - internet: hosts 203.0.113.5, 203.0.113.6, 2001:db8:ffff::5 and ::6, and the way to operator and VPCs
 * - operator: 192.0.2.10; `pulumi` and `ssh` run here and reach instances through their Elastic IPs
 * - VPC router: local routes, route tables by the subnet a packet comes from, Internet gateway
 * - port: gateway of the subnet as its instance sees it, source/destination check, security groups
 * - instance: ENIs as ens5, ens6, …, configured as by DHCP, and an sshd
 *
 * Not modelled: network ACLs, NAT gateways, peering, MTUs other than 1500, the metadata service, DHCP itself, user
 * data other than a host key, an attachment's delay, ND for delegated IPv6 prefixes among a subnet's own hosts (routed
 * traffic reaches them). TTLs fall by one at each namespace, also within a subnet.
 */
export * from "./types";
export type { NamespaceKind } from "./names";
export { deviceMetric, deviceName, namespaceOf, namespacePath } from "./names";
export { INTERNET_HOST, OPERATOR } from "./build/internet";
export { CONTAINER, addContainer } from "./container";
export { fabricOf } from "./build";
export type { FabricModel } from "./model";
export { inUserNamespace, privilege } from "./privilege";
export type { Privilege } from "./privilege";
export { readCounters } from "./counters";
export { realize } from "./realize";
export { inNamespace } from "./run";
export { tearDown } from "./teardown";

/**
 * The SSH host public key of an instance ("ssh-ed25519 AAAA…", no comment), made on first call and constant until
 * the instance is removed. May be called before `realize`, to write it into the state.
 */
export async function sshHostKey(
  lab: string,
  instanceId: string,
  options: FabricOptions = {},
): Promise<string> {
  const runner = new Runner(options.onCommand);
  const server = new Server(instanceId, lab, options);
  return withLock(labDirectory(lab, options), () => server.hostKey(runner));
}

/** How many SSH logins an instance's sshd has accepted since it was launched. */
export function sshLogins(lab: string, instanceId: string, options: FabricOptions = {}): number {
  return new Server(instanceId, lab, options).logins();
}

/** Where an instance's files are on the machine: sshd.log (what its sshd said), its SSH host key. */
export function instanceFiles(lab: string, instanceId: string, options: FabricOptions = {}): string {
  return instanceDirectory(lab, instanceId, options);
}
