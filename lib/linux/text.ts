import { formatAddress } from "../net/address";
import { Prefix, formatPrefix } from "../net/prefix";
import { widthOf } from "../net/address";
import { Flow, InputFlow, Outcome, OutputFlow } from "./flow";
import { Hop, Route, Rule, Table } from "./state";

/** Rules, routes, flows and outcomes in the words of ip-rule(8) and ip-route(8). */

export function describeRule(rule: Rule): string {
  const words = [`${rule.priority}:`];
  if (rule.not) words.push("not");
  words.push("from", rule.from === undefined ? "all" : shortPrefix(rule.from));
  if (rule.to !== undefined) words.push("to", shortPrefix(rule.to));
  if (rule.iif !== undefined) words.push("iif", rule.iif);
  if (rule.oif !== undefined) words.push("oif", rule.oif);
  if (rule.mark !== undefined) words.push("fwmark", `${hex(rule.mark.value)}/${hex(rule.mark.mask)}`);
  if (rule.tos) words.push("tos", hex(rule.tos));
  if (rule.uids !== undefined) words.push("uidrange", rule.uids.join("-"));
  if (rule.protocol !== undefined) words.push("ipproto", protocolName(rule.protocol));
  if (rule.sourcePorts !== undefined) words.push("sport", range(rule.sourcePorts));
  if (rule.destinationPorts !== undefined) words.push("dport", range(rule.destinationPorts));
  if (rule.tunnelId !== undefined) words.push("tun_id", rule.tunnelId);
  switch (rule.action.kind) {
    case "lookup":
      words.push("lookup", rule.l3mdev ? "[l3mdev-table]" : tableName(rule.action.table));
      break;
    case "goto":
      words.push("goto", String(rule.action.priority));
      break;
    default:
      words.push(rule.action.kind);
  }
  if (rule.suppressPrefixLength !== undefined)
    words.push("suppress_prefixlength", String(rule.suppressPrefixLength));
  if (rule.suppressGroup !== undefined) words.push("suppress_ifgroup", String(rule.suppressGroup));
  return words.join(" ");
}

export function describeRoute(route: Route): string {
  const words: string[] = route.type === "unicast" ? [] : [route.type];
  words.push(route.to.length === 0 ? "default" : shortPrefix(route.to));
  if (route.from !== undefined && route.from.length > 0) words.push("from", shortPrefix(route.from));
  if (route.tos !== 0) words.push("tos", hex(route.tos));
  if (route.hops.length === 1) words.push(describeHop(route.hops[0]));
  if (route.source !== undefined) words.push("src", formatAddress(route.source));
  if (route.metric !== 0) words.push("metric", String(route.metric));
  words.push("table", tableName(route.table));
  if (route.hops.length > 1) words.push(...route.hops.map((hop) => `nexthop ${describeHop(hop)}`));
  return words.join(" ");
}

function describeHop(hop: Hop): string {
  const words = hop.via === undefined ? [] : ["via", formatAddress(hop.via)];
  words.push("dev", hop.link);
  if (hop.onLink) words.push("onlink");
  if (hop.dead) words.push("dead");
  if (hop.linkDown) words.push("linkdown");
  return words.join(" ");
}

export function tableName(table: number): string {
  const entry = Object.entries(Table).find(([, id]) => id === table);
  return entry === undefined ? String(table) : entry[0];
}

/** A prefix as iproute2 shows it: a single address without its length. */
export function shortPrefix(prefix: Prefix): string {
  return prefix.length === widthOf(prefix.family) ? formatAddress(prefix) : formatPrefix(prefix);
}

export function describeFlow(flow: OutputFlow | InputFlow): string {
  const words = [
    flow.from === undefined ? "unbound" : formatAddress(flow.from),
    "->",
    formatAddress(flow.to),
  ];
  if ("iif" in flow && flow.iif !== undefined) words.push(`arriving by ${flow.iif}`);
  if ("oif" in flow && flow.oif !== undefined) words.push(`bound to ${flow.oif}`);
  words.push(...describeFields(flow));
  return words.join(" ");
}

function describeFields(flow: Flow): string[] {
  const words: string[] = [];
  if (flow.protocol) words.push(protocolName(flow.protocol));
  if (flow.sourcePort) words.push(`sport ${flow.sourcePort}`);
  if (flow.destinationPort) words.push(`dport ${flow.destinationPort}`);
  if (flow.mark) words.push(`mark ${hex(flow.mark)}`);
  if (flow.tos) words.push(`tos ${hex(flow.tos)}`);
  if (flow.uid) words.push(`uid ${flow.uid}`);
  return words;
}

export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "unknown":
      return `unknown: ${outcome.because}`;
    case "error":
      // The reverse path check is what refuses, and its name.
      return outcome.error === "EXDEV"
        ? ERROR_TEXT.EXDEV
        : `${ERROR_TEXT[outcome.error] ?? outcome.error} (${describeCause(outcome)})`;
    case "route": {
      const hops = outcome.hops.map((hop) => {
        const via = hop.via === undefined ? "directly" : `via ${formatAddress(hop.via)}`;
        return `by ${hop.device} ${via}${hop.source === undefined ? "" : ` from ${formatAddress(hop.source)}`}`;
      });
      const how = outcome.pretended ? " (no route: the destination is only taken for attached)" : "";
      if (outcome.type === "local") return "delivered to the host itself";
      return `${outcome.type === "unicast" ? "" : `${outcome.type} `}${hops.join(", or ")}${how}`;
    }
  }
}

function describeCause(failed: Extract<Outcome, { kind: "error" }>): string {
  if (failed.route !== undefined) return `route "${describeRoute(failed.route)}"`;
  if (failed.rule !== undefined) return `rule "${describeRule(failed.rule)}"`;
  return failed.check ?? "no route";
}

const ERROR_TEXT: Readonly<Record<string, string>> = {
  ENETUNREACH: "network unreachable",
  EHOSTUNREACH: "no route to host",
  EACCES: "prohibited",
  EINVAL: "dropped as invalid",
  EXDEV: "dropped by the reverse path check",
  ENODEV: "no such device",
  EADDRNOTAVAIL: "no usable source address",
};

const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `protocol ${protocol}`;
}

function range([low, high]: readonly [number, number]): string {
  return low === high ? String(low) : `${low}-${high}`;
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
