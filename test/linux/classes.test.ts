import { Family } from "../../lib/net";
import {
  LinuxState,
  Model,
  Outcome,
  OutputFlow,
  applyBatch,
  compile,
  connect,
  input,
  kernelState,
  output,
} from "../../lib/linux";
import { Step } from "../../lib/linux/model";
import { fieldClasses, markClasses } from "../../lib/linux/prove/classes";
import { MULTICAST_SCOPES, intervals, looksOf } from "../../lib/linux/prove/destinations";
import { scenarioOf } from "./fuzz/campaign";
import { Random } from "./fuzz/random";
import { DEVICES } from "./fuzz/scenario4";

/** A random host, as the fuzzer makes them, but without a kernel. */
function randomHost(family: Family, seed: number): LinuxState {
  const scenario = scenarioOf(family, seed);
  const bare = kernelState(
    DEVICES.map((name) => ({ name, addresses: [] })),
    Object.fromEntries(scenario.sysctls),
  );
  const lines = [...scenario.links, ...scenario.addresses, ...scenario.routes, ...scenario.rules];
  const state = lines.reduce((host, line) => {
    const next = applyBatch(host, family, line.replace(/ peer \S+| preferred_lft 0| home/, ""));
    // What the kernel would refuse is not part of the host.
    return next.gaps.length > host.gaps.length ? host : next;
  }, bare);
  return { ...state, gaps: [] };
}

/** All that can be told from outside of where a packet went; which of the host's own addresses it was, is not. */
function way(outcome: Outcome, itself?: bigint): string {
  if (outcome.kind === "unknown") return "unknown";
  if (outcome.kind === "error") return outcome.error;
  if (outcome.type === "local") return `local ${outcome.hops[0].device}`;
  const hops = outcome.hops.map(
    ({ device, via, source }) =>
      `${device} ${via?.value} ${source?.value === itself ? "itself" : source?.value}`,
  );
  return `${outcome.type} ${outcome.pretended} ${hops.join(", ")}`;
}

describe.each([4, 6] as const)("classes of IPv%i addresses", (family) => {
  const width = 1n << (family === 4 ? 32n : 128n);

  /** What happens to an address as destination and as sender, with a few flows. */
  function waysOf(model: Model, flows: readonly Omit<OutputFlow, "to">[], value: bigint): string[] {
    const to = { family, value };
    const own = model.state.addresses.find((a) => a.address.family === family && a.link === "n0")!.address;
    // Asked for one of its own addresses, the host may choose the very same for a source.
    const itself = model[family].own.has(value) && family === 6 ? value : undefined;
    return [
      ...flows.map((flow) => way(output(model, { ...flow, to }), itself)),
      ...flows.map((flow) => way(connect(model, { ...flow, to }), itself)),
      way(
        input(model, {
          from: { family, value: 77n + (family === 4 ? 10n << 24n : 0x2001n << 112n) },
          to,
          iif: "n1",
        }),
      ),
      way(input(model, { from: to, to: own, iif: "n2" })),
    ];
  }

  test("every address of a class goes the way of the one that stands for it", () => {
    let looked = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const state = randomHost(family, seed);
      const model = compile(state);
      const random = new Random(seed);
      const sources = state.addresses.filter((a) => a.address.family === family && a.link !== "lo");
      const flows = [
        {},
        { oif: "n1" },
        { from: sources[0].address },
        { from: sources[1].address, oif: "n0", unboundDevice: true },
      ];
      const starts = intervals(family, [model], MULTICAST_SCOPES);
      const looks = looksOf(family, [model], MULTICAST_SCOPES);
      const byKey = new Map<string, string>();
      starts.forEach((start, i) => {
        const end = starts[i + 1] ?? width;
        const key = looks.map((look) => look(start)).join(" ");
        const expected = waysOf(model, flows, start).join("; ");
        const inside = start + (random.bits(family === 4 ? 32 : 128) % (end - start));
        for (const value of [inside, end - 1n]) {
          const got = waysOf(model, flows, value).join("; ");
          if (got !== expected) throw new Error(`seed ${seed}: ${start} and ${value}\n${expected}\n${got}`);
          looked++;
        }
        const known = byKey.get(key);
        if (known !== undefined && known !== expected)
          throw new Error(`seed ${seed}: ${key}\n${known}\n${expected}`);
        byKey.set(key, expected);
      });
    }
    expect(looked).toBeGreaterThan(1_000);
  });
});

describe("classes of marks", () => {
  const steps = (...predicates: (readonly [mark: number, mask: number])[]): Step[] =>
    predicates.map(([mark, mask]) => ({ mark, mask }) as Step);
  const answers = (list: readonly Step[], mark: number): string =>
    list.map((step) => (((mark ^ step.mark) & step.mask) === 0 ? "1" : "0")).join("");

  test("there is one for each combination of answers that some mark gives, and no more", () => {
    const random = new Random(5);
    for (let round = 0; round < 300; round++) {
      const list = steps(
        ...Array.from({ length: 1 + random.below(5) }, () => [random.below(256), random.below(256)] as const),
      );
      const possible = new Set(Array.from({ length: 256 }, (_x, mark) => answers(list, mark)));
      const found = markClasses(list)!.map((mark) => answers(list, mark));
      expect(new Set(found)).toEqual(possible);
      expect(found).toHaveLength(possible.size);
    }
  });

  test("the unmarked packet comes first, and eight bits of one mask are two classes", () => {
    expect(markClasses(steps([0x55, 0xff]))).toEqual([0, 0x55]);
    expect(markClasses(steps())).toEqual([0]);
    expect(markClasses(steps([0, 0xf], [0x80000000, 0x80000000]))).toHaveLength(4);
  });

  test("too many are refused, not sampled", () => {
    const bits = Array.from({ length: 20 }, (_x, i) => [1 << i, 1 << i] as const);
    expect(markClasses(steps(...bits))).toBeUndefined();
  });
});

test("the other fields are cut where rules cut them, and multiplied", () => {
  const host = applyBatch(
    kernelState([]),
    4,
    [
      "rule add priority 10 ipproto tcp dport 80-443 lookup 7",
      "rule add priority 20 uidrange 1000-2000 lookup 7",
      "rule add priority 30 fwmark 0x1/0x1 lookup 7",
      "rule add priority 40 tos 0x10 lookup 7",
    ].join("\n"),
  );
  const classes = fieldClasses(compile(host)[4].steps, [], [])!;
  expect(classes).toHaveLength(2 * 2 * 3 * 2 * 3);
  expect(classes[0]).toEqual({ mark: 0, tos: 0, uid: 0, protocol: 0, destinationPort: 0 });
  expect(new Set(classes.map(({ destinationPort }) => destinationPort))).toEqual(new Set([0, 80, 444]));
  expect(new Set(classes.map(({ uid }) => uid))).toEqual(new Set([0, 1000, 2001]));
  expect(fieldClasses(compile(host)[4].steps, [], [{ value: 1, mask: 1 }])!.every(({ mark }) => !mark)).toBe(
    true,
  );
});
