/**
 * How many interfaces an instance type takes, and how many addresses each (EC2 user guide, "IP addresses per network
 * interface per instance type"). Prefixes count like addresses. Known offline for common types; for others
 * `getInstanceType` is asked.
 */
export interface InstanceTypeLimits {
  readonly interfaces: number;
  readonly ipv4PerInterface: number;
  readonly ipv6PerInterface: number;
}

const LIMITS: Readonly<Record<string, readonly [interfaces: number, ipv4: number, ipv6: number]>> = {
  // Burstable.
  ...sizes(["t2"], { nano: [2, 2], micro: [2, 2], small: [3, 4], medium: [3, 6], large: [3, 12] }),
  ...sizes(["t2"], { xlarge: [3, 15], "2xlarge": [3, 15] }),
  ...sizes(["t3", "t3a", "t4g"], { nano: [2, 2], micro: [2, 2], medium: [3, 6], large: [3, 12] }),
  ...sizes(["t3", "t4g"], { small: [3, 4] }),
  ...sizes(["t3a"], { small: [2, 4] }),
  ...sizes(["t3", "t3a", "t4g"], { xlarge: [4, 15], "2xlarge": [4, 15] }),
  // General purpose, compute and memory optimized.
  ...sizes(["m6g", "c6g", "r6g", "m7g", "c7g", "r7g"], { medium: [2, 4] }),
  ...sizes(
    [
      "m5",
      "m5a",
      "m6i",
      "m6a",
      "m6g",
      "m7i",
      "m7a",
      "m7g",
      "c5",
      "c5a",
      "c5n",
      "c6i",
      "c6a",
      "c6g",
      "c7i",
      "c7g",
    ],
    { large: [3, 10], xlarge: [4, 15], "2xlarge": [4, 15], "4xlarge": [8, 30] },
  ),
  ...sizes(["r5", "r5a", "r6i", "r6a", "r6g", "r7i", "r7g"], {
    large: [3, 10],
    xlarge: [4, 15],
    "2xlarge": [4, 15],
    "4xlarge": [8, 30],
  }),
  ...sizes(
    ["m5", "m6i", "m6a", "m6g", "m7i", "m7g", "c6i", "c6a", "c6g", "c7i", "c7g", "r5", "r6i", "r6g", "r7i"],
    {
      "8xlarge": [8, 30],
      "12xlarge": [8, 30],
      "16xlarge": [15, 50],
    },
  ),
  ...sizes(["m5", "m6i", "c6i", "r5", "r6i"], { "24xlarge": [15, 50], metal: [15, 50] }),
  ...sizes(["c5", "c5n"], { "9xlarge": [8, 30], "18xlarge": [15, 50] }),
  ...sizes(["c5"], { "12xlarge": [8, 30], "24xlarge": [15, 50], metal: [15, 50] }),
};

/** The limits of an instance type such as "m5.large", or undefined when it is not in the table. */
export function limitsOf(instanceType: string): InstanceTypeLimits | undefined {
  const row = Object.hasOwn(LIMITS, instanceType) ? LIMITS[instanceType] : undefined;
  return row && { interfaces: row[0], ipv4PerInterface: row[1], ipv6PerInterface: row[2] };
}

/** Rows of several families that agree. Instances of these families take as many IPv6 addresses as IPv4. */
function sizes(
  families: readonly string[],
  rows: Readonly<Record<string, readonly [number, number]>>,
): Record<string, readonly [number, number, number]> {
  return Object.fromEntries(
    families.flatMap((family) =>
      Object.entries(rows).map(([size, [interfaces, addresses]]) => [
        `${family}.${size}`,
        [interfaces, addresses, addresses],
      ]),
    ),
  );
}
