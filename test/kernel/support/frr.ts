import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Background, Namespace, Outcome, RunOptions, describeOnKernel, killAllIn, sleep } from "./netns";

const INIT = "/usr/lib/frr/frrinit.sh";

export const canFrr = fs.existsSync(INIT) && fs.existsSync("/etc/frr/daemons");

/** `describe` for tests with FRR: skipped, and counted as skipped, without it. */
export const describeWithFrr: jest.Describe = canFrr ? describeOnKernel : describe.skip;

/**
 * A namespace as a machine that has FRR: its own /etc/frr, as the distribution's package makes it, and its own places
 * for sockets and process ids. There is no systemd, whatever the machine has.
 */
export class FrrNamespace extends Namespace {
  private holder: Background | undefined;

  /** @param dir for its files; of the test */
  static async in(namespace: Namespace, dir: string): Promise<FrrNamespace> {
    const made = new FrrNamespace(namespace.name);
    const etc = path.join(dir, `${namespace.name}-frr`);
    spawnSync("cp", ["-a", "/etc/frr", etc]);
    fs.writeFileSync(path.join(etc, "frr.conf"), "# as installed\nlog syslog informational\n");
    const script = `mount --bind "$1" /etc/frr
      for d in /run/frr /var/tmp/frr; do
        mkdir -p $d && mount -t tmpfs -o mode=755 tmpfs $d && chown frr:frr $d || exit
      done
      [ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd
      echo ready; exec sleep 3600`;
    made.holder = namespace.start([
      "unshare",
      "--mount",
      "--propagation",
      "slave",
      "sh",
      "-c",
      script,
      "sh",
      etc,
    ]);
    await made.holder.until((text) => text.includes("ready"));
    return made;
  }

  run(argv: readonly string[], options: RunOptions = {}): Outcome {
    return super.run([...this.enter, ...argv], options);
  }

  start(argv: readonly string[], options: Pick<RunOptions, "env"> = {}): Background {
    return super.start([...this.enter, ...argv], options);
  }

  private get enter(): string[] {
    return this.holder === undefined
      ? []
      : ["nsenter", `--mount=/proc/${this.holder.child.pid}/ns/mnt`, "--"];
  }

  /** Starts FRR with a configuration. */
  frr(config: string, daemons: readonly string[]): void {
    this.write("/etc/frr/frr.conf", `${config}\n`);
    const wanted = [
      ...daemons.map((name) => `s/^${name}=no/${name}=yes/`),
      's/^zebra_options="/&--v6-rr-semantics /',
    ].join(";");
    this.ok("sed", "-i", wanted, "/etc/frr/daemons");
    const { status, stdout, stderr } = this.run(["sh", "-c", `exec ${INIT} start >/dev/null 2>&1`]);
    if (status !== 0) throw new Error(`${this.name}: FRR does not start: ${stdout}${stderr}`);
  }

  write(file: string, text: string): void {
    const { status, stderr } = this.run(["sh", "-c", 'cat >"$1"', "sh", file], { input: text });
    if (status !== 0) throw new Error(`${file}: ${stderr}`);
  }

  /** Commands of FRR's shell, as one session. */
  vtysh(...commands: string[]): string {
    return this.ok("vtysh", ...commands.flatMap((command) => ["-c", command]));
  }

  /** Kills all that runs in it, the daemons among them, which nobody started here. */
  kill(): void {
    killAllIn(this.name);
  }

  async destroy(): Promise<void> {
    this.kill();
    await super.destroy();
  }
}

/** Waits until it is so, at most `seconds`. */
export async function eventually(what: () => string, seconds: number, so: () => boolean): Promise<number> {
  const began = Date.now();
  while (!so()) {
    if (Date.now() - began > 1000 * seconds) throw new Error(`not within ${seconds} s: ${what()}`);
    await sleep(50);
  }
  return Date.now() - began;
}
