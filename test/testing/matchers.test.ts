import { SymmetricRoutingPolicy } from "../../lib";
import { Plan } from "../../lib/model/plan";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { allFlows, matchers, runWithMocks } from "../../lib/testing";

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
    const nowhere = failure(() =>
      expect(HOST).toRoute({ from: "2001:db8:1::10", to: "2001:db8::1", bound: "gone" }),
    );
    expect(nowhere).toContain("it goes nowhere");
    expect(
      failure(() => expect(HOST).not.toRoute({ from: "10.0.2.10", to: "203.0.113.5", via: "back" })),
    ).toContain("expected the host not to");
  });

  test("refuse a flow that does not say what it seems to", () => {
    const flow = (more: object) => failure(() => expect(HOST).toRoute({ to: "203.0.113.5", ...more }));
    expect(flow({ port: 80 })).toMatch(/a port means nothing without its protocol/);
    expect(flow({ from: "203.0.113.9", to: "10.0.1.10", bound: "front" })).toMatch(
      /is no address of the host/,
    );
  });

  test("say what a host can be given as", () => {
    expect(failure(() => expect(42).toBeSymmetric())).toContain("give a HostSpec, a Plan");
    expect(failure(() => expect("echo").toBeSymmetric())).toContain("the program: 1 problem");
  });
});
