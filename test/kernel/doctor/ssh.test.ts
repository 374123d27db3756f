import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Background, Namespace, Namespaces, Outcome, privileged } from "../support/netns";

/**
 * `doctor --host` as people use it: the command on one machine, a real sshd on another that has two interfaces, a host
 * key that is pinned, and OpenSSH between them.
 */

const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const able = privileged && ["sshd", "ssh", "ssh-keygen", "unshare"].every(has);
const describeHere = able ? describe : describe.skip;

const COMMAND = path.join(__dirname, "../../../bin/multihome.js");
const ADDRESS = "10.77.1.10";
const ASTRAY = /The answer goes by eth0 via 10\.77\.1\.1;\s+right would be by eth1 via\s+10\.77\.2\.1\./;

describeHere("doctor over ssh", () => {
  const namespaces = new Namespaces("docssh");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "docssh-"));
  const file = (name: string): string => path.join(folder, name);
  let host: Namespace;
  let operator: Namespace;

  beforeAll(async () => {
    host = namespaces.create("host");
    operator = namespaces.create("operator");
    namespaces.connect([host, "eth0"], [operator, "net1"]);
    namespaces.connect([host, "eth1"], [operator, "net2"]);
    host.batch(4, [
      `addr add ${ADDRESS}/24 dev eth0`,
      "addr add 10.77.2.10/24 dev eth1",
      "route add default via 10.77.1.1 dev eth0",
      "route add default via 10.77.2.1 dev eth1 metric 100",
    ]);
    operator.batch(4, ["addr add 10.77.1.1/24 dev net1", "addr add 10.77.2.1/24 dev net2"]);
    for (const key of ["host", "other", "user"]) {
      const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
      if (made.status !== 0) throw new Error(String(made.stderr));
    }
    fs.copyFileSync(file("user.pub"), file("authorized_keys"));
    fs.writeFileSync(file("shadow"), "root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n", { mode: 0o600 });
    await serve("sshd", ["-p", "22"]);
  }, 60_000);

  afterAll(async () => {
    await namespaces.destroy();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** An sshd of the host, with what it needs of /run and /etc/shadow in a mount namespace of its own. */
  async function serve(name: string, options: readonly string[]): Promise<Background> {
    const config = [
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("authorized_keys")}`,
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "PermitRootLogin prohibit-password",
      `ListenAddress ${ADDRESS}`,
    ];
    fs.writeFileSync(file(name), config.join("\n") + "\n");
    const script = `mount --bind "$1" /etc/shadow && mount -t tmpfs tmpfs /run && mkdir /run/sshd && shift && exec "$@"`;
    const sshd = spawnSync("sh", ["-c", "command -v sshd"], { encoding: "utf8" }).stdout.trim();
    const started = host.start([
      ...["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", file("shadow")],
      ...[sshd, "-D", "-e", "-f", file(name), ...options],
    ]);
    await started.until((_out, errors) => errors.includes("Server listening"));
    return started;
  }

  /** Runs the command on the operator's machine, whose ssh is set up by a configuration, as a person's is. */
  function doctor(
    known: string | undefined,
    options: { port?: number; args?: readonly string[] } = {},
  ): Outcome {
    const { port = 22, args = ["--host", `root@${ADDRESS}`] } = options;
    const pinned =
      known === undefined ? "" : `${hostName(port)} ${fs.readFileSync(file(`${known}.pub`), "utf8")}`;
    fs.writeFileSync(file("known_hosts"), pinned);
    const config = [
      `Host ${ADDRESS}`,
      `  Port ${port}`,
      `  IdentityFile ${file("user")}`,
      "  IdentitiesOnly yes",
      "  IdentityAgent none",
      `  UserKnownHostsFile ${file("known_hosts")}`,
      "  GlobalKnownHostsFile /dev/null",
      "  StrictHostKeyChecking yes",
    ];
    fs.writeFileSync(file("config"), config.join("\n") + "\n");
    fs.mkdirSync(file("bin"), { recursive: true });
    const ssh = spawnSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).stdout.trim();
    fs.writeFileSync(file("bin/ssh"), `#!/bin/sh\nexec ${ssh} -F ${file("config")} "$@"\n`, { mode: 0o755 });
    const env = { PATH: `${file("bin")}:${process.env.PATH ?? ""}` };
    return operator.run([process.execPath, COMMAND, "doctor", ...args], { env, timeout: 100_000 });
  }

  const hostName = (port: number): string => (port === 22 ? ADDRESS : `[${ADDRESS}]:${port}`);

  test("names the flow that goes wrong, and proposes a host that cures it", () => {
    const { status, stdout, stderr } = doctor("host");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toContain("10.77.2.10");
    expect(stdout).toContain("Between hosts beyond the gateways (such as 203.0.113.5) and 10.77.2.10");
    expect(stdout).toContain("The request comes in by eth1, from its gateway, and is accepted.");
    expect(stdout).toMatch(ASTRAY);
    const json = doctor("host", { args: ["--host", `root@${ADDRESS}`, "--json"] });
    const { verdict, cure } = JSON.parse(json.stdout) as {
      verdict: string;
      cure: { spec: { interfaces: { name: string }[] } };
    };
    expect(verdict).toBe("asymmetric");
    expect(cure.spec.interfaces.map(({ name }) => name)).toEqual(["eth0", "eth1"]);
  }, 120_000);

  test("names it no more once the address has its table", () => {
    host.batch(4, [
      "route add 10.77.2.0/24 dev eth1 table 100",
      "route add default via 10.77.2.1 dev eth1 table 100",
      "rule add priority 100 from 10.77.2.10 lookup 100",
    ]);
    try {
      const { status, stdout } = doctor("host");
      // Other flows still go astray; this one no longer does.
      expect(status).toBe(1);
      expect(stdout).not.toMatch(ASTRAY);
    } finally {
      host.batch(4, ["rule del priority 100", "route flush table 100"]);
    }
  }, 120_000);

  test.each([
    [
      "another host key than the pinned one",
      "other",
      {},
      /its host key is not the one that is known. Offending/,
    ],
    ["a host that nobody has pinned", undefined, {}, /its host key is not the one that is known. No ED25519/],
    ["a refused connection", "host", { port: 23 }, /Connection refused/],
  ])(
    "%s ends it with one plain message",
    (_name, known, options, message) => {
      const began = Date.now();
      const { status, stdout, stderr } = doctor(known, options);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^multihome: cannot read root@10\.77\.1\.10: /);
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(Date.now() - began).toBeLessThan(60_000);
    },
    120_000,
  );

  test("a server that takes the connection and says nothing is given up in time", async () => {
    const silent = host.start([
      process.execPath,
      "-e",
      `require("net").createServer(() => undefined).listen(2222, "${ADDRESS}", () => console.log("up"))`,
    ]);
    await silent.until((out) => out.includes("up"), 30_000);
    const began = Date.now();
    const { status, stdout, stderr } = doctor("host", { port: 2222 });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/timed out/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(Date.now() - began).toBeLessThan(60_000);
    await silent.stop("SIGKILL");
  }, 120_000);

  test("an sshd that hangs after the login is given up in time", async () => {
    const sshd = await serve("hanging", ["-p", "2223", "-o", "ForceCommand=exec sleep 300"]);
    const began = Date.now();
    const { status, stdout, stderr } = doctor("host", { port: 2223 });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("it said nothing for 30 s");
    expect(Date.now() - began).toBeLessThan(60_000);
    await sshd.stop("SIGKILL");
  }, 120_000);
});
