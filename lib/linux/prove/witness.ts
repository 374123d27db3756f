import { formatAddress } from "../../net/address";
import { compile } from "../compile";
import { InputFlow, Outcome, OutputFlow, Traced } from "../flow";
import { connect, input, output, tracing } from "../lookup";
import { Model } from "../model";
import { LinuxState, Rule } from "../state";
import { describeFlow, describeOutcome, describeRoute, describeRule, tableName } from "../text";
import { Claim, Failure, Fault } from "./claim";
import { ExpectedHop, describeExpected, meets } from "./expected";
import { Witness } from "./types";

/** Makes a failure fit to be shown: the walk through the rules, the object to blame, and what would cure it. */
export function witnessOf(claim: Claim, failure: Failure, state: LinuxState): Witness {
  const { flow, expected, how } = failure;
  const after = failure.after?.();
  const model = compile(after?.state ?? state);
  const traced = tracing(model, flow, how);
  const outcome = failure.outcome ?? traced.outcome;
  const blamed = blame(model, failure, traced);
  return {
    property: claim.property,
    flow,
    direction: "iif" in flow ? "input" : "output",
    packet: describeFlow(flow),
    expected: typeof expected === "string" ? expected : describeExpected(expected),
    got: describeOutcome(outcome),
    outcome,
    trace: traced.steps,
    when: after?.when,
    blame: blamed.text,
    fix: failure.fix ?? cure(failure, traced.outcome, model),
  };
}

export function witnessOfFault(claim: Claim, fault: Fault): Witness {
  return { property: claim.property, packet: "", trace: [], ...fault };
}

/**
 * The object to blame: the first rule on the way without which the flow would go right; else the route or rule that
 * decided; else the lack of one.
 */
function blame(
  model: Model,
  { flow, expected, how }: Failure,
  traced: Traced,
): { text: string; rule?: Rule } {
  const family = flow.to.family;
  const decisive = traced.outcome.kind === "unknown" ? undefined : traced.outcome;
  if (typeof expected !== "string") {
    const { state } = model;
    // Only rules that matched have a part in it; they are few.
    for (const rule of new Set(traced.rules)) {
      const without = {
        ...state,
        rules: { ...state.rules, [family]: state.rules[family].filter((r) => r !== rule) },
      };
      if (meets(expected, look(compile(without), flow, how)) === true) {
        return { text: `rule "${describeRule(rule)}": without it the flow goes right`, rule };
      }
    }
  }
  if (decisive?.kind === "route" && decisive.pretended)
    return { text: "no rule or route answers for the device" };
  if (decisive?.route !== undefined) {
    const by = decisive.rule === undefined ? "" : `, reached by rule "${describeRule(decisive.rule)}"`;
    return { text: `route "${describeRoute(decisive.route)}"${by}` };
  }
  if (decisive?.rule !== undefined)
    return { text: `rule "${describeRule(decisive.rule)}"`, rule: decisive.rule };
  if (decisive?.kind === "error" && decisive.check !== undefined) return { text: decisive.check };
  return { text: "no rule or route answers for it" };
}

function look(model: Model, flow: OutputFlow | InputFlow, how: "once" | "connect"): Outcome {
  if ("iif" in flow) return input(model, flow);
  return how === "connect" ? connect(model, flow) : output(model, flow);
}

function cure(failure: Failure, outcome: Outcome, model: Model): string {
  const { flow, expected } = failure;
  if ("iif" in flow) return cureInput(failure, outcome);
  if (flow.from === undefined) {
    if (flow.oif !== undefined) {
      return `look up the device's own table for sockets bound to it: ip rule add oif ${flow.oif} lookup TABLE`;
    }
    const device = outcome.kind === "route" ? outcome.hops[0]?.device : undefined;
    return device === undefined
      ? "give main a route for it"
      : `give the route of main by ${device} a source of ${device}: src ADDRESS`;
  }
  const from = formatAddress(flow.from);
  const wanted = typeof expected === "string" || expected.kind !== "by" ? undefined : expected.hops[0];
  if (failure.outcome === undefined) {
    return `refuse the source behind its lookups: ip rule add from ${from} unreachable, after the rule of its table`;
  }
  if (wanted === undefined) return `refuse it: ip rule add from ${from} unreachable`;
  if (outcome.kind === "route" && outcome.pretended) {
    return `look up a table for the device: ip rule add oif ${flow.oif ?? wanted.device} lookup TABLE`;
  }
  const table = tableWith(model, wanted);
  const before =
    outcome.kind === "unknown" || outcome.rule === undefined
      ? ""
      : `, before priority ${outcome.rule.priority}`;
  if (table !== undefined) {
    return `let the source look up table ${tableName(table)} first: ip rule add from ${from} lookup ${tableName(table)}${before}`;
  }
  const hop = `${wanted.via === undefined ? "" : ` via ${formatAddress(wanted.via)}`} dev ${wanted.device}`;
  return `give the source a table with a route${hop}, and look it up by ip rule add from ${from} lookup TABLE${before}`;
}

function cureInput({ flow }: Failure, outcome: Outcome): string {
  const device = "iif" in flow ? flow.iif : "?";
  const to = formatAddress(flow.to);
  if (outcome.kind === "error" && outcome.error === "EXDEV") {
    return (
      `make the way back leave by ${device}: ip rule add from ${to} lookup TABLE; ` +
      `rp_filter=2 on ${device} only hides that the answer goes astray`
    );
  }
  if (outcome.kind === "error" && outcome.check?.includes("forward") === true) {
    return `${to} is not an address of the host: add it, or turn forwarding on`;
  }
  return `let the lookup of ${to} find it in table local`;
}

/** A table other than the kernel's own that has the wanted hop for its default. */
function tableWith(model: Model, wanted: ExpectedHop): number | undefined {
  const family = wanted.via?.family ?? 4;
  const route = model.state.routes[family].find(
    ({ table, to, hops }) =>
      (table < 253 || table > 255) &&
      to.length === 0 &&
      hops.length === 1 &&
      hops[0].link === wanted.device &&
      hops[0].via?.value === wanted.via?.value,
  );
  return route?.table;
}
