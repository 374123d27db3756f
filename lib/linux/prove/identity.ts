import { Address } from "../../net/address";
import { InputFlow, OutputFlow } from "../flow";
import { input, output } from "../lookup";
import { Claim } from "./claim";
import { failsClosed } from "./fail-closed";
import { Scope } from "./scope";

/**
 * The host's own addresses, which belong to no interface. P1: what is sent from them leaves by managed interfaces,
 * whichever, or is refused. P2: what comes in for them by any of those, from where there is a way back, is accepted.
 * P6: whatever routes go away, they never leave by a default through what is not managed.
 */
export function proveIdentities(
  scope: Scope,
  egress: Claim | undefined,
  ingress: Claim | undefined,
  closed: Claim | undefined,
): void {
  for (const source of scope.identities) {
    const chain = scope.chainFor(source);
    const claim = egress ?? ingress ?? closed;
    if (claim === undefined) return;
    for (const to of scope.destinations) {
      const expected = scope.expectations.identity(to);
      if (expected.kind === "unclaimed") continue;
      for (const fields of scope.fields(claim, source, to)) {
        const flow: OutputFlow = { to, from: source, anySource: true, ...fields };
        const outcome = output(scope.model, flow);
        if (egress !== undefined && !egress.exhausted) egress.check(flow, outcome, expected);
        if (closed !== undefined && !closed.exhausted && expected.kind === "by")
          failsClosed(scope, closed, { source, chain }, fields, to, expected);
        const answered = outcome.kind === "route" && outcome.type === "unicast";
        if (ingress !== undefined && answered && !fields.uid) arrive(scope, ingress, to, source);
      }
    }
  }
}

function arrive(scope: Scope, claim: Claim, from: Address, to: Address): void {
  if (scope.expectations.deviceBehind(from) !== undefined) return;
  for (const { device: iif, addresses } of scope.intent.interfaces) {
    // By a device without an address of the family the kernel takes nothing.
    if (!addresses.some(({ address }) => address.family === scope.family)) continue;
    if (claim.exhausted) return;
    const flow: InputFlow = { to, from, iif };
    claim.check(flow, input(scope.model, flow), { kind: "local" });
  }
}
