/** What a JSON file is asked to hold. */
export type Wanted = "host" | "fleet";

/**
 * What a JSON file holds that is none of what is asked for but something else of ours, and what to do with it. A list of
 * fields that are not known would not say so.
 *
 * @returns a sentence for whoever gave it; undefined when it is nothing that we know
 */
export function mistaken(value: unknown, wanted: Wanted): string | undefined {
  if (Array.isArray(value))
    return `it holds a list. Give one ${wanted} a file: an object with "name" and "interfaces"`;
  if (has(value, "findings", "followed"))
    return 'it holds what "doctor --json" says. Give the host in it: jq .cure.spec';
  if (has(value, "ipv4", "ipv6", "numbers"))
    return 'it holds a plan, as "plan --json" prints. Give the host that it was made from';
  const interfaces = has(value, "interfaces") && Array.isArray(value.interfaces) ? value.interfaces : [];
  const [known, found] = [interfaces.some(isKnown), interfaces.some(isFound)];
  if (wanted === "host" && found && !known)
    return (
      'it holds a fleet, whose hosts find their addresses themselves. Only "render --to fleet" takes one; ' +
      'for a host say its "addresses"'
    );
  if (wanted === "fleet" && known && !found)
    return (
      "it holds a host, whose addresses are known. Give --to iproute2 or --to cloud-init; for a fleet say of each " +
      'interface its "deviceIndex", "subnetIds" or "tag"'
    );
  return undefined;
}

/** An interface of a host: its addresses are said. */
function isKnown(iface: unknown): boolean {
  return has(iface, "addresses") || has(iface, "delegatedPrefixes");
}

/** An interface of a fleet: it is said how each host finds it. */
function isFound(iface: unknown): boolean {
  return has(iface, "deviceIndex") || has(iface, "subnetIds") || has(iface, "tag");
}

function has<K extends string>(value: unknown, ...keys: readonly K[]): value is Record<K, unknown> {
  return typeof value === "object" && value !== null && keys.every((key) => Object.hasOwn(value, key));
}
