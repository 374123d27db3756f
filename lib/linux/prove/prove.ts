import { Address, FAMILIES, Family } from "../../net/address";
import { compile } from "../compile";
import { Model } from "../model";
import { LinuxState } from "../state";
import { proveNoCapture } from "./capture";
import { Claim } from "./claim";
import { proveEgress } from "./egress";
import { proveFailClosed } from "./fail-closed";
import { proveHygiene } from "./hygiene";
import { proveIdentities } from "./identity";
import { proveIngress } from "./ingress";
import { proveIsolation } from "./isolation";
import { proveManagement } from "./management";
import { Scope } from "./scope";
import { proveBound, proveUnbound } from "./sockets";
import { proveSteps } from "./stability";
import { proveTraffic } from "./traffic";
import { Intent, PROPERTIES, Proof, PropertyId, PropertyResult, ProveOptions, Verdict } from "./types";
import { witnessOf, witnessOfFault } from "./witness";

/**
 * Proves, for every packet there can be, that a host's routing does what is wanted of it, or shows a packet for which
 * it does not. Packets are taken by classes that no rule, route or demand tells apart; what the state leaves open
 * makes a verdict "unknown", never "proved".
 *
 * @example prove(readCapture(text), intent).verdict // "proved"
 */
export function prove(state: LinuxState, intent: Intent, options: ProveOptions = {}): Proof {
  const model = compile(state);
  const before = options.before === undefined ? undefined : compile(options.before);
  const results = FAMILIES.flatMap((family) =>
    concerns(intent, family)
      ? proveFamily(model, family, intent, options, before)
      : hasVrf(state)
        ? proveFamily(model, family, intent, { ...options, properties: ["P12"] }, before)
        : [],
  );
  const reasons = [...new Set(results.flatMap((result) => result.reasons))];
  return { verdict: worst(results.map((result) => result.verdict)), results, reasons };
}

function hasVrf({ links }: LinuxState): boolean {
  return links.some(({ vrfTable }) => vrfTable !== undefined);
}

function concerns(intent: Intent, family: Family): boolean {
  return (
    intent.interfaces.some(
      (i) =>
        i.addresses.some(({ address }) => address.family === family) ||
        i.delegatedPrefixes.some((prefix) => prefix.family === family),
    ) || (intent.identities ?? []).some((address) => address.family === family)
  );
}

function proveFamily(
  model: Model,
  family: Family,
  intent: Intent,
  options: ProveOptions,
  before: Model | undefined,
): PropertyResult[] {
  const wanted = new Set(options.properties ?? (Object.keys(PROPERTIES) as PropertyId[]));
  // Hosts without policies need not hear of them.
  if ((intent.traffic ?? []).length + (intent.connections ?? []).length === 0) wanted.delete("P11");
  if (!hasVrf(model.state)) wanted.delete("P12");
  const claims = new Map<PropertyId, Claim>();
  const scope = new Scope(model, family, intent, before, options.only);
  const ranks = new Map(scope.destinations.map(({ value }, i) => [value, i / scope.destinations.length]));
  const rank = (peer: Address): number => ranks.get(peer.value) ?? 0;
  for (const property of wanted) {
    const { maxWitnesses = 3, maxClasses = 2_000_000 } = options;
    claims.set(property, new Claim(property, family, maxWitnesses, maxClasses, rank));
  }
  const { P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12 } = Object.fromEntries(claims) as Partial<
    Record<PropertyId, Claim>
  >;
  if (P1 !== undefined || P3 !== undefined) proveEgress(scope, P1, P3);
  if (P2 !== undefined) proveIngress(scope, P2);
  if (P4 !== undefined) proveUnbound(scope, P4);
  if (P5 !== undefined) proveBound(scope, P5);
  if (P6 !== undefined) proveFailClosed(scope, P6);
  proveIdentities(scope, P1, P2, P6);
  if (P7 !== undefined && before !== undefined) {
    proveNoCapture(scope, before, P7);
  } else if (P7 !== undefined) P7.skipped = "no earlier state was given to compare with";
  if (P8 !== undefined) proveManagement(scope, P8, before);
  if (P8 !== undefined && P8.classes === 0) P8.skipped = "no management peer of this family was given";
  if (P9 !== undefined) proveHygiene(scope, P9);
  if (P11 !== undefined) proveTraffic(scope, P11);
  if (P12 !== undefined) proveIsolation(scope, P12);
  const management = P8?.skipped === undefined ? P8 : undefined;
  if (
    options.before !== undefined &&
    options.steps !== undefined &&
    (P10 !== undefined || management !== undefined)
  ) {
    proveSteps(options.before, family, intent, options.steps, P10, management);
  } else if (P10 !== undefined) P10.skipped = "no steps from an earlier state were given";
  return [...claims.values()].map((claim) => resultOf(claim, model.state, before?.state));
}

/** Properties that hold a state against the one before, and so depend on what was not understood of that, too. */
const COMPARING: readonly PropertyId[] = ["P7", "P10"];

function resultOf(claim: Claim, state: LinuxState, before: LinuxState | undefined): PropertyResult {
  const all = COMPARING.includes(claim.property) ? [...(before?.gaps ?? []), ...state.gaps] : state.gaps;
  const gaps = new Set(all.map((gap) => `${gap.where}, ${gap.position}: ${gap.problem}`));
  const reasons = [...claim.unknowns, ...gaps];
  const { property, family, classes, failing } = claim;
  if (claim.skipped !== undefined && failing === 0) {
    return {
      property,
      family,
      verdict: "skipped",
      classes,
      witnesses: [],
      failing,
      reasons: [claim.skipped],
      excepted: [],
    };
  }
  const witnesses = [
    ...claim.failures.map((failure) => witnessOf(claim, failure, state)),
    ...claim.faults.map((fault) => witnessOfFault(claim, fault)),
  ];
  const verdict = failing > 0 ? "witness" : reasons.length > 0 ? "unknown" : "proved";
  return { property, family, verdict, classes, witnesses, failing, reasons, excepted: exceptionsOf(claim) };
}

function exceptionsOf({ exceptions }: Claim): string[] {
  return [...exceptions].map(([what, classes]) => `${what} (${classes} classes of packets)`);
}

const ORDER: readonly Verdict[] = ["skipped", "proved", "unknown", "witness"];

function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((a, b) => (ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b), "skipped");
}
