import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../../lab/aws/cloud";
import { awsProvider } from "../../lab/aws/provider";
import { CloudStore } from "../../lab/cloud/store";
import { RpcClient } from "./rpcClient";

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const ENI = "aws:ec2/networkInterface:NetworkInterface";
const INSTANCE = "aws:ec2/instance:Instance";

let dir: string;
let client: RpcClient;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "lab-aws-"));
  const cloud = new Cloud(new CloudStore("unit", dir), { realize: async () => ({ hostPublicKeys: {} }) });
  client = await RpcClient.of(() => awsProvider(cloud));
  await client.configure({});
});

afterEach(async () => {
  await client.close();
  rmSync(dir, { recursive: true, force: true });
});

async function subnet(): Promise<string> {
  const vpc = await client.make(VPC, { cidrBlock: "10.0.0.0/16" });
  return (await client.make(SUBNET, { vpcId: vpc.id, cidrBlock: "10.0.1.0/24", tags: { side: "front" } })).id;
}

describe("functions", () => {
  test("getInstanceType answers AWS's limits", async () => {
    const limits = async (instanceType: string) => {
      const { result } = await client.invoke("aws:ec2/getInstanceType:getInstanceType", { instanceType });
      return [result.maximumNetworkInterfaces, result.maximumIpv4AddressesPerInterface];
    };
    expect(await limits("t3.micro")).toEqual([2, 2]);
    expect(await limits("m5.large")).toEqual([3, 10]);
    expect(await limits("c5.4xlarge")).toEqual([8, 30]);
    expect(await limits("m5.24xlarge")).toEqual([15, 50]);
  });

  test("a host is adopted from its instance id alone", async () => {
    const subnetId = await subnet();
    const eni = await client.make(ENI, { subnetId });
    const second = await client.make(ENI, { subnetId });
    const instance = await client.make(INSTANCE, {
      ami: "ami-0123456789abcdef0",
      instanceType: "t3.micro",
      primaryNetworkInterface: { networkInterfaceId: eni.id },
    });
    await client.make("aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment", {
      instanceId: instance.id,
      networkInterfaceId: second.id,
      deviceIndex: 1,
    });
    const found = await client.invoke("aws:ec2/getInstance:getInstance", { instanceId: instance.id });
    expect(found.result.networkInterfaceId).toBe(eni.id);
    const filters = [{ name: "attachment.instance-id", values: [instance.id] }];
    const { result } = await client.invoke("aws:ec2/getNetworkInterfaces:getNetworkInterfaces", { filters });
    expect(result.ids).toEqual([eni.id, second.id].sort());
    const described = await client.invoke("aws:ec2/getNetworkInterface:getNetworkInterface", {
      id: second.id,
    });
    expect(described.result).toMatchObject({
      macAddress: second.state.macAddress,
      attachments: [{ deviceIndex: 1, instanceId: instance.id }],
    });
    // As in AWS: a subnet without a table of its own is found by its VPC's main one, never by its id.
    const getRouteTable = "aws:ec2/getRouteTable:getRouteTable";
    await expect(client.invoke(getRouteTable, { subnetId })).rejects.toThrow(
      "no matching EC2 Route Table found",
    );
    const main = [{ name: "association.main", values: ["true"] }];
    const table = await client.invoke(getRouteTable, { vpcId: described.result.vpcId, filters: main });
    expect(table.result).toMatchObject({ routes: [], associations: [{ main: true }] });
  });

  test("nothing found is an error, not an empty answer", async () => {
    await expect(client.invoke("aws:ec2/getVpc:getVpc", { id: "vpc-0" })).rejects.toThrow(
      "no matching EC2 VPC found",
    );
  });

  test.each([
    [{ tags: { side: "front" } }, 1],
    [{ tags: { side: "back" } }, 0],
    [{ filters: [{ name: "tag:side", values: ["fr*", "x"] }] }, 1],
    [{ filters: [{ name: "cidr-block", values: ["10.0.?.0/24"] }] }, 1],
    [{ filters: [{ name: "availability-zone", values: ["eu-lab-1b"] }] }, 0],
  ])("getSubnets with %j finds %d", async (args, count) => {
    await subnet();
    expect((await client.invoke("aws:ec2/getSubnets:getSubnets", args)).result.ids).toHaveLength(count);
  });

  test("getSubnet counts what is free", async () => {
    const id = await subnet();
    await client.make(ENI, { subnetId: id, privateIpsCount: 2, ipv4PrefixCount: 1 });
    const { result } = await client.invoke("aws:ec2/getSubnet:getSubnet", { id });
    expect(result.availableIpAddressCount).toBe(256 - 5 - 3 - 16);
  });

  test("an image is the same for the same question and another for another", async () => {
    const ami = async (name: string) =>
      (
        await client.invoke("aws:ec2/getAmi:getAmi", {
          filters: [{ name: "name", values: [name] }],
          mostRecent: true,
        })
      ).result.id;
    expect(await ami("debian-13-*")).toBe(await ami("debian-13-*"));
    expect(await ami("debian-13-*")).not.toBe(await ami("debian-12-*"));
  });

  test("the account, its region, its zones", async () => {
    const ask = async (name: string) => (await client.invoke(`aws:index/${name}:${name}`, {})).result;
    expect(await ask("getCallerIdentity")).toMatchObject({ accountId: "000000000000" });
    expect(await ask("getRegion")).toMatchObject({ name: "eu-lab-1" });
    expect(await ask("getPartition")).toMatchObject({ partition: "aws" });
    expect(await ask("getAvailabilityZones")).toMatchObject({
      names: ["eu-lab-1a", "eu-lab-1b", "eu-lab-1c"],
      zoneIds: ["eul1-az1", "eul1-az2", "eul1-az3"],
    });
  });
});
