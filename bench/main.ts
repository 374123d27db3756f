import * as fs from "node:fs";
import * as path from "node:path";
import { apply } from "./apply";
import { endToEnd } from "./endToEnd";
import { kernelLookup } from "./kernelLookup";
import { lookup } from "./lookup";
import { networkd } from "./networkd";
import { prover } from "./prover";
import { pulumi } from "./pulumi";
import { reload } from "./reload";
import { synthesis } from "./synthesis";
import { chartSvg } from "./support/chart";
import { loadAverage, machineLines } from "./support/machine";
import { BenchOptions, Section, met, sectionMarkdown, shownNumber } from "./support/section";

/**
 * Measures what multihome costs and what it saves, always as ratios of things measured side by side in one run, and
 * writes it to bench/results (with --quick to the terminal alone).
 *
 *   npm run bench                      all of it, an hour and a quarter
 *   npm run bench -- kernel-lookup     one section, or several
 *   npm run bench -- --quick           a minute; says whether it works, not what it costs
 */
const SECTIONS: Readonly<Record<string, (options: BenchOptions) => Promise<Section>>> = {
  synthesis,
  prover,
  lookup,
  "kernel-lookup": kernelLookup,
  "end-to-end": endToEnd,
  apply,
  networkd,
  reload,
  pulumi,
};

const RESULTS = path.join(__dirname, "results");

async function main(args: readonly string[]): Promise<number> {
  const quick = args.includes("--quick");
  const wanted = args.filter((a) => a !== "--quick");
  const unknown = wanted.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0) {
    process.stderr.write(
      `bench: got ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")} and --quick\n`,
    );
    return 2;
  }
  for (const name of wanted.length > 0 ? wanted : Object.keys(SECTIONS)) {
    process.stderr.write(`${name} (load ${loadAverage()}) ...\n`);
    const heading = machineLines();
    const section = await SECTIONS[name]({ quick });
    const markdown = sectionMarkdown(section, heading);
    process.stdout.write(`${markdown}\n`);
    if (!quick) write(section, markdown);
    for (const goal of section.goals.filter((g) => !met(g))) {
      process.stderr.write(
        `${name}: ${goal.claim}: ${shownNumber(goal.value)}, more than ${shownNumber(goal.most)}\n`,
      );
    }
  }
  return 0;
}

function write(section: Section, markdown: string): void {
  fs.mkdirSync(RESULTS, { recursive: true });
  fs.writeFileSync(path.join(RESULTS, `${section.name}.md`), markdown);
  for (const chart of section.charts)
    fs.writeFileSync(path.join(RESULTS, `${chart.name}.svg`), chartSvg(chart));
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
