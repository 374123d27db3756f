import { Issue, shown, written } from "../../model/issue";
import { Draft, isKnown, isPending } from "../../deliver/known";
import { checkAddresses } from "./checkAddresses";
import { Entry, fieldPath } from "./entry";
import { HostFacts, chosenAddresses, isPrimary } from "./facts";
import { InstanceTypeLimits, limitsOf } from "./limits";

export type HostDraft = Exclude<Draft<HostFacts>, symbol>;

/**
 * Everything AWS would refuse minutes into an update that can be told from what is known now. Each check looks only
 * at values that are known, so none can be wrong later, and the same checks serve the constructor, the preview and
 * the update. The EC2 error code that each forestalls is named beside it.
 */
export function awsIssues(host: HostDraft): Issue[] {
  if (isPending(host.interfaces)) return [];
  const interfaces = host.interfaces.flatMap((iface, index) => (isPending(iface) ? [] : [{ iface, index }]));
  return [
    ...checkDevices(interfaces),
    ...checkInterfaceLimit(host),
    ...interfaces.flatMap((entry) => [
      ...checkAddressLimit(host, entry),
      ...checkSecurityGroups(host, entry),
    ]),
    ...checkZones(interfaces),
    ...checkAllocations(interfaces),
    ...checkAddresses(interfaces),
  ];
}

/** InvalidParameterValue (index in use), and the primary interface that an instance cannot do without. */
function checkDevices(entries: readonly Entry[]): Issue[] {
  const issues: Issue[] = [];
  const owners = new Map<string, string>();
  let all = true;
  for (const entry of entries) {
    const { name, deviceIndex, networkCardIndex = 0 } = entry.iface;
    const wrong = Object.entries({ deviceIndex, networkCardIndex }).filter(([, index]) => !isIndex(index));
    for (const [field, index] of wrong.filter(([, value]) => isKnown(value))) {
      const fix = "Give a whole number from 0 to 255; 0 is the primary interface";
      issues.push({ path: fieldPath(entry, field), problem: `got ${shown(index)}`, fix });
    }
    all &&= wrong.length === 0;
    // What could not be read is no other's.
    if (wrong.length > 0) continue;
    const slot = `${String(networkCardIndex)}:${String(deviceIndex)}`;
    const owner = owners.get(slot);
    owners.set(slot, owner ?? written(name));
    if (owner !== undefined) {
      issues.push({
        path: fieldPath(entry, "deviceIndex"),
        problem: `the device index ${shown(deviceIndex)} is that of interface ${shown(owner)} too`,
        fix: "Give each interface of a network card its own; it stays the interface's for life",
      });
    }
  }
  if (entries.length > 0 && all && !owners.has("0:0")) {
    issues.push({
      path: "interfaces",
      problem: "no interface has the device index 0",
      fix: "Give deviceIndex: 0 to the interface the instance is launched with (on network card 0)",
    });
  }
  return issues;
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 255;
}

function limits(host: HostDraft): InstanceTypeLimits | undefined {
  const { limits: given, instanceType } = host;
  if (isKnown(given)) {
    const { interfaces, ipv4PerInterface, ipv6PerInterface } = given;
    if (isKnown(interfaces) && isKnown(ipv4PerInterface) && isKnown(ipv6PerInterface)) {
      return { interfaces, ipv4PerInterface, ipv6PerInterface };
    }
  }
  return isKnown(instanceType) ? limitsOf(instanceType) : undefined;
}

/** AttachmentLimitExceeded. */
function checkInterfaceLimit(host: HostDraft): Issue[] {
  const max = limits(host)?.interfaces;
  const count = isPending(host.interfaces) ? 0 : host.interfaces.length;
  if (max === undefined || count <= max) return [];
  return [
    {
      path: "interfaces",
      problem: `got ${count} interfaces, but ${shown(host.instanceType)} takes ${max}`,
      fix: "Choose a larger instanceType, or put addresses together on fewer interfaces",
    },
  ];
}

/** PrivateIpAddressLimitExceeded. Prefixes count like addresses; an address that AWS chooses counts as well. */
function checkAddressLimit(host: HostDraft, entry: Entry): Issue[] {
  const known = limits(host);
  if (known === undefined) return [];
  const { iface } = entry;
  return ([4, 6] as const).flatMap((family) => {
    const max = family === 4 ? known.ipv4PerInterface : known.ipv6PerInterface;
    const prefixes = family === 4 ? iface.ipv4Prefixes : iface.ipv6Prefixes;
    const addresses = chosenAddresses(iface, family).length;
    const chosen = addresses === 0 && (family === 4 || iface.ipv6 === true) ? 1 : addresses;
    const count = chosen + (isKnown(prefixes) ? prefixes.length : 0);
    if (count <= max) return [];
    return [
      {
        path: fieldPath(entry, family === 4 ? "privateIps" : "ipv6Addresses"),
        problem: `got ${count} IPv${family} addresses and prefixes, but an interface of ${shown(host.instanceType)} takes ${max}`,
        fix: `Choose a larger instanceType, spread them over more interfaces, or take a /${family === 4 ? 28 : 80} prefix, which counts as one`,
      },
    ];
  });
}

/** SecurityGroupsPerInterfaceLimitExceeded. */
function checkSecurityGroups(host: HostDraft, entry: Entry): Issue[] {
  const groups = entry.iface.securityGroupIds;
  const max = host.maxSecurityGroups;
  if (!isKnown(groups) || !isKnown(max) || groups.length <= max) return [];
  return [
    {
      path: fieldPath(entry, "securityGroupIds"),
      problem: `got ${groups.length} security groups, but an interface takes ${max}`,
      fix: "Merge groups; where the account's quota was raised, say so by maxSecurityGroups (16 at most)",
    },
  ];
}

/** InvalidParameterCombination: an interface attaches only to an instance of its own availability zone. */
function checkZones(entries: readonly Entry[]): Issue[] {
  const zoned = entries.flatMap((entry) => {
    const { subnet } = entry.iface;
    const zone = isPending(subnet) ? undefined : subnet.availabilityZone;
    return isKnown(zone) ? [{ entry, zone }] : [];
  });
  const first = zoned.find(({ entry }) => isPrimary(entry.iface)) ?? zoned[0];
  return zoned
    .filter(({ zone }) => zone !== first?.zone)
    .map(({ entry, zone }) => ({
      path: fieldPath(entry, "subnet"),
      problem: `the subnet is in ${shown(zone)}, but that of interface ${shown(first?.entry.iface.name)} is in ${shown(first?.zone)}`,
      fix: "Choose subnets of one availability zone: interfaces attach within their own zone only",
    }));
}

/** Resource.AlreadyAssociated: one Elastic IP belongs to one address. */
function checkAllocations(entries: readonly Entry[]): Issue[] {
  const owners = new Map<string, string>();
  return entries.flatMap((entry) => {
    const { allocationId, name } = entry.iface;
    if (!isKnown(allocationId)) return [];
    const owner = owners.get(allocationId);
    owners.set(allocationId, owner ?? written(name));
    if (owner === undefined) return [];
    return [
      {
        path: fieldPath(entry, "allocationId"),
        problem: `the Elastic IP ${shown(allocationId)} is that of interface ${shown(owner)} too`,
        fix: "Give each interface its own, or publicIp: true to have one made",
      },
    ];
  });
}
