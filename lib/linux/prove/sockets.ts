import { Address, isLinkLocal } from "../../net/address";
import { Outcome, OutputFlow } from "../flow";
import { connectAfter, output } from "../lookup";
import { Claim } from "./claim";
import { Expected, meets } from "./expected";
import { Scope, SourceGroup } from "./scope";
import { IntentInterface } from "./types";

/**
 * P4: a socket without an address. The kernel chooses one, and what then leaves must be what P1 wants of that
 * address; for one lookup (datagrams of IPv4) and for a connection. That nothing is found is no fault of symmetry.
 */
export function proveUnbound(scope: Scope, claim: Claim): void {
  for (const to of scope.destinations) {
    if (scope.expectations.unclaimed(to)) continue;
    for (const fields of scope.fields(claim, undefined, to)) {
      if (claim.exhausted) return;
      const flow: OutputFlow = { to, ...fields };
      checkBoth(scope, claim, flow, undefined);
    }
  }
}

/**
 * P5: a socket bound to an interface's device, without an address or with one of the interface's: it leaves by the
 * device and by its gateway, and never by asking the link for a host that is not on it. Where the interface has no
 * gateway the kernel always does that, and nothing can be claimed. With an address of another interface no route may
 * lead it out; that IPv4 then asks the link for the host, no routing can prevent.
 */
export function proveBound(scope: Scope, claim: Claim): void {
  const { model, family, intent } = scope;
  for (const owner of intent.interfaces) {
    if (owner.gateways[family] === undefined) continue;
    const groups = scope.groups.filter((group) => group.owner === owner && !group.delegated);
    if (groups.length === 0) continue;
    for (const to of scope.destinations) {
      if (strictlyBound(scope, owner, to).kind === "unclaimed") continue;
      for (const fields of scope.fields(claim, undefined, to)) {
        if (claim.exhausted) return;
        const flow: OutputFlow = { to, oif: owner.device, ...fields };
        checkBoth(scope, claim, flow, owner);
      }
    }
    for (const group of scope.groups) if (group.owner !== owner) proveForeign(scope, claim, owner, group);
    for (const group of groups) {
      for (const to of scope.destinations) {
        const expected = strictlyBound(scope, owner, to);
        if (expected.kind === "unclaimed") continue;
        for (const fields of scope.fields(claim, group.source, to)) {
          if (claim.exhausted) return;
          const flow: OutputFlow = { to, from: group.source, oif: owner.device, anySource: true, ...fields };
          claim.check(flow, output(model, flow), expected);
        }
      }
    }
  }
}

function proveForeign(scope: Scope, claim: Claim, owner: IntentInterface, group: SourceGroup): void {
  for (const to of scope.destinations) {
    if (scope.expectations.egress(group.owner, to).kind !== "by") continue;
    const ways = scope.expectations.hopsOf(group.owner, to);
    if (ways.some((hop) => hop.device === owner.device)) continue;
    for (const fields of scope.fields(claim, group.source, to)) {
      if (claim.exhausted) return;
      const flow: OutputFlow = { to, from: group.source, oif: owner.device, anySource: true, ...fields };
      const outcome = output(scope.model, flow);
      claim.classes++;
      if (outcome.kind === "unknown") claim.doubt(outcome);
      else if (outcome.kind === "route" && outcome.type === "unicast" && !outcome.pretended) {
        fail(claim, flow, outcome, "once", `refused: the address belongs to ${group.owner.device}`);
      }
    }
  }
}

/** A datagram, and a connection. No socket of IPv6 leaves it at a lookup that finds nothing (ip6_dst_lookup_tail). */
function checkBoth(scope: Scope, claim: Claim, flow: OutputFlow, bound: IntentInterface | undefined): void {
  const once = output(scope.model, flow);
  const then = connectAfter(scope.model, flow, once);
  const first = then === once;
  if (scope.family === 4) checkChosen(scope, claim, flow, once, "once", bound, true);
  checkChosen(scope, claim, flow, then, scope.family === 6 && first ? "once" : "connect", bound, first);
}

/** A bound socket reaches another address of the host by no device but the loopback, if at all; nothing is claimed. */
function strictlyBound(scope: Scope, owner: IntentInterface, to: Address): Expected {
  const expected = scope.expectations.bound(owner, to);
  return expected.kind === "local" ? { kind: "unclaimed" } : expected;
}

/**
 * Holds the outcome against what the source that was chosen wants.
 *
 * @param first whether it is what the lookup without a source found
 */
function checkChosen(
  scope: Scope,
  claim: Claim,
  flow: OutputFlow,
  outcome: Outcome,
  how: "once" | "connect",
  bound: IntentInterface | undefined,
  first: boolean,
): void {
  claim.classes++;
  if (outcome.kind === "unknown") return claim.doubt(outcome);
  if (outcome.kind === "error") {
    if (bound === undefined) return;
    const expected = strictlyBound(scope, bound, flow.to);
    if (meets(expected, outcome) === false) fail(claim, flow, outcome, how, expected);
    return;
  }
  if (outcome.type !== "unicast") return;
  for (const hop of outcome.hops) {
    const one: Outcome = { ...outcome, hops: [hop] };
    if (hop.source === undefined) {
      if (scope.expectations.managed.has(hop.device)) fail(claim, flow, one, how, "a source address");
      continue;
    }
    const owner = isLinkLocal(hop.source) ? bound : scope.expectations.ownerOf(hop.source);
    // A link-local source is at home on every device; to where it may go with it says the bound device alone.
    if (owner === undefined && isLinkLocal(hop.source)) continue;
    if (owner === undefined) {
      // An address of the host itself, on the loopback, may leave by any link; others belong to their own.
      const leaks = scope.expectations.managed.has(hop.device) && !isHostIdentity(scope, hop.source);
      if (leaks) fail(claim, flow, one, how, `a source address of ${hop.device}`);
      continue;
    }
    // Which way a policy takes it is P11's matter; here the source has to fit that way.
    const fits = bound === undefined && owner.device === hop.device;
    if (fits && first && scope.policies.taker(flow, false) !== undefined) continue;
    const expected =
      bound === undefined ? scope.expectations.egress(owner, flow.to) : strictlyBound(scope, owner, flow.to);
    // With the source that was chosen it is looked up again, and that is for a policy to decide.
    if (bound === undefined && scope.isTaken(claim, { ...flow, from: hop.source })) continue;
    if (bound !== undefined && owner !== bound)
      fail(claim, flow, one, how, `a source address of ${bound.device}`);
    else if (meets(expected, one) === false) {
      const chosen = bound === undefined ? scope.expectations.chosen(owner, flow.to) : expected;
      if (meets(chosen, one) === false) fail(claim, flow, one, how, expected);
    }
  }
}

function isHostIdentity(scope: Scope, source: Address): boolean {
  return (scope.model[scope.family].own.get(source.value) ?? []).includes(scope.model.loopback);
}

function fail(
  claim: Claim,
  flow: OutputFlow,
  outcome: Outcome,
  how: "once" | "connect",
  expected: Expected | string,
): void {
  claim.fail({ flow, outcome, expected, how });
}
