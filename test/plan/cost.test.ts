import { BAND, HostSpec } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { compileDispatch, tableOf } from "../../lib/plan/compile";
import { costOf } from "../../lib/plan/cost";
import { planWarnings } from "../../lib/plan/warnings";
import { Evaluator, scattered } from "./compile/support";

const twoByOne: HostSpec = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};

/** n interfaces, with addresses drawn from one /16 in steps that leave no two side by side. */
function spread(interfaces: number, each: number): HostSpec {
  return {
    name: "h",
    interfaces: Array.from({ length: interfaces }, (_, i) => ({
      name: `e${i}`,
      addresses: Array.from({ length: each }, (_v, j) => {
        const n = 10 + 2 * (j * interfaces + i);
        return `10.0.${n >> 8}.${n & 255}/16`;
      }).filter((a) => !/\.(0|255)\//.test(a)),
      gateways: ["10.0.255.254"],
    })),
  };
}

describe("the cost of a lookup", () => {
  test("counts the rules on the way: switch, guard, the source's, main, the table", () => {
    const cost = costOf(planHost(twoByOne).ipv4.rules, 4);
    expect(cost?.owned.best.rules).toBe(5);
    expect(cost?.owned.worst.rules).toBe(6);
    expect(cost?.owned.average.rules).toBe(5.5);
    // switch, guard, two devices, exit, join, main
    expect(cost?.unset.rules).toBe(7);
    // Next to a source the guard lets a packet of the host pass, and no forwarded one.
    expect(cost?.foreign.worst.rules).toBe(10);
    expect(cost?.transit.worst.rules).toBe(7);
  });

  test("is what an evaluator counts, for every source of a large host", () => {
    const sources = scattered(4, 15, 50, 1);
    const dispatch = compileDispatch(tableOf(sources, 4), false);
    const evaluator = new Evaluator(dispatch, 4);
    const walks = sources.map((s) => evaluator.walk({ from: s.prefix.value }).examined);
    const blocks = [...new Set(sources.map((s) => s.block))].sort((a, b) => a - b);
    const rules = [
      ...dispatch,
      ...blocks.flatMap((priority) => [
        { priority, action: { kind: "main", minPrefix: 1 } } as const,
        { priority: priority + 1, action: { kind: "table", table: "t" } } as const,
      ]),
      { priority: BAND.exit, action: { kind: "goto", priority: "join" } } as const,
    ];
    const cost = costOf(rules, 4);
    // The switch before, main and the table after.
    expect(cost?.owned.best.rules).toBe(Math.min(...walks) + 3);
    expect(cost?.owned.worst.rules).toBe(Math.max(...walks) + 3);
  });

  test("grows with the logarithm of the sources, and costs what measurements say", () => {
    const of = (k: number, m: number) =>
      costOf(planHost(spread(k, m)).ipv4.rules, 4)?.owned.average.lookups ?? 0;
    expect(of(2, 1)).toBeCloseTo(3.45, 1);
    expect(of(15, 50) - of(15, 8)).toBeLessThan(0.4);
    expect(of(15, 50)).toBeLessThan(4.6);
  });

  test("is none where a family has no rules", () => {
    expect(costOf(planHost(twoByOne).ipv6.rules, 6)).toBeUndefined();
  });
});

describe("warnings", () => {
  test("are none for hosts as they are", () => {
    expect(planWarnings(planHost(twoByOne))).toEqual([]);
    expect(planWarnings(planHost(spread(15, 50)))).toEqual([]);
  });

  test("say what more than 4,000 rules cost, and what to change", () => {
    const [warning, ...others] = planWarnings(planHost(spread(15, 250)));
    expect(others).toEqual([]);
    expect(warning.path).toBe("interfaces");
    expect(warning.problem).toMatch(/need \d{4,5} IPv4 rules.*[\d.]+ to [\d.]+ times/);
    expect(warning.fix).toMatch(/delegated prefixes/);
  });
});
