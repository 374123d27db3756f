import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Family } from "../../../lib/net";
import { Difference, tryScenario } from "./compare";
import { Query } from "./queries";
import { Scenario, scenario4 } from "./scenario4";
import { scenario6 } from "./scenario6";

export interface Tally {
  states: number;
  queries: number;
  /** Answers of the kernel by kind: a route type, or an error. */
  readonly answers: Map<string, number>;
  /** Questions that the model did not decide, and why not. */
  unknown: number;
  readonly reasons: Map<string, number>;
  readonly differences: Difference[];
}

export function newTally(): Tally {
  return { states: 0, queries: 0, answers: new Map(), unknown: 0, reasons: new Map(), differences: [] };
}

export function scenarioOf(family: Family, seed: number): Scenario {
  return family === 4 ? scenario4(seed) : scenario6(seed);
}

/** Asks `queries` questions in hosts made from `seed` and the seeds after it, until they are asked or time is up. */
export function runCampaign(
  family: Family,
  seed: number,
  queries: number,
  perState: number,
  tally: Tally = newTally(),
  goOn: () => boolean = () => true,
): Tally {
  const end = tally.queries + queries;
  for (let next = seed; tally.queries < end && goOn(); next++) {
    const result = tryScenario(scenarioOf(family, next), family, Math.min(perState, end - tally.queries));
    tally.states++;
    tally.queries += result.asked;
    tally.unknown += result.unknown;
    for (const [kind, count] of result.answers) add(tally.answers, kind, count);
    for (const [because, count] of result.reasons) add(tally.reasons, because, count);
    tally.differences.push(...result.differences);
  }
  return tally;
}

function add(tally: Map<string, number>, key: string, count: number): void {
  tally.set(key, (tally.get(key) ?? 0) + count);
}

/** Leaves out commands one by one as long as the same question is still answered differently. */
export function shrink(difference: Difference): Difference {
  let smallest = difference;
  const parts = ["rules", "routes", "addresses", "links", "sysctls", "dark", "flapped"] as const;
  for (const part of parts) {
    for (let i = smallest.scenario[part].length - 1; i >= 0; i--) {
      const fewer = smallest.scenario[part].filter((_item, j) => j !== i);
      const next = retry({ ...smallest.scenario, [part]: fewer }, smallest.family, smallest.query);
      if (next !== undefined) smallest = next;
    }
  }
  return smallest;
}

function retry(scenario: Scenario, family: Family, query: Query): Difference | undefined {
  return tryScenario(scenario, family, 1, [query]).differences[0];
}

/** A difference as commands that anybody can run, with both answers. */
export function describe(difference: Difference): string {
  const { scenario, family, query, kernel, model, trace } = difference;
  return [
    `seed ${scenario.seed}, IPv${family}`,
    ...scenario.sysctls
      .filter(([, value]) => value !== 0)
      .map(([path, value]) => `  sysctl ${path}=${value}`),
    ...scenario.dark.map((device) => `  carrier of ${device} off`),
    ...[...scenario.links, ...scenario.addresses].map((line) => `  ip ${line}`),
    ...[...scenario.routes, ...scenario.rules].map((line) => `  ip -${family} ${line}`),
    ...scenario.flapped.map((device) => `  ip link set ${device} down; ip link set ${device} up`),
    `  ip -${family} route get ${query.line}`,
    `kernel: ${kernel}`,
    `model:  ${model}`,
    ...trace.map((line) => `    ${line}`),
  ].join("\n");
}

/**
 * Hosts that once told model and kernel apart; they are tried again for ever. The host itself is kept and not only its
 * seed, so that it stays the same when the generator learns more.
 */
export interface KeptSeed {
  readonly family: Family;
  readonly scenario: Scenario;
  readonly queries: number;
  readonly was: string;
}

export const SEED_FOLDER = join(__dirname, "..", "seeds");

export function keptSeeds(): KeptSeed[] {
  return readdirSync(SEED_FOLDER)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(SEED_FOLDER, name), "utf8")) as KeptSeed);
}
