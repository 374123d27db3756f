import { Address, contains } from "../../lib/net";
import {
  Intent,
  LinuxState,
  applyBatch,
  Model,
  compile,
  output,
  kernelState,
  partition,
  prove,
} from "../../lib/linux";
import { Random } from "./fuzz/random";
import { address, onInterface, prefix } from "./support/hosts";

/**
 * The theory of classes, held against brute force: hosts whose rules and routes only tell 256 addresses apart, so
 * that every pair of source and destination can be tried. The brute force walks all rules for each pair, and decides
 * by code of its own what is right.
 */

const NET = prefix("10.0.0.0/24");
const at = (last: number): Address => ({ family: 4, value: NET.value + BigInt(last) });
const everyAddress = Array.from({ length: 256 }, (_x, i) => at(i));

/** e0 owns the lower half of all sources, e1 the upper. */
const INTENT: Intent = {
  onLink: "gateway",
  directPairs: [],
  interfaces: [
    {
      name: "low",
      device: "e0",
      addresses: [onInterface("10.0.0.10/27")],
      delegatedPrefixes: [prefix("10.0.0.0/25")],
      gateways: { 4: address("10.0.0.1") },
      subnets: [prefix("10.0.0.0/27")],
      routes: [{ to: prefix("10.0.0.64/28"), via: address("10.0.0.2") }],
    },
    {
      name: "high",
      device: "e1",
      addresses: [onInterface("10.0.0.200/27")],
      delegatedPrefixes: [prefix("10.0.0.128/25")],
      gateways: { 4: address("10.0.0.193") },
      subnets: [prefix("10.0.0.192/27")],
      routes: [],
    },
  ],
};

/** Near a right plan, or far from one: both verdicts must occur. */
function toyHost(seed: number): LinuxState {
  const random = new Random(seed);
  const bare = kernelState([
    { name: "e0", addresses: [onInterface("10.0.0.10/27")] },
    { name: "e1", addresses: [onInterface("10.0.0.200/27")] },
  ]);
  const some = (): string => {
    const length = 25 + random.below(8);
    return `10.0.0.${(random.below(256) >>> (32 - length)) << (32 - length)}/${length}`;
  };
  const lines = [
    "link set e0 group 77",
    "link set e1 group 77",
    "route add 10.0.0.0/27 dev e0 table 100",
    "route add default via 10.0.0.1 dev e0 onlink table 100",
    "route add 10.0.0.64/28 via 10.0.0.2 dev e0 onlink table 100",
    "route add 10.0.0.192/27 dev e1 table 101",
    "route add default via 10.0.0.193 dev e1 onlink table 101",
    "rule add priority 100 from 10.0.0.0/25 lookup 100",
    "rule add priority 100 from 10.0.0.128/25 lookup 101",
  ];
  for (let i = random.below(4); i > 0; i--) {
    const table = random.pick([100, 101, 254, 102]);
    const hop = random.pick([
      "via 10.0.0.1 dev e0 onlink",
      "via 10.0.0.193 dev e1 onlink",
      "dev e0",
      "dev e1",
    ]);
    lines.push(
      random.chance(0.2)
        ? `route add throw ${some()} table ${table}`
        : `route add ${some()} ${hop} table ${table}`,
    );
  }
  for (let i = random.below(4); i > 0; i--) {
    const from = random.chance(0.7) ? ` from ${some()}` : "";
    const to = random.chance(0.5) ? ` to ${some()}` : "";
    const mark = random.chance(0.3) ? ` fwmark ${random.below(4)}/${1 + random.below(3)}` : "";
    const not = random.chance(0.2) && from + to + mark !== "" ? " not" : "";
    const action = random.pick([
      "lookup 100",
      "lookup 101",
      "lookup main suppress_ifgroup 77",
      "goto 100",
      "goto 95",
      "unreachable",
      "nop",
    ]);
    lines.push(`rule add priority ${random.pick([50, 60, 90, 95, 150])}${not}${from}${to}${mark} ${action}`);
  }
  const state = applyBatch(bare, 4, lines.join("\n"));
  // Commands that the kernel would refuse, a duplicate or a jump backwards, are not part of the host.
  return { ...state, gaps: [] };
}

/** What is right, worked out for one packet without any of the prover's code. */
function isRight(state: LinuxState, from: Address, to: Address, mark: number): boolean {
  const outcome = output(walkingAll(state), { from, to, mark, anySource: true });
  if (outcome.kind === "route" && outcome.type === "broadcast") return true;
  if (to.value === at(10).value || to.value === at(200).value)
    return outcome.kind === "route" && outcome.type === "local";
  if (outcome.kind !== "route" || outcome.type !== "unicast") return false;
  const low = from.value < at(128).value;
  const [hop] = outcome.hops;
  if (hop.device !== (low ? "e0" : "e1")) return false;
  if (contains(prefix(low ? "10.0.0.0/27" : "10.0.0.192/27"), to)) {
    const gateway = low ? at(1) : at(193);
    return hop.via === undefined || (to.value === gateway.value && hop.via.value === gateway.value);
  }
  if (low && contains(prefix("10.0.0.64/28"), to)) return hop.via?.value === at(2).value;
  return hop.via?.value === (low ? at(1) : at(193)).value;
}

/** The model with every rule in every chain: no source is sorted out beforehand. */
const models = new WeakMap<LinuxState, Model>();
function walkingAll(state: LinuxState): Model {
  let model = models.get(state);
  if (model === undefined) {
    const sorted = compile(state);
    const chains = sorted[4].chains.map((_chain, alike) => ({ steps: sorted[4].steps, alike }));
    models.set(state, (model = { ...sorted, 4: { ...sorted[4], chains } }));
  }
  return model;
}

const SEEDS = Array.from({ length: 8 }, (_x, i) => 4000 + i);

test("the prover's verdict is that of all 65,536 pairs of addresses, with every mark that a rule can tell apart", () => {
  const verdicts = new Set<string>();
  for (const seed of SEEDS) {
    const state = toyHost(seed);
    // Rules of the toy ask for two bits of the mark, if for any.
    const marks = state.rules[4].some((rule) => rule.mark !== undefined) ? [0, 1, 2, 3] : [0];
    let wrong = 0;
    for (const from of everyAddress) {
      for (const to of everyAddress) for (const mark of marks) if (!isRight(state, from, to, mark)) wrong++;
    }
    const only = { destinations: [NET] };
    const [result] = prove(state, INTENT, { properties: ["P1"], only, maxWitnesses: 1_000 }).results;
    expect({ seed, verdict: result.verdict }).toEqual({ seed, verdict: wrong === 0 ? "proved" : "witness" });
    verdicts.add(result.verdict);
    for (const { flow } of result.witnesses) {
      expect({ seed, flow, right: isRight(state, flow!.from!, flow!.to, flow!.mark ?? 0) }).toMatchObject({
        right: false,
      });
    }
  }
  expect([...verdicts].sort()).toEqual(["proved", "witness"]);
}, 120_000);

test("a partition says of every pair of addresses what the walk through all rules says", () => {
  for (const seed of SEEDS.slice(0, 1)) {
    const state = toyHost(seed);
    const model = compile(state);
    for (const from of everyAddress) {
      const rows = partition(model, 4, { from, anySource: true });
      const rowOf = everyAddress.map((to) => {
        const covering = rows.filter((row) => row.destinations.some((p) => contains(p, to)));
        if (covering.length !== 1) throw new Error(`seed ${seed}: ${to.value} is in ${covering.length} rows`);
        return covering[0];
      });
      everyAddress.forEach((to, i) => {
        const row = rowOf[i];
        const outcome = output(walkingAll(state), { from, to, anySource: true });
        const same =
          row.outcome.kind === outcome.kind &&
          (outcome.kind !== "route" ||
            row.outcome.kind !== "route" ||
            (row.outcome.type === outcome.type &&
              row.outcome.hops[0].device === outcome.hops[0].device &&
              row.outcome.hops[0].via?.value === outcome.hops[0].via?.value));
        if (!same) throw new Error(`seed ${seed}: ${from.value} -> ${to.value}`);
      });
    }
  }
}, 120_000);
