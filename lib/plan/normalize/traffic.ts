import { shown } from "../../model/issue";
import { Numbers } from "../../model/numbers";
import { Otherwise } from "../../model/spec";
import { Incoming, Traffic } from "../../model/traffic";
import { FAMILIES, Family } from "../../net/address";
import { Prefix } from "../../net/prefix";
import { compareText } from "../order";
import { readInterfaceName } from "./interfaceName";
import { IFNAME } from "./match";
import { Problems, at, atNamed } from "./problems";
import {
  readDscp,
  readGiven,
  readMarks,
  readPorts,
  readPrefixes,
  readProtocol,
  readUsers,
} from "./selectors";
import {
  Fields,
  readBoolean,
  readChoice,
  readInteger,
  readList,
  readName,
  readObject,
  readString,
} from "./shape";

const FIELDS = [
  "name", "from", "to", "protocol", "sourcePorts", "destinationPorts", "marks", "users", "incoming",
  "incomingDevices", "dscp", "use", "weights", "otherwise", "beforeSources",
]; // prettier-ignore

/** Rules that one policy may need in a family: one for each combination of its selectors' values. */
const MOST_RULES = 256;

/** A policy that could be read whole, with its path. */
export interface ReadTraffic {
  readonly path: string;
  readonly traffic: Traffic;
}

/** The traffic policies, in their order, which says which of them decides. */
export function readTraffic(
  value: unknown,
  list: string,
  problems: Problems,
  names: readonly string[] | undefined,
  numbers: Numbers,
): ReadTraffic[] {
  const taken = new Map<string, string>();
  return readList(value, list, problems, "traffic policies").flatMap((item, i): ReadTraffic[] => {
    const path = at(list, i);
    const before = problems.count;
    const traffic = readPolicy(item, path, problems, names, numbers);
    if (traffic === undefined) return [];
    const holder = taken.get(traffic.name);
    if (holder !== undefined) {
      const problem = `the name ${shown(traffic.name)} is that of ${holder} too`;
      problems.add(at(path, "name"), problem, "Give each policy a name of its own");
    }
    taken.set(traffic.name, path);
    return problems.count > before ? [] : [{ path, traffic }];
  });
}

function readPolicy(
  item: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
  numbers: Numbers,
): Traffic | undefined {
  const fields = readObject(item, path, problems, FIELDS);
  if (fields === undefined) return undefined;
  const name = readName(fields["name"], at(path, "name"), problems);
  const from = readPrefixes(fields, "from", path, problems);
  const to = readPrefixes(fields, "to", path, problems);
  const protocol = readProtocol(fields, path, problems);
  const sourcePorts = readPorts(fields, "sourcePorts", path, problems);
  const destinationPorts = readPorts(fields, "destinationPorts", path, problems);
  const marks = readMarks(fields, path, problems, numbers);
  const users = readUsers(fields, path, problems);
  const incoming = readIncoming(fields, path, problems, names);
  const dscp = readDscp(fields, path, problems);
  const use = readUse(fields, path, problems, names);
  const weights = readWeights(fields["weights"], at(path, "weights"), problems, use);
  const otherwise = readOptional(fields, "otherwise", path, problems, Object.values(Otherwise));
  const beforeSources = readBoolean(fields["beforeSources"], at(path, "beforeSources"), problems) === true;
  const complete = name !== undefined && from !== undefined && to !== undefined;
  const families = complete ? readFamilies(path, problems, from, to, protocol?.families) : [];
  if (protocol?.ports === false || fields["protocol"] === undefined) {
    (["sourcePorts", "destinationPorts"] as const)
      .filter((key) => fields[key] !== undefined)
      .forEach((key) => {
        const problem = `ports, but ${protocol === undefined ? "no protocol" : "a protocol without ports"}`;
        problems.add(at(path, key), problem, 'Set "protocol" to "tcp", "udp" or another that has ports');
      });
  }
  if (dscp.length > 0 && families.includes(4)) {
    const problem =
      "IPv4 packets would be matched wrongly: rules for the type of service see only the lower three bits of a code point in IPv4, and would take 46 for 6";
    const fix =
      'Select IPv6 alone ("from": ["::/0"]), or have nftables mark the packets by "ip dscp" and select the mark';
    problems.add(at(path, "dscp"), problem, fix);
  }
  if (users.length > 0 && incoming.length > 0) {
    const problem = 'both "users" and incoming interfaces, but what is forwarded belongs to no user';
    problems.add(at(path, "users"), problem, "Leave one of them out, or make two policies of it");
  }
  if (!complete) return undefined;
  const traffic: Traffic = {
    ...{ name, families, from, to, sourcePorts, destinationPorts, marks, users, incoming, dscp },
    ...(protocol && { protocol: protocol.number }),
    ...(weights && { weights }),
    use,
    otherwise: otherwise ?? Otherwise.Unreachable,
    beforeSources,
  };
  const rules = Math.max(0, ...families.map((family) => combinations(traffic, family)));
  if (rules > MOST_RULES) {
    const problem = `its selectors have ${rules} combinations, and each needs a rule that lookups walk through`;
    const fix = `At most ${MOST_RULES} are allowed: use ranges and wider prefixes, or mark the packets by nftables and select the mark`;
    problems.add(path, problem, fix);
  }
  return traffic;
}

/** Rules that say the selectors of a policy in one family. */
export function combinations(t: Traffic, family: Family): number {
  const ofFamily = (prefixes: readonly Prefix[]): number =>
    prefixes.filter((p) => p.family === family).length;
  return [
    ofFamily(t.from), ofFamily(t.to), t.sourcePorts.length, t.destinationPorts.length,
    t.marks.length, t.users.length, t.incoming.length, t.dscp.length,
  ].reduce((product, count) => product * Math.max(count, 1), 1); // prettier-ignore
}

/** A packet has one family, in which all that is given must be. */
function readFamilies(
  path: string,
  problems: Problems,
  from: readonly Prefix[],
  to: readonly Prefix[],
  ofProtocol: readonly Family[] = FAMILIES,
): Family[] {
  const has = (prefixes: readonly Prefix[], family: Family): boolean =>
    prefixes.length === 0 || prefixes.some((p) => p.family === family);
  const families = FAMILIES.filter((f) => has(from, f) && has(to, f) && ofProtocol.includes(f));
  if (families.length === 0) {
    const problem = "no packet can match: its prefixes and protocol are not of one family";
    problems.add(path, problem, 'Give "from", "to" and "protocol" of IPv4, of IPv6, or of both');
  }
  // What one list has of a family and the other lacks would be ignored.
  for (const [key, prefixes] of [["from", from], ["to", to]] as const) {
    const stray = prefixes.find((p) => !families.includes(p.family));
    if (families.length === 0 || stray === undefined) continue;
    const problem = `IPv${stray.family} prefixes, but the other selectors are IPv${families[0]} alone`;
    problems.add(at(path, key), problem, `Leave them out, or give the others of IPv${stray.family} as well`);
  } // prettier-ignore
  return families;
}

function readIncoming(
  fields: Fields,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): Incoming[] {
  const list = at(path, "incoming");
  const interfaces = readGiven(fields["incoming"], list, problems, "interface names").flatMap((item, i) =>
    readInterfaceName(item, at(list, i), problems, names) ?? [],
  ); // prettier-ignore
  const others = at(path, "incomingDevices");
  const devices = readGiven(fields["incomingDevices"], others, problems, "device names").flatMap(
    (item, i) => {
      const device = readString(item, at(others, i), problems, "a device name");
      if (device === undefined) return [];
      if (IFNAME.test(device) && device !== "lo") return [device];
      const problem = `got ${shown(device)}`;
      problems.add(at(others, i), problem, 'Give the name of a device as the host has it, as "docker0"');
      return [];
    },
  );
  const sorted = (list: string[]): string[] => [...new Set(list)].sort(compareText);
  return [
    ...sorted(interfaces).map((name) => ({ interface: name })),
    ...sorted(devices).map((device) => ({ device })),
  ];
}

function readUse(
  fields: Fields,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): string[] {
  const list = at(path, "use");
  if (fields["use"] === undefined || (Array.isArray(fields["use"]) && fields["use"].length === 0)) {
    problems.add(list, "no interface to use", "Name the interfaces, the preferred one first");
    return [];
  }
  const use: string[] = [];
  readList(fields["use"], list, problems, "interface names").forEach((item, i) => {
    const name = readInterfaceName(item, at(list, i), problems, names);
    if (name === undefined) return;
    if (use.includes(name))
      problems.add(at(list, i), `${shown(name)} is given twice`, "Leave one of them out");
    else use.push(name);
  });
  return use;
}

/** In the order of `use`. */
function readWeights(
  value: unknown,
  path: string,
  problems: Problems,
  use: readonly string[],
): number[] | undefined {
  if (value === undefined) return undefined;
  const fields = readObject(value, path, problems, use, "a weight for each interface of use");
  if (fields === undefined) return undefined;
  if (use.length === 1) {
    problems.add(path, "weights for a single interface", "Name another in use, or leave the weights out");
  }
  return use.map((name) => readInteger(fields[name], atNamed(path, name), problems, [1, 256]) ?? 1);
}

function readOptional<T extends string>(
  fields: Fields,
  key: string,
  path: string,
  problems: Problems,
  choices: readonly T[],
): T | undefined {
  return fields[key] === undefined ? undefined : readChoice(fields[key], at(path, key), problems, choices);
}
