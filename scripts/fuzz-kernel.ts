import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KeptSeed, SEED_FOLDER, describe, newTally, runCampaign, shrink } from "../test/linux/fuzz/campaign";
import { KernelHost } from "../test/linux/fuzz/kernel";

/**
 * Compares the model of Linux routing with the kernel it runs on, on random hosts in network namespaces.
 *
 *   npm run fuzz:kernel -- [--queries N] [--seed S] [--family 4|6] [--per-state N]
 *
 * Without --family two thirds of the questions are IPv4. Needs root. Exits 1 when model and kernel differ; the seeds
 * are then written to test/linux/seeds, where the test suite tries them again.
 */
function main(): number {
  const { values } = parseArgs({
    options: {
      queries: { type: "string", default: "100000" },
      seed: { type: "string" },
      family: { type: "string" },
      "per-state": { type: "string", default: "1000" },
    },
  });
  const queries = count("queries", values.queries);
  const perState = count("per-state", values["per-state"]);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 30) : count("seed", values.seed);
  if (values.family !== undefined && values.family !== "4" && values.family !== "6") {
    throw new Usage(`--family is ${JSON.stringify(values.family)}; it must be 4 or 6`);
  }
  if (!KernelHost.available()) throw new Usage("network namespaces cannot be made here; run it as root");
  const shares =
    values.family === undefined
      ? { 4: 2 / 3, 6: 1 / 3 }
      : { 4: +(values.family === "4"), 6: +(values.family === "6") };
  console.log(`seed ${seed}`);
  let different = 0;
  for (const family of [4, 6] as const) {
    const share = Math.round(queries * shares[family]);
    if (share === 0) continue;
    const began = Date.now();
    const tally = newTally();
    runCampaign(family, seed, share, perState, tally, () => {
      if (tally.states > 0 && tally.states % 100 === 0)
        progress(family, tally.queries, tally.differences.length);
      return tally.differences.length < 20;
    });
    different += tally.differences.length;
    const seconds = (Date.now() - began) / 1000;
    const kinds = [...tally.answers].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${kind} ${n}`);
    console.log(
      `IPv${family}: ${tally.queries} queries in ${tally.states} states, ${tally.differences.length} differences, ` +
        `${tally.unknown} left open by the model; ${seconds.toFixed(0)} s`,
    );
    console.log(`      the kernel answered: ${kinds.join(", ")}`);
    for (const [because, n] of [...tally.reasons].sort((a, b) => b[1] - a[1]))
      console.log(`      left open ${n}: ${because}`);
    const seeds = new Set<number>();
    for (const difference of tally.differences) {
      if (seeds.has(difference.scenario.seed)) continue;
      seeds.add(difference.scenario.seed);
      const small = shrink(difference);
      console.log(describe(small));
      keep({
        family,
        scenario: difference.scenario,
        queries: perState,
        was: `${small.kernel} / ${small.model}`,
      });
    }
  }
  return different === 0 ? 0 : 1;
}

class Usage extends Error {}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new Usage(`--${name} is ${JSON.stringify(text)}; it must be a whole number`);
  }
  return value;
}

function progress(family: number, queries: number, differences: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\rIPv${family}: ${queries} queries, ${differences} differences `);
}

function keep(seed: KeptSeed): void {
  mkdirSync(SEED_FOLDER, { recursive: true });
  writeFileSync(
    join(SEED_FOLDER, `ipv${seed.family}-${seed.scenario.seed}.json`),
    JSON.stringify(seed, undefined, 2) + "\n",
  );
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
