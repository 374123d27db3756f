import { Address, formatAddress } from "../../net/address";
import { Outcome } from "../flow";

/** What the intent demands of a packet from an interface's address to a destination. */
export type Expected =
  /** Multicast, broadcast, link-local and what the intent leaves out. */
  | { readonly kind: "unclaimed" }
  | { readonly kind: "local" }
  | { readonly kind: "by"; readonly hops: readonly ExpectedHop[]; readonly refusal: boolean };

export interface ExpectedHop {
  readonly device: string;
  readonly via?: Address;
  /** The device alone is claimed: what lies behind it is not managed. */
  readonly anyGateway?: boolean;
  /** The gateway itself may be reached through itself as well as directly. */
  readonly orDirect?: boolean;
  /** An attached host may be reached by this gateway as well. */
  readonly orVia?: Address;
}

export const UNCLAIMED: Expected = { kind: "unclaimed" };
export const LOCAL: Expected = { kind: "local" };
export const REFUSED: Expected = { kind: "by", hops: [], refusal: true };

/** Whether an outcome is what is expected. Undefined when it cannot be told. */
export function meets(expected: Expected, outcome: Outcome): boolean | undefined {
  if (expected.kind === "unclaimed") return true;
  if (outcome.kind === "unknown") return undefined;
  if (expected.kind === "local") return outcome.kind === "route" && outcome.type === "local";
  if (outcome.kind === "error") return expected.refusal;
  if (outcome.type !== "unicast" || outcome.pretended) return false;
  for (const hop of outcome.hops) {
    let found = false;
    for (const wanted of expected.hops) {
      if (hop.device !== wanted.device) continue;
      if (
        wanted.anyGateway ||
        (wanted.orVia !== undefined && hop.via?.value === wanted.orVia.value) ||
        hop.via?.value === wanted.via?.value ||
        (wanted.orDirect && hop.via === undefined)
      ) {
        found = true;
        break;
      }
    }
    if (!found) return false;
  }
  return true;
}

export function describeExpected(expected: Expected): string {
  if (expected.kind === "unclaimed") return "anything";
  if (expected.kind === "local") return "delivered to the host itself";
  const hops = expected.hops.map((hop) => {
    if (hop.anyGateway) return `by ${hop.device}`;
    return `by ${hop.device} ${hop.via === undefined ? "directly" : `via ${formatAddress(hop.via)}`}`;
  });
  if (expected.refusal) hops.push("refused");
  return hops.length === 0 ? "refused" : hops.join(", or ");
}
