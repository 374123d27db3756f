import * as path from "node:path";
import { Command, ConfigValue, RunResult, findEngine } from "../lab/run";
import { LARGE, SMALL, Shape } from "./support/fleet";
import { FleetLab } from "./support/lab";
import { privilegeMissing } from "./support/netns";
import { BenchOptions, Goal, Section, Table } from "./support/section";

const METHOD = `The real Pulumi engine against the lab. The hosts, with two interfaces each, are there before and are in no
stack (\`bench/support/fleet.ts\`); they are reached by the real OpenSSH, through a network without delay. Measured is one stack
with what is put on them (\`bench/programs/fleet\`), one after the other: nothing at all, a \`remote.Command\` that runs \`true\`, a
SymmetricRoutingPolicy, the same without its confirmation (\`confirmWithin: 0\`), and ten commands with one route each.
*update all* gives every host another plan, with an address more, or another command. *added* is the wall time of creating
above that of an update of nothing, a host. A command is a connection; a policy is two for a change, since the second confirms
that the host can still be reached. State is the size of the stack's checkpoint above that of nothing, a host.

Engine, provider, SSH servers and hosts share this machine's CPUs: what hosts do with the program, which elsewhere each does by
itself while the others do the same, counts here in full. The state is a file, which the engine writes whole at every step.`;

const NAME = "bench";
const FLEET = path.join(__dirname, "programs", "fleet");
const KINDS = ["bare", "policy", "once", "routes"] as const;
type Kind = (typeof KINDS)[number];
const TITLES: Readonly<Record<Kind, string>> = {
  bare: "a command: `true`",
  policy: "SymmetricRoutingPolicy",
  once: "the same, confirmWithin: 0",
  routes: "ten commands, a route each",
};

/** Above this only what the goals are about. */
const FEW = 50;

interface Measured {
  readonly resources: number;
  readonly create: number;
  readonly noChange: number;
  readonly preview: number;
  readonly update: number;
  readonly remove: number;
  readonly connections: number;
  readonly noChangeConnections: number;
  readonly updateConnections: number;
  readonly state: number;
}

interface FleetResult {
  readonly hosts: number;
  readonly shape: Shape;
  /** Seconds of an update of nothing. */
  readonly floor: number;
  readonly of: Partial<Record<Kind, Measured>>;
}

export async function pulumi({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "pulumi", title: "What it costs in Pulumi", method: METHOD };
  const missing = quick
    ? "left out by --quick"
    : (privilegeMissing() ?? (findEngine() === undefined ? "no Pulumi engine" : undefined));
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const results: FleetResult[] = [await measure(1, LARGE, ["bare", "policy"])];
  for (const hosts of fleetSizes()) {
    results.push(await measure(hosts, SMALL, hosts > FEW ? ["bare", "policy"] : KINDS));
  }
  return { ...section, ...report(results), charts: [], missing: [] };
}

/** Overridden where there is more time: MULTIHOME_BENCH_HOSTS=1,50,400, of which the last is half an hour. */
function fleetSizes(): number[] {
  return (process.env["MULTIHOME_BENCH_HOSTS"] ?? "1,50").split(",").map(Number);
}

async function measure(hosts: number, shape: Shape, kinds: readonly Kind[]): Promise<FleetResult> {
  const fleet = new FleetLab(NAME, hosts, shape);
  try {
    await fleet.start();
    const run = (command: Command, config: Record<string, ConfigValue>): Promise<RunResult> =>
      fleet.run(FLEET, command, config);
    await run("up", { on: "none" });
    const floor = (await run("up", { on: "none" })).seconds;
    const empty = fleet.checkpoint().length;
    const of: Partial<Record<Kind, Measured>> = {};
    for (const on of kinds) {
      process.stderr.write(`  ${hosts} hosts, ${shape.interfaces} x ${shape.addresses}: ${TITLES[on]}\n`);
      const preview = await run("preview", { on });
      const logins = [fleet.logins()];
      const create = await run("up", { on });
      logins.push(fleet.logins());
      const state = (fleet.checkpoint().length - empty) / hosts;
      const again = await run("up", { on });
      logins.push(fleet.logins());
      const update = await run("up", { on, changed: true });
      logins.push(fleet.logins());
      const remove = await run("up", { on: "none" });
      of[on] = {
        resources: create.summary["create"] ?? 0,
        preview: preview.seconds,
        create: create.seconds,
        noChange: again.seconds,
        update: update.seconds,
        remove: remove.seconds,
        connections: logins[1] - logins[0],
        noChangeConnections: logins[2] - logins[1],
        updateConnections: logins[3] - logins[2],
        state,
      };
    }
    return { hosts, shape, floor, of };
  } finally {
    await fleet.stop();
  }
}

function report(results: readonly FleetResult[]): Pick<Section, "tables" | "goals"> {
  const table: Table = {
    caption: "Wall seconds",
    columns: [
      "hosts", "interfaces x addresses", "on each", "resources", "preview", "create", "to bare commands", "added a host",
      "no change", "update all", "remove", "connections: create", "no change", "update all", "state kB a host",
    ],
    rows: results.flatMap((result) => [
      row(result, "nothing", undefined),
      ...KINDS.flatMap((kind) => {
        const measured = result.of[kind];
        return measured === undefined ? [] : [row(result, TITLES[kind], measured)];
      }),
    ]),
  }; // prettier-ignore
  return { tables: [table], goals: goals(results) };
}

function row({ hosts, shape, floor, of }: FleetResult, title: string, m: Measured | undefined) {
  const { interfaces, addresses, ipv6 } = shape;
  const head = [String(hosts), `${interfaces} x ${addresses}${ipv6 ? ", both families" : ""}`, title];
  if (m === undefined) return [...head, "0", "", floor, "", "", floor, "", "", "0", "0", "0", ""];
  return [
    ...head,
    String(m.resources),
    m.preview,
    m.create,
    m.create / (of.bare as Measured).create,
    (m.create - floor) / hosts,
    m.noChange,
    m.update,
    m.remove,
    String(m.connections),
    String(m.noChangeConnections),
    String(m.updateConnections),
    m.state / 1000,
  ];
}

function goals(results: readonly FleetResult[]): Goal[] {
  const { hosts, of } = results[results.length - 1];
  const policy = of.policy as Measured;
  const bare = of.bare as Measured;
  const large = results.find(({ shape }) => shape === LARGE)?.of.policy as Measured;
  return [
    { claim: `${hosts} hosts: wall time of creating all, to bare commands`, most: 1.3, value: policy.create / bare.create },
    { claim: `${hosts} hosts: connections without a change`, most: 0, value: policy.noChangeConnections },
    { claim: `${hosts} hosts: connections a host and change`, most: 2, value: policy.connections / hosts },
    { claim: "kB of state of a host of 4 x 8 addresses, both families", most: 5, value: large.state / 1000 },
  ]; // prettier-ignore
}
