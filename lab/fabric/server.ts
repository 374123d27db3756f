import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { instanceDirectory, readIfThere, writeWhole } from "./files";
import { HostKeyPair } from "./build/userData";
import { ServerModel } from "./model";
import { onlyOneUser, insideUserNamespace, programPath } from "./privilege";
import { ProcessId, childrenOf, identify, isAlive, kill, sleep } from "./processes";
import { ENVIRONMENT, Runner, inNamespace } from "./run";
import { noGroupsObject } from "./shim";
import { FabricOptions } from "./types";

/** The sshd of an instance, and with it the instance's processes: they live and die with its PID namespace. */

const BOOT = path.join(__dirname, "instance.sh");

/** An sshd answers within this many milliseconds after its start, also on a busy machine. */
const PATIENCE = 20_000;

export class Server {
  private readonly directory: string;

  constructor(
    private readonly instanceId: string,
    lab: string,
    options: FabricOptions,
  ) {
    this.directory = instanceDirectory(lab, instanceId, options);
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }

  /** "ssh-ed25519 AAAA…". Where there is none yet: the given one, or a new one. Once for an instance's life. */
  async hostKey(runner: Runner, given?: HostKeyPair): Promise<string> {
    const publicFile = this.file("ssh_host_ed25519_key.pub");
    if (!fs.existsSync(publicFile)) {
      fs.mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      // The two files are not made at once: one of a key that was never finished is made again.
      const next = this.file(`key.${process.pid}`);
      if (given === undefined) {
        await runner.ok(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", next]);
      } else {
        fs.writeFileSync(next, given.privateKey, { mode: 0o600 });
        fs.writeFileSync(`${next}.pub`, `${given.publicKey}\n`);
      }
      fs.renameSync(next, this.file("ssh_host_ed25519_key"));
      fs.renameSync(`${next}.pub`, publicFile);
    }
    return fs.readFileSync(publicFile, "utf8").trim();
  }

  running(): boolean {
    const recorded = this.recorded();
    return recorded !== undefined && isAlive(recorded);
  }

  /**
   * Starts it and waits until it listens; where a boot hook comes first, only until it has begun, as one may wait for an
   * interface that is attached later. Nothing when it runs.
   */
  async start(model: ServerModel, runner: Runner): Promise<void> {
    await this.hostKey(runner, model.hostKey);
    fs.mkdirSync(this.file("disk"), { recursive: true });
    writeWhole(this.file("authorized_keys"), model.authorizedKeys.map((key) => `${key}\n`).join(""));
    fs.rmSync(this.file("boot-hook"), { force: true });
    if (model.bootHook !== undefined) writeWhole(this.file("boot-hook"), model.bootHook);
    if (onlyOneUser()) this.writeNoGroups();
    const sudoShim = insideUserNamespace() || programPath("sudo") === undefined ? "yes" : "no";
    const isolate = [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "--pid",
      "--fork",
      "--kill-child",
      "--",
    ];
    const boot = ["sh", BOOT, this.directory, programPath("sshd")!, onlyOneUser() ? "yes" : "no", sudoShim];
    const argv = inNamespace(model.namespace, [...isolate, ...boot]);
    const log = fs.openSync(this.file("sshd.log"), "w", 0o600);
    runner.started(argv);
    const child = spawn(argv[0], argv.slice(1), {
      env: ENVIRONMENT,
      detached: true,
      stdio: ["ignore", log, log],
    });
    fs.closeSync(log);
    child.on("error", () => undefined);
    const started = child.pid === undefined ? undefined : identify(child.pid);
    if (started === undefined) throw new Error(`cannot run ${argv.join(" ")}`);
    writeWhole(this.file("process.json"), JSON.stringify(started));
    if (model.bootHook === undefined) await this.listening(started);
    child.unref();
  }

  private writeNoGroups(): void {
    const object = noGroupsObject();
    if (object === undefined) {
      throw new Error(
        `sshd cannot run in a user namespace with one user on ${process.arch}; be root, or allow more users ` +
          "(subuid(5), newuidmap(1), unshare --map-auto)",
      );
    }
    fs.writeFileSync(this.file("nogroups.so"), object);
  }

  private async listening(started: ProcessId): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!this.log().includes("Server listening on")) {
      if (!isAlive(started) || Date.now() > deadline) {
        throw new Error(`the sshd of instance ${this.instanceId} does not listen; it said:\n${this.log()}`);
      }
      await sleep(5);
    }
  }

  /** Kills every process of the instance: with process 1 of a PID namespace the kernel ends all others. */
  async stop(): Promise<void> {
    const recorded = this.recorded();
    if (recorded !== undefined) {
      // First the child: its parent takes note of its death and ends, and nobody is left to be reaped.
      await kill(childrenOf(recorded));
      await kill([recorded]);
    }
    fs.rmSync(this.file("process.json"), { force: true });
  }

  /** Stops it and removes its files. */
  async remove(): Promise<void> {
    await this.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** How many logins it has accepted. */
  logins(): number {
    return this.log().match(/^Accepted /gm)?.length ?? 0;
  }

  private log(): string {
    return readIfThere(this.file("sshd.log")) ?? "";
  }

  private recorded(): ProcessId | undefined {
    const text = readIfThere(this.file("process.json"));
    return text === undefined ? undefined : (JSON.parse(text) as ProcessId);
  }
}
