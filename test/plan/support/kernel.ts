import { Plan, PlanFamily, PlanRoute } from "../../../lib/model";
import { Address, Prefix, contains } from "../../../lib/net";
import { address, prefix } from "../../net/support";

/**
 * What the kernel does with one family of a plan, by the definition in ip-rule(8) and with nothing clever: rules one
 * by one, in each table the longest prefix and then the lowest metric. Shares nothing with the planner.
 */

export interface Query {
  readonly from?: string;
  readonly to: string;
  /** Interface a socket is bound to. */
  readonly oif?: string;
  /** Forwarded for somebody else, not sent by the host. */
  readonly forwarded?: boolean;
}

export interface MainRoute {
  readonly to: string;
  /** An interface of the plan, or a device that is none of ours. */
  readonly dev: string;
}

/** "out DEV [via GATEWAY]", "unreachable", or "join" where none of our rules decides. */
export type Answer = string;

export function ask(plan: Plan, family: PlanFamily, query: Query, main: readonly MainRoute[] = []): Answer {
  const to = address(query.to);
  const from = query.from === undefined ? undefined : address(query.from);
  const managed = plan.interfaces.map((i) => i.name);
  let i = 0;
  while (i < family.rules.length) {
    const rule = family.rules[i++];
    // No source yet is 0.0.0.0 in IPv4, and matches no selector at all in IPv6.
    const source = from ?? (to.family === 4 ? address("0.0.0.0") : undefined);
    const matches =
      (rule.from === undefined || (source !== undefined && contains(prefix(rule.from), source))) &&
      (rule.iif === undefined || query.forwarded !== true) &&
      (rule.oif === undefined || rule.oif === query.oif);
    if (matches === (rule.not === true)) continue;
    const { action } = rule;
    if (action.kind === "unreachable") return "unreachable";
    if (action.kind === "goto") {
      if (action.priority === "join") return "join";
      const target = family.rules.findIndex((r) => r.priority === action.priority);
      if (target < i) throw new Error(`goto ${action.priority} leads back or nowhere`);
      i = target;
    } else if (action.kind === "table") {
      const found = lookUp(
        family.routes.filter((r) => r.table === action.table),
        to,
      );
      if (found !== undefined) {
        if (found.type === "unreachable") return "unreachable";
        return `out ${found.dev}${found.via === undefined ? "" : ` via ${found.via}`}`;
      }
    } else if (action.kind === "main") {
      const best = longest(
        main.map((r) => ({ ...r, prefix: prefix(r.to) })),
        to,
      );
      if (best && best.prefix.length > action.minPrefix && !managed.includes(best.dev))
        return `out ${best.dev}`;
    }
  }
  return "join";
}

/** The route of one table that the kernel takes. */
export function lookUp(table: readonly PlanRoute[], to: Address): PlanRoute | undefined {
  const all = table.map((r) => ({ ...r, prefix: destination(r.to, to) }));
  return longest(
    [...all].sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0)),
    to,
  );
}

export function destination(text: string, { family }: Address): Prefix {
  return text === "default" ? { family, value: 0n, length: 0 } : prefix(text);
}

function longest<T extends { prefix: Prefix }>(routes: readonly T[], to: Address): T | undefined {
  let best: T | undefined;
  for (const r of routes) {
    if (contains(r.prefix, to) && (best === undefined || r.prefix.length > best.prefix.length)) best = r;
  }
  return best;
}
