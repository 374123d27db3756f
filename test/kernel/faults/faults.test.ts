import { spawnSync } from "node:child_process";
import { HostModel } from "../../../lib/model/spec";
import { describeOnKernel } from "../support/netns";
import { Campaign, Tally, cases, newTally } from "./campaign";
import { ANYTHING, FAULTS } from "./faults";
import { Machine } from "./machine";

/**
 * Whatever goes wrong, the host is as before or as planned, and nobody is locked out.
 *
 *   npm run faults                        all of it, for some hours
 *   MULTIHOME_FAULTS=2000 npm run faults  until so many faults have happened, of all in an order that the seed says
 *   MULTIHOME_SEED=7 ...                  in another order
 */
const SAMPLE = 20;
const wanted = process.env["MULTIHOME_FAULTS"];
const limit = wanted === undefined ? SAMPLE : wanted === "all" ? Infinity : Number(wanted);
const seed = Number(process.env["MULTIHOME_SEED"] ?? 1);
const PATIENCE = limit > SAMPLE ? 12 * 3600_000 : 600_000;

const hasNft = spawnSync("nft", ["--version"]).status === 0;

describeOnKernel("faults", () => {
  const tallies = new Map<string, Tally>([...FAULTS, ANYTHING].map(({ name }) => [name, newTally()]));
  const sum = (count: (tally: Tally) => number): number =>
    [...tallies.values()].reduce((total, tally) => total + count(tally), 0);

  async function campaign(machine: Machine, share: number): Promise<void> {
    try {
      await machine.start();
      const trials = new Campaign(machine, ({ name }) => tallies.get(name) as Tally);
      const before = sum(({ faults }) => faults);
      for (const [i, { scenario, fault, k }] of (await cases(trials, seed)).entries()) {
        if (sum(({ faults }) => faults) - before >= share * limit) break;
        await trials.trial(scenario, fault, k);
        if (i % 5 === 4) await trials.storm(ANYTHING, seed + i);
      }
    } finally {
      await machine.destroy();
    }
  }

  test(
    "at every start of a tool: no lock-out, no mix, and the next command makes it good",
    async () => {
      await campaign(new Machine("prgfault"), hasNft ? 0.5 : 0.75);
      await campaign(new Machine("prgfltsm", { small: true }), 0.25);
      const policy = { hostModel: HostModel.Strong };
      if (hasNft) await campaign(new Machine("prgfltst", { policy }), 0.25);
      if (wanted !== undefined) process.stderr.write(`${table(tallies)}\n`);
      expect([...tallies.values()].flatMap(({ failures }) => failures)).toEqual([]);
      expect(sum(({ lockouts, mixes }) => lockouts + mixes)).toBe(0);
      expect(sum(({ faults }) => faults)).toBeGreaterThanOrEqual(Math.min(limit, SAMPLE));
      // The kernel has been asked all along.
      expect(sum(({ vectors }) => vectors)).toBeGreaterThan(10 * sum(({ trials }) => trials));
    },
    PATIENCE,
  );

  test("at every move of a file that does not happen, though mv says so, in a first apply", async () => {
    const machine = new Machine("prgfltmv");
    const tally = newTally();
    try {
      await machine.start();
      const trials = new Campaign(machine, () => tally);
      const fault = { name: "mv lies", script: "exit 0", tools: ["mv"] };
      for (let k = 1; await trials.trial("first apply", fault, k); k++);
      expect(tally.failures).toEqual([]);
      expect(tally.trials).toBeGreaterThan(3);
    } finally {
      await machine.destroy();
    }
  }, 300_000);

  test("control: rules and routes that are deleted and added again are seen as a mix", async () => {
    const machine = new Machine("prgnaive");
    try {
      await machine.start();
      const { ns, host, programs } = machine;
      host.ok(programs.one, "apply");
      machine.allow("one", "two");
      // A busy machine may look away at the wrong moment.
      for (let i = 0; i < 200 && (await machine.samples()).mixed === 0; i++) {
        // What is in force again, a rule at a time.
        for (const line of ns.ip("-4 rule show").split("\n")) {
          const [, priority, words] = /^(7[0-9]+|8[0-9]+):\s+(from 10.*)$/.exec(line) ?? [];
          if (priority === undefined) continue;
          const rule = `priority ${priority} ${words.replace(/suppress_ifgroup \S+/, "suppress_ifgroup 77").replace("proto 77", "protocol 77")}`;
          ns.run(["ip", "rule", "del", "priority", priority]);
          ns.run(["ip", "rule", "add", ...rule.split(/\s+/)]);
        }
      }
      expect((await machine.samples()).mixed).toBeGreaterThan(0);
    } finally {
      await machine.destroy();
    }
  }, 120_000);
});

function table(tallies: ReadonlyMap<string, Tally>): string {
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(48)}${cells.map((cell) => String(cell).padStart(11)).join("")}`;
  const cellsOf = (t: Tally): number[] => [t.trials, t.faults, t.lockouts, t.mixes, t.old, t.failures.length];
  const all = [...tallies].map(([name, tally]) => [name, cellsOf(tally)] as const);
  const total = all.reduce<number[]>((sum, [, cells]) => cells.map((c, i) => c + (sum[i] ?? 0)), []);
  const vectors = [...tallies.values()].reduce((sum, tally) => sum + tally.vectors, 0);
  return [
    row("", ["trials", "faults", "lock-outs", "mixes", "left old", "failures"]),
    ...all.map(([name, cells]) => row(name, cells)),
    row("together", total),
    `${vectors} times were all flows of a family asked for`,
  ].join("\n");
}
