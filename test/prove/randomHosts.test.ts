import { buildPlan, normalize } from "../../lib/plan";
import { StagedHost, proveStaged, stagePlan } from "../../lib/prove/staged";
import { randomHost } from "../kernel/traffic/randomHost";
import { Random } from "../linux/fuzz/random";
import { ownCheck } from "./support/ownCheck";

/** Hosts as `npm run fuzz:policies` makes them, of fewer policies, held to what is wanted of any host that is accepted. */

const SEEDS = Array.from({ length: 7 }, (_, i) => 4 + i);

test.each(SEEDS)("a random host is proved, and passes its own check: seed %d", (seed) => {
  const host = normalize(randomHost(new Random(seed), { most: 5 }));
  const plan = buildPlan(host);
  const staged = stagePlan(plan, host);
  const { results, reasons } = proveStaged(staged, { maxWitnesses: 1 });
  const witnesses = results.flatMap((r) =>
    r.witnesses.map(({ packet, got }) => `${r.property} ${packet}: ${got}`),
  );
  expect([...witnesses, ...reasons.filter((one) => !one.startsWith("no management peer"))]).toEqual([]);
  expect(ownCheck(plan, loose(staged))).toEqual([]);
});

/** A strict reverse path check refuses what a policy is about and comes in by another way than main has to its sender. */
function loose(staged: StagedHost): StagedHost {
  const { sysctls } = staged.state;
  const filters = Object.keys(sysctls).filter((path) => path.endsWith("/rp_filter"));
  const zero = Object.fromEntries(filters.map((path) => [path, 0]));
  return { ...staged, state: { ...staged.state, sysctls: { ...sysctls, ...zero } } };
}

test("what is wrong with a plan shows in its own check", () => {
  const seed = SEEDS.find(
    (one) => normalize(randomHost(new Random(one), { most: 5 })).interfaces[0].gateways[4],
  )!;
  const host = normalize(randomHost(new Random(seed), { most: 5 }));
  const plan = buildPlan(host);
  const routes = plan.ipv4.routes.filter(({ to }) => to !== "default");
  const wrong = stagePlan({ ...plan, ipv4: { ...plan.ipv4, routes } }, host);
  expect(ownCheck(plan, loose(wrong)).length).toBeGreaterThan(0);
});
