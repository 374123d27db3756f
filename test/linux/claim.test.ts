import { Outcome, OutputFlow } from "../../lib/linux";
import { Claim } from "../../lib/linux/prove/claim";
import { Expected } from "../../lib/linux/prove/expected";
import { address } from "./support/hosts";

/** How a property counts its classes, and which failures it keeps. */

const flow = (more: Partial<OutputFlow> = {}): OutputFlow => ({
  to: address("198.51.100.7"),
  from: address("10.0.0.10"),
  ...more,
});
const sent: Outcome = { kind: "route", type: "unicast", pretended: false, hops: [{ device: "a" }] };
const refused: Outcome = { kind: "error", error: "ENETUNREACH" };
const doubt = (because: string): Outcome => ({ kind: "unknown", because });
const byA: Expected = { kind: "by", hops: [{ device: "a" }], refusal: false };
const byB: Expected = { kind: "by", hops: [{ device: "b" }], refusal: false };
const claim = (keep = 3, most = 100, rank?: (peer: { value: bigint }) => number): Claim =>
  new Claim("P1", 4, keep, most, rank);

test("a class is proved, disproved or cannot be told, and counted in each case", () => {
  const one = claim();
  expect([one.check(flow(), sent, byA), one.check(flow(), sent, byB), one.check(flow(), doubt("of x"), byA)]).toEqual([
    true, false, false,
  ]); // prettier-ignore
  expect(one).toMatchObject({ classes: 3, failing: 1, faults: [], property: "P1", family: 4 });
  expect([...one.unknowns]).toEqual(["of x"]);
  expect(one.failures).toEqual([{ flow: flow(), outcome: sent, expected: byB, how: "once", size: 0 }]);
  one.check(flow(), sent, byB, "connect");
  expect(one.failures[1].how).toBe("connect");
  expect(one.skipped).toBeUndefined();
});

test("the classes that may be looked at are exhausted when they are as many, and the claim says so", () => {
  const one = claim(3, 2);
  one.check(flow(), sent, byA);
  expect([one.exhausted, [...one.unknowns]]).toEqual([false, []]);
  one.check(flow(), sent, byA);
  expect([one.exhausted, [...one.unknowns]]).toEqual([
    true,
    ["more than 2 classes; the rest was not looked at"],
  ]);
});

test("the smallest failures are kept, of equal ones the first", () => {
  const one = claim(3);
  const failing: [Partial<OutputFlow>, Outcome | undefined][] = [
    [{ mark: 1, uid: 2 }, sent],
    [{ mark: 2 }, sent],
    [{ oif: "a" }, sent],
    [{ mark: 3 }, sent],
    [{}, refused],
    [{}, sent],
  ];
  for (const [more, outcome] of failing) one.fail({ flow: flow(more), outcome, expected: byB, how: "once" });
  expect(one.failing).toBe(6);
  expect(
    one.failures.map(({ flow: { mark, uid }, outcome, size }) => [mark, uid, outcome?.kind, size]),
  ).toEqual([
    [undefined, undefined, "route", 0],
    [undefined, undefined, "error", 1],
    [undefined, undefined, "route", 2],
  ]);
  const first = claim(2);
  for (const mark of [1, 2, 3])
    first.fail({ flow: flow({ mark }), outcome: sent, expected: byB, how: "once" });
  expect(first.failures.map(({ flow: f }) => f.mark)).toEqual([1, 2]);
});

test.each<[string, Partial<OutputFlow>, Outcome | undefined, number]>([
  ["nothing", {}, sent, 0],
  ["what turns out later", {}, undefined, 0],
  ["a refusal", {}, refused, 1],
  ["what is only taken for attached", {}, { ...sent, pretended: true }, 1],
  ["a mark", { mark: 1 }, sent, 4],
  ["a TOS", { tos: 1 }, sent, 4],
  ["a user", { uid: 1 }, sent, 4],
  ["a protocol", { protocol: 1 }, sent, 4],
  ["a source port", { sourcePort: 1 }, sent, 4],
  ["a destination port", { destinationPort: 1 }, sent, 4],
  ["fields at 0", { mark: 0, tos: 0, uid: 0, protocol: 0, sourcePort: 0, destinationPort: 0 }, sent, 0],
  ["a device", { oif: "a" }, sent, 2],
  [
    "all of it",
    { mark: 1, tos: 1, uid: 1, protocol: 1, sourcePort: 1, destinationPort: 1, oif: "a" },
    refused,
    27,
  ],
])("%s makes a failure so much larger", (_name, more, outcome, size) => {
  const one = claim();
  one.fail({ flow: flow(more), outcome, expected: byB, how: "once" });
  expect(one.failures[0].size).toBe(size);
});

test("of failures that are alike the one with the best known peer comes first, whether it sends or receives", () => {
  const rank = ({ value }: { value: bigint }): number => (value === address("203.0.113.5").value ? 0 : 0.5);
  const one = claim(3, 100, rank);
  one.fail({ flow: flow(), outcome: sent, expected: byB, how: "once" });
  one.fail({ flow: flow({ to: address("203.0.113.5") }), outcome: sent, expected: byB, how: "once" });
  one.fail({
    flow: { from: address("203.0.113.5"), to: address("10.0.0.10"), iif: "a" },
    outcome: refused,
    expected: { kind: "local" },
    how: "once",
  });
  expect(one.failures.map(({ size }) => size)).toEqual([0, 0.5, 1]);
});

test("faults are kept in their order, as many as asked for; exceptions are counted by why", () => {
  const one = claim(2);
  for (const got of ["a", "b", "c"]) one.fault({ expected: "x", got, blame: "y", fix: "z" });
  expect([one.failing, one.faults.map(({ got }) => got)]).toEqual([3, ["a", "b"]]);
  for (const why of ["p", "q", "p"]) one.except(why);
  expect([...one.exceptions]).toEqual([
    ["p", 2],
    ["q", 1],
  ]);
});

test("at most twenty doubts are told, and what is certain is none", () => {
  const one = claim();
  for (let i = 0; i < 25; i++) one.doubt(doubt(`of ${i}`));
  one.doubt(sent);
  expect([...one.unknowns]).toEqual(Array.from({ length: 20 }, (_x, i) => `of ${i}`));
});
