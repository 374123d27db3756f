import { Family } from "../../lib/net";
import { compile } from "../../lib/linux";
import { INTENT, Judged, build, judge, killTable, mutantsOf, original } from "./support/mutants";
import { Question, answerOf, questionsFor } from "./support/questions";

/**
 * Correct rule sets with one mistake each. The prover must find every mistake that changes what becomes of a packet;
 * those that it does not find must change nothing, for any class of packets. test/kernel/linuxMutants.test.ts asks
 * the kernel the same of the survivors.
 */
describe.each([4, 6] as const)("mistakes in an IPv%i rule set", (family: Family) => {
  let judged: Judged[];
  let questions: Question[];

  beforeAll(() => {
    judged = mutantsOf(family).map((mutant) => judge(mutant, family));
    questions = questionsFor(build(original(family), family).state, INTENT, family);
  }, 120_000);

  test("the rule set without a mistake is proved", () => {
    const { killedBy } = judge({ operator: "none", change: "", text: original(family) }, family);
    expect(killedBy).toEqual([]);
  });

  test("most are found, by every property that can see one", () => {
    const inForce = judged.filter(({ refused }) => !refused);
    const killed = inForce.filter(({ killedBy }) => killedBy.length > 0);
    process.stdout.write(
      `\nIPv${family}: ${killed.length} of ${inForce.length} mistakes found; the kernel would refuse ${judged.length - inForce.length} more\n` +
        `${killTable(judged)}\n`,
    );
    expect(inForce.length).toBeGreaterThan(300);
    expect(killed.length / inForce.length).toBeGreaterThan(0.85);
    expect([...new Set(killed.flatMap(({ killedBy }) => killedBy))].sort()).toEqual([
      "P1",
      "P3",
      "P4",
      "P5",
      "P6",
      "P7",
      "P9",
    ]);
  });

  test("those that are not found change the way of no packet", () => {
    const before = compile(build(original(family), family).state);
    const expected = questions.map((question) => answerOf(before, question));
    const survivors = judged.filter(({ refused, killedBy }) => !refused && killedBy.length === 0);
    expect(survivors.length).toBeGreaterThan(0);
    for (const { state, change } of survivors) {
      const model = compile(state);
      questions.forEach((question, i) => {
        const got = answerOf(model, question);
        if (got !== expected[i]) throw new Error(`${change}\n${question.line}\n${expected[i]}\n${got}`);
      });
    }
  });
});
