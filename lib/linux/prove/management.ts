import { contains, hostPrefix } from "../../net/prefix";
import { InputFlow, OutputFlow } from "../flow";
import { input, output } from "../lookup";
import { Model } from "../model";
import { describeOutcome } from "../text";
import { sameOutcome } from "./capture";
import { Claim } from "./claim";
import { meets } from "./expected";
import { Scope } from "./scope";

/**
 * P8: the management peers reach their address, and the answers go where the intent says or, until then, where they
 * went before: who works on the host now must not be cut off by what is done to it.
 */
export function proveManagement(scope: Scope, claim: Claim, before?: Model, when?: string): void {
  const { model, family, intent, expectations } = scope;
  for (const { peer, local } of intent.management ?? []) {
    if (peer.family !== family || local.family !== family) continue;
    const owner = expectations.ownerOf(local);
    if (owner === undefined) {
      claim.fault({
        expected: "management reaches an address of an interface",
        got: "its local address belongs to none",
        blame: "the intent",
        fix: "name an address of a managed interface",
      });
      continue;
    }
    for (const to of scope.destinations) {
      if (!contains(peer, hostPrefix(to)) || expectations.unclaimed(to)) continue;
      for (const fields of scope.fields(claim, local, to)) {
        if (claim.exhausted) return;
        claim.classes++;
        const flow: OutputFlow = { to, from: local, ...fields };
        const outcome = output(model, flow);
        const expected = expectations.egress(owner, to);
        const met = meets(expected, outcome);
        if (met === undefined) claim.doubt(outcome);
        const then = before === undefined ? undefined : output(before, flow);
        if (met === false && !(then !== undefined && sameOutcome(then, outcome))) {
          const was = then === undefined ? "" : `, or as before: ${describeOutcome(then)}`;
          claim.fail({
            flow,
            outcome,
            expected: was === "" ? expected : `its own way${was}`,
            how: "once",
            after: () => ({ when, state: model.state }),
          });
        }
        if (expected.kind !== "by" || fields.uid) continue;
        for (const hop of expected.hops) {
          claim.classes++;
          const arriving: InputFlow = { to: local, from: to, iif: hop.device, ...fields };
          const accepted = input(model, arriving);
          if (accepted.kind === "unknown") claim.doubt(accepted);
          else if (accepted.kind === "error") {
            claim.fail({
              flow: arriving,
              outcome: accepted,
              expected: { kind: "local" },
              how: "once",
              after: () => ({ when, state: model.state }),
            });
          }
        }
      }
    }
  }
}
