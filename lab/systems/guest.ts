import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { childrenOf, identify, kill, processesIn, sleep } from "../fabric/processes";
import { ENVIRONMENT, Finished, Runner } from "../fabric/run";
import { readIfThere } from "../fabric/files";
import { namespacePath } from "../fabric/names";
import { removeControlGroup } from "./controlGroup";
import { Init } from "./init";
import { labName } from "./names";
import { Network } from "./network";
import { Nic } from "./nic";

/** Milliseconds a guest may take to boot. On an idle machine it takes 1,500. */
const PATIENCE = 60_000;
/** How nspawn ends when the guest has asked for a reboot. */
const REBOOT = 133;

/** Files of the guest's disk: path to content, to a text that is root's alone, or to what it links to. */
export type Files = Readonly<
  Record<string, string | Uint8Array | { readonly secret: string } | { readonly link: string }>
>;

/**
 * A real Debian, with systemd unless its disk says otherwise, in systemd-nspawn. It shares the machine's kernel, and has all else of its own: disk,
 * network, udev, daemons. A reboot gives it a new network, as on a machine: nothing of the kernel's state stays.
 */
export class Guest {
  readonly name: string;
  /** Its network namespace, in which programs of the machine can run as well. */
  readonly namespace: string;
  private readonly nics: Nic[] = [];
  private readonly runner = new Runner(undefined);
  private container: ChildProcess | undefined;
  private leader: number | undefined;
  private booted = 0;
  private console = "";

  /** @param directory for its disk; made, and removed with the guest */
  constructor(
    name: string,
    private readonly network: Network,
    private readonly image: string,
    private readonly directory: string,
    private readonly init: Init,
  ) {
    this.name = name;
    this.namespace = labName(name);
  }

  /** Writes to the disk. The guest must be off: while it runs, its overlay does not see it. */
  write(files: Files): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.disk, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (typeof content === "string" || content instanceof Uint8Array) fs.writeFileSync(file, content);
      else if ("secret" in content) fs.writeFileSync(file, content.secret, { mode: 0o600 });
      else fs.symlinkSync(content.link, file);
    }
  }

  /** Turns it on with these interfaces; until it has booted. */
  async boot(nics: readonly Nic[]): Promise<void> {
    this.nics.push(...nics);
    await this.start();
    await this.up(1);
  }

  /** Milliseconds from the order to the moment when all is up again. */
  async reboot(): Promise<number> {
    const before = this.booted;
    const began = Date.now();
    await this.exec(this.init.reboot);
    await this.up(before + 1);
    return Date.now() - began;
  }

  /** Turns it off as a power cut does. `boot([])` turns it on again, with its disk and interfaces. */
  async cut(): Promise<void> {
    this.container = this.leader = undefined;
    await removeControlGroup(this.namespace);
    await this.removeNetwork();
  }

  /** Runs a program in the guest, as root and not over its network; any exit status is an answer. */
  async exec(argv: readonly string[], stdin = ""): Promise<Finished> {
    return this.runner.run(this.inside(argv), stdin);
  }

  /** Runs a script by the guest's sh, which must succeed; its standard output. */
  async sh(script: string, stdin = ""): Promise<string> {
    const { status, stdout, stderr } = await this.exec(["sh", "-c", script], stdin);
    if (status !== 0) throw new Error(`${this.name}: ${script}: exit status ${status}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Adds an interface while it runs. */
  async plug(nic: Nic): Promise<void> {
    this.nics.push(nic);
    await this.network.plug(nic, this.namespace, this.port(nic));
  }

  async unplug(nic: Nic): Promise<void> {
    this.nics.splice(this.nics.indexOf(nic), 1);
    await this.network.unplug(this.port(nic));
  }

  /** Takes the carrier of an interface away, and gives it back after some milliseconds. */
  async flap(nic: Nic, milliseconds: number): Promise<void> {
    const set = (state: string): Promise<string> =>
      this.network.ok(["ip", "link", "set", this.port(nic), state]);
    await set("down");
    await sleep(milliseconds);
    await set("up");
  }

  /** Waits until every interface has its addresses, both families; milliseconds. */
  async addressed(timeout = 20_000): Promise<number> {
    const began = Date.now();
    for (;;) {
      const missing = await this.unaddressed();
      if (missing.length === 0) return Date.now() - began;
      if (Date.now() - began > timeout) {
        const said = await this.journal("-n", "60", "-u", "systemd-networkd", "-u", "NetworkManager");
        throw new Error(`${this.name} lacks ${missing.join(", ")}\n${said}\n${this.network.dhcpLog(60)}`);
      }
      await sleep(20);
    }
  }

  /** The addresses that its interfaces should have and have not, each as "DEVICE ADDRESS". */
  async unaddressed(): Promise<string[]> {
    const { stdout } = await this.exec(["ip", "-o", "addr", "show", "-tentative"]);
    const there = stdout.split("\n").map((line) => line.split(/\s+/));
    return this.nics.flatMap((nic) =>
      [nic.ipv4, nic.ipv6]
        .filter(
          (a) => !there.some(([, device, , text]) => device === nic.device && text?.split("/")[0] === a),
        )
        .map((a) => `${nic.device} ${a}`),
    );
  }

  /** What the machine calls a process that the guest calls so. */
  processId(inside: number): number {
    const found = fs
      .readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .find((pid) => {
        const ids = /^NSpid:\t(.*)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? "")?.[1].split("\t") ?? [];
        const groups = readIfThere(`/proc/${pid}/cgroup`) ?? "";
        return ids[1] === String(inside) && groups.includes(`/${this.namespace}/`);
      });
    if (found === undefined) throw new Error(`${this.name} has no process ${inside}`);
    return Number(found);
  }

  /** The cloud's end of an interface, as in {@link Network.wrong}. */
  port(nic: Nic): string {
    return `${this.name}${nic.index}`;
  }

  /** All that its system has said since it was made. */
  async journal(...args: string[]): Promise<string> {
    return (await this.exec(["journalctl", "--no-pager", "-o", "short-precise", ...args])).stdout;
  }

  async destroy(): Promise<void> {
    await this.cut();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private get disk(): string {
    return path.join(this.directory, "disk");
  }

  private async start(): Promise<void> {
    await this.runner.ok(["ip", "netns", "add", this.namespace]);
    for (const nic of this.nics) await this.network.plug(nic, this.namespace, this.port(nic));
    const [program, ...args] = [
      ...["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"],
      ...["sh", path.join(__dirname, "nspawn.sh"), this.namespace, this.image, this.directory],
    ];
    const child = spawn(program, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (this.console += data));
    child.on("close", (status) => void this.ended(child, status));
    this.container = child;
    this.booted++;
  }

  /** A reboot: the kernel's state goes with the namespace. */
  private async ended(child: ChildProcess, status: number | null): Promise<void> {
    if (child !== this.container) return;
    this.container = this.leader = undefined;
    if (status !== REBOOT) return;
    await removeControlGroup(this.namespace);
    await this.removeNetwork();
    await this.start();
  }

  /** The interfaces first: the kernel takes its time over those that end with their namespace. */
  private async removeNetwork(): Promise<void> {
    const file = namespacePath(this.namespace);
    if (!fs.existsSync(file)) return;
    // Programs of the machine.
    await kill(processesIn(new Set([fs.statSync(file).ino])));
    for (const nic of this.nics) await this.network.unplug(this.port(nic));
    await this.runner.run(["ip", "netns", "del", this.namespace]);
  }

  private async up(boot: number): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      if (Date.now() > deadline) throw new Error(`${this.name} does not boot\n${this.console}`);
      if (this.booted >= boot && this.findLeader()) {
        const { status } = await this.exec(this.init.isUp);
        if (status === 0) return;
      }
      await sleep(20);
    }
  }

  /** The guest's first process: the child of nspawn that is number 1 in a PID namespace. */
  private findLeader(): boolean {
    if (this.leader !== undefined) return true;
    const parent = this.container?.pid === undefined ? undefined : identify(this.container.pid);
    if (parent === undefined) return false;
    this.leader = childrenOf(parent)
      .map(({ pid }) => pid)
      .find((pid) => /^NSpid:\t\d+\t1$/m.test(readIfThere(`/proc/${pid}/status`) ?? ""));
    return this.leader !== undefined;
  }

  private inside(argv: readonly string[]): string[] {
    if (!this.findLeader()) throw new Error(`${this.name} is off`);
    const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    return [
      ...[
        "nsenter",
        `--target=${this.leader}`,
        "--mount",
        "--uts",
        "--ipc",
        "--net",
        "--pid",
        "--root",
        "--wd",
      ],
      ...["--", "env", "-i", path, "LC_ALL=C", "HOME=/root", ...argv],
    ];
  }
}
