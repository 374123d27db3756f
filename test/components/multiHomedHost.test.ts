import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/aws/provider";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { MultiHomedHost, hostKeyFromSeed } from "../../lib";
import { UNKNOWN } from "../../lib/testing";
import { unpacked } from "../render/packedText";
import {
  HOST_KEY,
  MockRun,
  SECRETS,
  TYPES,
  gatewaysInProgram,
  hostArgs,
  network,
  runWithMocks,
} from "./support";

const GATEWAYS = {
  "10.0.1.10": "10.0.1.1",
  "10.0.2.10": "10.0.2.1",
  "10.0.2.11": "10.0.2.1",
  "2001:db8:0:1::a": "fe80:ec2::1",
};

describe.each([
  ["an update", false],
  ["a preview that knows no id, MAC or Elastic IP yet", true],
])("a multi-homed host in %s", (_, preview) => {
  const id = (text: string): string => (preview ? UNKNOWN : text);
  const make = () => new MultiHomedHost("edge", hostArgs(network()));
  let run: MockRun<MultiHomedHost>;
  beforeAll(async () => {
    run = await runWithMocks(make, { preview });
  });

  test("gives each source address the default gateway of its own subnet", async () => {
    expect(await run.value(run.result.gatewayBySource)).toEqual(GATEWAYS);
    expect(gatewaysInProgram(run.only(TYPES.command).inputs.stdin)).toEqual(GATEWAYS);
    expect(run.only(TYPES.host).outputs.gatewayBySource).toEqual(GATEWAYS);
  });

  test("puts on the host exactly the program of its plan, with nothing unknown written into it", async () => {
    const { stdin } = run.only(TYPES.command).inputs;
    expect(unpacked(stdin)).toBe(await run.value(run.result.program));
    expect(stdin).not.toContain(UNKNOWN);
    expect(unpacked(stdin)).not.toMatch(/undefined|\[object|Output</);
  });

  test("orders the addresses of an interface, the primary first", () => {
    const { inputs } = run.only(TYPES.eni, "edge-back");
    expect(inputs).toMatchObject({ privateIpListEnabled: true, privateIpLists: ["10.0.2.10", "10.0.2.11"] });
    expect(inputs).not.toHaveProperty("privateIps");
    expect(run.only(TYPES.eni, "edge-front").inputs).toMatchObject({
      privateIpLists: ["10.0.1.10"],
      ipv6AddressListEnabled: true,
      ipv6AddressLists: ["2001:db8:0:1::a"],
    });
  });

  test("associates an Elastic IP by interface and private address, never by instance", () => {
    const { inputs } = run.only(TYPES.association, "edge-back");
    expect(inputs).toMatchObject({ networkInterfaceId: id("edge-back-id"), privateIpAddress: "10.0.2.10" });
    expect(inputs).not.toHaveProperty("instanceId");
  });

  test("launches the instance with its primary interface and attaches the others", () => {
    const { inputs } = run.only(TYPES.instance);
    expect(inputs.primaryNetworkInterface).toEqual({ networkInterfaceId: id("edge-front-id") });
    for (const field of [
      "subnetId",
      "vpcSecurityGroupIds",
      "privateIp",
      "associatePublicIpAddress",
      "sourceDestCheck",
    ]) {
      expect(inputs).not.toHaveProperty(field);
    }
    expect(run.ofType(TYPES.attachment).map(({ name, inputs: i }) => [name, i.deviceIndex])).toEqual([
      ["edge-back", 1],
    ]);
  });

  test("checks source and destination on each interface", () => {
    expect(run.ofType(TYPES.eni).map(({ inputs }) => inputs.sourceDestCheck)).toEqual([true, true]);
  });

  test("deletes before it replaces whatever cannot be there twice", () => {
    const children = run.resources.filter(
      ({ custom, type }) => custom && /Interface|instance|eip/i.test(type),
    );
    expect(children).toHaveLength(8);
    expect(children.filter(({ options }) => !options.deleteBeforeReplace)).toEqual([]);
  });

  test("parents every child, named after it so that an alias of the host is one of all, and registers its outputs", () => {
    const host = run.only(TYPES.host);
    const policy = run.only(TYPES.policy);
    expect(run.childrenOf(host).map(({ name }) => name).sort()).toEqual(
      ["edge", "edge-back", "edge-back", "edge-back", "edge-back", "edge-front", "edge-front", "edge-front", "edge-routing"],
    ); // prettier-ignore
    expect(run.childrenOf(policy).map(({ name }) => name)).toEqual([
      "edge-routing-apply",
      "edge-routing-apply-greeting",
    ]);
    expect(Object.keys(host.outputs)).toEqual(
      expect.arrayContaining([
        "plan",
        "programDigest",
        "gatewayBySource",
        "interfaces",
        "symmetric",
        "instanceId",
      ]),
    );
    // Its plan is in the command's program.
    expect(Object.keys(policy.outputs).sort()).toEqual([
      "gatewayBySource",
      "programDigest",
      "report",
      "symmetric",
      "verdict",
    ]);
  });

  test("skips its removal when the instance goes, and runs only when every interface is attached", () => {
    const { options } = run.only(TYPES.command);
    expect(options.deletedWith).toBe(run.only(TYPES.instance).urn);
    // An interface that is attached anew is another device, which has nothing of the plan.
    const { identity } = run.only(TYPES.policy).inputs;
    expect(identity).toMatch(preview ? UNKNOWN : /^i-[0-9a-f]{17}\/edge-back-id$/);
    for (const { urn } of [...run.ofType(TYPES.attachment), ...run.ofType(TYPES.association)]) {
      expect(options.dependencies).toContain(urn);
    }
  });

  test("asks whether the host says anything before its removal, and only then", () => {
    const { options, inputs } = run.only(TYPES.greeting);
    const command = run.only(TYPES.command);
    expect(options.dependencies).toContain(command.urn);
    expect(options.deletedWith).toBe(command.options.deletedWith);
    expect([inputs.create, inputs.update]).toEqual([undefined, undefined]);
  });

  test("is the same, whatever the order in which the interfaces are listed", async () => {
    const inputsOf = async (turn: boolean) => {
      const run = await runWithMocks(
        () => {
          const args = hostArgs(network());
          return new MultiHomedHost("edge", {
            ...args,
            interfaces: turn ? [...args.interfaces].reverse() : args.interfaces,
          });
        },
        { preview },
      );
      const children = run.resources.filter(({ custom }) => custom);
      return children.map(({ type, name, clearText }) => `${type} ${name} ${clearText}`).sort();
    };
    expect(await inputsOf(true)).toEqual(await inputsOf(false));
  });

  test("never shows a key or user data in clear", async () => {
    const run = await runWithMocks(
      () =>
        new MultiHomedHost(
          "edge",
          hostArgs(network(), {
            connection: {
              user: "admin",
              privateKey: SECRETS.privateKey,
              privateKeyPassword: SECRETS.passphrase,
              proxy: { host: "bastion.example.com", privateKey: SECRETS.proxyKey, hostKey: HOST_KEY },
            },
            sshHostKey: hostKeyFromSeed("0123456789abcdef", "edge"),
          }),
        ),
      { preview },
    );
    const clear = run.resources.map(({ clearText }) => clearText).join("\n");
    for (const secret of [
      ...Object.values(SECRETS).map((s) => JSON.stringify(s).slice(1, -1)),
      "b3BlbnNzaC1rZXktdjEA",
      '0123456789abcdef"',
    ]) {
      expect(clear).not.toContain(secret);
    }
    expect(run.only(TYPES.instance).inputs.userData).toContain("OPENSSH PRIVATE KEY");
  });
});

describe("a multi-homed host", () => {
  test("tells its interfaces by name, and what the host's kernel answered", async () => {
    const run = await runWithMocks(() => new MultiHomedHost("edge", hostArgs(network())));
    const { interfaces, symmetric, report, publicIps, publicIp, privateIps } = run.result;
    expect((await run.value(interfaces)).back).toMatchObject({
      id: "edge-back-id",
      mac: expect.stringMatching(/^02:/),
      addresses: ["10.0.2.10", "10.0.2.11"],
      subnetId: expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
    });
    expect(await run.value(symmetric)).toBe(true);
    expect((await run.value(report))?.checked).toBeGreaterThan(0);
    expect(Object.keys(await run.value(publicIps))).toEqual(["back", "front"]);
    expect(await run.value(publicIp)).toBe((await run.value(publicIps)).front);
    expect(await run.value(privateIps)).toEqual({ back: "10.0.2.10", front: "10.0.1.10" });
    expect(await run.value(run.result.privateIp)).toBe("10.0.1.10");
  });

  test("is reached by the Elastic IP of the primary interface, or of the one that is named", async () => {
    const hostOf = async (more: object) => {
      const run = await runWithMocks(() => {
        const args = hostArgs(network());
        return new MultiHomedHost("edge", {
          ...args,
          connection: { ...(args.connection as object), ...more },
        });
      });
      return [run.only(TYPES.command).inputs.connection.host, await run.value(run.result.publicIps)] as const;
    };
    const [byDefault, ips] = await hostOf({});
    expect(byDefault).toBe(ips.front);
    expect((await hostOf({ interface: "back" }))[0]).toBe(ips.back);
    expect((await hostOf({ host: "edge.example.com" }))[0]).toBe("edge.example.com");
  });

  test("is reached by a private address when that interface is named and has no Elastic IP", async () => {
    const run = await runWithMocks(() => {
      const args = hostArgs(network());
      const interfaces = args.interfaces.map((iface) => ({ ...iface, publicIp: false }));
      return new MultiHomedHost("edge", {
        ...args,
        interfaces,
        connection: { ...(args.connection as object), interface: "back" },
      });
    });
    expect(run.only(TYPES.command).inputs.connection.host).toBe("10.0.2.10");
    expect(run.ofType(TYPES.eip)).toEqual([]);
  });

  test("pins the host key that its user data gives a new instance", async () => {
    const key = hostKeyFromSeed("0123456789abcdef", "edge");
    const run = await runWithMocks(
      () =>
        new MultiHomedHost(
          "edge",
          hostArgs(network(), {
            connection: { user: "admin", privateKey: SECRETS.privateKey },
            sshHostKey: key,
          }),
        ),
    );
    const { publicKey } = await run.value(key);
    expect(run.only(TYPES.command).inputs.connection.hostKey).toBe(publicKey);
    expect(run.only(TYPES.instance).inputs.userData).toContain(publicKey);
  });

  test("without the policy has its plan, and nothing is put on the host", async () => {
    const run = await runWithMocks(
      () => new MultiHomedHost("edge", hostArgs(network(), { routing: false, connection: undefined })),
    );
    expect(run.ofType(TYPES.command)).toEqual([]);
    expect(await run.value(run.result.gatewayBySource)).toEqual(GATEWAYS);
    expect(await run.value(run.result.symmetric)).toBe(false);
    expect(await run.value(run.result.report)).toBeUndefined();
  });

  test("names what is pending in its plan when AWS is to choose an address", async () => {
    const run = await runWithMocks(
      () => {
        const { front, back } = network();
        return new MultiHomedHost(
          "edge",
          hostArgs(
            { front, back },
            {
              interfaces: [
                { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, publicIp: true },
                { name: "back", deviceIndex: 1, subnet: back, ipv6: true },
              ],
            },
          ),
        );
      },
      { preview: true },
    );
    expect(await run.value(run.result.plan)).toEqual({
      pending: ["interfaces[1].addresses[0]", "interfaces[1].addresses[1]"],
    });
    expect(await run.isKnown(run.result.program)).toBe(false);
    expect(run.only(TYPES.command).inputs.stdin).toBe(UNKNOWN);
    expect(run.only(TYPES.eni, "edge-back").inputs).toMatchObject({ ipv6AddressCount: 1 });
  });

  test("routes the addresses that AWS chose", async () => {
    const run = await runWithMocks(
      () => {
        const { front, back } = network();
        const interfaces = [
          { name: "front", deviceIndex: 0, subnet: front, publicIp: true },
          { name: "back", deviceIndex: 1, subnet: back, hostNumber: 10 },
        ];
        return new MultiHomedHost("edge", hostArgs({ front, back }, { interfaces }));
      },
      { outputs: { [TYPES.eni]: ({ inputs }) => (inputs.privateIpLists ? {} : { privateIp: "10.0.1.77" }) } },
    );
    expect(await run.value(run.result.gatewayBySource)).toEqual({
      "10.0.1.77": "10.0.1.1",
      "10.0.2.10": "10.0.2.1",
    });
  });

  test("routes delegated prefixes as a whole", async () => {
    const run = await runWithMocks(() => {
      const { front, back } = network();
      const interfaces = [
        { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, publicIp: true },
        {
          name: "back",
          deviceIndex: 1,
          subnet: back,
          hostNumber: 10,
          ipv4Prefixes: ["10.0.2.32/28"],
          ipv6Prefixes: ["2001:db8:0:2:a::/80"],
        },
      ];
      return new MultiHomedHost("edge", hostArgs({ front, back }, { interfaces }));
    });
    expect(await run.value(run.result.gatewayBySource)).toMatchObject({
      "10.0.2.32/28": "10.0.2.1",
      "2001:db8:0:2:a::/80": "fe80:ec2::1",
    });
    expect(run.only(TYPES.eni, "edge-back").inputs.ipv4Prefixes).toEqual(["10.0.2.32/28"]);
  });

  test("is launched with the interface 0 of network card 0, whatever is listed first", async () => {
    const run = await runWithMocks(() => {
      const { front, back } = network();
      const interfaces = [
        { name: "back", deviceIndex: 0, networkCardIndex: 1, subnet: back, hostNumber: 10, publicIp: true },
        { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, publicIp: true },
      ];
      return new MultiHomedHost("edge", hostArgs({ front, back }, { interfaces }));
    });
    expect(run.only(TYPES.instance).inputs.primaryNetworkInterface.networkInterfaceId).toBe("edge-front-id");
    expect(run.only(TYPES.attachment)).toMatchObject({ name: "edge-back", inputs: { networkCardIndex: 1 } });
    expect(await run.value(run.result.privateIp)).toBe("10.0.1.10");
    const { front } = await run.value(run.result.publicIps);
    expect(run.only(TYPES.command).inputs.connection.host).toBe(front);
  });

  const APART = { worlds: [{ name: "storage", kind: "netns", interfaces: ["back"] }] } as const;
  const apart = () => ({ worlds: APART.worlds.map((w) => ({ ...w, interfaces: [...w.interfaces] })) });

  test.each([
    ["given as it is", apart],
    ["that is an output", () => pulumi.output(apart())],
  ])("finds an interface that is in a world by its MAC alone, of a policy %s", async (_, policy) => {
    const run = await runWithMocks(
      () => new MultiHomedHost("edge", hostArgs(network(), { policy: policy() })),
    );
    const program: string = run.only(TYPES.command).inputs.stdin;
    const { back } = await run.value(run.result.interfaces);
    expect(program).toMatch(new RegExp(` interface back slot \\d+ mac ${back.mac}$`, "m"));
    expect(program).toMatch(/^interface front slot \d+ address 10\.0\.1\.10$/m);
    expect(await run.value(run.result.verdict)).toBe("proved");
  });

  test("waits for that MAC at a preview, and has the rest of it proved", async () => {
    const run = await runWithMocks(
      () => new MultiHomedHost("edge", hostArgs(network(), { policy: apart() })),
      {
        preview: true,
      },
    );
    expect(await run.value(run.result.plan)).toEqual({ pending: ["interfaces[1].match.mac"] });
    expect(await run.value(run.result.verdict)).toBe("proved schematically");
  });

  test.each<[string, object, object, string[]]>([
    [
      "directly",
      { onLink: "direct" },
      {},
      ["interfaces[0].sourceDestCheck", "interfaces[1].sourceDestCheck"],
    ],
    [
      "where the check is off for one",
      { onLink: "direct" },
      { sourceDestCheck: false },
      ["interfaces[0].sourceDestCheck"],
    ],
    ["by each gateway", { onLink: "gateway" }, {}, []],
  ])("warns of a source check that drops what is sent %s", async (_, policy, back, paths) => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    await runWithMocks(
      () => {
        const args = hostArgs(network(), { policy });
        const [front, other] = args.interfaces;
        return new MultiHomedHost("edge", { ...args, interfaces: [front, { ...other, ...back }] });
      },
      { preview: true },
    );
    const told = warn.mock.calls.map(([message]) => message);
    warn.mockRestore();
    expect(told.map((message) => message.split(": ")[0])).toEqual(paths);
  });

  test("looks a subnet up by its id, in the given region", async () => {
    const asked: object[] = [];
    const run = await runWithMocks(
      () =>
        new MultiHomedHost("edge", {
          ...hostArgs(network()),
          region: "eu-west-1",
          interfaces: [
            { name: "front", deviceIndex: 0, subnetId: "subnet-1", hostNumber: 10, publicIp: true },
          ],
        }),
      {
        calls: ({ token, inputs }) => {
          if (token.endsWith("getSubnet")) asked.push(inputs);
          return { cidrBlock: "192.168.7.0/24", ipv6CidrBlock: "", availabilityZone: "eu-west-1b" };
        },
      },
    );
    expect(asked).toEqual([{ id: "subnet-1", region: "eu-west-1" }]);
    expect(await run.value(run.result.gatewayBySource)).toEqual({ "192.168.7.10": "192.168.7.1" });
    expect(run.only(TYPES.eni).inputs.region).toBe("eu-west-1");
  });

  test("takes a subnet that another language hands over as its id", async () => {
    const asked: object[] = [];
    await runWithMocks(
      () =>
        new MultiHomedHost("edge", {
          ...hostArgs(network()),
          interfaces: [
            { name: "front", deviceIndex: 0, subnet: "subnet-1" as never, hostNumber: 10, publicIp: true },
          ],
        }),
      {
        calls: ({ inputs }) => {
          asked.push(inputs);
          return { cidrBlock: "192.168.7.0/24", availabilityZone: "eu-west-1b" };
        },
      },
    );
    expect(asked).toEqual([{ id: "subnet-1" }]);
  });

  test("hands on its options: provider, protection, and what it waits for", async () => {
    const run = await runWithMocks(() => {
      const gateway = new InternetGateway("gate");
      const provider = new Provider("other", { region: "us-east-1" });
      return new MultiHomedHost("edge", hostArgs(network()), { dependsOn: gateway, provider, protect: true });
    });
    const gateway = run.only("aws:ec2/internetGateway:InternetGateway").urn;
    for (const type of [TYPES.eni, TYPES.eip, TYPES.instance, TYPES.attachment, TYPES.association]) {
      for (const { options } of run.ofType(type)) {
        expect(options.dependencies).toContain(gateway);
        expect(options.provider).toMatch(/::other::/);
        expect(options.protect).toBe(true);
      }
    }
  });

  test("does not make one interface depend on the subnet of another", async () => {
    const run = await runWithMocks(() => new MultiHomedHost("edge", hostArgs(network())));
    const { dependencies } = run.only(TYPES.eni, "edge-front").options;
    expect(dependencies.filter((urn) => urn.endsWith("Subnet::back"))).toEqual([]);
  });

  test("composes from outputs of other resources", async () => {
    const run = await runWithMocks(
      () => {
        const { front, back } = network();
        const interfaces = [
          {
            name: "front",
            deviceIndex: 0,
            subnet: front,
            privateIps: [pulumi.output("10.0.1.20")],
            publicIp: true,
          },
          { name: "back", deviceIndex: 1, subnetId: back.id, hostNumber: pulumi.output(20) },
        ];
        return new MultiHomedHost("edge", hostArgs({ front, back }, { interfaces }));
      },
      { calls: () => ({ cidrBlock: "10.0.2.0/24", availabilityZone: "eu-west-1a" }) },
    );
    expect(await run.value(run.result.gatewayBySource)).toEqual({
      "10.0.1.20": "10.0.1.1",
      "10.0.2.20": "10.0.2.1",
    });
  });
});
