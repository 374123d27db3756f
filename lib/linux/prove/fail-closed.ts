import { Address } from "../../net/address";
import { contains } from "../../net/prefix";
import { OutputFlow } from "../flow";
import { ANY_DEVICE, CompiledRoute, CompiledTable, Model, Probe } from "../model";
import { matches } from "../rules";
import { LinuxState, Route } from "../state";
import { describeRoute } from "../text";
import { Claim } from "./claim";
import { Expected } from "./expected";
import { Fields } from "./classes";
import { Scope, SourceGroup } from "./scope";

/**
 * P6: whatever routes go away, by a flap, a flush, a lost carrier or by hand, and however many of them at once: a
 * source never leaves by an interface that is not its own. Every route on the way through the rules that holds the
 * destination is the answer once all before it are gone, so each of them is looked at; the walk ends only where a
 * rule refuses, for rules stay.
 */
export function proveFailClosed(scope: Scope, claim: Claim): void {
  for (const group of scope.groups) {
    for (const to of scope.destinations) {
      for (const fields of scope.fields(claim, group.source, to)) {
        if (claim.exhausted) return;
        const expected = scope.expectations.egress(group.owner, to);
        if (expected.kind !== "by") continue;
        if (scope.isTaken(claim, { to, from: group.source, ...fields })) continue;
        failsClosed(scope, claim, group, fields, to, expected);
      }
    }
  }
}

/** A source; without an owner it may leave by every managed interface. */
type Sender = Pick<SourceGroup, "source" | "chain"> & Partial<Pick<SourceGroup, "owner">>;

/** One class of P6. */
export function failsClosed(
  scope: Scope,
  claim: Claim,
  group: Sender,
  fields: Fields,
  to: Address,
  expected: Extract<Expected, { kind: "by" }>,
): void {
  claim.classes++;
  const leak = findLeak(scope, group, fields, to, expected, claim);
  if (leak === undefined) return;
  const flow: OutputFlow = { to, from: group.source, anySource: true, ...fields };
  const { state } = scope.model;
  claim.fail({
    flow,
    expected: { ...expected, refusal: true },
    how: "once",
    after: () => {
      const left = withoutRivals(state, leak.tables, leak.route, to);
      const gone = state.routes[scope.family].filter((route) => !left.routes[scope.family].includes(route));
      return {
        state: left,
        ...(gone.length > 0 && { when: `after ${describeGone(gone)} went away` }),
      };
    },
  });
}

interface Leak {
  readonly route: Route;
  /** Tables that were looked at before, and that of the leak. */
  readonly tables: ReadonlySet<number>;
}

const probe = new Probe();

function findLeak(
  scope: Scope,
  group: Sender,
  fields: Fields,
  to: Address,
  expected: Extract<Expected, { kind: "by" }>,
  claim: Claim,
): Leak | undefined {
  const { model, family } = scope;
  fill(model, family, group.source, to, fields);
  const { steps } = group.chain;
  const tables = new Set<number>();
  for (let i = 0; i < steps.length;) {
    const step = steps[i++];
    const match = step.always ? "yes" : matches(step, probe);
    if (match === "no") continue;
    if (match === "unclear") {
      claim.unknowns.add(`rule ${step.rule.priority} has ${step.rule.unmodelled.join(", ")}`);
      return undefined;
    }
    if (step.act === "reject") return undefined;
    if (step.act === "goto") i = step.jump;
    if (step.act !== "lookup") continue;
    const table = model[family].tables.get(step.table);
    if (table === undefined) continue;
    tables.add(table.id);
    for (const route of candidates(table, to, group.source)) {
      if (route.unclear) {
        claim.unknowns.add(`route "${describeRoute(route.route)}" has ${route.route.unmodelled.join(", ")}`);
        continue;
      }
      if (route.type !== "unicast" || route.length <= step.suppressLength) continue;
      // IPv6 has none with a TOS.
      if (route.tos !== 0 && route.tos !== (probe.tos & 0x1c)) continue;
      for (const hop of route.hops) {
        const device = model.devices[hop.device];
        // Of several hops IPv4 looks at the group of the first (fib4_rule_suppress).
        const looked = family === 4 ? model.devices[route.hops[0].device] : device;
        if (!hop.usable || device === undefined || looked?.link.group === step.suppressGroup) continue;
        if (leaksBy(scope, group, device.link.name, route, to, expected))
          return { route: route.route, tables };
      }
    }
  }
  return undefined;
}

/** By an interface that is managed and not the source's own, or through what is not: a default, or any where none counts. */
function leaksBy(
  scope: Scope,
  { owner }: Sender,
  device: string,
  route: CompiledRoute,
  to: Address,
  expected: Extract<Expected, { kind: "by" }>,
): boolean {
  if (device === owner?.device || expected.hops.some((hop) => hop.device === device)) return false;
  // What is direct stays so when a finer way is gone.
  if (owner !== undefined && scope.expectations.hopsOf(owner, to).some((hop) => hop.device === device))
    return false;
  if (scope.expectations.managed.has(device)) return owner !== undefined;
  if (scope.intent.unmanagedRoutes === "ignore") return true;
  return route.length <= (scope.intent.unmanagedLongerThan ?? { 4: 1, 6: 3 })[scope.family];
}

/** All routes of a table that hold the destination, longest first. */
function* candidates(table: CompiledTable, to: Address, source: Address): Iterable<CompiledRoute> {
  const { index, nodes } = table;
  for (let node = index.longest(to); node >= 0; node = index.parent[node]) {
    yield* nodes[node];
    const subtree = table.subtrees?.[node];
    if (subtree === undefined) continue;
    let inner = subtree.index.longest(source);
    for (; inner >= 0; inner = subtree.index.parent[inner]) yield* subtree.nodes[inner];
  }
}

function fill(model: Model, family: 4 | 6, source: Address, to: Address, fields: Fields): void {
  probe.family = family;
  probe.dst4 = Number(to.value);
  probe.src4 = Number(source.value);
  probe.dst6 = to.value;
  probe.src6 = source.value;
  probe.hasSource = true;
  probe.iif = model.loopback;
  probe.oif = ANY_DEVICE;
  probe.mark = (fields.mark ?? 0) | 0;
  probe.tos = fields.tos ?? 0;
  probe.uid = fields.uid ?? 0;
  probe.protocol = fields.protocol ?? 0;
  probe.sport = fields.sourcePort ?? 0;
  probe.dport = fields.destinationPort ?? 0;
  probe.l3mdev = ANY_DEVICE;
}

/** The state in which, of the routes to the destination in these tables, this one alone is left. */
function withoutRivals(state: LinuxState, tables: ReadonlySet<number>, keep: Route, to: Address): LinuxState {
  const { family } = to;
  const routes = state.routes[family].filter(
    (route) => route === keep || !tables.has(route.table) || !contains(route.to, to),
  );
  return { ...state, routes: { ...state.routes, [family]: routes } };
}

function describeGone(routes: readonly Route[]): string {
  const shown = routes.slice(0, 3).map((route) => `"${describeRoute(route)}"`);
  const more = routes.length > 3 ? ` and ${routes.length - 3} more` : "";
  return `${shown.join(", ")}${more}`;
}
