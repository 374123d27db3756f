import { Prefix, contains, formatPrefix, lastAddress } from "../../lib/net";
import { PartitionRow, applyBatch, compile, kernelState, output, partition } from "../../lib/linux";
import { Random } from "./fuzz/random";
import { address, nics, onInterface, recipeHost } from "./support/hosts";

const MODEL = compile(recipeHost(nics(2, 1, true)));

/** Every address is in exactly one row. */
function covers(rows: readonly PartitionRow[], family: 4 | 6): void {
  const all = rows
    .flatMap((row) => row.destinations)
    .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.length - b.length));
  let next = 0n;
  for (const prefix of all) {
    expect(prefix.value).toBe(next);
    next = lastAddress(prefix).value + 1n;
  }
  expect(next).toBe(1n << (family === 4 ? 32n : 128n));
  expect(rows.reduce((sum, row) => sum + row.size, 0n)).toBe(next);
}

test("from an address: each destination in one row, the fewest first, everything else last", () => {
  const rows = partition(MODEL, 4, { from: address("10.0.1.10") });
  covers(rows, 4);
  const said = rows.map(({ summary, way }) => `${summary}: ${way}`);
  expect(said).toEqual([
    "0.0.0.0/32: delivered to the host itself",
    "10.0.0.255/32: broadcast by eth0 directly from 10.0.1.10",
    "10.0.1.255/32: broadcast by eth1 directly from 10.0.1.10",
    "127.255.255.255/32: broadcast by lo directly from 10.0.1.10",
    "172.17.255.255/32: broadcast by docker0 directly from 10.0.1.10",
    "255.255.255.255/32: broadcast by eth1 directly from 10.0.1.10",
    "10.0.1.0/24: by eth1 directly from 10.0.1.10",
    "172.17.0.0/16: by docker0 directly from 10.0.1.10",
    "the host's own addresses: delivered to the host itself",
    "224.0.0.0/4: multicast by eth1 directly from 10.0.1.10",
    "everything else: by eth1 via 10.0.1.1 from 10.0.1.10",
  ]);
  const last = rows.at(-1)!;
  expect(last).toMatchObject({ rest: true, rule: { priority: 8034 }, route: { table: 7002 } });
  expect(last.because).toBe(
    'rule "8034: from all lookup 7002", route "default via 10.0.1.1 dev eth1 onlink table 7002"',
  );
  expect(rows.slice(0, -1).every(({ rest }) => !rest)).toBe(true);
  expect(rows.find(({ summary }) => summary === "10.0.1.0/24")!.size).toBe(254n);
});

test.each([
  [4, "no address", {}],
  [4, "no address, bound to eth0", { oif: "eth0" }],
  [4, "10.0.0.10", { mark: 5 }],
  [6, "no address", {}],
  [6, "2001:db8:1::10", {}],
  [6, "no address, bound to eth1", { oif: "eth1" }],
] as const)("IPv%i from %s: the rows are what lookups say, at random places", (family, from, more) => {
  const flow = from.startsWith("no") ? more : { ...more, from: address(from) };
  const rows = partition(MODEL, family, flow);
  covers(rows, family);
  const random = new Random(7);
  for (const { destinations, outcome, example } of rows) {
    for (const prefix of destinations.slice(0, 40)) {
      const inside =
        prefix.value +
        (random.bits(family === 4 ? 32 : 128) % (lastAddress(prefix).value - prefix.value + 1n));
      const got = output(MODEL, { ...flow, to: { family, value: inside } });
      expect(got.kind).toBe(outcome.kind);
      if (got.kind === "route" && outcome.kind === "route") {
        expect(got.hops.map(({ device, via }) => `${device} ${via?.value}`)).toEqual(
          outcome.hops.map(({ device, via }) => `${device} ${via?.value}`),
        );
      }
    }
    expect(destinations.some((prefix: Prefix) => contains(prefix, example))).toBe(true);
  }
});

test("a host without rules gives the route alone as the reason; without routes, why there is none", () => {
  const bare = kernelState([{ name: "a", addresses: [onInterface("10.0.0.10/24")] }]);
  const alone = partition(compile(applyBatch(bare, 4, "route add default via 10.0.0.1 dev a")), 4, {
    from: address("10.0.0.10"),
  });
  expect(alone.at(-1)!.because).toBe('route "default via 10.0.0.1 dev a table main"');
  const nothing = partition(compile(bare), 4, { from: address("10.0.0.10") });
  expect(nothing.at(-1)).toMatchObject({
    way: "network unreachable (no rule is left)",
    because: "no rule is left",
    rest: true,
  });
});

test("a way that cannot be told has a row of its own", () => {
  const state = recipeHost(nics(2, 1));
  const unclear = {
    ...state,
    rules: {
      ...state.rules,
      4: state.rules[4].map((r) => (r.priority === 8034 ? { ...r, unmodelled: ["dscp"] } : r)),
    },
  };
  const rows = partition(compile(unclear), 4, { from: address("10.0.1.10") });
  covers(rows, 4);
  expect(rows.at(-1)!.way).toContain("unknown: whether rule");
});

test("few scattered destinations are named, many are counted", () => {
  const state = recipeHost(nics(1, 1));
  const lines = Array.from(
    { length: 6 },
    (_x, i) => `rule add priority ${10 + i} to 198.51.${100 + 2 * i}.0/24 prohibit`,
  );
  const rows = partition(compile(applyBatch(state, 4, lines.join("\n"))), 4, { from: address("10.0.0.10") });
  expect(rows.filter(({ way }) => way.startsWith("prohibited")).map(({ summary }) => summary)).toContain(
    "198.51.100.0/24",
  );
  const one = applyBatch(state, 4, "rule add priority 9 fwmark 0x1/0x1 prohibit");
  const marked = partition(compile(one), 4, { from: address("10.0.0.10"), mark: 1 });
  expect(marked.map(({ summary }) => summary).at(-1)).toBe("everything else");
  expect(formatPrefix(marked[0].destinations[0])).toMatch(/\/32$/);
});
