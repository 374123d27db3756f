import { HostSpec, NumbersSpec, TrafficSpec } from "../../../lib/model";
import { PlanFlow } from "../../../lib/model/plan";
import { planHost } from "../../../lib/plan";

/** About which packets of a policy the kernel is asked. */

const host = (policy: TrafficSpec, numbers: NumbersSpec = {}): HostSpec => ({
  name: "edge",
  interfaces: ["a", "b"].map((name, i) => ({
    name,
    addresses: [`10.${i + 1}.0.10/24`, `fd00:${i + 1}::10/64`],
    gateways: [`10.${i + 1}.0.1`, `fd00:${i + 1}::1`],
  })),
  policy: { traffic: [policy], trackConnections: false },
  numbers,
});

function flowsOf(policy: TrafficSpec, numbers: NumbersSpec = {}): PlanFlow[] {
  const plan = planHost(host(policy, numbers));
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

/** A generation is asked with its own bit set, which no policy looks at. */
test.each([
  ["0x10/0xf0", {}, { value: 0x10, mask: 0xf0 }],
  ["0x10/0x7fffffff", {}, { value: 0x10, mask: 0xffffff }],
  ["0x10", {}, { value: 0x10, mask: 0x80ffffff }],
  ["0/0x40000001", {}, { value: 0, mask: 1 }],
  ["0x10", { canaryMark: 2 ** 31 }, { value: 0x10, mask: 0x40ffffff }],
])(
  "the mark %s with the numbers %j: asked about, and looked at but for our own bits",
  (text, numbers, mark) => {
    const policy = { name: "p", marks: [text], use: ["b"] };
    expect(flowsOf(policy, numbers)).toHaveLength(2);
    expect(planHost(host(policy, numbers)).ipv4.rules).toContainEqual(expect.objectContaining({ mark }));
  },
);

describe("what is asked of an interface's sources, where a policy decides about what is delegated to it", () => {
  const rows = (policy: Partial<TrafficSpec>, delegated: string[]): string[] => {
    const spec = host({ name: "p", use: ["b"], beforeSources: true, ...policy });
    const [a, b] = spec.interfaces;
    const plan = planHost({ ...spec, interfaces: [{ ...a, delegatedPrefixes: delegated }, b] });
    const families = [plan.ipv4, plan.ipv6].map(({ expectations }, i) =>
      expectations.some((row) => row.interface === "a" && row.class === "elsewhere")
        ? [`IPv${4 + 2 * i}`]
        : [],
    );
    return families.flat();
  };
  const both = ["10.1.7.0/28", "fd00:1:0:7::/80"];

  test("is left out of IPv4, where the kernel is asked as for what comes in by any device", () => {
    expect(rows({ incomingDevices: ["docker0"] }, both)).toEqual(["IPv6"]);
    expect(rows({ incoming: ["b"], from: ["10.1.7.0/28"] }, both)).toEqual(["IPv6"]);
  });

  test("is asked where the policy is about others, and where nothing is delegated", () => {
    expect(rows({ incomingDevices: ["docker0"], from: ["10.1.8.0/28"] }, both)).toEqual(["IPv4", "IPv6"]);
    expect(rows({ incomingDevices: ["docker0"] }, [])).toEqual(["IPv4", "IPv6"]);
  });
});
