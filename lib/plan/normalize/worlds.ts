import { Resolver } from "../../model/host";
import { shown } from "../../model/issue";
import { WorldKind } from "../../model/spec";
import { Address, notASource, parseAddress } from "../../net/address";
import { readInterfaceName } from "./interfaceName";
import { IFNAME } from "./match";
import { Problems, at } from "./problems";
import { Fields, readBoolean, readChoice, readList, readName, readObject, readString } from "./shape";

const FIELDS = ["name", "kind", "interfaces", "resolver", "services", "moveManagement"];

/** A world as it could be read, with its path. */
export interface ReadWorld {
  readonly path: string;
  readonly name: string;
  readonly kind: WorldKind;
  readonly interfaces: readonly string[];
  readonly resolver?: Resolver;
  readonly services: readonly string[];
  readonly moveManagement: boolean;
}

/**
 * The world that each interface of a spec is in, by name, before anything is checked: which addresses may be the same
 * has to be known when the first is read. Of two worlds that claim an interface the first has it.
 *
 * @param policy the spec's, whatever it is
 */
export function membership(policy: unknown): ReadonlyMap<string, string> {
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const own = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  const found = new Map<string, string>();
  for (const world of listOf(own(policy, "worlds"))) {
    const name = own(world, "name");
    for (const one of listOf(own(world, "interfaces"))) {
      if (typeof name === "string" && typeof one === "string" && !found.has(one)) found.set(one, name);
    }
  }
  return found;
}

/** @param names the names that interfaces have; undefined when they could not be told */
export function readWorlds(
  value: unknown,
  list: string,
  problems: Problems,
  names: readonly string[] | undefined,
): ReadWorld[] {
  const claims = new Map<string, string>();
  // What two worlds cannot both have.
  const claim = (kind: string, value: string, path: string, fix: string): void => {
    const key = `${kind} ${value}`;
    const holder = claims.get(key);
    if (holder === undefined) claims.set(key, path);
    else problems.add(path, `the ${kind} ${shown(value)} is that of ${holder} too`, fix);
  };
  return readList(value, list, problems, "worlds").flatMap((item, i): ReadWorld[] => {
    const path = at(list, i);
    const before = problems.count;
    const fields = readObject(item, path, problems, FIELDS);
    if (fields === undefined) return [];
    const name = readName(fields["name"], at(path, "name"), problems);
    const kind = readChoice(fields["kind"], at(path, "kind"), problems, Object.values(WorldKind));
    if (name !== undefined) claim("name", name, at(path, "name"), "Give each world a name of its own");
    const interfaces = readMembers(fields["interfaces"], at(path, "interfaces"), problems, names);
    interfaces.forEach((one, n) =>
      claim("interface", one, at(at(path, "interfaces"), n), "An interface is in one world: name it in one"),
    );
    const resolver = readResolver(fields["resolver"], at(path, "resolver"), problems);
    const services = readServices(fields["services"], at(path, "services"), problems);
    services.forEach((one, n) =>
      claim("service", one, at(at(path, "services"), n), "A service runs in one world: name it in one"),
    );
    const moveManagement = readBoolean(fields["moveManagement"], at(path, "moveManagement"), problems);
    if (kind === WorldKind.Vrf) checkVrf(name, interfaces, fields, path, problems);
    if (name === undefined || kind === undefined || problems.count > before) return [];
    return [
      {
        ...{ path, name, kind, interfaces, services, moveManagement: moveManagement ?? false },
        ...(resolver && { resolver }),
      },
    ];
  });
}

function readMembers(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): string[] {
  const before = problems.count;
  const items = readList(value, path, problems, "interface names");
  if (items.length === 0 && problems.count === before) {
    problems.add(path, "there is no interface", "Name the interfaces that are in the world, or leave it out");
  }
  return items.flatMap((item, i) => readInterfaceName(item, at(path, i), problems, names) ?? []);
}

/** What a VRF cannot have, and where to find it. */
function checkVrf(
  name: string | undefined,
  interfaces: readonly string[],
  fields: Fields,
  path: string,
  problems: Problems,
): void {
  const instead = 'Set "kind" to "netns"';
  if (name !== undefined && (!IFNAME.test(name) || ["lo", "all", "default"].includes(name))) {
    const fix = 'Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default"';
    problems.add(at(path, "name"), `got ${shown(name)}, which cannot be the name of a VRF's device`, fix);
  }
  if (interfaces.length > 1) {
    const problem = `got ${interfaces.length} interfaces, which need rules for their sources, and a rule cannot tell VRFs apart on all kernels`;
    problems.add(at(path, "interfaces"), problem, `Make a VRF for each, or: ${instead}`);
  }
  const unable = {
    resolver: "a program in a VRF has the files of the host, and so its resolver",
    services:
      "a program is put into a VRF by its command line (ip vrf exec), and not by a setting of its unit",
  };
  for (const [key, why] of Object.entries(unable)) {
    if (fields[key] !== undefined) problems.add(at(path, key), why, `Leave it out, or: ${instead}`);
  }
}

/** What the C library takes (MAXNS); it ignores further ones, and so do we not give them. */
const MOST_NAMESERVERS = 3;

const DOMAIN = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/;

function readResolver(value: unknown, path: string, problems: Problems): Resolver | undefined {
  if (value === undefined) return undefined;
  const fields = readObject(value, path, problems, ["nameservers", "search"]);
  if (fields === undefined) return undefined;
  const list = at(path, "nameservers");
  const before = problems.count;
  const items = readList(fields["nameservers"], list, problems, "addresses");
  if (problems.count === before && (items.length === 0 || items.length > MOST_NAMESERVERS)) {
    problems.add(list, `got ${items.length} name servers`, `Give 1 to ${MOST_NAMESERVERS} addresses`);
  }
  const nameservers = items.flatMap((item, i) => readNameserver(item, at(list, i), problems) ?? []);
  const domains = at(path, "search");
  const search = readList(fields["search"], domains, problems, "domains").flatMap((item, i) => {
    const text = readString(item, at(domains, i), problems, "a domain");
    if (text === undefined || DOMAIN.test(text)) return text ?? [];
    problems.add(
      at(domains, i),
      `got ${shown(text)}`,
      'Write a domain without a dot at the end, as "example.com"',
    );
    return [];
  });
  return { nameservers, search };
}

function readNameserver(value: unknown, path: string, problems: Problems): Address | undefined {
  const text = readString(value, path, problems, "an address");
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  const wrong = parsed.ok ? notASource(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return parsed.value;
  const fix = 'Write the address of a name server that the world reaches, as "10.0.1.2"';
  problems.add(path, `got ${shown(text)}: ${wrong}`, fix);
  return undefined;
}

const UNIT = /^[A-Za-z0-9:_.-]+(@[A-Za-z0-9:_.-]*)?\.(service|socket)$/;

function readServices(value: unknown, path: string, problems: Problems): string[] {
  return readList(value, path, problems, "systemd units").flatMap((item, i) => {
    const text = readString(item, at(path, i), problems, "a systemd unit");
    if (text === undefined || (UNIT.test(text) && text.length < 256)) return text ?? [];
    problems.add(at(path, i), `got ${shown(text)}`, 'Write the name of a unit, as "nginx.service"');
    return [];
  });
}
