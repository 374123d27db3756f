import { AwsError } from "./error";

/** What an instance type allows, as DescribeInstanceTypes says. */
export interface InstanceTypeLimits {
  instanceType: string;
  /** Network interfaces, the primary included. */
  interfaces: number;
  /** IPv4 addresses an interface; a delegated /28 counts as one. */
  ipv4: number;
  /** IPv6 addresses an interface; a delegated /80 counts as one. */
  ipv6: number;
  vcpus: number;
  memoryMib: number;
  burstable: boolean;
}

/** "Maximum IP addresses per network interface", EC2 User Guide: size -> interfaces, IPv4 (= IPv6), vCPUs, GiB. */
type Row = [interfaces: number, addresses: number, vcpus: number, gib: number];

const GENERAL: Record<string, Row> = {
  large: [3, 10, 2, 8],
  xlarge: [4, 15, 4, 16],
  "2xlarge": [4, 15, 8, 32],
  "4xlarge": [8, 30, 16, 64],
  "8xlarge": [8, 30, 32, 128],
  "12xlarge": [8, 30, 48, 192],
  "16xlarge": [15, 50, 64, 256],
  "24xlarge": [15, 50, 96, 384],
};

const FAMILIES: Record<string, Record<string, Row>> = {
  t3: {
    nano: [2, 2, 2, 0.5],
    micro: [2, 2, 2, 1],
    small: [3, 4, 2, 2],
    medium: [3, 6, 2, 4],
    large: [3, 12, 2, 8],
    xlarge: [4, 15, 4, 16],
    "2xlarge": [4, 15, 8, 32],
  },
  m5: GENERAL,
  c5: {
    large: [3, 10, 2, 4],
    xlarge: [4, 15, 4, 8],
    "2xlarge": [4, 15, 8, 16],
    "4xlarge": [8, 30, 16, 32],
    "9xlarge": [8, 30, 36, 72],
    "12xlarge": [8, 30, 48, 96],
    "18xlarge": [15, 50, 72, 144],
    "24xlarge": [15, 50, 96, 192],
  },
  m6i: { ...GENERAL, "32xlarge": [15, 50, 128, 512] },
  m7i: { ...GENERAL, "48xlarge": [15, 50, 192, 768] },
};

/** Every instance type the lab knows. */
export const INSTANCE_TYPES: ReadonlyMap<string, InstanceTypeLimits> = new Map(
  Object.entries(FAMILIES).flatMap(([family, sizes]) =>
    Object.entries(sizes).map(([size, [interfaces, addresses, vcpus, gib]]): [string, InstanceTypeLimits] => {
      const instanceType = `${family}.${size}`;
      return [
        instanceType,
        {
          instanceType,
          interfaces,
          ipv4: addresses,
          ipv6: addresses,
          vcpus,
          memoryMib: gib * 1024,
          burstable: family === "t3",
        },
      ];
    }),
  ),
);

/** The limits of a type, or AWS's error for a name that is none; names the lab's own limits where that is the cause. */
export function limitsOf(instanceType: string): InstanceTypeLimits {
  const limits = INSTANCE_TYPES.get(instanceType);
  if (limits) return limits;
  const families = Object.keys(FAMILIES)
    .map((family) => `${family}.*`)
    .join(", ");
  throw new AwsError(
    "InvalidInstanceType",
    `The following supplied instance types do not exist: [${instanceType}] (the lab knows ${families})`,
  );
}

/** Checks that an interface of the type may hold so many addresses and prefixes of each family. */
export function checkAddressLimits(limits: InstanceTypeLimits, ipv4: number, ipv6: number): void {
  if (ipv4 > limits.ipv4 || ipv6 > limits.ipv6) {
    throw new AwsError("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
  }
}
