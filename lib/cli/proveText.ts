import { PROPERTIES, Proof, PropertyId, PropertyResult, Witness } from "../linux";
import { count, wrap } from "./layout";
import { traceLines } from "./traceText";

/**
 * A proof as a person reads it: the verdict on each property, then each packet that disproves one.
 *
 * @param subject whose it is: "Host edge-1"
 */
export function proofText(subject: string, proof: Proof): string {
  const classes = proof.results.reduce((sum, result) => sum + result.classes, 0);
  const witnesses = proof.results.flatMap((result) =>
    result.witnesses.length === 0 ? [] : [witnessLines(result)],
  );
  const blocks = [
    wrap("", headline(subject, proof, classes).split(" "), "  "),
    table(proof),
    ...witnesses,
    ...exceptedLines(proof),
    ...(proof.verdict === "unknown" ? [reasonLines(proof)] : []),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function headline(subject: string, { verdict, results }: Proof, classes: number): string {
  switch (verdict) {
    case "proved":
      return `${subject}: proved, for every packet there can be (${classes} classes of packets).`;
    case "witness": {
      const failing = results.filter((result) => result.verdict === "witness").length;
      return `${subject}: not as it should be. ${count(failing, "claim")} of ${results.length} ${failing === 1 ? "fails" : "fail"}.`;
    }
    case "unknown":
      return `${subject}: unknown. Nothing fails, but not everything is understood.`;
    case "skipped":
      return `${subject}: there is nothing to prove.`;
  }
}

const COLUMNS = { id: 5, name: 13, family: 9 } as const;

function table({ results }: Proof): string[] {
  const cell = (id: PropertyId, family: 4 | 6): string =>
    results.find((result) => result.property === id && result.family === family)?.verdict ?? "-";
  const ids = (Object.keys(PROPERTIES) as PropertyId[]).filter((id) =>
    results.some(({ property, verdict }) => property === id && verdict !== "skipped"),
  );
  const row = (id: string, name: string, ipv4: string, ipv6: string): string =>
    `  ${id.padEnd(COLUMNS.id)}${name.padEnd(COLUMNS.name)}${ipv4.padEnd(COLUMNS.family)}${ipv6.padEnd(COLUMNS.family)}`;
  return [
    `${row("", "", "IPv4", "IPv6")}what is claimed`,
    ...ids.flatMap((id) => {
      const first = row(id, PROPERTIES[id].name, cell(id, 4), cell(id, 6));
      return wrap(first, PROPERTIES[id].claim.split(" "), " ".repeat(first.length));
    }),
  ];
}

function witnessLines({ property, family, failing, witnesses }: PropertyResult): string[] {
  const { name } = PROPERTIES[property];
  const more = failing > witnesses.length ? `; the first ${witnesses.length} of ${failing}` : "";
  return [
    `${property} ${name}, IPv${family}: ${property === "P9" ? "what is found" : "packets that disprove it"}${more}`,
    ...witnesses.flatMap((witness) => ["", ...one(witness)]),
  ];
}

/** One packet with all that a person needs to see why, and what to do. */
export function one(witness: Witness, indent = "  "): string[] {
  const line = (label: string, text: string): string[] =>
    wrap(`${indent}  ${label.padEnd(9)} `, text.split(" "), `${indent}${" ".repeat(12)}`);
  return [
    `${indent}${witness.packet}`,
    ...(witness.when === undefined ? [] : line("when", witness.when)),
    ...line("expected", witness.expected),
    ...line("got", witness.got),
    ...line("blame", witness.blame),
    ...line("fix", witness.fix),
    ...(witness.trace.length === 0
      ? []
      : [`${indent}  trace`, ...traceLines(witness.trace, `${indent}    `)]),
  ];
}

/** What a claim does not cover, though it is proved. */
function exceptedLines({ results }: Proof): string[][] {
  const lines = results.flatMap(({ property, family, excepted }) =>
    excepted.flatMap((text) => wrap(`  - ${property} IPv${family}:`, ["", ...text.split(" ")], "    ")),
  );
  return lines.length === 0 ? [] : [["What is left out, by the policies or by the kernel:", ...lines]];
}

function reasonLines({ reasons }: Proof): string[] {
  return ["What is not understood:", ...reasons.flatMap((reason) => wrap("  - ", reason.split(" "), "    "))];
}

/** A proof as plain JSON: texts, no addresses as numbers. */
export function proofJson(host: string, { verdict, results, reasons }: Proof): object {
  return {
    host,
    verdict,
    properties: results.map(
      ({ property, family, verdict: own, classes, failing, witnesses, reasons: why, excepted }) => ({
        property,
        name: PROPERTIES[property].name,
        family,
        verdict: own,
        classes,
        failing,
        witnesses: witnesses.map((witness) => ({
          packet: witness.packet,
          direction: witness.direction,
          ...(witness.when !== undefined && { when: witness.when }),
          expected: witness.expected,
          got: witness.got,
          blame: witness.blame,
          fix: witness.fix,
          trace: witness.trace.map(({ depth, text }) => "  ".repeat(depth) + text),
        })),
        ...(why.length > 0 && { reasons: why }),
        ...(excepted.length > 0 && { excepted }),
      }),
    ),
    ...(reasons.length > 0 && { reasons }),
  };
}
