import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHostArgs } from "../args/multiHomedHost";
import { Plan } from "../model/plan";
import { sendsForeignSources } from "../policy/checks";
import { PendingPlan } from "./planned";

/**
 * Warns of interfaces by which the plan sends from addresses of others, while AWS drops that: the plan is right, the
 * kernel does as planned, and the packets are gone all the same.
 */
export function warnOfSourceChecks(
  resource: pulumi.Resource,
  { interfaces }: MultiHomedHostArgs,
  plan: pulumi.Input<Plan | PendingPlan>,
): void {
  const checks = pulumi.all(interfaces.map(({ sourceDestCheck }) => sourceDestCheck));
  pulumi.all([plan, checks]).apply(([planned, values]) => {
    if ("pending" in planned) return;
    const foreign = sendsForeignSources(planned as Plan);
    interfaces.forEach(({ name }, i) => {
      if (!foreign.includes(name) || values[i] === false) return;
      const problem = `AWS drops what ${name} sends from addresses of other interfaces, as the policy has it`;
      const fix = 'Set it to false, or change the policy (such as onLink: "gateway")';
      void pulumi.log.warn(`interfaces[${i}].sourceDestCheck: ${problem}. ${fix}.`, resource);
    });
  });
}
