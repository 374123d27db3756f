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
