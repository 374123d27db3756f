import { LinuxState, applyBatch, compile, inputLookup, kernelState, output } from "../../lib/linux";
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
});
