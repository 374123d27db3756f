import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RECORDINGS, record } from "../test/linux/fuzz/recording";

/**
 * Records what the kernel of this machine answers on a few random hosts, for the tests that run without one:
 *
 *   npx tsx scripts/record-kernel.ts
 *
 * Needs root.
 */
const SEEDS = { 4: [9, 17, 130, 408, 1003, 5004, 5042, 7], 6: [5, 6, 57, 396, 2011, 31, 8] } as const;

mkdirSync(RECORDINGS, { recursive: true });
for (const family of [4, 6] as const) {
  for (const seed of SEEDS[family]) {
    const file = join(RECORDINGS, `ipv${family}-${seed}.json`);
    writeFileSync(file, JSON.stringify(record(family, seed, 160)) + "\n");
    console.log(file);
  }
}
