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
    default:
      return {};
  }
}

/** 1 to 254, from a name: no counter, so that the order of registration does not matter. */
function numberOf(name: string): number {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.charCodeAt(0)) % 254;
  return sum + 1;
}
