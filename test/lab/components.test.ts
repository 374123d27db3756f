import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { inNamespace, namespaceOf, sshLogins } from "../../lab/fabric";
import { Lab, RunError, RunResult, Step, startLab, stopLab } from "../../lab/run";
import { describeFabric } from "./support/fabric";

/**
 * The components through the real engine against the lab: what an update changes, and what it costs. One life of one
 * host, told in order; every test goes on where the last one ended.
 */
jest.setTimeout(120_000);

const NAME = "cmp-e2e";
const EDGE = path.join(__dirname, "programs/edge");
const ADOPT = path.join(__dirname, "programs/adopt");
const FRONT = { name: "front", deviceIndex: 0, publicIp: true };
const BACK = { name: "back", deviceIndex: 1, publicIp: true };
const SIDE = { name: "side", deviceIndex: 2 };

describeFabric("a multi-homed host, from its creation to its end", () => {
  const keys = fs.mkdtempSync(path.join(os.tmpdir(), "cmp-keys-"));
  let lab: Lab;
  let secrets: { publicKey: string; privateKey: { secret: string } };
  let made: RunResult;

  beforeAll(async () => {
    const file = path.join(keys, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    secrets = {
      publicKey: fs.readFileSync(`${file}.pub`, "utf8").trim(),
      privateKey: { secret: fs.readFileSync(file, "utf8") },
    };
    await stopLab(NAME);
    lab = await startLab(NAME);
  });
  afterAll(async () => {
    await stopLab(NAME);
    fs.rmSync(keys, { recursive: true });
  });

  const edge = (
    command: "up" | "preview" | "destroy",
    interfaces: object[],
    ami = "ami-0123456789abcdef0",
    replace: string[] = [],
  ) =>
    lab.run({ program: EDGE, stackName: "edge", command, config: { ...secrets, ami, interfaces }, replace });
  const adopt = (command: "up" | "destroy", instanceId: string, more: { name?: string } = {}) =>
    lab.run({
      program: ADOPT,
      stackName: "adopt",
      command,
      config: { privateKey: secrets.privateKey, instanceId, ...more },
    });
  const instance = () => String(made.outputs["instanceId"]);
  const logins = () => sshLogins(NAME, instance(), { labDir: path.dirname(lab.dir) });
  const onHost = (...argv: string[]): string => {
    const [program, ...args] = inNamespace(namespaceOf(NAME, "instance", instance()), argv);
    return spawnSync(program, args, { encoding: "utf8" }).stdout;
  };
  const changed = ({ steps }: RunResult) =>
    steps.map(({ op, type, name }) => `${op} ${type.split(":").pop()} ${name}`);

  test("is made symmetric in one update, over one connection and another that confirms", async () => {
    made = await edge("up", [FRONT, BACK]);
    expect(made.outputs).toMatchObject({
      symmetric: true,
      gatewayBySource: { "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1" },
      report: { failures: [] },
    });
    expect(made.steps.filter(({ type }) => type === "command:remote:Command")).toHaveLength(1);
    expect(logins()).toBe(2);
  });

  test("sends what it sends from an address through that address's gateway", () => {
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.1.10")).toMatch(/via 10\.0\.1\.1 /);
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.10")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("is left alone by an update without a change: no step, no connection", async () => {
    const again = await edge("up", [BACK, FRONT].reverse());
    expect([again.changes, again.steps]).toEqual([0, []]);
    const reordered = await edge("up", [BACK, FRONT]);
    // Only the list that the component was given is another; nothing of the host is.
    expect(changed(reordered).filter((step) => !/MultiHomedHost|SymmetricRoutingPolicy/.test(step))).toEqual(
      [],
    );
    expect(logins()).toBe(2);
  });

  test("shows one more address as the lines of just that address", async () => {
    const preview = await edge("preview", [FRONT, { ...BACK, privateIps: ["10.0.2.11"] }]);
    const program = preview.stdout.slice(preview.stdout.indexOf("stdin"));
    const lines = program
      .split("\n")
      .filter((line) =>
        /^\s*[+-] (address|prefix|interface|route|rule|expect|sysctl|numbers|plan)/.test(line),
      );
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !/10\.0\.2\.1[01]/.test(line))).toEqual([]);
    expect(lines.filter((line) => /10\.0\.1\./.test(line))).toEqual([]);
    expect(preview.stdout).not.toContain("OPENSSH PRIVATE KEY");
  });

  test("gets one more address: two resources changed, two connections", async () => {
    const before = logins();
    const result = await edge("up", [FRONT, { ...BACK, privateIps: ["10.0.2.11"] }]);
    expect(changed(result).filter((step) => !/ (MultiHomedHost|SymmetricRoutingPolicy) /.test(step))).toEqual(
      ["update NetworkInterface edge-back", "update Command edge-routing-apply"],
    );
    expect(result.outputs["gatewayBySource"]).toMatchObject({ "10.0.2.11": "10.0.2.1" });
    expect(result.outputs["symmetric"]).toBe(true);
    expect(logins() - before).toBe(2);
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.11")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("gets one more interface, and the others are not touched", async () => {
    const before = logins();
    const result = await edge("up", [FRONT, BACK, SIDE]);
    const steps = changed(result).filter((step) => !/ (MultiHomedHost|SymmetricRoutingPolicy) /.test(step));
    expect(steps.sort()).toEqual([
      "create NetworkInterface edge-side",
      "create NetworkInterfaceAttachment edge-side",
      "update Command edge-routing-apply",
      "update NetworkInterface edge-back",
    ]);
    expect(result.outputs).toMatchObject({ symmetric: true, gatewayBySource: { "10.0.3.10": "10.0.3.1" } });
    expect(logins() - before).toBe(2);
  });

  test("loses an interface: the policy first, then the interface", async () => {
    const result = await edge("up", [FRONT, BACK]);
    const steps = changed(result);
    expect(steps).toContain("delete NetworkInterface edge-side");
    const at = (step: string) => steps.indexOf(step);
    expect(at("update Command edge-routing-apply")).toBeLessThan(
      at("delete NetworkInterfaceAttachment edge-side"),
    );
    expect(result.outputs["gatewayBySource"]).toEqual({ "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1" });
    expect(onHost("ip", "rule")).not.toContain("10.0.3.10");
  });

  test("fails an update that the host refuses, and is healed by the next one, with no flag", async () => {
    const wanted = [FRONT, { ...BACK, privateIps: ["10.0.2.12"] }];
    const foreign = ["7600", "from", "203.0.113.9", "lookup", "main"];
    const before = onHost("ip", "rule");
    onHost("ip", "rule", "add", "pref", ...foreign);
    await expect(edge("up", wanted)).rejects.toThrow(
      /timeout -k 10 300 sh -s -- deliver --confirm-within 60[^]*multihome: .*7600/,
    );
    onHost("ip", "rule", "del", "pref", ...foreign);
    expect(onHost("ip", "rule")).toBe(before);
    const healed = await edge("up", wanted);
    expect(changed(healed)).toContain("update Command edge-routing-apply");
    expect(healed.outputs).toMatchObject({ symmetric: true, gatewayBySource: { "10.0.2.12": "10.0.2.1" } });
  });

  test.each([
    ["attached anew", "NetworkInterfaceAttachment", 1],
    ["made anew, with another MAC", "NetworkInterface", 3],
  ])("routes by an interface that is %s at the same address", async (_, type, replaced) => {
    const { urn } = made.steps.find(
      (step) => step.name === "edge-back" && step.type.endsWith(`:${type}`),
    ) as Step;
    const wanted = [FRONT, { ...BACK, privateIps: ["10.0.2.12"] }];
    const result = await edge("up", wanted, undefined, [urn]);
    expect(changed(result).filter((step) => step.startsWith("replace "))).toHaveLength(replaced);
    expect(result.outputs["symmetric"]).toBe(true);
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.12")).toMatch(/via 10\.0\.2\.1 /);
  });

  test.each([
    ["dmz", "back"],
    ["back", "dmz"],
  ])("has an interface called %s that was %s by an alias, with nothing of it replaced", async (name, old) => {
    const interfaces = [FRONT, { ...BACK, name, privateIps: ["10.0.2.12"] }];
    const was = { [`edge-${name}`]: `edge-${old}` };
    const result = await lab.run({
      program: EDGE,
      stackName: "edge",
      command: "up",
      config: { ...secrets, ami: "ami-0123456789abcdef0", interfaces, was },
    });
    expect(changed(result).filter((step) => !step.startsWith("update "))).toEqual([]);
    expect(changed(result)).toContain("update Command edge-routing-apply");
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.12")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("fails at the preview when AWS would refuse the change, and nothing is changed", async () => {
    const before = JSON.stringify(lab.cloud());
    const refused = edge("up", [FRONT, { ...BACK, privateIps: ["10.0.1.11", "10.0.2.1"] }]);
    await expect(refused).rejects.toThrow(RunError);
    await expect(refused).rejects.toThrow(
      /interfaces\[1\]\.privateIps\[0\]: 10\.0\.1\.11 is not in the subnet[^]*interfaces\[1\]\.privateIps\[1\]/,
    );
    expect(JSON.stringify(lab.cloud())).toBe(before);
  });

  test("is symmetric again when its instance has been replaced, at the same addresses, with the same host key", async () => {
    const old = instance();
    made = await edge("up", [FRONT, BACK], "ami-0fedcba9876543210");
    expect(instance()).not.toBe(old);
    expect(changed(made)).toEqual(expect.arrayContaining(["update Command edge-routing-apply"]));
    expect(made.outputs["symmetric"]).toBe(true);
    expect(logins()).toBe(2);
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.10")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("is renamed by an alias, and changed by a transform, with nothing of it replaced", async () => {
    const config = { ...secrets, ami: "ami-0fedcba9876543210", interfaces: [FRONT, BACK], renamed: true };
    const result = await lab.run({ program: EDGE, stackName: "edge", command: "up", config });
    const steps = changed(result);
    expect(steps).toContain("update Instance gate");
    expect(steps.filter((step) => !step.startsWith("update "))).toEqual([]);
    expect(result.outputs).toMatchObject({ symmetric: true, instanceId: instance() });
    expect(lab.cloud().instances[instance()].tags).toEqual({ Name: "gate", Owner: "ops" });
  });

  test("can be adopted by another program, which finds all it needs and takes only the routing away again", async () => {
    const adopted = await adopt("up", instance());
    expect(adopted.outputs).toMatchObject({
      symmetric: true,
      gatewayBySource: { "10.0.1.10": "10.0.1.1", "10.0.2.10": "10.0.2.1" },
      interfaces: { back: { privateIp: "10.0.2.10" } },
    });
    expect((await adopt("up", instance())).changes).toBe(0);
    await adopt("destroy", instance());
    expect(onHost("ip", "rule")).not.toContain("10.0.2.10");
    expect(Object.keys(lab.cloud().instances)).toEqual([instance()]);
  });

  test("keeps its routing when what adopted it is renamed without an alias, until that goes as well", async () => {
    const routing = () => [onHost("ip", "rule"), onHost("ip", "route", "show", "table", "all")];
    const clean = routing();
    await adopt("up", instance());
    const symmetric = routing();
    expect(symmetric).not.toEqual(clean);
    const renamed = await adopt("up", instance(), { name: "other" });
    const steps = changed(renamed).filter((step) => step.includes(" Command "));
    // The old goes last, when the new is there.
    expect(steps.indexOf("create Command other-routing-apply")).toBeGreaterThanOrEqual(0);
    expect(steps.indexOf("delete Command adopted-routing-apply")).toBeGreaterThan(
      steps.indexOf("create Command other-routing-apply"),
    );
    expect(routing()).toEqual(symmetric);
    expect((await adopt("up", instance(), { name: "other" })).changes).toBe(0);
    await adopt("destroy", instance(), { name: "other" });
    expect(routing()).toEqual(clean);
  });

  test("is left as it is where an update that was killed is in no state, and as clean by the next one", async () => {
    // What the engine leaves with PULUMI_SKIP_CHECKPOINTS: the state from before.
    const file = path.join(lab.dir, "pulumi/.pulumi/stacks/multihome/adopt.json");
    const killed = async (run: () => Promise<RunResult>): Promise<RunResult> => {
      const before = fs.readFileSync(file);
      const result = await run();
      expect(fs.readFileSync(file)).not.toEqual(before);
      fs.writeFileSync(file, before);
      return result;
    };
    const routing = () => [onHost("ip", "rule"), onHost("ip", "route", "show", "table", "all")];
    const clean = routing();
    await killed(() => adopt("up", instance()));
    const symmetric = routing();
    expect(symmetric).not.toEqual(clean);
    expect(changed(await adopt("up", instance()))).toContain("create Command adopted-routing-apply");
    expect(routing()).toEqual(symmetric);
    await killed(() => adopt("destroy", instance()));
    expect(routing()).toEqual(clean);
    expect(changed(await adopt("destroy", instance()))).toContain("delete Command adopted-routing-apply");
    expect(routing()).toEqual(clean);
  });

  test("goes without being asked to restore anything, though nobody can reach it any more", async () => {
    onHost("ip", "link", "set", "ens5", "down");
    await edge("destroy", [FRONT, BACK]);
    expect(lab.cloud()).toMatchObject({ instances: {}, networkInterfaces: {}, eips: {} });
  });
});
