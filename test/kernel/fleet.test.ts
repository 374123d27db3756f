import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Eni, imds } from "./support/imds";
import { planFleet } from "../../lib/plan/fleet";
import {
  fleetProgramDigest,
  renderFleetProgram,
  renderFleetScript,
  renderFleetUserData,
} from "../../lib/render/cloudInit/fleet";
import { Background, Namespace, Namespaces, describeOnKernel, monitor, sleep } from "./support/netns";
import { ProgramHost, shellNames, shells, skipMissingShells } from "./support/program";

/**
 * A machine of a fleet at its first boot: a metadata service that learns of its second interface bit by bit, in the
 * order in which it has been seen to, and the machine's own kernel.
 */
const SERVICE = "169.254.169.254";
const FRONT = "02:4d:00:00:00:0a";
const BACK = "02:4d:00:00:00:0b";
const fleet = (waitSeconds: number) =>
  planFleet(
    {
      name: "web",
      interfaces: [
        { name: "front", deviceIndex: 0, ipv6: true },
        { name: "back", deviceIndex: 1, ipv6: true },
      ],
      waitSeconds,
    },
    "fe80:ec2::1",
  );
const FLEET = fleet(10);
const front: Eni = {
  mac: FRONT,
  "device-number": "0",
  "local-ipv4s": "10.0.0.20",
  "subnet-ipv4-cidr-block": "10.0.0.0/24",
  ipv6s: "fd00:0:0:aa00::20",
  "subnet-ipv6-cidr-blocks": "fd00:0:0:aa00::/64",
};
const back: Eni = {
  mac: BACK,
  "device-number": "1",
  "local-ipv4s": "10.0.1.20\n10.0.1.21",
  "subnet-ipv4-cidr-block": "10.0.1.0/24",
  ipv6s: "fd00:0:0:aa01::20",
  "subnet-ipv6-cidr-blocks": "fd00:0:0:aa01::/64",
};
const without = (of: Eni, ...keys: string[]): Eni =>
  Object.fromEntries(Object.entries(of).filter(([key]) => !keys.includes(key))) as Eni;

const find = (command: string): string =>
  spawnSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).stdout.trim();
const curl = find("curl");

(curl === "" ? describe.skip : describeOnKernel)("a machine of a fleet", () => {
  let namespaces: Namespaces;
  let cloud: Namespace;
  let host: ProgramHost;
  let began: number;

  beforeEach(() => {
    namespaces = new Namespaces("fleet");
    cloud = namespaces.create("cloud");
    host = new ProgramHost(namespaces.create("host"));
    namespaces.connect([host.namespace, "ens5", FRONT], [cloud, "a"]);
    cloud.batch(4, [`addr add ${SERVICE}/32 dev lo`, "addr add 10.0.0.1/24 dev a"]);
    cloud.batch(6, ["addr add fe80:ec2::1/64 dev a"]);
    host.namespace.batch(4, ["addr add 10.0.0.20/24 dev ens5", "route add default via 10.0.0.1"]);
    host.namespace.batch(6, ["addr add fd00:0:0:aa00::20/128 dev ens5"]);
    fs.mkdirSync(path.join(host.dir, "instance"));
    fs.writeFileSync(path.join(host.dir, "program.sh"), renderFleetProgram(FLEET));
    began = Date.now();
  });
  afterEach(async () => {
    await namespaces.destroy();
    host.destroy();
  });

  const say = (enis: readonly Eni[]): void =>
    fs.writeFileSync(path.join(host.dir, "metadata.json"), JSON.stringify(imds(enis)));
  const serve = async (): Promise<void> => {
    const server = path.join(__dirname, "../../lab/systems/metadata-server.js");
    const started = cloud.start([process.execPath, server, SERVICE, path.join(host.dir, "metadata.json")]);
    await started.until((out) => out.includes("ready"));
  };
  const attach = (): void => {
    namespaces.connect([host.namespace, "ens6", BACK], [cloud, "b"]);
    cloud.batch(4, ["addr add 10.0.1.1/24 dev b"]);
    cloud.batch(6, ["addr add fe80:ec2::1/64 dev b"]);
    host.namespace.batch(4, ["addr add 10.0.1.20/24 dev ens6"]);
    host.namespace.batch(6, ["addr add fd00:0:0:aa01::20/128 dev ens6"]);
    host.namespace.steady();
  };
  const log = (): string => fs.readFileSync(path.join(host.dir, "log"), "utf8");
  const boot = (wait = 10): Background => {
    const text = renderFleetUserData(fleet(wait), `file://${host.dir}/program.sh`);
    fs.writeFileSync(
      path.join(host.dir, "hook"),
      text.replace("/dev/console", path.join(host.dir, "console")),
    );
    const env = {
      ...host.environment(),
      MULTIHOME_LOG: path.join(host.dir, "log"),
      MULTIHOME_INSTANCE_DIR: path.join(host.dir, "instance"),
    };
    return host.namespace.start([...host.shell.argv, path.join(host.dir, "hook")], { env });
  };
  const via = (to: string, from: string): string =>
    /via (\S+)|unreachable/.exec(host.namespace.run(["ip", "route", "get", to, "from", from]).stdout)?.[1] ??
    "nothing";

  describe.each(shellNames())("in %s", (name) => {
    test("waits for what the service does not tell yet, and for the interface, then routes as planned", async () => {
      host.shell = shells(host.dir).find((one) => one.name === name)!;
      if (name === "busybox") fs.symlinkSync(curl, path.join(host.dir, "busybox/curl"));
      // The others show that they can do it at all.
      const pause = (milliseconds: number): Promise<void> => sleep(name === "dash" ? milliseconds : 100);
      // Nobody answers, then nobody knows of the second; then it is taken for the first, without addresses.
      const booted = boot(60);
      await pause(1000);
      say([front]);
      await serve();
      await pause(1500);
      say([front, without({ ...back, "device-number": "0" }, "ipv6s", "subnet-ipv4-cidr-block")]);
      await pause(1500);
      say([front, without({ ...back, "local-ipv4s": "10.0.1.20" }, "ipv6s")]);
      await pause(1200);
      expect(fs.existsSync(host.stateDir)).toBe(false);
      say([front, back]);
      await pause(2500);
      attach();
      const { status } = await booted.end();
      expect([status, log()]).toEqual([0, expect.not.stringContaining("multihome:")]);
      expect(via("192.0.2.1", "10.0.1.20")).toBe("10.0.1.1");
      expect(via("192.0.2.1", "10.0.1.21")).toBe("10.0.1.1");
      expect(via("192.0.2.1", "10.0.0.20")).toBe("10.0.0.1");
      expect(via("2001:db8::1", "fd00:0:0:aa01::20")).toBe("fe80:ec2::1");
      const committed = fs.readFileSync(path.join(host.stateDir, "program.0"), "utf8");
      expect(committed.slice(0, committed.indexOf("\nBODY="))).not.toContain("%");
      expect(host.ok(committed, "verify", "--json")).toContain('"ok":true');
      // The next boot has what is committed, and asks nobody.
      cloud.ip(`addr del ${SERVICE}/32 dev lo`);
      expect((await boot().end()).status).toBe(0);
    }, 90_000);
  });
  test("that runs gets it from a script, the same for all, and a second time nothing is done", async () => {
    say([front, back]);
    attach();
    await serve();
    const script = renderFleetScript(fleet(60));
    const first = host.run(script, "apply", "--json");
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain('"ok":true');
    expect(via("192.0.2.1", "10.0.1.21")).toBe("10.0.1.1");
    const watcher = await monitor(host.namespace);
    expect(host.ok(script, "apply", "--json")).toContain('"ok":true');
    expect(await watcher.stop()).toBe("");
  }, 90_000);

  skipMissingShells();

  test("ends in time, untouched and with the reason, when the service never tells all", async () => {
    say([front, without(back, "ipv6s")]);
    attach();
    await serve();
    const before = host.namespace.ip("rule") + host.namespace.ip("route show table all");
    expect((await boot().end()).status).toBe(1);
    expect(Date.now() - began).toBeLessThan(60_000);
    expect(log()).toMatch(/cannot have its plan: back: it has no IPv6 address yet \(waited 10 s\)/);
    expect(fs.readFileSync(path.join(host.dir, "console"), "utf8")).toMatch(
      /not in force: .*no IPv6 address yet/,
    );
    expect(host.namespace.ip("rule") + host.namespace.ip("route show table all")).toBe(before);
  }, 90_000);

  test("ends in time when nobody answers, and takes no other program for the one meant", async () => {
    expect((await boot().end()).status).toBe(1);
    expect(log()).toMatch(/the metadata service does not answer \(waited 10 s\)/);
    fs.appendFileSync(path.join(host.dir, "program.sh"), "# more\n");
    fs.rmSync(path.join(host.dir, "log"));
    expect((await boot().end()).status).toBe(1);
    expect(log()).toContain(`its SHA-256 is not ${fleetProgramDigest(FLEET)}`);
  }, 90_000);
});
