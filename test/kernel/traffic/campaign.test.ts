import { describeOnKernel } from "../support/netns";
import { Campaign } from "./campaign";
import { Site } from "./site";
import { canWire } from "./wire";

/** The long run, with seeds of its own, is `npm run fuzz:policies`; docs/traffic.md has its figures. */
const SEEDS = [5, 9, 13, 2006, 2007];
const suite = canWire() ? describeOnKernel : describe.skip;

suite("random policies", () => {
  test("what is wanted, the prover's verdict, the kernel's answers and packets agree", async () => {
    const site = await Site.open("trafuz");
    try {
      const campaign = new Campaign(site);
      for (const seed of SEEDS) await campaign.run(seed);
      const { differences, ...tally } = campaign.tally;
      expect(differences).toEqual([]);
      console.log(JSON.stringify(tally));
      // It means something only if policies decide, packets leave, links go and mistakes are made and found.
      expect(tally.policies).toBeGreaterThan(40);
      expect(tally.reached).toBeGreaterThan(tally.policies / 2);
      expect(tally.decided).toBeGreaterThan(tally.questions / 2);
      expect(tally.steered).toBeGreaterThan(tally.packets / 2);
    } finally {
      await site.close();
    }
  }, 120_000);
});
