import { compressed } from "./compress";

/**
 * A program with its body compressed. Any cut leaves a document, a function or a group without its end, of which no shell
 * runs a part.
 */

/** The text that programText makes: up to the end of the plan, the body, and what follows all. */
const PLAIN =
  /^(#!\/bin\/sh\nprogram\(\) \{\ncat <<'MULTIHOME'\nPLAN='[^']*'\n)([^]*)\nMULTIHOME\n\}\nself=\$\(program\) && eval "\$self"\n([^]*)$/;

/** Ends what the program prints as it is, and begins what it unpacks; gzip knows by a checksum whether that is whole. */
const UNPACK = ["MULTIHOME", "base64 -d <<'MULTIHOME' | gunzip -c"];

/** What follows the function. */
const RUN = [
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
const bodies = new Map<string, string>();

/** The packed form of a program that is plain; undefined for any other text. */
export function packedProgram(text: string): string | undefined {
  const [, plan, body, rest] = PLAIN.exec(text) ?? [];
  if (plan === undefined) return undefined;
  return [`${plan}${UNPACK.join("\n")}`, packedBody(body), "MULTIHOME", "}", ...RUN, rest].join("\n");
}

/** Made once for all hosts that have the same. */
function packedBody(body: string): string {
  const known = bodies.get(body);
  if (known !== undefined) return known;
  const text = compressed(body).toString("base64");
  const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  bodies.set(body, lines.join("\n"));
  return lines.join("\n");
}
