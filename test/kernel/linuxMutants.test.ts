import { Family, formatAddress } from "../../lib/net";
import { KernelAnswer, KernelHost } from "../linux/fuzz/kernel";
import { BEFORE, INTENT, Judged, NICS, build, judge, mutantsOf, original } from "../linux/support/mutants";
import { Question, questionsFor } from "../linux/support/questions";

const kernelTest = KernelHost.available() ? test : test.skip;

/** Mistakes that the prover does not find: the kernel's own answers do not change by them either. */
describe("what the prover lets pass changes nothing", () => {
  for (const family of [4, 6] as const) {
    kernelTest(
      `mistakes in an IPv${family} rule set that are not found`,
      () => {
        const survivors = mutantsOf(family)
          .map((mutant): Judged => judge(mutant, family))
          .filter(({ refused, killedBy }) => !refused && killedBy.length === 0);
        const questions = questionsFor(build(original(family), family).state, INTENT, family);
        const expected = answersOf(original(family), family, questions);
        expect(new Set(expected).size).toBeGreaterThan(10);
        for (const { change, text } of survivors) {
          const got = answersOf(text, family, questions);
          const different = questions.map(({ line }, i) => ({ line, expected: expected[i], got: got[i] }));
          expect({ change, different: different.filter((row) => row.expected !== row.got) }).toEqual({
            change,
            different: [],
          });
        }
        process.stdout.write(
          `\nIPv${family}: ${survivors.length} mistakes that are not found, ${questions.length} questions each: the kernel's answers are the same\n`,
        );
      },
      300_000,
    );
  }
});

function answersOf(text: string, family: Family, questions: readonly Question[]): string[] {
  const host = new KernelHost(BEFORE.links.map(({ name }) => name).filter((name) => name !== "lo"));
  try {
    // Two NICs alone have a default in main; what the kernel makes by itself is there already.
    const made = BEFORE.addresses.filter(({ link }) => link !== "lo");
    host.batch(
      [
        ...made.map((a) => `address add ${formatAddress(a.address)}/${a.length} dev ${a.link} nodad`),
        ...NICS.map((nic) => `link set dev ${nic.device} group 77`),
      ].join("\n"),
    );
    for (const f of [4, 6] as const) {
      const routes = BEFORE.routes[f].filter(({ origin }) => origin !== 2);
      const lines = routes.map(({ to, hops: [hop], metric }) => {
        const via = hop.via === undefined ? "" : ` via ${formatAddress(hop.via)}`;
        return `route add ${formatAddress(to)}/${to.length}${via} dev ${hop.link} metric ${metric}`;
      });
      expect([...host.batch(lines.join("\n"), [`-${f}`]).values()]).toEqual([]);
    }
    expect([...host.batch(text, [`-${family}`]).values()]).toEqual([]);
    return host
      .ask(
        family,
        questions.map(({ line }) => line),
      )
      .map(shown);
  } finally {
    host.close();
  }
}

function shown({ error, route }: KernelAnswer): string {
  if (route === undefined) return error ?? "no answer";
  return `${route.type ?? "unicast"} ${route.dev} ${route.gateway ?? ""} ${route.prefsrc ?? ""}`;
}
