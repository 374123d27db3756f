import { parseAddress } from "../../net/address";
import { Gap, Link, LinkAddress, Scope } from "../state";
import { Entry, readEntries } from "./entries";
import { readAddress, readGroup, readScope, readTable } from "./names";

/** Reads `ip [-N] -j -d link`. */
export function readLinks(text: string, gaps: Gap[]): Link[] {
  return readEntries("ip link", text, gaps, readLink);
}

function readLink(entry: Entry): Link | undefined {
  const index = entry.number("ifindex");
  const name = entry.string("ifname");
  if (index === undefined || name === undefined || name === "") {
    if (entry.problems.length === 0) entry.problems.push("it has no ifindex and ifname");
    return undefined;
  }
  const flags = entry.list("flags");
  const info = Entry.of(entry.raw("linkinfo"));
  const kind = info?.string("info_kind");
  const data = info === undefined ? undefined : Entry.of(info.raw("info_data"));
  return {
    index,
    name,
    up: flags.includes("UP"),
    carrier: flags.includes("LOWER_UP"),
    loopback: flags.includes("LOOPBACK"),
    group: readGroup(entry, "group") ?? 0,
    kind,
    master: entry.string("master"),
    vrfTable: kind === "vrf" && data !== undefined ? readTable(data, "table") : undefined,
    mac: entry.string("address")?.toLowerCase(),
  };
}

/** Without a bearing on routing or on the choice of a source. */
const HARMLESS = [
  "family",
  "broadcast",
  "anycast",
  "label",
  "metric",
  "protocol",
  "dynamic",
  "nodad",
  "mngtmpaddr",
  "autojoin",
  "stable-privacy",
  "valid_life_time",
  "preferred_life_time",
  "cacheinfo",
];

/** Reads `ip [-N] -j -d addr`. */
export function readAddresses(text: string, gaps: Gap[]): LinkAddress[] {
  return readEntries("ip addr", text, gaps, (entry) => {
    const link = entry.string("ifname");
    const list = entry.list("addr_info");
    return list.flatMap((value) => {
      const nested = Entry.of(value);
      // Old versions leave an empty object for an address that the family filter took out.
      if (nested !== undefined && !nested.has("local")) return [];
      const address = nested === undefined || link === undefined ? undefined : readOne(nested, link);
      if (nested !== undefined) entry.problems.push(...nested.problems);
      return address === undefined ? [] : [address];
    });
  }).flat();
}

function readOne(entry: Entry, link: string): LinkAddress | undefined {
  const local = readAddress(entry, "local");
  const length = entry.number("prefixlen", 128);
  const peer = entry.string("address");
  const parsedPeer = peer === undefined ? undefined : parseAddress(peer);
  if (local === undefined || length === undefined) {
    entry.problems.push("an address without its prefix length");
    return undefined;
  }
  entry.ignore(...HARMLESS);
  const address = {
    link,
    address: local,
    length,
    peer: parsedPeer?.ok ? parsedPeer.value : undefined,
    scope: readScope(entry, "scope") ?? Scope.universe,
    secondary: entry.flag("secondary") || entry.flag("temporary"),
    deprecated: entry.flag("deprecated"),
    tentative: entry.flag("tentative"),
    dadFailed: entry.flag("dadfailed"),
    optimistic: entry.flag("optimistic"),
    home: entry.flag("home"),
    noPrefixRoute: entry.flag("noprefixroute"),
  };
  return { ...address, unmodelled: entry.leftOver() };
}
