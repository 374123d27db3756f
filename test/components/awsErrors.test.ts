import { Subnet } from "@pulumi/aws/ec2/subnet";
import * as pulumi from "@pulumi/pulumi";
import { HostInterfaceArgs, HostModel, MultiHomedHost, MultiHomedHostArgs } from "../../lib";
import {
  HOST_KEY,
  Network,
  SECRETS,
  TYPES,
  hostArgs,
  network,
  refused,
  runWithMocks,
  unknown,
} from "./support";

type Change = (args: MultiHomedHostArgs, net: Network) => Partial<MultiHomedHostArgs>;

/** Changes fields of the interface "back". */
function back(change: Partial<HostInterfaceArgs>): Change {
  return ({ interfaces: [front, other] }) => ({ interfaces: [front, { ...other, ...change }] });
}

function host(change: Change): () => MultiHomedHost {
  return () => {
    const net = network();
    const args = hostArgs(net);
    return new MultiHomedHost("edge", { ...args, ...change(args, net) });
  };
}

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.0.2.${i + 20}`);
}

function interfaces(count: number): Change {
  return (_, { front }) => ({
    interfaces: Array.from({ length: count }, (__, i) => ({
      name: `if${i}`,
      deviceIndex: i,
      subnet: front,
      hostNumber: 10 + i,
      publicIp: i === 0,
    })),
  });
}

function elsewhere(): Subnet {
  return new Subnet("far", { vpcId: "vpc-1", cidrBlock: "10.0.3.0/24", availabilityZone: "eu-west-1b" });
}

/**
 * What EC2 would refuse in the middle of an update, by its error code (facts that are in no schema), must be refused
 * at a preview, named by the field, with nothing registered.
 */
const ERRORS: [code: string, change: Change, path: string, says: RegExp][] = [
  ["AttachmentLimitExceeded", interfaces(5), "interfaces", /got 5 interfaces, but "m5.xlarge" takes 4/],
  ["PrivateIpAddressLimitExceeded", back({ privateIps: addresses(15) }), "interfaces[1].privateIps", /got 16 IPv4 .* takes 15/],
  [
    "PrivateIpAddressLimitExceeded by prefixes",
    back({ privateIps: addresses(13), ipv4Prefixes: ["10.0.2.128/28", "10.0.2.144/28"] }),
    "interfaces[1].privateIps",
    /got 16 IPv4 addresses and prefixes/,
  ],
  [
    "PrivateIpAddressLimitExceeded, IPv6",
    back({ ipv6Addresses: Array.from({ length: 16 }, (_, i) => `2001:db8:0:2::${i + 16}`) }),
    "interfaces[1].ipv6Addresses",
    /got 16 IPv6/,
  ],
  [
    "InvalidParameterCombination: not in the same availability zone",
    ({ interfaces: [front, other] }) => ({ interfaces: [front, { ...other, subnet: elsewhere(), privateIps: undefined }] }),
    "interfaces[1].subnet",
    /"eu-west-1b", but that of interface "front" is in "eu-west-1a"/,
  ],
  ["InvalidParameterValue: not in the subnet", back({ privateIps: ["10.0.1.77"] }), "interfaces[1].privateIps[0]", /10\.0\.1\.77 is not in the subnet 10\.0\.2\.0\/24/],
  ["InvalidParameterValue: the router's address", back({ privateIps: ["10.0.2.1"] }), "interfaces[1].privateIps[0]", /the VPC router\. Choose one of 10\.0\.2\.4 to 10\.0\.2\.254/],
  ["InvalidParameterValue: the network address", back({ privateIps: ["10.0.2.0"] }), "interfaces[1].privateIps[0]", /reserved by AWS/],
  ["InvalidParameterValue: the last address", back({ privateIps: ["10.0.2.255"] }), "interfaces[1].privateIps[0]", /the last address/],
  ["InvalidParameterValue: no such host", back({ hostNumber: 300 }), "interfaces[1].hostNumber", /outside the subnet 10\.0\.2\.0\/24\. Give a number from 4 to 254/],
  ["InvalidParameterValue: a reserved host number", back({ hostNumber: 2 }), "interfaces[1].hostNumber", /the VPC resolver/],
  ["InvalidParameterValue: not an address", back({ privateIps: ["10.0.2.011"] }), "interfaces[1].privateIps[0]", /not an IPv4 or IPv6 address/],
  ["InvalidParameterValue: an IPv6 address for IPv4", back({ privateIps: ["2001:db8:0:2::5"] }), "interfaces[1].privateIps[0]", /an IPv6 address/],
  ["InvalidParameterValue: IPv6 not in the subnet", back({ ipv6Addresses: ["2001:db8:0:1::5"] }), "interfaces[1].ipv6Addresses[0]", /not in the subnet/],
  ["InvalidIPAddress.InUse", back({ privateIps: ["10.0.2.10"] }), "interfaces[1].privateIps[0]", /asked for by interfaces\[1\]\.hostNumber already/],
  ["InvalidIPAddress.InUse in a prefix", back({ ipv4Prefixes: ["10.0.2.0/28"], privateIps: undefined }), "interfaces[1].ipv4Prefixes[0]", /asked for by interfaces\[1\]\.hostNumber already \(10\.0\.2\.10\)/],
  ["InsufficientCidrBlocks: reserved addresses", back({ ipv4Prefixes: ["10.0.2.240/28"] }), "interfaces[1].ipv4Prefixes[0]", /reserves in the subnet/],
  ["InvalidParameterValue: not a /28", back({ ipv4Prefixes: ["10.0.2.64/27"] }), "interfaces[1].ipv4Prefixes[0]", /of length 28/],
  ["InvalidParameterValue: not a /80", back({ ipv6Prefixes: ["2001:db8:0:2::/96"] }), "interfaces[1].ipv6Prefixes[0]", /of length 80/],
  ["InvalidParameterValue: a prefix outside", back({ ipv4Prefixes: ["10.0.9.0/28"] }), "interfaces[1].ipv4Prefixes[0]", /not in the subnet/],
  [
    "InsufficientFreeAddressesInSubnet",
    ({ interfaces: [front, other] }) => ({
      instanceType: "m5.24xlarge",
      interfaces: [
        front,
        {
          ...other,
          subnet: new Subnet("small", { vpcId: "vpc-1", cidrBlock: "10.0.9.0/28", availabilityZone: "eu-west-1a" }),
          hostNumber: undefined,
          privateIps: Array.from({ length: 12 }, (_, i) => `10.0.9.${i + 4}`),
        },
      ],
    }),
    "interfaces[1].subnet",
    /12 addresses are asked for in 10\.0\.9\.0\/28, which has 11 to give/,
  ],
  ["InvalidParameterValue: device index in use", back({ deviceIndex: 0 }), "interfaces[1].deviceIndex", /index 0 is that of interface "front" too/],
  ["no primary interface", ({ interfaces: [, other] }) => ({ interfaces: [other] }), "interfaces", /no interface has the device index 0/],
  ["Resource.AlreadyAssociated", ({ interfaces: all }) => ({ interfaces: all.map((i) => ({ ...i, publicIp: undefined, allocationId: "eipalloc-1" })) }), "interfaces[1].allocationId", /is that of interface "front" too/],
  ["SecurityGroupsPerInterfaceLimitExceeded", () => ({ securityGroupIds: ["1", "2", "3", "4", "5", "6"].map((n) => `sg-${n}`) }), "interfaces[0].securityGroupIds", /got 6 security groups/],
  ["InvalidParameterValue: no IPv6 block", ({ interfaces: [front, other] }) => ({ interfaces: [front, { ...other, subnet: new Subnet("v4", { vpcId: "v", cidrBlock: "10.0.2.0/24", ipv6CidrBlock: "", availabilityZone: "eu-west-1a" }), ipv6: true }] }), "interfaces[1].ipv6", /needs an IPv6 block of its subnet, which has none/],
  ["no IPv6 address, where one is wanted", back({ ipv6: true, hostNumber: undefined, ipv6Addresses: [] }), "interfaces[1].ipv6Addresses", /the list is empty/],
  ["InvalidParameterValue: user data too long", () => ({ userData: "#".repeat(16385) }), "userData", /16385 bytes/],
  ["no way in: two interfaces and no Elastic IP", ({ interfaces: all }) => ({ interfaces: all.map((i) => ({ ...i, publicIp: false })) }), "connection.host", /Set publicIp: true on one of "front", "back"/],
]; // prettier-ignore

describe("what AWS would refuse is refused at a preview", () => {
  test.each(ERRORS)("%s", async (_, change, path, says) => {
    const { issues, message, registered } = await refused(host(change), { preview: true });
    expect(issues).toContain(path);
    expect(message).toMatch(says);
    expect(registered).toEqual([]);
  });

  test("in an update without a preview just as well", async () => {
    const { registered } = await refused(host(back({ privateIps: ["10.0.1.77"] })));
    expect(registered).toEqual([]);
  });

  test("in an update, of a subnet that turns out to have no IPv6 block", async () => {
    const bare = (): Subnet =>
      new Subnet("bare", { vpcId: "v", cidrBlock: "10.0.2.0/24", availabilityZone: "eu-west-1a" });
    const change: Change = ({ interfaces: [front, other] }) => ({
      interfaces: [front, { ...other, subnet: bare(), ipv6: true }],
    });
    const { issues, registered } = await refused(host(change));
    expect([issues, registered]).toEqual([["interfaces[1].ipv6"], []]);
  });

  test("also when the value comes out of another resource", async () => {
    const { issues } = await refused(host(back({ privateIps: pulumi.output(["10.0.2.1"]) })), {
      preview: true,
    });
    expect(issues).toEqual(["interfaces[1].privateIps[0]"]);
  });

  test("also beside values that are unknown", async () => {
    const { issues } = await refused(host(back({ privateIps: [unknown<string>(), "10.0.2.1"] })), {
      preview: true,
    });
    expect(issues).toEqual(["interfaces[1].privateIps[1]"]);
  });

  test("by limits that are asked of AWS, for an instance type that is not in the table", async () => {
    const limits = {
      maximumNetworkInterfaces: 1,
      maximumIpv4AddressesPerInterface: 4,
      maximumIpv6AddressesPerInterface: 4,
    };
    const { issues, message } = await refused(
      host(() => ({ instanceType: "z9.large" })),
      { calls: () => limits },
    );
    expect(issues).toEqual(["interfaces"]);
    expect(message).toMatch(/"z9.large" takes 1/);
  });

  test("and accepted where the limits allow it", async () => {
    const groups = ["1", "2", "3", "4", "5", "6"].map((n) => `sg-${n}`);
    await runWithMocks(host(() => ({ securityGroupIds: groups, maxSecurityGroups: 16 })));
    await runWithMocks(host(interfaces(4)));
    await runWithMocks(host(back({ privateIps: addresses(14) })));
  });
});

/** What an instance that exists is not given. */
const ADOPTED = { ami: undefined, instanceType: undefined };

describe("arguments are refused in the constructor", () => {
  const refusedAtOnce = async (change: Change) => {
    const net = {} as { issues: string[]; message: string };
    // Thrown by `new`, not by an output: nothing of it is asynchronous.
    let thrown: unknown;
    const refusal = await refused(() => {
      try {
        return host(change)();
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    expect(thrown).toBe(refusal.error);
    return Object.assign(net, refusal);
  };

  test("all problems at once", async () => {
    const { issues } = await refusedAtOnce(({ interfaces: [front, other] }) => ({
      ami: undefined,
      interfaces: [
        { ...front, name: "front;reboot" },
        { ...other, privateIps: ["10.0.2.11/24"], deviceIndex: 0 },
      ],
      policy: { hostModel: HostModel.Weak, virtualAddresses: ["192.0.2.1"], traffic: [] },
      connection: { user: "-oProxyCommand=x", privateKey: SECRETS.privateKey },
      timeoutSeconds: 0,
    }));
    expect([...issues].sort()).toEqual([
      "ami",
      "connection.hostKey",
      "connection.user",
      "interfaces[0].name",
      "interfaces[1].deviceIndex",
      "interfaces[1].privateIps[0]",
      "policy.virtualAddresses",
      "timeoutSeconds",
    ]);
  });

  test.each<[string, Change, string]>([
    ["no interface", () => ({ interfaces: [] }), "interfaces"],
    ["interfaces that are an output", (a) => ({ interfaces: pulumi.output(a.interfaces) as never }), "interfaces"],
    ["the same name twice", back({ name: "front" }), "interfaces[1].name"],
    ["no subnet", back({ subnet: undefined }), "interfaces[1].subnet"],
    ["two subnets", back({ subnetId: "subnet-1" }), "interfaces[1].subnet"],
    ["two Elastic IPs for one address", back({ allocationId: "eipalloc-1" }), "interfaces[1].publicIp"],
    ["null for the type of the instance", () => ({ instanceType: null as never }), "instanceType"],
    ["no connection", () => ({ connection: undefined }), "connection"],
    ["a connection to an interface that is not there", (a) => ({ connection: { ...(a.connection as object), interface: "side" } }), "connection.interface"],
    ["fields of a new instance for one that exists", () => ({ existing: { instanceId: "i-01234567" } }), "ami"],
    ["a device index that is none", back({ deviceIndex: 1.5 }), "interfaces[1].deviceIndex"],
    ["what goes to new interfaces, for an instance that exists", () => ({ existing: { instanceId: "i-01234567" }, tags: { a: "b" } }), "tags"],
  ])("%s", async (_, change, path) => {
    expect((await refusedAtOnce(change)).issues).toContain(path);
  }); // prettier-ignore

  test("a private key for the name of an interface to connect by, without a line of it", async () => {
    const { issues, message } = await refusedAtOnce(({ connection }) => ({
      connection: { ...(connection as object), interface: SECRETS.privateKey },
    }));
    expect(issues).toEqual(["connection.interface"]);
    expect(message).toContain("got a private key (");
    expect(message).toContain('which is no interface here. Known are "front", "back"');
    for (const line of SECRETS.privateKey.trim().split("\n")) expect(message).not.toContain(line.slice(0, 8));
  });

  // What TypeScript keeps out, and other languages do not.
  test.each<[string, object | ((args: MultiHomedHostArgs) => object), string[]]>([
    ["no device index", { deviceIndex: undefined }, ["interfaces[1].deviceIndex"]],
    ["outputs that decide what there is", { name: unknown(), deviceIndex: unknown(), publicIp: unknown() }, ["interfaces[1].name", "interfaces[1].deviceIndex", "interfaces[1].publicIp"]],
    ["flags that are none", { ipv6: "yes", publicIp: 1 }, ["interfaces[1].ipv6", "interfaces[1].publicIp"]],
    ["a subnet that is none", { subnet: null }, ["interfaces[1].subnet"]],
    ["texts for lists", { privateIps: "10.0.2.11", ipv4Prefixes: "10.0.2.32/28", ipv6Addresses: null, gateways: "10.0.2.1", securityGroupIds: "sg-1" }, ["privateIps", "ipv6Addresses", "ipv4Prefixes", "securityGroupIds", "gateways"].map((field) => `interfaces[1].${field}`)],
    ["an interface that is none", ({ interfaces: [front] }) => ({ interfaces: [front, null] }), ["interfaces[1]"]],
    ["an interface that is an output", ({ interfaces: [front] }) => ({ interfaces: [front, unknown()] }), ["interfaces[1]"]],
    ["flags of the host that are none", () => ({ routing: "no", firstBoot: unknown(), maxSecurityGroups: 17 }), ["routing", "firstBoot", "maxSecurityGroups"]],
    ["no instance to adopt", () => ({ existing: {} }), ["existing.instanceId"]],
    ["user data that is no text", () => ({ userData: 5 }), ["userData"]],
    ["user data that is no text, compressed", () => ({ userData: 5, firstBoot: true }), ["userData"]],
    ["a host key that is none", () => ({ sshHostKey: "ssh-ed25519 AAAA" }), ["sshHostKey"]],
    ["a host key of another type", () => ({ sshHostKey: { privateKey: "secret", publicKey: "ecdsa-sha2-nistp256 AAAA" } }), ["sshHostKey.privateKey", "sshHostKey.publicKey"]],
    ["a public key that is cut off", () => ({ sshHostKey: { privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\n", publicKey: "ssh-ed25519 AAAA" } }), ["sshHostKey.publicKey"]],
    ["fields that there are not", ({ interfaces: [front, other] }) => ({ frstBoot: true, interfaces: [front, { ...other, hostnumber: 10, other: undefined }] }), ["frstBoot", "interfaces[1].hostnumber"]],
    ["a field that there is not, of an interface that exists", () => ({ existing: { instanceId: "i-01234567" }, ...ADOPTED, interfaces: [{ name: "front", deviceIndex: 0, gateway: "10.0.1.1" }] }), ["interfaces[0].gateway"]],
    ["a name that only the component has", () => ({ hostName: "edge 1" }), ["hostName"]],
  ])("%s", async (_, change, paths) => {
    const apply = typeof change === "function" ? (change as Change) : back(change);
    const { issues, message } = await refusedAtOnce(apply);
    expect(issues).toEqual(paths);
    expect(message).not.toContain("secret");
  }); // prettier-ignore

  test("a host key that turns out wrong, before anything is made", async () => {
    const sshHostKey = pulumi.secret({ privateKey: "no key but a secret", publicKey: HOST_KEY });
    const { issues, message, registered } = await refused(host(() => ({ sshHostKey })));
    expect([issues, registered]).toEqual([["sshHostKey.privateKey"], []]);
    expect(message).not.toContain("no key but a secret");
  });

  test("a bastion's host key is pinned too", async () => {
    const proxy = { host: "bastion", privateKey: SECRETS.proxyKey };
    const connection = { privateKey: SECRETS.privateKey, hostKey: HOST_KEY, proxy };
    expect((await refusedAtOnce(() => ({ connection }))).issues).toEqual(["connection.proxy.hostKey"]);
  });
});

test("TYPES are those that the components register", async () => {
  const run = await runWithMocks(() => new MultiHomedHost("edge", hostArgs(network())));
  for (const type of Object.values(TYPES)) expect(run.ofType(type)).not.toEqual([]);
});
