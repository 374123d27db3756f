import * as pulumi from "@pulumi/pulumi";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import { MultiHomedHost, MultiHomedHostArgs } from "../../lib";
import { HOST_KEY, SECRETS, TYPES, refused, runWithMocks } from "./support";

const ENIS = [
  { id: "eni-1", device: 1, privateIp: "10.0.2.10", privateIps: ["10.0.2.11", "10.0.2.10"], mac: "02:00:00:00:02:0a" },
  { id: "eni-0", device: 0, privateIp: "10.0.1.10", privateIps: ["10.0.1.10"], mac: "02:00:00:00:01:0a", publicIp: "198.51.100.7" },
]; // prettier-ignore

/** What AWS tells of an instance with two interfaces. */
function calls({ token, inputs }: { token: string; inputs: { id?: string } }): Record<string, unknown> {
  if (token.endsWith("getNetworkInterfaces")) return { ids: ENIS.map(({ id }) => id) };
  const eni = ENIS.find(({ id }) => id === inputs.id);
  if (eni !== undefined) {
    return {
      ...eni,
      macAddress: eni.mac,
      ipv6Addresses: [],
      subnetId: `subnet-${eni.device}`,
      attachments: [{ deviceIndex: eni.device, networkCardIndex: 0 }],
      associations: eni.publicIp ? [{ publicIp: eni.publicIp }] : [],
    };
  }
  return { cidrBlock: inputs.id === "subnet-0" ? "10.0.1.0/24" : "10.0.2.0/24", ipv6CidrBlock: "" };
}

const args: MultiHomedHostArgs = {
  existing: { instanceId: "i-0123456789abcdef0" },
  interfaces: [
    { name: "front", deviceIndex: 0 },
    { name: "back", deviceIndex: 1 },
  ],
  connection: { user: "admin", privateKey: SECRETS.privateKey, hostKey: HOST_KEY },
};
const outputs = { [TYPES.eni]: { ipv4Prefixes: [], ipv6Prefixes: [] } };

describe.each([
  ["an update", false],
  ["a preview", true],
])("an instance that exists, adopted in %s", (_, preview) => {
  const adopt = (more: Partial<MultiHomedHostArgs> = {}) =>
    runWithMocks(() => new MultiHomedHost("edge", { ...args, ...more }), { preview, calls, outputs });

  test("routes each source by its own gateway, and makes nothing but the policy", async () => {
    const run = await adopt();
    expect(await run.value(run.result.gatewayBySource)).toEqual({
      "10.0.1.10": "10.0.1.1",
      "10.0.2.10": "10.0.2.1",
      "10.0.2.11": "10.0.2.1",
    });
    const made = run.resources.filter(({ custom, type }) => custom && type !== TYPES.eni);
    expect(made.map(({ type }) => type)).toEqual([TYPES.command, TYPES.greeting]);
    expect(await run.value(run.result.instanceId)).toBe("i-0123456789abcdef0");
  });

  test("finds an interface by its address and its MAC, which must agree", async () => {
    const run = await adopt();
    const program: string = run.only(TYPES.command).inputs.stdin;
    expect(program).toContain("interface back slot 34 mac 02:00:00:00:02:0a address 10.0.2.10\n");
  });

  test("is reached by the public IP it has", async () => {
    expect((await adopt()).only(TYPES.command).inputs.connection).toMatchObject({
      host: "198.51.100.7",
      dialErrorLimit: 10,
    });
  });

  test("has its routing taken off when the component goes: the instance stays", async () => {
    expect((await adopt()).only(TYPES.command).options.deletedWith).toBe("");
  });

  test("takes over delegated prefixes", async () => {
    const run = await runWithMocks(() => new MultiHomedHost("edge", args), {
      preview,
      calls,
      outputs: {
        [TYPES.eni]: ({ id }) => ({ ipv4Prefixes: id === "eni-1" ? ["10.0.2.32/28"] : [], ipv6Prefixes: [] }),
      },
    });
    expect(await run.value(run.result.gatewayBySource)).toHaveProperty(["10.0.2.32/28"], "10.0.2.1");
  });

  test("is looked up in the given region, its prefixes too", async () => {
    const asked: unknown[] = [];
    await runWithMocks(() => new MultiHomedHost("edge", { ...args, region: "eu-north-1" }), {
      preview,
      calls: (call) => {
        asked.push((call.inputs as { region?: string }).region);
        return calls(call);
      },
      outputs: {
        [TYPES.eni]: ({ inputs }) => {
          asked.push(inputs.region);
          return outputs[TYPES.eni];
        },
      },
    });
    // A list of interfaces; and of each of the two what it is, its subnet, and its prefixes.
    expect(asked).toEqual(Array(7).fill("eu-north-1"));
  });

  test("is refused when it has no such interface, with those it has", async () => {
    const interfaces = [...args.interfaces, { name: "side", deviceIndex: 2 }];
    const { issues, message } = await refused(() => new MultiHomedHost("edge", { ...args, interfaces }), {
      preview,
      calls,
      outputs,
    });
    expect(issues).toEqual(["interfaces[2].deviceIndex"]);
    expect(message).toContain("0 (eni-0, 10.0.1.10), 1 (eni-1, 10.0.2.10)");
  });

  test("is refused when it has no public IP and nothing else says how to reach it", async () => {
    const hidden = (call: Parameters<typeof calls>[0]) => ({ ...calls(call), associations: [] });
    const { issues } = await refused(() => new MultiHomedHost("edge", args), {
      preview,
      calls: hidden,
      outputs,
    });
    expect(issues).toEqual(["connection.host"]);
  });
});

test("an instance that is not known yet is planned when it is", async () => {
  const instanceId = pulumi.output(pulumi.unknown) as unknown as pulumi.Output<string>;
  const run = await runWithMocks(() => new MultiHomedHost("edge", { ...args, existing: { instanceId } }), {
    preview: true,
    calls,
    outputs,
  });
  expect(await run.isKnown(run.result.program)).toBe(false);
  expect(await run.value(run.result.plan)).toMatchObject({
    pending: expect.arrayContaining(["interfaces[0].addresses", "interfaces[1].match.mac"]),
  });
  expect(await run.value(run.result.verdict)).toBe("proved schematically");
});

test("an instance is looked up, and routed, when that is there which it depends on", async () => {
  let made = false;
  const asked: boolean[] = [];
  const run = await runWithMocks(
    () => {
      const attachment = new InternetGateway("attachment");
      return new MultiHomedHost("edge", args, { dependsOn: attachment });
    },
    {
      calls: (call) => {
        asked.push(made);
        return calls(call);
      },
      outputs: {
        ...outputs,
        "aws:ec2/internetGateway:InternetGateway": () => {
          made = true;
          return {};
        },
      },
    },
  );
  expect(asked).toEqual(asked.map(() => true));
  expect(run.only(TYPES.command).options.dependencies).toContain(
    run.only("aws:ec2/internetGateway:InternetGateway").urn,
  );
});

test("an interface of an instance that exists is found by its MAC alone when it is in a world", async () => {
  const policy = { worlds: [{ name: "storage", kind: "netns" as const, interfaces: ["back"] }] };
  const run = await runWithMocks(() => new MultiHomedHost("edge", { ...args, policy }), { calls, outputs });
  expect(run.only(TYPES.command).inputs.stdin).toMatch(/ interface back slot \d+ mac 02:00:00:00:02:0a$/m);
  expect(await run.value(run.result.verdict)).toBe("proved");
});
