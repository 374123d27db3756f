import { BAND, HostSpec, Plan, PlanRule } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { costOf } from "../../lib/plan/cost";
import { planWarnings } from "../../lib/plan/warnings";

const twoByOne: HostSpec = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};

describe("the cost of a lookup", () => {
  test("counts the rules on the way: switch, guard, the source's, main, the table", () => {
    const cost = costOf(planHost(twoByOne).ipv4.rules, 4);
    expect(cost?.owned?.best.rules).toBe(5);
    expect(cost?.owned?.worst.rules).toBe(6);
    expect(cost?.owned?.average.rules).toBe(5.5);
    // switch, guard, two devices, exit, join, main
    expect(cost?.unset.rules).toBe(7);
    // Next to a source the guard lets a packet of the host pass, and no forwarded one.
    expect(cost?.foreign.worst.rules).toBe(10);
    expect(cost?.transit.worst.rules).toBe(7);
  });

  test("is none where a family has no rules", () => {
    expect(costOf(planHost(twoByOne).ipv6.rules, 6)).toBeUndefined();
  });
});

describe("warnings", () => {
  /** A plan of so many rules, of which most do nothing. */
  const planOf = (count: number, family: 4 | 6): Plan => {
    const plan = planHost(twoByOne);
    const [first, ...rest] = plan.ipv4.rules;
    const idle = { priority: BAND.anchor, action: { kind: "nop" } } as const;
    const rules: PlanRule[] = [
      ...Array.from({ length: count - 1 - rest.length }, () => idle),
      first,
      ...rest,
    ];
    const half = { ...plan.ipv4, rules };
    return family === 4 ? { ...plan, ipv4: half } : { ...plan, ipv4: { ...half, rules: [] }, ipv6: half };
  };

  test("are none at 4,000 rules, and at one more say what they cost and what to change", () => {
    expect(planWarnings(planOf(4000, 4))).toEqual([]);
    expect(planWarnings(planOf(4001, 4))).toEqual([
      {
        path: "interfaces",
        problem:
          "the sources need 4003 IPv4 rules, and more than 4000 are slow: a route lookup examines 3993.5 of them on average and 3994 at worst, which takes 402.25 to 402.3 times as long as on a host without rules, and every change installs all of them",
        fix: "Use delegated prefixes instead of single addresses, or give each interface addresses of a subnet of its own, so that neighbours fold into one prefix",
      },
    ]);
  });
});
