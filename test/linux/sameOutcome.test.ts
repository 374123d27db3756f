import { NextHop, Outcome } from "../../lib/linux";
import { sameOutcome } from "../../lib/linux/prove/capture";
import { address } from "./support/hosts";

const routed = (hops: readonly NextHop[], more: object = {}): Outcome => ({
  kind: "route",
  type: "unicast",
  pretended: false,
  hops,
  ...more,
});
const A: NextHop = { device: "a", via: address("10.0.0.1"), source: address("10.0.0.10") };
const B: NextHop = { device: "b" };
const refused: Outcome = { kind: "error", error: "EACCES" };
const unknown: Outcome = { kind: "unknown", because: "x" };

describe("two outcomes are the same way", () => {
  test.each<[string, Outcome, Outcome, boolean]>([
    ["one hop", routed([A]), routed([{ ...A }]), true],
    ["whatever the table", routed([A], { table: 7 }), routed([A], { table: 8 }), true],
    ["another device", routed([A]), routed([{ ...A, device: "b" }]), false],
    ["another gateway", routed([A]), routed([{ ...A, via: address("10.0.0.2") }]), false],
    ["no gateway", routed([A]), routed([{ ...A, via: undefined }]), false],
    ["another source", routed([A]), routed([{ ...A, source: address("10.0.0.11") }]), false],
    ["no source", routed([A]), routed([{ ...A, source: undefined }]), false],
    ["another type", routed([A]), routed([A], { type: "local" }), false],
    ["taken for attached", routed([A]), routed([A], { pretended: true }), false],
    ["one hop more", routed([A]), routed([A, B]), false],
    ["one of two hops is another", routed([A, B]), routed([A, { device: "c" }]), false],
    ["the other of two hops is another", routed([B, A]), routed([{ device: "c" }, A]), false],
    ["two hops in another order", routed([A, B]), routed([B, A]), true],
    ["the same error", refused, { ...refused, check: "another" } as Outcome, true],
    ["another error", refused, { kind: "error", error: "EINVAL" }, false],
    ["an error and a way", refused, routed([A]), false],
    ["a way and an error", routed([A]), refused, false],
    ["nobody knows", unknown, unknown, false],
    ["nobody knows of one", unknown, routed([]), false],
    ["nobody knows of the other", routed([]), unknown, false],
    ["an error, and nobody knows", refused, unknown, false],
  ])("%s", (_name, a, b, want) => {
    expect(sameOutcome(a, b)).toBe(want);
  });
});
