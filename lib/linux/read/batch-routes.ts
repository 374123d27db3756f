import { Address, Family, parseAddress } from "../../net/address";
import { Prefix, samePrefix } from "../../net/prefix";
import { hopTo, plainRoute } from "../kernel-routes";
import { Hop, LinuxState, Route, RouteType, Scope, Table, linkNamed } from "../state";
import { ORIGINS, SCOPES, TABLES } from "./names";
import { Refused, Words } from "./words";

const TYPES: ReadonlySet<string> = new Set([
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "unreachable",
  "prohibit",
  "blackhole",
  "throw",
]);

/** `route add`, `append`, `prepend`, `replace`, `del` and `flush table`. */
export function applyRoute(state: LinuxState, family: Family, words: Words): LinuxState {
  const verb = words.next("add, replace, del or flush");
  const routes = state.routes[family];
  if (verb === "flush") return withRoutes(state, family, flush(routes, words));
  if (verb === "del" || verb === "delete")
    return withRoutes(state, family, remove(routes, readRoute(state, family, words)));
  if (!["add", "append", "prepend", "replace"].includes(verb))
    throw new Refused(`route ${verb} is not modelled`);
  const route = complete(family, readRoute(state, family, words));
  const same = routes.findIndex((other) => sameKey(family, other, route));
  if (verb === "add" && same >= 0)
    throw new Refused("the route is there already; the kernel would refuse it");
  if (verb === "replace" && same >= 0)
    return withRoutes(state, family, [...routes.slice(0, same), route, ...routes.slice(same + 1)]);
  if (verb === "prepend" && same >= 0)
    return withRoutes(state, family, [...routes.slice(0, same), route, ...routes.slice(same)]);
  if (verb === "append" && same >= 0 && family === 6)
    throw new Refused("appending a hop to an IPv6 route is not modelled");
  return withRoutes(state, family, [...routes, route]);
}

function withRoutes(state: LinuxState, family: Family, routes: readonly Route[]): LinuxState {
  return { ...state, routes: { ...state.routes, [family]: routes } };
}

type Given = Partial<{ -readonly [K in keyof Route]: Route[K] }> & { to: Prefix };

function readRoute(state: LinuxState, family: Family, words: Words): Given {
  let type: RouteType | undefined;
  if (TYPES.has(words.peek() ?? "")) type = words.next("type") as RouteType;
  words.take("to");
  const route: Given = { to: words.prefix("destination", family) };
  if (type !== undefined) route.type = type;
  let via: Address | undefined;
  let device: string | undefined;
  let onLink = false;
  const hops: Hop[] = [];
  while (!words.done) {
    const word = words.next("an attribute");
    switch (word) {
      case "via":
        via = readVia(words);
        break;
      case "dev":
        device = knownDevice(state, words.next("dev"));
        break;
      case "src":
        route.source = address(words.next("src"));
        break;
      case "table":
        route.table = words.named("table", TABLES);
        break;
      case "metric":
      case "priority":
      case "preference":
        route.metric = words.number("metric");
        break;
      case "proto":
      case "protocol":
        route.origin = words.named("proto", ORIGINS, 255);
        break;
      case "scope":
        route.scope = words.named("scope", SCOPES, 255);
        break;
      case "tos":
      case "dsfield":
        route.tos = words.tos();
        break;
      case "from":
        route.from = words.prefix("from", family);
        break;
      case "pref":
        route.preference = words.next("pref") as Route["preference"];
        break;
      case "onlink":
        onLink = true;
        break;
      case "mtu":
      case "advmss":
      case "hoplimit":
        words.number(word);
        break;
      case "nexthop":
        hops.push(readHop(state, words));
        break;
      default:
        throw new Refused(`route attribute ${word} is not modelled`);
    }
  }
  if (hops.length > 1) route.oneSource = true;
  if (device !== undefined) hops.push({ ...hopTo(device, via), onLink });
  else if (via !== undefined) throw new Refused("a gateway without its device is not modelled");
  if (hops.length > 0) route.hops = hops;
  return route;
}

function readHop(state: LinuxState, words: Words): Hop {
  let via: Address | undefined;
  let device: string | undefined;
  let weight = 1;
  let onLink = false;
  while (!words.done && words.peek() !== "nexthop") {
    const word = words.next("an attribute");
    if (word === "via") via = readVia(words);
    else if (word === "dev") device = knownDevice(state, words.next("dev"));
    else if (word === "weight") weight = words.number("weight", 65536);
    else if (word === "onlink") onLink = true;
    else throw new Refused(`next hop attribute ${word} is not modelled`);
  }
  if (device === undefined) throw new Refused("a next hop without its device is not modelled");
  return { ...hopTo(device, via), weight, onLink };
}

function readVia(words: Words): Address {
  if (words.take("inet6") || words.take("inet")) return address(words.next("via"));
  return address(words.next("via"));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Refused(`${text} is not an address: ${parsed.reason}`, "unreadable");
  return parsed.value;
}

function knownDevice(state: LinuxState, name: string): string {
  if (linkNamed(state, name) === undefined) throw new Refused(`there is no device ${name}`);
  return name;
}

/** The defaults of iproute2 and of the kernel. */
function complete(family: Family, given: Given): Route {
  const type = given.type ?? "unicast";
  const refuses = type === "unreachable" || type === "prohibit" || type === "blackhole" || type === "throw";
  if (!refuses && (given.hops ?? []).length === 0) throw new Refused("a route without a device");
  if (refuses && family === 6) given.hops = [hopTo("lo")];
  const direct = given.hops?.length === 1 && given.hops[0].via === undefined;
  const scope =
    type === "local"
      ? Scope.host
      : type === "broadcast" || (type === "unicast" && direct)
        ? Scope.link
        : Scope.universe;
  return plainRoute(family, {
    scope: family === 4 ? scope : Scope.universe,
    ...given,
    table: given.table ?? (type === "local" || type === "broadcast" ? Table.local : Table.main),
  });
}

/** What makes two routes one and the same: for IPv4 the TOS counts, for IPv6 the source prefix. */
function sameKey(family: Family, a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    samePrefix(a.to, b.to) &&
    a.metric === b.metric &&
    (family === 4
      ? a.tos === b.tos
      : (a.from?.length ?? 0) === (b.from?.length ?? 0) && (a.from?.value ?? 0n) === (b.from?.value ?? 0n))
  );
}

function remove(routes: readonly Route[], given: Given): Route[] {
  const table = given.table ?? Table.main;
  const at = routes.findIndex(
    (route) =>
      route.table === table &&
      samePrefix(route.to, given.to) &&
      (given.type === undefined || given.type === route.type) &&
      (given.metric === undefined || given.metric === route.metric) &&
      (given.origin === undefined || given.origin === route.origin) &&
      (given.tos === undefined || given.tos === route.tos) &&
      (given.hops === undefined ||
        given.hops.every((hop) =>
          route.hops.some((other) => other.link === hop.link && other.via?.value === hop.via?.value),
        )),
  );
  if (at < 0) throw new Refused("no such route; the kernel would refuse it");
  return [...routes.slice(0, at), ...routes.slice(at + 1)];
}

function flush(routes: readonly Route[], words: Words): Route[] {
  let table: number | "all" = Table.main;
  let origin: number | undefined;
  while (!words.done) {
    const word = words.next("a filter");
    if (word === "table") table = words.take("all") ? "all" : words.named("table", TABLES);
    else if (word === "proto" || word === "protocol") origin = words.named("proto", ORIGINS, 255);
    else throw new Refused(`route flush ${word} is not modelled`);
  }
  return routes.filter(
    (route) =>
      (table !== "all" && route.table !== table) || (origin !== undefined && route.origin !== origin),
  );
}
