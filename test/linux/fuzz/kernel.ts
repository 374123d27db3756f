import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dumps, LinuxState, RoutingError, readDumps } from "../../../lib/linux";
import { Namespace } from "../../kernel/support/netns";

/**
 * Two network namespaces: the host under test, and the far ends of its links, so that carriers can be taken away
 * without more devices in the host.
 */
export class KernelHost {
  readonly name: string;
  readonly far: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "lnx-"));
  private static serial = 0;

  constructor(devices: readonly string[]) {
    this.name = `lnx-${process.pid}-${KernelHost.serial++}`;
    this.far = `${this.name}-far`;
    for (const name of [this.name, this.far]) run("ip", ["netns", "add", name]);
    this.batch(
      [
        "link set lo up",
        ...devices.map((device) => `link add ${device} type veth peer name ${device} netns ${this.far}`),
        // Link-local addresses made by the kernel come late; the scenarios give their own.
        ...devices.map((device) => `link set ${device} addrgenmode none`),
        ...devices.map((device) => `link set ${device} up`),
      ].join("\n"),
    );
    run("ip", ["-n", this.far, "-batch", "-"], devices.map((device) => `link set ${device} up`).join("\n"));
  }

  /** Whether namespaces can be made here. */
  static available(): boolean {
    const name = `lnx-${process.pid}-probe`;
    if (spawnSync("ip", ["netns", "add", name]).status !== 0) return false;
    const works = spawnSync("ip", ["-n", name, "link", "set", "lo", "up"]).status === 0;
    spawnSync("ip", ["netns", "del", name]);
    return works;
  }

  close(): void {
    for (const name of [this.name, this.far]) spawnSync("ip", ["netns", "del", name]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs commands of ip(8), a line each, and goes on after failures, which are returned by line number. */
  batch(text: string, options: readonly string[] = []): Map<number, string> {
    const file = join(this.folder, "batch");
    writeFileSync(file, text + "\n");
    const result = spawnSync("ip", ["-n", this.name, ...options, "-force", "-batch", file], BUFFER);
    return failures(file, result.stderr);
  }

  sysctls(values: readonly (readonly [path: string, value: number])[]): void {
    const script = values.map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`).join("\n");
    run("ip", ["netns", "exec", this.name, "sh"], script);
  }

  carrier(device: string, on: boolean): void {
    run("ip", ["-n", this.far, "link", "set", device, on ? "up" : "down"]);
  }

  /** Runs a command inside; for real packets. */
  exec(command: readonly string[], input?: string): string {
    return run("ip", ["netns", "exec", this.name, ...command], input);
  }

  dump(): Dumps {
    const ip = (...args: string[]): string => run("ip", ["-n", this.name, "-N", "-j", "-d", ...args]);
    return {
      link: ip("link"),
      addr: ip("addr"),
      rule4: ip("-4", "rule"),
      rule6: ip("-6", "rule"),
      route4: ip("-4", "route", "show", "table", "all"),
      route6: ip("-6", "route", "show", "table", "all"),
      sysctl: run("ip", [
        "netns",
        "exec",
        this.name,
        "sh",
        "-c",
        "cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf; true",
      ]),
    };
  }

  /** Once the kernel is done with what was changed before. */
  state(): LinuxState {
    new Namespace(this.name).steady();
    return readDumps(this.dump());
  }

  /** Asks `ip route get` for each line of arguments. */
  ask(family: 4 | 6, lines: readonly string[]): KernelAnswer[] {
    const file = join(this.folder, "queries");
    writeFileSync(file, lines.map((line) => `route get ${line}\n`).join(""));
    const result = spawnSync(
      "ip",
      ["-n", this.name, `-${family}`, "-N", "-j", "-force", "-batch", file],
      BUFFER,
    );
    const errors = failures(file, result.stderr);
    const answers = result.stdout.split("\n").filter((line) => line.startsWith("["));
    let next = 0;
    return lines.map((_line, i): KernelAnswer => {
      const error = errors.get(i + 1);
      if (error !== undefined) return { error: errorName(error) };
      return { route: (JSON.parse(answers[next++]) as KernelRoute[])[0] };
    });
  }

  readText(path: string): string {
    return readFileSync(path, "utf8");
  }
}

const BUFFER = { encoding: "utf8", maxBuffer: 1 << 30 } as const;

export interface KernelRoute {
  type?: string;
  dst: string;
  gateway?: string;
  via?: { host: string };
  dev: string;
  table?: string;
  prefsrc?: string;
  metric?: number;
}

export interface KernelAnswer {
  error?: RoutingError | string;
  route?: KernelRoute;
}

const ERRORS: readonly (readonly [text: string, name: RoutingError])[] = [
  ["Network is unreachable", "ENETUNREACH"],
  ["No route to host", "EHOSTUNREACH"],
  ["Permission denied", "EACCES"],
  ["Invalid argument", "EINVAL"],
  ["Invalid cross-device link", "EXDEV"],
  ["No such device", "ENODEV"],
];

function errorName(text: string): string {
  return ERRORS.find(([message]) => text.includes(message))?.[1] ?? text;
}

function failures(file: string, stderr: string): Map<number, string> {
  const found = new Map<number, string>();
  let before: string[] = [];
  for (const line of stderr.split("\n")) {
    if (line.startsWith(`Command failed ${file}:`)) {
      found.set(Number(line.slice(line.lastIndexOf(":") + 1)), before.join(" "));
      before = [];
    } else before.push(line);
  }
  return found;
}

function run(command: string, args: readonly string[], input?: string): string {
  const result = spawnSync(command, args, { ...BUFFER, input });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}
