import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { SpecError, shown } from "../model/issue";
import { Plan } from "../model/plan";
import { HostModel, Persistence } from "../model/spec";
import { packedProgram } from "./packed";
import { payloadLines } from "./payload";
import { persistencePart } from "./persistence";
import { capabilitiesOf } from "./persistence/capabilities";

/**
 * Parts of the program: awk texts, held in variables, and shell functions, of which base.sh comes first. Only `main` runs
 * anything, so the rest stands in the order in which it is compressed best, found by trying: 1 % less of what is kept and sent.
 */
const PARTS = [
  "backstop.awk",
  "nft.awk",
  "same.awk",
  "tidy.awk",
  "check.awk",
  "reload.awk",
  "amend.awk",
  "worlds.awk",
  "stage.awk",
  "survey.awk",
  "flow.awk",
  "managers.awk",
  "announce.awk",
  "base.sh",
  "amend.sh",
  "stage.sh",
  "nft.sh",
  "flow.sh",
  "records.sh",
  "backstop.sh",
  "frr.sh",
  "world.sh",
  "check.sh",
  "survey.sh",
  "announce.sh",
  "probe.sh",
  "monitor.sh",
  "files",
  "keep.sh",
  "change.sh",
  "apply.sh",
  "worlds.sh",
  "parting.sh",
  "apart.sh",
  "remove.sh",
  "lock.sh",
  "install.sh",
  "deliver.sh",
  "guard.sh",
  "verify.sh",
  "confirm.sh",
  "owner.sh",
  "unkept.sh",
  "usage.sh",
  "main.sh",
];

/** Parts that make something of the plan which few plans have. */
const WHEN: Readonly<Record<string, (plan: Plan | undefined) => boolean>> = {
  // A world's program is the host's, with a plan of its own.
  "nft.awk": (plan) => plan !== undefined && [plan, ...plan.worlds.map((world) => world.plan)].some(filters),
  "install.sh": keeps,
  files: keeps,
  "frr.sh": announces,
  "announce.awk": announces,
  "reload.awk": announces,
  "announce.sh": announces,
  "flow.awk": (plan) => plan !== undefined && plan.traffic.length > 0,
  "flow.sh": (plan) => plan !== undefined && (plan.traffic.length > 0 || announces(plan)),
  "apart.sh": (plan) => !hasWorlds(plan),
  "worlds.awk": hasWorlds,
  "world.sh": hasWorlds,
  "worlds.sh": hasWorlds,
};

function announces(plan: Plan | undefined): boolean {
  return plan?.identity !== undefined;
}

function hasWorlds(plan: Plan | undefined): boolean {
  return plan !== undefined && plan.worlds.length > 0;
}

function filters({ hostModel, connections }: Plan): boolean {
  return hostModel === HostModel.Strong || connections.length > 0;
}

function keeps(plan: Plan | undefined): boolean {
  if (plan === undefined || plan.hostModel === HostModel.Weak) return false;
  return plan.persistence !== Persistence.None && plan.persistence !== Persistence.Volatile;
}

/** Parts that a machine can do without when it starts for the first time, with nobody there to be locked out. */
const LATER = [
  ...[
    "same.awk",
    "managers.awk",
    "amend.awk",
    "amend.sh",
    "probe.sh",
    "confirm.sh",
    "owner.sh",
    "deliver.sh",
    "verify.sh",
    "usage.sh",
  ],
  ...["keep.sh", "install.sh", "files", "backstop.awk", "backstop.sh", "monitor.sh"],
];

/** What takes their place. */
const SHORT = ["unkept.sh"];

/** Settings of {@link renderProgram}. */
export interface ProgramOptions {
  /**
   * Which host it is for, such as an instance id: 1 to 128 of letters, digits, ".", "_", ":", "/", "-". It stands in a
   * comment at the end and changes nothing that the program does, but makes the text another when the host is another.
   */
  readonly identity?: string;
  /**
   * The short form, for user data, which clouds limit: it knows apply and remove alone, and neither asks whether the
   * operator's session survives, nor installs what keeps the plan in force, nor names whose rules stand in the way. The
   * next program does. Default: false.
   */
  readonly short?: boolean;
  /**
   * All but the plan is compressed: half as long, for what keeps the text or sends it often. The plan stays in plain lines, so
   * that two texts can be compared. It needs `base64` and `gunzip` as well where it is run; without them, or damaged, it says so,
   * exits with 2, and nothing is run. Default: false.
   */
  readonly packed?: boolean;
}

/**
 * The program that puts a plan on a host, verifies it, and takes it away again: one POSIX shell text that needs `ip`
 * (iproute2), `awk` and the POSIX utilities. Run it as `sh FILE VERB`, or with the text on standard input as
 * `sh -s -- VERB`.
 *
 * Same plan and options, same text, to the byte. A text cut off anywhere does nothing.
 *
 * @throws SpecError when the identity is not as described
 * @throws Error when the plan holds anything that is not a token of its kind
 * @example renderProgram(planHost(spec), { identity: "i-0123456789abcdef0" })
 */
export function renderProgram(plan: Plan, options: ProgramOptions = {}): string {
  const { identity } = options;
  if (identity !== undefined && !/^[A-Za-z0-9._:/-]{1,128}$/.test(identity)) {
    const problem = `got ${shown(identity)}`;
    const fix = 'Use 1 to 128 of letters, digits, ".", "_", ":", "/" and "-"';
    throw new SpecError("the program", [{ path: "identity", problem, fix }]);
  }
  const text = programText(payloadLines(plan), plan, options);
  return options.packed === true ? (packedProgram(text) as string) : text;
}

/**
 * The program around the lines of a plan.
 *
 * @param plan whose parts are in it
 */
export function programText(
  lines: readonly string[],
  plan: Plan,
  { identity, short = false }: Omit<ProgramOptions, "packed">,
): string {
  // The text is held in a variable, so that it can be saved on the host, plain, whichever way it got there.
  return [
    "#!/bin/sh",
    "program() {",
    "cat <<'MULTIHOME'",
    `PLAN='${lines.join("\n")}'`,
    programBody(plan, short),
    "MULTIHOME",
    "}",
    'self=$(program) && eval "$self"',
    ...(identity === undefined ? [] : [`# for ${identity}`]),
    "",
  ].join("\n");
}

const bodies = new Map<string, string>();

/**
 * All of the program but the plan, without the parts that only some plans need; each read once.
 *
 * @param plan whose parts are in it; default one that needs none of these
 * @param short as in {@link ProgramOptions}
 */
export function programBody(plan?: Plan, short = false): string {
  const parts = PARTS.filter(
    (part) => WHEN[part]?.(plan) !== false && !(short ? LATER : SHORT).includes(part),
  );
  const key = [...parts, ...capabilitiesOf(plan)].join(" ");
  const known = bodies.get(key);
  if (known !== undefined) return known;
  const texts = parts.map((part) => readPart(part, plan));
  const version = createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 16);
  // The monitor of an earlier program sees by it that it is out of date.
  const body = [`BODY=${version}`, ...texts, 'main "$@" </dev/null'].join("\n");
  bodies.set(key, body);
  return body;
}

/** A shell part as it is; an awk part as a variable of its name in capitals, quoted. */
function readPart(part: string, plan: Plan | undefined): string {
  if (part === "files") return persistencePart(plan);
  const source = condense(fs.readFileSync(path.join(__dirname, "program", part), "utf8"));
  if (!part.endsWith(".awk"))
    return snug(source).replace(SCRIPT, (_, call: string, script: string) => `${call}'${tightened(script)}'`);
  if (source.includes("'")) throw new Error(`${part} must do without single quotes`);
  return `${part.slice(0, -".awk".length).toUpperCase()}='${tightened(source)}'`;
}

/** What a shell part has awk do there and then. */
const SCRIPT = /(\b(?:awk|of_seen)(?: -v \S+)* )'([^']+)'/g;

/** A quoted text of the shell, or a quoted character. Of quotes in quotes it takes more for quoted than is. */
const QUOTED = /(\\.|'[^']*'|"(?:[^"\\]|\\[^])*")/s;

/** A shell text without blanks beside operators. */
function snug(source: string): string {
  const snugly = (text: string): string =>
    text
      .replace(/ ?(\|\||&&|;;) ?/g, "$1")
      .replace(/ \| | \|$/gm, "|")
      .replace(/; (?=[a-z}])/g, ";");
  return source
    .split(QUOTED)
    .map((text, i) => (i % 2 === 1 ? text : snugly(text)))
    .join("");
}

/** Strings of awk, and regular expressions where one may begin. */
const LITERAL = /("(?:[^"\\]|\\.)*"|(?<=(?:^|[~(,!&|{?:])\s*)\/(?:[^/\\[]|\\.|\[\^?\]?[^\]]*\])+\/)/;

/** An awk text without blanks beside operators and strings. A line in which something is divided stays as it is. */
function tightened(source: string): string {
  const tight = (text: string): string =>
    text
      .replace(/ ?(\|\||&&|[=!<>+]=|!?~|[=,;{}?:<>]) ?/g, "$1")
      .replace(/ ([-+*]) /g, "$1")
      .replace(/\b(if|for|while) \(/g, "$1(")
      .replaceAll(") ", ")");
  return source
    .split("\n")
    .map((line) => {
      const parts = line.split(LITERAL);
      const code = parts.filter((_, i) => i % 2 === 0);
      return code.some((text) => text.includes("/"))
        ? line
        : parts
            .map((text, i) => (i % 2 === 1 ? text : tight(text)))
            .join("\0")
            .replace(/ ?\0("[^\0]*")\0 ?/g, "$1")
            .replaceAll("\0", "");
    })
    .join("\n");
}

/** Without comments, indentation and empty lines: the text is kept in the state of every host, twice. */
export function condense(source: string): string {
  return source
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .join("\n");
}
