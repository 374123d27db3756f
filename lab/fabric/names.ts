import { createHash } from "node:crypto";
import type { CloudState } from "../cloud/state";

/**
 * Every name the fabric gives. A lab's namespaces all start with "<lab>-", so that a lab can be found and removed
 * whole, with no record of it left; device names fit the kernel's 15 characters.
 */

/** What has a network namespace of its own. `internet` and `operator` exist once a lab and take no id. */
export type NamespaceKind = "internet" | "operator" | "vpc" | "networkInterface" | "instance" | "container";

const suffix: Record<NamespaceKind, (id: string) => string> = {
  internet: () => "inet",
  operator: () => "op",
  vpc: (id) => id,
  networkInterface: (id) => id,
  instance: (id) => id,
  container: (id) => `ctr-${id}`,
};

/**
 * The name of a namespace, as under /run/netns.
 *
 * @param lab the lab's name (`CloudState.lab`)
 * @param what which kind of thing
 * @param id its AWS id ("vpc-0…", "eni-0…", "i-0…"; for a container its instance's id); none for internet, operator
 * @example namespaceOf("demo", "instance", "i-0a1") // "demo-i-0a1"
 */
export function namespaceOf(lab: string, what: NamespaceKind, id = ""): string {
  if (id === "" && what !== "internet" && what !== "operator") {
    throw new Error(`namespaceOf: a namespace of kind "${what}" is named by the id of the ${what}; got none`);
  }
  return `${lab}-${suffix[what](id)}`;
}

/** The prefix all namespaces of a lab share. */
export function namespacePrefix(lab: string): string {
  return `${lab}-`;
}

/** The path other programs (nsenter) open a namespace by. */
export function namespacePath(name: string): string {
  return `/run/netns/${name}`;
}

/**
 * The name an instance's operating system gives an ENI, as Nitro instances with predictable names do: device index
 * 0 is ens5. Other network cards sit in other PCI slots; 100 a card keeps them apart.
 */
export function deviceName(networkCardIndex: number, deviceIndex: number): string {
  return `ens${5 + 100 * networkCardIndex + deviceIndex}`;
}

/** The metric distributions give the routes of an ENI: the lower index wins (amazon-ec2-net-utils' numbers). */
export function deviceMetric(networkCardIndex: number, deviceIndex: number): number {
  return 512 + 100 * networkCardIndex + deviceIndex;
}

/** Short, stable and unique for an id: 12 hex digits, for device names, nft set names and table ids. */
export function shortHash(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 12);
}

/** Names of the namespaces of what a cloud contains, by id: for callers that want all of one kind. */
export function instanceNamespaces(cloud: CloudState): Record<string, string> {
  return Object.fromEntries(
    Object.keys(cloud.instances).map((id) => [id, namespaceOf(cloud.lab, "instance", id)]),
  );
}
