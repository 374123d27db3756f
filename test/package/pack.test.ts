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
  const peers = ["@pulumi/pulumi", "@pulumi/command", "@pulumi/aws", "typescript", "@types/node"];
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

test("a TypeScript program type-checks against the package's own types", () => {
  fs.writeFileSync(
    path.join(dir, "program.ts"),
    `import { planHost, Plan } from "multihome";
     const plan: Plan = planHost({ name: "h", interfaces: [{ name: "a", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }] });
     export const tables: number[] = plan.interfaces.map((i) => i.slot);`,
  );
  const tsc = path.join("node_modules", "typescript", "bin", "tsc");
  run(
    "node",
    tsc,
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "commonjs",
    "--types",
    "node",
    "program.ts",
  );
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
      "lib",
      "package.json",
      "policy-pack",
      "schema",
      "tsconfig.json",
    ].sort(),
  );
});
