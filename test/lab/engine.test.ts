import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshLogins } from "../../lab/fabric";
import {
  ConfigValue,
  Lab,
  RunError,
  engineEnvironment,
  spawnInOperator,
  startLab,
  stopLab,
  withLab,
} from "../../lab/run";
import { describeFabric } from "./support/fabric";

jest.setTimeout(120_000);

const HOST = join(__dirname, "programs/host");
const LOOKUP = join(__dirname, "programs/lookup");
const NAME = `e${(process.pid % 46656).toString(36)}`;
const SCRIPT_FAILED = /Process exited with status 4: running "sh -s -- hello":\nbad\n/;

/** An SSH key pair, made for this file. */
function keyPair(): { publicKey: string; privateKey: string } {
  const dir = mkdtempSync(join(tmpdir(), "lab-key-"));
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", join(dir, "id")]);
    return {
      publicKey: readFileSync(join(dir, "id.pub"), "utf8").trim(),
      privateKey: readFileSync(join(dir, "id"), "utf8"),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const namespaces = () => readdirSync("/run/netns").filter((name) => name.startsWith(`${NAME}-`));

describeFabric("an ordinary program with the real engine", () => {
  const key = keyPair();
  const config = (more: Record<string, ConfigValue> = {}) => ({
    publicKey: key.publicKey,
    privateKey: { secret: key.privateKey },
    frontAddresses: ["10.0.1.10"],
    ...more,
  });
  let lab: Lab;
  const run = (command: "up" | "preview" | "refresh" | "destroy", more: Record<string, ConfigValue> = {}) =>
    lab.run({ program: HOST, stackName: "dev", command, config: config(more) });
  /** SSH logins the one instance there is has seen. */
  const logins = () =>
    sshLogins(NAME, Object.keys(lab.cloud().instances)[0], { labDir: join(lab.dir, "..") });

  beforeAll(async () => {
    await stopLab(NAME);
    lab = await startLab(NAME);
  });
  afterAll(() => stopLab(NAME));

  // The tests tell one story, in order: each begins where the one before it ended.
  let outputs: Record<string, unknown>;

  it("previews a creation without making anything", async () => {
    const preview = await run("preview");
    expect(preview.summary).toEqual({ create: 17 });
    expect(lab.cloud().vpcs).toEqual({});
  });

  it("creates the host, reaches it through its Elastic IP, and answers by real SSH, once", async () => {
    const up = await run("up");
    outputs = up.outputs;
    expect(up.summary).toEqual({ create: 17 });
    expect(outputs.said).toBe(`hello from ${outputs.instanceId}`);
    expect(logins()).toBe(1);
    const { networkInterfaces } = lab.cloud();
    expect(networkInterfaces[outputs.frontId as string].privateIps).toEqual(["10.0.1.10"]);
    expect(networkInterfaces[outputs.backId as string].attachment).toMatchObject({ deviceIndex: 1 });
  });

  it("keeps the private key out of the state", () => {
    const state = readFileSync(join(lab.dir, "pulumi/.pulumi/stacks/multihome/dev.json"), "utf8");
    const secret = key.privateKey.split("\n")[2];
    expect(state).toContain("command:remote:Command");
    expect(state).not.toContain(secret);
  });

  it("finds nothing to do the second time, asks the host nothing, and a refresh finds nothing changed", async () => {
    const up = await run("up");
    expect([up.changes, up.steps]).toEqual([0, []]);
    expect((await run("refresh")).changes).toBe(0);
    expect(logins()).toBe(1);
  });

  it("shows what somebody changed in the cloud, and puts it right", async () => {
    // By hand, as in the console: the provider is not asked.
    const file = join(lab.dir, "cloud.json");
    const cloud = lab.cloud();
    cloud.networkInterfaces[outputs.backId as string].sourceDestCheck = false;
    execFileSync("tee", [file], { input: JSON.stringify(cloud), stdio: ["pipe", "ignore", "inherit"] });
    expect((await run("refresh")).summary).toMatchObject({ update: 1 });
    const up = await run("up");
    expect(up.steps.map(({ op, name, paths }) => [op, name, paths])).toEqual([
      ["update", "back", ["sourceDestCheck"]],
    ]);
    expect(lab.cloud().networkInterfaces[outputs.backId as string].sourceDestCheck).toBe(true);
  });

  it("adds an address in place, and the preview's diff shows just that", async () => {
    const more = { frontAddresses: ["10.0.1.10", "10.0.1.11"] };
    const preview = await run("preview", more);
    expect(preview.steps.map(({ op, name, paths }) => [op, name, paths])).toEqual([
      ["update", "front", ["privateIpLists[1]"]],
    ]);
    expect(preview.stdout.match(/^.*[+~-] \[?.*10\.0\.1\..*$/gm)).toEqual([
      expect.stringMatching(/\+ \[1\]: "10\.0\.1\.11"/),
    ]);
    expect((await run("up", more)).summary).toMatchObject({ update: 1 });
    expect(lab.cloud().networkInterfaces[outputs.frontId as string].privateIps).toEqual([
      "10.0.1.10",
      "10.0.1.11",
    ]);
  });

  it("replaces an interface whose primary address changes, and what hangs on it", async () => {
    const up = await run("up", { frontAddresses: ["10.0.1.12", "10.0.1.11"] });
    const replaced = up.steps
      .filter(({ op }) => op === "replace")
      .map(({ name, type }) => `${type.split(":").pop()} ${name}`);
    expect(replaced.sort()).toEqual([
      "EipAssociation front",
      "Instance host",
      "NetworkInterface front",
      "NetworkInterfaceAttachment back",
    ]);
    expect(up.outputs.frontId).not.toBe(outputs.frontId);
    expect(up.outputs.said).toBe(`hello from ${up.outputs.instanceId}`);
    outputs = up.outputs;
  });

  it.each([
    [
      ["10.0.1.12", "10.0.1.1"],
      /InvalidParameterValue: Address 10\.0\.1\.1 is in subnet's reserved address range/,
    ],
    [
      ["10.0.1.12", "10.0.9.9"],
      /InvalidParameterValue: Address 10\.0\.9\.9 does not fall within the subnet's address range/,
    ],
    [
      ["10.0.1.12", "10.0.1.13", "10.0.1.14", "10.0.1.15", "10.0.1.16"],
      /PrivateIpAddressLimitExceeded: Number of private addresses will exceed limit\./,
    ],
  ])(
    "raises AWS's error for %j at up, not at preview, and changes nothing",
    async (frontAddresses, message) => {
      const before = lab.cloud().networkInterfaces;
      await run("preview", { frontAddresses });
      await expect(run("up", { frontAddresses })).rejects.toThrow(message);
      expect(lab.cloud().networkInterfaces).toEqual(before);
    },
  );

  it("tells a failed script with command and output, and heals with the next run", async () => {
    const fails = run("up", { frontAddresses: ["10.0.1.12", "10.0.1.11"], script: "echo bad; exit 4 #" });
    await expect(fails).rejects.toThrow(RunError);
    await expect(fails).rejects.toThrow(SCRIPT_FAILED);
    expect(
      (await run("up", { frontAddresses: ["10.0.1.12", "10.0.1.11"], script: "printf %s" })).outputs.said,
    ).toBe(`hello from ${outputs.instanceId}`);
  });

  it("looks up, reads and imports what another stack made", async () => {
    const lookup = (command: "up" | "destroy") =>
      lab.run({
        program: LOOKUP,
        stackName: "lookup",
        command,
        config: { instanceId: outputs.instanceId as string, backId: outputs.backId as string },
      });
    const up = await lookup("up");
    expect(up.steps.map(({ op }) => op)).toContain("import");
    expect(up.outputs).toEqual({
      macAddress: lab.cloud().networkInterfaces[outputs.backId as string].macAddress,
      primaryId: outputs.frontId,
      count: 2,
    });
    expect((await lookup("up")).changes).toBe(0);
    await lookup("destroy");
    expect(lab.cloud().networkInterfaces[outputs.backId as string]).toBeDefined();
  });

  it("works from the shell's environment too, with the providers as plugins on PATH", async () => {
    const args = [
      "refresh",
      "--yes",
      "--skip-preview",
      "--stack",
      "dev",
      "--non-interactive",
      "--color",
      "never",
    ];
    const child = spawnInOperator(NAME, ["pulumi", ...args], {
      env: { ...process.env, ...engineEnvironment(NAME, true) },
      cwd: join(lab.dir, "stacks", "dev"),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (text: Buffer) => (printed += text.toString()));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, printed]).toEqual([0, expect.stringContaining("17 unchanged")]);
    expect(printed).toContain("lab/bin/pulumi-resource-aws");
  });

  it("destroys everything: the cloud is empty, and of the machine only the lab itself is left", async () => {
    expect((await run("destroy")).summary).toEqual({ delete: 17 });
    const {
      vpcs,
      subnets,
      networkInterfaces,
      eips,
      keyPairs,
      instances,
      routeTables,
      securityGroups,
      internetGateways,
    } = lab.cloud();
    expect([
      vpcs,
      subnets,
      networkInterfaces,
      eips,
      keyPairs,
      instances,
      routeTables,
      securityGroups,
      internetGateways,
    ]).toEqual(Array(9).fill({}));
    expect(namespaces().sort()).toEqual([`${NAME}-inet`, `${NAME}-op`]);
  });
});

describeFabric("the lab's command", () => {
  let labs: string;
  beforeAll(() => (labs = mkdtempSync(join(tmpdir(), "lab-command-"))));
  afterAll(() => {
    lab("down", NAME);
    rmSync(labs, { recursive: true, force: true });
  });
  const lab = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", join(__dirname, "../../lab/cli.ts"), ...args], {
      env: { ...process.env, MULTIHOME_LAB_DIR: join(labs, "labs") },
      encoding: "utf8",
    });

  it("removes nothing for what is no lab's name", () => {
    mkdirSync(join(labs, "kept"));
    for (const name of ["..", join(labs, "kept")]) {
      expect(lab("down", name)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^lab: got .*\n$/),
      });
    }
    expect(readdirSync(labs)).toContain("kept");
  });

  it("takes no configuration that is none, and shows none of it", () => {
    const { status, stderr } = lab("run", "up", HOST, "-l", NAME, "-c", "a=b", "secret");
    expect([status, stderr]).toEqual([2, "--config: of 2, number 2 is not key=value\n"]);
  });
});

describeFabric("withLab", () => {
  it("takes the lab down whatever happens inside, and answers what the function answers", async () => {
    await expect(
      withLab(NAME, async (lab) => {
        expect(namespaces()).toContain(lab.operator);
        throw new Error("inside");
      }),
    ).rejects.toThrow("inside");
    expect(namespaces()).toEqual([]);
    expect(await withLab(NAME, async () => 7)).toBe(7);
    expect(namespaces()).toEqual([]);
  });

  it("says which program or lab is not there", async () => {
    await withLab(NAME, async (lab) => {
      await expect(lab.run({ program: "/nowhere", stackName: "dev", command: "up" })).rejects.toThrow(
        'program: got "/nowhere", which is not there',
      );
      await stopLab(NAME);
      await expect(lab.run({ program: HOST, stackName: "dev", command: "up" })).rejects.toThrow(
        `the lab "${NAME}" is not up`,
      );
    });
  });
});
