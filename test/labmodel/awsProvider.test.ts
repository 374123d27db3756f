import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../../lab/aws/cloud";
import { awsProvider } from "../../lab/aws/provider";
import type { CloudState } from "../../lab/cloud/state";
import { CloudStore } from "../../lab/cloud/store";
import { Properties, Secret, UNKNOWN, revealAll } from "../../lab/rpc/values";
import { RpcClient } from "./rpcClient";

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const ENI = "aws:ec2/networkInterface:NetworkInterface";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const INSTANCE = "aws:ec2/instance:Instance";

let dir: string;
let client: RpcClient;
let cloud: Cloud;
let realized: CloudState[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "lab-aws-"));
  realized = [];
  cloud = new Cloud(new CloudStore("unit", dir), {
    realize: async (state) => {
      realized.push(state);
      return {
        hostPublicKeys: Object.fromEntries(
          Object.keys(state.instances).map((id) => [id, `ssh-ed25519 ${id}`]),
        ),
      };
    },
  });
  client = await RpcClient.of(() => awsProvider(cloud));
  await client.configure({});
});

afterEach(async () => {
  await client.close();
  rmSync(dir, { recursive: true, force: true });
});

async function subnet(): Promise<string> {
  const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
  return (await client.make(SUBNET, { vpcId: vpc.id, cidrBlock: "10.0.1.0/24" })).id;
}

/** State and inputs after a change of some inputs. */
async function change(
  type: string,
  made: { id: string; state: Properties; inputs: Properties },
  inputs: Properties,
) {
  const next = await client.check(type, inputs, made.inputs);
  expect(next.failures).toEqual([]);
  const difference = await client.diff(type, made.state, made.inputs, next.inputs);
  return { next: next.inputs, difference };
}

describe("what is not modelled is refused by name", () => {
  test("a resource type, with the list of those that are", async () => {
    const type = "aws:s3/bucket:Bucket";
    await expect(client.check(type, {})).rejects.toThrow(
      /the lab does not model aws:s3\/bucket:Bucket; it models .*aws:ec2\/eip:Eip, /,
    );
  });

  test("a function", async () => {
    await expect(client.invoke("aws:ec2/getNatGateway:getNatGateway", {})).rejects.toThrow(
      /does not model aws:ec2\/getNatGateway:getNatGateway; it models .*aws:ec2\/getAmi:getAmi/,
    );
  });

  test("a property of a resource and of a function", async () => {
    const { failures } = await client.check(VPC, { cidrBlock: "10.0.0.0/16", ipv4IpamPoolId: "pool" });
    expect(failures).toEqual([
      expect.stringMatching(/^ipv4IpamPoolId: the lab does not model ipv4IpamPoolId of aws:ec2\/vpc:Vpc/),
    ]);
    const answer = await client.invoke("aws:ec2/getVpc:getVpc", { name: "x" });
    expect(answer.failures).toEqual([expect.stringMatching(/^name: the lab does not model name/)]);
  });

  test("a member of an inline route, and a filter", async () => {
    const { failures } = await client.check("aws:ec2/routeTable:RouteTable", {
      vpcId: "vpc-0",
      routes: [{ cidrBlock: "0.0.0.0/0", natGatewayId: "nat-0" }],
    });
    expect(failures).toEqual([
      expect.stringMatching(/^routes\[0\]\.natGatewayId: the lab does not model natGatewayId/),
    ]);
    await subnet();
    await expect(
      client.invoke("aws:ec2/getSubnets:getSubnets", { filters: [{ name: "outpost-arn", values: ["x"] }] }),
    ).rejects.toThrow(/does not model the filter outpost-arn/);
  });

  test("a second region", async () => {
    await subnet();
    await expect(client.configure({ region: "eu-west-1" })).rejects.toThrow(/one region/);
    const { failures } = await client.check(VPC, { cidrBlock: "10.0.0.0/16", region: "eu-west-1" });
    expect(failures).toEqual(["region: the lab models one region, eu-lab-1; got eu-west-1"]);
  });
});

describe("check", () => {
  test("fills in the provider's defaults and says which", async () => {
    const { inputs } = await client.check(SUBNET, { vpcId: "vpc-0", cidrBlock: "10.0.1.0/24" });
    expect(inputs).toMatchObject({
      mapPublicIpOnLaunch: false,
      assignIpv6AddressOnCreation: false,
      region: "eu-lab-1",
    });
    expect(inputs.__defaults).toContain("mapPublicIpOnLaunch");
  });

  test("makes a name once and keeps it", async () => {
    const { inputs } = await client.check(GROUP, { vpcId: "vpc-0" });
    expect(inputs.name).toBe("thing-abcdef1");
    const again = await client.check(GROUP, { vpcId: "vpc-0" }, { ...inputs, name: "thing-0000000" });
    expect(again.inputs.name).toBe("thing-0000000");
  });

  test("names what is missing and what has another type, all at once, and lets unknowns pass", async () => {
    const { failures } = await client.check(ENI, { privateIps: "10.0.1.10", sourceDestCheck: UNKNOWN });
    expect(failures).toEqual([
      'privateIps: expected a list, got "10.0.1.10"',
      "subnetId: missing required property 'subnetId'",
    ]);
  });

  test("refuses forms of addresses that contradict each other", async () => {
    const { failures } = await client.check(ENI, {
      subnetId: "subnet-0",
      privateIpLists: ["10.0.1.10"],
      privateIps: ["10.0.1.10"],
    });
    expect(failures).toEqual([
      'privateIps: conflicts with "privateIpLists"; give one of them',
      'privateIpLists: needs "privateIpListEnabled: true"',
    ]);
  });

  test("raises none of AWS's own errors", async () => {
    expect((await client.check(VPC, { cidrBlock: "not a block" })).failures).toEqual([]);
  });
});

describe("previews", () => {
  test("of a creation know what was given and nothing else", async () => {
    const { inputs } = await client.check(ENI, {
      subnetId: UNKNOWN,
      privateIpListEnabled: true,
      privateIpLists: ["10.0.1.10"],
    });
    const { state, id } = await client.create(ENI, inputs, true);
    expect(id).toBe("");
    expect(state).toMatchObject({
      subnetId: UNKNOWN,
      privateIpLists: ["10.0.1.10"],
      privateIps: UNKNOWN,
      macAddress: UNKNOWN,
      arn: UNKNOWN,
    });
    expect(realized).toEqual([]);
  });

  test("of an update keep what stays and forget what follows from the change", async () => {
    const made = await client.make(ENI, {
      subnetId: await subnet(),
      privateIpListEnabled: true,
      privateIpLists: ["10.0.1.10"],
    });
    const count = realized.length;
    const { next } = await change(ENI, made, { ...made.inputs, privateIpLists: ["10.0.1.10", "10.0.1.11"] });
    const state = await client.update(ENI, made.id, made.state, made.inputs, next, true);
    expect(state).toMatchObject({
      macAddress: made.state.macAddress,
      privateIpLists: ["10.0.1.10", "10.0.1.11"],
      privateIps: UNKNOWN,
    });
    expect(realized).toHaveLength(count);
  });

  test("of an unknown primary interface replace the instance", async () => {
    const eni = await client.make(ENI, { subnetId: await subnet() });
    const made = await client.make(INSTANCE, {
      ami: "ami-0123456789abcdef0",
      instanceType: "t3.micro",
      primaryNetworkInterface: { networkInterfaceId: eni.id },
    });
    const { difference } = await change(INSTANCE, made, {
      ...made.inputs,
      primaryNetworkInterface: { networkInterfaceId: UNKNOWN },
    });
    expect(difference.replaces).toEqual(["primaryNetworkInterface"]);
  });
});

describe("changes", () => {
  test("nothing given anew is no change, with chosen values or without", async () => {
    const made = await client.make(ENI, { subnetId: await subnet(), privateIpsCount: 2 });
    expect(
      (await change(ENI, made, { subnetId: made.inputs.subnetId, privateIpsCount: 2 })).difference.changed,
    ).toBe(false);
    // Spelling out what the cloud chose, or no longer asking, changes nothing either.
    expect(
      (await change(ENI, made, { ...made.inputs, privateIps: made.state.privateIps })).difference.changed,
    ).toBe(false);
    expect((await change(ENI, made, { subnetId: made.inputs.subnetId })).difference.changed).toBe(false);
  });

  test("an added address is one path, in place; another primary replaces", async () => {
    const made = await client.make(ENI, {
      subnetId: await subnet(),
      privateIpListEnabled: true,
      privateIpLists: ["10.0.1.10"],
    });
    const added = await change(ENI, made, { ...made.inputs, privateIpLists: ["10.0.1.10", "10.0.1.11"] });
    expect(added.difference).toMatchObject({ paths: ["privateIpLists[1]"], replaces: [] });
    const state = await client.update(ENI, made.id, made.state, made.inputs, added.next);
    expect(state).toMatchObject({
      privateIps: ["10.0.1.10", "10.0.1.11"],
      privateIpsCount: 1,
      macAddress: made.state.macAddress,
    });
    const other = await change(ENI, made, { ...made.inputs, privateIpLists: ["10.0.1.11"] });
    expect(other.difference.replaces).toEqual(["privateIpLists"]);
  });

  test("the set form: order is nothing, and the primary stays while it is a member", async () => {
    const made = await client.make(ENI, { subnetId: await subnet(), privateIps: ["10.0.1.10", "10.0.1.11"] });
    expect(
      (await change(ENI, made, { ...made.inputs, privateIps: ["10.0.1.11", "10.0.1.10"] })).difference
        .changed,
    ).toBe(false);
    const primary = made.state.privateIp as string;
    const kept = await change(ENI, made, { ...made.inputs, privateIps: [primary, "10.0.1.12"] });
    expect(kept.difference.replaces).toEqual([]);
    expect((await client.update(ENI, made.id, made.state, made.inputs, kept.next)).privateIps).toEqual([
      primary,
      "10.0.1.12",
    ]);
    expect(
      (await change(ENI, made, { ...made.inputs, privateIps: ["10.0.1.12"] })).difference.replaces,
    ).toEqual(["privateIps"]);
  });

  test("counts grow and shrink, and prefixes come and go", async () => {
    const made = await client.make(ENI, { subnetId: await subnet(), privateIpsCount: 1, ipv4PrefixCount: 1 });
    expect(made.state).toMatchObject({
      privateIps: ["10.0.1.4", "10.0.1.5"],
      ipv4Prefixes: ["10.0.1.16/28"],
    });
    const more = (await change(ENI, made, { ...made.inputs, privateIpsCount: 3, ipv4PrefixCount: 0 })).next;
    const state = await client.update(ENI, made.id, made.state, made.inputs, more);
    expect(state).toMatchObject({
      privateIps: ["10.0.1.4", "10.0.1.5", "10.0.1.6", "10.0.1.7"],
      ipv4Prefixes: [],
    });
  });

  test("inline rules compare as rules, however they are grouped", async () => {
    const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
    const ssh = { protocol: "tcp", fromPort: 22, toPort: 22 };
    const made = await client.make(GROUP, {
      vpcId: vpc.id,
      ingress: [{ ...ssh, cidrBlocks: ["10.1.0.0/16", "10.2.0.0/16"] }],
    });
    const split = [
      { ...ssh, cidrBlocks: ["10.2.0.0/16"] },
      { ...ssh, cidrBlocks: ["10.1.0.0/16"], self: false },
    ];
    expect((await change(GROUP, made, { ...made.inputs, ingress: split })).difference.changed).toBe(false);
    expect((await change(GROUP, made, { ...made.inputs, ingress: split.slice(1) })).difference.changed).toBe(
      true,
    );
  });

  test("a name the program gave is deleted before it is made again; a made one is not", async () => {
    const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
    const fixed = await client.make(GROUP, { vpcId: vpc.id, name: "fixed" });
    expect((await change(GROUP, fixed, { ...fixed.inputs, description: "other" })).difference).toMatchObject({
      replaces: ["description"],
      deleteBeforeReplace: true,
    });
    const auto = await client.make(GROUP, { vpcId: vpc.id });
    expect(
      (await change(GROUP, auto, { vpcId: vpc.id, description: "other" })).difference.deleteBeforeReplace,
    ).toBe(false);
  });

  test("each form of security group rule removes only its own", async () => {
    const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
    const group = await client.make(GROUP, {
      vpcId: vpc.id,
      ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }],
    });
    const rule = await client.make("aws:ec2/securityGroupRule:SecurityGroupRule", {
      securityGroupId: group.id,
      type: "ingress",
      protocol: "udp",
      fromPort: 53,
      toPort: 53,
      cidrBlocks: ["10.0.0.0/8"],
      self: true,
    });
    const egress = await client.make("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });
    const ports = () =>
      cloud.read().securityGroups[group.id].rules.map((r) => `${r.origin} ${r.direction} ${r.fromPort}`);
    expect(ports()).toEqual(["inline ingress 22", "rule ingress 53", "rule ingress 53", "vpcRule egress 0"]);
    const { next } = await change(GROUP, group, {
      ...group.inputs,
      ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["0.0.0.0/0"] }],
    });
    await client.update(GROUP, group.id, group.state, group.inputs, next);
    expect(ports()).toEqual(["rule ingress 53", "rule ingress 53", "vpcRule egress 0", "inline ingress 80"]);
    await client.delete("aws:ec2/securityGroupRule:SecurityGroupRule", rule.id, rule.state);
    await client.delete("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", egress.id, egress.state);
    expect(ports()).toEqual(["inline ingress 80"]);
  });
});

describe("AWS's errors come from create, composed like the AWS provider's", () => {
  test("with operation, call, code and message; nothing is left behind", async () => {
    const subnetId = await subnet();
    const before = cloud.read();
    await expect(client.make(ENI, { subnetId, privateIps: ["10.0.1.2"] })).rejects.toThrow(
      "creating EC2 Network Interface: operation error EC2: CreateNetworkInterface, api error InvalidParameterValue: " +
        "Address 10.0.1.2 is in subnet's reserved address range",
    );
    expect(cloud.read()).toEqual(before);
  });

  test.each([
    [
      { subnetId: "x" },
      "Network interfaces and an instance-level subnet ID may not be specified on the same request",
    ],
    [
      { vpcSecurityGroupIds: ["sg-0"] },
      "Network interfaces and instance-level security groups may not be specified",
    ],
    [{ privateIp: "10.0.1.9" }, "Network interfaces and an instance-level private IP may not be specified"],
    [
      { associatePublicIpAddress: true },
      "The associatePublicIPAddress parameter cannot be specified when launching with multiple",
    ],
  ])("a ready interface excludes %j", async (extra: Properties, message) => {
    const eni = await client.make(ENI, { subnetId: await subnet() });
    const inputs = {
      ami: "ami-0123456789abcdef0",
      instanceType: "t3.micro",
      primaryNetworkInterface: { networkInterfaceId: eni.id },
    };
    await expect(client.make(INSTANCE, { ...inputs, ...extra })).rejects.toThrow(
      `InvalidParameterCombination: ${message}`,
    );
  });
});

describe("reading", () => {
  test("an import records inputs that compare equal to the program's", async () => {
    const made = await client.make(ENI, {
      subnetId: await subnet(),
      privateIps: ["10.0.1.10"],
      tags: { Name: "a" },
    });
    const read = await client.read(ENI, made.id);
    expect(read.inputs).toMatchObject({ privateIps: ["10.0.1.10"], tags: { Name: "a" } });
    expect((await client.diff(ENI, read.state, read.inputs, made.inputs)).changed).toBe(false);
    // The ordered form is recognized just the same.
    const ordered = {
      subnetId: made.inputs.subnetId,
      privateIpListEnabled: true,
      privateIpLists: ["10.0.1.10"],
      tags: { Name: "a" },
    };
    const { inputs } = await client.check(ENI, ordered as Properties);
    expect((await client.diff(ENI, read.state, read.inputs, inputs)).replaces).toEqual([]);
  });

  test("what is gone has no id, and its deletion succeeds", async () => {
    const made = await client.make(ENI, { subnetId: await subnet() });
    await client.delete(ENI, made.id, made.state);
    expect((await client.read(ENI, made.id, made.state, made.inputs)).id).toBe("");
    await client.delete(ENI, made.id, made.state);
  });

  test("a refresh shows what somebody changed, and nothing when nobody did", async () => {
    const made = await client.make(ENI, { subnetId: await subnet(), privateIpsCount: 1 });
    const quiet = await client.read(ENI, made.id, made.state, made.inputs);
    expect(quiet.inputs).toEqual(made.inputs);
    expect(quiet.state).toEqual(made.state);
    await cloud.call("", "", (draft) => void (draft.networkInterfaces[made.id].sourceDestCheck = false));
    const drift = await client.read(ENI, made.id, made.state, made.inputs);
    expect(drift.inputs.sourceDestCheck).toBe(false);
    expect((await client.diff(ENI, drift.state, drift.inputs, made.inputs)).paths).toEqual([
      "sourceDestCheck",
    ]);
  });
});

test("secrets stay secret, at the property that holds them", async () => {
  const made = await client.make(VPC, { cidrBlock: "10.0.0.0/16", tags: { token: new Secret("s3cret") } });
  expect(made.inputs.tags).toBeInstanceOf(Secret);
  expect(made.state.tags).toBeInstanceOf(Secret);
  expect(revealAll(made.state).tags).toEqual({ token: "s3cret" });
});

test("default tags are merged, told apart from the resource's own, and each connection has its own", async () => {
  const other = await client.another();
  try {
    await other.configure({ defaultTags: { tags: { team: "net" } } });
    const { state } = await other.make(VPC, { cidrBlock: "10.0.0.0/16", tags: { Name: "a" } });
    expect(state).toMatchObject({ tags: { Name: "a" }, tagsAll: { Name: "a", team: "net" } });
    expect((await client.make(VPC, { cidrBlock: "10.1.0.0/16" })).state.tagsAll).toEqual({});
    // As the engine passes nested configuration.
    await other.configure({ defaultTags: JSON.stringify({ tags: { team: "ops" } }) });
    expect((await other.make(VPC, { cidrBlock: "10.2.0.0/16" })).state.tagsAll).toEqual({ team: "ops" });
  } finally {
    other.hangUp();
  }
});

test("the machine follows every change, and its host keys are recorded", async () => {
  const eni = await client.make(ENI, { subnetId: await subnet() });
  const { id } = await client.make(INSTANCE, {
    ami: "ami-0123456789abcdef0",
    instanceType: "t3.micro",
    primaryNetworkInterface: { networkInterfaceId: eni.id },
  });
  expect(realized.at(-1)!.instances[id]).toBeDefined();
  expect(cloud.read().instances[id].hostPublicKey).toBe(`ssh-ed25519 ${id}`);
});

test("a provider that is started again goes on where it was", async () => {
  const made = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
  const store = new CloudStore("unit", dir);
  const restarted = new Cloud(store, { realize: async () => ({ hostPublicKeys: {} }) });
  const again = await RpcClient.of(() => awsProvider(restarted));
  try {
    expect((await again.read(VPC, made.id)).state).toMatchObject({ cidrBlock: "10.0.0.0/16" });
  } finally {
    await again.close();
  }
});

test("many changes at once are all there", async () => {
  const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
  await Promise.all(
    Array.from({ length: 12 }, (_, n) => client.make(SUBNET, { vpcId: vpc.id, cidrBlock: `10.0.${n}.0/24` })),
  );
  expect(Object.keys(cloud.read().subnets)).toHaveLength(12);
  expect(Object.keys(realized.at(-1)!.subnets)).toHaveLength(12);
});
