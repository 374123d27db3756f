import { describe as showDifference, keptSeeds, newTally, runCampaign } from "../linux/fuzz/campaign";
import { tryScenario } from "../linux/fuzz/compare";
import { KernelHost } from "../linux/fuzz/kernel";

const kernelTest = KernelHost.available() ? test : test.skip;

/** A new seed each day would not be repeatable; the long run, with seeds of its own, is `npm run fuzz:kernel`. */
const SMOKE = { 4: { seed: 700_000, queries: 70_000 }, 6: { seed: 700_000, queries: 35_000 } };

describe("the model answers as the kernel does", () => {
  for (const family of [4, 6] as const) {
    kernelTest(
      `IPv${family}: random rules, routes, addresses and sysctls`,
      () => {
        const { seed, queries } = SMOKE[family];
        const tally = runCampaign(family, seed, queries, 1750, newTally());
        expect(tally.queries).toBe(queries);
        expect(tally.differences.slice(0, 2).map(showDifference)).toEqual([]);
        expect(tally.differences).toHaveLength(0);
        // The comparison means something only if all kinds of answers occur, and the model decides nearly all.
        for (const kind of ["unicast", "local", "ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL"]) {
          expect(tally.answers.get(kind) ?? 0).toBeGreaterThan(queries / 1000);
        }
        expect(tally.unknown).toBeLessThan(queries / 50);
      },
      120_000,
    );
  }

  for (const { family, scenario, queries, was } of keptSeeds()) {
    kernelTest(
      `seed ${scenario.seed} of IPv${family}, where it once did not: ${was}`,
      () => {
        const { differences } = tryScenario(scenario, family, queries);
        expect(differences.map(showDifference)).toEqual([]);
      },
      30_000,
    );
  }
});
