import { ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";

/**
 * Network namespaces for tests on the real kernel. Every name carries a prefix and the id of the process that made
 * it, so that runs side by side do not meet, and what a killed run left behind is known and swept by the next.
 */

const NETNS_DIR = "/run/netns";
/** See ip-netns(8). */
const FILES_DIR = "/etc/netns";

/**
 * Fails when the kernel has yet to take note of a carrier that came or went, upon which a link gets its link-local address,
 * and bridges and routes take it for usable; or to finish an address of IPv6, which ends with its route in table local:
 * also an address that is never tentative gets that a moment later. Input: links, addresses, local routes.
 */
const PENDING = `
  $2 ~ /:$/ {
    carrier = $3 ~ /[<,]LOWER_UP[,>]/
    name = $2
    sub(/(@.*)?:$/, "", name)
    if (carrier) up[name] = 1
    # Of a loopback or dummy it never says more.
    if ($3 ~ /[<,](LOOPBACK|NOARP)[,>]/) next
    if ($3 ~ /[<,]UP[,>]/ && carrier != / state UP /) late = 1
  }
  $3 == "inet6" && up[$2] && !/ dadfailed / {
    sub(/\\/.*/, "", $4)
    if (/ tentative /) late = 1
    else wanted[$4 " " $2] = 1
  }
  $1 == "local" { delete wanted[$2 " " $4] }
  END {
    for (one in wanted) late = 1
    exit late
  }`;

export interface Outcome {
  /** Exit status; 128 + n when killed by signal n, as in a shell. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; default 60,000. */
  readonly timeout?: number;
}

/** One network namespace. Only the network is separate: files and processes are those of the test. */
export class Namespace {
  private readonly background: Background[] = [];

  constructor(readonly name: string) {}

  get path(): string {
    return `${NETNS_DIR}/${this.name}`;
  }

  /** Runs a program in the namespace; any outcome is an answer. */
  run(argv: readonly string[], options: RunOptions = {}): Outcome {
    return spawnIn(this.path, argv, options);
  }

  /** Runs a program that must succeed; its standard output. */
  ok(...argv: string[]): string {
    const { status, stdout, stderr } = this.run(argv);
    if (status !== 0) throw new Error(`${argv.join(" ")}: exit ${status}\n${stderr}${stdout}`);
    return stdout;
  }

  /** `ip` with arguments separated by blanks, which must succeed: `ns.ip("link set eth0 up")`. */
  ip(command: string): string {
    return this.ok("ip", ...command.trim().split(/\s+/));
  }

  /** Many `ip` commands in one process; stops at the first that fails. A batch is of one family. */
  batch(family: 4 | 6, lines: readonly string[]): void {
    const { status, stderr } = this.run(["ip", `-${family}`, "-batch", "-"], {
      input: lines.join("\n") + "\n",
    });
    if (status !== 0) throw new Error(`ip -${family} -batch: exit ${status}\n${stderr}`);
  }

  /** Values below /proc/sys, by path: `ns.sysctl("net/ipv4/ip_forward", "1")`; without a value, reads. */
  sysctl(key: string, value?: string): string {
    if (value === undefined) return this.ok("cat", `/proc/sys/${key}`).trim();
    this.ok("sh", "-c", `printf '%s\\n' "$2" > "/proc/sys/$1"`, "sh", key, value);
    return value;
  }

  /** Waits until the kernel has done what it does in its own time about links and addresses. */
  steady(): void {
    const wait = `
      for i in $(seq 200); do
        { ip -o link; ip -6 -o addr show up; ip -6 -o route show table all type local; } | awk "$1" && exit 0
        sleep 0.05
      done
      echo "it does not become steady" >&2
      exit 1`;
    this.ok("sh", "-c", wait, "sh", PENDING);
  }

  /** Starts a program; it is killed when the namespace is destroyed. */
  start(argv: readonly string[], options: Pick<RunOptions, "env"> = {}): Background {
    const child = spawn("nsenter", [`--net=${this.path}`, "--", ...argv], {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const started = new Background(child);
    this.background.push(started);
    return started;
  }

  /** Kills what was started here and deletes the namespace. */
  async destroy(): Promise<void> {
    await Promise.all(this.background.map((one) => one.stop("SIGKILL")));
    spawnSync("ip", ["netns", "del", this.name]);
  }
}

/** A program that runs while the test goes on. */
export class Background {
  stdout = "";
  stderr = "";
  private readonly ended: Promise<void>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      child.on("close", () => resolve());
      child.on("error", () => resolve());
    });
  }

  /** Waits until the output so far satisfies the test, at most `timeout` milliseconds. */
  async until(ready: (stdout: string, stderr: string) => boolean, timeout = 10_000): Promise<void> {
    const deadline = Date.now() + timeout;
    while (!ready(this.stdout, this.stderr)) {
      if (Date.now() > deadline) throw new Error(`not ready in ${timeout} ms\n${this.stdout}${this.stderr}`);
      await sleep(10);
    }
  }

  /** Waits for its own end. */
  async end(): Promise<Outcome> {
    await this.ended;
    return { status: this.child.exitCode ?? 128, stdout: this.stdout, stderr: this.stderr };
  }

  /** Ends it, and what it has started; what it printed. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<string> {
    const { pid, exitCode, signalCode } = this.child;
    const over = exitCode !== null || signalCode !== null;
    try {
      // It leads a process group of its own. Once it is over, a process of its number is another's.
      if (pid !== undefined && !(over && fs.existsSync(`/proc/${pid}`))) process.kill(-pid, signal);
    } catch {
      // All have ended.
    }
    await this.ended;
    return this.stdout;
  }
}

/** The namespaces of one test file. */
export class Namespaces {
  private readonly made: Namespace[] = [];

  /** @param prefix of every name, 2 to 8 lower case letters; distinct among test files that may run at once. */
  constructor(private readonly prefix: string) {
    sweep(prefix);
  }

  /** Makes a namespace with loopback up, and IPv6 addresses usable at once (no duplicate address detection). */
  create(name: string): Namespace {
    const namespace = new Namespace(`${this.prefix}-${process.pid}-${name}`);
    const { status, stderr } = spawnIn(undefined, ["ip", "netns", "add", namespace.name]);
    if (status !== 0) throw new Error(`ip netns add ${namespace.name}: ${stderr}`);
    this.made.push(namespace);
    namespace.ip("link set lo up");
    namespace.sysctl("net/ipv6/conf/all/accept_dad", "0");
    namespace.sysctl("net/ipv6/conf/default/accept_dad", "0");
    return namespace;
  }

  /** A veth pair, both ends up. Ends are `[namespace, device, link-layer address?]`. */
  connect(a: readonly [Namespace, string, string?], b: readonly [Namespace, string, string?]): void {
    const mac = (end: readonly [Namespace, string, string?]) =>
      end[2] === undefined ? "" : `address ${end[2]}`;
    a[0].ip(`link add name ${a[1]} ${mac(a)} type veth peer name ${b[1]} ${mac(b)} netns ${b[0].name}`);
    a[0].ip(`link set dev ${a[1]} up`);
    b[0].ip(`link set dev ${b[1]} up`);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.made.splice(0).map((namespace) => namespace.destroy()));
  }
}

/** What a monitor can be told of, but for neighbours, of which the kernel's knowledge grows old by itself. */
const OBJECTS = ["link", "address", "route", "mroute", "rule", "netconf", "nexthop"];

/** Whom a monitor watches. */
const watched = new WeakMap<Background, Namespace>();
/** An MTU of the loopback interface that nobody would give it, which is told of when a monitor is made to tell. */
const [MARK, USUAL] = [65_002, 65_536];

/** What `ip -ts monitor` prints, for any change of links, addresses, routes and rules. */
export async function monitor(namespace: Namespace): Promise<Background> {
  namespace.steady();
  const watcher = namespace.start(["ip", "-ts", "monitor", "label", ...OBJECTS]);
  watched.set(watcher, namespace);
  // It prints nothing when it has subscribed: change something of no importance until the change is seen.
  for (let i = 0; watcher.stdout === ""; i++) {
    if (i > 500) throw new Error("ip monitor does not report");
    namespace.ip(`link set lo mtu ${65_000 + (i % 2)}`);
    await sleep(20);
  }
  namespace.ip(`link set lo mtu ${USUAL}`);
  await settle(watcher);
  watcher.stdout = "";
  return watcher;
}

/** Waits until nothing more is printed for a while, and all is printed that has happened so far. */
export async function settle(watcher: Background, quiet = 150): Promise<void> {
  for (let before = -1; before !== watcher.stdout.length;) {
    before = watcher.stdout.length;
    await sleep(quiet);
  }
  // It tells in order, on a busy machine late: when it has told of what is done now, it has told of all before.
  const namespace = watched.get(watcher);
  if (namespace === undefined) throw new Error("only a monitor can be told to settle");
  for (const mtu of [MARK, USUAL]) namespace.ip(`link set lo mtu ${mtu}`);
  await watcher.until((text) => {
    const [, ...after] = text.split(` mtu ${MARK} `);
    // As many events of the one as of the other, each whole: it has two lines.
    const usual = after.join("").match(new RegExp(` mtu ${USUAL} .*\n.*\n`, "g")) ?? [];
    return after.length > 0 && usual.length >= after.length;
  });
  watcher.stdout = watcher.stdout.slice(0, watcher.stdout.search(new RegExp(`^.* mtu ${MARK} `, "m")));
}

/**
 * Everything a routing tool may change, as text, for comparison byte by byte: rules, all tables, addresses, links
 * with their groups, sysctls below net/ipv4/conf and net/ipv6/conf, nftables. Once the kernel is done with what was
 * changed before.
 */
export function dump(namespace: Namespace): string {
  namespace.steady();
  const script = `
    for family in -4 -6; do
      echo "# rules $family"; ip $family -N -d rule show
      echo "# routes $family"; ip $family -N -d route show table all
    done
    echo "# addresses"; ip -N -d address show
    echo "# links"; ip -N -d link show
    echo "# sysctls"
    cd /proc/sys/net && find ipv4/conf ipv6/conf -type f ! -name stable_secret | sort | xargs grep -H .
    echo "# nftables"; ! command -v nft >/dev/null || nft list ruleset`;
  return namespace.ok("sh", "-c", script);
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether this process may make network namespaces. */
export const privileged: boolean = (() => {
  if (process.platform !== "linux") return false;
  const probe = `multihome-probe-${process.pid}`;
  if (spawnIn(undefined, ["ip", "netns", "add", probe]).status !== 0) return false;
  const usable = spawnIn(`${NETNS_DIR}/${probe}`, ["ip", "link", "set", "lo", "up"]).status === 0;
  spawnSync("ip", ["netns", "del", probe]);
  return usable;
})();

/** `describe` for tests that need privilege: skipped, and counted as skipped, without it. */
export const describeOnKernel: jest.Describe = privileged
  ? globalThis.describe
  : // Scripts that use namespaces have no jest.
    globalThis.describe?.skip;

/** Kills all that runs in a namespace, also what nobody started here, as daemons do. */
export function killAllIn(name: string): void {
  const pids = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" }).stdout ?? "";
  for (const pid of pids.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

/** Ends what test runs that are no more have left: processes, namespaces, and the files of worlds. */
function sweep(prefix: string): void {
  const ours = new RegExp(`^${prefix}-([0-9]+)-`);
  const left = (directory: string): string[] =>
    (fs.existsSync(directory) ? fs.readdirSync(directory) : []).filter((name) => {
      const pid = ours.exec(name)?.[1];
      return pid !== undefined && !fs.existsSync(`/proc/${pid}`);
    });
  for (const name of left(NETNS_DIR)) {
    killAllIn(name);
    spawnSync("ip", ["netns", "del", name]);
  }
  for (const name of left(FILES_DIR)) fs.rmSync(`${FILES_DIR}/${name}`, { recursive: true });
}

/** Names for worlds, which programs make and not we: known by their prefix, so that the next run finds what is left. */
export function worldNames<T extends string>(prefix: string, names: readonly T[]): Record<T, string> {
  sweep(prefix);
  return Object.fromEntries(names.map((name) => [name, `${prefix}-${process.pid}-${name}`])) as Record<
    T,
    string
  >;
}

function spawnIn(netns: string | undefined, argv: readonly string[], options: RunOptions = {}): Outcome {
  const [command, ...args] = netns === undefined ? argv : ["nsenter", `--net=${netns}`, "--", ...argv];
  const result = spawnSync(command, args, {
    input: options.input ?? "",
    env: { ...process.env, ...options.env },
    timeout: options.timeout ?? 60_000,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return {
    status: result.status ?? 128 + (result.signal === "SIGKILL" ? 9 : 15),
    stdout: result.stdout ?? "",
    stderr: (result.stderr ?? "") + (result.error === undefined ? "" : `${result.error.message}\n`),
  };
}
