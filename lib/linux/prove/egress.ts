import { formatAddress } from "../../net/address";
import { InputFlow, OutputFlow } from "../flow";
import { input, output } from "../lookup";
import { Claim } from "./claim";
import { Scope, SourceGroup } from "./scope";

/**
 * P1: whatever is sent from an address of an interface, to whomever, with whatever mark, port or user, takes the
 * way that the intent gives it. P3: the answer to what came in takes the device it came in by; here the device alone
 * counts, and a source of another state's making is no excuse.
 */
export function proveEgress(scope: Scope, egress: Claim | undefined, reply: Claim | undefined): void {
  const { model, expectations } = scope;
  if (egress !== undefined) checkPresence(scope, egress);
  for (const group of scope.groups) {
    const { owner, source, delegated } = group;
    if (delegated && egress !== undefined) proveForwarded(scope, group, egress);
    for (const to of scope.destinations) {
      const expected = expectations.egress(owner, to);
      if (expected.kind === "unclaimed") continue;
      for (const fields of scope.fields(egress ?? reply!, source, to)) {
        if (egress?.exhausted || reply?.exhausted) return;
        const flow: OutputFlow = { to, from: source, anySource: true, ...fields };
        if (expected.kind !== "local" && scope.isTaken(egress ?? reply, flow)) continue;
        const outcome = output(model, flow);
        egress?.check(flow, outcome, expected);
        if (reply === undefined || expected.kind !== "by" || expected.refusal) continue;
        // The answer must go where the question came from; behind which gateway is P1's matter.
        const hops = expected.hops.map((hop) => ({ device: hop.device, anyGateway: true }));
        reply.check(flow, outcome, { ...expected, hops });
      }
    }
  }
}

/** What is said of an address that the host does not have is said of another host. */
function checkPresence(scope: Scope, claim: Claim): void {
  for (const owner of scope.intent.interfaces) {
    for (const address of scope.addressesOf(owner)) {
      if (scope.model[scope.family].own.has(address.value)) continue;
      claim.unknowns.add(
        `${formatAddress(address)} of ${owner.name} is not on the host; it was taken as if it were`,
      );
    }
  }
}

/** A delegated prefix may belong to containers: what they send is forwarded, and has to take the same way. */
function proveForwarded(scope: Scope, { owner, source }: SourceGroup, claim: Claim): void {
  const iif = scope.expectations.deviceBehind(source);
  if (iif === undefined || !forwards(scope, iif)) return;
  for (const to of scope.destinations) {
    const expected = scope.expectations.egress(owner, to);
    if (expected.kind !== "by" || expected.hops.some((hop) => hop.device === iif)) continue;
    for (const fields of scope.fieldsIn(claim, source, to)) {
      if (claim.exhausted) return;
      if (fields.uid) continue;
      const flow: InputFlow = { to, from: source, iif, ...fields };
      if (scope.isTaken(claim, flow)) continue;
      claim.check(flow, input(scope.model, flow), expected);
    }
  }
}

function forwards({ model, family }: Scope, device: string): boolean {
  const path = family === 4 ? `ipv4/conf/${device}/forwarding` : "ipv6/conf/all/forwarding";
  return model.state.sysctls[path] === 1;
}
