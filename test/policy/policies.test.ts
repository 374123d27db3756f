import {
  ResourceValidationPolicy,
  StackValidationPolicy,
  UnknownValueError,
  unknownCheckingProxy,
} from "@pulumi/policy";
import { OnLink, WorldKind } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import {
  hostKeyIsPinned,
  noSecretsInClear,
  planIsProved,
  policies,
  sendsForeignSources,
  sourceDestCheckAgrees,
  tablesAreNotShared,
} from "../../lib/policy";

/** An unknown string, as the engine writes it (@pulumi/policy, proxy.js). */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const HOST = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};
const PROGRAM = renderProgram(planHost(HOST));
const DIRECT = planHost({ ...HOST, policy: { directPairs: [{ from: "front", to: "back" }] } });
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n";
const POLICY = "multihome:index:SymmetricRoutingPolicy";
const MADE = "multihome:index:MultiHomedHost";
const COMMAND = "command:remote:Command";

/** What a resource policy reports of a resource, its inputs as the SDK hands them over. */
async function ofResource(policy: ResourceValidationPolicy, type: string, props: object): Promise<string[]> {
  const found: string[] = [];
  const validate = [policy.validateResource!].flat()[0];
  const args = { type, props: unknownCheckingProxy(props as never), urn: `urn::${type}::edge`, name: "edge" };
  await validate(args as never, (message: string) => void found.push(message));
  return found;
}

interface Resource {
  type: string;
  name: string;
  props: object;
  parent?: string;
}

async function ofStack(policy: StackValidationPolicy, resources: Resource[]): Promise<string[]> {
  const found: string[] = [];
  const made = resources.map(({ type, name, props, parent }) => ({
    type,
    name,
    urn: `urn:pulumi:s::p::${type}::${name}`,
    props: unknownCheckingProxy(props as never),
    parent: parent === undefined ? undefined : { urn: `urn:pulumi:s::p::${MADE}::${parent}` },
  }));
  await policy.validateStack({ resources: made } as never, (message: string) => void found.push(message));
  return found;
}

describe("the policies", () => {
  test("are named apart, described, and mandatory", () => {
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
    expect(policies.every(({ description }) => description.length > 20)).toBe(true);
    expect(policies.every(({ enforcementLevel }) => enforcementLevel === "mandatory")).toBe(true);
  });

  test("want a proved plan of every host of the stack", async () => {
    const host = (verdict?: string): Resource[] => [
      { type: POLICY, name: "edge", props: verdict === undefined ? {} : { verdict } },
      { type: "aws:ec2/vpc:Vpc", name: "net", props: {} },
    ];
    expect(await ofStack(planIsProved, host("proved"))).toEqual([]);
    expect(await ofStack(planIsProved, host("proved schematically"))).toEqual([]);
    expect(await ofStack(planIsProved, host("unknown"))).toEqual([
      expect.stringMatching(/^edge \(multihome:index:SymmetricRoutingPolicy\): .*verdict is "unknown"/),
    ]);
    expect(await ofStack(planIsProved, host())).toHaveLength(1);
  });

  test("want the host key pinned, of the host and of the bastion, for commands of ours alone", async () => {
    const command = (connection: object, stdin = PROGRAM) =>
      ofResource(hostKeyIsPinned, COMMAND, { stdin, connection });
    expect(await command({ host: "h", hostKey: "ssh-ed25519 AAAA" })).toEqual([]);
    expect(await command({ host: "h" })).toEqual([expect.stringContaining("connection.hostKey is missing")]);
    expect(await command({ host: "h", hostKey: "k", proxy: { host: "b" } })).toEqual([
      expect.stringContaining("connection.proxy.hostKey is missing"),
    ]);
    expect(await command({ host: "h" }, "echo hello")).toEqual([]);
  });

  test("find private keys that stand in clear, and not where they belong", async () => {
    const connection = { privateKey: KEY };
    const ours = (more: object) =>
      ofResource(noSecretsInClear, COMMAND, { stdin: PROGRAM, connection, ...more });
    expect(await ours({})).toEqual([]);
    expect(await ours({ create: `echo '${KEY}'` })).toEqual([
      expect.stringContaining("create holds a private key"),
    ]);
    expect(await ours({ environment: { KEY } })).toHaveLength(1);
    expect(await ofResource(noSecretsInClear, POLICY, { identity: KEY })).toHaveLength(1);
    expect(await ofResource(noSecretsInClear, "aws:ec2/keyPair:KeyPair", { x: KEY })).toEqual([]);
  });

  test("find interfaces that share a table, and sources that two interfaces have", async () => {
    const ours = (stdin: string) => ofResource(tablesAreNotShared, COMMAND, { stdin });
    expect(await ours(PROGRAM)).toEqual([]);
    const slot = /interface front slot (\d+)/.exec(PROGRAM)![1];
    expect(await ours(PROGRAM.replace(/(interface back slot )\d+/, `$1${slot}`))).toEqual([
      expect.stringContaining("share a table"),
    ]);
    expect(await ours(PROGRAM.replace("address back 10.0.2.10", "address back 10.0.1.10"))).toEqual([
      expect.stringContaining("share a source"),
    ]);
    expect(await ours(PROGRAM.slice(0, PROGRAM.indexOf("rule4")) + "'\n")).toEqual([
      expect.stringContaining("its plan is cut off"),
    ]);
  });

  test("want the source check off where a plan sends what is from another interface's address", async () => {
    const eni = (name: string, sourceDestCheck: boolean): Resource => ({
      type: "aws:ec2/networkInterface:NetworkInterface",
      name: `edge-${name}`,
      props: { sourceDestCheck },
      parent: "edge",
    });
    const stack = (plan: object, sourceDestCheck: boolean): Resource[] => [
      { type: MADE, name: "edge", props: { plan } },
      ...["front", "back"].map((name) => eni(name, sourceDestCheck)),
    ];
    expect(await ofStack(sourceDestCheckAgrees, stack(planHost(HOST), true))).toEqual([]);
    expect(await ofStack(sourceDestCheckAgrees, stack(DIRECT, false))).toEqual([]);
    expect(await ofStack(sourceDestCheckAgrees, stack(DIRECT, true))).toEqual([
      expect.stringContaining("edge: back sends packets from addresses of other interfaces"),
    ]);
    expect(await ofStack(sourceDestCheckAgrees, stack({ pending: ["interfaces[0]"] }, true))).toEqual([]);
    // Interfaces whose names end alike are told apart.
    const alike = { type: MADE, name: "edge", props: { plan: DIRECT } };
    const others = [eni("far-back", false), eni("front", true), eni("back", true)];
    expect(await ofStack(sourceDestCheckAgrees, [alike, ...others])).toHaveLength(1);
  });

  test("want the source check off for traffic policies that take sources of other interfaces, and for no others", () => {
    const foreign = (traffic: object): string[] =>
      sendsForeignSources(
        planHost({ ...HOST, policy: { traffic: [{ name: "t", use: ["back"], ...traffic }] } }),
      );
    expect(foreign({ to: ["192.0.2.0/24"] })).toEqual([]);
    expect(foreign({ to: ["192.0.2.0/24"], use: ["back", "front"], weights: { front: 1, back: 1 } })).toEqual(
      [],
    );
    expect(foreign({ from: ["10.0.1.10/32"], beforeSources: true })).toEqual(["back"]);
    expect(foreign({ from: ["10.0.2.10/32"], beforeSources: true })).toEqual([]);
    expect(foreign({ beforeSources: true, use: ["back", "front"] })).toEqual(["back", "front"]);
  });

  test("want it off as well for a part of what is delegated to another interface, also where that is forwarded", () => {
    const [front, back] = HOST.interfaces;
    const interfaces = [{ ...front, delegatedPrefixes: ["10.0.1.32/28"] }, back];
    const foreign = (traffic: object): string[] => {
      const policy = { traffic: [{ name: "t", use: ["back"], beforeSources: true, ...traffic }] };
      return sendsForeignSources(planHost({ ...HOST, interfaces, policy }));
    };
    expect(foreign({ from: ["10.0.1.36/30"] })).toEqual(["back"]);
    expect(foreign({ from: ["10.0.1.32/28"], incomingDevices: ["docker0"] })).toEqual(["back"]);
    expect(foreign({ incomingDevices: ["docker0"] })).toEqual(["back"]);
    expect(foreign({ from: ["10.0.1.48/28"] })).toEqual([]);
    expect(foreign({ from: ["10.0.1.36/30"], use: ["front"] })).toEqual([]);
    expect(foreign({ from: ["10.0.1.10/32"], incomingDevices: ["docker0"] })).toEqual([]);
  });

  test("see the worlds of a host too", () => {
    const worlds = [{ name: "apart", kind: WorldKind.Netns, interfaces: ["front", "back"] }];
    const interfaces = HOST.interfaces.map((iface) => ({ ...iface, match: { ifname: iface.name } }));
    const plan = planHost({ ...HOST, interfaces, policy: { worlds, onLink: OnLink.Direct } });
    expect(sendsForeignSources(plan)).toEqual(["back", "front"]);
  });

  test("leave it to the engine to say so when a value they need is unknown, and touch no other", async () => {
    const pending = ofResource(hostKeyIsPinned, COMMAND, { stdin: unknown, connection: {} });
    await expect(pending).rejects.toThrow(UnknownValueError);
    const elsewhere = { stdin: PROGRAM, connection: { hostKey: "k", host: unknown }, triggers: unknown };
    expect(await ofResource(hostKeyIsPinned, COMMAND, elsewhere)).toEqual([]);
    expect(
      await ofStack(planIsProved, [
        { type: POLICY, name: "e", props: { verdict: "proved", report: unknown } },
      ]),
    ).toEqual([]);
  });
});
