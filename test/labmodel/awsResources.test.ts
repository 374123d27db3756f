import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../../lab/aws/cloud";
import { awsProvider } from "../../lab/aws/provider";
import type { CloudState } from "../../lab/cloud/state";
import { CloudStore } from "../../lab/cloud/store";
import { fabricOf } from "../../lab/fabric/build";
import type { Properties } from "../../lab/rpc/values";
import { RpcClient } from "./rpcClient";

const token = (name: string, group = "ec2") =>
  `aws:${group}/${name[0].toLowerCase()}${name.slice(1)}:${name}`;
const AMI = "ami-0123456789abcdef0";

let dir: string;
let cloud: Cloud;
let client: RpcClient;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "lab-aws-"));
  // Whatever the provider makes of a cloud, the machine must be able to follow.
  const realize = async (state: CloudState) => (fabricOf(state), { hostPublicKeys: {} });
  cloud = new Cloud(new CloudStore("unit", dir), { realize });
  client = await RpcClient.of(() => awsProvider(cloud));
  await client.configure({});
});

afterEach(async () => {
  await client.close();
  rmSync(dir, { recursive: true, force: true });
});

type Made = { id: string; state: Properties; inputs: Properties };
const make = (name: string, inputs: Properties, group?: string): Promise<Made> =>
  client.make(token(name, group), inputs);

/** The world a resource needs: a dual-stack VPC with gateway, two subnets, a table, a group. */
async function world() {
  const vpc = await make("Vpc", { cidrBlock: "10.0.0.0/16", assignGeneratedIpv6CidrBlock: true });
  const gateway = await make("InternetGateway", { vpcId: vpc.id });
  const block = (vpc.state.ipv6CidrBlock as string).replace("00::/56", "");
  const subnet = (n: number) =>
    make("Subnet", {
      vpcId: vpc.id,
      cidrBlock: `10.0.${n}.0/24`,
      ipv6CidrBlock: `${block}0${n}::/64`,
      availabilityZone: "eu-lab-1a",
    });
  const [a, b] = [await subnet(1), await subnet(2)];
  const table = await make("RouteTable", { vpcId: vpc.id });
  const group = await make("SecurityGroup", { vpcId: vpc.id, name: "world" });
  return { vpc, gateway, a, b, table, group, v6: (n: number, host: string) => `${block}0${n}::${host}` };
}

type World = Awaited<ReturnType<typeof world>>;

/** A type, inputs for it, and inputs to change it to in place, with what the state then says. */
type Case = [
  name: string,
  inputs: (w: World) => Promise<Properties> | Properties,
  change?: (w: World) => Properties,
  group?: string,
];

const eni = async (w: World) => (await make("NetworkInterface", { subnetId: w.a.id })).id;
const host = async (w: World) =>
  (
    await make("Instance", {
      ami: AMI,
      instanceType: "t3.small",
      primaryNetworkInterface: { networkInterfaceId: await eni(w) },
    })
  ).id;

const CASES: Case[] = [
  [
    "Vpc",
    () => ({ cidrBlock: "10.1.0.0/16", tags: { Name: "a" } }),
    () => ({ enableDnsHostnames: true, tags: { Name: "b" } }),
  ],
  ["VpcIpv4CidrBlockAssociation", (w) => ({ vpcId: w.vpc.id, cidrBlock: "10.9.0.0/16" })],
  ["Subnet", (w) => ({ vpcId: w.vpc.id, cidrBlock: "10.0.7.0/24" }), () => ({ mapPublicIpOnLaunch: true })],
  ["InternetGateway", () => ({}), () => ({ tags: { Name: "x" } })],
  [
    "RouteTable",
    (w) => ({ vpcId: w.vpc.id, routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: w.gateway.id }] }),
    (w) => ({ routes: [{ ipv6CidrBlock: "::/0", gatewayId: w.gateway.id }] }),
  ],
  [
    "Route",
    async (w) => ({
      routeTableId: w.table.id,
      destinationCidrBlock: "192.0.2.0/24",
      networkInterfaceId: await eni(w),
    }),
    (w) => ({ networkInterfaceId: undefined, gatewayId: w.gateway.id }),
  ],
  ["RouteTableAssociation", (w) => ({ routeTableId: w.table.id, subnetId: w.a.id })],
  ["MainRouteTableAssociation", (w) => ({ routeTableId: w.table.id, vpcId: w.vpc.id })],
  [
    "SecurityGroup",
    (w) => ({
      vpcId: w.vpc.id,
      egress: [
        { protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] },
      ],
    }),
    () => ({ egress: [{ protocol: "17", fromPort: 53, toPort: 53, self: true }] }),
  ],
  [
    "SecurityGroupRule",
    (w) => ({
      securityGroupId: w.group.id,
      type: "egress",
      protocol: "tcp",
      fromPort: 1,
      toPort: 9,
      ipv6CidrBlocks: ["2001:db8::/32"],
    }),
    () => ({ description: "why" }),
  ],
  [
    "SecurityGroupIngressRule",
    (w) => ({
      securityGroupId: w.group.id,
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      referencedSecurityGroupId: w.group.id,
    }),
    () => ({ referencedSecurityGroupId: undefined, cidrIpv6: "2001:db8::/32", tags: { a: "b" } }),
    "vpc",
  ],
  [
    "SecurityGroupEgressRule",
    (w) => ({ securityGroupId: w.group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" }),
    () => ({ cidrIpv4: "10.0.0.0/8" }),
    "vpc",
  ],
  [
    "NetworkInterface",
    (w) => ({
      subnetId: w.a.id,
      ipv6Addresses: [w.v6(1, "10"), w.v6(1, "11").toUpperCase()],
      ipv6Prefixes: [w.v6(1, "/80").replace("::/", ":1::/")],
    }),
    (w) => ({
      ipv6Addresses: [w.v6(1, "11"), w.v6(1, "12")],
      description: "changed",
      sourceDestCheck: false,
      securityGroups: [w.group.id],
    }),
  ],
  [
    "NetworkInterfaceAttachment",
    async (w) => ({
      instanceId: await host(w),
      networkInterfaceId: (await make("NetworkInterface", { subnetId: w.b.id })).id,
      deviceIndex: 1,
    }),
  ],
  [
    "Instance",
    (w) => ({
      ami: AMI,
      instanceType: "t3.small",
      subnetId: w.a.id,
      vpcSecurityGroupIds: [w.group.id],
      secondaryPrivateIps: ["10.0.1.30"],
      privateIp: "10.0.1.29",
      metadataOptions: { httpTokens: "required" },
    }),
    () => ({
      instanceType: "m5.large",
      secondaryPrivateIps: ["10.0.1.31"],
      sourceDestCheck: false,
      tags: { Name: "h" },
    }),
  ],
  ["Eip", () => ({ domain: "vpc" }), () => ({ tags: { Name: "e" } })],
  [
    "EipAssociation",
    async (w) => ({ allocationId: (await make("Eip", {})).id, networkInterfaceId: await eni(w) }),
  ],
  ["KeyPair", () => ({ publicKey: publicKey() }), () => ({ tags: { Name: "k" } })],
];

function publicKey(): string {
  const keys = mkdtempSync(join(tmpdir(), "lab-key-"));
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "somebody", "-f", join(keys, "id")]);
    return readFileSync(join(keys, "id.pub"), "utf8");
  } finally {
    rmSync(keys, { recursive: true });
  }
}

describe.each(CASES)("%s", (name, inputs, change, group) => {
  const type = token(name, group);

  test("is made, read, imported, changed and removed, and every step is seen the same by the next", async () => {
    const w = await world();
    const prepared = await inputs(w);
    const before = cloud.read();
    const made = await make(name, prepared, group);
    const same = (await client.check(type, prepared, made.inputs)).inputs;
    expect((await client.diff(type, made.state, made.inputs, same)).paths).toEqual([]);

    const read = await client.read(type, made.id, made.state, made.inputs);
    expect([read.id, read.state, read.inputs]).toEqual([made.id, made.state, made.inputs]);
    const imported = await client.read(type, made.id);
    expect((await client.diff(type, imported.state, imported.inputs, same)).replaces).toEqual([]);

    let state = made.state;
    if (change) {
      const wanted = { ...prepared, ...change(w) };
      const next = (await client.check(type, wanted, made.inputs)).inputs;
      const difference = await client.diff(type, made.state, made.inputs, next);
      expect([difference.changed, difference.replaces]).toEqual([true, []]);
      state = await client.update(type, made.id, made.state, made.inputs, next);
      expect(await client.read(type, made.id, state, next)).toMatchObject({ state, inputs: next });
      expect((await client.diff(type, state, next, next)).changed).toBe(false);
    }

    await client.delete(type, made.id, state);
    expect((await client.read(type, made.id, state, made.inputs)).id).toBe("");
    expect({ ...cloud.read(), nextSerial: 0, vpcs: 0 }).toEqual({ ...before, nextSerial: 0, vpcs: 0 });
  });
});

test("every type the provider has is in this table", async () => {
  const types = awsProvider(cloud).resources.map(({ token: type }) => type);
  expect(CASES.map(([name, , , group]) => token(name, group)).sort()).toEqual([...types].sort());
});

describe("addresses of an instance's own making", () => {
  test("a lent public address goes at a restart, and comes back only to a single interface", async () => {
    const w = await world();
    const made = await make("Instance", {
      ami: AMI,
      instanceType: "t3.small",
      subnetId: w.a.id,
      associatePublicIpAddress: true,
    });
    expect(made.state.publicIp).toBe("198.51.100.10");
    const restart = async (userData: string, state: Properties) =>
      client.update(token("Instance"), made.id, state, made.inputs, { ...made.inputs, userData });
    const once = await restart("one", made.state);
    expect(once.publicIp).not.toBe("");
    await make("NetworkInterfaceAttachment", {
      instanceId: made.id,
      networkInterfaceId: await eni(w),
      deviceIndex: 1,
    });
    expect((await restart("two", once)).publicIp).toBe("");
  });

  test("an Elastic IP by instance works for one interface and is AWS's error for two", async () => {
    const w = await world();
    const instance = await host(w);
    const address = await make("Eip", { instance });
    expect(address.state).toMatchObject({ instance, privateIp: "10.0.1.4", publicIp: "198.51.100.10" });
    await make("NetworkInterfaceAttachment", {
      instanceId: instance,
      networkInterfaceId: await eni(w),
      deviceIndex: 1,
    });
    await expect(make("Eip", { instance })).rejects.toThrow(
      /InvalidInstanceID: There are multiple interfaces/,
    );
  });

  test("interfaces the launch made die with the instance, ready ones stay", async () => {
    const w = await world();
    const own = await make("Instance", { ami: AMI, instanceType: "t3.small", subnetId: w.a.id });
    const ready = await host(w);
    const kept = cloud.read().instances[ready].primaryNetworkInterfaceId;
    await client.delete(token("Instance"), own.id, own.state);
    await client.delete(token("Instance"), ready, {});
    expect(Object.keys(cloud.read().networkInterfaces)).toEqual([kept]);
  });
});
