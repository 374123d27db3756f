import * as fs from "node:fs";
import * as path from "node:path";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";

/**
 * Triples: a host as its owner writes it, its plan, and the program. To accept a change that is meant, run with
 * UPDATE_GOLDENS=1 and read the difference.
 */
const CASES = path.join(__dirname, "cases");
const UPDATE = process.env["UPDATE_GOLDENS"] === "1";

describe("goldens", () => {
  test.each(fs.readdirSync(CASES).sort())("%s", (name) => {
    const spec = JSON.parse(fs.readFileSync(path.join(CASES, name, "spec.json"), "utf8"));
    const plan = planHost(spec);
    expectFile(path.join(CASES, name, "plan.json"), `${JSON.stringify(plan, null, 1)}\n`);
    expectFile(path.join(CASES, name, "program.sh"), renderProgram(plan));
  });
});

function expectFile(file: string, text: string): void {
  if (UPDATE) fs.writeFileSync(file, text);
  expect(fs.readFileSync(file, "utf8")).toBe(text);
}
