import { Eip } from "@pulumi/aws/ec2/eip";
import { EipAssociation } from "@pulumi/aws/ec2/eipAssociation";
import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import {
  HostInterfaceArgs,
  MultiHomedFleet,
  MultiHomedHost,
  cidrSubnet,
  deriveHostKey,
  hostKeyFromSeed,
} from "../../lib";
import { MockOptions, UNKNOWN, runWithMocks } from "../../lib/testing";

jest.setTimeout(60_000);

const { privateKey } = deriveHostKey("a key that opens nothing");

/** A host of which AWS chooses every address, as the shortest programs have it. */
function run(interfaces: () => HostInterfaceArgs[], options: MockOptions = {}) {
  return runWithMocks(
    () =>
      new MultiHomedHost("edge", {
        ami: "ami-0123456789abcdef0",
        instanceType: "m5.16xlarge",
        interfaces: interfaces(),
        connection: { user: "admin", privateKey },
        sshHostKey: hostKeyFromSeed("0123456789abcdef"),
      }),
    options,
  );
}

function subnet(n: number): Subnet {
  return new Subnet(`subnet-${n}`, {
    vpcId: "vpc-1",
    cidrBlock: `10.0.${n}.0/28`,
    ipv6CidrBlock: `2001:db8:0:${n}::/64`,
  });
}

const iface = (n: number, more: Partial<HostInterfaceArgs> = {}): HostInterfaceArgs => ({
  name: `eni-${n}`,
  deviceIndex: n,
  publicIp: n === 0,
  ...more,
});

describe("a program with mocks whose addresses AWS chooses", () => {
  test("has them in the subnets of the interfaces, and a proved plan", async () => {
    const made = await run(() => [0, 1].map((n) => iface(n, { subnet: subnet(n), ipv6: true })));
    const gateways = await made.value(made.result.gatewayBySource);
    expect(Object.values(gateways)).toEqual(["10.0.0.1", "fe80:ec2::1", "10.0.1.1", "fe80:ec2::1"]);
    expect(Object.keys(gateways).join(" ")).toMatch(
      /^10\.0\.0\.\d+ 2001:db8::[0-9a-f]+ 10\.0\.1\.\d+ 2001:db8:0:1::[0-9a-f]+$/,
    );
    expect(await made.value(made.result.verdict)).toBe("proved");
  });

  test("has as many as there are interfaces, though all are in one small subnet", async () => {
    const made = await run(() => {
      const shared = subnet(0);
      return Array.from({ length: 11 }, (_, n) => iface(n, { subnet: shared, publicIp: true }));
    });
    const all = async (output: typeof made.result.privateIps) =>
      new Set(Object.values(await made.value(output))).size;
    expect(await all(made.result.privateIps)).toBe(11);
    expect(await all(made.result.publicIps)).toBe(11);
    const macs = Object.values(await made.value(made.result.interfaces)).map(({ mac }) => mac);
    expect(new Set(macs).size).toBe(11);
  });

  test("has them in subnets that are looked up", async () => {
    const calls = ({ token, inputs }: { token: string; inputs: { id?: string } }) =>
      token === "aws:ec2/getSubnet:getSubnet" ? { id: inputs.id, cidrBlock: "10.9.8.0/24" } : {};
    const made = await run(() => [iface(0, { subnetId: "subnet-0123456789abcdef0" })], { calls });
    expect(await made.value(made.result.privateIp)).toMatch(/^10\.9\.8\.\d+$/);
  });

  test("has them in subnets that it makes and looks up by their ids", async () => {
    const made = await run(() => [iface(0, { subnetId: subnet(4).id })]);
    expect(await made.value(made.result.privateIp)).toMatch(/^10\.0\.4\.\d+$/);
  });

  test("has ids of its subnets that a fleet takes", async () => {
    const made = await runWithMocks(() => {
      const interfaces = [{ name: "back", subnetIds: [subnet(1).id, subnet(2).id] }];
      return new MultiHomedFleet("web", { interfaces, programUrl: "https://example.com/{sha256}.sh" });
    });
    expect(await made.value(made.result.program)).toContain("%back/mac");
  });

  test("has them, and the host's answer, of inputs that are secret", async () => {
    const made = await run(() => [
      iface(0, { subnet: subnet(0), privateIps: [pulumi.secret("10.0.0.9")] }),
      iface(1, { subnet: subnet(1), ipv4Prefixes: pulumi.secret([]) }),
    ]);
    expect(await made.value(made.result.symmetric)).toBe(true);
    expect(await made.value(made.result.privateIps)).toMatchObject({ "eni-0": "10.0.0.9" });
    const clear = made.resources.map(({ clearText }) => clearText).join("\n");
    expect(clear).not.toContain("10.0.0.9");
  });

  test("knows no ids at a preview", async () => {
    const made = await run(() => [0, 1].map((n) => iface(n, { subnet: subnet(n), hostNumber: 5 })), {
      preview: true,
    });
    expect(await made.isKnown(made.result.instanceId)).toBe(false);
    expect(made.only("aws:ec2/networkInterface:NetworkInterface", "edge-eni-0").inputs).toMatchObject({
      subnetId: UNKNOWN,
      privateIpLists: ["10.0.0.5"],
    });
    expect(await made.value(made.result.verdict)).toBe("proved");
  });

  test("has those that the test gives a subnet", async () => {
    const outputs = { "aws:ec2/subnet:Subnet": { cidrBlock: "10.7.0.0/24" } };
    const made = await run(() => [iface(0, { subnet: subnet(0) })], { outputs });
    expect(await made.value(made.result.privateIp)).toMatch(/^10\.7\.0\.\d+$/);
  });
});

test.each<[string, MockOptions]>([
  ["of its own", {}],
  ["that the test gives it", { outputs: { "aws:ec2/eip:Eip": { publicIp: "198.51.100.7" } } }],
])("an Elastic IP has one address %s, for itself and for its association", async (_, options) => {
  const made = await runWithMocks(() => {
    const eip = new Eip("edge", { domain: "vpc" });
    const association = new EipAssociation("front", { allocationId: eip.allocationId });
    return { own: eip.publicIp, associated: association.publicIp };
  }, options);
  const own = await made.value(made.result.own);
  expect(own).toMatch(/^(203\.0\.113\.\d+|198\.51\.100\.7)$/);
  expect(await made.value(made.result.associated)).toBe(own);
});

test("a VPC with a generated IPv6 block has one, of the length that Amazon gives", async () => {
  const made = await runWithMocks(() => new Vpc("net", { assignGeneratedIpv6CidrBlock: true }));
  const block = await made.value(made.result.ipv6CidrBlock);
  expect(cidrSubnet(block, 64, 255)).toMatch(/^2001:db8:[0-9a-f]*:ff::\/64$/);
});

test("every run gives the same", async () => {
  const once = async () => {
    const made = await run(() => [0, 1].map((n) => iface(n, { subnet: subnet(n) })));
    return made.value(made.result.gatewayBySource);
  };
  expect(await once()).toEqual(await once());
});

test("a command that is none of ours prints what its test says, and nothing else", async () => {
  const made = await runWithMocks(
    () => new remote.Command("other", { connection: { host: "h" }, create: "cat", stdin: "text" }).stdout,
  );
  expect(await made.value(made.result)).toBeUndefined();
});
