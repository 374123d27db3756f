import { Host, HostInterface } from "../../model/host";
import { SLOTS } from "../../model/numbers";
import { shown } from "../../model/issue";
import { formatAddress } from "../../net/address";
import { Prefix, formatPrefix, hostPrefix, overlaps } from "../../net/prefix";
import { normalizeInterface } from "./interface";
import { readNumbers } from "./numbers";
import { Policy, compareText, readPolicy } from "./policy";
import { Problems, at } from "./problems";
import { readList, readName, readObject } from "./shape";

/**
 * Reads a host strictly: unknown fields, nulls, wrong types and contradictions are errors, all reported at once.
 *
 * Guarantees: the result does not depend on the order of interfaces, fields or secondary addresses; an accepted
 * host holds no address twice and no source that two interfaces claim.
 *
 * @param value plain data, as parsed from HOST.json
 * @throws SpecError with every issue
 */
export function normalize(value: unknown): Host {
  const problems = new Problems();
  const fields = readObject(value, "", problems, ["name", "interfaces", "policy", "numbers"]);
  const name = fields && readName(fields["name"], "name", problems);
  const entries = readInterfaces(fields?.["interfaces"], fields !== undefined, problems);
  const policy = readPolicy(fields?.["policy"], "policy", problems);
  const numbers = readNumbers(fields?.["numbers"], "numbers", problems);
  checkDistinct(entries, problems);
  checkPairs(policy, fields?.["interfaces"], problems);
  problems.throwIfAny(name === undefined ? "the host" : `host ${shown(name)}`);
  return {
    name: name as string,
    interfaces: entries.map((e) => e.interface).sort((a, b) => compareText(a.name, b.name)),
    onLink: policy.onLink,
    directPairs: policy.directPairs,
    numbers,
  };
}

interface Entry {
  readonly path: string;
  readonly interface: HostInterface;
}

function readInterfaces(value: unknown, expected: boolean, problems: Problems): Entry[] {
  if (!expected) return [];
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    problems.add(
      "interfaces",
      "there is no interface",
      "List the interfaces to route; one is enough to begin with",
    );
    return [];
  }
  const items = readList(value, "interfaces", problems, "interfaces");
  if (items.length > SLOTS) {
    problems.add(
      "interfaces",
      `got ${items.length} interfaces`,
      `At most ${SLOTS} have tables; leave some to the host`,
    );
    return [];
  }
  return items.flatMap((item, i) => {
    const path = at("interfaces", i);
    const normalized = normalizeInterface(item, path, problems);
    return normalized === undefined ? [] : [{ path, interface: normalized }];
  });
}

/** What identifies must be distinct: names, devices, addresses and delegated prefixes. */
function checkDistinct(entries: readonly Entry[], problems: Problems): void {
  const seen = new Map<string, string>();
  const claim = (key: string, path: string, what: string): void => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else problems.add(path, `${what} is that of ${first} too`, "Each may be given once");
  };
  for (const { path, interface: iface } of entries) {
    claim(`name ${iface.name}`, at(path, "name"), `the name ${shown(iface.name)}`);
    if (iface.match.mac !== undefined)
      claim(`mac ${iface.match.mac}`, at(path, "match.mac"), `the MAC ${iface.match.mac}`);
    if (iface.match.ifname !== undefined) {
      claim(
        `ifname ${iface.match.ifname}`,
        at(path, "match.ifname"),
        `the device ${shown(iface.match.ifname)}`,
      );
    }
    for (const { address } of iface.addresses) {
      const text = formatAddress(address);
      claim(`address ${text}`, at(path, "addresses"), `the address ${text}`);
    }
  }
  checkMatchAddresses(entries, problems);
  checkDisjoint(entries, problems);
}

/** An interface found by another's address would be the other. */
function checkMatchAddresses(entries: readonly Entry[], problems: Problems): void {
  for (const { path, interface: iface } of entries) {
    const by = iface.match.address;
    const owner =
      by &&
      entries.find(
        (e) =>
          e.interface !== iface &&
          e.interface.addresses.some((a) => overlaps(hostPrefix(a.address), hostPrefix(by))),
      );
    if (by && owner) {
      problems.add(
        at(path, "match.address"),
        `${formatAddress(by)} is an address of ${owner.path}`,
        "Match by an address of this interface",
      );
    }
  }
}

/** A delegated prefix may hold addresses of its own interface, never those of another. */
function checkDisjoint(entries: readonly Entry[], problems: Problems): void {
  entries.forEach((entry, i) => {
    for (const prefix of entry.interface.delegatedPrefixes) {
      entries.forEach((other, j) => {
        if (i === j) return;
        const clash = sourcesOf(other.interface).find((s) => overlaps(s, prefix));
        // Two delegated prefixes that overlap are one problem, not two.
        if (clash === undefined || (j > i && other.interface.delegatedPrefixes.includes(clash))) return;
        problems.add(
          at(entry.path, "delegatedPrefixes"),
          `${formatPrefix(prefix)} overlaps ${formatPrefix(clash)} of ${other.path}`,
          "A source belongs to one interface",
        );
      });
    }
  });
}

function sourcesOf(iface: HostInterface): Prefix[] {
  return [...iface.addresses.map((a) => hostPrefix(a.address)), ...iface.delegatedPrefixes];
}

/** Checked against the names as given: an interface that is wrong in another way is still there to be named. */
function checkPairs(policy: Policy, interfaces: unknown, problems: Problems): void {
  const names = Array.isArray(interfaces)
    ? interfaces.map((i: unknown) => (i as { name?: unknown } | null | undefined)?.name)
    : [];
  policy.directPairs.forEach(({ from, to }) => {
    for (const [key, name] of [
      ["from", from],
      ["to", to],
    ] as const) {
      if (!names.includes(name)) {
        problems.add(
          "policy.directPairs",
          `"${key}" names ${shown(name)}, which is no interface here`,
          `Known are ${names.map(shown).join(", ")}`,
        );
      }
    }
  });
}
