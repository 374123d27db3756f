import * as fs from "node:fs";
import * as path from "node:path";
import {
  Intent,
  IntentTraffic,
  LinuxState,
  Proof,
  PropertyId,
  PropertyResult,
  ProveOptions,
  Witness,
  applyBatch,
  prove,
} from "../../../lib/linux";
import { Nic, Surroundings, freshHost, intentOf, nics, recipeHost } from "../support/hosts";

/**
 * What the prover says of small hosts, each with one thing right or wrong, word for word: recorded/NAME.txt. To accept a
 * change that is meant, run with UPDATE_GOLDENS=1 and read the difference.
 */
const RECORDED = path.join(__dirname, "recorded");
const UPDATE = process.env["UPDATE_GOLDENS"] === "1";

/** Two NICs, each with one address of both families. */
export const TWO: readonly Nic[] = nics(2, 1, true);

/** A small host and what is wanted of it. */
export interface Case {
  readonly prove: readonly PropertyId[];
  readonly list?: readonly Nic[];
  readonly around?: Surroundings;
  /** As DHCP leaves it, without the recipe. */
  readonly fresh?: true;
  /** Commands on top, as `ip -batch` takes them. */
  readonly four?: readonly string[];
  readonly six?: readonly string[];
  readonly edit?: (state: LinuxState) => LinuxState;
  readonly intent?: Partial<Intent>;
  readonly options?: Omit<ProveOptions, "before" | "properties">;
  /** The state before: that which DHCP leaves, unless it is given. */
  readonly before?: true | ((state: LinuxState) => LinuxState);
  /** Shown alone; else both. */
  readonly family?: 4 | 6;
  /** With the walk through the rules. */
  readonly traced?: true;
}

export function stateOf({ list = TWO, around, fresh, four = [], six = [], edit }: Case): LinuxState {
  const base = fresh ? freshHost(list, around) : recipeHost(list, around);
  const state = applyBatch(applyBatch(base, 4, four.join("\n")), 6, six.join("\n"));
  if (state.gaps.length > 0) throw new Error(JSON.stringify(state.gaps));
  return edit === undefined ? state : edit(state);
}

export function policy(
  name: string,
  use: readonly string[],
  more: Partial<IntentTraffic> = {},
): IntentTraffic {
  return {
    name,
    families: [4, 6],
    from: [],
    to: [],
    sourcePorts: [],
    destinationPorts: [],
    marks: [],
    users: [],
    incoming: [],
    dscp: [],
    use,
    shared: false,
    otherwise: "unreachable",
    beforeSources: false,
    ...more,
  };
}

function verdictOf(one: Case): Proof {
  const { list = TWO, around, before } = one;
  const state = stateOf(one);
  const fresh = freshHost(list, around);
  return prove(state, intentOf(list, one.intent), {
    ...one.options,
    properties: one.prove,
    before: before === undefined ? undefined : before === true ? fresh : before(state),
  });
}

function show(one: Case): string {
  const proof = verdictOf(one);
  const results = proof.results.filter(({ family }) => one.family === undefined || family === one.family);
  const lines = results.flatMap((result) => showResult(result, one.traced === true));
  return [`  ${proof.verdict}`, ...lines].join("\n");
}

function showResult(result: PropertyResult, traced: boolean): string[] {
  const { property, family, verdict, classes, failing } = result;
  return [
    `  ${property} IPv${family} ${verdict}: ${failing} of ${classes}`,
    ...result.reasons.map((reason) => `    since ${reason}`),
    ...result.excepted.map((what) => `    except ${what}`),
    ...result.witnesses.flatMap((witness) => showWitness(witness, traced)),
  ];
}

function showWitness(witness: Witness, traced: boolean): string[] {
  const { packet, direction, expected, got, when, blame, fix, trace } = witness;
  return [
    `    ${direction ?? "fault"} "${packet}"${when === undefined ? "" : ` ${when}`}`,
    `      wanted ${expected}`,
    `      got    ${got}`,
    `      blame  ${blame}`,
    `      fix    ${fix}`,
    ...(traced ? trace.map(({ depth, text }) => `      ${"  ".repeat(depth)}| ${text}`) : []),
  ];
}

/** A test for each case: that the prover says what is recorded under its name. */
export function recorded(name: string, cases: Readonly<Record<string, Case>>): void {
  const file = path.join(RECORDED, `${name}.txt`);
  if (UPDATE) fs.writeFileSync(file, "");
  const known = new Map(
    fs
      .readFileSync(file, "utf8")
      .split(/^# /m)
      .slice(1)
      .map((block) => [block.slice(0, block.indexOf("\n")), block.slice(block.indexOf("\n") + 1).trimEnd()]),
  );
  test.each(Object.entries(cases))("%s", (title, one) => {
    const text = show(one);
    if (UPDATE) fs.appendFileSync(file, `# ${title}\n${text}\n\n`);
    else expect(text).toBe(known.get(title));
  });
  if (!UPDATE) {
    test("and no other is recorded", () => {
      expect([...known.keys()]).toEqual(Object.keys(cases));
    });
  }
}
