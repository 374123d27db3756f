import { PROPERTIES } from "../linux";
import { Diagnosis } from "../doctor/diagnose";
import { Finding } from "../doctor/findings";
import { explain } from "../doctor/words";
import { FAMILIES, formatAddress } from "../net/address";
import { formatPrefix } from "../net/prefix";
import { Passage } from "../prove/passage";
import { printable } from "./io";
import { count, field, few, wrap } from "./layout";

/** Kinds of flow that are told in full; the rest are in the JSON. */
const MOST_FINDINGS = 12;

/** A diagnosis as a person reads it: the verdict, each flow that goes wrong, who is behind it, and the cure. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { findings } = diagnosis;
  const blocks = [
    headLines(diagnosis),
    hostLines(diagnosis),
    ...findings.slice(0, MOST_FINDINGS).map((finding, i) => findingLines(finding, i + 1, diagnosis)),
    findings.length > MOST_FINDINGS
      ? [`And ${findings.length - MOST_FINDINGS} more, which --json lists.`]
      : [],
    proofLines(diagnosis),
    lossLines(diagnosis),
    forwardingLines(diagnosis),
    managerLines(diagnosis),
    remarkLines(diagnosis),
    cureLines(diagnosis),
  ].filter((lines) => lines.length > 0);
  return printable(`${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`);
}

function headLines({
  verdict,
  host,
  kernel,
  findings,
  followed,
  intent,
  proof,
  forwarding,
}: Diagnosis): string[] {
  const name = `${host}${kernel === undefined ? "" : ` (Linux ${kernel})`}`;
  const head = (text: string): string[] => wrap("", `${name}: ${text}`.split(" "), "");
  switch (verdict) {
    case "symmetric":
      return head(
        intent.interfaces.length > 1
          ? `symmetric, proved for every packet ${forwarding === undefined ? "there can be" : "of its own; what it forwards is not judged"}.`
          : `nothing is wrong with its routing. It has ${count(intent.interfaces.length, "interface")} of its own.`,
      );
    case "asymmetric":
      return head(`not symmetric. ${tally(findings, followed)}`);
    case "unknown":
      return [
        ...head(
          intent.interfaces.length === 0
            ? "unknown. Nothing was found to judge:"
            : "unknown. Not everything that counts is understood:",
        ),
        ...[...(intent.interfaces.length === 0 ? [NOTHING_FOUND] : []), ...proof.reasons].flatMap((reason) =>
          wrap("  - ", reason.split(" "), "    "),
        ),
      ];
  }
}

const NOTHING_FOUND = "no device has both an address and a gateway, and no network card has an address";

/** How many kinds of flow go wrong; none may, where only the proof knows a packet that does. */
function tally(findings: readonly Finding[], followed: number): string {
  const wrong = findings.filter(isWrong).length;
  const unsure = findings.length - wrong;
  const unknown = unsure === 0 ? "" : ` Of ${count(unsure, "kind")} it is unknown.`;
  if (wrong > 0)
    return (
      `${count(wrong, "kind")} of flow ${wrong === 1 ? "goes" : "go"} wrong; ` +
      `${count(followed, "flow")} ${followed === 1 ? "was" : "were"} followed.${unknown}`
    );
  if (followed === 0) return "No usual flow was there to follow, but by proof some packets go wrong.";
  return unsure === 0
    ? `All flows that were followed (${followed}) go right, but by proof other packets do not.`
    : `No flow that was followed (${followed}) is known to go wrong, but by proof other packets do.${unknown}`;
}

function isWrong({ verdict }: Finding): boolean {
  return verdict !== "unknown";
}

function hostLines({ intent, others, notes }: Diagnosis): string[] {
  return [
    ...intent.interfaces.flatMap(({ device, addresses, gateways }) =>
      FAMILIES.flatMap((family) => {
        const own = addresses.filter(({ address }) => address.family === family);
        if (own.length === 0) return [];
        const gateway = gateways[family];
        const via = gateway === undefined ? "no gateway" : `by ${formatAddress(gateway)}`;
        return field(device, [
          ...few(own.map(({ address, length }) => `${formatAddress(address)}/${length}`)),
          via,
        ]);
      }),
    ),
    ...others.flatMap(({ device, reaches }) => field(device, ["inside:", ...few(reaches.map(formatPrefix))])),
    ...notes.flatMap((note) => wrap("  note: ", note.split(" "), "    ")),
  ];
}

function findingLines(finding: Finding, number: number, { intent }: Diagnosis): string[] {
  const { flow, comesIn, goesOut, why, firewalls } = explain(finding, intent);
  const line = (label: string, text: string): string[] =>
    wrap(`   ${label.padEnd(5)}`, text.split(" "), " ".repeat(8));
  const [first, second] = [line("in", comesIn), line("out", goesOut)];
  return [
    ...wrap(`${String(number).padStart(2)} `, flow.split(" "), "   "),
    ...(finding.kind === "reply" ? [...first, ...second] : [...second, ...first]),
    ...line("why", why),
    ...line("seen", firewalls),
  ];
}

/** Packets that the proof found and that none of the flows above is. */
function proofLines({ proof, findings, verdict }: Diagnosis): string[] {
  if (verdict !== "asymmetric" || findings.some(isWrong)) return [];
  const witnesses = proof.results
    .filter(({ property }) => property !== "P9")
    .flatMap((result) => result.witnesses);
  return [
    "By proof, for packets that none of the usual flows is:",
    ...witnesses
      .slice(0, 6)
      .flatMap(({ packet, expected, got }) =>
        wrap("  - ", `${packet}: ${got}; expected ${expected}`.split(" "), "    "),
      ),
  ];
}

/** What becomes of a host that is symmetric, or not, once a link is lost. */
function lossLines({ failClosed = [] }: Diagnosis): string[] {
  const leaks = failClosed.flatMap(({ witnesses }) => witnesses);
  if (leaks.length === 0) return [];
  const [{ packet, when = "even now", got }] = leaks;
  return wrap(
    "",
    `It does not fail closed (${PROPERTIES.P6.claim}): ${when}, ${packet} leaves ${got}.`.split(" "),
    "  ",
  );
}

/** What no verdict is about, and how to ask about it. */
function forwardingLines({ forwarding }: Diagnosis): string[] {
  if (forwarding === undefined) return [];
  const { families, behind, astray, byMark, example } = forwarding;
  const which = families.map((family) => `IPv${family}`).join(" and ");
  const what = behind.length === 0 ? "" : `, as for what is behind ${few(behind).join(" ")}`;
  const there = behind.length === 0 ? "another interface's network" : "what is behind the host";
  const text = [
    `It forwards ${which}${what}. Nothing above is about that: what nft and iptables translate, mark and refuse was not read.`,
    ...(astray.length === 0
      ? []
      : [
          `By its routes, what comes in by ${few(astray).join(" ")} for ${there} is dropped, or answered by another device; ` +
            "policy.trackConnections leads answers back.",
        ]),
    ...byMark.map(
      ({ device, mark }) =>
        `What comes in by ${device} for ${there} is answered by it if its connections are marked 0x${mark.toString(16)}, and ` +
        "not else.",
    ),
    "Ask about one flow, with addresses as they are behind NAT, and FILE by multihome doctor --print-capture:",
  ];
  return [...wrap("", text.join(" ").split(" "), "  "), ...asking(example)];
}

/** A command that a shell takes as it stands, but for FILE. */
function asking(example: Passage | undefined): string[] {
  const start = "  multihome explain --capture FILE \\";
  if (example === undefined) return [start, "      --in DEVICE --from A --to B"];
  const { arrival, asker, asked, mark } = example;
  const marked = mark === undefined ? "" : ` --mark 0x${mark.toString(16)}`;
  return [
    start,
    `      --in ${arrival} --from ${formatAddress(asker)} --to ${formatAddress(asked)}${marked}`,
  ];
}

function managerLines({ managers }: Diagnosis): string[] {
  if (managers.length === 0) return [];
  return [
    "Who configures this host",
    ...managers.flatMap(({ name, evidence, gaps }) => [
      `  ${name} (${evidence})`,
      ...gaps.flatMap((gap) => wrap("    - ", gap.split(" "), "      ")),
    ]),
  ];
}

function remarkLines({ remarks }: Diagnosis): string[] {
  if (remarks.length === 0) return [];
  return [
    "Also",
    ...remarks.flatMap(({ subject, problem, fix }) =>
      wrap("  - ", `${subject}: ${problem}. ${fix}.`.split(" "), "    "),
    ),
  ];
}

function cureLines({ cure, host }: Diagnosis): string[] {
  if (cure === undefined) return [];
  const file = `${cure.spec.name}.json`;
  const list = (items: readonly string[]): string[] =>
    items.slice(0, 6).flatMap((item) => wrap("  - ", item.split(" "), "    "));
  if (cure.verdict !== "proved") {
    return [
      "This would be its HOST.json, but with its plan it is not proved symmetric:",
      ...list(cure.problems),
      "",
      JSON.stringify(cure.spec, undefined, 2),
    ];
  }
  return [
    ...wrap(
      "",
      `The cure. With this as ${file} it is symmetric, proved on the host's own state:`.split(" "),
      "",
    ),
    "",
    JSON.stringify(cure.spec, undefined, 2),
    "",
    ...(cure.remove.length === 0
      ? []
      : [
          "These rules of others stand in front and take what is ours; they must go first:",
          ...cure.remove.map((line) => `  ${line}`),
          "",
        ]),
    `  multihome render ${file} --to iproute2 | ssh root@${host.includes(" ") ? "HOST" : host} sh -s -- apply`,
  ];
}
