import * as fc from "fast-check";
import { BAND, PlanRule } from "../../../lib/model";
import { FAMILIES, Family } from "../../../lib/net";
import { FLAT_MOST, Source, compileDispatch as compileTable, tableOf } from "../../../lib/plan/compile";
import { prefix } from "../../net/support";
import {
  Evaluator,
  boundaries,
  coverSize,
  disjoint,
  generator,
  intended,
  layouts,
  scattered,
} from "./support";

const compileDispatch = (sources: readonly Source[], family: Family, forwards: boolean): PlanRule[] =>
  compileTable(tableOf(sources, family), forwards);

function always(check: (sources: Source[], family: Family, forwards: boolean) => void, numRuns = 60): void {
  for (const family of FAMILIES) {
    fc.assert(
      fc.property(layouts(family), fc.boolean(), (sources, forwards) => check(sources, family, forwards)),
      { numRuns },
    );
  }
}

/** Fails unless the rules lead every address, and what has none, to where the sources say. */
function expectEquivalent(
  rules: readonly PlanRule[],
  sources: readonly Source[],
  family: Family,
  forwards: boolean,
): void {
  const evaluator = new Evaluator(rules, family);
  for (const from of boundaries(sources, rules, family)) {
    const want = intended(sources, family, from);
    const local = evaluator.walk({ from }).to;
    if (local !== want) throw new Error(`${from.toString(16)} reaches ${local}, not ${want}`);
    if (!forwards) continue;
    const forwarded = evaluator.walk({ from, forwarded: true }).to;
    if (forwarded !== want)
      throw new Error(`forwarded, ${from.toString(16)} reaches ${forwarded}, not ${want}`);
  }
}

describe("compiled dispatch rules", () => {
  test("lead every source to its block and all else past the blocks, at every boundary there is", () => {
    always((sources, family, forwards) =>
      expectEquivalent(compileDispatch(sources, family, forwards), sources, family, forwards),
    );
  });

  test("do not catch what has no source yet", () => {
    always((sources, family, forwards) => {
      if (intended(sources, family, 0n) !== "elsewhere") return;
      const evaluator = new Evaluator(compileDispatch(sources, family, forwards), family);
      expect(evaluator.walk({}).to).toBe("elsewhere");
    });
  });

  test("turn away every forwarded packet where no prefix is delegated", () => {
    always((sources, family) => {
      const evaluator = new Evaluator(compileDispatch(sources, family, false), family);
      for (const { prefix: p } of sources) {
        expect(evaluator.walk({ from: p.value, forwarded: true })).toEqual({ to: "elsewhere", examined: 1 });
      }
    });
  });

  test("are the same for every order and repetition of the sources", () => {
    always((sources, family, forwards) => {
      const rules = compileDispatch(sources, family, forwards);
      expect(compileDispatch([...sources].reverse(), family, forwards)).toEqual(rules);
      expect(compileDispatch([...sources, sources[0]], family, forwards)).toEqual(rules);
    });
  });

  test("begin at the anchor, ascend, stay in the room of the dispatcher, and jump ahead to rules that exist", () => {
    always((sources, family, forwards) => {
      const rules = compileDispatch(sources, family, forwards);
      expect(rules[0].priority).toBe(BAND.anchor);
      const priorities = new Set(rules.map((r) => r.priority));
      rules.forEach((rule, i) => {
        expect(rule.priority).toBeGreaterThanOrEqual(i === 0 ? 0 : rules[i - 1].priority);
        expect(rule.priority).toBeLessThanOrEqual(BAND.dispatchEnd);
        if (rule.action.kind !== "goto") return;
        const target = Number(rule.action.priority);
        expect(target).toBeGreaterThan(rule.priority);
        if (target <= BAND.dispatchEnd) expect(priorities).toContain(target);
      });
    });
  });

  test("ask of one priority about disjoint sets, so that the order in which they were added says nothing", () => {
    always((sources, family, forwards) => {
      const rules = compileDispatch(sources, family, forwards);
      const shuffled = [...rules].reverse().sort((a, b) => a.priority - b.priority);
      expectEquivalent(shuffled, sources, family, forwards);
      const groups = new Map<number, PlanRule[]>();
      for (const r of rules) groups.set(r.priority, [...(groups.get(r.priority) ?? []), r]);
      for (const group of groups.values()) {
        if (group.length === 1) continue;
        const ranges = group
          .map((r) => prefix(r.from as string))
          .map((p) => [p.value, p.value + (1n << BigInt((family === 4 ? 32 : 128) - p.length))] as const)
          .sort((a, b) => (a[0] < b[0] ? -1 : 1));
        ranges.forEach(([start], i) => i > 0 && expect(start >= ranges[i - 1][1]).toBe(true));
      }
    });
  });

  test("only shorten the walk by their jumps: with any of them lost, no source is led astray", () => {
    // Without the ways out, that is: those are right only where the jumps before them are.
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.boolean(), { minLength: 300, maxLength: 300 }), (seed, lost) => {
        const sources = scattered(4, 15, 8, seed);
        const rules = compileDispatch(sources, 4, false);
        const jumps = (r: PlanRule) =>
          r.action.kind === "goto" && Number(r.action.priority) <= BAND.dispatchEnd;
        const left = rules
          .filter((r) => r.from !== undefined || r.priority === BAND.anchor)
          .filter((r, i) => !jumps(r) || !lost[i]);
        expectEquivalent(left, sources, 4, false);
      }),
      { numRuns: 20 },
    );
  });
});

describe("what compiled rules cost", () => {
  const logOf = (n: number, base: number): number => Math.log(n) / Math.log(base);

  test("a flat list is used while it is short, and then holds no more rules than there are prefixes", () => {
    always((sources, family, forwards) => {
      const dispatch = compileDispatch(sources, family, forwards).filter((r) => r.priority >= BAND.dispatch);
      const size = coverSize(sources);
      if (size <= FLAT_MOST) expect(dispatch.length).toBeLessThanOrEqual(size);
    });
  });

  test("addresses in a row that interfaces share alternately need one prefix and what it holds too much", () => {
    const sources = Array.from({ length: 12 }, (_, i) => ({
      prefix: prefix(`10.0.0.${16 + i}/32`),
      block: BAND.blocks + 3 * (i % 2),
    }));
    const rules = compileDispatch(sources, 4, false).filter((r) => r.priority >= BAND.dispatch);
    expect(coverSize(sources)).toBe(12);
    expect(rules.map((r) => r.from)).toEqual([
      ...[17, 19, 21, 23, 25, 27].map((n) => `10.0.0.${n}/32`),
      "10.0.0.28/30",
      "10.0.0.16/28",
    ]);
    expectEquivalent(compileDispatch(sources, 4, false), sources, 4, false);
  });

  test.each([
    [4, 4, 8],
    [4, 15, 8],
    [4, 15, 50],
    [6, 15, 50],
  ] as const)(
    "IPv%i, %i x %i scattered: walks of log2(n) + 6 at most, 1.7 rules a source",
    (family, k, m) => {
      for (const seed of [1, 2, 3]) {
        const sources = scattered(family, k, m, seed);
        const rules = compileDispatch(sources, family, false);
        const evaluator = new Evaluator(rules, family);
        const walks = sources.map((s) => evaluator.walk({ from: s.prefix.value }).examined);
        const mean = walks.reduce((a, b) => a + b, 0) / walks.length;
        expect(Math.max(...walks)).toBeLessThanOrEqual(Math.log2(k * m) + 6);
        expect(mean).toBeLessThanOrEqual(Math.log2(k * m) + 2);
        expect(rules.length).toBeLessThanOrEqual(1.7 * k * m);
        const foreign = boundaries(sources, [], family)
          .filter((v) => intended(sources, family, v) === "elsewhere")
          .map((from) => evaluator.walk({ from }).examined);
        expect(Math.max(...foreign)).toBeLessThanOrEqual(Math.log2(k * m) + 8);
      }
    },
  );

  test("no layout makes walks longer than log(n) to the base 100/82, and a leaf", () => {
    always((sources, family) => {
      const evaluator = new Evaluator(compileDispatch(sources, family, true), family);
      const most = 1 + Math.max(FLAT_MOST, logOf(Math.max(2, coverSize(sources)), 100 / 82) + 6);
      for (const s of sources)
        expect(evaluator.walk({ from: s.prefix.value }).examined).toBeLessThanOrEqual(most + 1);
    });
    // Every address of the chain shares one bit more with the next than with the one before.
    const chain = Array.from({ length: 30 }, (_, bit) => ({
      prefix: { family: 4 as const, value: 1n << BigInt(bit + 1), length: 32 },
      block: BAND.blocks + 3 * (bit % 3),
    }));
    const evaluator = new Evaluator(compileDispatch(chain, 4, true), 4);
    for (const s of chain) expect(evaluator.walk({ from: s.prefix.value }).examined).toBeLessThanOrEqual(13);
  });

  test("what has no source is turned away by one rule wherever a prefix tells it from the sources", () => {
    for (const family of FAMILIES) {
      const evaluator = new Evaluator(compileDispatch(scattered(family, 15, 50, 7), family, true), family);
      expect(evaluator.walk({}).examined).toBe(1);
    }
    const apart = ["10.0.0.1/32", "192.168.0.1/32"].map((p, i) => ({
      prefix: prefix(p),
      block: BAND.blocks + 3 * i,
    }));
    expect(new Evaluator(compileDispatch(apart, 4, true), 4).walk({}).examined).toBeLessThanOrEqual(3);
    const far = [
      ...scattered(4, 15, 4, 1),
      ...scattered(4, 15, 4, 2).map((s) => ({
        ...s,
        prefix: { ...s.prefix, value: s.prefix.value + (0xb6n << 24n) },
      })),
    ];
    expect(new Evaluator(compileDispatch(far, 4, true), 4).walk({}).examined).toBe(1);
    expect(new Evaluator(compileDispatch(far, 4, false), 4).walk({}).examined).toBe(2);
  });

  test("more sources than there are priorities for small leaves get larger leaves, not fewer answers", () => {
    const random = generator(3);
    const sources = disjoint([]);
    const values = new Set<number>();
    while (values.size < 6000) values.add(Math.floor(random() * 2 ** 20));
    for (const v of values) {
      sources.push({
        prefix: { family: 4, value: 0x0a000000n + BigInt(v), length: 32 },
        block: BAND.blocks + 3 * (v % 15),
      });
    }
    const rules = compileDispatch(sources, 4, false);
    const evaluator = new Evaluator(rules, 4);
    for (const s of sources.slice(0, 500)) {
      const { to, examined } = evaluator.walk({ from: s.prefix.value });
      expect(to).toBe(s.block);
      expect(examined).toBeLessThanOrEqual(60);
    }
  });
});

describe("one source more", () => {
  test.each([
    [4, 8],
    [15, 8],
    [15, 50],
  ])("changes few rules of %i x %i: two times in three one, 8 on average, 60 at most", (k, m) => {
    const counts: number[] = [];
    for (let seed = 1; seed <= 30; seed++) {
      const sources = scattered(4, k, m, seed);
      const fresh = scattered(4, k, m, seed + 500).find(
        (s) => !sources.some((o) => o.prefix.value === s.prefix.value),
      ) as Source;
      const texts = (list: readonly PlanRule[]): Set<string> => new Set(list.map((r) => JSON.stringify(r)));
      const before = texts(compileDispatch(sources, 4, false));
      const after = texts(compileDispatch([...sources, fresh], 4, false));
      const removed = [...before].filter((r) => !after.has(r)).length;
      const added = [...after].filter((r) => !before.has(r)).length;
      counts.push(removed + added);
    }
    counts.sort((a, b) => a - b);
    expect(counts[19]).toBe(1);
    expect(counts.reduce((a, b) => a + b, 0) / counts.length).toBeLessThanOrEqual(8);
    expect(counts[29]).toBeLessThanOrEqual(60);
  });
});
