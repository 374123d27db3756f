import { shown } from "../../model/issue";
import { Numbers } from "../../model/numbers";
import { HostModel, OnLink, Persistence, UnmanagedRoutes } from "../../model/spec";
import { Address, compareAddresses, formatAddress, notASource, parseAddress } from "../../net/address";
import { readDirectPairs } from "./directPairs";
import { ReadIdentity, readIdentity } from "./identity";
import { Problems, at } from "./problems";
import { Fields, readBoolean, readChoice, readList, readObject, readString } from "./shape";
import { ReadTraffic, readTraffic } from "./traffic";
import { ReadWorld, readWorlds } from "./worlds";

/** A policy as far as it could be read; what is missing has its default. */
export interface Policy {
  readonly hostModel: HostModel;
  readonly virtualAddresses: readonly Address[];
  readonly onLink: OnLink;
  readonly directPairs: readonly { readonly from: string; readonly to: string }[];
  readonly unmanagedRoutes: UnmanagedRoutes;
  readonly traffic: readonly ReadTraffic[];
  readonly trackConnections: boolean;
  readonly persistence: Persistence;
  readonly worlds: readonly ReadWorld[];
  readonly identity?: ReadIdentity;
}

const NONE: Policy = {
  hostModel: HostModel.Symmetric,
  virtualAddresses: [],
  onLink: OnLink.Gateway,
  directPairs: [],
  unmanagedRoutes: UnmanagedRoutes.Follow,
  traffic: [],
  trackConnections: false,
  persistence: Persistence.Auto,
  worlds: [],
};

const FIELDS = [
  "hostModel",
  "virtualAddresses",
  "onLink",
  "directPairs",
  "unmanagedRoutes",
  "persistence",
  "traffic",
  "trackConnections",
  "worlds",
  "identity",
];

/**
 * What is a policy's promise must be kept or refused: an ignored one would be a host that is less safe than told.
 *
 * @param names the names that interfaces have; undefined when they could not be told
 * @param numbers those that the host's packets are marked with
 */
export function readPolicy(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
  members: ReadonlyMap<string, string>,
  numbers: Numbers,
): Policy {
  if (value === undefined) return NONE;
  const fields = readObject(value, path, problems, FIELDS);
  if (fields === undefined) return NONE;
  const hostModel = choice(fields, "hostModel", path, problems, Object.values(HostModel));
  const onLink = choice(fields, "onLink", path, problems, Object.values(OnLink));
  // A policy steers what is the host's own, and never into or out of another world.
  const own = names?.filter((name) => !members.has(name));
  const traffic = readTraffic(fields["traffic"], at(path, "traffic"), problems, own, numbers);
  const tracked = fields["trackConnections"];
  const identity = readIdentity(fields["identity"], at(path, "identity"), problems, own);
  const policy: Policy = {
    hostModel: hostModel ?? NONE.hostModel,
    virtualAddresses: readVirtualAddresses(fields, path, problems),
    onLink: onLink ?? NONE.onLink,
    directPairs: readDirectPairs(fields["directPairs"], at(path, "directPairs"), problems, names),
    unmanagedRoutes:
      choice(fields, "unmanagedRoutes", path, problems, Object.values(UnmanagedRoutes)) ??
      NONE.unmanagedRoutes,
    traffic,
    trackConnections:
      tracked === undefined
        ? traffic.some((t) => concernsForwarded(t.traffic))
        : readBoolean(tracked, at(path, "trackConnections"), problems) === true,
    persistence:
      choice(fields, "persistence", path, problems, Object.values(Persistence)) ?? NONE.persistence,
    worlds: readWorlds(fields["worlds"], at(path, "worlds"), problems, names),
    ...(identity !== undefined && { identity }),
  };
  checkHostModel(policy, fields, path, problems);
  return policy;
}

/** Whether a policy can decide about what the host forwards, and so about replies of what came in elsewhere. */
function concernsForwarded({ users }: ReadTraffic["traffic"]): boolean {
  return users.length === 0;
}

function choice<T extends string>(
  fields: Fields,
  key: string,
  path: string,
  problems: Problems,
  choices: readonly T[],
): T | undefined {
  return fields[key] === undefined ? undefined : readChoice(fields[key], at(path, key), problems, choices);
}

/** What contradicts the host model, or means nothing with it. */
function checkHostModel(policy: Policy, fields: Fields, path: string, problems: Problems): void {
  const { hostModel, onLink, directPairs } = policy;
  const contradicts = (key: string, problem: string, fix: string): void =>
    problems.add(at(path, key), `${problem} (hostModel is ${shown(hostModel)})`, fix);
  if (hostModel === HostModel.Weak) {
    for (const key of FIELDS.filter((k) => k !== "hostModel" && fields[k] !== undefined)) {
      const problem = `${shown(key)} says how we route, and the weak host model leaves that to Linux`;
      contradicts(key, problem, 'Leave it out, or set "hostModel" to "symmetric" or "strong"');
    }
  } else if (hostModel !== HostModel.Strong && fields["virtualAddresses"] !== undefined) {
    const problem = "only the strong host model tells addresses apart by interface";
    contradicts("virtualAddresses", problem, 'Leave it out, or set "hostModel" to "strong"');
  } else if (hostModel === HostModel.Strong) {
    const why = "sends from an address of one interface out of another, which the strong host model forbids";
    const fix = 'Leave it out, or set "hostModel" to "symmetric"';
    if (onLink === OnLink.Direct) contradicts("onLink", `"direct" ${why}`, fix);
    if (directPairs.length > 0) contradicts("directPairs", `a direct pair ${why}`, fix);
  }
}

function readVirtualAddresses(fields: Fields, path: string, problems: Problems): Address[] {
  const list = at(path, "virtualAddresses");
  const addresses = new Map<string, Address>();
  readList(fields["virtualAddresses"], list, problems, "addresses").forEach((item, i) => {
    const text = readString(item, at(list, i), problems, 'an address, as "192.0.2.1"');
    if (text === undefined) return;
    const parsed = parseAddress(text);
    const wrong = parsed.ok ? notASource(parsed.value) : parsed.reason;
    if (!parsed.ok || wrong !== undefined) {
      const fix = 'Write an address without a prefix length, as "192.0.2.1"';
      problems.add(at(list, i), `got ${shown(text)}: ${wrong}`, fix);
      return;
    }
    const canonical = formatAddress(parsed.value);
    if (addresses.has(canonical)) {
      problems.add(at(list, i), `the address ${canonical} is given twice`, "Leave one of them out");
    }
    addresses.set(canonical, parsed.value);
  });
  return [...addresses.values()].sort(compareAddresses);
}
