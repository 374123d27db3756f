import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../../../lib/model/spec";
import { Background, Namespace, Namespaces, Outcome, dump, sleep } from "../support/netns";
import { ProgramHost, program } from "../support/program";

/** What the host may be like as a whole: as it was before us, or by one of two plans that differ in every answer. */
export type State = "none" | "one" | "two";

/** By which way each flow goes, as the sampler tells it. */
export interface Ways {
  readonly 4: readonly string[];
  readonly 6: readonly string[];
}

/** What the sampler has seen. */
export interface Samples {
  /** How often all flows of a family were asked for. */
  readonly vectors: number;
  /** Answers that are of no generation that may be in force. */
  readonly mixed: number;
  /** Times that the operator's flow had no route. */
  readonly lost: number;
  /** Times that the answers went from one generation to another. */
  readonly switches: number;
  readonly examples: readonly string[];
}

const FAR = { 4: "203.0.113.5", 6: "fd00:f::5" };
const SOURCES = { 4: ["10.1.0.10", "10.2.0.10"], 6: ["fd00:a::10", "fd00:b::10"] };
/** From each address to elsewhere, and to a neighbour in the other network. The operator's comes first. */
const FLOWS = {
  4: [...SOURCES[4].map((from) => [from, FAR[4]]), ["10.1.0.10", "10.2.0.99"], ["10.2.0.10", "10.1.0.99"]],
  6: [
    ...SOURCES[6].map((from) => [from, FAR[6]]),
    ["fd00:a::10", "fd00:b::99"],
    ["fd00:b::10", "fd00:a::99"],
  ],
};

/** Those of two addresses that the second plan of a small change routes as well; the host has them. */
const MORE = {
  4: [["10.1.0.12", FAR[4]]],
  6: [["fd00:a::2c", FAR[6]]],
};

/** How the two plans differ: in every answer, or in two addresses, which is done in the generation in force. */
export interface Kind {
  readonly policy?: HostSpec["policy"];
  readonly small?: boolean;
}

function spec(which: 1 | 2, { policy, small = false }: Kind): HostSpec {
  const last = small ? 1 : which;
  const more = small && which === 2;
  return {
    name: "edge",
    ...(policy === undefined ? {} : { policy }),
    interfaces: [
      {
        name: "front",
        match: { ifname: "eth0" },
        addresses: [
          ...["10.1.0.10/24", "10.1.0.11/24", "fd00:a::10/64", "fd00:a::11/64"],
          ...(more ? ["10.1.0.12/24", "fd00:a::2c/64"] : []),
        ],
        gateways: [`10.1.0.${last}`, `fe80::${last}`],
      },
      {
        name: "back",
        match: { ifname: "eth1" },
        addresses: ["10.2.0.10/24", "fd00:b::10/64", ...(last === 1 ? [] : ["10.2.0.12/24"])],
        gateways: [`10.2.0.${last}`, `fe80::${last}`],
      },
    ],
  };
}

/** A host with two interfaces and both families, that things go wrong on while the kernel is asked all along. */
export class Machine {
  readonly ns: Namespace;
  readonly host: ProgramHost;
  readonly programs: Readonly<Record<"one" | "two", string>>;
  pristine = "";
  private readonly namespaces: Namespaces;
  private readonly peer: Namespace;
  private readonly flows: Readonly<Record<4 | 6, readonly string[][]>>;
  private readonly ways = new Map<State, Ways>();
  private sampler: Background | undefined;
  private rooms: Background | undefined;

  constructor(prefix: string, kind: Kind = {}) {
    this.namespaces = new Namespaces(prefix);
    this.ns = this.namespaces.create("host");
    this.peer = this.namespaces.create("peer");
    this.host = new ProgramHost(this.ns);
    this.programs = { one: program(spec(1, kind)), two: program(spec(2, kind)) };
    this.flows = kind.small ? { 4: [...FLOWS[4], ...MORE[4]], 6: [...FLOWS[6], ...MORE[6]] } : FLOWS;
  }

  async start(): Promise<void> {
    for (const i of [0, 1] as const) this.plug(i);
    this.ns.steady();
    this.pristine = dump(this.ns);
    // The state has a small file system of its own, seen by the program alone.
    const disk = path.join(this.host.dir, "disk");
    fs.mkdirSync(disk);
    this.host.state = path.join(disk, "state");
    const make = 'mount -t tmpfs -o size=400k,nr_inodes=64 multihome "$1" && echo ready && exec sleep 100000';
    this.rooms = this.ns.start(["unshare", "--mount", "sh", "-c", make, "sh", disk]);
    await this.rooms.until((out) => out.includes("ready"));
    this.host.shell = { name: "dash", argv: [...this.inside, "dash"] };
    this.ways.set("none", this.ask());
    for (const state of ["one", "two"] as const) {
      this.host.ok(this.programs[state], "apply");
      this.ways.set(state, this.ask());
    }
    this.host.ok(this.programs.one, "remove");
    this.sampler = this.ns.start([process.execPath, path.join(__dirname, "sampler.cjs")]);
    this.tell({ flows: this.flows });
  }

  async destroy(): Promise<void> {
    await this.namespaces.destroy();
    this.host.destroy();
  }

  /** A command line in front of one that shall see the state's file system. */
  get inside(): string[] {
    return ["nsenter", `--mount=/proc/${this.rooms?.child.pid}/ns/mnt`, "--"];
  }

  /** Interface `eth0` or `eth1`, as it is before us. */
  plug(i: 0 | 1): void {
    const letter = "ab"[i];
    this.namespaces.connect([this.ns, `eth${i}`, `02:00:00:00:00:1${i}`], [this.peer, `eth${i}`]);
    this.ns.batch(4, [
      `addr add 10.${i + 1}.0.10/24 dev eth${i}`,
      `route add default via 10.${i + 1}.0.254 metric ${i + 1}`,
    ]);
    this.ns.batch(6, [
      `addr add fd00:${letter}::10/64 dev eth${i} nodad`,
      `route add default via fe80::254 dev eth${i} metric ${i + 1}`,
    ]);
    if (i !== 0 || this.flows === FLOWS) return;
    this.ns.ip(`-4 addr add ${MORE[4][0][0]}/24 dev eth0`);
    this.ns.ip(`-6 addr add ${MORE[6][0][0]}/64 dev eth0 nodad`);
  }

  /** The ways that the kernel answers now. */
  ask(): Ways {
    const ways = ([4, 6] as const).map((family) => {
      const input = this.flows[family].map(([from, to]) => `route get ${to} from ${from}\n`).join("");
      const { stdout } = this.ns.run(["ip", `-${family}`, "-o", "-force", "-batch", "-"], { input });
      return this.flows[family].map(([from, to]) => {
        const line = stdout.split("\n").find((one) => one.startsWith(`${to} from ${from} `)) ?? "";
        const via = / via (\S+)/.exec(line)?.[1];
        return `${/ dev (\S+)/.exec(line)?.[1] ?? "none"}${via === undefined ? "" : ` ${via}`}`;
      });
    });
    return { 4: ways[0], 6: ways[1] };
  }

  /** Which state each family is in as a whole; undefined for none of them. */
  states(): Record<4 | 6, State | undefined> {
    const now = this.ask();
    const of = (family: 4 | 6): State | undefined =>
      [...this.ways].find(([, ways]) => ways[family].join() === now[family].join())?.[0];
    return { 4: of(4), 6: of(6) };
  }

  /** From here on answers must be of these states. */
  allow(...states: State[]): void {
    this.tell({ allow: states.map((state) => this.ways.get(state)) });
  }

  /** What has been seen since. */
  async samples(): Promise<Samples> {
    const sampler = this.sampler as Background;
    sampler.stdout = "";
    this.tell({ report: true });
    await sampler.until((out) => out.endsWith("\n"), 30_000);
    return JSON.parse(sampler.stdout) as Samples;
  }

  /** Runs a program with a directory of tools in front of the others. */
  run(text: string, args: readonly string[], tools?: string, env: Record<string, string> = {}): Outcome {
    const file = path.join(this.host.dir, "program");
    fs.writeFileSync(file, text);
    // Tools have to know whom to kill: exec keeps the process id.
    const start = 'PROGRAM=$$ PATH=${1:+$1:}$PATH; export PROGRAM; shift; exec dash "$@"';
    return this.ns.run([...this.inside, "sh", "-c", start, "sh", tools ?? "", file, ...args], {
      env: { ...this.host.environment(), ...env },
    });
  }

  /** Whether the program has left files. */
  littered(): boolean {
    return this.ns.run([...this.inside, "test", "-e", this.host.stateDir]).status === 0;
  }

  /**
   * Waits until whoever watches over a change has rolled it back, unless it was committed; whether that was within so many
   * milliseconds.
   */
  async rolledBack(patience: number): Promise<boolean> {
    for (const end = Date.now() + patience; this.undecided(); await sleep(20)) {
      if (Date.now() > end) return false;
    }
    return true;
  }

  /** Whether there is a change of which nobody has said yet how it ends. */
  private undecided(): boolean {
    const change = path.join(this.host.runDir, "change");
    if (!fs.existsSync(change)) return false;
    // What was killed after the commit leaves it to the next command, as "change 1 ID ...".
    const search = 'read -r _ _ id _ <"$1" && grep -qx "id $id" "$2/committed"';
    const committed = ["sh", "-c", search, "sh", change, this.host.stateDir];
    return this.ns.run([...this.inside, ...committed]).status !== 0;
  }

  private tell(command: object): void {
    (this.sampler as Background).child.stdin?.write(`${JSON.stringify(command)}\n`);
  }
}
