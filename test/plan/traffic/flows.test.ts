import { TrafficSpec } from "../../../lib/model";
import { PlanFlow } from "../../../lib/model/plan";
import { planHost } from "../../../lib/plan";

/** About which packets of a policy the kernel is asked. */

function flowsOf(policy: TrafficSpec): PlanFlow[] {
  const plan = planHost({
    name: "edge",
    interfaces: ["a", "b"].map((name, i) => ({
      name,
      addresses: [`10.${i + 1}.0.10/24`, `fd00:${i + 1}::10/64`],
      gateways: [`10.${i + 1}.0.1`, `fd00:${i + 1}::1`],
    })),
    policy: { traffic: [policy], trackConnections: false },
  });
  return [...plan.ipv4.flows, ...plan.ipv6.flows];
}

const askedTo = (...to: string[]): string[] => flowsOf({ name: "p", to, use: ["b"] }).map((flow) => flow.to);

test.each([
  ["a network", "198.51.100.0/24", "198.51.100.254"],
  ["one address", "2001:db8::7/128", "2001:db8::7"],
  ["what ends in multicast", "e000::/3", "e000::"],
  ["what ends in broadcast", "192.0.0.0/2", "255.255.255.254"],
])("%s: at an address that the kernel looks up as any other", (_what, prefix, to) => {
  expect(askedTo(prefix)).toEqual([to]);
});

test("a policy for multicast alone is not asked about", () => {
  expect(askedTo("ff00::/8")).toEqual([]);
});

test.each([
  ["one address of the host's", "10.2.0.10/32", []],
  ["a network in which the host has an address", "10.2.0.8/29", ["10.2.0.14"]],
  ["a network whose last but one address is the host's", "10.2.0.8/30", ["10.2.0.9"]],
  ["another's address", "10.9.0.10/32", ["10.9.0.10"]],
])("%s, of what comes in: from no address of the host's, which would be a martian", (_what, prefix, from) => {
  const select = { from: [prefix], incoming: ["a"], to: ["198.51.100.0/24"], beforeSources: true };
  const flows = flowsOf({ name: "p", ...select, use: ["b"] });
  expect(flows.map((flow) => flow.from)).toEqual(from);
});
