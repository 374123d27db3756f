import { isAlways } from "../chains";
import { CompiledRoute, DETACHED, FamilyModel, Step } from "../model";
import { selectorsOf } from "../read/batch-rules";
import { Route, Rule } from "../state";
import { describeRoute, describeRule, tableName } from "../text";
import { Claim } from "./claim";
import { Scope } from "./scope";

/**
 * P9: what is there does something, and nothing is left to chance. Each rule, and each table that a managed source
 * looks at, counts as one class.
 */
export function proveHygiene(scope: Scope, claim: Claim): void {
  const family = scope.model[scope.family];
  checkDead(family, claim);
  checkDoubled(family, claim);
  checkUnresolved(family, claim);
  checkTables(scope, claim);
}

/** A rule that stands in no chain is reached by no packet, whatever its source. */
function checkDead(family: FamilyModel, claim: Claim): void {
  const alive = new Set<number>();
  for (const chain of [...family.chains, family.chainWithoutSource]) {
    for (const step of chain.steps) alive.add(step.position);
  }
  for (const step of family.steps) {
    claim.classes++;
    const detached = !step.not && (step.iif === DETACHED || step.oif === DETACHED);
    // Jumps and their targets shape the walk without standing in a chain.
    // The kernel's own may be left nothing by a policy for all traffic.
    if (!detached && step.rule.origin === KERNEL) continue;
    if (!detached && (step.act === "nop" || step.act === "goto" || alive.has(step.position))) continue;
    const name = `rule "${describeRule(step.rule)}"`;
    claim.fault({
      expected: "every rule can be reached by some packet",
      got: detached ? `${name} names a device that is not there` : `${name} is reached by none`,
      blame: name,
      fix: "remove the rule, or the one before it that leaves nothing for it",
    });
  }
}

/** RTPROT_KERNEL. */
const KERNEL = 2;

function checkDoubled(family: FamilyModel, claim: Claim): void {
  const known = new Map<string, Rule>();
  for (const { rule } of family.steps) {
    const key = `${rule.priority} ${selectorsOf(rule)}`;
    const first = known.get(key);
    if (first === undefined) {
      known.set(key, rule);
      continue;
    }
    const words = describeRule(rule).replace(/^(\d+):/, "priority $1");
    claim.fault({
      expected: "every rule is there once",
      got: `rule "${describeRule(rule)}" is there twice, installed by protocols ${first.origin} and ${rule.origin}`,
      blame: `rule "${describeRule(rule)}"`,
      fix: `remove one: ip rule del ${words} protocol ${rule.origin}`,
    });
  }
}

function checkUnresolved(family: FamilyModel, claim: Claim): void {
  for (const step of family.steps) {
    if (step.act !== "goto" || step.jump >= 0) continue;
    claim.fault({
      expected: "every goto has a target",
      got: `rule "${describeRule(step.rule)}" leads to a rule that is not there, and so does nothing`,
      blame: `rule "${describeRule(step.rule)}"`,
      fix: "add its target, or remove it",
    });
  }
}

/** Whether a rule may take a route: one that it suppresses by every hop, or, in IPv4, by the first, is none of its. */
function takes({ model, family }: Scope, step: Step, route: CompiledRoute): boolean {
  const looked = family === 4 ? route.hops.slice(0, 1) : route.hops;
  return (
    route.length > step.suppressLength &&
    looked.some(({ device }) => model.devices[device]?.link.group !== step.suppressGroup)
  );
}

/** The steps of a chain that a packet which the host itself sends may come to; forwarded ones come in by a device. */
function ownSteps(steps: readonly Step[], loopback: number): Step[] {
  const reached = new Set([0]);
  return steps.filter((step, i) => {
    if (!reached.has(i)) return false;
    const foreign = step.iif !== -1 && step.iif !== loopback;
    const never = step.not ? isAlways({ ...step, iif: foreign ? step.iif : -1 }) : foreign;
    const leaves = step.act === "goto" || step.act === "reject";
    if (never || !step.always || !leaves) reached.add(i + 1);
    if (!never && step.act === "goto") reached.add(step.jump);
    return !never;
  });
}

/** Equal defaults and multipath in a table that managed sources look at: which hop is taken is chance. */
function checkTables(scope: Scope, claim: Claim): void {
  const family = scope.model[scope.family];
  const shared = (scope.intent.traffic ?? [])
    .filter((t) => t.shared)
    .map(({ use }) => use.map((name) => scope.intent.interfaces.find((i) => i.name === name)?.device));
  const isShared = (route: Route): boolean =>
    shared.some((devices) => route.hops.every((hop) => devices.includes(hop.link)));
  const looked = new Map<number, Step[]>();
  for (const group of scope.groups) {
    for (const step of ownSteps(group.chain.steps, scope.model.loopback)) {
      if (step.act === "lookup") looked.set(step.table, [...(looked.get(step.table) ?? []), step]);
    }
  }
  for (const [id, steps] of looked) {
    const table = family.tables.get(id);
    if (table === undefined) continue;
    claim.classes++;
    table.nodes.forEach((routes) => {
      for (const route of routes) {
        const devices = new Set(route.hops.map((hop) => hop.device));
        if (devices.size > 1 && !isShared(route.route) && steps.some((step) => takes(scope, step, route))) {
          claim.fault({
            expected: "one way for every flow",
            got: `route "${describeRoute(route.route)}" chooses a device by a hash`,
            blame: `table ${tableName(id)}`,
            fix: "give the sources that use the table a single next hop",
          });
        }
        const equal = routes.find(
          (other) => other !== route && other.metric === route.metric && other.tos === route.tos,
        );
        if (route.length === 0 && equal !== undefined && routes.indexOf(equal) > routes.indexOf(route)) {
          claim.fault({
            expected: "one default for every metric",
            got: `"${describeRoute(route.route)}" and "${describeRoute(equal.route)}" have the same metric`,
            blame: `table ${tableName(id)}`,
            fix: "give them different metrics, or remove one",
          });
        }
      }
    });
  }
}
