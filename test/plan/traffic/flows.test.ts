import { TrafficSpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";

/** About which packets of a policy the kernel is asked. */

const askedTo = (...to: string[]): string[] => {
  const policy: TrafficSpec = { name: "p", to, use: ["b"] };
  const plan = planHost({
    name: "edge",
    interfaces: ["a", "b"].map((name, i) => ({
      name,
      addresses: [`10.${i + 1}.0.10/24`, `fd00:${i + 1}::10/64`],
      gateways: [`10.${i + 1}.0.1`, `fd00:${i + 1}::1`],
    })),
    policy: { traffic: [policy], trackConnections: false },
  });
  return [...plan.ipv4.flows, ...plan.ipv6.flows].map((flow) => flow.to);
};

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
