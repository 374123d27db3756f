import { BAND, HostSpec, PlanFamily, SpecError } from "../../lib/model";
import { normalize, planHost } from "../../lib/plan";
import { compileDispatch, tableOf } from "../../lib/plan/compile";
import { costOf } from "../../lib/plan/cost";
import { planWarnings } from "../../lib/plan/warnings";
import { Evaluator, scattered } from "./compile/support";
import { ask } from "./support/kernel";
import { one, problemsOf, two } from "./support/problems";

/** What holds of hosts with very many sources. */

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
    expect(cost?.owned?.best.rules).toBe(Math.min(...walks) + 3);
    expect(cost?.owned?.worst.rules).toBe(Math.max(...walks) + 3);
  });

  test("grows with the logarithm of the sources, and costs what measurements say", () => {
    const of = (k: number, m: number) =>
      costOf(planHost(spread(k, m)).ipv4.rules, 4)?.owned?.average.lookups ?? 0;
    expect(of(2, 1)).toBeCloseTo(3.45, 1);
    expect(of(15, 50) - of(15, 8)).toBeLessThan(0.4);
    expect(of(15, 50)).toBeLessThan(4.6);
  });
});

describe("what is forwarded, on a host of many interfaces", () => {
  const examined = (k: number) => {
    const cost = costOf(planHost(spread(k, 2)).ipv4.rules, 4);
    return [cost?.transit.worst.rules, cost?.unset.rules];
  };

  test("is led past the rules for bound sockets, each of which it would meet, and only there", () => {
    const [few, many] = [examined(7), examined(8)];
    expect(few[0]).toBe(few[1]);
    expect(many[0]).toBe((many[1] as number) - 8);
  });

  test("is what traffic policies decide about all the same, and bound sockets keep their tables", () => {
    const policy = { traffic: [{ name: "all", use: ["e3"] }], trackConnections: false };
    for (const [given, way] of [
      [policy, "out e3 via 10.0.255.254"],
      [undefined, "join"],
    ] as const) {
      const plan = planHost({ ...spread(8, 2), policy: given });
      const forwarded = { from: "172.20.0.9", to: "198.51.100.7", forwarded: true };
      expect(ask(plan, plan.ipv4, forwarded)).toBe(way);
      expect(ask(plan, plan.ipv4, { to: "198.51.100.7", oif: "e5" })).toBe("out e5 via 10.0.255.254");
    }
  });
});

describe("warnings", () => {
  test("are none for hosts as they are", () => {
    expect(planWarnings(planHost(spread(2, 1)))).toEqual([]);
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

describe("all problems", () => {
  test("of a huge input are all there as data, and the text stays readable", () => {
    const addresses = Array.from({ length: 10_000 }, (_, i) => `x${i}`);
    try {
      normalize(one({ addresses }));
      throw new Error("accepted");
    } catch (error) {
      const { message, issues } = error as SpecError;
      expect(issues).toHaveLength(10_000);
      const lines = message.split("\n");
      expect(lines).toHaveLength(202);
      expect(lines[201]).toBe("  and 9800 more");
      expect(lines[200]).toContain('"x199"');
    }
    const exactly = one({ addresses: addresses.slice(0, 200) });
    expect(problemsOf(exactly)).toHaveLength(200);
  });

  test("of many addresses and prefixes are found in good time", () => {
    // The processor's time: a busy machine gives a process little of it.
    const start = process.cpuUsage();
    const octets = (i: number): string => `${i >> 8}.${i & 255}`;
    const addresses = Array.from({ length: 20_000 }, (_, i) => `10.1.${octets(i)}/32`);
    const delegatedPrefixes = Array.from({ length: 20_000 }, (_, i) => `10.2.${octets(i)}/32`);
    expect(
      problemsOf(two({ addresses, delegatedPrefixes }, { delegatedPrefixes: ["10.2.0.0/16"] })),
    ).toHaveLength(1);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

test("a plan of very many routes, some within others, is made in good time", () => {
  const octets = (i: number): string => `${20 + (i >> 13)}.${(i >> 5) & 255}.${(i & 31) << 3}.0`;
  const routes = [
    ...Array.from({ length: 40_000 }, (_, i) => ({ to: `${octets(i)}/21`, via: "10.0.1.2" })),
    { to: "20.0.0.0/8" },
    { to: "24.0.0.0/7" },
  ];
  const start = process.cpuUsage();
  const { ipv4 } = planHost(
    two({ routes, gateways: ["10.0.1.1"] }, {}, { policy: { onLink: "direct" } }) as HostSpec,
  );
  const { user, system } = process.cpuUsage(start);
  // Of the two in which some of the others lie the second alone has room beside them.
  expect(ipv4.expectations.filter((row) => row.class === "routed")).toHaveLength(40_001);
  expect((user + system) / 1e6).toBeLessThan(5);
});

describe("a host of 15 interfaces with 50 addresses each", () => {
  const big = (extra: string[] = []): HostSpec => ({
    name: "big",
    interfaces: Array.from({ length: 15 }, (_, i) => ({
      name: `eni-${i}`,
      addresses: [
        // Scattered over one subnet, so that few addresses are neighbours.
        ...Array.from(
          { length: 50 },
          (_v, k) => `10.0.${Math.floor((k * 15 + i) / 250)}.${((k * 15 + i) % 250) + 2}/20`,
        ),
        ...Array.from({ length: 50 }, (_v, k) => `2001:db8:0:${i}::${(k + 2).toString(16)}/64`),
        ...(i === 3 ? extra : []),
      ],
      gateways: ["10.0.15.254", "fe80::1"],
    })),
  });

  test("has 15 blocks, all sources dispatched, and answers that hold", () => {
    const plan = planHost(big());
    const blocks = (f: PlanFamily): number => f.rules.filter((r) => r.action.kind === "unreachable").length;
    expect([blocks(plan.ipv4), blocks(plan.ipv6)]).toEqual([15, 15]);
    for (const iface of plan.interfaces) {
      for (const from of iface.sources) {
        const [family, to, via] = from.includes(":")
          ? ([plan.ipv6, "2620:fe::fe", "fe80::1"] as const)
          : ([plan.ipv4, "9.9.9.9", "10.0.15.254"] as const);
        expect(ask(plan, family, { from, to })).toBe(`out ${iface.name} via ${via}`);
      }
    }
    // 50 neighbouring IPv6 addresses, ::2 to ::33, are six prefixes and not fifty rules.
    const block = BAND.blocks + 3 * (plan.interfaces.find((i) => i.name === "eni-3")?.slot as number);
    const into = plan.ipv6.rules.filter((r) => r.action.kind === "goto" && r.action.priority === block);
    expect(into).toHaveLength(6);
  });

  test("changes by one address in that address's entries, and in few rules", () => {
    const [before, after] = [planHost(big()), planHost(big(["10.0.9.9/20"]))];
    const changed = (a: readonly unknown[], b: readonly unknown[]): string[] => {
      const left = new Set(a.map((x) => JSON.stringify(x)));
      return b.map((x) => JSON.stringify(x)).filter((x) => !left.has(x));
    };
    expect(changed(before.interfaces, after.interfaces)).toHaveLength(1);
    expect(after.ipv6).toEqual(before.ipv6);
    expect(after.ipv4.routes).toEqual(before.ipv4.routes);
    expect(after.ipv4.expectations).toEqual(before.ipv4.expectations);
    const rules = changed(before.ipv4.rules, after.ipv4.rules);
    expect(rules.some((r) => r.includes('"from":"10.0.9.9/32"'))).toBe(true);
    // Far from the others, the address makes one more decision at the root, and the root's segment moves.
    expect(rules.length).toBeLessThan(20);
  });
});
