import {
  LinuxState,
  OutputFlow,
  applyBatch,
  compile,
  describeOutcome,
  kernelState,
  output,
  tracing,
} from "../../lib/linux";
import { address, onInterface } from "./support/hosts";

/**
 * IPv4: what the kernel may choose among routes that stand side by side (net/ipv4/fib_semantics.c,
 * fib_select_default), and what a lookup in one table says of the routes that it passes over.
 */

const RULE = "rule add priority 500 from 192.0.2.99 lookup 99";
const host = (commands: readonly string[]): LinuxState => {
  const bare = kernelState([
    { name: "a", addresses: [onInterface("10.0.0.10/24")] },
    { name: "b", addresses: [onInterface("10.0.1.10/24")] },
  ]);
  const state = applyBatch(bare, 4, [RULE, ...commands].join("\n"));
  expect(state.gaps).toEqual([]);
  return state;
};
/** The gateways that may be taken, by their last octet; 0 is none. */
const gateways = (state: LinuxState, flow: Partial<OutputFlow> = {}): number[] => {
  const outcome = output(compile(state), { to: address("8.8.8.8"), ...flow });
  if (outcome.kind !== "route") throw new Error(describeOutcome(outcome));
  return outcome.hops.map(({ via }) => Number((via?.value ?? 0n) & 255n));
};
/** The state with all hops by this gateway dead. */
const dead = (state: LinuxState, last: number): LinuxState => ({
  ...state,
  routes: {
    ...state.routes,
    4: state.routes[4].map((route) => ({
      ...route,
      hops: route.hops.map((hop) =>
        ((hop.via?.value ?? 0n) & 255n) === BigInt(last) ? { ...hop, dead: true } : hop,
      ),
    })),
  },
});
const A = "route add default via 10.0.0.1 dev a";
const B = "route append default via 10.0.1.2 dev b";
const C = "route append default via 10.0.1.3 dev b";

describe("among defaults", () => {
  test("two that are equal are both possible, three as well; of other prefixes the first counts", () => {
    expect(gateways(host([A, B]))).toEqual([1, 2]);
    expect(gateways(host([A, B, C]))).toEqual([1, 2, 3]);
    const others = [
      A,
      B,
      "route add 8.0.0.0/8 via 10.0.0.4 dev a",
      "route append 8.0.0.0/8 via 10.0.1.5 dev b",
    ];
    expect(gateways(host(others))).toEqual([4]);
  });

  test("the metric ends the choice, unless a TOS stands before it", () => {
    expect(gateways(host([A, `${B} metric 5`]))).toEqual([1]);
    const tos = "route add default via 10.0.0.4 dev a tos 0x10";
    expect(gateways(host([tos, A]), { tos: 0x10 })).toEqual([4, 1]);
    expect(gateways(host([tos, A]), { tos: 0 })).toEqual([1]);
    expect(gateways(host([tos, `${A} metric 5`]), { tos: 0x10 })).toEqual([4, 1]);
    expect(
      gateways(host([tos, "route add default via 10.0.0.5 dev a tos 0x10 metric 7", A]), { tos: 0x10 }),
    ).toEqual([4, 1]);
    expect(gateways(host([tos, A, B]), { tos: 0x10 })).toEqual([4, 1, 2]);
    expect(gateways(host([tos, A, B]), { tos: 0x08 })).toEqual([1, 2]);
  });

  test("one that is dead is no choice, and one with a hop that lives is", () => {
    expect(gateways(dead(host([A, B, C]), 1))).toEqual([2, 3]);
    expect(gateways(dead(host([A, B, C]), 2))).toEqual([1, 3]);
    const several = "route append default nexthop via 10.0.1.2 dev b nexthop via 10.0.1.3 dev b";
    expect(gateways(dead(host([A, several]), 3))).toEqual([1, 2]);
  });

  test("only unicast routes of one scope with a gateway are chosen among", () => {
    expect(gateways(host([A, `${B} scope link`]))).toEqual([1]);
    expect(gateways(host([A, "route append multicast default via 10.0.1.2 dev b"]))).toEqual([1]);
    expect(gateways(host([A, "route append default dev b scope global"]))).toEqual([1]);
    expect(gateways(host([A, "route append unreachable default"]))).toEqual([1]);
    expect(gateways(host([A, "route append default dev b scope global", C]))).toEqual([1, 3]);
  });

  test("the first stays alone if it has no gateway, whatever comes after it", () => {
    expect(gateways(host(["route add default dev a scope global", B, C]))).toEqual([0]);
  });

  test("with a device there is nothing to choose, were it the loopback", () => {
    expect(gateways(host([A, B, C]), { oif: "b" })).toEqual([2]);
    const lo = ["route add default dev lo", "route append default via 10.0.0.1 dev a"];
    expect(gateways(host(lo), { oif: "lo" })).toEqual([0]);
  });
});

describe("one table", () => {
  const said = (state: LinuxState, flow: Partial<OutputFlow> = {}): string[] =>
    tracing(compile(state), { to: address("8.8.8.8"), ...flow })
      .steps.map(({ text }) => text)
      .filter(
        (text) => /default|8\.0\.0\.0|8\.8\.0\.0|no route fits/.test(text) && !/^(rule|\d+:)/.test(text),
      );

  test("says of every route that it passes over why, and of the one that decides what it does", () => {
    const state = host([
      A,
      "route add 8.8.0.0/16 via 10.0.0.4 dev a tos 0x10",
      "route add 8.0.0.0/8 via 10.0.1.5 dev b",
    ]);
    expect(said(state)).toEqual([
      "no route fits; on to the next rule",
      "8.8.0.0/16 tos 0x10 via 10.0.0.4 dev a table main: for another TOS",
      "8.0.0.0/8 via 10.0.1.5 dev b table main: taken",
    ]);
    expect(said(dead(state, 5))).toEqual([
      "no route fits; on to the next rule",
      "8.8.0.0/16 tos 0x10 via 10.0.0.4 dev a table main: for another TOS",
      "8.0.0.0/8 via 10.0.1.5 dev b dead table main: down",
      "default via 10.0.0.1 dev a table main: taken",
    ]);
    expect(said(state, { oif: "a" })).toEqual([
      "no route fits; on to the next rule",
      "8.8.0.0/16 tos 0x10 via 10.0.0.4 dev a table main: for another TOS",
      "8.0.0.0/8 via 10.0.1.5 dev b table main: by another device, or down",
      "default via 10.0.0.1 dev a table main: taken",
    ]);
    expect(said(host(["route add prohibit 8.0.0.0/8"]))).toContain("prohibit 8.0.0.0/8 table main: refuses");
    expect(said(host(["route add throw 8.0.0.0/8"]))).toContain(
      "throw 8.0.0.0/8 table main: back to the rules",
    );
  });

  test("does not give a route by another device to who is bound to the loopback", () => {
    expect(said(host([A]), { oif: "lo" })).toContain(
      "default via 10.0.0.1 dev a table main: by another device, or down",
    );
  });

  test("names all that is not modelled of a route", () => {
    const state = host([A]);
    const odd = {
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((r) => (r.to.length === 0 ? { ...r, unmodelled: ["encap", "flow"] } : r)),
      },
    };
    expect(describeOutcome(output(compile(odd), { to: address("8.8.8.8") }))).toBe(
      'unknown: route "default via 10.0.0.1 dev a table main" has encap, flow',
    );
  });

  test("is left by a nexthop object without a hop that will do up to the first prefix that begins elsewhere, were it the first of all", () => {
    const state = host([
      "rule add priority 50 lookup 7",
      "route add 8.0.0.0/8 via 10.0.1.5 dev b table 7",
      "route add 8.0.0.0/16 via 10.0.0.6 dev a table 7 metric 9",
      A,
    ]);
    const object = {
      ...state,
      routes: {
        ...state.routes,
        4: state.routes[4].map((r) => (r.metric === 9 ? { ...r, nexthopObject: true } : r)),
      },
    };
    expect(gateways(state, { to: address("8.0.0.1"), oif: "b" })).toEqual([5]);
    expect(said(object, { to: address("8.0.0.1"), oif: "b" })).not.toContain(
      "8.0.0.0/8 via 10.0.1.5 dev b table 7: taken",
    );
  });
});
