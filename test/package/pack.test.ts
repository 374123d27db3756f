import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/**
 * What `npm pack` yields must work in a program of its own, away from this repository: installed by npm with its
 * peers, imported as CommonJS and as an ES module, type-checked, and run as a command.
 */

const ROOT = path.join(__dirname, "..", "..");
const { devDependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

let dir: string;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: dir, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-pack-"));
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", dir], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const tarball = packed.trim().split("\n").pop() as string;
  fs.writeFileSync(path.join(dir, "package.json"), JSON.stringify({ name: "fresh", private: true }));
  const peers = [
    ...["@pulumi/pulumi", "@pulumi/command", "@pulumi/aws", "@pulumi/policy"],
    ...["typescript", "@types/node"],
  ];
  const wanted = peers.map((name) => `${name}@${devDependencies[name]}`);
  run(
    "npm",
    "install",
    "--silent",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    `./${tarball}`,
    ...wanted,
  );
}, 300_000);

afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

test("a CommonJS program imports the components", () => {
  const names = run("node", "-e", `console.log(Object.keys(require("multihome")).join(" "))`);
  expect(names.split(/\s+/)).toEqual(
    expect.arrayContaining(["MultiHomedHost", "SymmetricRoutingPolicy", "planHost", "renderProgram"]),
  );
});

test("an ES module imports the same", () => {
  fs.writeFileSync(
    path.join(dir, "es.mjs"),
    `import { planHost } from "multihome"; console.log(typeof planHost);`,
  );
  expect(run("node", "es.mjs").trim()).toBe("function");
});

function typeCheck(flags: readonly string[], ...lines: string[]): string {
  fs.writeFileSync(path.join(dir, "program.ts"), lines.join("\n"));
  const tsc = path.join("node_modules", "typescript", "bin", "tsc");
  const common = ["--noEmit", "--strict", "--target", "es2022", "--types", "node"];
  try {
    return run("node", tsc, ...common, ...flags, "program.ts");
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test.each([
  ["as pulumi new makes it", ["--module", "commonjs", "--moduleResolution", "node"]],
  ["of ES modules", ["--module", "nodenext"]],
])(
  "a TypeScript program %s finds the types of every part of the package",
  (_, flags) => {
    const errors = typeCheck(
      // The declarations of @pulumi/policy have errors of their own.
      ["--skipLibCheck", ...flags],
      `import { planHost, Plan, MultiHomedHostArgs } from "multihome";`,
      `import { Subnet } from "@pulumi/aws/ec2/subnet.js";`,
      `import { runWithMocks } from "multihome/testing";`,
      `import "multihome/testing/jest";`,
      `import { policies } from "multihome/policy";`,
      `const plan: Plan = planHost({ name: "h", interfaces: [{ name: "a", addresses: ["10.0.1.10/24"] }] });`,
      `export const tables: number[] = plan.interfaces.map((i) => i.slot);`,
      `export const names: string[] = policies.map(({ name }) => name);`,
      `export const subnet = (args: MultiHomedHostArgs): Subnet | undefined => args.interfaces[0].subnet;`,
      `// @ts-expect-error -- a subnet is not just anything`,
      `export const wrong: MultiHomedHostArgs["interfaces"][0]["subnet"] = 1;`,
      `export { runWithMocks };`,
    );
    expect(errors).toBe("");
  },
  120_000,
);

test("a program for another cloud needs no @pulumi/aws, with all declarations checked", () => {
  const [there, away] = ["aws", ".aws"].map((name) => path.join(dir, "node_modules", "@pulumi", name));
  fs.renameSync(there, away);
  try {
    const errors = typeCheck(
      ["--module", "nodenext"],
      `import { SymmetricRoutingPolicyArgs } from "multihome";`,
      `import "multihome/testing";`,
      `export type Interfaces = SymmetricRoutingPolicyArgs["interfaces"];`,
    );
    expect(errors).toBe("");
  } finally {
    fs.renameSync(away, there);
  }
}, 120_000);

test("the command runs, and its program is complete", () => {
  const host = {
    name: "h",
    interfaces: [{ name: "a", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }],
  };
  fs.writeFileSync(path.join(dir, "host.json"), JSON.stringify(host));
  const command = path.join("node_modules", ".bin", "multihome");
  expect(run(command, "plan", "host.json")).toContain("10.0.1.10");
  fs.writeFileSync(path.join(dir, "program.sh"), run(command, "render", "host.json", "--to", "iproute2"));
  run("sh", "-n", "program.sh");
});

test("nothing of the laboratory or the tests is in the package", () => {
  const files = fs.readdirSync(path.join(dir, "node_modules", "multihome"));
  expect(files.sort()).toEqual(
    [
      "CHANGELOG.md",
      "LICENSE",
      "PulumiPlugin.yaml",
      "README.md",
      "bin",
      "dist",
      "docs",
      "lib",
      "package.json",
      "plugin",
      "policy-pack",
      "schema",
      "tsconfig.json",
    ].sort(),
  );
});
