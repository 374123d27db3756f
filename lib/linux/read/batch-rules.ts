import { Family } from "../../net/address";
import { samePrefix } from "../../net/prefix";
import { plainRule } from "../kernel-routes";
import { LinuxState, Range, Rule, RuleAction } from "../state";
import { ORIGINS, PROTOCOLS, TABLES } from "./names";
import { Refused, Words } from "./words";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `rule add` and `rule del` (iproute2 ip/iprule.c, net/core/fib_rules.c). */
export function applyRule(state: LinuxState, family: Family, words: Words): LinuxState {
  const verb = words.next("add or del");
  const given = readRule(words, family);
  const rules = state.rules[family];
  if (verb === "add" || verb === "a") return withRules(state, family, insert(rules, given));
  if (verb === "del" || verb === "delete" || verb === "d") {
    const at = rules.findIndex((rule) => fits(given, rule));
    if (at < 0) throw new Refused("no such rule; the kernel would refuse it");
    return withRules(state, family, [...rules.slice(0, at), ...rules.slice(at + 1)]);
  }
  throw new Refused(`rule ${verb} is not modelled`);
}

function withRules(state: LinuxState, family: Family, rules: readonly Rule[]): LinuxState {
  return { ...state, rules: { ...state.rules, [family]: rules } };
}

function insert(rules: readonly Rule[], given: Given): Rule[] {
  // Without a priority a rule goes before the second of the list.
  const priority = given.priority ?? Math.max((rules[1]?.priority ?? 0) - 1, 0);
  const rule = plainRule({
    ...given,
    priority,
    action: given.action ?? { kind: "lookup", table: TABLES.main },
  });
  if (rule.action.kind === "goto" && rule.action.priority <= priority) {
    throw new Refused("goto leads backwards; the kernel would refuse it");
  }
  if (rules.some((other) => other.priority === priority && sameRule(other, asComparedWith(other, rule))))
    throw new Refused("the rule is there already; the kernel would refuse it");
  const at = rules.findIndex((other) => other.priority > priority);
  return at < 0 ? [...rules, rule] : [...rules.slice(0, at), rule, ...rules.slice(at)];
}

/** Prefixes and type of service that a new rule does not ask for are not compared (fib4_rule_compare). */
function asComparedWith(other: Rule, rule: Rule): Rule {
  const { from = other.from, to = other.to } = rule;
  const tos = rule.tos || other.tos;
  return from === rule.from && to === rule.to && tos === rule.tos ? rule : { ...rule, from, to, tos };
}

type Given = Partial<Mutable<Rule>>;

function readRule(words: Words, family: Family): Given {
  const rule: Given = {};
  while (!words.done) {
    const word = words.next("a selector");
    switch (word) {
      case "not":
        rule.not = true;
        break;
      case "from":
        rule.from = nonZero(words.prefix("from", family));
        break;
      case "to":
        rule.to = nonZero(words.prefix("to", family));
        break;
      case "priority":
      case "preference":
      case "pref":
      case "order":
        rule.priority = words.number("priority");
        break;
      case "iif":
      case "dev":
        rule.iif = words.next("iif");
        break;
      case "oif":
        rule.oif = words.next("oif");
        break;
      case "fwmark":
        rule.mark = readMark(words.next("fwmark"));
        break;
      case "tos":
      case "dsfield":
        rule.tos = words.tos();
        break;
      case "uidrange":
        rule.uids = readRange(words.next("uidrange"), 0xffffffff);
        break;
      case "ipproto":
        rule.protocol = words.named("ipproto", PROTOCOLS, 255);
        break;
      case "sport":
        rule.sourcePorts = readRange(words.next("sport"), 0xffff);
        break;
      case "dport":
        rule.destinationPorts = readRange(words.next("dport"), 0xffff);
        break;
      case "suppress_prefixlength":
      case "sup_pl":
        rule.suppressPrefixLength = words.number("suppress_prefixlength", 128);
        break;
      case "suppress_ifgroup":
      case "sup_group":
        rule.suppressGroup = words.named("suppress_ifgroup", { default: 0 });
        break;
      case "protocol":
        rule.origin = words.named("protocol", ORIGINS, 255);
        break;
      case "l3mdev":
        rule.l3mdev = true;
        rule.action = { kind: "lookup", table: 0 };
        break;
      default:
        rule.action = readAction(word, words);
    }
  }
  return rule;
}

function nonZero(prefix: Rule["from"]): Rule["from"] {
  return prefix !== undefined && prefix.length === 0 ? undefined : prefix;
}

function readAction(word: string, words: Words): RuleAction {
  switch (word) {
    case "lookup":
    case "table":
      return { kind: "lookup", table: words.named("table", TABLES) };
    case "goto":
      return { kind: "goto", priority: words.number("goto") };
    case "nop":
      return { kind: "nop" };
    case "unreachable":
    case "prohibit":
    case "blackhole":
      return { kind: word };
    case "type":
      return readAction(words.next("type"), words);
    default:
      throw new Refused(`selector or action ${word} is not modelled`);
  }
}

function readMark(word: string): Rule["mark"] {
  const match = /^(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})(?:\/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10}))?$/.exec(word);
  if (match === null) throw new Refused(`fwmark ${word} is not a mark`, "unreadable");
  return { value: Number(match[1]), mask: match[2] === undefined ? 0xffffffff : Number(match[2]) };
}

function readRange(word: string, max: number): Range {
  const match = /^([0-9]{1,10})(?:-([0-9]{1,10}))?$/.exec(word);
  const low = Number(match?.[1]);
  const high = Number(match?.[2] ?? match?.[1]);
  if (match === null || low > high || high > max) throw new Refused(`${word} is not a range`, "unreadable");
  return [low, high];
}

/** The kernel compares everything, the protocol that installed it included, but not where a goto leads. */
export function sameRule(a: Rule, b: Rule): boolean {
  return a.priority === b.priority && a.origin === b.origin && selectorsOf(a) === selectorsOf(b);
}

/** Selectors, action and suppressors as a text that is equal where they are; a goto is the same wherever it leads. */
export function selectorsOf(rule: Rule): string {
  let text = selectors.get(rule);
  if (text === undefined) selectors.set(rule, (text = writeSelectors(rule)));
  return text;
}

const selectors = new WeakMap<Rule, string>();

function writeSelectors(rule: Rule): string {
  const action = rule.action.kind === "lookup" ? `lookup ${rule.action.table}` : rule.action.kind;
  const { from, to } = rule;
  return JSON.stringify([
    rule.not,
    from === undefined ? "" : `${from.value}/${from.length}`,
    to === undefined ? "" : `${to.value}/${to.length}`,
    rule.iif,
    rule.oif,
    rule.mark,
    rule.tos || undefined,
    rule.uids,
    rule.protocol,
    rule.sourcePorts,
    rule.destinationPorts,
    rule.tunnelId,
    rule.l3mdev,
    action,
    rule.suppressPrefixLength,
    rule.suppressGroup,
    rule.unmodelled,
  ]);
}

/** Whether a rule is one that `rule del` with these words takes: what is not given is not asked for. */
function fits(given: Given, rule: Rule): boolean {
  const prefix = (key: "from" | "to"): boolean =>
    given[key] === undefined || (rule[key] !== undefined && samePrefix(given[key], rule[key]));
  const value = (
    key: "iif" | "oif" | "origin" | "priority" | "protocol" | "suppressGroup" | "suppressPrefixLength",
  ): boolean => given[key] === undefined || given[key] === rule[key];
  const action =
    given.action === undefined ||
    (given.action.kind === rule.action.kind &&
      (given.action.kind !== "lookup" ||
        rule.action.kind !== "lookup" ||
        given.action.table === rule.action.table) &&
      (given.action.kind !== "goto" ||
        rule.action.kind !== "goto" ||
        given.action.priority === rule.action.priority));
  const mark =
    given.mark === undefined || (rule.mark?.value === given.mark.value && rule.mark.mask === given.mark.mask);
  return (
    prefix("from") &&
    prefix("to") &&
    mark &&
    action &&
    (given.not === undefined || rule.not) &&
    (
      ["iif", "oif", "origin", "priority", "protocol", "suppressGroup", "suppressPrefixLength"] as const
    ).every(value)
  );
}
