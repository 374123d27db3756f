import * as fs from "node:fs";
import * as path from "node:path";
import { costOf, planHost } from "../../lib/plan";
import { CASES } from "./support/cases";
import { planText, textOf } from "./support/text";

/**
 * Whole plans of hosts that use what a plan can have, and what their lookups cost. To accept a change that is meant, run with UPDATE_GOLDENS=1 and
 * read the difference.
 */
const GOLDENS = path.join(__dirname, "goldens");
const fileOf = (name: string): string => `${name.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}.txt`;
const UPDATE = process.env["UPDATE_GOLDENS"] === "1";

describe("the plan of", () => {
  test.each(Object.entries(CASES))("%s", (name, spec) => {
    const file = path.join(GOLDENS, fileOf(name));
    const plan = planHost(spec);
    const costs = [costOf(plan.ipv4.rules, 4), costOf(plan.ipv6.rules, 6)];
    const text = `${planText(plan)}costs: ${textOf(costs)}\n`;
    if (UPDATE) fs.writeFileSync(file, text);
    expect(text).toBe(fs.readFileSync(file, "utf8"));
  });

  test("no case is left of those that are gone", () => {
    expect(fs.readdirSync(GOLDENS).sort()).toEqual(Object.keys(CASES).map(fileOf).sort());
  });
});
