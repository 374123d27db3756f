import { createHash } from "node:crypto";
import { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";
import { usableAddresses } from "../clouds/aws/subnet";
import { formatAddress } from "../net/address";
import { Prefix, formatPrefix, parsePrefix } from "../net/prefix";
import { unwrap } from "./recorded";

/**
 * What a cloud would add to the inputs of resources, made up but plausible: an interface has addresses of its subnet, and
 * nothing is given twice. It comes from names, and so is the same in every run: order matters only where two names would
 * get the same.
 */
export class MockCloud {
  private readonly blocks = new Map<string, Blocks>();
  private readonly publicIps = new Map<string, string>();
  private readonly taken = new Set<string>();

  /** What a resource is called: after its name, and an instance or a subnet as EC2 does, of which the form is checked. */
  id({ type, name }: MockResourceArgs): string {
    const kind = { "aws:ec2/instance:Instance": "i", "aws:ec2/subnet:Subnet": "subnet" }[type];
    return kind === undefined
      ? `${name}-id`
      : `${kind}-0${Buffer.from(octets(name)).toString("hex").slice(0, 16)}`;
  }

  /** What is added to a resource's inputs. */
  outputs({ type, name, inputs: given }: MockResourceArgs): object {
    const inputs = unwrap(given) as MockResourceArgs["inputs"];
    switch (type) {
      case "aws:ec2/vpc:Vpc":
        return inputs.assignGeneratedIpv6CidrBlock === true ? { ipv6CidrBlock: ipv6Block(name) } : {};
      case "aws:ec2/networkInterface:NetworkInterface": {
        const { cidrBlock, ipv6CidrBlock } = this.blocks.get(inputs.subnetId) ?? {};
        const privateIps = this.given(inputs.privateIpLists) ?? [
          this.free(blockOf(cidrBlock, "10.255.0.0/24"), name),
        ];
        const ipv6Addresses =
          this.given(inputs.ipv6AddressLists) ??
          (inputs.ipv6AddressCount ? [this.free(blockOf(ipv6CidrBlock, "2001:db8:ffff::/64"), name)] : []);
        return {
          macAddress: macAddress(name),
          privateIp: privateIps[0],
          privateIps,
          ipv6Addresses,
          ipv4Prefixes: inputs.ipv4Prefixes ?? [],
          ipv6Prefixes: inputs.ipv6Prefixes ?? [],
        };
      }
      case "aws:ec2/eip:Eip":
        return { publicIp: this.publicIp(`${name}-id`), allocationId: `${name}-id` };
      case "aws:ec2/eipAssociation:EipAssociation":
        return { publicIp: this.publicIp(String(inputs.allocationId)) };
      case "command:remote:Command":
        return isProgram(inputs.stdin) ? { stdout: goodReport(inputs.stdin), stderr: "" } : {};
      default:
        return {};
    }
  }

  /** Notes a resource as it came to be, for what is made in it. */
  made(type: string, id: string, state: Readonly<Record<string, unknown>>): void {
    const plain = unwrap(state) as Record<string, unknown>;
    if (type === "aws:ec2/subnet:Subnet") this.blocks.set(id, plain);
    if (type === "aws:ec2/eip:Eip")
      this.publicIps.set(String(plain["allocationId"]), String(plain["publicIp"]));
  }

  /** What a lookup finds of what the program has made; nothing else. */
  answer({ token, inputs }: MockCallArgs): object {
    return token === GET_SUBNET ? { ...this.blocks.get(inputs.id), id: inputs.id } : {};
  }

  /** Notes a subnet as it was looked up, likewise. */
  found({ token, inputs }: MockCallArgs, answer: Readonly<Record<string, unknown>>): void {
    if (token === GET_SUBNET) this.blocks.set(inputs.id ?? answer["id"], answer);
  }

  private given(addresses: string[] | undefined): string[] | undefined {
    addresses?.forEach((address) => this.taken.add(address));
    return addresses;
  }

  /** One Elastic IP has one address, whoever asks. */
  private publicIp(allocationId: string): string {
    const address =
      this.publicIps.get(allocationId) ?? this.free(blockOf(undefined, "203.0.113.0/24"), allocationId);
    this.publicIps.set(allocationId, address);
    return address;
  }

  /** An address of a block that nobody has, and that AWS does not keep. */
  private free(block: Prefix, name: string): string {
    const usable = usableAddresses(block);
    const start = BigInt(Buffer.from(octets(name)).readUInt16BE());
    for (let i = 0n; i < usable; i++) {
      const address = formatAddress({
        family: block.family,
        value: block.value + 4n + ((start + i) % usable),
      });
      if (this.taken.has(address)) continue;
      this.taken.add(address);
      return address;
    }
    throw new Error(`mocks: no address is left in ${formatPrefix(block)} for ${name}`);
  }
}

const GET_SUBNET = "aws:ec2/getSubnet:getSubnet";

/** Of a subnet, as far as a program has said. */
interface Blocks {
  readonly cidrBlock?: unknown;
  readonly ipv6CidrBlock?: unknown;
}

function blockOf(text: unknown, otherwise: string): Prefix {
  for (const candidate of [text, otherwise]) {
    const parsed = typeof candidate === "string" ? parsePrefix(candidate) : undefined;
    if (parsed?.ok === true && usableAddresses(parsed.value) > 0n) return parsed.value;
  }
  throw new Error(`mocks: ${otherwise} is no block`);
}

/** The /56 that Amazon would give a VPC. */
function ipv6Block(name: string): string {
  return formatPrefix({
    family: 6,
    value: (0x20010db8n << 96n) | (BigInt(octets(name)[0]) << 88n),
    length: 56,
  });
}

function macAddress(name: string): string {
  const own = octets(name).slice(0, 4);
  return ["02", "00", ...own.map((octet) => octet.toString(16).padStart(2, "0"))].join(":");
}

function octets(name: string): number[] {
  return [...createHash("sha256").update(name).digest()];
}

/** Whether a command puts a program of ours on a host; any other prints what its test says. */
function isProgram(stdin: unknown): stdin is string {
  return typeof stdin === "string" && /^PLAN='plan 1 /m.test(stdin);
}

/** What a host prints on which the program was applied, and on which the kernel answers as planned. */
function goodReport(program: string): string {
  const payload = /^PLAN='([^']*)'$/m.exec(program)?.[1] ?? "";
  const digest = createHash("sha256").update(`${payload}\n`).digest("hex");
  const checked = payload.match(/^expect[46] /gm)?.length ?? 0;
  return JSON.stringify({ ok: true, checked, generation: 0, digest, failed: [] });
}
