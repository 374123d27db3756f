import { createHash } from "node:crypto";
import { compressedUserData } from "./userData";

/** SSM's limit for the content of a document, in bytes (quota "Document size"). */
export const SSM_DOCUMENT_LIMIT = 65536;

/**
 * A document for SSM's Run Command and State Manager (schema 2.2) that runs a script on Linux: compressed, since our
 * programs are nearly as long as a document may be, and checked by its SHA-256 before it is run.
 *
 * @param script what is run, for sh
 * @param verb the script's arguments
 * @param timeoutSeconds it may take
 * @example ssmDocument(renderProgram(plan), "apply --json", 300) // '{"schemaVersion":"2.2",…'
 */
export function ssmDocument(script: string, verb: string, timeoutSeconds: number): string {
  const digest = createHash("sha256").update(script).digest("hex");
  const lines = compressedUserData(script).match(/.{1,512}/g) ?? [];
  const runCommand = [
    "umask 077",
    'file=$(mktemp) || exit 1',
    `trap 'rm -f "$file"' EXIT`,
    `base64 -d <<'END' | gzip -d >"$file"`,
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
