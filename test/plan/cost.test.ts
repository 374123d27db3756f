import { HostSpec } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { costOf } from "../../lib/plan/cost";

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
    expect(cost?.owned.best.rules).toBe(5);
    expect(cost?.owned.worst.rules).toBe(6);
    expect(cost?.owned.average.rules).toBe(5.5);
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
