import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { capabilitiesOf } from "../../../lib/render/persistence/capabilities";
import { Namespace, Outcome } from "./netns";

/** A host that programs are run on: a namespace, and directories of its own for their state. */
export class ProgramHost {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  /** Added to the environment of every run. */
  env: Record<string, string> = {};
  shell: Shell = DASH;

  constructor(readonly namespace: Namespace) {}

  /** Another directory for the state than the one beside the others. */
  state: string | undefined;

  get stateDir(): string {
    return this.state ?? path.join(this.dir, "state");
  }

  get runDir(): string {
    return path.join(this.dir, "run");
  }

  /** Runs a program's text as a file: `host.run(program, "apply")`. */
  run(program: string, ...args: string[]): Outcome {
    const file = path.join(this.dir, "program");
    fs.writeFileSync(file, program);
    return this.namespace.run([...this.shell.argv, file, ...args], { env: this.environment() });
  }

  /** Runs it with the text on standard input, as it is delivered over SSH. */
  pipe(program: string, ...args: string[]): Outcome {
    const argv = [...this.shell.argv, "-s", "--", ...args];
    return this.namespace.run(argv, { env: this.environment(), input: program });
  }

  /** Runs it; it must exit with 0 and say nothing on standard error. */
  ok(program: string, ...args: string[]): string {
    const { status, stdout, stderr } = this.run(program, ...args);
    if (status !== 0 || stderr !== "") {
      throw new Error(`${args.join(" ")}: exit ${status}\n${stderr}${stdout}`);
    }
    return stdout;
  }

  environment(): Record<string, string> {
    return {
      MULTIHOME_STATE_DIR: this.stateDir,
      MULTIHOME_RUN_DIR: this.runDir,
      MULTIHOME_WAIT: "0",
      ...this.env,
    };
  }

  destroy(): void {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A shell, as the start of a command line. */
export interface Shell {
  readonly name: string;
  readonly argv: readonly string[];
}

/** A shell that is able to do what a plan's units are, and nothing else. */
export function unitShell(spec: HostSpec): Shell {
  return shellAble(capabilitiesOf(planHost(spec)));
}

/** A shell with these capabilities(7) alone. */
export function shellAble(capabilities: readonly string[]): Shell {
  const set = ["-all", ...capabilities.map((name) => name.replace("CAP_", "+").toLowerCase())].join(",");
  return { name: "dash", argv: ["setpriv", "--bounding-set", set, "--no-new-privs", "dash"] };
}

export const DASH: Shell = { name: "dash", argv: ["dash"] };

/** What runs the program on hosts of today: Debian's, Amazon Linux's and Fedora's; busybox is Alpine's. */
const SHELLS = [
  { name: "dash", awk: "mawk" },
  { name: "bash", awk: "gawk" },
] as const;

/** dash, bash, and busybox ash, each with the awk that systems have beside it: those of them that the machine has. */
export function shells(dir: string): Shell[] {
  const all: Shell[] = SHELLS.filter(isUsable).map(({ name, awk }) => ({
    name,
    argv: ["env", `PATH=${awkAs(dir, awk)}:${process.env.PATH}`, name],
  }));
  if (canBusybox()) {
    all.push({ name: "busybox", argv: ["env", `PATH=${busyboxTools(dir)}`, "busybox", "sh"] });
  }
  return all;
}

/** The names of {@link shells}, which needs a directory. */
export function shellNames(): string[] {
  return [...SHELLS.filter(isUsable).map(({ name }) => name), ...(canBusybox() ? ["busybox"] : [])];
}

/** Counts as skipped what {@link shells} leaves out, so that nobody takes it for passed. */
export function skipMissingShells(): void {
  for (const { name, awk } of SHELLS.filter((one) => !isUsable(one)))
    test.skip(`under ${name} with ${awk}, which is not installed`, () => undefined);
  if (!canBusybox()) {
    test.skip("under busybox, which is not installed, or runs an ip of its own as busybox-static does", () =>
      undefined);
  }
}

const isUsable = ({ name, awk }: (typeof SHELLS)[number]): boolean => onMachine(name) && onMachine(awk);
const onMachine = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;

/** One that is made to stand alone, as Debian's busybox-static, would run its own ip. */
function canBusybox(): boolean {
  return onMachine("busybox") && spawnSync("busybox", ["sh", "-c", "ip -V"]).stdout.includes("iproute2");
}

/** Where a tool is, also one that is for root. */
export const which = (name: string): string =>
  spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`], {
    encoding: "utf8",
  }).stdout.trim();

/** A directory in which awk is this one. */
function awkAs(dir: string, awk: string): string {
  const tools = path.join(dir, awk);
  fs.mkdirSync(tools, { recursive: true });
  fs.symlinkSync(which(awk), path.join(tools, "awk"));
  return tools;
}

/** A directory in which every tool but `ip` is busybox's. */
function busyboxTools(dir: string): string {
  const tools = path.join(dir, "busybox");
  fs.mkdirSync(tools, { recursive: true });
  const busybox = which("busybox");
  const applets = spawnSync(busybox, ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
  for (const applet of applets) {
    if (applet !== "ip" && applet !== "busybox") fs.symlinkSync(busybox, path.join(tools, applet));
  }
  fs.symlinkSync(which("ip"), path.join(tools, "ip"));
  fs.symlinkSync(busybox, path.join(tools, "busybox"));
  return tools;
}

export function program(spec: HostSpec): string {
  return renderProgram(planHost(spec));
}
