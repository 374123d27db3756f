import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Difference, tryScenario } from "../test/linux/fuzz/compare";
import { scenario4 } from "../test/linux/fuzz/scenario4";
import { scenario6 } from "../test/linux/fuzz/scenario6";

const seeds = Number(process.argv[2] ?? 10);
const start = Number(process.argv[3] ?? 1);
let asked = 0;
let bad = 0;
const began = Date.now();
for (let seed = start; seed < start + seeds; seed++) {
  const result = tryScenario(
    process.argv[4] === "6" ? scenario6(seed) : scenario4(seed),
    process.argv[4] === "6" ? 6 : 4,
    1000,
  );
  asked += result.asked;
  bad += result.differences.length;
  for (const d of result.differences.slice(0, 2)) show(d);
  console.log(seed, result.asked, result.errors, result.unknown, result.differences.length);
}
console.log(asked, bad, (Date.now() - began) / 1000);
function show(d: Difference): void {
  console.log(
    "---",
    d.scenario.seed,
    d.query.line,
    "\n kernel",
    d.kernel,
    "\n model ",
    d.model,
    "\n",
    d.trace.join("\n "),
  );
}
void mkdirSync;
void writeFileSync;
void join;
