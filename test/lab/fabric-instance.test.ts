import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  addContainer,
  inNamespace,
  inUserNamespace,
  instanceFiles,
  realize,
  sshLogins,
} from "../../lab/fabric";
import { sleep } from "../../lab/fabric/processes";
import {
  TestLab,
  describeFabric,
  namespacesLike,
  processesLike,
  realizeScript,
  runnable,
  usernsAllowed,
} from "./support/fabric";

jest.setTimeout(60_000);

describeFabric("an instance", () => {
  const lab = new TestLab("e");
  const key = path.join(lab.directory, "key");
  const knownHosts = path.join(lab.directory, "known_hosts");
  const ssh = (command: string, ...options: string[]) => {
    const host = "root@198.51.100.10";
    const strict = [
      "-o",
      "BatchMode=yes",
      "-o",
      `UserKnownHostsFile=${knownHosts}`,
      "-o",
      "ConnectTimeout=5",
    ];
    const argv = ["ssh", "-F", "none", "-i", key, ...strict, ...options, host, command];
    const [program, ...args] = inNamespace(lab.at("op"), argv);
    return spawnSync(program, args, { encoding: "utf8" });
  };
  let hostKey = "";
  beforeAll(async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    lab.world.twoEnis("admin").keyPair("admin", fs.readFileSync(`${key}.pub`, "utf8").trim());
    const { hostPublicKeys } = await realize(lab.world.cloud, lab.options);
    hostKey = hostPublicKeys["i-0a"];
    fs.writeFileSync(knownHosts, `198.51.100.10 ${hostKey}\n`);
  });
  afterAll(() => lab.tearDown());

  it("is reached by ssh from the operator's machine, has the host key that was told, and counts logins", () => {
    expect(hostKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]+$/);
    const before = sshLogins(lab.name, "i-0a", lab.options);
    expect(ssh("id -u; sudo -n id -u; cat /proc/sys/kernel/ostype")).toMatchObject({
      status: 0,
      stdout: "0\n0\nLinux\n",
    });
    expect(sshLogins(lab.name, "i-0a", lab.options)).toBe(before + 1);
  });

  it("lets nobody in without its key pair", () => {
    const other = path.join(lab.directory, "other");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
    const [program, ...args] = inNamespace(lab.at("op"), [
      ...["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", `UserKnownHostsFile=${knownHosts}`],
      ...["-o", "IdentitiesOnly=yes", "-i", other, "root@198.51.100.10", "true"],
    ]);
    expect(spawnSync(program, args, { encoding: "utf8" }).stderr).toContain("Permission denied (publickey)");
  });

  it("has files of its own: nothing it writes is on the machine or on another instance", () => {
    const files = [
      "/etc/lab-test",
      "/var/lib/multihome/lab-test",
      "/run/lab-test",
      "/root/lab-test",
      "/tmp/lab-test",
    ];
    expect(ssh(`for f in ${files.join(" ")}; do echo x > $f || exit 1; done`).status).toBe(0);
    expect(ssh(`cat ${files.join(" ")}`).stdout).toBe("x\n".repeat(files.length));
    expect(files.filter((file) => fs.existsSync(file))).toEqual([]);
  });

  it("sees its own processes and devices alone", () => {
    expect(ssh("ls /sys/class/net").stdout.split("\n").filter(Boolean)).toEqual(["ens5", "ens6", "lo"]);
    expect(Number(ssh("ls -d /proc/[0-9]* | wc -l").stdout)).toBeLessThan(12);
  });

  it("is up again after its sshd has died", async () => {
    const files = instanceFiles(lab.name, "i-0a", lab.options);
    const { pid } = JSON.parse(fs.readFileSync(path.join(files, "process.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    while (processesLike(files).length > 0) await sleep(10);
    expect(await lab.realize()).toBe(1);
    expect(ssh("true").status).toBe(0);
  });

  it("has the kernel execute its boot hook, as cloud-init does: without #! it fails", async () => {
    const said = () =>
      fs.readFileSync(path.join(instanceFiles(lab.name, "i-0b", lab.options), "sshd.log"), "utf8");
    const booted = async (hook: string): Promise<string> => {
      lab.world.instance("i-0b", "eni-0c");
      lab.world.cloud.instances["i-0b"].userData = `#cloud-boothook\n${hook}`;
      await lab.realize();
      for (let i = 0; i < 1000 && !said().includes("Server listening"); i++) await sleep(20);
      const text = said();
      delete lab.world.cloud.instances["i-0b"];
      await lab.realize();
      return text;
    };
    expect(await booted("#!/bin/sh\necho hooked\n")).toMatch(/^hooked$/m);
    expect(await booted("echo hooked\n")).toMatch(/^the boot hook has failed: exec format error/m);
  });

  it("ends with all its processes when it is terminated, and leaves no file", async () => {
    const survivor = `lab-test-survivor-${process.pid}`;
    ssh(`sh -c 'while :; do sleep 60; done # ${survivor}' > /dev/null 2>&1 &`);
    expect(processesLike(survivor)).not.toEqual([]);
    await addContainer(lab.name, "i-0a", lab.options);
    delete lab.world.cloud.instances["i-0a"];
    for (const id of ["eni-0a", "eni-0b"]) delete lab.world.cloud.networkInterfaces[id].attachment;
    await lab.realize();
    expect(processesLike(survivor)).toEqual([]);
    expect(namespacesLike(`${lab.name}-i-0a`)).toEqual([]);
    expect(fs.existsSync(instanceFiles(lab.name, "i-0a", lab.options))).toBe(false);
  });
});

(runnable && usernsAllowed ? describe : describe.skip)("without privilege, in a user namespace", () => {
  it("a lab comes up, its sshd lets the operator in, and nothing of it is seen outside", () => {
    const lab = new TestLab("u");
    const key = path.join(lab.directory, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    lab.world.twoEnis("admin").keyPair("admin", fs.readFileSync(`${key}.pub`, "utf8").trim());
    const cloudFile = path.join(lab.directory, "cloud.json");
    fs.writeFileSync(cloudFile, JSON.stringify(lab.world.cloud));
    const options = "-F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
    const script = `set -e
      "$1" --import tsx "$2" "$3" "$4" > /dev/null
      ls /run/netns | wc -l
      exec nsenter --net="/run/netns/$5" ssh ${options} -i "$6" root@198.51.100.10 'sudo -n ip -br link show ens6'`;
    const args = [process.execPath, realizeScript, cloudFile, lab.options.labDir!, lab.at("op"), key];
    const [program, ...rest] = inUserNamespace(["sh", "-c", script, "sh", ...args]);
    const { stdout, stderr } = spawnSync(program, rest, { encoding: "utf8" });
    // Its instances outlive the shell, as they should; their namespaces end with them.
    spawnSync("kill", ["-KILL", ...processesLike(lab.directory).map(String)]);
    fs.rmSync(lab.directory, { recursive: true, force: true });
    expect({ stdout, stderr }).toMatchObject({
      stdout: expect.stringMatching(/^8\nens6@.* UP .*02:00:00:00:00:02/),
    });
    expect(namespacesLike(`${lab.name}-`)).toEqual([]);
  });
});
