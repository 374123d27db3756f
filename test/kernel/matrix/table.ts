import { RuleSet } from "../peers/rule-set";
import { ALL_CHECKS, B_STILL_USED, CHECKS, NINE, STRONG_ONLY } from "./flows";
import { Cell, Row } from "./measure";

/** How many of the cells are as wanted, of those that apply: "22/28". */
export function score(cells: ReadonlyMap<string, Cell>, ids: readonly string[] = [...cells.keys()]): string {
  const applying = ids.map((id) => cells.get(id)!).filter(({ verdict }) => verdict !== "n/a");
  return `${applying.filter(({ verdict }) => verdict === "ok").length}/${applying.length}`;
}

/** The matrix for a terminal of 80 columns. */
export function forTerminal(rows: readonly Row[]): string {
  const nine = NINE.map(({ id }) => id);
  const line = (title: string, cells: readonly string[], bounced: string, checks: string) =>
    title.padEnd(22) +
    cells.map((cell) => cell.padStart(5)).join("") +
    bounced.padStart(7) +
    checks.padStart(6);
  return [
    line("rule set", nine, "bounce", "score"),
    ...rows.map(({ title, nine: cells, bounced, checks }) =>
      line(
        title,
        nine.map((id) => cells.get(id)!.verdict),
        short(bounced),
        score(checks),
      ),
    ),
    "",
    "asker>answerer: i Internet, a b hosts on the networks of eth0 and eth1, c container,",
    "A B the host's addresses on eth0 and eth1, 6 IPv6; the network drops foreign sources.",
    "bounce: B after eth1 went down and up. score: checks behind stateful routers, rp_filter=1.",
    "",
  ].join("\n");
}

/** docs/matrix.md: the same with every check, and what caught each flow that failed. */
export function forDocs(rows: readonly Row[], sources: readonly Pick<RuleSet, "title" | "source">[]): string {
  const groups = Object.entries(CHECKS).map(([name, flows]) => ({ name, ids: flows.map(({ id }) => id) }));
  return `# The flow matrix

Written by \`test/kernel/matrix/matrix.test.ts\` from what it measured, when \`UPDATE_MATRIX=1\`; otherwise the test
fails if this page and a measurement differ. Do not edit.

Each cell is a real exchange, there and back, between network namespaces. The rule sets of other tools are
emulations of their steady state (\`test/kernel/peers\`, and the last section here). "multihome" is the program of
this package, run on the host.

## Nine flows on a network that checks sources

The host has A on eth0, its primary interface, and B on eth1, in two networks. Each port of the network drops what
does not come from an address of that interface, as the source/destination check of an ENI does. "i" is a host on
the Internet, "a" and "b" are hosts on the networks of A and B, "c" is a container on the host; "i>B" is a TCP
connection from i to B, "6" says IPv6.

${markdownTable(
  ["rule set", ...NINE.map(({ id }) => id), "B after eth1 went down and up"],
  rows.map(({ title, nine, bounced }) => [
    title,
    ...NINE.map(({ id }) => nine.get(id)!.verdict),
    bounced.verdict,
  ]),
)}

"n/a": the tool does not configure that family. "leaks": packets from B left by eth0. "fails closed": none did.

## ${ALL_CHECKS.length} checks behind stateful routers

No source check here, but both routers drop what belongs to no flow that they saw from its start, and the host has
\`rp_filter=1\`. TCP, UDP and ping, both families, from and to the host. Figures are the checks passed of those that
apply.

${markdownTable(
  ["rule set", ...groups.map(({ name }) => name), "all"],
  rows.map(({ title, checks }) => [title, ...groups.map(({ ids }) => score(checks, ids)), score(checks)]),
)}

${groups.map(({ name, ids }) => `- ${name}: ${ids.map((id) => `\`${id}\``).join(", ")}`).join("\n")}

Two more belong to the strong host model, not to symmetric routing: ${STRONG_ONLY.join("; ")}.

## What caught each flow that failed

${rows.map(failures).join("\n\n")}

## Where the rule sets are from

${sources.map(({ title, source }) => `- **${title}**: ${source}`).join("\n")}
`;
}

function failures({ title, nine, bounced, checks }: Row): string {
  const failed = (cells: ReadonlyMap<string, Cell>) =>
    [...cells]
      .filter(([, { verdict }]) => verdict === "FAIL")
      .map(([id, { caughtBy }]) => ({ id, caughtBy }));
  const list = (found: { id: string; caughtBy: readonly string[] }[]) => {
    const reasons = new Map<string, string[]>();
    for (const { id, caughtBy } of found) {
      const reason = caughtBy.join(" and ");
      reasons.set(reason, [...(reasons.get(reason) ?? []), `\`${id}\``]);
    }
    return [...reasons].map(([reason, ids]) => `${ids.join(", ")}: ${reason}`).join("; ") || "none failed";
  };
  return [
    `**${title}**`,
    "",
    `- nine flows: ${list(failed(nine))}`,
    `- \`${B_STILL_USED.id}\` after the bounce: ${bounced.verdict} (${bounced.caughtBy.join(", ")})`,
    `- checks: ${list(failed(checks))}`,
  ].join("\n");
}

const short = ({ verdict }: Cell) => (verdict === "fails closed" ? "closed" : verdict);

/** Columns are padded as the formatter wants them. */
function markdownTable(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((cells) => cells[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
