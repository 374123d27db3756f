import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/command/provider";
import { Instance } from "@pulumi/aws/ec2/instance";
import { HostModel, OnLink, SymmetricRoutingPolicy, SymmetricRoutingPolicyArgs } from "../../lib";
import { ownerName } from "../../lib/deliver/remoteApply";
import { UNKNOWN } from "../../lib/testing";
import {
  HOST_KEY,
  MockRun,
  SECRETS,
  TYPES,
  gatewaysInProgram,
  policyArgs,
  refused,
  runWithMocks,
  unknown,
} from "./support";

const GATEWAYS = { "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1", "10.0.2.11": "10.0.2.1" };

describe.each([
  ["an update", false],
  ["a preview", true],
])("a symmetric routing policy in %s", (_, preview) => {
  let run: MockRun<SymmetricRoutingPolicy>;
  beforeAll(async () => {
    run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs()), { preview });
  });

  test("gives each source address its own default gateway", async () => {
    expect(await run.value(run.result.gatewayBySource)).toEqual(GATEWAYS);
    expect(gatewaysInProgram(run.only(TYPES.command).inputs.stdin)).toEqual(GATEWAYS);
  });

  test("is one command, whose lines are short, constant and free of data", () => {
    expect(run.ofType(TYPES.command)).toHaveLength(1);
    const { create, delete: remove, update } = run.only(TYPES.command).inputs;
    const owner = ownerName(run.only(TYPES.policy).urn);
    expect(owner).toMatch(/^edge\.[0-9a-f]{16}$/);
    expect(create).toBe(`sudo -n timeout -k 10 300 sh -s -- deliver --confirm-within 60 --owner=${owner}`);
    expect(remove).toBe(`sudo -n timeout -k 10 300 sh -s -- remove --owner=${owner}`);
    expect(update).toBeUndefined();
  });

  test("has no triggers, no environment, no previous output, no logging", () => {
    const { inputs } = run.only(TYPES.command);
    expect(inputs).not.toHaveProperty("triggers");
    expect(inputs).not.toHaveProperty("environment");
    expect(inputs).toMatchObject({ addPreviousOutputInEnv: false, logging: "none" });
  });

  test("deletes before it replaces, and keeps the connection out of diffs", () => {
    const { options } = run.only(TYPES.command);
    expect(options).toMatchObject({ deleteBeforeReplace: true, hideDiffs: ["connection"], deletedWith: "" });
  });

  test("passes the connection field by field, with the host key pinned and every limit said", () => {
    expect(run.only(TYPES.command).inputs.connection).toEqual({
      host: "198.51.100.7",
      port: 22,
      user: "admin",
      privateKey: SECRETS.privateKey,
      hostKey: HOST_KEY,
      dialErrorLimit: 10,
      perDialTimeout: 15,
    });
  });

  test("shows no key in clear", () => {
    const clear = run.resources.map(({ clearText }) => clearText).join("\n");
    expect(clear).not.toContain("b3BlbnNzaC1");
    expect(clear).toContain("10.0.1.10");
  });
});

describe("a symmetric routing policy", () => {
  test("reports what the kernel answered", async () => {
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs()));
    expect(await run.value(run.result.symmetric)).toBe(true);
    expect(run.only(TYPES.policy).outputs).toMatchObject({ symmetric: true, report: { failures: [] } });
  });

  test("is not symmetric when the kernel answered otherwise, and says where", async () => {
    const wrong = {
      from: "10.0.1.10",
      to: "192.0.2.1",
      class: "elsewhere",
      want: "dev eth0",
      got: "dev eth1\u001b[31m",
    };
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs()));
    const digest = await run.value(run.result.programDigest);
    const stdout = `Welcome!\n${JSON.stringify({ ok: false, checked: 6, generation: 1, digest, failed: [wrong] })}`;
    const again = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs()), {
      outputs: { [TYPES.command]: { stdout } },
    });
    expect(await again.value(again.result.symmetric)).toBe(false);
    expect((await again.value(again.result.report)).failures).toEqual([{ ...wrong, got: "dev eth1?[31m" }]);
  });

  test("is not symmetric under the weak host model, of which nothing is asked", async () => {
    const policy = { hostModel: HostModel.Weak };
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs({ policy })));
    expect(await run.value(run.result.symmetric)).toBe(false);
    expect(await run.value(run.result.report)).toMatchObject({ symmetric: false, checked: 0, failures: [] });
  });

  test("fails when the host's answer is no report, or one of another plan", async () => {
    const answer = (stdout: string) =>
      runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs()), {
        outputs: { [TYPES.command]: { stdout } },
      });
    await expect(answer("sudo: a password is required")).rejects.toThrow(/is not a report/);
    await expect(answer('{"ok":true,"checked":1,"digest":"d","failed":[]}')).rejects.toThrow(
      /reports the plan "d"/,
    );
  });

  test("goes with the machine it is deleted with, and waits for what it depends on", async () => {
    const run = await runWithMocks(() => {
      const machine = new Instance("machine", { ami: "ami-1", instanceType: "t3.micro" });
      return new SymmetricRoutingPolicy("edge", policyArgs(), { deletedWith: machine, dependsOn: [machine] });
    });
    const { options } = run.only(TYPES.command);
    expect(options.deletedWith).toBe(run.only(TYPES.instance).urn);
    expect(options.dependencies).toContain(run.only(TYPES.instance).urn);
  });

  test("hands providers and protection down", async () => {
    const run = await runWithMocks(() => {
      const provider = new Provider("other");
      return new SymmetricRoutingPolicy("edge", policyArgs(), { providers: [provider], protect: true });
    });
    expect(run.only(TYPES.command).options).toMatchObject({
      provider: expect.stringMatching(/::other::/),
      protect: true,
    });
  });

  test("has no second connection where none is wanted", async () => {
    const run = await runWithMocks(
      () => new SymmetricRoutingPolicy("edge", policyArgs({ confirmWithin: 0 })),
    );
    expect(run.only(TYPES.command).inputs.create).toMatch(
      /^sudo -n timeout -k 10 300 sh -s -- apply --json --owner=\S+$/,
    );
  });

  test.each([4, 3601, 1.5, NaN, "60" as unknown as number])(
    "refuses %p for confirmWithin",
    async (confirmWithin) => {
      const { issues } = await refused(
        () => new SymmetricRoutingPolicy("edge", policyArgs({ confirmWithin })),
      );
      expect(issues).toEqual(["confirmWithin"]);
    },
  );

  test("needs no sudo as root, and is bounded in time as asked", async () => {
    const run = await runWithMocks(
      () =>
        new SymmetricRoutingPolicy(
          "edge",
          policyArgs({
            connection: { host: "h", privateKey: SECRETS.privateKey, hostKey: HOST_KEY, port: 2222 },
            timeoutSeconds: 60,
          }),
        ),
    );
    const { create, connection } = run.only(TYPES.command).inputs;
    expect(create).toMatch(/^timeout -k 10 60 sh -s -- deliver --confirm-within 60 --owner=\S+$/);
    expect(connection).toMatchObject({ port: 2222, user: "root" });
  });

  test("applies again when another machine comes under the same address, and shows the program before it is there", async () => {
    const made = (identity: pulumi.Input<string>, preview = false) =>
      runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs({ identity })), { preview });
    const one = (await made("i-1")).only(TYPES.command).inputs;
    const two = (await made("i-2")).only(TYPES.command).inputs;
    expect(one.create).not.toBe(two.create);
    expect(one.stdin).toBe(two.stdin);
    const none = (await made(unknown<string>(), true)).only(TYPES.command).inputs;
    expect(none.create).toBe(UNKNOWN);
    expect(none.delete).toBe(one.delete);
    expect(none.stdin).toBe(one.stdin);
  });

  test("knows the program while the host's address is unknown", async () => {
    const connection = {
      host: unknown<string>(),
      user: "admin",
      privateKey: SECRETS.privateKey,
      hostKey: HOST_KEY,
    };
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs({ connection })), {
      preview: true,
    });
    const { stdin, create, connection: passed } = run.only(TYPES.command).inputs;
    expect(gatewaysInProgram(stdin)).toEqual(GATEWAYS);
    expect(create).toContain("sudo -n");
    expect(passed).toBe(UNKNOWN);
  });

  test("names pending values by path, and has neither program nor gateways until they are known", async () => {
    const run = await runWithMocks(
      () =>
        new SymmetricRoutingPolicy(
          "edge",
          policyArgs({
            interfaces: [
              {
                name: "front",
                match: { mac: unknown<string>() },
                addresses: ["10.0.1.10/24"],
                gateways: ["10.0.1.1"],
              },
              { name: "back", addresses: ["10.0.2.10/24", unknown<string>()], gateways: ["10.0.2.1"] },
            ],
          }),
        ),
      { preview: true },
    );
    expect(await run.value(run.result.plan)).toEqual({
      pending: ["interfaces[0].match.mac", "interfaces[1].addresses[1]"],
    });
    for (const output of [run.result.program, run.result.programDigest, run.result.gatewayBySource]) {
      expect(await run.isKnown(output)).toBe(false);
    }
  });

  test("composes from outputs, as a whole and in parts", async () => {
    const args = policyArgs();
    const run = await runWithMocks(
      () =>
        new SymmetricRoutingPolicy("edge", {
          interfaces: pulumi.output(args.interfaces),
          connection: pulumi.secret(args.connection),
          policy: pulumi.output({ onLink: OnLink.Direct }),
        }),
    );
    expect(await run.value(run.result.gatewayBySource)).toEqual(GATEWAYS);
    expect(run.only(TYPES.command).inputs.create).toContain("sudo -n");
    expect(run.resources.map(({ clearText }) => clearText).join()).not.toContain("b3BlbnNzaC1");
  });

  test("takes gateways that are on the link though no subnet holds them", async () => {
    const interfaces = [{ name: "only", addresses: ["198.51.100.7/32"], onLinkGateways: ["172.31.1.1"] }];
    const run = await runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs({ interfaces })));
    expect(await run.value(run.result.gatewayBySource)).toEqual({ "198.51.100.7": "172.31.1.1" });
  });
});

describe("worlds whose interfaces have the same addresses", () => {
  const customer = (name: string, mac: string) => ({
    name,
    match: { mac },
    addresses: ["192.168.0.10/24"],
    gateways: ["192.168.0.1"],
  });
  const interfaces = [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    customer("red", "02:00:00:00:02:0a"),
    customer("blue", "02:00:00:00:03:0a"),
  ];
  const red = { name: "red", kind: "netns" as const, interfaces: ["red"] };
  const blue = { name: "blue", kind: "netns" as const, interfaces: ["blue"] };
  const preview = (policy: SymmetricRoutingPolicyArgs["policy"], more: object = {}) =>
    runWithMocks(() => new SymmetricRoutingPolicy("edge", policyArgs({ interfaces, policy, ...more })), {
      preview: true,
    });

  test.each<[string, SymmetricRoutingPolicyArgs["policy"]]>([
    ["a resolver", { worlds: [{ ...red, resolver: { nameservers: [unknown<string>()] } }, blue] }],
    ["the name of a world", { worlds: [{ ...red, name: unknown<string>() }, blue] }],
    ["another part of the policy", { worlds: [red, blue], unmanagedRoutes: unknown<"ignore">() }],
  ])("are taken at a preview that does not know %s, and proved", async (_, policy) => {
    const run = await preview(policy);
    expect(await run.value(run.result.verdict)).toBe("proved schematically");
  });

  test.each<[string, SymmetricRoutingPolicyArgs["policy"]]>([
    ["the worlds", { worlds: unknown() }],
    ["one of them", { worlds: [red, unknown()] }],
    ["the policy", unknown()],
    ["which interfaces are in one", { worlds: [red, { ...blue, interfaces: unknown() }] }],
  ])("are taken at a preview that does not know %s", async (_, policy) => {
    const run = await preview(policy);
    expect(await run.isKnown(run.result.program)).toBe(false);
  });

  test.each<[string, SymmetricRoutingPolicyArgs["policy"], object, string[]]>([
    ["that are in no world", { unmanagedRoutes: unknown<"ignore">() }, {}, ["interfaces[2].addresses"]],
    [
      "and something else wrong",
      { worlds: unknown() },
      {
        interfaces: [...interfaces, { name: "third", addresses: ["10.0.3.300/24"] }],
        numbers: { protocol: 300 },
      },
      ["interfaces[3].addresses[0]", "numbers.protocol"],
    ],
  ])("are refused at a preview with all that is known %s", async (_, policy, more, paths) => {
    const { issues } = await refused(
      () => new SymmetricRoutingPolicy("edge", policyArgs({ interfaces, policy, ...more })),
      { preview: true },
    );
    expect([...issues].sort()).toEqual(paths);
  });
});

describe("a symmetric routing policy is refused", () => {
  const policy = (more: object) => () => new SymmetricRoutingPolicy("edge", policyArgs(more));

  test("for every problem at once, in the constructor, with nothing registered but the component", async () => {
    const { issues, message } = await refused(
      policy({
        interfaces: [
          { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.9.1"] },
          { name: "back", addresses: ["10.0.2.300/24"] },
        ],
        connection: { host: "h", privateKey: SECRETS.privateKey },
        timeoutSeconds: 5,
      }),
    );
    expect(issues).toEqual([
      "interfaces[0].gateways[0]",
      "interfaces[1].addresses[0]",
      "connection.hostKey",
      "timeoutSeconds",
    ]);
    expect(message).toMatch(/^multihome:index:SymmetricRoutingPolicy "edge": 4 problems\n/);
  });

  test.each([5, {}, null, pulumi.output(5)])("for an identity that is no text: %p", async (identity) => {
    expect((await refused(policy({ identity }))).issues).toEqual(["identity"]);
  });

  test("in a preview, for a known value beside unknown ones", async () => {
    const interfaces = [
      { name: "front", addresses: [unknown<string>()] },
      { name: "back", addresses: [pulumi.output("10.0.2.10")] },
    ];
    const { issues } = await refused(policy({ interfaces }), { preview: true });
    expect(issues).toEqual(["interfaces[1].addresses[0]"]);
  });

  test("in the output, for a connection that turns out wrong, before any command is registered", async () => {
    const connection = { host: "h", privateKey: SECRETS.privateKey, hostKey: pulumi.output("ssh-rsa AAAA") };
    const { issues, message, registered } = await refused(policy({ connection }));
    expect(issues).toEqual(["connection.hostKey"]);
    expect(message).toMatch(/RSA/);
    expect(registered).toEqual([]);
  });

  test("with a message that survives the SDK's serialization, and no secret in it", async () => {
    const connection = { host: "h", privateKey: pulumi.secret("no key but a secret"), hostKey: HOST_KEY };
    const { error, message } = await refused(policy({ connection }));
    expect(message.split("\n")[0]).toBe('multihome:index:SymmetricRoutingPolicy "edge": 1 problem');
    expect(message).not.toContain("no key but a secret");
    expect(pulumi.InputPropertiesError.isInstance(error)).toBe(true);
    expect(pulumi.ResourceError.isInstance(error)).toBe(true);
  });

  test("for a field that there is not", async () => {
    const { issues, message } = await refused(policy({ confirmwithin: 0, pollicy: undefined }));
    expect(issues).toEqual(["confirmwithin"]);
    expect(message).toMatch(/unknown field\. Known here are interfaces, connection, policy, /);
  });

  test("for a name that is none of a host, which is the component's own", async () => {
    const { issues, message } = await refused(() => new SymmetricRoutingPolicy("edge router", policyArgs()));
    expect(issues).toEqual(["hostName"]);
    expect(message).toMatch(/got the name "edge router".*without hostName it is the component's own name/);
  });

  test("for an unknown field of a connection, without its value", async () => {
    const connection = { host: "h", privateKey: SECRETS.privateKey, hostKey: HOST_KEY, privatekey: "oops" };
    const { issues, message } = await refused(policy({ connection }));
    expect(issues).toEqual(["connection.privatekey"]);
    expect(message).not.toContain("oops");
  });
});
