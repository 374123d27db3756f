import { Intent, Outcome, describeOutcome } from "../linux";
import { describeExpected } from "../linux/prove/expected";
import { formatAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { isDelivered } from "../prove/follower";
import { Cause, causeOf, decisive, isMain, takesRightWay } from "./cause";
import { Finding } from "./findings";

/** A finding in whole sentences, each for one question that a person asks. */
export interface Explanation {
  readonly cause: Cause;
  /** Which flow. */
  readonly flow: string;
  /** Which way it comes in. */
  readonly comesIn: string;
  /** Which way the answer goes, and which it should. */
  readonly goesOut: string;
  /** Why, with the rule and the route. */
  readonly why: string;
  /** What a stateful firewall on either way sees and does. */
  readonly firewalls: string;
}

export function explain(finding: Finding, intent: Intent): Explanation {
  const cause = causeOf(finding, intent);
  return {
    cause,
    flow: flowOf(finding),
    comesIn: comesIn(finding),
    goesOut: goesOut(finding, cause),
    why: why(finding, cause),
    firewalls: firewalls(finding, cause),
  };
}

function placeOf({ kind, network, device, address }: Finding["peer"]): string {
  switch (kind) {
    case "beyond":
      return `hosts beyond the gateways (such as ${formatAddress(address)})`;
    case "attached":
      return `hosts on ${device}'s network ${formatPrefix(network!)} (such as ${formatAddress(address)})`;
    case "routed":
      return `hosts in ${formatPrefix(network!)}, routed by ${device} (such as ${formatAddress(address)})`;
    case "inside":
      return `what is behind ${device}, ${formatPrefix(network!)} (such as ${formatAddress(address)})`;
  }
}

function localsOf({ locals, owner }: Finding): string {
  const shown = locals.slice(0, 4).map(formatAddress).join(", ");
  const more = locals.length > 4 ? ` and ${locals.length - 4} more addresses` : "";
  return `${shown}${more}${owner === undefined ? "" : ` (${owner.device})`}`;
}

function flowOf(finding: Finding): string {
  const place = placeOf(finding.peer);
  switch (finding.kind) {
    case "reply":
      return finding.bothWays
        ? `Between ${place} and ${localsOf(finding)}, whoever asks`
        : `From ${place} to ${localsOf(finding)}`;
    case "own":
      return `From ${localsOf(finding)} to ${place}`;
    case "unbound":
      return `From the host, with an address that the kernel chooses, to ${place}`;
    case "bound":
      return `From a socket bound to ${finding.example.exchange.bound}, without an address, to ${place}`;
  }
}

function comesIn({ kind, peer, example, owner }: Finding): string {
  const what = kind === "reply" ? "The request" : "The answer";
  const by = example.arrival ?? "the interface that owns the address";
  const through =
    peer.kind === "inside" || (peer.kind === "attached" && peer.device === example.arrival)
      ? ""
      : ", from its gateway";
  const { inward } = example;
  if (isShutIn({ owner, peer, example }))
    return `No answer comes in by ${by}, which has no gateway: nobody beyond its own networks knows a way to it.`;
  if (inward === undefined) return `${what} would come in by ${by}${through}.`;
  if (isDelivered(inward.outcome)) return `${what} comes in by ${by}${through}, and is accepted.`;
  if (inward.outcome.kind === "route")
    return `${what} comes in by ${by}${through}, and the host, which does not have the address, sends it on ${waysOf(inward.outcome)}.`;
  if (inward.outcome.kind === "unknown")
    return `${what} comes in by ${by}${through}; whether it is accepted is unknown: ${inward.outcome.because}.`;
  if (isReversePathCheck(inward.outcome)) {
    return (
      `${what} comes in by ${by}${through}, and the host itself drops it, without a word: with ` +
      (isLoose(inward.outcome)
        ? "rp_filter=2 the host must have some way for an answer to it."
        : "rp_filter=1 a packet must come in by the device that an answer to it would leave by.")
    );
  }
  return `${what} comes in by ${by}${through}, and the host drops it: ${describeOutcome(inward.outcome)}.`;
}

/** Whether nothing from the interface should go there, since it has no gateway. */
function isShutIn({
  owner,
  peer,
  example: { expected },
}: Pick<Finding, "owner" | "peer" | "example">): boolean {
  const refused = expected?.kind === "by" && expected.hops.length === 0;
  return refused && owner !== undefined && owner.gateways[peer.address.family] === undefined;
}

function isReversePathCheck(outcome: Outcome): boolean {
  return outcome.kind === "error" && outcome.error === "EXDEV";
}

function isLoose(outcome: Outcome): boolean {
  return outcome.kind === "error" && outcome.check === "rp_filter=2";
}

function goesOut({ kind, verdict, example }: Finding, cause: Cause): string {
  const { outward, expected } = example;
  if (cause === "invalid on arrival") return "There is nothing to answer.";
  const what = kind === "reply" ? "The answer" : "What the host sends";
  const { outcome } = outward;
  const goes = verdict === "dropped" && kind === "reply" ? "would go" : "goes";
  if (outcome.kind === "unknown") return `Which way it goes is unknown: ${outcome.because}.`;
  if (outcome.kind === "error") return `${what} goes nowhere: ${describeOutcome(outcome)}.`;
  if (takesRightWay(example)) return `${what} ${goes} ${waysOf(outcome)}, as it should.`;
  const wanted =
    expected === undefined || expected.kind !== "by" ? "" : `; right would be ${describeExpected(expected)}`;
  return `${what} ${goes} ${waysOf(outcome)}${wanted}.`;
}

function waysOf(outcome: Extract<Outcome, { kind: "route" }>): string {
  return outcome.hops
    .map(({ device, via }) => `by ${device} ${via === undefined ? "directly" : `via ${formatAddress(via)}`}`)
    .join(", or ");
}

function why({ example, peer, owner }: Finding, cause: Cause): string {
  const { outcome } = example.outward;
  const by = `(${decisive(outcome)})`;
  switch (cause) {
    case "default route":
      return outcome.kind === "route" && isMain(outcome)
        ? `It takes the default route of main, which looks at where a packet goes and not at where it is from ${by}.`
        : `It takes the default route of a table that is another interface's ${by}.`;
    case "short cut":
      return `It takes the short cut: the host is attached to that network by another interface, and goes there directly, past both gateways ${by}.`;
    case "forgotten inside":
      return `The address's table is asked before main, and knows nothing of ${peer.device}: what is for it is sent to the network ${by}.`;
    case "ignored inside":
      return `The host ignores what is not managed, ${example.arrival} too (policy.unmanagedRoutes is "ignore"): what is from the address goes by its own table alone ${by}.`;
    case "no next hop":
      return `No table has a route for a socket that is bound to ${example.exchange.bound} alone, so the kernel takes every destination for a neighbour and asks for it by ARP ${by}.`;
    case "captured by a tunnel":
      return `A default route, or half of one, by a tunnel takes it ${by}.`;
    case "another gateway":
      return `The interface is right, the next hop is not ${by}.`;
    case "another route":
      return `A route of another interface takes it ${by}.`;
    case "no way":
      return outcome.kind === "error" ? `${refuserOf(outcome)} ${by}.` : "";
    case "unknown way":
      return "What decides about it was not read, or is not understood here.";
    case "only refused on arrival":
      return `The way out is right; only what comes in by ${example.arrival ?? owner?.device} is refused.`;
    case "unknown on arrival":
      return `The way out is right; only of what comes in by ${example.arrival ?? owner?.device} it is unknown.`;
    case "invalid on arrival":
      return "The kernel takes such a packet for invalid, and looks for no way for an answer.";
  }
}

function refuserOf({ rule, route, check }: Extract<Outcome, { kind: "error" }>): string {
  if (route !== undefined) return "A route refuses it";
  if (rule !== undefined) return "A rule refuses it";
  return check === undefined ? "No rule leads to a route that takes it" : "The kernel refuses it";
}

function firewalls(finding: Finding, cause: Cause): string {
  const { kind, verdict, example, owner, peer } = finding;
  const { outcome } = example.outward;
  if (cause === "invalid on arrival") return "Firewalls see a packet that no host should send.";
  if (outcome.kind === "unknown" || cause === "unknown on arrival")
    return "What firewalls see depends on what is unknown.";
  if (outcome.kind === "error")
    return kind === "reply"
      ? "Firewalls see requests and never an answer: none leaves the host."
      : "No firewall sees anything of it: it never leaves the host.";
  if (cause === "no next hop")
    return "No firewall sees anything of it: nobody answers the ARP request, and nothing is sent.";
  const wrong = outcome.hops.map(({ device }) => device).join(" or ");
  const right = owner?.device ?? example.arrival ?? "the other interface";
  if (cause === "forgotten inside" || cause === "ignored inside") {
    return (
      `What is behind ${peer.device ?? example.arrival} waits for an answer that went out by ${wrong}, where a firewall sees packets of a ` +
      `connection it knows nothing of, to addresses that only this host has.`
    );
  }
  if (cause === "only refused on arrival")
    return kind === "reply"
      ? "Firewalls see requests and no answers."
      : "Firewalls see requests and their answers: it is the host itself that drops these.";
  if (isShutIn(finding)) {
    return (
      `A cloud that checks sources drops what leaves ${wrong} with an address of ${right}. Elsewhere it arrives, with an ` +
      `address to which there is no way back.`
    );
  }
  if (kind === "reply" && verdict === "dropped") {
    const half = `A stateful firewall before ${right} sees requests and never an answer.`;
    if (example.inward === undefined || !isReversePathCheck(example.inward.outcome)) return half;
    return (
      `${half} Were the filter off, one before ${wrong} would see answers to nothing and drop them, and so would a cloud ` +
      `that checks sources.`
    );
  }
  if (wrong === right) {
    return `Firewalls in the gateways see one direction only, and drop what does not fit: ping works, TCP hangs.`;
  }
  const half =
    kind === "reply"
      ? `A stateful firewall before ${right} sees requests and never an answer; one before ${wrong} sees answers to ` +
        `nothing, and drops them.`
      : `A stateful firewall before ${wrong} sees requests and never the answer, which comes by ${right}; one there sees ` +
        `answers to nothing, and drops them.`;
  return `${half} A cloud that checks sources drops what leaves ${wrong} with an address of ${right}.`;
}
