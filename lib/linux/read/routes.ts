import { Address, Family, parseAddress } from "../../net/address";
import { Gap, Hop, Route, RouteType, Scope, Table } from "../state";
import { Entry, quoted, readEntries } from "./entries";
import { readAddress, readOrigin, readPrefix, readScope, readTable } from "./names";

/** Reads `ip [-N] -j -d -4|-6 route show table all`. */
export function readRoutes(family: Family, text: string, gaps: Gap[]): Route[] {
  return readEntries(`ip -${family} route`, text, gaps, (entry) => readRoute(entry, family));
}

/** rtm_type numbers, as `ip -N` prints them. */
const TYPES: readonly (RouteType | undefined)[] = [
  undefined,
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

/** Without a bearing on where packets go. */
const HARMLESS = [
  "metrics",
  "expires",
  "cache",
  "age",
  "used",
  "error",
  "users",
  "hoplimit",
  "advmss",
  "mtu",
];

/** Hop flags that only tell what hardware does, or what the dump shows. */
const HARMLESS_FLAGS = new Set(["offload", "trap", "rt_offload", "rt_trap", "notify", "cloned", "pervasive"]);

function readRoute(entry: Entry, family: Family): Route | undefined {
  const type = readType(entry);
  const to = readPrefix(entry, "dst", family);
  entry.ignore(...HARMLESS);
  const nested = entry.list("nexthops");
  const hops = nested.length > 0 ? nested.map((value) => readNested(value, entry)) : readOwnHop(entry, type);
  const preference = entry.string("pref");
  const from = entry.has("from") ? readPrefix(entry, "from", family) : undefined;
  const route = {
    table: readTable(entry, "table") ?? Table.main,
    type: type ?? "unicast",
    to: to ?? { family, value: 0n, length: 0 },
    from,
    tos: entry.number("tos", 0xff) ?? 0,
    metric: entry.number("metric") ?? 0,
    scope: readScope(entry, "scope") ?? Scope.universe,
    source: readAddress(entry, "prefsrc"),
    hops: hops.filter((hop) => hop !== undefined),
    nexthopObject: readNexthopObject(entry),
    preference: preference === "low" || preference === "high" ? preference : "medium",
    origin: readOrigin(entry, "protocol") ?? 0,
  } as const;
  if (preference !== undefined && !["low", "medium", "high"].includes(preference)) {
    entry.wrong("pref", preference, "low, medium or high");
  }
  // Routing cache entries are not part of the tables.
  if (to === undefined) {
    if (entry.problems.length === 0) entry.problems.push("it has no destination");
    return undefined;
  }
  return { ...route, unmodelled: [...entry.leftOver(), ...entry.problems] };
}

/** What dumps tell of a nexthop object besides its hops, which they show like a route's own. */
const OBJECT_FIELDS = new Set([
  "id",
  "group",
  "gateway",
  "via",
  "dev",
  "scope",
  "protocol",
  "flags",
  "blackhole",
]);

function readNexthopObject(entry: Entry): boolean {
  if (!entry.has("nhid")) return false;
  const info = entry.raw("nh_info");
  const fields = typeof info === "object" && info !== null ? Object.keys(info) : [];
  for (const key of fields)
    if (!OBJECT_FIELDS.has(key)) entry.unknown.push(`nexthop object has ${quoted(key)}`);
  // Without its hops (nexthop_compat_mode=0, or no -d) nothing is known of where it leads.
  if (!entry.has("dev") && !entry.has("nexthops")) entry.unknown.push("nhid without its hops");
  return true;
}

function readType(entry: Entry): RouteType | undefined {
  const value = entry.string("type");
  if (value === undefined) return "unicast";
  const type = TYPES[Number(value)] ?? TYPES.find((known) => known === value);
  return type ?? entry.wrong("type", value, "a route type that is known");
}

function readOwnHop(entry: Entry, type: RouteType | undefined): Hop[] {
  const dev = entry.string("dev");
  const flags = readFlags(entry, entry.list("flags"));
  const via = readVia(entry);
  // Routes that refuse have no device (IPv4), or the loopback for form's sake (IPv6).
  if (dev === undefined) return [];
  if (type === "unreachable" || type === "prohibit" || type === "blackhole" || type === "throw") {
    return [{ link: dev, via, onLink: false, weight: 1, dead: false, linkDown: false }];
  }
  return [{ link: dev, via, weight: 1, ...flags }];
}

function readNested(value: unknown, route: Entry): Hop | undefined {
  const entry = Entry.of(value);
  if (entry === undefined) return route.wrong("nexthops", value, "a list of objects");
  const hop = readOwnHop(entry, "unicast")[0];
  const weight = entry.number("weight", 65536) ?? 1;
  route.ignore("flags");
  for (const key of entry.leftOver()) route.unknown.push(`nexthop has ${key}`);
  route.problems.push(...entry.problems);
  return hop === undefined ? route.wrong("nexthops", value, "a next hop with a device") : { ...hop, weight };
}

function readFlags(entry: Entry, flags: readonly unknown[]): Pick<Hop, "onLink" | "dead" | "linkDown"> {
  for (const flag of flags) {
    if (flag === "dead" || flag === "linkdown" || flag === "onlink") continue;
    if (typeof flag !== "string" || !HARMLESS_FLAGS.has(flag)) entry.unknown.push(`flag ${quoted(flag)}`);
  }
  return {
    onLink: flags.includes("onlink"),
    dead: flags.includes("dead"),
    linkDown: flags.includes("linkdown"),
  };
}

/** `gateway`, or `via` with a family where it is not the route's own (RFC 5549). */
function readVia(entry: Entry): Address | undefined {
  const gateway = readAddress(entry, "gateway");
  const via = entry.raw("via");
  if (via === undefined) return gateway;
  const nested = Entry.of(via);
  const host = nested?.string("host");
  const parsed = host === undefined ? undefined : parseAddress(host);
  return parsed?.ok ? parsed.value : entry.wrong("via", via, "an address with its family");
}
