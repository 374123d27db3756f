import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../deliver/argsError";
import { Inputs, pendingPaths, settle } from "../deliver/known";
import { Plan } from "../model/plan";
import { PlanVerdict } from "../prove/verdict";
import { planDigest, renderProgram } from "../render";
import { packedProgram } from "../render/packed";
import { provedPlan, schematicVerdict } from "./proved";
import { PlainHostArgs, hostIssues, hostSpec } from "./spec";

/** What is worked out of a host's interfaces and policy alone, before anything is put on the host. */
export interface Planned {
  /** The plan; while values are pending `{ pending: [paths] }` in its place. */
  readonly plan: pulumi.Output<Plan | PendingPlan>;
  readonly program: pulumi.Output<string>;
  /** The program as it is sent and recorded: all but the plan compressed. */
  readonly packedProgram: pulumi.Output<string>;
  readonly programDigest: pulumi.Output<string>;
  readonly gatewayBySource: pulumi.Output<Record<string, string>>;
  /** Known at every preview. */
  readonly verdict: pulumi.Output<PlanVerdict>;
}

/** A plan that waits for values: which, by path. */
export interface PendingPlan {
  readonly pending: string[];
}

/**
 * Plans a host as soon as its values are known, and proves the plan before anything is done with it. What is wrong with
 * the known ones fails at once, also at a preview that does not know the others.
 */
export function planned(resource: pulumi.Resource, subject: string, args: Inputs<PlainHostArgs>): Planned {
  const settled = settle(args, (draft): { plan: Plan | PendingPlan; verdict: PlanVerdict } => {
    refuse(resource, subject, hostIssues(draft));
    const pending = pendingPaths(draft);
    if (pending.length > 0) return { plan: { pending }, verdict: schematicVerdict(draft) };
    return provedPlan(resource, subject, hostSpec(draft as PlainHostArgs));
  });
  const plan = settled.apply((value) => value.plan);
  // Pending becomes unknown again: nobody must take a text that is not final for the program.
  const whole = plan.apply((value) => ("pending" in value ? (pulumi.unknown as never) : value));
  const program = whole.apply((value) => renderProgram(value));
  return {
    plan,
    program,
    packedProgram: program.apply((text) => packedProgram(text) as string),
    programDigest: whole.apply((value) => planDigest(value)),
    gatewayBySource: whole.apply(gatewayBySource),
    verdict: settled.apply((value) => value.verdict),
  };
}

/** The next hop of the default route for each source of a plan: addresses as such, prefixes with their length. */
export function gatewayBySource(plan: Plan): Record<string, string> {
  const gateways = new Map(
    [...plan.ipv4.routes, ...plan.ipv6.routes]
      .filter(({ type, to, via }) => type === "unicast" && to === "default" && via !== undefined)
      .map(({ table, via = "" }) => [`${table} ${familyOf(via)}`, via]),
  );
  return Object.fromEntries(
    plan.interfaces.flatMap(({ name, sources }) =>
      sources.flatMap((source) => {
        const via = gateways.get(`${name} ${familyOf(source)}`);
        return via === undefined ? [] : [[source, via]];
      }),
    ),
  );
}

function familyOf(text: string): 4 | 6 {
  return text.includes(":") ? 6 : 4;
}
