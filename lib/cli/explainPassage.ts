import { Intent, LinuxState, Outcome, Traced, compile, describeOutcome } from "../linux";
import { Address, formatAddress, sameAddress } from "../net/address";
import { contains } from "../net/prefix";
import { Exchange } from "../prove/exchange";
import { Passage, PassageResult, followPassage } from "../prove/passage";
import { named, para, title, worldText } from "./explainText";
import { UserError, printable } from "./io";
import { Scene } from "./scene";
import { traceLines } from "./traceText";

/** A request through the host and its answer, with everything that can be said of it. */
export interface ExplainedPassage {
  readonly scene: Scene;
  readonly exchange: Exchange;
  readonly result: PassageResult;
}

/**
 * Follows what the host forwards: who asks gives where his request comes in, and whom he asks the host does not have.
 *
 * @returns undefined when one of the two is the host's
 * @throws UserError when something of a socket of the host's is asked for
 */
export function passage(scene: Scene, exchange: Exchange): ExplainedPassage | undefined {
  const { asker, local: asked, peer, arrival, protocol, port, user, bound } = exchange;
  if (asker !== "peer" || asked === undefined || arrival === undefined) return undefined;
  if (asked.family !== peer.family || isOwn(scene, asked)) return undefined;
  if (user !== undefined || bound !== undefined)
    throw new UserError(
      `${bound === undefined ? "--user" : "--bind"}: what the host forwards is of no socket of its own; leave it out`,
    );
  const mark = exchange.mark ?? markOf(scene, arrival);
  const followed: Passage = {
    asker: peer,
    asked,
    arrival,
    ...(protocol !== undefined && { protocol }),
    ...(port !== undefined && { port }),
    ...(mark !== undefined && { mark }),
  };
  const model = compile(marksCounted(scene));
  return { scene, exchange, result: followPassage(model, followed, true) };
}

function isOwn({ state, survey: { intent } }: Scene, address: Address): boolean {
  return (
    state.routes[address.family].some(({ type, to }) => type === "local" && contains(to, address)) ||
    [
      ...intent.interfaces.flatMap((one) => one.addresses.map((own) => own.address)),
      ...(intent.identities ?? []),
    ].some((own) => sameAddress(own, address))
  );
}

/** What the host's plan has nftables mark connections with that come in there (policy.trackConnections). */
function markOf({ survey: { intent } }: Scene, arrival: string): number | undefined {
  const name = intent.interfaces.find(({ device }) => device === arrival)?.name;
  return intent.connections?.find((one) => one.interface === name)?.mark;
}

/** Where a plan marks connections, its program has the reverse path check look at marks (src_valid_mark). */
function marksCounted({ world, state, survey: { intent } }: Scene): LinuxState {
  const seen = world?.vrf?.state ?? state;
  if ((intent.connections ?? []).length === 0) return seen;
  const counted = intent.interfaces.map(({ device }) => [`ipv4/conf/${device}/src_valid_mark`, 1] as const);
  return { ...seen, sysctls: { ...seen.sysctls, ...Object.fromEntries(counted) } };
}

const VERDICTS: Readonly<Record<PassageResult["verdict"], string>> = {
  symmetric: "symmetric: the same way in both directions",
  "another way": "not symmetric",
  dropped: "the request is not sent on",
  "answer dropped": "the answer is not sent on",
  unknown: "unknown",
};

/** As a person reads it: the verdict, what was not looked at, then there and back, rule by rule. */
export function passageText({ scene, exchange, result }: ExplainedPassage): string {
  const { request, answers, verdict, passage: asked } = result;
  const { intent } = scene.survey;
  const comesIn = named(asked.arrival, intent);
  const asks = title({ exchange, local: exchange.local });
  const parts = [
    para(`${worldText(scene)}${asks}, through the host: ${VERDICTS[verdict]}.`),
    para(unseen(scene, asked)),
    wayLines(`The request comes in by ${comesIn}, and`, request, intent),
    ...answers.map(({ device, way }) =>
      wayLines(
        `The answer, where it comes in by ${named(device, intent)},`,
        way,
        intent,
        goesBack(way.outcome, asked) ? ", as it should" : `; right would be by ${comesIn}`,
      ),
    ),
  ];
  return printable(`${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`);
}

/** It is routing alone that is followed. */
function unseen({ state, survey: { intent } }: Scene, { asker, mark }: Passage): string {
  const known =
    "These are rules and routes alone. What nft and iptables refuse or translate is not known here: the addresses are " +
    "those that routing sees, of a published port the container's.";
  if (mark !== undefined) {
    const planned = (intent.connections ?? []).some((one) => one.mark === mark);
    const whose = planned ? ", which the plan gives to connections that come in there" : "";
    return `${known} Both packets have the mark 0x${mark.toString(16)}${whose}.`;
  }
  const asking = state.rules[asker.family].find(
    (rule) => rule.mark !== undefined && !rule.not && rule.mark.value !== 0,
  );
  return asking === undefined
    ? known
    : `${known} Rules look at marks, as 0x${asking.mark!.value.toString(16)}: where nft or iptables give one, say so by --mark.`;
}

function goesBack(outcome: Outcome, { arrival }: Passage): boolean {
  return outcome.kind === "route" && outcome.hops.every(({ device }) => device === arrival);
}

function wayLines(what: string, { outcome, steps }: Traced, intent: Intent, judged = ""): string[] {
  return [...para(`${what} ${leaves(outcome, intent)}${judged}.`), ...traceLines(steps, "  ")];
}

function leaves(outcome: Outcome, intent: Intent): string {
  if (outcome.kind !== "route" || outcome.type !== "unicast")
    return `is not sent on: ${describeOutcome(outcome)}`;
  return outcome.hops
    .map(
      ({ device, via }) =>
        `leaves by ${named(device, intent)} ${via === undefined ? "directly" : `via ${formatAddress(via)}`}`,
    )
    .join(", or ");
}

/** The same as plain JSON. */
export function passageJson({ scene, exchange, result }: ExplainedPassage): object {
  const way = ({ outcome, steps }: Traced): object => ({
    outcome: describeOutcome(outcome),
    trace: steps.map(({ depth, text }) => "  ".repeat(depth) + text),
  });
  return {
    host: scene.host,
    ...(scene.world?.name !== undefined && { world: scene.world.name }),
    flow: `${title({ exchange, local: exchange.local })}, through the host`,
    verdict: result.verdict,
    arrival: result.passage.arrival,
    ...(result.passage.mark !== undefined && { mark: result.passage.mark }),
    request: way(result.request),
    answers: result.answers.map((answer) => ({ arrival: answer.device, ...way(answer.way) })),
  };
}
