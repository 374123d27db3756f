import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Issue, SpecError, shown } from "../../model/issue";
import { Fleet, Role, STAND_IN, standIn } from "../../plan/fleet";
import { payloadLines } from "../payload";
import { condense, programText } from "../program";
import { bootHook } from "./index";

/**
 * User data for the hosts of a fleet on EC2. At its first boot each fetches the program of {@link renderFleetProgram},
 * whose SHA-256 the user data has, completes its plan by the metadata service (version 2), and applies it before its
 * services start. Compressed by gzip some 4 of the 16 kB that EC2 takes.
 *
 * @param programUrl where the program is: https, http, or file when it is in the image; "{sha256}" in it stands for
 * the program's digest, in hexadecimal
 * @example renderFleetUserData(fleet, "https://example.com/multihome/{sha256}.sh") // "#cloud-boothook\n#!/bin/sh\n…"
 */
export function renderFleetUserData(fleet: Fleet, programUrl: string): string {
  const digest = fleetProgramDigest(fleet);
  const url = fleetUrl(programUrl, digest);
  const issue = fleetUrlIssue(programUrl);
  if (issue !== undefined) throw new SpecError("the user data", [{ path: "programUrl", ...issue }]);
  return bootHook(
    [
      `ROLES='${fleet.roles.map(roleLine).join("\n")}'`,
      `PATIENCE=${fleet.waitSeconds}`,
      `URL='${url}'`,
      `DIGEST=${digest}`,
      `FILL='${part("fill.awk")}'`,
      part("fetch.sh"),
      part("metadata.sh"),
    ].join("\n"),
  );
}

/**
 * A script for sh that puts a fleet's program, filled in as at the first boot, on a host that runs: for what reaches
 * all hosts of a fleet with the same text, as SSM does. Its arguments are the program's; `apply` when there is none.
 *
 * @example `sh SCRIPT apply --json`
 */
export function renderFleetScript(fleet: Fleet): string {
  return [
    "#!/bin/sh",
    `ROLES='${fleet.roles.map(roleLine).join("\n")}'`,
    `PATIENCE=${fleet.waitSeconds}`,
    `FILL='${part("fill.awk")}'`,
    ...["template() {", `cat <<'${END}'`, renderFleetProgram(fleet).trimEnd(), END, "}"],
    "carried() { program=$(template); }",
    part("metadata.sh"),
    "text=$(deliver) || exit",
    "[ $# != 0 ] || set -- apply",
    `printf '%s\\n' "$text" | sh -s -- "$@"`,
    "",
  ].join("\n");
}

/** None of it means anything within single quotes, or to curl's globbing. */
const NOT_IN_URL = /[^A-Za-z0-9._~:/?@!$&()*+,;=%-]/;
/** Characters behind the scheme, with the digest put in. */
const LONGEST_URL = 1000;

/**
 * What is wrong with where a fleet's program is said to be, and what would be right; undefined when nothing is wrong. The
 * text is told by its length alone, since what is behind its "?" may be a signature.
 */
export function fleetUrlIssue(programUrl: unknown): Omit<Issue, "path"> | undefined {
  const problem = urlProblem(programUrl);
  if (problem === undefined) return undefined;
  const fix =
    "Give where hosts fetch the program: a URL that begins with https://, http:// or file:///, of letters, digits and " +
    'the like; "{sha256}" in it stands for the digest';
  return { problem, fix };
}

function urlProblem(programUrl: unknown): string | undefined {
  if (programUrl === undefined) return "got nothing";
  if (typeof programUrl !== "string")
    return `got ${programUrl === null ? "null" : `a value of type ${typeof programUrl}`}`;
  const got = `got text (${programUrl.length} characters)`;
  const [, rest] = /^(?:https?|file):\/\/([^]*)$/.exec(fleetUrl(programUrl, "0".repeat(64))) ?? [];
  if (rest === undefined || rest === "") return `${got}, which is no such URL`;
  const [stranger] = NOT_IN_URL.exec(rest) ?? [];
  if (stranger !== undefined) return `${got} with ${shown(stranger)} in it`;
  return rest.length > LONGEST_URL ? `${got}, too long by ${rest.length - LONGEST_URL}` : undefined;
}

/** The URL with the digest put in. */
function fleetUrl(programUrl: string, digest: string): string {
  return programUrl.replaceAll("{sha256}", digest);
}

/** SHA-256 of the program of a fleet, in hexadecimal. */
export function fleetProgramDigest(fleet: Fleet): string {
  return createHash("sha256").update(renderFleetProgram(fleet)).digest("hex");
}

/**
 * The program of a fleet, with open places where others have addresses: it does nothing as it is, and becomes the
 * program of one host when they are filled in, as fill.awk does.
 */
export function renderFleetProgram({ plan, roles }: Fleet): string {
  const open = new Map(roles.flatMap(openWords));
  const repeated = new Map(roles.flatMap(repeatedWords));
  const lines = payloadLines(plan).map((line) => {
    const words = line.split(" ");
    const repeats = words[0] === "address" || words.includes("from");
    return words
      .map((word) => {
        const filled = (repeats ? repeated.get(word) : undefined) ?? open.get(word) ?? word;
        if (STAND_IN.test(filled)) throw new Error(`the plan of a fleet has ${filled} left in "${line}"`);
        return filled;
      })
      .join(" ");
  });
  return programText(lines, plan, {});
}

/** Ends the program in the script that carries it. */
const END = "MULTIHOME_FLEET";

function part(name: string): string {
  const text = condense(fs.readFileSync(path.join(__dirname, name), "utf8"));
  if (name.endsWith(".awk") && text.includes("'")) throw new Error(`${name} must do without single quotes`);
  return text;
}

function openWords({ name, place }: Role): [string, string][] {
  const { mac, 4: four, 6: six } = standIn(place);
  const of = (kind: string): string => `%${name}/${kind}`;
  return [
    [mac, of("mac")],
    [four.address, of("p4")],
    [four.subnet, of("s4")],
    [four.gateway, of("g4")],
    [four.other, of("t4")],
    [six.address, of("p6")],
    [six.subnet, of("s6")],
    [six.other, of("t6")],
  ];
}

/** Where a line stands once for each address. */
function repeatedWords({ name, place }: Role): [string, string][] {
  const { 4: four, 6: six } = standIn(place);
  const of = (kind: string): string => `%${name}/${kind}`;
  return [
    [four.address, of("e4")],
    [`${four.address}/32`, of("h4")],
    [six.address, of("e6")],
    [`${six.address}/128`, of("h6")],
  ];
}

/** A line of what fill.awk reads; all its words have been checked by planFleet. */
function roleLine({ name, deviceIndex, networkCardIndex, subnetIds, tag, ipv6 }: Role): string {
  return [
    ...["role", name, ipv6 === true ? "six" : "four"],
    ...(deviceIndex === undefined ? [] : ["device", deviceIndex, "card", networkCardIndex ?? 0]),
    ...(subnetIds ?? []).flatMap((id) => ["subnet", id]),
    ...(tag === undefined ? [] : ["tag", tag]),
  ].join(" ");
}
