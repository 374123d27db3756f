import { compressed } from "./compress";

/**
 * A program's body, compressed, for within the function that prints the program: see program.ts. Any cut leaves a document, a
 * function or a group without its end, of which no shell runs a part.
 */

/** Ends what the program prints as it is, and begins what it unpacks; gzip knows by a checksum whether that is whole. */
const UNPACK = ["MULTIHOME", "base64 -d <<'MULTIHOME' | gunzip -c"];

/** What follows the function. */
export const RUN_PACKED = [
  "{",
  "for tool in base64:coreutils gunzip:gzip; do command -v ${tool%:*} >/dev/null || {",
  'echo "multihome: ${tool%:*} is needed to unpack this program, and not found in $PATH; install the package ${tool#*:}.' +
    ' Nothing was changed" >&2',
  "exit 2",
  "}; done",
  "self=$(program) || {",
  "echo 'multihome: the program did not come whole, and was not run; send it again. Nothing was changed' >&2",
  "exit 2",
  "}",
  "}",
  'eval "$self"',
];

const LINE = 1024;
const packed = new Map<string, readonly string[]>();

/** The lines that print a body; made once for all hosts that have the same. */
export function packedBody(body: string): readonly string[] {
  const known = packed.get(body);
  if (known !== undefined) return known;
  const text = compressed(body).toString("base64");
  const lines = Array.from({ length: Math.ceil(text.length / LINE) }, (_, i) =>
    text.slice(i * LINE, (i + 1) * LINE),
  );
  const whole = [...UNPACK, ...lines];
  packed.set(body, whole);
  return whole;
}
