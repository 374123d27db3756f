import { Issue, SpecError, shown } from "../model/issue";
import { FleetInterfaceSpec, FleetPolicySpec, FleetSpec } from "../model/fleet";
import { Plan, PlanFamily } from "../model/plan";
import { HostModel, HostSpec } from "../model/spec";
import { Family } from "../net/address";
import { buildPlan } from "./build";
import { normalize } from "./normalize/host";
import { Problems, at } from "./normalize/problems";
import { Fields, readBoolean, readInteger, readList, readObject, readString } from "./normalize/shape";

/** What every host of a fleet has, and how it finds what it does not share with the others. */
export interface Fleet {
  /** The plan of a host whose addresses are {@link standIn}s. */
  readonly plan: Plan;
  readonly roles: readonly Role[];
  readonly waitSeconds: number;
}

/** Which interface is which; "place" says which stand-ins are its. */
export interface Role extends FleetInterfaceSpec {
  readonly place: number;
}

const DEFAULT_FLEET_WAIT = 60;

/** No instance type has more interfaces on a card, nor more cards. */
const MOST = 63;

/** The values that stand for those of an interface, all of them distinct, in blocks that no host has (RFC 2544, RFC 3849). */
export function standIn(place: number) {
  const [four, six] = [`198.18.${place}`, `2001:db8:4d48:${(place + 1).toString(16)}`];
  return {
    mac: `02:4d:48:00:00:${place.toString(16).padStart(2, "0")}`,
    4: { address: `${four}.10`, length: 24, subnet: `${four}.0/24`, gateway: `${four}.1`, other: `${four}.254` },
    6: { address: `${six}::10`, length: 64, subnet: `${six}::/64`, other: `${six}:ffff:ffff:ffff:fffe` },
  } as const; // prettier-ignore
}

/** Whether a word is, or is made of, a stand-in. */
export const STAND_IN = /198\.18\.|2001:db8:4d48:|02:4d:48:/;

/**
 * Checks a fleet, and plans what its hosts have in common. Pure.
 *
 * @param ipv6Gateway next hop of every IPv6 subnet
 * @throws SpecError listing everything that is wrong with it
 */
export function planFleet(spec: FleetSpec, ipv6Gateway: string): Fleet {
  const problems = new Problems();
  const fields = readObject(spec, "", problems, ["name", "interfaces", "policy", "numbers", "waitSeconds"]);
  if (fields === undefined) throw new SpecError("the fleet", problems.issues);
  const roles = readRoles(fields["interfaces"], problems);
  const policy = readPolicy(fields["policy"], problems);
  const wait = fields["waitSeconds"];
  const waitSeconds =
    wait === undefined ? DEFAULT_FLEET_WAIT : readInteger(wait, "waitSeconds", problems, [10, 600]);
  const issues: Issue[] = [...problems.issues];
  try {
    const host = normalize(hostOf(fields, policy, roles, ipv6Gateway));
    if (issues.length === 0 && waitSeconds !== undefined) {
      return { plan: withoutCover(buildPlan(host), roles), roles, waitSeconds };
    }
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    // What could not be read looks missing to the planner.
    issues.push(...error.issues.filter(({ path }) => problems.issues.every((own) => own.path !== path)));
  }
  throw new SpecError("the fleet", issues);
}

function hostOf(fields: Fields, policy: FleetPolicySpec, roles: readonly Role[], gateway: string): HostSpec {
  return {
    name: fields["name"] as string,
    numbers: fields["numbers"] as HostSpec["numbers"],
    policy,
    interfaces: roles.map(({ name, ipv6, place }) => {
      const stand = standIn(place);
      return {
        name,
        match: { mac: stand.mac },
        addresses: [`${stand[4].address}/24`, ...(ipv6 === true ? [`${stand[6].address}/64`] : [])],
        gateways: [stand[4].gateway, ...(ipv6 === true ? [gateway] : [])],
      };
    }),
  };
}

function readRoles(value: unknown, problems: Problems): Role[] {
  const seen = new Map<string, string>();
  return readList(value, "interfaces", problems, "interfaces").flatMap((item, place) => {
    const path = at("interfaces", place);
    const before = problems.count;
    const role = readRole(item, path, problems);
    if (role === undefined) return [];
    const { deviceIndex, networkCardIndex, subnetIds, tag } = role;
    // Also what could not be read is said.
    const said = ["deviceIndex", "subnetIds", "tag"].some((key) => (item as Fields)[key] !== undefined);
    if (!said) {
      problems.add(path, "nothing says which interface it is", "Give deviceIndex, subnetIds or tag");
    }
    if (networkCardIndex !== undefined && deviceIndex === undefined) {
      problems.add(at(path, "networkCardIndex"), "is given without deviceIndex", "Give both");
    }
    // What could not be read, or is not said, is not compared.
    if (problems.count > before) return [{ ...role, place }];
    const key = JSON.stringify([deviceIndex, networkCardIndex ?? 0, subnetIds, tag]);
    const other = seen.get(key);
    if (other !== undefined) {
      problems.add(path, `is found in the same way as ${other}`, "Give each interface another place");
    }
    seen.set(key, path);
    return [{ ...role, place }];
  });
}

function readRole(item: unknown, path: string, problems: Problems): FleetInterfaceSpec | undefined {
  const known = ["name", "deviceIndex", "networkCardIndex", "subnetIds", "tag", "ipv6"];
  const fields = readObject(item, path, problems, known);
  if (fields === undefined) return undefined;
  const index = (key: string): number | undefined =>
    fields[key] === undefined ? undefined : readInteger(fields[key], at(path, key), problems, [0, MOST]);
  const matching = (value: unknown, where: string, what: string, form: RegExp): string | undefined => {
    const text = readString(value, where, problems, what);
    if (text === undefined || form.test(text)) return text;
    problems.add(where, `got ${shown(text)}`, `Give ${what}`);
    return undefined;
  };
  const subnets = fields["subnetIds"];
  const subnetsPath = at(path, "subnetIds");
  if (Array.isArray(subnets) && subnets.length === 0) {
    problems.add(subnetsPath, "got an empty list", "Give the ids of one subnet or more, or leave it out");
  }
  return {
    name: fields["name"] as string,
    deviceIndex: index("deviceIndex"),
    networkCardIndex: index("networkCardIndex"),
    ...(subnets !== undefined && {
      subnetIds: readList(subnets, subnetsPath, problems, "subnet ids").map((id, i) =>
        String(matching(id, at(subnetsPath, i), "the id of a subnet, as subnet-0123456789abcdef0", /^subnet-[0-9a-f]{8,32}$/)),
      ), // prettier-ignore
    }),
    ...(fields["tag"] !== undefined && {
      tag: matching(
        fields["tag"],
        at(path, "tag"),
        'the key of a tag, of 1 to 128 letters, digits, ".", "_", ":", "+", "=", "@" and "-"',
        /^[A-Za-z0-9._:+=@-]{1,128}$/,
      ),
    }),
    ipv6: readBoolean(fields["ipv6"], at(path, "ipv6"), problems),
  };
}

function readPolicy(value: unknown, problems: Problems): FleetPolicySpec {
  if (value === undefined) return {};
  const fields = readObject(value, "policy", problems, ["hostModel", "persistence"]) ?? {};
  if (fields["hostModel"] === HostModel.Weak) {
    problems.add(
      "policy.hostModel",
      'got "weak", with which a host routes as Linux does by itself',
      'Use "symmetric" or "strong", or launch the hosts without this user data',
    );
    return {};
  }
  return fields as FleetPolicySpec;
}

/**
 * The guard at the start of a band asks for the shortest prefix that holds all sources, which here nobody knows. It
 * goes on to turn away what the host does not send itself; see guardRules. What is known to hold them are the subnets.
 */
function withoutCover(plan: Plan, roles: readonly Role[]): Plan {
  const family = (of: PlanFamily, f: Family): PlanFamily => {
    const [guard, ...rules] = of.rules;
    if (guard === undefined) return of;
    if (guard.not !== true || guard.iif !== "lo") throw new Error("the plan of a fleet begins with no guard");
    const { from: _cover, ...kept } = guard;
    const owners = roles.filter(({ ipv6 }) => f === 4 || ipv6 === true);
    return { ...of, covers: owners.map(({ place }) => standIn(place)[f].subnet), rules: [kept, ...rules] };
  };
  return { ...plan, ipv4: family(plan.ipv4, 4), ipv6: family(plan.ipv6, 6) };
}
