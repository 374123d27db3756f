import { Host, HostWorld, Match } from "../../model/host";
import { Identity } from "../../model/identity";
import { Numbers, SLOTS } from "../../model/numbers";
import { Persistence } from "../../model/spec";
import { SpecError, shown } from "../../model/issue";
import { Traffic } from "../../model/traffic";
import { compareText } from "../order";
import { Entry, checkDistinct, claims } from "./distinct";
import { checkIdentity } from "./identityChecks";
import { readInterface } from "./interface";
import { readNumbers } from "./numbers";
import { Policy, readPolicy } from "./policy";
import { checkPolicy } from "./policyChecks";
import { Pools } from "./pool";
import { Problems, at } from "./problems";
import { LONGEST_LIST, readList, readName, readObject, readString } from "./shape";
import { SortedByFamily, arrange, hasClash, sortSources } from "./sorted";
import { checkWorlds } from "./worldChecks";
import { ReadWorld, membership } from "./worlds";

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
  const { name, problems } = quick.problems.count === 0 && !clashes(quick) ? quick : read(value, true);
  problems.throwIfAny(name === undefined ? "the host" : `host ${shown(name)}`);
  return hostOf(quick);
}

/** Whether sources of one world clash. */
function clashes({ domains }: Reading): boolean {
  return [...domains.values()].some(({ sorted }) => hasClash(sorted[4]) || hasClash(sorted[6]));
}

interface Reading {
  readonly problems: Problems;
  readonly name?: string;
  /** By the name of the world, the host's own being {@link OWN}. */
  readonly domains: ReadonlyMap<string, Domain>;
  readonly policy: Policy;
  readonly traffic: readonly Traffic[];
  readonly identity?: Identity;
  readonly numbers: Numbers;
}

/** The interfaces of one world: within it sources are distinct. */
interface Domain {
  readonly pools: Pools;
  readonly entries: Entry[];
  sorted: SortedByFamily;
}

/** What is in no world is the host's own; no world has an empty name. */
const OWN = "";

/**
 * @param thorough finds repetitions and clashes among addresses too, and leaves the interfaces in the order in which
 *   they were given, in which problems are reported; without, they are sorted by name
 */
function read(value: unknown, thorough: boolean): Reading {
  const problems = new Problems();
  const fields = readObject(value, "", problems, ["name", "interfaces", "policy", "numbers", "$schema"]);
  if (fields === undefined) throw new SpecError("the host", problems.issues);
  const { $schema } = fields;
  if ($schema !== undefined) readString($schema, "$schema", problems, "where the schema is, as text");
  const name = readName(fields["name"], "name", problems);
  const members = membership(fields["policy"]);
  const capacity = countSources(fields["interfaces"]);
  const domains = new Map<string, Domain>();
  const domainOf = (item: unknown): Domain => {
    const world = members.get(((item ?? {}) as { name: string }).name) ?? OWN;
    let domain = domains.get(world);
    if (domain === undefined) {
      const pools = new Pools(capacity);
      domain = { pools, entries: [], sorted: sortSources([], pools) };
      domains.set(world, domain);
    }
    return domain;
  };
  // There is one, if only without interfaces.
  const own = domainOf(undefined);
  const before = problems.count;
  const entries = readInterfaces(fields["interfaces"], problems, domainOf, thorough);
  const whole = problems.count === before;
  // Policies are read by the numbers, but what is wrong with these is told after them.
  const ofNumbers = new Problems();
  const numbers = readNumbers(fields["numbers"], "numbers", ofNumbers);
  const policy = readPolicy(fields["policy"], "policy", problems, namesOf(entries), members, numbers);
  problems.issues.push(...ofNumbers.issues);
  const claim = claims(problems);
  for (const [world, domain] of domains) {
    if (!thorough) domain.entries.sort((a, b) => compareText(a.draft.name ?? "", b.draft.name ?? ""));
    const drafts = domain.entries.map((e) => e.draft);
    domain.sorted = sortSources(drafts, domain.pools);
    checkDistinct(domain.entries, domain.sorted, claim, world, problems, thorough);
  }
  checkWorlds(policy, entries ?? [], members, numbers, problems);
  const traffic = whole ? checkPolicy(policy, own.entries, "policy", problems, numbers) : [];
  const identity =
    whole && policy.identity !== undefined
      ? checkIdentity(policy.identity, own.entries, problems)
      : undefined;
  return {
    ...{ problems, domains, policy, traffic, numbers },
    ...(identity !== undefined && { identity }),
    ...(name !== undefined && { name }),
  };
}

/** The host of a reading without problems, which is complete. */
function hostOf({ name, domains, policy, traffic, identity, numbers }: Reading): Host {
  const own = domains.get(OWN) as Domain;
  const inOne = (domain: Domain): Pick<Host, "directPairs"> => ({
    directPairs: policy.directPairs.filter(({ from }) => domain.entries.some((e) => e.draft.name === from)),
  });
  const worldOf = ({ path: _path, interfaces, ...world }: ReadWorld): HostWorld => {
    const domain = domains.get(world.name) as Domain;
    const { hostModel, onLink, unmanagedRoutes } = policy;
    const without = { virtualAddresses: [], traffic: [], trackConnections: false, worlds: [] };
    // What keeps the host's plan in force keeps its worlds.
    const persistence = Persistence.None;
    return {
      ...world,
      services: [...world.services].sort(compareText),
      preference: interfaces,
      host: {
        name: world.name,
        ...interfacesOf(domain),
        hostModel,
        onLink,
        unmanagedRoutes,
        ...inOne(domain),
        ...without,
        persistence,
        numbers,
      },
    };
  };
  const { identity: _, ...rest } = policy;
  return {
    name: name as string,
    ...interfacesOf(own),
    ...rest,
    ...inOne(own),
    traffic,
    ...(identity !== undefined && { identity }),
    numbers,
    worlds: [...policy.worlds].sort((a, b) => compareText(a.name, b.name)).map(worldOf),
  };
}

function interfacesOf({ entries, sorted }: Domain): Pick<Host, "interfaces" | "sources"> {
  const drafts = entries.map((e) => e.draft);
  const { addresses, sources } = arrange(drafts, sorted);
  return {
    interfaces: drafts.map(({ name, match, delegatedPrefixes, gateways, subnets, routes }, i) => ({
      name: name as string,
      match: match as Match,
      addresses: addresses[i],
      delegatedPrefixes,
      gateways,
      subnets,
      routes,
    })),
    sources,
  };
}

/** At least as many as there will be sources, whatever the value is. */
function countSources(interfaces: unknown): number {
  if (!Array.isArray(interfaces) || interfaces.length > SLOTS) return 0;
  const lengthOf = (list: unknown): number =>
    // Of a longer one nothing is read.
    Array.isArray(list) && list.length <= LONGEST_LIST ? list.length : 0;
  return interfaces.reduce((sum: number, item: unknown) => {
    const { addresses, delegatedPrefixes } = (item ?? {}) as Record<string, unknown>;
    return sum + lengthOf(addresses) + lengthOf(delegatedPrefixes);
  }, 0);
}

/** Undefined when it cannot be told which interfaces there are. */
function readInterfaces(
  value: unknown,
  problems: Problems,
  domainOf: (item: unknown) => { readonly pools: Pools; readonly entries: Entry[] },
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
  const all: Entry[] = [];
  items.forEach((item, i) => {
    const path = at("interfaces", i);
    const { pools, entries } = domainOf(item);
    const draft = readInterface(item, path, problems, pools, thorough);
    if (draft === undefined) return;
    const entry = { path, draft };
    entries.push(entry);
    all.push(entry);
  });
  return all;
}

/** The names others may refer to; undefined when some could not be read. */
function namesOf(entries: readonly Entry[] | undefined): string[] | undefined {
  const names = entries?.map((e) => e.draft.name);
  return names?.every((n) => n !== undefined) === true ? names : undefined;
}
