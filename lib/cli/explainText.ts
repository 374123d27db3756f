import { Intent, Outcome, Traced, describeOutcome } from "../linux";
import { describeExpected } from "../linux/prove/expected";
import { protocolName } from "../linux/text";
import { formatAddress, sameAddress } from "../net/address";
import { ExchangeResult } from "../prove/exchange";
import { Explained } from "./explainFlow";
import { printable } from "./io";
import { wrap } from "./layout";
import { Scene } from "./scene";
import { traceLines } from "./traceText";

const VERDICTS: Readonly<Record<ExchangeResult["verdict"], string>> = {
  symmetric: "symmetric: the same way in both directions",
  "another way": "not symmetric",
  refused: "refused by the host's own routing",
  dropped: "dropped by the host on arrival",
  unknown: "unknown",
  "not judged": "not judged: nobody says which way is right",
};

/** An identity has as many ways as the host has links. */
function verdictOf({ verdict, local, policy, inward }: ExchangeResult, { identities = [] }: Intent): string {
  if (verdict === "dropped" && inward?.outcome.kind === "route")
    return "sent on by the host, which does not have the address";
  if (policy?.met && (verdict === "another way" || verdict === "refused"))
    return `${VERDICTS[verdict]}, as ${policy.by} wants it`;
  const everyWay = local !== undefined && identities.some((one) => sameAddress(one, local));
  return verdict === "symmetric" && everyWay
    ? "right: the identity comes and goes by every link"
    : VERDICTS[verdict];
}

/** An exchange as a person reads it: first the verdict, then there and back, rule by rule. */
export function explanationText({ scene, result, fault }: Explained): string {
  const { intent } = scene.survey;
  const { exchange, inward, outward } = result;
  const there = exchange.asker === "peer" ? inward : outward;
  const parts = [
    para(`${worldText(scene)}${title(result)}: ${verdictOf(result, intent)}.`),
    ...(fault === undefined
      ? []
      : [[...para(fault.comesIn), ...para(fault.goesOut), ...para(fault.why), ...para(fault.firewalls)]]),
    ...unanswered(result, fault !== undefined, intent),
    ...[inward, outward]
      .sort((a) => (a === there ? -1 : 1))
      .flatMap((way) =>
        way === undefined ? [] : [wayLines(way, way === inward, way === there, result, intent)],
      ),
  ];
  return printable(`${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`);
}

/** Whoever says where the answer comes in is told when none does; a fault says so itself. */
function unanswered(
  { exchange: { asker, arrival }, inward }: ExchangeResult,
  told: boolean,
  intent: Intent,
): string[][] {
  if (asker === "peer" || arrival === undefined || inward !== undefined || told) return [];
  return [para(`No answer comes in by ${named(arrival, intent)}, since the request does not leave.`)];
}

/** Which world it is, where there are several. */
export function worldText({ world }: Scene): string {
  if (world === undefined) return "";
  if (world.name === undefined) return "In the host's own world, ";
  return `In world ${world.name}${world.vrf === undefined ? "" : " (a VRF)"}, `;
}

export function para(text: string): string[] {
  return wrap("", text.split(" "), "  ");
}

export function title({ exchange, local }: Pick<ExchangeResult, "exchange" | "local">): string {
  const ours = local === undefined ? "the host" : formatAddress(local);
  const peer = formatAddress(exchange.peer);
  const [asker, asked] = exchange.asker === "peer" ? [peer, ours] : [ours, peer];
  const what = [
    ...(exchange.protocol === undefined ? [] : [protocolName(exchange.protocol)]),
    ...(exchange.port === undefined ? [] : [`port ${exchange.port}`]),
    ...(exchange.user === undefined ? [] : [`user ${exchange.user}`]),
    ...(exchange.mark === undefined ? [] : [`mark 0x${exchange.mark.toString(16)}`]),
    ...(exchange.bound === undefined ? [] : [`bound to ${exchange.bound}`]),
  ].join(" ");
  return `${asker} asks ${asked}${what === "" ? "" : `, ${what}`}`;
}

function wayLines(
  way: Traced,
  inward: boolean,
  first: boolean,
  result: ExchangeResult,
  intent: Intent,
): string[] {
  const what = first ? "The request" : "The answer";
  const text = inward
    ? `${what} comes in by ${named(result.arrival, intent)}: ${describeOutcome(way.outcome)}.`
    : `${what} ${leaves(way.outcome, intent)}${should(result)}.`;
  return [...para(text), ...traceLines(way.steps, "  ")];
}

/** An interface by its logical name, with its device where that differs. */
export function named(device: string | undefined, { interfaces }: Intent): string {
  const iface = interfaces.find((one) => one.device === device);
  return iface === undefined || iface.name === device ? `${device}` : `${iface.name} (${device})`;
}

function leaves(outcome: Outcome, intent: Intent): string {
  if (outcome.kind !== "route") return `does not leave: ${describeOutcome(outcome)}`;
  if (outcome.type === "local") return "stays on the host";
  return outcome.hops
    .map(
      ({ device, via }) =>
        `leaves by ${named(device, intent)} ${via === undefined ? "directly" : `via ${formatAddress(via)}`}`,
    )
    .join(", or ");
}

function should({ verdict, expected, policy, outward: { outcome } }: ExchangeResult): string {
  if (outcome.kind === "route" && outcome.type === "local") return "";
  if (policy !== undefined)
    return policy.met
      ? `, as ${policy.by} wants`
      : `; ${policy.by} wants it ${describeExpected(policy.expected)}`;
  if (verdict === "symmetric") return ", as it should";
  return expected?.kind === "by" && verdict === "another way"
    ? `; right would be ${describeExpected(expected)}`
    : "";
}

/** The same as plain JSON. */
export function explanationJson({ scene, result, fault }: Explained): object {
  const way = (one: Traced | undefined): object | undefined =>
    one && {
      outcome: describeOutcome(one.outcome),
      ...(one.outcome.kind === "route" && {
        hops: one.outcome.hops.map(({ device, via }) => ({
          device,
          ...(via && { via: formatAddress(via) }),
        })),
      }),
      trace: one.steps.map(({ depth, text }) => "  ".repeat(depth) + text),
    };
  return {
    host: scene.host,
    ...(scene.world?.name !== undefined && { world: scene.world.name }),
    flow: title(result),
    verdict: result.verdict,
    ...(result.arrival !== undefined && { arrival: result.arrival }),
    inward: way(result.inward),
    outward: way(result.outward),
    ...(result.expected && { expected: describeExpected(result.expected) }),
    ...(result.policy && {
      policy: {
        by: result.policy.by,
        expected: describeExpected(result.policy.expected),
        met: result.policy.met,
      },
    }),
    ...(fault && { fault }),
  };
}
