import { createHash } from "node:crypto";
import { packedProgram } from "../render/packed";
import { compressedUserData } from "./userData";

/** SSM's limit for the content of a document, in bytes (quota "Document size"). */
export const SSM_DOCUMENT_LIMIT = 65536;

/**
 * A document for SSM's Run Command and State Manager (schema 2.2) that runs a script on Linux, checked by its SHA-256 before
 * it is run. Our programs are nearly as long as a document may be: a program stands in it packed, a line of the plan a line of
 * the document, so that a preview shows what changes; what is longer than that, or is no program, compressed as a whole.
 *
 * @param script what is run, for sh
 * @param verb the script's arguments
 * @param timeoutSeconds it may take
 * @example ssmDocument(renderProgram(plan), "apply --json", 300) // '{"schemaVersion":"2.2",…'
 */
export function ssmDocument(script: string, verb: string, timeoutSeconds: number): string {
  const packed = packedProgram(script);
  const readable =
    packed === undefined
      ? undefined
      : documentOf(packed, packed.trimEnd().split("\n"), "cat", verb, timeoutSeconds);
  if (readable !== undefined && Buffer.byteLength(readable) <= SSM_DOCUMENT_LIMIT) return readable;
  const lines = compressedUserData(script).match(/.{1,512}/g) ?? [];
  return documentOf(script, lines, "base64 -d | gunzip -c", verb, timeoutSeconds);
}

/** @param unpack what makes the script of the lines */
function documentOf(
  script: string,
  lines: readonly string[],
  unpack: string,
  verb: string,
  timeoutSeconds: number,
): string {
  const digest = createHash("sha256").update(script).digest("hex");
  const runCommand = [
    "umask 077",
    'file=$(mktemp) || exit 1',
    `trap 'rm -f "$file"' EXIT`,
    `{ ${unpack}; } >"$file" <<'END'`,
    ...lines,
    "END",
    `[ "$(sha256sum <"$file")" = "${digest}  -" ] || { echo "multihome: the program did not come whole" >&2; exit 1; }`,
    `timeout -k 10 ${timeoutSeconds} sh "$file" ${verb}`,
  ]; // prettier-ignore
  return JSON.stringify({
    schemaVersion: "2.2",
    description: "multihome: symmetric routing",
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: "multihome",
        precondition: { StringEquals: ["platformType", "Linux"] },
        // A little more than the script's own, which ends it in order.
        inputs: { runCommand, timeoutSeconds: String(timeoutSeconds + 30) },
      },
    ],
  });
}
