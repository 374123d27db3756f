import { Family } from "../../net/address";
import { dissects, isDefault, isUnconditional } from "../steps";
import { selectorsOf } from "../read/batch-rules";
import { LinuxState, Route, Rule, Table } from "../state";

/**
 * What of a state can have a part in a lookup of one family: the rules that a walk can come to, and the routes of the
 * tables they look at. Two states with equal effects answer every packet alike.
 */
export class Effect {
  /** Rules that can be reached, each with what comes after it and where it jumps. */
  private readonly walk: string;
  private readonly routes: readonly Route[];
  private readonly rest: string;

  constructor(
    private readonly state: LinuxState,
    family: Family,
  ) {
    const rules = state.rules[family];
    const reached = reachable(rules);
    this.walk = reached.text;
    const tables = new Set<number>([Table.local, Table.main]);
    let groups = false;
    let vrf = false;
    for (const { action, suppressGroup, l3mdev } of reached.rules) {
      if (action.kind === "lookup") tables.add(action.table);
      groups ||= suppressGroup !== undefined;
      vrf ||= l3mdev;
    }
    if (vrf) for (const { vrfTable } of state.links) if (vrfTable !== undefined) tables.add(vrfTable);
    const all = state.routes[family];
    this.routes = all.filter((route) => tables.has(route.table));
    this.rest = JSON.stringify([
      isDefault(rules, family),
      // These two look at all rules and all routes.
      dissects(rules),
      all.some(({ type, origin }) => type === "local" && origin !== KERNEL),
      // A group counts where a rule asks for it.
      groups ? state.links : state.links.map((link) => ({ ...link, group: 0 })),
    ]);
  }

  equals(other: Effect): boolean {
    return (
      this.walk === other.walk &&
      this.rest === other.rest &&
      this.state.addresses === other.state.addresses &&
      this.state.sysctls === other.state.sysctls &&
      this.routes.length === other.routes.length &&
      this.routes.every((route, i) => route === other.routes[i])
    );
  }
}

/** RTPROT_KERNEL. */
const KERNEL = 2;

/** The rules to which some packet can come, if their selectors let it: jumps that are certain are followed. */
function reachable(rules: readonly Rule[]): { rules: readonly Rule[]; text: string } {
  const places = new Map<number, number>();
  rules.forEach(({ priority }, i) => {
    if (!places.has(priority)) places.set(priority, i);
  });
  const target = (position: number): number => {
    const { action } = rules[position];
    const place = action.kind === "goto" ? (places.get(action.priority) ?? -1) : -1;
    return place > position ? place : -1;
  };
  /** The first rule from a position on that does more than lead to another one. */
  const next = (position: number): number => {
    let at = position;
    while (at < rules.length) {
      const { action } = rules[at];
      const jump = target(at);
      if (action.kind === "nop" || (action.kind === "goto" && jump < 0)) at++;
      else if (action.kind === "goto" && isUnconditional(rules[at])) at = jump;
      else return at;
    }
    return at;
  };
  const found = new Map<number, { after: number; led: number }>();
  const begin = next(0);
  const waiting = [begin];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at >= rules.length || found.has(at)) continue;
    const refuses = ["unreachable", "prohibit", "blackhole"].includes(rules[at].action.kind);
    const after = refuses && isUnconditional(rules[at]) ? rules.length : next(at + 1);
    const jump = target(at);
    const led = jump < 0 ? rules.length : next(jump);
    found.set(at, { after, led });
    waiting.push(after, led);
  }
  const order = [...found.keys()].sort((a, b) => a - b);
  const numbers = new Map(order.map((at, n) => [at, n]));
  const lines = order.map((at) => {
    const { after, led } = found.get(at)!;
    return `${selectorsOf(rules[at])} ${numbers.get(after)} ${numbers.get(led)}`;
  });
  return { rules: order.map((at) => rules[at]), text: [numbers.get(begin), ...lines].join("\n") };
}
