import { compile, inputLookup, output, readDumps, tracing } from "../../lib/linux";
import { agree, showKernel, showModel } from "./fuzz/compare";
import { questionsOf, recordings } from "./fuzz/recording";

/** What a real kernel answered, on random hosts with every kind of rule and route. */
describe.each(
  recordings().map((recording) => [`IPv${recording.family}, seed ${recording.seed}`, recording] as const),
)("the kernel's answers, recorded: %s", (_name, recording) => {
  const state = readDumps(recording.dumps);
  const model = compile(state);

  test("the dumps are understood", () => {
    expect(state.gaps).toEqual([]);
  });

  test("the model gives them all", () => {
    questionsOf(recording).forEach((query, i) => {
      const { flow } = query;
      const answer = recording.answers[i][1];
      const outcome = "iif" in flow ? inputLookup(model, flow) : output(model, flow);
      if (!agree(model, recording.family, outcome, answer, query)) {
        throw new Error(`${query.line}\nkernel: ${showKernel(answer)}\nmodel:  ${showModel(outcome)}`);
      }
    });
  });

  test("the walk through all rules, which a trace shows, comes to the same end", () => {
    for (const { flow, line } of questionsOf(recording)) {
      if ("iif" in flow) continue;
      const traced = tracing(model, flow).outcome;
      expect({ line, outcome: showModel(traced) }).toEqual({ line, outcome: showModel(output(model, flow)) });
    }
  });
});
