import * as fs from "node:fs";
import * as path from "node:path";

import { PEERS } from "../peers";
import { Candidate, peer } from "./candidate";
import { Cloud } from "./cloud";
import { ALL_CHECKS, NINE } from "./flows";
import { Cell, Row, measureChecks, measureNine } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";
import { forDocs, forTerminal } from "./table";

const DOCS = path.join(__dirname, "../../../docs/matrix.md");
const CANDIDATES: readonly Candidate[] = [...PEERS.map(peer), ours()];

describeInCloud("the flow matrix", () => {
  let checking: Cloud;
  let stateful: Cloud;
  const rows = new Map<string, Row>();

  // Most of the time goes by waiting for what never comes, so the two clouds share it.
  beforeAll(async () => {
    checking = await Cloud.open("mtxa", { sourceCheck: true });
    stateful = await Cloud.open("mtxb", { statefulRouters: true });
    const nine = each((candidate) => measureNine(checking, candidate));
    const checks = each((candidate) => measureChecks(stateful, candidate));
    const [[...nines], [...checked]] = await Promise.all([nine, checks]);
    CANDIDATES.forEach(({ title }, i) => rows.set(title, { ...nines[i], checks: checked[i] }));
  }, 120_000);

  afterAll(async () => {
    process.stderr.write(`\n${forTerminal([...rows.values()])}\n`);
    await Promise.all([checking?.destroy(), stateful?.destroy()]);
  });

  test("ours passes every flow and check, and fails closed when an interface is bounced", () => {
    const { nine, checks, bounced } = rows.get("multihome")!;
    expect({ nine: failing(nine), checks: failing(checks), bounced: bounced.verdict }).toEqual({
      nine: [],
      checks: [],
      bounced: "fails closed",
    });
    expect([nine.size, checks.size]).toEqual([9, 28]);
  });

  test.each(PEERS.map(({ title, fails }) => [title, fails] as const))(
    "negative control: %s fails where its rules say, and nowhere else",
    (title, fails) => {
      const { nine, checks, bounced } = rows.get(title)!;
      expect({ nine: failing(nine), checks: failing(checks), bounced: bounced.verdict }).toEqual({
        nine: inOrder(NINE, fails.nine),
        checks: inOrder(ALL_CHECKS, fails.checks),
        bounced: fails.bounced,
      });
    },
  );

  test("every flow that failed has a witness", () => {
    const failed = [...rows.values()].flatMap(({ nine, checks }) =>
      [...nine.values(), ...checks.values()].filter(({ verdict }) => verdict === "FAIL"),
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.filter(({ caughtBy }) => caughtBy.length === 0)).toEqual([]);
  });

  test("docs/matrix.md is what was measured", () => {
    const measured = forDocs([...rows.values()], PEERS);
    if (process.env.UPDATE_MATRIX === "1") fs.writeFileSync(DOCS, measured);
    expect(fs.readFileSync(DOCS, "utf8")).toBe(measured);
  });
});

/** One after the other: each has the cloud for itself. */
async function each<T>(measure: (candidate: Candidate) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const candidate of CANDIDATES) results.push(await measure(candidate));
  return results;
}

const failing = (cells: ReadonlyMap<string, Cell>) =>
  [...cells].filter(([, { verdict }]) => verdict === "FAIL").map(([id]) => id);
const inOrder = (flows: readonly { id: string }[], ids: readonly string[]) => {
  const known = flows.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new Error(`no such flow: ${unknown.join(", ")}`);
  return known.filter((id) => ids.includes(id));
};
