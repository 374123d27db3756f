import { createHash } from "node:crypto";
import { MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";

/** What a cloud would add to the inputs of a resource, made up but plausible, and the same in every run. */
export function mockOutputs({ type, name, inputs }: MockResourceArgs): object {
  const number = numberOf(name);
  switch (type) {
    case "aws:ec2/networkInterface:NetworkInterface": {
      const privateIps = inputs.privateIpLists ?? [`10.255.0.${number}`];
      return {
        macAddress: `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`,
        privateIp: privateIps[0],
        privateIps,
        ipv6Addresses:
          inputs.ipv6AddressLists ?? (inputs.ipv6AddressCount ? [`2001:db8:ffff::${number}`] : []),
        ipv4Prefixes: inputs.ipv4Prefixes ?? [],
        ipv6Prefixes: inputs.ipv6Prefixes ?? [],
      };
    }
    case "aws:ec2/eip:Eip":
      return { publicIp: `203.0.113.${number}`, allocationId: `${name}-id` };
    case "aws:ec2/eipAssociation:EipAssociation":
      return { publicIp: `203.0.113.${number}` };
    case "command:remote:Command":
      return typeof inputs.stdin === "string" ? { stdout: goodReport(inputs.stdin), stderr: "" } : {};
    default:
      return {};
  }
}

/** What a host prints on which the program was applied, and on which the kernel answers as planned. */
function goodReport(program: string): string {
  const payload = /^PLAN='([^']*)'$/m.exec(program)?.[1] ?? "";
  const digest = createHash("sha256").update(`${payload}\n`).digest("hex");
  const checked = payload.match(/^expect[46] /gm)?.length ?? 0;
  return JSON.stringify({ ok: true, checked, generation: 0, digest, failed: [] });
}

/** 1 to 254, from a name: no counter, so that the order of registration does not matter. */
function numberOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.charCodeAt(0)) % 254;
  return sum + 1;
}
