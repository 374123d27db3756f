import { LinuxState, applyBatch, compile, inputLookup, kernelState, output, withVrf } from "../../lib/linux";
import { Effect } from "../../lib/linux/prove/effect";
import { showModel } from "./fuzz/compare";
import { queries } from "./fuzz/queries";
import { DEVICES, scenario4 } from "./fuzz/scenario4";
import { scenario6 } from "./fuzz/scenario6";
import { onInterface } from "./support/hosts";

const HOST = kernelState(
  DEVICES.map((name, i) => ({
    name,
    addresses: [`10.${i + 1}.0.10/24`, `fd00:${(10 + i).toString(16)}::10/64`].map(onInterface),
  })),
  { "ipv4/conf/n0/forwarding": 1, "ipv4/conf/n1/rp_filter": 1 },
);

const equal = (a: LinuxState, b: LinuxState, family: 4 | 6 = 4): boolean =>
  new Effect(a, family).equals(new Effect(b, family));

describe("what has a part in a lookup", () => {
  test.each([4, 6] as const)("IPv%s: states with equal effects answer every packet alike", (family) => {
    let alike = 0;
    let other = 0;
    for (let seed = 1; seed <= 16; seed++) {
      const { rules, routes, links } = family === 4 ? scenario4(seed) : scenario6(seed);
      // Most rules behind a jump, as a program sets them up: what lies under it has no part in anything.
      const covered = `rule add priority 9 goto 40\nrule add priority 40 nop`;
      let state = applyBatch(HOST, family, seed % 2 === 0 ? covered : "");
      const asked = queries(applyBatch(state, family, [...routes, ...rules].join("\n")), family, seed, 40);
      for (const line of [...links, ...rules, ...routes]) {
        const next = applyBatch(state, line.startsWith("link") ? 4 : family, line);
        const same = new Effect(state, family).equals(new Effect(next, family));
        const [was, is] = [compile(state), compile(next)];
        state = next;
        if (!same) {
          other++;
          continue;
        }
        alike++;
        for (const { flow, line: question } of asked) {
          const answer = (model: typeof was): string => {
            const outcome = "iif" in flow ? inputLookup(model, flow) : output(model, flow);
            return outcome.kind === "error" ? outcome.error : showModel(outcome);
          };
          expect({ line, question, answer: answer(is) }).toEqual({ line, question, answer: answer(was) });
        }
      }
    }
    // Both happen, or nothing was shown.
    expect(alike).toBeGreaterThan(30);
    expect(other).toBeGreaterThan(30);
  });

  test("rules behind a jump or a refusal have none, nor do tables that nobody looks at", () => {
    const behind = applyBatch(HOST, 4, "rule add priority 9 goto 40\nrule add priority 40 nop");
    for (const line of [
      "rule add priority 20 lookup 100",
      "rule add priority 20 from 10.1.0.10 unreachable",
      "route add default dev n0 table 100",
      "rule add priority 50 nop",
      "rule add priority 50 fwmark 1 goto 9999",
    ])
      expect([line, equal(behind, applyBatch(behind, 4, line))]).toEqual([line, true]);
    const refusing = applyBatch(HOST, 4, "rule add priority 9 unreachable");
    expect(equal(refusing, applyBatch(refusing, 4, "rule add priority 20 lookup 100"))).toBe(true);
    // The same rule set up otherwise.
    const direct = applyBatch(behind, 4, "rule add priority 50 from 10.1.0.10 lookup 100");
    const detour = applyBatch(
      behind,
      4,
      "rule add priority 45 goto 60\nrule add priority 60 from 10.1.0.10 lookup 100",
    );
    expect(equal(direct, detour)).toBe(true);
  });

  test.each([
    ["a rule that can be reached", "rule add priority 50 lookup 100"],
    ["a rule to which an uncertain jump leads", "rule add priority 3 fwmark 1 goto 20"],
    ["a route of a table that is looked at", "route add 192.0.2.0/24 dev n0"],
    [
      "the first port selector, which makes the kernel read ports",
      "rule add priority 20 ipproto 6 lookup 100",
    ],
    ["a local route by hand", "route add local 192.0.2.1 dev n0 table 77"],
  ])("%s has", (_name, line) => {
    const state = applyBatch(
      HOST,
      4,
      "rule add priority 9 goto 40\nrule add priority 20 lookup 100\nrule add priority 40 nop",
    );
    expect(equal(state, applyBatch(state, 4, line))).toBe(false);
  });

  test("a device's group has where a rule asks for groups; the first rule parts local and main", () => {
    const group = "link set n0 group 77";
    expect(equal(HOST, applyBatch(HOST, 4, group))).toBe(true);
    const asks = applyBatch(HOST, 4, "rule add priority 9 lookup main suppress_ifgroup 77");
    expect(equal(asks, applyBatch(asks, 4, group))).toBe(false);
    expect(equal(HOST, applyBatch(HOST, 4, "rule add priority 50 nop"))).toBe(false);
  });

  const host = (lines: readonly string[], family: 4 | 6 = 4): LinuxState => {
    const state = applyBatch(HOST, family, lines.join("\n"));
    expect(state.gaps).toEqual([]);
    return state;
  };
  const COVERED = ["rule add priority 9 goto 40", "rule add priority 40 nop"];

  test.each<[string, string[], string[], boolean]>([
    [
      "a route of a table that a rule behind a jump looks at",
      [...COVERED, "rule add priority 50 lookup 100"],
      ["route add 192.0.2.0/24 dev n0 table 100"],
      false,
    ],
    ["a route of a table that nobody looks at", COVERED, ["route add 192.0.2.0/24 dev n0 table 100"], true],
    [
      "a route of the table default, with the kernel's rules",
      [],
      ["route add 192.0.2.0/24 dev n0 table default"],
      false,
    ],
    [
      "a route of the table default, with one rule more",
      ["rule add priority 5 nop"],
      ["route add 192.0.2.0/24 dev n0 table default"],
      false,
    ],
    [
      "a route of the table default, which a jump leaves out",
      ["rule add priority 9 goto 32768", "rule add priority 32768 lookup main"],
      ["route add 192.0.2.0/24 dev n0 table default"],
      true,
    ],
    [
      "a route of main that a jump leaves out",
      ["rule add priority 9 goto 32768", "rule add priority 32768 nop"],
      ["route add 192.0.2.0/24 dev n0"],
      false,
    ],
    ["a rule that does nothing", COVERED, ["rule add priority 50 nop"], true],
    ["a jump to nowhere", COVERED, ["rule add priority 50 goto 9999"], true],
    [
      "a jump that is certain, to where the walk would come",
      COVERED,
      ["rule add priority 50 goto 32766"],
      true,
    ],
    [
      "a jump that is certain, over a rule",
      [...COVERED, "rule add priority 60 from 10.1.0.10 lookup 100"],
      ["rule add priority 50 goto 32766"],
      false,
    ],
    [
      "a jump that is uncertain, over a rule",
      [...COVERED, "rule add priority 60 lookup 100"],
      ["rule add priority 50 fwmark 1 goto 32766"],
      false,
    ],
    ["a refusal of all", COVERED, ["rule add priority 50 unreachable"], false],
    ["a prohibition of some", COVERED, ["rule add priority 50 fwmark 1 prohibit"], false],
    [
      "what lies behind a prohibition of all",
      [...COVERED, "rule add priority 50 prohibit"],
      ["rule add priority 51 lookup 100"],
      true,
    ],
    [
      "what lies behind a refusal of all",
      [...COVERED, "rule add priority 50 unreachable"],
      ["rule add priority 51 lookup 100"],
      true,
    ],
    [
      "what lies behind silence for all",
      [...COVERED, "rule add priority 50 blackhole"],
      ["rule add priority 51 lookup 100"],
      true,
    ],
    [
      "what lies behind a refusal of some",
      [...COVERED, "rule add priority 50 from 10.1.0.10 unreachable"],
      ["rule add priority 51 lookup 100"],
      false,
    ],
    [
      "what lies behind a lookup for all",
      [...COVERED, "rule add priority 50 lookup 99"],
      ["rule add priority 51 lookup 100"],
      false,
    ],
    [
      "another target of an uncertain jump",
      [
        ...COVERED,
        "rule add priority 50 fwmark 1 goto 60",
        "rule add priority 60 from 10.1.0.10 lookup 100",
        "rule add priority 70 from 10.2.0.10 lookup 100",
      ],
      ["rule del priority 50", "rule add priority 50 fwmark 1 goto 70"],
      false,
    ],
    [
      "the first of two targets of one priority",
      [
        ...COVERED,
        "rule add priority 50 fwmark 1 goto 60",
        "rule add priority 55 unreachable",
        "rule add priority 60 from 10.1.0.10 lookup 100",
      ],
      ["rule add priority 60 from 10.2.0.10 lookup 100"],
      false,
    ],
    [
      "a rule before the target of a jump",
      [
        ...COVERED,
        "rule add priority 50 fwmark 1 goto 60",
        "rule add priority 55 unreachable",
        "rule add priority 60 from 10.1.0.10 lookup 100",
      ],
      ["rule add priority 58 from 10.2.0.10 lookup 100"],
      true,
    ],
    [
      "one rule for another",
      [...COVERED, "rule add priority 50 from 10.1.0.10 lookup 100"],
      ["rule del priority 50", "rule add priority 50 from 10.2.0.10 lookup 100"],
      false,
    ],
    [
      "a priority alone",
      [...COVERED, "rule add priority 50 from 10.1.0.10 lookup 100"],
      ["rule del priority 50", "rule add priority 51 from 10.1.0.10 lookup 100"],
      true,
    ],
    [
      "the order of two rules",
      [
        ...COVERED,
        "rule add priority 50 from 10.1.0.10 lookup 100",
        "rule add priority 51 fwmark 1 lookup 101",
      ],
      ["rule del priority 50", "rule add priority 52 from 10.1.0.10 lookup 100"],
      false,
    ],
    [
      "a route for another",
      ["route add 192.0.2.0/24 dev n0"],
      ["route del 192.0.2.0/24 dev n0", "route add 192.0.3.0/24 dev n0"],
      false,
    ],
    ["a route that goes", ["route add 192.0.2.0/24 dev n0"], ["route del 192.0.2.0/24 dev n0"], false],
    [
      "a port selector that nothing reaches, but makes the kernel read ports",
      ["rule add priority 9 unreachable"],
      ["rule add priority 20 dport 80 lookup 100"],
      false,
    ],
    [
      "a port selector of what is sent",
      ["rule add priority 9 unreachable"],
      ["rule add priority 20 iif lo dport 80 lookup 100"],
      true,
    ],
    [
      "a local route of the kernel in a table that nobody looks at",
      [],
      ["route add local 192.0.2.1 dev n0 table 77 proto kernel"],
      true,
    ],
    [
      "a unicast route by hand in a table that nobody looks at",
      [],
      ["route add 192.0.2.1 dev n0 table 77 proto 9"],
      true,
    ],
    ["an address", [], ["address add 192.0.2.7/32 dev n0"], false],
  ])("%s", (_name, before, change, same) => {
    const state = host(before);
    const next = applyBatch(state, 4, change.join("\n"));
    expect(equal(state, next)).toBe(same);
    expect(equal(next, state)).toBe(same);
  });

  test("a setting has a part; a VRF's table has where a rule asks for VRFs; the other family has none", () => {
    expect(equal(HOST, { ...HOST, sysctls: { ...HOST.sysctls, "ipv4/conf/n0/rp_filter": 1 } })).toBe(false);
    expect(equal(HOST, { ...HOST, addresses: [...HOST.addresses] })).toBe(false);
    const inVrf = withVrf(HOST, { name: "blue", table: 88, ports: ["n1"] });
    const more = applyBatch(inVrf, 4, "route add 192.0.2.0/24 dev n1 table 88");
    expect(equal(inVrf, more)).toBe(false);
    const unasked = (state: LinuxState): LinuxState => ({
      ...state,
      rules: { ...state.rules, 4: state.rules[4].filter(({ l3mdev }) => !l3mdev) },
    });
    expect(equal(unasked(inVrf), { ...unasked(more), addresses: inVrf.addresses })).toBe(true);
    expect(equal(HOST, applyBatch(HOST, 6, "rule add priority 5 lookup 100"))).toBe(true);
    expect(equal(HOST, applyBatch(HOST, 6, "rule add priority 5 lookup 100"), 6)).toBe(false);
    expect(equal(HOST, applyBatch(HOST, 6, "route add 2001:db8:99::/48 dev n0"), 6)).toBe(false);
  });
});
