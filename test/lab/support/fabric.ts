import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  FabricOptions,
  inNamespace,
  inUserNamespace,
  namespaceOf,
  privilege,
  readCounters,
  realize,
  tearDown,
} from "../../../lab/fabric";
import { Agents, Flow, FlowResult, runMatrix } from "../../../lab/traffic";
import { slowness } from "../../kernel/support/slowness";
import { World } from "../../labmodel/world";

const own = privilege();

/** Whether namespaces can be made in this process. */
export const runnable = own.how === "root" || (own.how === "userns" && own.inside);

/** `describe` for tests that need it: skipped, and counted as skipped, without. */
export const describeFabric: jest.Describe = runnable ? describe : describe.skip;

const [unshare, ...unshareArgs] = inUserNamespace(["true"]);

/** Whether an unprivileged user could make them here. */
export const usernsAllowed = own.how !== "no" && spawnSync(unshare, unshareArgs).status === 0;

/** Symmetric routing as one would do it by hand: a table a source. */
export const BY_HAND = [
  "route replace default via 10.0.1.1 dev ens5 src 10.0.1.10 table 7001",
  "route replace default via 10.0.2.1 dev ens6 src 10.0.2.10 table 7002",
  "rule add pref 7001 from 10.0.1.10 lookup 7001",
  "rule add pref 7002 from 10.0.2.10 lookup 7002",
];
export const BY_HAND_V6 = [
  "route replace default via fe80:ec2::1 dev ens6 table 7002",
  "rule add pref 7002 from 2001:db8:e000:2::10 lookup 7002",
];

/** A lab for one test file or one test: its world, files and traffic. */
export class TestLab {
  readonly world: World;
  readonly options: FabricOptions;
  readonly agents = new Agents();
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "fabric-"));
  /** Commands of the last call, as one string each. */
  commands: string[] = [];

  /** @param letter tells labs of one process apart */
  constructor(letter: string) {
    this.world = new World(`fab${(process.pid % 46656).toString(36)}${letter}`);
    this.options = {
      labDir: path.join(this.directory, "labs"),
      onCommand: ({ argv }) => this.commands.push(argv.join(" ")),
    };
  }

  get name(): string {
    return this.world.cloud.lab;
  }

  /** Namespaces by short names: "inet", "op", or an id. */
  at(what: string): string {
    if (what === "inet") return namespaceOf(this.name, "internet");
    if (what === "op") return namespaceOf(this.name, "operator");
    return namespaceOf(this.name, what.startsWith("i-") ? "instance" : "networkInterface", what);
  }

  async realize(): Promise<number> {
    this.commands = [];
    return (await realize(this.world.cloud, this.options)).commands;
  }

  async tearDown(): Promise<void> {
    await this.agents.close();
    await tearDown(this.name, this.options);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  counters() {
    return readCounters(this.name, this.options);
  }

  /** Runs a program in a namespace; its standard output. */
  run(where: string, ...argv: string[]): string {
    const [program, ...args] = inNamespace(this.at(where), argv);
    return execFileSync(program, args, { encoding: "utf8" });
  }

  /** `ip -batch` in a namespace. */
  ip(where: string, family: 4 | 6, ...lines: string[]): void {
    const args = ["-n", this.at(where), `-${family}`, "-batch", "-"];
    execFileSync("ip", args, { input: lines.map((line) => `${line}\n`).join(""), stdio: "pipe" });
  }

  /** Tries flows all at once; the names of those that work, and all results. */
  async try(...flows: Omit<Flow, "name">[]): Promise<FlowResult[]> {
    const named = flows.map((flow) => ({ name: `${flow.from} to ${flow.to} ${flow.protocol}`, ...flow }));
    return runMatrix(named, { timeout: 700 * slowness(), agents: this.agents });
  }

  async works(...flows: Omit<Flow, "name">[]): Promise<boolean[]> {
    return (await this.try(...flows)).map(({ ok }) => ok);
  }

  /** From the Internet host to an instance's address by its EIP. */
  fromInternet(elasticIp: string, address: string, instance = "i-0a", protocol: Flow["protocol"] = "udp") {
    return {
      client: this.at("inet"),
      from: "203.0.113.5",
      server: this.at(instance),
      to: elasticIp,
      listen: address,
      protocol,
    };
  }

  /** Between two instances. */
  between(client: string, from: string, server: string, to: string, protocol: Flow["protocol"] = "udp") {
    return { client: this.at(client), from, server: this.at(server), to, protocol };
  }
}

/** Node's arguments to run {@link realizeScript}. */
export const loader = ["--import", "tsx"];
export const realizeScript = path.join(__dirname, "realize.ts");

/** Names of the network namespaces that begin with a text. */
export function namespacesLike(prefix: string): string[] {
  return fs.existsSync("/run/netns")
    ? fs.readdirSync("/run/netns").filter((name) => name.startsWith(prefix))
    : [];
}

/** Processes that have a text in their command line. */
export function processesLike(text: string): number[] {
  return fs.readdirSync("/proc").flatMap((pid) => {
    if (!/^[0-9]+$/.test(pid)) return [];
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}
