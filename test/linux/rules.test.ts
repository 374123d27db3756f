import {
  LinuxState,
  OutputFlow,
  applyBatch,
  compile,
  describeOutcome,
  describeRule,
  kernelState,
  output,
  tracing,
} from "../../lib/linux";
import { address, onInterface } from "./support/hosts";

/** Two devices with a table each: the answer's device tells which rule decided. */
const BASE = applyBatch(
  kernelState([
    {
      name: "a",
      addresses: ["10.0.0.10/24", "10.0.0.11/24", "2001:db8:1::10/64"].map(onInterface),
      group: 5,
    },
    { name: "b", addresses: ["10.0.1.10/24", "2001:db8:2::10/64"].map(onInterface), group: 6 },
  ]),
  4,
  [
    "route add default via 10.0.0.1 dev a",
    "route add default via 10.0.1.1 dev b table 100",
    "route add default via 10.0.0.1 dev a table 101",
  ].join("\n"),
);

const host = (rules: string, state: LinuxState = BASE, family: 4 | 6 = 4): LinuxState => {
  const next = applyBatch(state, family, rules);
  expect(next.gaps).toEqual([]);
  return next;
};
const TO = address("203.0.113.5");
const FROM = address("10.0.0.10");

/** "b" where the rule matched, "a" where it did not. */
function device(state: LinuxState, flow: Partial<OutputFlow> = {}): string {
  const outcome = output(compile(state), { to: TO, from: FROM, ...flow });
  return outcome.kind === "route"
    ? outcome.hops[0].device
    : outcome.kind === "error"
      ? outcome.error
      : outcome.because;
}

describe("selectors, each with a flow that matches and one that does not", () => {
  test.each<[string, Partial<OutputFlow>, Partial<OutputFlow>]>([
    ["from 10.0.0.10", {}, { from: address("10.0.0.11") }],
    ["from 10.0.0.10/31", { from: address("10.0.0.11") }, { from: address("10.0.1.10") }],
    ["to 203.0.113.0/24", {}, { to: address("203.0.114.0") }],
    ["to 203.0.113.5", {}, { to: address("203.0.113.4") }],
    ["to 128.0.0.0/1", {}, { to: address("126.255.255.255"), from: undefined }],
    ["fwmark 0x10/0xf0", { mark: 0x1f }, { mark: 0x2f }],
    ["fwmark 0x5", { mark: 5 }, { mark: 0x15 }],
    ["fwmark 0/0xf", { mark: 0xf0 }, { mark: 1 }],
    ["fwmark 0x80000000/0x80000000", { mark: 0xffffffff }, { mark: 0x7fffffff }],
    ["tos 0x10", { tos: 0x10 }, { tos: 0x08 }],
    // Bits above the lower three of the DSCP, and ECN, are not seen.
    ["tos 0x10", { tos: 0xf3 }, { tos: 0xe8 }],
    ["uidrange 1000-2000", { uid: 2000 }, { uid: 2001 }],
    ["uidrange 1000-2000", { uid: 1000 }, { uid: 999 }],
    ["ipproto tcp", { protocol: 6 }, { protocol: 17 }],
    ["ipproto 89", { protocol: 89 }, {}],
    ["sport 53", { sourcePort: 53 }, { sourcePort: 54 }],
    ["sport 10-20", { sourcePort: 20 }, { sourcePort: 21 }],
    ["dport 80-443", { destinationPort: 80 }, { destinationPort: 79 }],
    ["dport 80-443", { destinationPort: 443 }, { destinationPort: 444 }],
    ["iif lo", {}, {}],
    [
      "from 10.0.0.10 to 203.0.113.0/24 ipproto tcp dport 443",
      { protocol: 6, destinationPort: 443 },
      { protocol: 6, destinationPort: 80 },
    ],
    ["not from 10.0.0.11", {}, { from: address("10.0.0.11") }],
    ["not to 203.0.113.0/24", { to: address("203.0.114.0") }, {}],
    ["not from 10.0.0.10 dport 80", { destinationPort: 81 }, { destinationPort: 80 }],
    [
      "not from 10.0.0.11 dport 80",
      { destinationPort: 80 },
      { from: address("10.0.0.11"), destinationPort: 80 },
    ],
    ["not fwmark 0x1", {}, { mark: 1 }],
  ])("%s", (selector, matching, other) => {
    const state = host(`rule add priority 50 ${selector} lookup 100`);
    expect(device(state, matching)).toBe("b");
    if (selector !== "iif lo") expect(device(state, other)).toBe("a");
  });

  test("iif lo is the host itself, and no other device is", () => {
    expect(device(host("rule add priority 50 iif a lookup 100"))).toBe("a");
  });

  test("oif matches sockets bound to the device", () => {
    const state = host("rule add priority 50 oif b lookup 100");
    expect(device(state, { oif: "b", from: address("10.0.1.10") })).toBe("b");
    expect(device(state)).toBe("a");
    expect(output(compile(state), { to: TO, oif: "b" })).toMatchObject({
      pretended: false,
      hops: [{ via: address("10.0.1.1") }],
    });
  });

  test("a device that is not there matches nothing; inverted, everything", () => {
    expect(device(host("rule add priority 50 iif gone lookup 100"))).toBe("a");
    expect(device(host("rule add priority 50 oif gone lookup 100"))).toBe("a");
    expect(device(host("rule add priority 50 not iif gone lookup 100"))).toBe("b");
  });

  test("a rule for VRFs matches only flows of one", () => {
    expect(device(host("rule add priority 50 l3mdev"))).toBe("a");
  });
});

describe("order and actions", () => {
  test.each([
    ["unreachable", "ENETUNREACH"],
    ["prohibit", "EACCES"],
    ["blackhole", "EINVAL"],
  ])("%s refuses with %s, and nothing after it counts", (action, error) => {
    expect(device(host(`rule add priority 50 ${action}\nrule add priority 60 lookup 100`))).toBe(error);
  });

  test("nop does nothing; a table that is empty or has no route for it, neither", () => {
    expect(device(host("rule add priority 50 nop\nrule add priority 60 lookup 100"))).toBe("b");
    expect(device(host("rule add priority 50 lookup 999\nrule add priority 60 lookup 100"))).toBe("b");
    expect(device(host("route add 198.51.100.0/24 dev b table 55\nrule add priority 50 lookup 55"))).toBe(
      "a",
    );
  });

  test("lower priorities come first, whatever the order of commands; equal ones in the order of commands", () => {
    expect(device(host("rule add priority 60 lookup 101\nrule add priority 50 lookup 100"))).toBe("b");
    expect(device(host("rule add priority 50 lookup 101\nrule add priority 50 lookup 100"))).toBe("a");
  });

  test("goto leads to the first rule of its priority", () => {
    const rules =
      "rule add priority 50 goto 80\nrule add priority 60 unreachable\nrule add priority 80 lookup 100\nrule add priority 80 unreachable";
    expect(device(host(rules))).toBe("b");
  });

  test("a goto without a target does nothing", () => {
    expect(device(host("rule add priority 50 goto 70\nrule add priority 60 lookup 100"))).toBe("b");
  });

  test("a goto that does not match is passed over, also where another leads past it", () => {
    const rules = [
      "rule add priority 50 fwmark 0x1 goto 70",
      "rule add priority 55 from 10.0.0.10 goto 80",
      "rule add priority 60 unreachable",
      "rule add priority 70 lookup 100",
      "rule add priority 80 lookup 101",
    ].join("\n");
    expect(device(host(rules))).toBe("a");
    expect(device(host(rules), { mark: 1 })).toBe("b");
  });

  test("what lies behind a certain refusal is reached by a goto that jumped over it", () => {
    const rules = [
      "rule add priority 50 dport 80 goto 70",
      "rule add priority 60 from 10.0.0.0/24 prohibit",
      "rule add priority 70 lookup 100",
    ].join("\n");
    expect(device(host(rules), { destinationPort: 80 })).toBe("b");
    expect(device(host(rules))).toBe("EACCES");
  });

  test("no rule left is unreachable", () => {
    expect(device(host("rule del priority 32766"))).toBe("ENETUNREACH");
  });
});

describe("suppressors", () => {
  const routes = "route add 203.0.113.0/24 via 10.0.1.1 dev b table 100";

  test.each([
    ["suppress_prefixlength 0", "b"],
    ["suppress_prefixlength 23", "b"],
    ["suppress_prefixlength 24", "a"],
    ["suppress_prefixlength 32", "a"],
    ["suppress_ifgroup 5", "b"],
    ["suppress_ifgroup 6", "a"],
    ["suppress_prefixlength 0 suppress_ifgroup 6", "a"],
    ["suppress_prefixlength 24 suppress_ifgroup 5", "a"],
  ])("%s", (suppressor, expected) => {
    expect(device(host(`${routes}\nrule add priority 50 lookup 100 ${suppressor}`))).toBe(expected);
  });

  test("a default has length 0", () => {
    expect(device(host("rule add priority 50 lookup 100 suppress_prefixlength 0"))).toBe("a");
  });

  test("a refusal by a route is never suppressed", () => {
    const state = host(
      "route add prohibit 203.0.113.0/24 table 55\nrule add priority 50 lookup 55 suppress_prefixlength 32",
    );
    expect(device(state)).toBe("EACCES");
  });

  test("IPv4 looks at the group of the first hop alone; IPv6 at that of the hop it takes", () => {
    const four = host(
      "route add default table 55 nexthop via 10.0.0.1 dev a nexthop via 10.0.1.1 dev b\nrule add priority 50 lookup 55 suppress_ifgroup 6",
    );
    expect(output(compile(four), { to: TO, from: FROM })).toMatchObject({ table: 55 });
    const six = host(
      "route add default table 55 nexthop via fe80::1 dev a nexthop via fe80::1 dev b\nrule add priority 50 lookup 55 suppress_ifgroup 6",
      BASE,
      6,
    );
    const flow = { to: address("2001:db8:9::1"), from: address("2001:db8:1::10") };
    expect(output(compile(six), flow)).toMatchObject({
      kind: "unknown",
      because: expect.stringContaining("by a hash") as string,
    });
    const both = { ...six, links: six.links.map((link) => ({ ...link, group: 6 })) };
    expect(output(compile(both), flow)).toMatchObject({ kind: "error", error: "ENETUNREACH" });
  });
});

describe("IPv6", () => {
  const six = (rules: string): LinuxState => {
    const routes = "route add default via fe80::1 dev a\nroute add default via fe80::1 dev b table 100";
    return host(`${routes}\n${rules}`, BASE, 6);
  };
  const go = (state: LinuxState, flow: Partial<OutputFlow>): string =>
    device(state, { to: address("2001:db8:9::1"), from: undefined, ...flow });

  test("a from rule never matches a packet without a source, whatever its prefix; an inverted one does", () => {
    expect(go(six("rule add priority 50 from ::/1 lookup 100"), {})).toBe("a");
    expect(go(six("rule add priority 50 from ::/1 lookup 100"), { from: address("2001:db8:1::10") })).toBe(
      "b",
    );
    expect(go(six("rule add priority 50 not from ::/1 lookup 100"), {})).toBe("b");
  });

  test("IPv4 compares a missing source as 0.0.0.0", () => {
    const state = host("rule add priority 50 from 0.0.0.0/1 lookup 100");
    expect(device(state, { from: undefined })).toBe("b");
  });

  test.each<[string, Partial<OutputFlow>, Partial<OutputFlow>]>([
    ["to 2001:db8:9::/48", {}, { to: address("2001:db8:a::1") }],
    ["from 2001:db8:1::10", { from: address("2001:db8:1::10") }, { from: address("2001:db8:2::10") }],
    ["tos 0x10", { tos: 0x10 }, { tos: 0xf0 }],
    ["fwmark 0x1/0x1", { mark: 3 }, { mark: 2 }],
  ])("%s", (selector, matching, other) => {
    const state = six(`rule add priority 50 ${selector} lookup 100`);
    expect(go(state, matching)).toBe("b");
    expect(go(state, other)).toBe("a");
  });
});

test("chains that ask the same and do the same are known for it, whichever rules they are of", () => {
  const { chains, sources } = compile(
    host(
      [
        "rule add priority 50 from 10.0.0.10 goto 80",
        "rule add priority 51 from 10.0.0.11 goto 80",
        "rule add priority 52 from 10.0.1.10 goto 90",
        "rule add priority 60 goto 100",
        "rule add priority 80 lookup 100",
        "rule add priority 81 unreachable",
        "rule add priority 90 lookup 101",
        "rule add priority 91 unreachable",
        "rule add priority 100 nop",
      ].join("\n"),
    ),
  )[4];
  const of = (text: string): number => chains[sources.interval4(Number(address(text).value))].alike;
  expect(of("10.0.0.10")).toBe(of("10.0.0.11"));
  expect(of("10.0.0.10")).not.toBe(of("10.0.1.10"));
  expect(of("192.0.2.1")).toBe(of("10.0.0.12"));
  // The jump is followed, and nothing stands behind the refusal.
  expect(
    chains[sources.interval4(Number(address("10.0.0.10").value))].steps.map(({ rule }) => describeRule(rule)),
  ).toEqual(["0: from all lookup local", "80: from all lookup 100", "81: from all unreachable"]);
});

test("a trace tells rule by rule and route by route what happened, and ends as the lookup does", () => {
  const state = host(
    [
      "route add 203.0.113.0/24 dev b table 55 tos 0x10",
      "rule add priority 40 from 10.0.0.11 lookup 100",
      "rule add priority 50 lookup 55",
      "rule add priority 60 goto 80",
      "rule add priority 70 unreachable",
      "rule add priority 80 lookup 100 suppress_prefixlength 0",
    ].join("\n"),
  );
  const { outcome, steps, rules } = tracing(compile(state), { to: TO, from: FROM });
  expect(steps.map(({ depth, text }) => `${"  ".repeat(depth)}${text}`)).toEqual([
    "0: from all lookup local: matches",
    "  no route fits; on to the next rule",
    "40: from 10.0.0.11 lookup 100: does not match",
    "50: from all lookup 55: matches",
    "  203.0.113.0/24 tos 0x10 dev b table 55: for another TOS",
    "  no route fits; on to the next rule",
    "60: from all goto 80: jumps",
    "80: from all lookup 100 suppress_prefixlength 0: matches",
    "  default via 10.0.1.1 dev b table 100: taken",
    '  the rule suppresses "default via 10.0.1.1 dev b table 100"; on to the next rule',
    "32766: from all lookup main: matches",
    "  default via 10.0.0.1 dev a table main: taken",
  ]);
  expect(describeOutcome(outcome)).toBe("by a via 10.0.0.1 from 10.0.0.10");
  expect(rules.map(({ priority }) => priority)).toEqual([0, 50, 60, 80, 32766]);
});
