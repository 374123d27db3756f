import { Host, HostInterface } from "../../model/host";
import { Numbers, SLOTS } from "../../model/numbers";
import { SpecError, shown } from "../../model/issue";
import { Traffic } from "../../model/traffic";
import { FAMILIES } from "../../net/address";
import { compareText } from "../order";
import { Entry, checkDistinct } from "./distinct";
import { readInterface } from "./interface";
import { readNumbers } from "./numbers";
import { Policy, readPolicy } from "./policy";
import { checkPolicy } from "./policyChecks";
import { Pools } from "./pool";
import { Problems, at } from "./problems";
import { readList, readName, readObject } from "./shape";
import { SortedByFamily, arrange, hasClash, sortSources } from "./sorted";

/**
 * Reads a host strictly: unknown fields, nulls, wrong types and contradictions are errors, all reported at once.
 * What only seems to be missing because something beside it could not be read is not reported as missing.
 *
 * Guarantees: the result does not depend on the order of interfaces, fields or secondary addresses; an accepted
 * host holds no address twice and no source that two interfaces claim.
 *
 * @param value plain data, as parsed from HOST.json
 * @throws SpecError with every issue
 */
export function normalize(value: unknown): Host {
  const quick = read(value, false);
  // Nearly every host is right, so it is read for that. What is wrong with another is found by reading it again.
  const right = quick.problems.count === 0 && FAMILIES.every((family) => !hasClash(quick.sorted[family]));
  const { name, problems } = right ? quick : read(value, true);
  problems.throwIfAny(name === undefined ? "the host" : `host ${shown(name)}`);
  return hostOf(quick);
}

interface Reading {
  readonly problems: Problems;
  readonly name?: string;
  readonly entries: readonly Entry[];
  readonly sorted: SortedByFamily;
  readonly policy: Policy;
  readonly traffic: readonly Traffic[];
  readonly numbers: Numbers;
}

/**
 * @param thorough finds repetitions and clashes among addresses too, and leaves the interfaces in the order in which
 *   they were given, in which problems are reported; without, they are sorted by name
 */
function read(value: unknown, thorough: boolean): Reading {
  const problems = new Problems();
  const fields = readObject(value, "", problems, ["name", "interfaces", "policy", "numbers"]);
  if (fields === undefined) throw new SpecError("the host", problems.issues);
  const name = readName(fields["name"], "name", problems);
  const pools = new Pools(countSources(fields["interfaces"]));
  const before = problems.count;
  const entries = readInterfaces(fields["interfaces"], problems, pools, thorough);
  const whole = problems.count === before;
  // Policies are read by the numbers, but what is wrong with these is told after them.
  const ofNumbers = new Problems();
  const numbers = readNumbers(fields["numbers"], "numbers", ofNumbers);
  const policy = readPolicy(fields["policy"], "policy", problems, namesOf(entries), numbers);
  problems.issues.push(...ofNumbers.issues);
  if (!thorough) entries?.sort((a, b) => compareText(a.draft.name ?? "", b.draft.name ?? ""));
  const sorted = sortSources(
    (entries ?? []).map((e) => e.draft),
    pools,
  );
  checkDistinct(entries ?? [], sorted, problems, thorough);
  const traffic = whole ? checkPolicy(policy, entries ?? [], "policy", problems, numbers) : [];
  return {
    ...{ problems, entries: entries ?? [], sorted, policy, traffic, numbers },
    ...(name !== undefined && { name }),
  };
}

/** The host of a reading without problems, which is complete. */
function hostOf({ name, entries, sorted, policy, traffic, numbers }: Reading): Host {
  const drafts = entries.map((e) => e.draft);
  const { addresses, sources } = arrange(drafts, sorted);
  const interfaces = drafts.map((draft, i) => ({ ...draft, addresses: addresses[i] }) as HostInterface);
  return {
    name: name as string,
    interfaces,
    sources,
    ...policy,
    traffic,
    numbers,
  };
}

/** At least as many as there will be sources, whatever the value is. */
function countSources(interfaces: unknown): number {
  if (!Array.isArray(interfaces) || interfaces.length > SLOTS) return 0;
  const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
  return interfaces.reduce((sum: number, item: unknown) => {
    const { addresses, delegatedPrefixes } = (item ?? {}) as Record<string, unknown>;
    return sum + lengthOf(addresses) + lengthOf(delegatedPrefixes);
  }, 0);
}

/** Undefined when it cannot be told which interfaces there are. */
function readInterfaces(
  value: unknown,
  problems: Problems,
  pools: Pools,
  thorough: boolean,
): Entry[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    problems.add(
      "interfaces",
      "there is no interface",
      "List the interfaces to route; one is enough to begin with",
    );
    return undefined;
  }
  const items = readList(value, "interfaces", problems, "interfaces");
  if (items.length > SLOTS) {
    problems.add(
      "interfaces",
      `got ${items.length} interfaces`,
      `At most ${SLOTS} have tables; leave some to the host`,
    );
    return undefined;
  }
  return items.flatMap((item, i) => {
    const path = at("interfaces", i);
    const draft = readInterface(item, path, problems, pools, thorough);
    return draft === undefined ? [] : [{ path, draft }];
  });
}

/** The names others may refer to; undefined when some could not be read. */
function namesOf(entries: readonly Entry[] | undefined): string[] | undefined {
  const names = entries?.map((e) => e.draft.name);
  return names?.every((n) => n !== undefined) === true ? names : undefined;
}
