import { Subnet } from "@pulumi/aws/ec2/subnet";
import { Vpc } from "@pulumi/aws/ec2/vpc";
import * as pulumi from "@pulumi/pulumi";
import { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";
import { MultiHomedHostArgs, SymmetricRoutingPolicyArgs } from "../../lib";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { ArgsError } from "../../lib/deliver/argsError";
import { MockOptions, MockRun, runWithMocks } from "../../lib/testing";

// A run registers some fifteen resources; on a busy machine that takes its time.
jest.setTimeout(60_000);

/** Texts that must never be seen in clear. */
export const SECRETS = {
  privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1-operator-key",
  proxyKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1-bastion-key",
  passphrase: "correct-horse-battery",
};

export const HOST_KEY = deriveHostKey("a seed for tests alone").publicKey;

export const TYPES = {
  host: "multihome:index:MultiHomedHost",
  policy: "multihome:index:SymmetricRoutingPolicy",
  command: "command:remote:Command",
  greeting: "command:local:Command",
  eni: "aws:ec2/networkInterface:NetworkInterface",
  attachment: "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment",
  instance: "aws:ec2/instance:Instance",
  eip: "aws:ec2/eip:Eip",
  association: "aws:ec2/eipAssociation:EipAssociation",
};

export interface Network {
  front: Subnet;
  back: Subnet;
}

/** A VPC with two subnets, blocks and zone given literally, as programs do. */
export function network(): Network {
  const vpc = new Vpc("net", { cidrBlock: "10.0.0.0/16" });
  const subnet = (name: string, n: number): Subnet =>
    new Subnet(name, {
      vpcId: vpc.id,
      cidrBlock: `10.0.${n}.0/24`,
      ipv6CidrBlock: `2001:db8:0:${n}::/64`,
      availabilityZone: "eu-west-1a",
    });
  return { front: subnet("front", 1), back: subnet("back", 2) };
}

/** A host that is right in every way. */
export function hostArgs(
  { front, back }: Network,
  more: Partial<MultiHomedHostArgs> = {},
): MultiHomedHostArgs {
  return {
    ami: "ami-0123456789abcdef0",
    instanceType: "m5.xlarge",
    interfaces: [
      { name: "front", deviceIndex: 0, subnet: front, hostNumber: 10, ipv6: true, publicIp: true },
      {
        name: "back",
        deviceIndex: 1,
        subnet: back,
        hostNumber: 10,
        privateIps: ["10.0.2.11"],
        publicIp: true,
      },
    ],
    connection: { user: "admin", privateKey: SECRETS.privateKey, hostKey: HOST_KEY },
    ...more,
  };
}

/** The same for a host that somebody else made. */
export function policyArgs(more: Partial<SymmetricRoutingPolicyArgs> = {}): SymmetricRoutingPolicyArgs {
  return {
    interfaces: [
      { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
      { name: "back", addresses: ["10.0.2.10/24", "10.0.2.11/24"], gateways: ["10.0.2.1"] },
    ],
    connection: { host: "198.51.100.7", user: "admin", privateKey: SECRETS.privateKey, hostKey: HOST_KEY },
    ...more,
  };
}

/** An output that a preview does not know. */
export function unknown<T>(): pulumi.Output<T> {
  return pulumi.output(pulumi.unknown) as unknown as pulumi.Output<T>;
}

/** Why a program is refused, and which resources of the host were registered in spite of it. */
export interface Refusal {
  error: ArgsError;
  /** Paths of the issues. */
  issues: string[];
  message: string;
  registered: string[];
}

/** Runs a program that must be refused. */
export async function refused(program: () => unknown, options: MockOptions = {}): Promise<Refusal> {
  const registered: string[] = [];
  const made = [TYPES.command, TYPES.eni, TYPES.attachment, TYPES.instance, TYPES.eip, TYPES.association];
  const watch = (args: MockResourceArgs): object => {
    registered.push(args.type);
    return {};
  };
  const outputs = { ...Object.fromEntries(made.map((type) => [type, watch])), ...options.outputs };
  const error = await runWithMocks(program, { ...options, outputs }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ArgsError)) throw error ?? new Error("the program was not refused");
  return { error, issues: error.issues.map(({ path }) => path), message: error.message, registered };
}

/** The default gateway of every source, read from the program that would be run on the host. */
export function gatewaysInProgram(program: string): Record<string, string> {
  const payload =
    /^PLAN='([^']*)'$/m
      .exec(program)?.[1]
      .split("\n")
      .map((line) => line.split(" ")) ?? [];
  const gateways = new Map(
    payload
      .filter(([kind, to]) => /^route[46]$/.test(kind) && to === "default")
      .flatMap((words) => {
        const via = words[words.indexOf("via") + 1];
        const table = words[words.indexOf("table") + 1];
        return words.includes("via") ? [[`${table} ${via.includes(":")}`, via] as const] : [];
      }),
  );
  return Object.fromEntries(
    payload
      .filter(([kind]) => kind === "address" || kind === "prefix")
      .map(([, name, source]) => [source, gateways.get(`@${name} ${source.includes(":")}`) ?? "none"]),
  );
}

export { MockRun, runWithMocks };
