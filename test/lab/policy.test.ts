import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { commandProvider } from "../../lab/command/provider";
import { Served, serve } from "../../lab/rpc/server";
import { findEngine } from "../../lab/run/environment";
import { SymmetricRoutingPolicy } from "../../lib";
import { deriveHostKey } from "../../lib/deliver/hostKey";

jest.setTimeout(120_000);

const ROOT = resolve(__dirname, "../..");
const PACK = join(ROOT, "policy-pack");
const RUNNER = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
const PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r";

/** The policy pack under the real engine, which runs it in a process of its own and hands it what is registered. */
describe("the policy pack, run by the engine", () => {
  let served: Served;
  const dir = mkdtempSync(join(tmpdir(), "multihome-policy-"));

  beforeAll(async () => {
    served = await serve(() => commandProvider);
    // Without Pulumi's language host on PATH the engine starts packs by a program of this name.
    const runner = join(dir, "pulumi-analyzer-policy-nodejs");
    writeFileSync(runner, `#!/bin/sh\nexec "${process.execPath}" "${RUNNER}" "$@"\n`);
    chmodSync(runner, 0o755);
  });
  afterAll(async () => {
    await served?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function preview(connection: object): Promise<string> {
    const environment = {
      PATH: [dir, process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${dir}`,
      PULUMI_HOME: join(dir, "home"),
      PULUMI_CONFIG_PASSPHRASE: "policy",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
      PULUMI_DEBUG_PROVIDERS: `command:${served.port}`,
    };
    const before = { ...process.env };
    Object.assign(process.env, environment, {
      PATH: [resolve(findEngine(), ".."), environment.PATH].join(delimiter),
    });
    try {
      const program = async () => {
        new SymmetricRoutingPolicy("edge", {
          interfaces: [
            { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
            { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
          ],
          connection: { host: "198.51.100.7", privateKey: PRIVATE_KEY, ...connection },
        });
      };
      const workDir = mkdtempSync(join(dir, "stack-"));
      const stack: Stack = await LocalWorkspace.createOrSelectStack(
        { stackName: "policy", projectName: "multihome", program },
        { workDir, projectSettings: { name: "multihome", runtime: "nodejs", main: workDir } },
      );
      const { stdout, stderr } = await stack
        .preview({ policyPacks: [PACK], color: "never" })
        .catch((error: Error) => ({ stdout: error.message, stderr: "" }));
      return stdout + stderr;
    } finally {
      process.env = before;
    }
  }

  test("lets a host pass whose plan is proved and whose key is pinned", async () => {
    const output = await preview({ hostKey: deriveHostKey("a seed for tests alone").publicKey });
    expect(output).toMatch(/multihome@v0\.1\.0|multihome.*\(local/);
    expect(output).not.toMatch(/mandatory/);
    expect(output).toMatch(/command:remote:Command +edge-apply +create/);
    expect(output).not.toMatch(/error/);
  });

  test("stops one whose key is not pinned, before anything is done", async () => {
    const output = await preview({ insecureIgnoreHostKey: true });
    expect(output).toContain("multihome-host-key-is-pinned");
    expect(output).toContain("connection.hostKey is missing");
  });
});
