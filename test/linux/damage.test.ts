import { LinuxState, applyBatch, compile, output, prove, readCapture } from "../../lib/linux";
import { markClasses } from "../../lib/linux/prove/classes";
import { Step } from "../../lib/linux/model";
import { Random } from "./fuzz/random";
import { recordings } from "./fuzz/recording";
import { address, intentOf, nics, recipeHost } from "./support/hosts";

/** Captures of real hosts, damaged at random: what is said of them may be "unknown", and nothing else happens. */
const CAPTURES = recordings()
  .filter((_r, i) => i % 3 === 0)
  .map(({ family, seed, dumps }) => ({
    name: `IPv${family}, seed ${seed}`,
    text:
      Object.entries({ ...dumps, kernel: "6.18.0" })
        .map(([name, body]) => `### multihome ${name}\n${body}\n`)
        .join("") + "### multihome end\n",
  }));
const LIST = nics(2, 1, true).map((nic, i) => ({ ...nic, device: `n${i}` }));
const INTENT = intentOf(LIST);

function judge(text: string): { state: LinuxState; verdict: string; reasons: readonly string[] } {
  const state = readCapture(text);
  const model = compile(state);
  for (const to of ["10.1.0.1", "8.8.8.8", "fd00:a::1", "2001:db8::1"]) output(model, { to: address(to) });
  const { verdict, reasons } = prove(state, INTENT, { properties: ["P1", "P9"] });
  return { state, verdict, reasons };
}

describe.each(CAPTURES)("a capture of a real host: $name", ({ text }) => {
  test("whole, it has no gaps", () => {
    expect(readCapture(text).gaps).toEqual([]);
  });

  test("cut off anywhere, it is never proved, and the place is named", () => {
    const random = new Random(7);
    for (let i = 0; i < 12; i++) {
      const { state, verdict, reasons } = judge(text.slice(0, random.below(text.length - 20)));
      expect(state.gaps.length).toBeGreaterThan(0);
      expect(["unknown", "witness"]).toContain(verdict);
      for (const { where, position, problem } of state.gaps) {
        expect([where, position, problem].every((words) => words !== "")).toBe(true);
        expect(reasons).toContain(`${where}, ${position}: ${problem}`);
      }
    }
  });

  test("with bytes changed, nothing is thrown", () => {
    const random = new Random(11);
    for (let i = 0; i < 12; i++) {
      const bytes = Buffer.from(text);
      for (let n = 0; n < 1 + random.below(20); n++) bytes[random.below(bytes.length)] = random.below(256);
      expect(["proved", "unknown", "witness"]).toContain(judge(bytes.toString("utf8")).verdict);
    }
  });
});

test("attributes of a newer kernel are named, and leave open what depends on them", () => {
  const [{ text }] = CAPTURES;
  const newer = text.replace(/"priority":0,/, '"priority":0,"flowlabel":"0x1","dscp-mask":"0x3f",');
  expect(newer).not.toBe(text);
  const state = readCapture(newer);
  expect(output(compile(state), { to: address("8.8.8.8") })).toMatchObject({
    kind: "unknown",
    because: expect.stringContaining("flowlabel, dscp-mask") as string,
  });
});

describe("rules that tell more apart than can be looked at", () => {
  const random = new Random(3);
  const marks = Array.from({ length: 300 }, () => [random.below(2 ** 31), random.below(2 ** 31)] as const);

  test("a search among marks that could take for ever is given up", () => {
    const steps = marks.map(([mark, mask]) => ({ mark, mask: mask & random.below(2 ** 31) }) as Step);
    const began = process.cpuUsage();
    expect(markClasses(steps)).toBeUndefined();
    // Minutes, without a limit.
    expect(process.cpuUsage(began).user).toBeLessThan(10_000_000);
  });

  test("and the verdict says so", () => {
    const lines = marks.map(
      ([mark, mask], i) => `rule add priority ${200 + i} fwmark ${mark}/${mask} lookup main`,
    );
    const list = nics(2, 2);
    const { verdict, reasons } = prove(applyBatch(recipeHost(list), 4, lines.join("\n")), intentOf(list), {
      properties: ["P2", "P4"],
    });
    expect(verdict).toBe("unknown");
    expect(reasons).toContain("the rules tell too many combinations of marks, ports and users apart");
  });
});
