import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../deliver/argsError";
import { Draft, Pending, pendingPaths } from "../deliver/known";
import { SpecError } from "../model/issue";
import { Plan } from "../model/plan";
import { HostModel, HostSpec } from "../model/spec";
import { buildPlan, normalize, planWarnings } from "../plan";
import { allProved, proveWorlds, stageHost, stagePlan } from "../prove/staged";
import { PlanVerdict, proofIssues } from "../prove/verdict";
import { schematicHost } from "./schematic";
import { PlainHostArgs } from "./spec";

/**
 * The plan of a host that is known whole, proved.
 *
 * @throws ArgsError with a packet for each claim that does not hold: such a plan is never put on a host
 */
export function provedPlan(
  resource: pulumi.Resource,
  subject: string,
  spec: HostSpec,
): { plan: Plan; verdict: PlanVerdict } {
  const host = normalize(spec);
  const plan = buildPlan(host);
  for (const { path, problem, fix } of planWarnings(plan)) {
    void pulumi.log.warn(`${path}: ${problem}. ${fix}.`, resource);
  }
  // Who wants Linux's own ways makes no claim that could be proved.
  if (host.hostModel === HostModel.Weak) return { plan, verdict: PlanVerdict.Unknown };
  const staged = stagePlan(plan, host);
  const proofs = proveWorlds(staged, () => ({ maxWitnesses: 1 }));
  refuse(
    resource,
    subject,
    proofs.flatMap((proof, i) => proofIssues(proof, i === 0 ? undefined : staged.worlds[i - 1].name)),
  );
  if (allProved(proofs)) return { plan, verdict: PlanVerdict.Proved };
  const reasons = proofs
    .flatMap((proof) => proof.reasons)
    .slice(0, 5)
    .join("; ");
  void pulumi.log.warn(`the plan is neither proved nor disproved: ${reasons}`, resource);
  return { plan, verdict: PlanVerdict.Unknown };
}

/**
 * What can be said already of a host of which something is pending. It never fails: what stand-ins disprove may be
 * right with the real values, which are proved once they are known.
 */
export function schematicVerdict(draft: Draft<PlainHostArgs>): PlanVerdict {
  if (pendingPaths(draft).includes("")) return PlanVerdict.Unknown;
  const spec = schematicHost(draft as Exclude<Draft<PlainHostArgs>, Pending>);
  if (spec === undefined) return PlanVerdict.Unknown;
  try {
    return allProved(proveWorlds(stageHost(spec), () => ({ maxWitnesses: 1 })))
      ? PlanVerdict.ProvedSchematically
      : PlanVerdict.Unknown;
  } catch (error) {
    // A stand-in may collide with what is known.
    if (error instanceof SpecError) return PlanVerdict.Unknown;
    throw error;
  }
}
