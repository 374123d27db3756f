import { createHash } from "node:crypto";
import {
  ACTIVE,
  BAND_START,
  CANARY,
  JOIN,
  Numbers,
  PENDING,
  PRIORITY_WINDOW,
  TABLE_WINDOW,
} from "../model/numbers";
import { Plan, PlanExpectation, PlanFamily, PlanInterface, PlanRoute, PlanRule } from "../model/plan";
import { Token, addressToken, macToken, nameToken, numberToken, pathToken, prefixToken } from "./token";

/**
 * The plan as the program carries it: one thing a line, words separated by single blanks, in canonical order, so that
 * a change of the plan is a change of just the lines that say it.
 *
 *     plan 1 HOST
 *     numbers NAME=NUMBER...
 *     interface NAME slot N [mac MAC] [ifname DEVICE] [address ADDRESS]
 *     address NAME ADDRESS                      must be on the interface, and is a source
 *     prefix NAME PREFIX                        is a source as a whole
 *     sysctl NAME PATH LEAST                    "@" in the path stands for the device
 *     route4|route6 ...                         ip-route(8), with @NAME for a device or a table
 *     rule4|rule6 +N ...                        ip-rule(8), with @NAME likewise, and +N for a priority of the band
 *     expect4|expect6 NAME ADDRESS CLASS unreachable | dev @NAME [via ADDRESS]
 *     end
 *
 * @throws Error when a value is not a token of its kind: nothing that a shell or `ip` could read otherwise gets in
 */
export function payloadLines(plan: Plan): string[] {
  const lines: Token[][] = [
    ["plan", numberToken(plan.schema), nameToken(plan.host)],
    ["numbers", ...numberTokens(plan.numbers)],
    ...plan.interfaces.map(interfaceTokens),
    ...plan.interfaces.flatMap(sourceTokens),
    ...plan.sysctls.map((s) => ["sysctl", nameToken(s.interface), pathToken(s.key), numberToken(s.atLeast)]),
    ...familyTokens(4, plan.ipv4, plan.numbers),
    ...familyTokens(6, plan.ipv6, plan.numbers),
    ["end"],
  ];
  return lines.map((words) => words.join(" "));
}

/**
 * Digest of the plan, as the program reports it: SHA-256, in hexadecimal, of the plan's lines.
 *
 * @example planDigest(planHost(spec)) // "5f0c…", 64 digits
 */
export function planDigest(plan: Plan): string {
  return createHash("sha256")
    .update(payloadLines(plan).join("\n") + "\n")
    .digest("hex");
}

/** The numbers of the plan, with the layout of the priority window worked out. */
function numberTokens(n: Numbers): Token[] {
  const at = (offset: number): number => n.priorityBase + offset;
  const values: [string, number][] = [
    ["protocol", n.protocol],
    ["group", n.group],
    ["table", n.tableBase],
    ["tables", TABLE_WINDOW],
    ["priority", n.priorityBase],
    ["window", PRIORITY_WINDOW],
    ["canary", at(CANARY)],
    ["pending", at(PENDING)],
    ["active", at(ACTIVE)],
    ["band0", at(BAND_START[0])],
    ["band1", at(BAND_START[1])],
    ["join", at(JOIN)],
  ];
  return [
    ...values.map(([name, value]) => `${name}=${numberToken(value)}`),
    `mark=0x${n.canaryMark.toString(16)}`,
  ];
}

function interfaceTokens({ name, slot, match }: PlanInterface): Token[] {
  const { mac, ifname, address } = match;
  return [
    "interface",
    nameToken(name),
    "slot",
    numberToken(slot),
    ...(mac === undefined ? [] : ["mac", macToken(mac)]),
    ...(ifname === undefined ? [] : ["ifname", nameToken(ifname)]),
    ...(address === undefined ? [] : ["address", addressToken(address)]),
  ];
}

function sourceTokens({ name, sources }: PlanInterface): Token[][] {
  return sources.map((source) =>
    source.includes("/")
      ? ["prefix", nameToken(name), prefixToken(source)]
      : ["address", nameToken(name), addressToken(source)],
  );
}

function familyTokens(family: 4 | 6, plan: PlanFamily, numbers: Numbers): Token[][] {
  return [
    ...plan.routes.map((route) => [`route${family}`, ...routeTokens(route)]),
    ...plan.rules.map((rule) => [`rule${family}`, ...ruleTokens(rule, numbers)]),
    ...plan.expectations.map((row) => [`expect${family}`, ...expectationTokens(row)]),
  ];
}

/** The words of `ip route add` for a route of the plan, but for protocol. */
export function routeTokens({ type, to, dev, via, src, onLink, metric, table }: PlanRoute): Token[] {
  return [
    ...(type === "unicast" ? [] : ["unreachable"]),
    to === "default" ? to : prefixToken(to),
    ...(via === undefined ? [] : ["via", addressToken(via)]),
    ...(dev === undefined ? [] : ["dev", `@${nameToken(dev)}`]),
    ...(src === undefined ? [] : ["src", addressToken(src)]),
    ...(onLink === undefined ? [] : ["onlink"]),
    "table",
    `@${nameToken(table)}`,
    ...(metric === undefined ? [] : ["metric", numberToken(metric)]),
  ];
}

/** The words of `ip rule add` for a rule of the plan, priority first, but for protocol. */
export function ruleTokens({ priority, not, from, iif, oif, action }: PlanRule, numbers: Numbers): Token[] {
  return [
    `+${numberToken(priority)}`,
    ...(not === undefined ? [] : ["not"]),
    ...(from === undefined ? [] : ["from", prefixToken(from)]),
    ...(iif === undefined ? [] : ["iif", nameToken(iif)]),
    ...(oif === undefined ? [] : ["oif", `@${nameToken(oif)}`]),
    ...actionTokens(action, numbers),
  ];
}

function actionTokens(action: PlanRule["action"], { group }: Numbers): Token[] {
  switch (action.kind) {
    case "nop":
    case "unreachable":
      return [action.kind];
    case "goto":
      return ["goto", action.priority === "join" ? "join" : `+${numberToken(action.priority)}`];
    case "table":
      return ["lookup", `@${nameToken(action.table)}`];
    case "main":
      return [
        ...["lookup", "main", "suppress_prefixlength", numberToken(action.minPrefix)],
        ...["suppress_ifgroup", numberToken(group)],
      ];
  }
}

function expectationTokens(row: PlanExpectation): Token[] {
  return [
    nameToken(row.interface),
    addressToken(row.to),
    nameToken(row.class),
    ...(row.dev === undefined ? ["unreachable"] : ["dev", `@${nameToken(row.dev)}`]),
    ...(row.dev === undefined || row.via === undefined ? [] : ["via", addressToken(row.via)]),
  ];
}
