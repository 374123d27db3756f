import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { MultiHomedFleet, SsmProgram } from "../../lib";
import { constructorIssues } from "../../lib/components/multiHomedHostCheck";
import { hostIssues } from "../../lib/components/spec";
import { ArgsError } from "../../lib/deliver/argsError";
import { connectionIssues } from "../../lib/deliver/connection";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { knownNow } from "../../lib/deliver/known";
import { Issue } from "../../lib/model";
import { damaged } from "../plan/support/damage";
import { HOST_KEY, SECRETS, runWithMocks } from "./support";

/** Whatever the arguments are, also such as TypeScript keeps out: they are taken, or refused by name, and never end in a trace. */

/** Stand for an output and a promise, which must not be taken apart to be damaged further. */
const OUTPUT = "an output";
const PROMISE = "a promise";
const leaf = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(OUTPUT, PROMISE, 12n, NaN, () => 1),
);

function alive(value: unknown): unknown {
  if (value === OUTPUT) return pulumi.output("front");
  if (value === PROMISE) return Promise.resolve(["10.0.1.10"]);
  if (Array.isArray(value)) return value.map(alive);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, alive(field)]));
}

const policy = {
  hostModel: "symmetric",
  onLink: "gateway",
  directPairs: [{ from: "front", to: "back" }],
  unmanagedRoutes: "ignore",
  traffic: [{ name: "t", from: ["10.8.0.0/24"], use: ["back", "front"], weights: { back: 1, front: 2 } }],
};
const connection = {
  host: "198.51.100.7",
  user: "admin",
  port: 22,
  privateKey: SECRETS.privateKey,
  hostKey: HOST_KEY,
  proxy: { host: "bastion", privateKey: SECRETS.proxyKey, hostKey: HOST_KEY },
};
const numbers = { protocol: 77, group: 77, tableBase: 7000 };

const MADE = {
  ami: "ami-1",
  instanceType: "m5.xlarge",
  firstBoot: true,
  userData: "#!/bin/sh\n",
  sshHostKey: deriveHostKey("a seed for tests alone"),
  securityGroupIds: ["sg-1"],
  maxSecurityGroups: 5,
  interfaces: [
    {
      name: "front",
      deviceIndex: 0,
      subnet: { id: "subnet-1", cidrBlock: "10.0.1.0/24", ipv6CidrBlock: "2001:db8:0:1::/64" },
      hostNumber: 10,
      ipv6: true,
      publicIp: true,
      privateIps: ["10.0.1.11"],
      ipv6Addresses: ["2001:db8:0:1::b"],
      ipv4Prefixes: ["10.0.1.32/28"],
      ipv6Prefixes: ["2001:db8:0:1:a::/80"],
      gateways: ["10.0.1.1"],
      routes: [{ to: "172.31.0.0/16", via: "10.0.1.254" }],
    },
    { name: "back", deviceIndex: 1, networkCardIndex: 0, subnetId: "subnet-2", securityGroupIds: ["sg-2"] },
  ],
  connection: { user: "admin", privateKey: SECRETS.privateKey, interface: "front" },
  policy,
  numbers,
  timeoutSeconds: 300,
  confirmWithin: 60,
};
const ADOPTED = {
  existing: { instanceId: "i-0123456789abcdef0" },
  interfaces: [{ name: "front", deviceIndex: 0, gateways: ["10.0.1.1"] }],
  connection: { host: "h", privateKey: SECRETS.privateKey, hostKey: HOST_KEY },
  routing: true,
};
const ROUTED = {
  hostName: "edge",
  interfaces: [
    {
      name: "front",
      match: { mac: "02:00:00:00:01:0a" },
      addresses: ["10.0.1.10/24"],
      gateways: ["10.0.1.1"],
      onLinkGateways: ["fe80::1"],
    },
    {
      name: "back",
      addresses: ["10.0.2.10/24"],
      subnets: ["10.0.3.0/24"],
      delegatedPrefixes: ["10.0.2.32/28"],
    },
  ],
  policy,
  numbers,
};

/** Right arguments with something else in one to three places. */
function wrong(right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return damaged(leaf, right)
    .filter((value) => typeof value === "object" && value !== null)
    .map(alive);
}

function told(issues: readonly Issue[]): void {
  for (const { path, problem, fix } of issues) {
    expect([typeof path, problem.length > 0, fix.length > 0]).toEqual(["string", true, true]);
    expect(`${problem} ${fix}`).not.toMatch(/undefined|b3BlbnNzaC1/);
  }
}

test("those of a host, made or adopted", () => {
  const args = wrong(fc.constantFrom<unknown>(MADE, ADOPTED));
  fc.assert(
    fc.property(args, (value) => {
      const { policy: wanted, numbers: given } = value as typeof MADE;
      const host = { hostName: "edge", policy: wanted, numbers: given };
      told(constructorIssues(value as never, host as never));
    }),
    { numRuns: 400 },
  );
});

test("those of a host whose addresses are what has no text", () => {
  const { policy: wanted, numbers: given } = MADE;
  for (const field of ["privateIps", "ipv6Addresses", "ipv4Prefixes", "ipv6Prefixes"]) {
    for (const none of [Object.create(null), [Symbol("none")]]) {
      const [first, ...others] = MADE.interfaces;
      const value = { ...MADE, interfaces: [{ ...first, [field]: [none] }, ...others] };
      const issues = constructorIssues(
        value as never,
        { hostName: "edge", policy: wanted, numbers: given } as never,
      );
      told(issues);
      expect(issues.map(({ path }) => path)).toContain(`interfaces[0].${field}[0]`);
    }
  }
});

test("those of a host whose interface has a name that has no text", () => {
  for (const name of [Object.create(null), [Symbol("none")]]) {
    const [first, ...others] = MADE.interfaces;
    const value = { ...MADE, interfaces: [{ ...first, name }, ...others] };
    told(constructorIssues(value as never, { hostName: "edge" } as never));
  }
});

test("those of a policy, and of a connection", () => {
  fc.assert(
    fc.property(
      wrong(fc.constant(ROUTED)),
      damaged(leaf, fc.constant(connection)).map(alive),
      (value, way) => {
        const { hostName, interfaces, policy: wanted, numbers: given } = value as typeof ROUTED;
        told(hostIssues(knownNow({ hostName, interfaces, policy: wanted, numbers: given } as never)));
        told(connectionIssues(knownNow(way as never)));
      },
    ),
    { numRuns: 400 },
  );
});

test.each<[string, object, (args: never) => unknown]>([
  [
    "a fleet",
    {
      interfaces: [{ name: "front", deviceIndex: 0, subnetIds: ["subnet-01234567"], tag: "a", ipv6: true }],
      programUrl: "https://example.com/{sha256}.sh",
      userData: "#!/bin/sh\n",
      policy: { hostModel: "strong" },
      waitSeconds: 60,
      numbers,
    },
    (args) => new MultiHomedFleet("web", args),
  ],
  [
    "a program by SSM",
    {
      program: "#!/bin/sh\n",
      tags: { Role: "edge" },
      scheduleExpression: "rate(1 day)",
      timeoutSeconds: 60,
      waitForSuccessSeconds: 0,
      region: "eu-west-1",
    },
    (args) => new SsmProgram("ssm", args),
  ],
  [
    "a program by SSM, by ids",
    { program: "#!/bin/sh\n", instanceIds: ["i-0123456789abcdef0", "i-01234567"] },
    (args) => new SsmProgram("ssm", args),
  ],
])("those of %s", async (_, right, make) => {
  await fc.assert(
    fc.asyncProperty(wrong(fc.constant(right)), async (value) => {
      const thrown: unknown = await runWithMocks(() => make(value as never), { preview: true }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown === undefined) return;
      if (!(thrown instanceof ArgsError)) throw thrown;
      told(thrown.issues);
    }),
    { numRuns: 60 },
  );
});
