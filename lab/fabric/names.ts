import { createHash } from "node:crypto";

/**
 * Every name the fabric gives. A lab's namespaces all start with "<lab>-" and end in one of a few forms, so that a
 * lab can be found and removed whole, with no record of it left, and never taken for another whose name begins alike.
 */

/** What has a network namespace of its own. `internet` and `operator` exist once a lab and take no id. */
export type NamespaceKind = "internet" | "operator" | "vpc" | "networkInterface" | "instance" | "container";

/** How the names of each kind end. No two kinds of two labs can have one name: see {@link ownsNamespace}. */
const SUFFIXES: Record<NamespaceKind, { pattern: RegExp; of: (id: string) => string }> = {
  internet: { pattern: /^inet$/, of: () => "inet" },
  operator: { pattern: /^op$/, of: () => "op" },
  vpc: { pattern: /^vpc-[0-9a-f]+$/, of: (id) => id },
  networkInterface: { pattern: /^eni-[0-9a-f]+$/, of: (id) => id },
  instance: { pattern: /^i-[0-9a-f]+$/, of: (id) => id },
  container: { pattern: /^i-[0-9a-f]+\.ctr$/, of: (id) => `${id}.ctr` },
};

/**
 * The name of a namespace, as under /run/netns.
 *
 * @param lab the lab's name (`CloudState.lab`)
 * @param what which kind of thing
 * @param id its AWS id ("vpc-0…", "eni-0…", "i-0…", the rest hexadecimal; for a container its instance's id); none
 *   for internet and operator
 * @throws Error for an id of another form: names are given to commands and to what removes a lab by name
 * @example namespaceOf("demo", "instance", "i-0a1") // "demo-i-0a1"
 */
export function namespaceOf(lab: string, what: NamespaceKind, id = ""): string {
  checkLabName(lab);
  const { pattern, of } = SUFFIXES[what];
  const suffix = of(id);
  if (!pattern.test(suffix)) {
    throw new Error(`id of the ${what}: got ${JSON.stringify(id)}; allowed is what ${pattern} matches`);
  }
  return `${lab}-${suffix}`;
}

/**
 * Refuses what is no lab's name. It is a part of names and of paths, of which all below is removed with a lab.
 *
 * @throws Error with what is allowed
 */
export function checkLabName(lab: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,7}$/.test(lab)) return;
  throw new Error(
    `lab: got ${JSON.stringify(lab)}; allowed are 1 to 8 letters, digits and "-", no "-" first`,
  );
}

/** Whether a namespace is one of the lab's, by its name alone. */
export function ownsNamespace(lab: string, name: string): boolean {
  if (!name.startsWith(`${lab}-`)) return false;
  const suffix = name.slice(lab.length + 1);
  return Object.values(SUFFIXES).some(({ pattern }) => pattern.test(suffix));
}

/** Where `ip netns` keeps names. */
export const NETNS_DIRECTORY = "/run/netns";

/** The path other programs (nsenter) open a namespace by. */
export function namespacePath(name: string): string {
  return `${NETNS_DIRECTORY}/${name}`;
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

/** Short, stable and, for all that matters, unique for an id: 12 hex digits, for device and nft set names. */
export function shortHash(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 12);
}

/** A routing table id for an id: stable, above the 16 bits people and daemons use. */
export function tableId(id: string): number {
  return 0x10000 + parseInt(shortHash(id).slice(0, 7), 16);
}
