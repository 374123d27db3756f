import { Family, parseAddress, widthOf } from "../../net/address";
import { Prefix, prefixOf } from "../../net/prefix";
import { plainRule } from "../kernel-routes";
import { Gap, Range, Rule, RuleAction } from "../state";
import { Entry, readEntries } from "./entries";
import { readGroup, readOrigin, readProtocol, readTable } from "./names";

/** Reads `ip [-N] -j -d -4|-6 rule`. */
export function readRules(family: Family, text: string, gaps: Gap[]): Rule[] {
  return readEntries(`ip -${family} rule`, text, gaps, (entry) => readRule(entry, family));
}

function readRule(entry: Entry, family: Family): Rule {
  const priority = entry.number("priority") ?? 0;
  const mark = readMark(entry);
  const uidLow = entry.number("uid_start");
  const uidHigh = entry.number("uid_end");
  const action = readAction(entry);
  entry.ignore("iif_detached", "oif_detached");
  const l3mdev = entry.flag("l3mdev");
  const rule = {
    priority,
    not: entry.flag("not"),
    from: readSelector(entry, "src", family),
    to: readSelector(entry, "dst", family),
    iif: entry.string("iif"),
    oif: entry.string("oif"),
    mark,
    tos: entry.number("tos", 0xff),
    uids:
      uidLow === undefined && uidHigh === undefined
        ? undefined
        : ([uidLow ?? 0, uidHigh ?? 0xffffffff] as Range),
    protocol: readProtocol(entry, "ipproto"),
    sourcePorts: readPorts(entry, "sport"),
    destinationPorts: readPorts(entry, "dport"),
    tunnelId: entry.has("tun_id") ? String(entry.raw("tun_id")) : undefined,
    l3mdev,
    action: action ?? LOOKUP_NOTHING,
    suppressPrefixLength: entry.number("suppress_prefixlen", 128),
    suppressGroup: readGroup(entry, "suppress_ifgroup"),
    origin: readOrigin(entry, "protocol") ?? 0,
  };
  if (action === undefined && !l3mdev) entry.problems.push("it has no action");
  const unmodelled = [...entry.leftOver(), ...entry.problems];
  // Of a damaged rule nothing can be relied on: it may match anything.
  if (entry.problems.length > 0)
    return plainRule({ priority, action: rule.action, origin: rule.origin, unmodelled });
  return { ...rule, unmodelled };
}

const LOOKUP_NOTHING: RuleAction = { kind: "lookup", table: 0 };

/** `src` with `srclen`; a host has no length, and `all` is everything. */
function readSelector(entry: Entry, key: string, family: Family): Prefix | undefined {
  const text = entry.string(key);
  const length = entry.number(`${key}len`, widthOf(family));
  if (text === undefined || text === "all") return undefined;
  // ip prints a bare 0 for the prefix of an all-zero address without an attribute
  const parsed = parseAddress(text === "0" ? (family === 4 ? "0.0.0.0" : "::") : text);
  if (!parsed.ok || parsed.value.family !== family) return entry.wrong(key, text, `an IPv${family} address`);
  return prefixOf(parsed.value, length ?? widthOf(family));
}

function readMark(entry: Entry): Rule["mark"] {
  const value = entry.number("fwmark");
  const mask = entry.number("fwmask");
  if (value === undefined && mask === undefined) return undefined;
  return { value: value ?? 0, mask: mask ?? 0xffffffff };
}

function readPorts(entry: Entry, key: string): Range | undefined {
  const single = entry.number(key, 0xffff);
  const low = entry.number(`${key}_start`, 0xffff);
  const high = entry.number(`${key}_end`, 0xffff);
  if (single !== undefined) return [single, single];
  return low === undefined && high === undefined ? undefined : [low ?? 0, high ?? 0xffff];
}

const ACTIONS: Readonly<Record<string, "unreachable" | "prohibit" | "blackhole">> = {
  "6": "blackhole",
  "7": "unreachable",
  "8": "prohibit",
  blackhole: "blackhole",
  unreachable: "unreachable",
  prohibit: "prohibit",
};

function readAction(entry: Entry): RuleAction | undefined {
  if (entry.flag("nop")) return { kind: "nop" };
  // A goto whose target is gone is told by the list of rules itself.
  entry.ignore("unresolved");
  const target = entry.raw("goto");
  if (target === "none") return { kind: "goto", priority: 0 };
  if (target !== undefined) return { kind: "goto", priority: entry.number("goto") ?? 0 };
  const action = entry.raw("action");
  if (action !== undefined) {
    // The table beside it decides nothing (net/core/fib_rules.c); networkd's rules have one.
    entry.ignore("table");
    const kind = ACTIONS[String(action)];
    if (kind !== undefined) return { kind };
    entry.wrong("action", action, "an action that is known");
    return undefined;
  }
  if (!entry.has("table")) return undefined;
  return { kind: "lookup", table: readTable(entry, "table") ?? 0 };
}
