import { PROPERTIES, Proof } from "../linux";
import { ExchangeResult } from "../prove/exchange";
import { describeOutcome } from "../linux";

/** What is wrong, with the packet that shows it and the steps that it takes. */
export function proofFailure(name: string, proof: Proof): string {
  const failing = proof.results.filter(({ verdict }) => verdict === "witness" || verdict === "unknown");
  const blocks = failing.flatMap(({ property, family, verdict, witnesses, reasons }) => {
    const head = `${property} ${PROPERTIES[property].name}, IPv${family}: ${verdict === "witness" ? "disproved" : "unknown"}`;
    const [witness] = witnesses;
    if (witness === undefined) return [head, ...reasons.map((reason) => `  ${reason}`)];
    return [
      head,
      `  packet    ${witness.packet}`,
      ...(witness.when === undefined ? [] : [`  when      ${witness.when}`]),
      `  expected  ${witness.expected}`,
      `  got       ${witness.got}`,
      `  blame     ${witness.blame}`,
      `  fix       ${witness.fix}`,
      ...steps(witness.trace),
    ];
  });
  const nothing = "it has no interface that is routed, so nothing is proved of it: is its host model weak?";
  return [`host ${name}`, ...blocks, ...(proof.verdict === "skipped" ? [nothing] : [])].join("\n");
}

/** One exchange, there and back. */
export function exchangeFailure(name: string, { outward, inward, verdict }: ExchangeResult): string {
  return [
    `host ${name}: ${verdict}`,
    `  goes      ${describeOutcome(outward.outcome)}`,
    ...steps(outward.steps),
    ...(inward === undefined
      ? []
      : [`  received  ${describeOutcome(inward.outcome)}`, ...steps(inward.steps)]),
  ].join("\n");
}

function steps(trace: readonly { readonly depth: number; readonly text: string }[]): string[] {
  return trace
    .filter(({ text }) => !text.endsWith(": does not match"))
    .map(({ depth, text }) => `    ${"  ".repeat(depth)}${text.trim()}`);
}
