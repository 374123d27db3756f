import { parseArgs } from "node:util";
import { Campaign } from "../test/kernel/traffic/campaign";
import { Site } from "../test/kernel/traffic/site";

/**
 * Compares, for random traffic policies, the prover's verdict, what the kernel answers, and packets that are sent.
 *
 *   npm run fuzz:policies -- [--count N] [--seed S]
 *
 * Needs root and perl. Exits 1 when they differ; a seed makes the same host again.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { count: { type: "string", default: "10000" }, seed: { type: "string" } },
  });
  const count = Number(values.count);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(values.seed);
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed) || count < 1 || seed < 0) {
    console.error("--count and --seed must be whole numbers");
    return 2;
  }
  console.log(`seed ${seed}`);
  const began = Date.now();
  const site = await Site.open("trafuz");
  try {
    const campaign = new Campaign(site);
    const { tally } = campaign;
    const report = (): void => {
      const seconds = (Date.now() - began) / 1000;
      const t = tally;
      console.log(
        `${t.policies} policies on ${t.hosts} hosts (${t.reached} decided about a packet, ${t.undecided} hosts not proved), ` +
          `${t.questions} questions to the kernel (${t.decided} decided by a policy), ${t.packets} packets (${t.steered}), ` +
          `${t.programs} programs run, ${t.cuts} links cut, ${t.mistaken} hosts with a mistake (${t.disproved} disproved, ` +
          `${t.confirmed} witnesses confirmed), ${t.differences.length} differences; ${Math.round(seconds)} s, ` +
          `${(t.policies / seconds).toFixed(1)} policies a second`,
      );
    };
    let told = 0;
    for (let next = seed; tally.policies < count && tally.differences.length < 20; next++) {
      await campaign.run(next);
      while (told < tally.differences.length) console.log(tally.differences[told++]);
      if ((next - seed) % 25 === 24) report();
    }
    report();
    return tally.differences.length === 0 ? 0 : 1;
  } finally {
    await site.close();
  }
}

void main().then((code) => (process.exitCode = code));
