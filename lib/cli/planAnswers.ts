import { Plan, PlanExpectation, PlanFamily } from "../model/plan";
import { count, wrap } from "./layout";
import { flowLines } from "./planTraffic";

/** Rows of one class with one answer that are written out; more are told by the first. */
const MOST_ALIKE = 3;

/** What the kernel must answer in one family, from the first source of each interface; the others answer alike. */
export function answerLines(plan: Plan, family: 4 | 6, part: PlanFamily): string[] {
  const { expectations } = part;
  return [
    `IPv${family}: what the kernel must answer`,
    ...plan.interfaces.flatMap((iface) => {
      const rows = expectations.filter((e) => e.interface === iface.name);
      if (rows.length === 0) return [];
      const [first, ...others] = iface.sources.filter((s) => s.includes(":") === (family === 6));
      const title = `  # ${iface.name}${others.length === 0 ? "" : `, and likewise from ${count(others.length, "other source")}`}`;
      return [title, ...alike(rows).flatMap((group) => groupLines(first, group))];
    }),
    ...flowLines(part),
  ];
}

function groupLines(from: string, rows: readonly PlanExpectation[]): string[] {
  const line = (to: string, row: PlanExpectation): string[] =>
    wrap("  ", [`from ${from}`, `to ${to}`, `(${KINDS[row.class]}):`, answer(row)], " ".repeat(6));
  if (rows.length <= MOST_ALIKE) return rows.flatMap((row) => line(row.to, row));
  return line(`${rows.length} like ${rows[0].to}`, rows[0]);
}

const KINDS: Readonly<Record<PlanExpectation["class"], string>> = {
  elsewhere: "elsewhere",
  attached: "own subnet",
  "other-attached": "subnet of another",
  routed: "declared route",
};

function answer({ dev, via }: PlanExpectation): string {
  if (dev === undefined) return "unreachable";
  return via === undefined ? `by ${dev} directly` : `by ${dev} via ${via}`;
}

/** Rows that follow each other with one class and one answer. */
function alike(rows: readonly PlanExpectation[]): PlanExpectation[][] {
  const groups: PlanExpectation[][] = [];
  for (const row of rows) {
    const last = groups[groups.length - 1]?.[0];
    if (last?.class === row.class && last.dev === row.dev && last.via === row.via)
      groups[groups.length - 1].push(row);
    else groups.push([row]);
  }
  return groups;
}
