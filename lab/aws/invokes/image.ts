import { createHash } from "node:crypto";
import { limitsOf } from "../api/limits";
import { FILTERS, Filtered, query } from "./define";

interface AmiArgs extends Filtered {
  owners?: string[];
  mostRecent?: boolean;
  nameRegex?: string;
  executableUsers?: string[];
  includeDeprecated?: boolean;
  allowUnsafeFilter?: boolean;
}

/**
 * An image that is what was asked for: the lab's instances all run the machine's own userland, so any query finds one
 * image, the same for the same query.
 */
export const getAmi = query<AmiArgs, object>({
  token: "aws:ec2/getAmi:getAmi",
  args: {
    filters: FILTERS,
    owners: { type: "list" },
    mostRecent: { type: "boolean" },
    nameRegex: { type: "string" },
    executableUsers: { type: "list" },
    includeDeprecated: { type: "boolean" },
    allowUnsafeFilter: { type: "boolean" },
  },
  run(_cloud, { filters = [], owners = [], nameRegex = "" }) {
    const asked = (name: string) => filters.find((filter) => filter.name === name)?.values[0];
    const query = JSON.stringify([
      [...filters].sort((a, b) => (a.name < b.name ? -1 : 1)),
      owners,
      nameRegex,
    ]);
    const id = `ami-0${createHash("sha256").update(query).digest("hex").slice(0, 16)}`;
    const name = (asked("name") ?? "lab-*").replace(/\*/g, "lab").replace(/\?/g, "0");
    return {
      id,
      imageId: id,
      name,
      description: `What the lab runs in the place of ${name}`,
      architecture: asked("architecture") ?? "x86_64",
      arn: `arn:aws:ec2:::image/${id}`,
      blockDeviceMappings: [],
      creationDate: "2026-01-01T00:00:00.000Z",
      enaSupport: true,
      hypervisor: "xen",
      imageLocation: `amazon/${name}`,
      imageOwnerAlias: "amazon",
      imageType: "machine",
      imdsSupport: "v2.0",
      ownerId: owners.find((owner) => /^\d+$/.test(owner)) ?? "137112412989",
      platformDetails: "Linux/UNIX",
      productCodes: [],
      public: true,
      rootDeviceName: "/dev/xvda",
      rootDeviceType: asked("root-device-type") ?? "ebs",
      sriovNetSupport: "simple",
      state: "available",
      usageOperation: "RunInstances",
      virtualizationType: asked("virtualization-type") ?? "hvm",
    };
  },
});

export const getInstanceType = query<{ instanceType: string }, object>({
  token: "aws:ec2/getInstanceType:getInstanceType",
  args: { instanceType: { type: "string", required: true } },
  run(_cloud, { instanceType }) {
    const limits = limitsOf(instanceType);
    return {
      id: instanceType,
      bareMetal: false,
      burstablePerformanceSupported: limits.burstable,
      currentGeneration: true,
      defaultNetworkCardIndex: 0,
      defaultVcpus: limits.vcpus,
      enaSupport: "required",
      enaSrdSupported: false,
      efaSupported: false,
      efaMaximumInterfaces: 0,
      hypervisor: "nitro",
      ipv6Supported: true,
      maximumIpv4AddressesPerInterface: limits.ipv4,
      maximumIpv6AddressesPerInterface: limits.ipv6,
      maximumNetworkCards: 1,
      maximumNetworkInterfaces: limits.interfaces,
      memorySize: limits.memoryMib,
      networkCards: [{ index: 0, maximumInterfaces: limits.interfaces }],
      supportedArchitectures: ["x86_64"],
      supportedRootDeviceTypes: ["ebs"],
      supportedVirtualizationTypes: ["hvm"],
    };
  },
});
