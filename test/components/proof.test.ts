import * as pulumi from "@pulumi/pulumi";
import { MultiHomedHost, SymmetricRoutingPolicy, SymmetricRoutingPolicyArgs } from "../../lib";
import { schematicHost } from "../../lib/components/schematic";
import { ArgsError } from "../../lib/deliver/argsError";
import { PENDING } from "../../lib/deliver/known";
import { Plan } from "../../lib/model/plan";
import { runWithMocks } from "../../lib/testing";
import { SECRETS, hostArgs, network } from "./support";

/** What a planner with a defect would make of a plan. */
let defect: (plan: Plan) => Plan = (plan) => plan;
jest.mock("../../lib/plan/build", () => {
  const actual = jest.requireActual("../../lib/plan/build");
  return { ...actual, buildPlan: (host: unknown) => defect(actual.buildPlan(host)) };
});

const { privateKey } = SECRETS;
const connection = { host: "198.51.100.7", user: "root", privateKey, insecureIgnoreHostKey: true };
const interfaces = [
  { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
  { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
];

describe("a component proves its plan before anything is done with it", () => {
  afterEach(() => {
    defect = (plan) => plan;
  });

  test.each([true, false])("and says so in its outputs (preview: %s)", async (preview) => {
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", { interfaces, connection }), {
      preview,
    });
    expect(await run.value(run.result.verdict)).toBe("proved");
    expect(run.only("multihome:index:SymmetricRoutingPolicy").outputs["verdict"]).toBe("proved");
  });

  test("schematically, while addresses are pending, and the plan is withheld", async () => {
    const pending = [
      { name: "front", addresses: [unknown], gateways: ["10.0.1.1"] },
      { name: "back", addresses: [unknown, unknown], gateways: [unknown], delegatedPrefixes: [unknown] },
      { name: "third", addresses: ["10.0.3.10/24", unknown], gateways: ["10.0.3.1", "fe80::1"] },
    ];
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces: pending, connection }),
      { preview: true },
    );
    expect(await run.value(run.result.verdict)).toBe("proved schematically");
    expect(await run.isKnown(run.result.program)).toBe(false);
  });

  const unknown = pulumi.output(pulumi.unknown as unknown as string);
  const front = { name: "front", addresses: [unknown], gateways: ["10.0.1.1"] };

  test.each<[string, Partial<SymmetricRoutingPolicyArgs>]>([
    [
      "an address of each family, where there are gateways of both",
      { interfaces: [{ ...front, addresses: [unknown, unknown], gateways: ["10.0.1.1", "fe80::1"] }] },
    ],
    ["all addresses", { interfaces: [{ ...front, addresses: unknown as never, gateways: ["fe80::1"] }] }],
    [
      "the gateway of the other family",
      { interfaces: [{ ...front, addresses: [unknown, unknown], gateways: [unknown, "fe80::1"] }] },
    ],
    [
      "addresses of two interfaces in one subnet",
      { interfaces: [front, { ...front, name: "back", addresses: [unknown, unknown] }] },
    ],
    [
      "a gateway, where the interface has the address that it might have",
      { interfaces: [{ ...front, addresses: ["10.0.1.1/24"], gateways: [unknown] }] },
    ],
    ["addresses under the strong host model", { interfaces: [front], policy: { hostModel: "strong" } }],
    [
      "addresses in worlds that use the same",
      {
        interfaces: [
          { ...front, match: { mac: unknown } },
          { name: "back", match: { ifname: "eth1" }, addresses: ["10.0.1.150/24"], gateways: ["10.0.1.1"] },
        ],
        policy: { worlds: [{ name: "red", kind: "netns", interfaces: ["back"] }] },
      },
    ],
    [
      "addresses beside an identity",
      { interfaces: [front], policy: { identity: { addresses: ["192.0.2.1/32"], protocol: "ospf" } } },
    ],
  ])("also with %s pending", async (_, args) => {
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces: [front], connection, ...args }),
      { preview: true },
    );
    expect(await run.value(run.result.verdict)).toBe("proved schematically");
  });

  test("with the stand-ins proved as the host model asks, and not as the default does", () => {
    const draft = {
      hostName: "edge",
      interfaces: [{ name: "front", addresses: [PENDING], gateways: ["10.0.1.1"] }],
      policy: { hostModel: "strong", virtualAddresses: ["192.0.2.9"], trackConnections: PENDING },
    } as const;
    expect(schematicHost(draft as never)?.policy).toEqual({
      hostModel: "strong",
      virtualAddresses: ["192.0.2.9"],
    });
  });

  test("or is unknown, when not even the interfaces are known; and nothing fails", async () => {
    const run = await runWithMocks(
      () =>
        new SymmetricRoutingPolicy("edge", {
          interfaces: [{ ...front, gateways: unknown as never }, unknown as never],
          connection,
        }),
      { preview: true },
    );
    expect(await run.value(run.result.verdict)).toBe("unknown");
  });

  test.each([
    ["a text for a list", { addresses: "10.0.1.10/24", gateways: unknown }, "interfaces[0].addresses"],
    ["a text for gateways", { addresses: [unknown], gateways: "10.0.1.1" }, "interfaces[0].gateways"],
    ["null for a list", { addresses: [unknown], subnets: null }, "interfaces[0].subnets"],
    ["a text for routes", { addresses: [unknown], routes: "172.31.0.0/16" }, "interfaces[0].routes"],
  ])("and refuses %s although the rest of the interface is pending", async (_, fields, path) => {
    const wrong = [{ name: "front", ...fields }] as never;
    const failure: unknown = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces: wrong, connection }),
      { preview: true },
    ).catch((error: unknown) => error);
    expect((failure as ArgsError).issues).toEqual([expect.objectContaining({ path })]);
  });

  test.each([
    ["no policy", { policy: null }, ["policy"]],
    ["a text for a policy", { policy: "strong" }, ["policy"]],
    ["no list of interfaces", { interfaces: {}, policy: unknown }, ["interfaces"]],
    ["no interface", { interfaces: [], policy: unknown }, ["interfaces"]],
  ])("and refuses %s although something else is pending", async (_, args, paths) => {
    const wrong = { interfaces: [front], connection, ...args } as never;
    const failure: unknown = await runWithMocks(() => new SymmetricRoutingPolicy("edge", wrong), {
      preview: true,
    }).catch((error: unknown) => error);
    expect((failure as ArgsError).issues.map(({ path }) => path)).toEqual(paths);
  });

  test.each([
    ["no length", { addresses: ["10.0.1.10/xx"], gateways: [unknown] }],
    ["null for an address", { addresses: [null, unknown] }],
    ["null for a route", { addresses: [unknown], routes: [null] }],
  ])("and does not fall over %s that is told once all is known", async (_, fields) => {
    const wrong = [{ name: "front", ...fields }] as never;
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces: wrong, connection }),
      { preview: true },
    );
    expect(await run.value(run.result.verdict)).toMatch(/^(unknown|proved schematically)$/);
  });

  test("but claims nothing of the weak host model, which is what Linux does by itself", async () => {
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces, connection, policy: { hostModel: "weak" } }),
      { preview: true },
    );
    expect(await run.value(run.result.verdict)).toBe("unknown");
  });

  test("and warns of what is right but unwise", async () => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    const identity = { addresses: ["192.0.2.1/32"], protocol: "ospf" } as const;
    const policy = { identity: { ...identity, addresses: [...identity.addresses] } };
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces, connection, policy }),
      { preview: true },
    );
    const told = warn.mock.calls.map(([message]) => message);
    warn.mockRestore();
    expect(await run.value(run.result.verdict)).toBe("proved");
    expect(told).toEqual([expect.stringMatching(/^policy\.identity\.stubArea: FRR keeps .*"stubArea"\.$/)]);
  });

  test("and refuses one that is disproved, with the packet, what was expected, the steps and the fix", async () => {
    defect = mutant;
    const failure: unknown = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", { interfaces, connection }),
      { preview: true },
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ArgsError);
    const { message, issues } = failure as ArgsError;
    expect(issues.length).toBeGreaterThan(0);
    expect(message).toContain('multihome:index:SymmetricRoutingPolicy "edge"');
    expect(message).toMatch(/does not hold P1 \(egress, IPv4/);
    expect(message).toMatch(
      /The packet 10\.0\.2\.10 -> 203\.0\.113\.5: expected by back via 10\.0\.2\.1, got by front via 10\.0\.1\.1/,
    );
    expect(message).toContain("To blame is");
  });

  test("also the plan of a host that is made", async () => {
    const run = await runWithMocks(() => new MultiHomedHost("edge", hostArgs(network())), { preview: true });
    expect(await run.value(run.result.verdict)).toBe("proved");
  });
});

/** The table of back leads by front: what a planner with a defect might make. */
function mutant(plan: Plan): Plan {
  const routes = plan.ipv4.routes.map((route) =>
    route.table === "back" && route.to === "default" && route.type === "unicast"
      ? { ...route, dev: "front", via: "10.0.1.1", src: "10.0.1.10" }
      : route,
  );
  return { ...plan, ipv4: { ...plan.ipv4, routes } };
}
