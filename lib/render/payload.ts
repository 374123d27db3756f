import { createHash } from "node:crypto";
import {
  ACTIVE,
  BAND_START,
  CANARY,
  CONNECTION_MASK,
  JOIN,
  Numbers,
  PENDING,
  PRIORITY_WINDOW,
  TABLE_WINDOW,
} from "../model/numbers";
import {
  Plan,
  PlanExpectation,
  PlanFamily,
  PlanFlow,
  PlanIdentity,
  PlanInterface,
  PlanWorld,
} from "../model/plan";
import { HostModel, Persistence, UnmanagedRoutes } from "../model/spec";
import { frrDaemons, frrLines } from "./frr/host";
import {
  Token,
  absolutePathToken,
  addressToken,
  domainToken,
  frrToken,
  hexToken,
  interfaceAddressToken,
  macToken,
  nameToken,
  numberToken,
  pathToken,
  prefixToken,
  tableToken,
} from "./token";
import { incomingTokens, routeTokens, ruleTokens } from "./words";

/**
 * The plan as the program carries it: one thing a line, words separated by single blanks, in canonical order, so that
 * a change of the plan is a change of just the lines that say it.
 *
 *     plan 1 HOST
 *     numbers NAME=NUMBER...
 *     model strong|weak                         when it is not symmetric
 *     unmanaged ignore                          when no route of main by what is not managed counts: the rules obey that,
 *                                               and who proves the program wants it
 *     persistence systemd|none|volatile         when it is not as the host has it
 *     virtual ADDRESS                           belongs to no interface, and may use all
 *     connection NAME MARK MASK                 the mark of connections that come in by the interface; decimal
 *     table NAME slot N                         a table that is no interface's
 *     interface NAME slot N [mac MAC] [ifname DEVICE] [address ADDRESS]
 *     address NAME ADDRESS                      must be on the interface, and is a source
 *     prefix NAME PREFIX                        is a source as a whole
 *     sysctl NAME PATH LEAST                    "@" in the path stands for the device
 *     cover4|cover6 PREFIX                      together they hold all sources: see backstop.awk
 *     route4|route6 ...                         ip-route(8), with @NAME for a device or a table
 *     rule4|rule6 +N ...                        ip-rule(8), with @NAME likewise, and +N for a priority of the band
 *     expect4|expect6 NAME ADDRESS CLASS unreachable | dev @NAME [via ADDRESS]
 *     flow4|flow6 POLICY get WORD... want CHOICE then CHOICE... then unreachable|anything
 *                                               the words of ip-route(8) "get"; marks are decimal. A choice is
 *                                               dev @NAME [via ADDRESS] [or dev ...]
 *     world NAME kind netns|vrf [TABLE]         a routing domain of its own, then its lines:
 *     world NAME moves                          the session's own interface may be moved
 *     world NAME nameserver ADDRESS
 *     world NAME search DOMAIN
 *     world NAME give INTERFACE ADDRESS/LENGTH  is on the interface there
 *     world NAME route4|route6 ...              ip-route(8): for what has no source yet
 *     world NAME in LINE                        a line of the world's own plan
 *     address / ADDRESS                         must be on the loopback
 *     identity ADDRESS [elsewhere ADDRESS]      the same; the second is nowhere near
 *     frr link NAME                             the identity is announced over the interface
 *     frr daemon NAME                           that has to run
 *     frr password PATH                         of the file that holds it; in the following it stands for what is in it
 *     frr say TEXT                              a line of frr.conf, with its indentation, and @NAME for a device
 *     end
 *
 * @throws Error when a value is not a token of its kind: nothing that a shell or `ip` could read otherwise gets in
 */
export function payloadLines(plan: Plan): string[] {
  const head: Token[][] = [
    ["plan", numberToken(plan.schema), nameToken(plan.host)],
    ["numbers", ...numberTokens(plan.numbers)],
    ...(plan.hostModel === HostModel.Symmetric ? [] : [["model", nameToken(plan.hostModel)]]),
    ...(plan.unmanagedRoutes === UnmanagedRoutes.Follow
      ? []
      : [["unmanaged", nameToken(plan.unmanagedRoutes)]]),
    ...(plan.persistence === Persistence.Auto ? [] : [["persistence", nameToken(plan.persistence)]]),
  ];
  // The weak host model wants nothing, of no interface.
  const rest = plan.hostModel === HostModel.Weak ? [] : bodyTokens(plan);
  return [...head, ...rest, ["end"]].map((words) => words.join(" "));
}

function bodyTokens(plan: Plan): Token[][] {
  return [
    ...plan.virtualAddresses.map((address) => ["virtual", addressToken(address)]),
    ...plan.interfaces.map(interfaceTokens),
    ...plan.connections.map((c) => [
      "connection",
      nameToken(c.interface),
      numberToken(c.mark),
      numberToken(CONNECTION_MASK),
    ]),
    ...plan.tables.map(({ name, slot }) => ["table", tableToken(name), "slot", numberToken(slot)]),
    ...plan.interfaces.flatMap(sourceTokens),
    ...plan.sysctls.map((s) => ["sysctl", nameToken(s.interface), pathToken(s.key), numberToken(s.atLeast)]),
    ...familyTokens(4, plan.ipv4, plan.numbers),
    ...familyTokens(6, plan.ipv6, plan.numbers),
    ...plan.worlds.flatMap((world) => worldTokens(world, plan.numbers)),
    ...(plan.identity === undefined ? [] : identityTokens(plan, plan.identity)),
  ];
}

function identityTokens(plan: Plan, identity: PlanIdentity): Token[][] {
  const { addresses, links, passwordFile } = identity;
  const far = (family: 4 | 6): string | undefined =>
    (family === 4 ? plan.ipv4 : plan.ipv6).expectations.find((e) => e.class === "elsewhere")?.to;
  return [
    ...addresses.map((address) => ["address", "/", addressToken(address)]),
    ...addresses.map((address) => {
      const elsewhere = far(address.includes(":") ? 6 : 4);
      return [
        ...["identity", addressToken(address)],
        ...(elsewhere === undefined ? [] : ["elsewhere", addressToken(elsewhere)]),
      ];
    }),
    ...links.map((link) => ["frr", "link", nameToken(link.interface)]),
    ...frrDaemons(identity).map((name) => ["frr", "daemon", nameToken(name)]),
    ...(passwordFile === undefined ? [] : [["frr", "password", absolutePathToken(passwordFile)]]),
    ...frrLines(identity)
      .filter((line) => line !== "!")
      .map((line) => ["frr", "say", frrToken(line)]),
  ];
}

function worldTokens(world: PlanWorld, { tableBase }: Numbers): Token[][] {
  const { name, kind, slot, moveManagement, resolver, plan, routes } = world;
  const table = slot === undefined ? [] : [numberToken(tableBase + 2 * slot)];
  const lines: Token[][] = [
    ["kind", nameToken(kind), ...table],
    ...(moveManagement ? [["moves"]] : []),
    ...(resolver?.nameservers ?? []).map((address) => ["nameserver", addressToken(address)]),
    ...(resolver?.search ?? []).map((domain) => ["search", domainToken(domain)]),
    ...plan.interfaces.flatMap((iface) =>
      iface.addresses.map((address) => ["give", nameToken(iface.name), interfaceAddressToken(address)]),
    ),
    ...routes.map((route) => {
      const words = routeTokens(route);
      const at = words.indexOf("table");
      return [`route${route.family}`, ...words.slice(0, at), ...words.slice(at + 2)];
    }),
    ...payloadLines(plan).map((line) => ["in", line]),
  ];
  return lines.map((words) => ["world", nameToken(name), ...words]);
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
    ...plan.covers.map((cover) => [`cover${family}`, prefixToken(cover)]),
    ...plan.routes.map((route) => [`route${family}`, ...routeTokens(route)]),
    ...plan.rules.map((rule) => [`rule${family}`, ...ruleTokens(rule, family, numbers)]),
    ...plan.expectations.map((row) => [`expect${family}`, ...expectationTokens(row)]),
    ...plan.flows.map((flow) => [`flow${family}`, ...flowTokens(flow)]),
  ];
}

function flowTokens(flow: PlanFlow): Token[] {
  const { policy, to, from, incoming, mark, user, protocol, sourcePort, destinationPort, dscp } = flow;
  return [
    ...[nameToken(policy), "get", addressToken(to)],
    ...(from === undefined ? [] : ["from", addressToken(from)]),
    ...incomingTokens(incoming),
    ...(mark === undefined ? [] : ["mark", numberToken(mark)]),
    ...(protocol === undefined ? [] : ["ipproto", numberToken(protocol)]),
    ...(sourcePort === undefined ? [] : ["sport", numberToken(sourcePort)]),
    ...(destinationPort === undefined ? [] : ["dport", numberToken(destinationPort)]),
    ...(dscp === undefined ? [] : ["tos", hexToken(4 * dscp)]),
    ...["uid", numberToken(user ?? 0), "want"],
    ...flow.choices.flatMap((ways) => [
      ...ways.flatMap(({ dev, via }, i) => [
        ...(i === 0 ? [] : ["or"]),
        ...["dev", `@${nameToken(dev)}`],
        ...(via === undefined ? [] : ["via", addressToken(via)]),
      ]),
      "then",
    ]),
    flow.otherwise,
  ];
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
