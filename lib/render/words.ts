import { Numbers } from "../model/numbers";
import { PlanRoute, PlanRule } from "../model/plan";
import { Incoming, Mark, Range } from "../model/traffic";
import { Family } from "../net/address";
import { Token, addressToken, hexToken, nameToken, numberToken, prefixToken, tableToken } from "./token";

/** The words of `ip route add` for a route of the plan, but for protocol. */
export function routeTokens({ type, to, dev, via, src, onLink, metric, table, hops }: PlanRoute): Token[] {
  return [
    ...(type === "unicast" ? [] : ["unreachable"]),
    to === "default" ? to : prefixToken(to),
    ...wayTokens({ dev, via }),
    ...(src === undefined ? [] : ["src", addressToken(src)]),
    ...(onLink === undefined ? [] : ["onlink"]),
    "table",
    `@${tableToken(table)}`,
    ...(metric === undefined ? [] : ["metric", numberToken(metric)]),
    ...(hops ?? []).flatMap((hop) => [
      "nexthop",
      ...wayTokens(hop),
      ...(hop.onLink === undefined ? [] : ["onlink"]),
      ...["weight", numberToken(hop.weight)],
    ]),
  ];
}

function wayTokens({ dev, via }: { readonly dev?: string; readonly via?: string }): Token[] {
  return [
    ...(via === undefined ? [] : ["via", addressToken(via)]),
    ...(dev === undefined ? [] : ["dev", `@${nameToken(dev)}`]),
  ];
}

/** The words of `ip rule add` for a rule of the plan, priority first, but for protocol. */
export function ruleTokens(rule: PlanRule, family: Family, numbers: Numbers): Token[] {
  const { priority, not, from, to, oif, action } = rule;
  return [
    `+${numberToken(priority)}`,
    ...(not === undefined ? [] : ["not"]),
    ...(from === undefined ? [] : ["from", prefixToken(from)]),
    ...(to === undefined ? [] : ["to", prefixToken(to)]),
    ...selectorTokens(rule, family),
    ...(oif === undefined ? [] : ["oif", `@${nameToken(oif)}`]),
    ...actionTokens(action, numbers),
  ];
}

function selectorTokens(rule: PlanRule, family: Family): Token[] {
  const { iif, incoming, mark, users, protocol, sourcePorts, destinationPorts, dscp } = rule;
  return [
    ...(iif === undefined ? [] : ["iif", nameToken(iif)]),
    ...incomingTokens(incoming),
    ...(mark === undefined ? [] : ["fwmark", markToken(mark)]),
    ...(users === undefined ? [] : ["uidrange", users.map(numberToken).join("-")]),
    ...(protocol === undefined ? [] : ["ipproto", numberToken(protocol)]),
    ...(sourcePorts === undefined ? [] : ["sport", rangeToken(sourcePorts)]),
    ...(destinationPorts === undefined ? [] : ["dport", rangeToken(destinationPorts)]),
    ...(dscp === undefined ? [] : dscpTokens(dscp, family)),
  ];
}

/** By which a forwarded packet comes in; nothing when nobody asks. */
export function incomingTokens(incoming: Incoming | undefined): Token[] {
  if (incoming === undefined) return [];
  return ["iif", "interface" in incoming ? `@${nameToken(incoming.interface)}` : nameToken(incoming.device)];
}

/**
 * The old selector of the type of service takes any code point in IPv6, but in IPv4 only those whose upper bits are
 * clear (IPTOS_TOS_MASK); the new one, of Linux and iproute2 6.13, takes all.
 */
function dscpTokens(dscp: number, family: Family): Token[] {
  return family === 6 || dscp < 8 ? ["tos", hexToken(4 * dscp)] : ["dscp", numberToken(dscp)];
}

function rangeToken([first, last]: Range): Token {
  return first === last ? numberToken(first) : `${numberToken(first)}-${numberToken(last)}`;
}

function markToken({ value, mask }: Mark): Token {
  return `${hexToken(value)}/${hexToken(mask)}`;
}

function actionTokens(action: PlanRule["action"], { group }: Numbers): Token[] {
  switch (action.kind) {
    case "nop":
    case "unreachable":
    case "prohibit":
    case "blackhole":
      return [action.kind];
    case "goto":
      return ["goto", action.priority === "join" ? "join" : `+${numberToken(action.priority)}`];
    case "table":
      return ["lookup", `@${tableToken(action.table)}`];
    case "main-longer":
      return ["lookup", "main", "suppress_prefixlength", numberToken(action.minPrefix)];
    case "main-managed":
      return ["lookup", "main", "suppress_ifgroup", "0"];
    case "main":
      return [
        ...["lookup", "main", "suppress_prefixlength", numberToken(action.minPrefix)],
        ...["suppress_ifgroup", numberToken(group)],
      ];
  }
}
