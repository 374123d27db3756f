import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { sshLogins } from "../lab/fabric";
import { Command, Lab, RunResult, findEngine, startLab, stopLab } from "../lab/run";
import { scratch } from "./support/native";
import { privilegeMissing } from "./support/netns";
import { BenchOptions, Goal, Section, Table } from "./support/section";

const METHOD = `The real Pulumi engine against the lab: hosts with two interfaces each, reached by the real OpenSSH. The
hosts are there (\`bench/programs/fleet\`); measured is what each further thing on them adds, one stack, one after the
other: nothing at all, a \`remote.Command\` that runs \`true\`, a SymmetricRoutingPolicy (inside MultiHomedHost), and ten
commands with one route each. *added* is the wall time above an update without a change, a host; engine, provider, SSH
server and hosts share one machine, so it is a comparison and not a prediction. State is the size of the stack's
checkpoint above that without, a host.`;

const NAME = "bench";
const FLEET = path.join(__dirname, "programs", "fleet");
const KINDS = ["bare", "policy", "routes"] as const;
type Kind = (typeof KINDS)[number];

interface Measured {
  readonly hosts: number;
  readonly kind: Kind;
  readonly resources: number;
  readonly create: number;
  readonly noChange: number;
  readonly preview: number;
  readonly remove: number;
  readonly connections: number;
  readonly noChangeConnections: number;
  readonly state: number;
}

export async function pulumi({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "pulumi", title: "What it costs in Pulumi", method: METHOD };
  const missing = quick
    ? "left out by --quick"
    : (privilegeMissing() ?? (findEngine() === undefined ? "no Pulumi engine" : undefined));
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const floors: [number, number][] = [];
  const measured: Measured[] = [];
  for (const hosts of fleetSizes()) {
    const fleet = new Fleet(hosts);
    try {
      await fleet.start();
      floors.push([hosts, fleet.floor]);
      for (const kind of KINDS) measured.push(await fleet.measure(kind));
    } finally {
      await fleet.stop();
    }
  }
  return { ...section, ...report(floors, measured), charts: [], missing: [] };
}

/** Overridden where the machine bears more, or less: MULTIHOME_BENCH_HOSTS=1,50,400. */
function fleetSizes(): number[] {
  return (process.env["MULTIHOME_BENCH_HOSTS"] ?? "1,10").split(",").map(Number);
}

class Fleet {
  private lab!: Lab;
  private secrets!: { publicKey: string; privateKey: { secret: string } };
  private instances: string[] = [];
  private emptyState = 0;
  /** Seconds of an update that changes nothing, with nothing on the hosts. */
  floor = 0;

  constructor(private readonly hosts: number) {}

  async start(): Promise<void> {
    const file = path.join(scratch(), "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    this.secrets = {
      publicKey: fs.readFileSync(`${file}.pub`, "utf8").trim(),
      privateKey: { secret: fs.readFileSync(file, "utf8") },
    };
    await stopLab(NAME);
    this.lab = await startLab(NAME);
    const made = await this.run("up", "none");
    this.instances = made.outputs["instanceIds"] as string[];
    this.floor = (await this.run("up", "none")).seconds;
    this.emptyState = this.stateBytes();
  }

  async stop(): Promise<void> {
    await stopLab(NAME);
  }

  async measure(kind: Kind): Promise<Measured> {
    const preview = await this.run("preview", kind);
    const before = this.logins();
    const create = await this.run("up", kind);
    const between = this.logins();
    const state = this.stateBytes() - this.emptyState;
    const again = await this.run("up", kind);
    const after = this.logins();
    const remove = await this.run("up", "none");
    return {
      hosts: this.hosts,
      kind,
      resources: create.summary["create"] ?? 0,
      create: create.seconds,
      noChange: again.seconds,
      preview: preview.seconds,
      remove: remove.seconds,
      connections: between - before,
      noChangeConnections: after - between,
      state: state / this.hosts,
    };
  }

  private run(command: Command, on: Kind | "none"): Promise<RunResult> {
    const config = { ...this.secrets, hosts: this.hosts, on };
    return this.lab.run({ program: FLEET, stackName: "fleet", command, config });
  }

  private logins(): number {
    const labDir = path.dirname(this.lab.dir);
    return this.instances.reduce((sum, id) => sum + sshLogins(NAME, id, { labDir }), 0);
  }

  /** The checkpoint of the stack, in the backend's directory. */
  private stateBytes(): number {
    const found = fs
      .readdirSync(this.lab.dir, { recursive: true, encoding: "utf8" })
      .filter((name) => /stacks\/multihome\/fleet\.json$/.test(name));
    if (found.length !== 1) throw new Error(`the stack's state: found ${found.join(", ") || "none"}`);
    return fs.statSync(path.join(this.lab.dir, found[0])).size;
  }
}

function report(
  floors: readonly (readonly [number, number])[],
  measured: readonly Measured[],
): Pick<Section, "tables" | "goals"> {
  const floor = (hosts: number): number => floors.find(([n]) => n === hosts)?.[1] ?? NaN;
  const added = (m: Measured): number => (m.create - floor(m.hosts)) / m.hosts;
  const of = (hosts: number, kind: Kind): Measured =>
    measured.find((m) => m.hosts === hosts && m.kind === kind) as Measured;
  const table: Table = {
    caption: "Wall seconds",
    columns: [
      "hosts", "on each", "resources", "preview", "create", "added a host", "to a bare command", "no change", "remove",
      "connections", "without a change", "state kB a host",
    ],
    rows: floors.flatMap(([hosts, seconds]) => [
      [String(hosts), "nothing", "0", "", seconds, "", "", seconds, "", "0", "0", ""],
      ...KINDS.map((kind) => {
        const m = of(hosts, kind);
        return [
          String(hosts),
          { bare: "a command: `true`", policy: "SymmetricRoutingPolicy", routes: "ten commands, a route each" }[kind],
          String(m.resources),
          m.preview,
          m.create,
          added(m),
          added(m) / added(of(hosts, "bare")),
          m.noChange,
          m.remove,
          String(m.connections),
          String(m.noChangeConnections),
          m.state / 1000,
        ];
      }),
    ]),
  }; // prettier-ignore
  const [most] = floors[floors.length - 1];
  const policy = of(most, "policy");
  const goals: Goal[] = [
    {
      claim: `${most} hosts: wall time of creating all, to bare commands`,
      most: 1.3,
      value: policy.create / of(most, "bare").create,
    },
    { claim: `${most} hosts: connections without a change`, most: 0, value: policy.noChangeConnections },
    { claim: `${most} hosts: connections a host and change`, most: 1, value: policy.connections / most },
    { claim: `${most} hosts: kB of state a host`, most: 5, value: policy.state / 1000 },
  ];
  return { tables: [table], goals };
}
