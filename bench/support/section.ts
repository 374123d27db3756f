/** One part of the benchmark: what it measured, and whether the goals hold. */
export interface Section {
  /** File name in bench/results, without its ending. */
  readonly name: string;
  readonly title: string;
  /** How it was measured, for a reader who doubts it. Markdown. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  readonly goals: readonly Goal[];
  /** What could not be measured here, and why. */
  readonly missing: readonly string[];
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Bars in groups, on a logarithmic scale where values differ by orders of magnitude. */
export interface Chart {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly (number | undefined)[] }[];
}

/** A bound that a figure should keep. */
export interface Goal {
  readonly claim: string;
  readonly value: number;
  readonly most: number;
}

export interface BenchOptions {
  /** A minute in all: fewer rounds and smaller hosts. Says whether something broke, not what it costs. */
  readonly quick: boolean;
}

export function met({ value, most }: Goal): boolean {
  return value <= most;
}

/** Two decimals below ten, one below a hundred, none above. */
export function shownNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value < 10
    ? value.toFixed(2)
    : value < 100
      ? value.toFixed(1)
      : Math.round(value).toLocaleString("en-US");
}

export function sectionMarkdown(section: Section, heading: readonly string[]): string {
  const { title, method, tables, charts, goals, missing } = section;
  const blocks = [`# ${title}`, heading.join("\n"), method];
  for (const chart of charts) blocks.push(`![${chart.title}](${chart.name}.svg)`);
  for (const table of tables) blocks.push(`## ${table.caption}`, tableMarkdown(table));
  if (goals.length > 0) {
    blocks.push(
      "## Goals",
      tableMarkdown({
        caption: "",
        columns: ["goal", "at most", "measured", ""],
        rows: goals.map((g) => [
          g.claim,
          shownNumber(g.most),
          shownNumber(g.value),
          met(g) ? "met" : "**missed**",
        ]),
      }),
    );
  }
  if (missing.length > 0) blocks.push("## Not measured here", missing.map((m) => `- ${m}`).join("\n"));
  return `${blocks.join("\n\n")}\n`;
}

function tableMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((c) => (typeof c === "number" ? shownNumber(c) : c)).join(" | ")} |`;
  const align = columns.map((_, i) => (rows.some((r) => typeof r[i] === "number") ? "--:" : "---"));
  return [line(columns), `| ${align.join(" | ")} |`, ...rows.map(line)].join("\n");
}
