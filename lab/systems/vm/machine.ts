import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { sleep } from "../../fabric/processes";
import { ENVIRONMENT, Finished, Runner, inNamespace } from "../../fabric/run";
import { MANAGEMENT, MachineFiles } from "./files";

/** Milliseconds a machine may take until its sshd answers. On an idle processor it takes 20,000. */
const PATIENCE = 240_000;

export interface MachineNic {
  /** Name of a tap device, which must be there. Its other end is the guest's ens5, ens6, ... */
  readonly tap: string;
  readonly mac: string;
}

export interface MachineNetwork {
  /** Network namespace in which the taps are. */
  readonly namespace: string;
  readonly nics: readonly MachineNic[];
  /** Network namespace from which the guest is spoken to, by SSH alone: the gateway of {@link MANAGEMENT}. */
  readonly operator: string;
}

/**
 * The Debian of the lab's guests with a kernel of its own, in QEMU: for what the machine's kernel lacks, such as VRFs.
 * It is emulated, since a /dev/kvm that is there does not always run a stock kernel, and so takes its time: about half a
 * minute to boot, and seconds a command. Its disk lasts as long as it runs, reboots included.
 */
export class Machine {
  private readonly runner = new Runner(undefined);
  private emulator: ChildProcess | undefined;
  private said = "";

  /** @param directory for its console's log and temporary disk; must be there */
  constructor(
    private readonly files: MachineFiles,
    private readonly network: MachineNetwork,
    private readonly directory: string,
  ) {}

  /** Turns it on; milliseconds until its sshd answers. */
  async boot(): Promise<number> {
    const { namespace } = this.network;
    const began = Date.now();
    const [program, ...args] = inNamespace(namespace, ["setpriv", "--pdeathsig", "KILL", ...this.command()]);
    const child = spawn(program, args, {
      env: { ...ENVIRONMENT, TMPDIR: this.directory },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (this.said += data));
    this.emulator = child;
    await this.answers(() => true);
    return Date.now() - began;
  }

  /** Runs a script by the guest's sh, as root, over SSH; any exit status is an answer. */
  async run(script: string, stdin = ""): Promise<Finished> {
    const argv = [...this.ssh, `root@${MANAGEMENT.address}`, script];
    return this.runner.run(inNamespace(this.network.operator, argv), stdin);
  }

  /** Runs a script, which must succeed; its standard output. */
  async sh(script: string, stdin = ""): Promise<string> {
    const { status, stdout, stderr } = await this.run(script, stdin);
    if (status !== 0) throw new Error(`${script}: exit status ${status}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Milliseconds from the order to the moment when it answers again, as another boot. */
  async reboot(): Promise<number> {
    const before = await this.sh(BOOT_ID);
    const began = Date.now();
    await this.run("systemctl reboot --no-block");
    await this.answers((boot) => boot !== before);
    return Date.now() - began;
  }

  /** Pulls the plug. */
  async stop(): Promise<void> {
    const child = this.emulator;
    this.emulator = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  private async answers(is: (boot: string) => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { status, stdout } = await this.run(BOOT_ID);
      if (status === 0 && is(stdout)) return;
      const ended = this.emulator?.exitCode ?? null;
      if (Date.now() > deadline || ended !== null) {
        const console = fs.readFileSync(this.console, "utf8").split("\n").slice(-40).join("\n");
        throw new Error(`the virtual machine does not answer\n${this.said}${console}`);
      }
      await sleep(500);
    }
  }

  private get console(): string {
    return path.join(this.directory, "console.log");
  }

  private get ssh(): string[] {
    const options = ["BatchMode=yes", "ConnectTimeout=20", "LogLevel=ERROR", "IdentitiesOnly=yes"];
    // Its key is that of an image that others have too; the network is ours alone.
    options.push("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null");
    return ["ssh", "-F", "none", "-i", this.files.key, ...options.flatMap((option) => ["-o", option])];
  }

  private command(): string[] {
    const nics = this.network.nics.flatMap(({ tap, mac }, i) => [
      ...["-netdev", `tap,id=${tap},ifname=${tap},script=no,downscript=no`],
      // The slot gives the name: ens5 is in the fifth.
      ...["-device", `virtio-net-pci,netdev=${tap},mac=${mac},addr=0x${(5 + i).toString(16)},romfile=`],
    ]);
    return [
      ...["qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=128", "-cpu", "qemu64,-svm,+rdrand"],
      ...["-machine", "pc", "-smp", "1", "-m", "384", "-nodefaults", "-display", "none", "-monitor", "none"],
      ...["-kernel", this.files.kernel, "-serial", `file:${this.console}`],
      ...["-append", "console=ttyS0 root=/dev/nvme0n1 rw quiet panic=-1 mitigations=off"],
      ...["-drive", `file=${this.files.disk},format=raw,if=none,id=disk,snapshot=on,cache=unsafe`],
      ...["-device", "nvme,drive=disk,serial=disk,addr=0x3"],
      ...nics,
    ];
  }
}

const BOOT_ID = "cat /proc/sys/kernel/random/boot_id";
