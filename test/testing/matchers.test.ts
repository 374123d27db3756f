import { SymmetricRoutingPolicy } from "../../lib";
import { Plan } from "../../lib/model/plan";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { FlowSet, FlowSpec, UNKNOWN, allFlows, matchers, runWithMocks } from "../../lib/testing";

expect.extend(matchers);

const HOST = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"], gateways: ["10.0.1.1", "fe80::1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};
const PLAN = planHost(HOST);
const PROGRAM = renderProgram(PLAN);

/** The default of `back` leads by `front`. */
const ASTRAY: Plan = {
  ...PLAN,
  ipv4: {
    ...PLAN.ipv4,
    routes: PLAN.ipv4.routes.map((route) =>
      route.table === "back" && route.to === "default" && route.via !== undefined
        ? { ...route, dev: "front", via: "10.0.1.1", src: "10.0.1.10" }
        : route,
    ),
  },
};
/** Sources of `back` are not refused when its table has nothing. */
const LEAKY: Plan = {
  ...PLAN,
  ipv4: {
    ...PLAN.ipv4,
    routes: PLAN.ipv4.routes.filter(({ type }) => type !== "unreachable"),
    rules: PLAN.ipv4.rules.filter(({ action }) => action.kind !== "unreachable"),
  },
};

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "did not fail";
}

describe("the matchers", () => {
  const subjects = { spec: HOST, plan: PLAN, program: PROGRAM, inputs: { stdin: PROGRAM } };

  test("lead sources to containers, or hold for a host that ignores these", () => {
    const ignoring = { ...HOST, policy: { unmanagedRoutes: "ignore" as const } };
    const container = { from: "10.0.2.10", to: "172.17.0.2" };
    expect(failure(() => expect(HOST).toRoute(container).via("back"))).toContain("docker0");
    for (const subject of [ignoring, planHost(ignoring), renderProgram(planHost(ignoring))]) {
      expect(subject).toBeSymmetric();
      expect(subject).toFailClosed();
      expect(subject).toRoute(container).via("back");
    }
  });

  test.each(Object.entries(subjects))("hold for a good host, given as %s", (_, subject) => {
    expect(subject).toBeSymmetric();
    expect(subject).toFailClosed();
    expect(subject).toKeepReachable("203.0.113.0/24");
    expect(subject).toBeProvedFor(allFlows);
    expect(subject).toBeProvedFor({ from: "10.0.1.10", to: ["10.0.0.0/8", "192.168.0.0/16"] });
    expect(subject).toRoute({ from: "10.0.2.10", to: "203.0.113.5" }).via("back");
    expect(subject).toRoute({ from: "10.0.2.50", to: "10.0.1.10", protocol: 6, port: 22 }).via("front");
    expect(subject).not.toRoute({ from: "10.0.2.10", to: "203.0.113.5", via: "front" });
  });

  test("hold for the command that a mocked component registers", async () => {
    const run = await runWithMocks(
      () =>
        new SymmetricRoutingPolicy("edge", {
          interfaces: HOST.interfaces,
          connection: {
            host: "198.51.100.7",
            privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r",
            insecureIgnoreHostKey: true,
          },
        }),
    );
    expect(run.only("command:remote:Command")).toBeSymmetric();
  });

  test("fail with the packet, what was expected, and the steps", () => {
    expect(ASTRAY).not.toBeSymmetric();
    const message = failure(() => expect(ASTRAY).toBeSymmetric());
    expect(message).toMatch(/P1 egress, IPv4: disproved\n {2}packet {4}10\.0\.2\.10 -> 203\.0\.113\.5\n/);
    expect(message).toContain("expected  by back via 10.0.2.1");
    expect(message).toContain("got       by front via 10.0.1.1");
    expect(message).toMatch(/\n +0: from all lookup local: matches/);
    expect(failure(() => expect(ASTRAY).toKeepReachable("203.0.113.0/24"))).toContain("disproved");
    expect(failure(() => expect(ASTRAY).toBeProvedFor({ from: "10.0.2.10" }))).toContain("10.0.2.10 ->");
    expect(ASTRAY).toBeProvedFor({ from: "10.0.1.10" });
  });

  test("see what leaks when a link is lost", () => {
    expect(LEAKY).toBeProvedFor({ from: ["10.0.1.10", "10.0.2.10"] });
    expect(failure(() => expect(LEAKY).toFailClosed())).toMatch(/when {6}after .* went away/);
  });

  test("tell by which interface a flow leaves, when it is another, or none", () => {
    const wrong = failure(() => expect(HOST).toRoute({ from: "10.0.2.10", to: "203.0.113.5" }).via("front"));
    expect(wrong).toContain("10.0.2.10 -> 203.0.113.5 to leave by front, but\nit goes by back");
    const isolated = { name: "isolated", interfaces: [{ name: "only", addresses: ["10.0.1.10/24"] }] };
    const nowhere = failure(() => expect(isolated).toRoute({ from: "10.0.1.10", to: "203.0.113.5" }));
    expect(nowhere).toContain("it goes nowhere");
    expect(
      failure(() => expect(HOST).not.toRoute({ from: "10.0.2.10", to: "203.0.113.5", via: "back" })),
    ).toContain("expected the host not to");
  });

  test.each<[string, Partial<FlowSpec>, RegExp]>([
    ["a port of no protocol", { port: 80 }, /a port means nothing without its protocol/],
    ["a port of one without ports", { protocol: 1, port: 80 }, /a port means nothing without its protocol/],
    ["a port that is none", { protocol: 6, port: 70_000 }, /port: got 70000; give a number from 1/],
    ["a protocol that is none", { protocol: 300 }, /protocol: got 300; give a number from 1/],
    [
      "a socket of somebody else",
      { from: "203.0.113.9", to: "10.0.1.10", bound: "front" },
      /is no address of/,
    ],
    ["ends of two families", { from: "10.0.1.10", to: "2001:db8::1" }, /are of different families/],
    ["ends elsewhere", { from: "203.0.113.9" }, /neither 203\.0\.113\.9 nor 203\.0\.113\.5 is an address of/],
    ["a device that is not there", { bound: "frnt" }, /no interface "frnt"; known are back, front, lo/],
    ["an interface that is not there", { via: "frnt" }, /no interface "frnt"; known are back, front, lo/],
    ["a world that is not there", { world: "red" }, /world: got "red"; those of edge-1 are none/],
  ])("refuse %s, which the opposite could be said of as well", (_, more, message) => {
    const flow = { to: "203.0.113.5", ...more };
    expect(failure(() => expect(HOST).toRoute(flow))).toMatch(message);
    expect(failure(() => expect(HOST).not.toRoute(flow))).toMatch(message);
  });

  test.each<[string, FlowSet, RegExp]>([
    ["no source", { from: [] }, /from: the list is empty/],
    ["no destination", { from: "10.0.1.10", to: [] }, /to: the list is empty/],
    [
      "the source of another",
      { from: ["10.0.1.10", "10.9.0.0/16"] },
      /edge-1 has no address in 10\.9\.0\.0\/16/,
    ],
    [
      "ends of two families",
      { from: "10.0.1.10", to: ["203.0.113.0/24", "2001:db8:f::/48"] },
      /sends nothing to 2001:db8:f::\/48: no source is of its family/,
    ],
    [
      "a source that no destination is for",
      { from: ["10.0.1.10", "2001:db8:1::10"], to: "203.0.113.0/24" },
      /no destination is of the family of 2001:db8:1::10\/128/,
    ],
  ])("prove nothing of %s, which would hold whatever the host does", (_, flows, message) => {
    expect(failure(() => expect(HOST).toBeProvedFor(flows))).toMatch(message);
  });

  test("prove nothing of a family that the host has not", () => {
    const ipv4 = { ...HOST, interfaces: HOST.interfaces.slice(1) };
    expect(HOST).toBeProvedFor({ to: "2001:db8:f::/48" });
    expect(failure(() => expect(ipv4).toBeProvedFor({ to: "2001:db8:f::/48" }))).toMatch(/no source is of/);
  });

  test("follow an identity, and flows in worlds that use the same addresses", () => {
    const own = { ...HOST, policy: { identity: { addresses: ["192.0.2.1/32"], protocol: "ospf" as const } } };
    expect(own).toRoute({ from: "192.0.2.1", to: "203.0.113.5" });
    expect(own).toRoute({ from: "203.0.113.5", to: "192.0.2.1" });
    expect(own).toBeProvedFor({ from: "192.0.2.1" });
    const customer = (name: string, n: number) => ({
      name,
      match: { ifname: `eth${n}` },
      addresses: ["192.168.0.10/24"],
      gateways: ["192.168.0.1"],
    });
    const host = {
      name: "edge-1",
      interfaces: [...HOST.interfaces, customer("red", 2), customer("blue", 3)],
      policy: {
        worlds: [
          { name: "w-red", kind: "netns" as const, interfaces: ["red"] },
          { name: "w-blue", kind: "vrf" as const, interfaces: ["blue"] },
        ],
      },
    };
    const flow = { from: "192.168.0.10", to: "203.0.113.5" };
    expect(host)
      .toRoute({ ...flow, world: "w-red" })
      .via("red");
    expect(host)
      .toRoute({ ...flow, world: "w-blue" })
      .via("blue");
    expect(host).not.toRoute({ ...flow, world: "w-blue", to: "192.168.0.10", via: "blue" });
    expect(failure(() => expect(host).toRoute(flow))).toMatch(
      /several worlds: give world, one of w-blue, w-red/,
    );
    expect(host).toRoute({ from: "10.0.1.10", to: "203.0.113.5" }).via("front");
    expect(host).toKeepReachable("203.0.113.0/24");
  });

  test("keep nobody reachable on a host that has no address of the family", () => {
    expect(HOST).toKeepReachable("2001:db8:f::/48");
    const ipv4 = { ...HOST, interfaces: HOST.interfaces.slice(1) };
    expect(failure(() => expect(ipv4).toKeepReachable("2001:db8:f::/48"))).toContain("has no IPv6 address");
  });

  test("hold for nothing of the weak host model, given as whatever", () => {
    const weak = { ...HOST, policy: { hostModel: "weak" as const } };
    expect(failure(() => expect(weak).toBeSymmetric())).toContain("disproved");
    for (const subject of [planHost(weak), renderProgram(planHost(weak))]) {
      expect(failure(() => expect(subject).toBeSymmetric())).toContain("is its host model weak?");
      expect(failure(() => expect(subject).toFailClosed())).toContain("is its host model weak?");
      expect(failure(() => expect(subject).toBeProvedFor(allFlows))).toContain("is its host model weak?");
    }
  });

  test("say what a host can be given as", () => {
    expect(failure(() => expect(42).toBeSymmetric())).toContain("give a HostSpec, a Plan");
    expect(failure(() => expect("echo").toBeSymmetric())).toContain("the program: 1 problem");
    expect(failure(() => expect({ stdin: UNKNOWN }).not.toBeSymmetric())).toContain(
      "not known at this preview",
    );
  });
});
