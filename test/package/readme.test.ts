import * as fs from "node:fs";
import * as path from "node:path";
import { transformSync } from "@swc/core";

/** The README's TypeScript, run as it is written: its first program, and what it says of tests and larger stacks. */

const ROOT = path.join(__dirname, "..", "..");
const README = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
const SNIPPETS = [...README.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, text]) => text);

/** The snippet that has these words. */
function snippet(words: string): string {
  const found = SNIPPETS.filter((text) => text.includes(words));
  if (found.length !== 1)
    throw new Error(`${found.length} snippets of the README have ${JSON.stringify(words)}`);
  return found[0];
}

/** What `multihome` is to a program that has it installed. */
const PARTS: Record<string, string> = {
  multihome: "../../lib",
  "multihome/testing": "../../lib/testing",
};

function run(text: string, modules: Record<string, () => unknown> = {}, names: object = {}): unknown {
  const { code } = transformSync(text, {
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  const load = (name: string): unknown => modules[name]?.() ?? jest.requireActual(PARTS[name] ?? name);
  const exported = {};
  const all = { require: load, exports: exported, ...names };
  new Function(...Object.keys(all), code)(...Object.values(all));
  return exported;
}

/** What a program has before it comes to the README's part. */
const BEFORE = `
  import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
  import { Subnet } from "@pulumi/aws/ec2/subnet";
  import { Vpc } from "@pulumi/aws/ec2/vpc";
  import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
  import { remote } from "@pulumi/command";
  import * as pulumi from "@pulumi/pulumi";
  const config = new pulumi.Config();
  const vpc = new Vpc("net", { cidrBlock: "10.0.0.0/16" });
  const frontSubnet = new Subnet("front", { vpcId: vpc.id, cidrBlock: "10.0.1.0/24" });
  const backSubnet = new Subnet("back", { vpcId: vpc.id, cidrBlock: "10.0.2.0/24" });
  const database = new SecurityGroup("database", { vpcId: vpc.id });
  const connection = { host: "198.51.100.7" };
`;

jest.setTimeout(60_000);

test("the README's unit test holds for the README's program", async () => {
  jest.requireActual("../../lib/testing/jest");
  const program = () => run(BEFORE + snippet("export const gatewayBySource"));
  const tests: { name: string; body: () => Promise<void> }[] = [];
  run(
    snippet("runWithMocks"),
    { "../index": program },
    { test: (name: string, body: () => Promise<void>) => tests.push({ name, body }) },
  );
  expect(tests.map(({ name }) => name)).toEqual(["each source address has its own default gateway"]);
  await tests[0].body();
});

test("what depends on the README's host waits for its routing, and gets its addresses", async () => {
  const { deriveHostKey } = jest.requireActual<typeof import("../../lib")>("../../lib");
  const { runWithMocks } = jest.requireActual<typeof import("../../lib/testing")>("../../lib/testing");
  const program = BEFORE + snippet("export const gatewayBySource") + snippet("new remote.Command");
  const config = {
    privateKey: deriveHostKey("a seed for tests").privateKey,
    hostKeySeed: "0123456789abcdef",
  };
  const made = await runWithMocks(() => run(program), { config });
  const routing = made.only("command:remote:Command", "edge-routing-apply");
  expect(made.only("command:remote:Command", "service").options.dependencies).toContain(routing.urn);
  const rule = made.only("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
  expect(rule.inputs.cidrIpv4).toBe("10.0.2.10/32");
});
