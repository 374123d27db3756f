import * as path from "node:path";
import { Command, ConfigValue, findEngine } from "../lab/run";
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
itself while the others do the same, counts here in full. The state is a file, which the engine writes whole at every step; with
*checkpoints skipped* (\`PULUMI_SKIP_CHECKPOINTS=true\`) it writes it once, at the end.`;

const NAME = "bench";
const FLEET = path.join(__dirname, "programs", "fleet");
const SKIPPED = { PULUMI_SKIP_CHECKPOINTS: "true" };

interface Kind {
  readonly title: string;
  /** What the program puts on each host. */
  readonly on: string;
  readonly env?: Record<string, string>;
  /** What it is set beside: bare commands that the engine runs in the same way. */
  readonly beside: "bare" | "bareSkipped";
}

const KINDS = {
  bare: { title: "a command: `true`", on: "bare", beside: "bare" },
  policy: { title: "SymmetricRoutingPolicy", on: "policy", beside: "bare" },
  once: { title: "the same, confirmWithin: 0", on: "once", beside: "bare" },
  routes: { title: "ten commands, a route each", on: "routes", beside: "bare" },
  bareSkipped: {
    title: "a command: `true`, checkpoints skipped",
    on: "bare",
    beside: "bareSkipped",
    env: SKIPPED,
  },
  policySkipped: {
    title: "SymmetricRoutingPolicy, checkpoints skipped",
    on: "policy",
    beside: "bareSkipped",
    env: SKIPPED,
  },
} satisfies Record<string, Kind>;
type KindName = keyof typeof KINDS;
const ALL = Object.keys(KINDS) as KindName[];

/** How many hosts, and what is put on them: 400 take half an hour with checkpoints, in which 80 GB are written. */
const FLEETS: readonly (readonly [hosts: number, kinds: readonly KindName[]])[] = [
  [1, ALL],
  [50, ALL],
  [400, ["bareSkipped", "policySkipped"]],
];

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
  readonly of: Partial<Record<KindName, Measured>>;
}

export async function pulumi({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "pulumi", title: "What it costs in Pulumi", method: METHOD };
  const missing = quick
    ? "left out by --quick"
    : (privilegeMissing() ?? (findEngine() === undefined ? "no Pulumi engine" : undefined));
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  const results: FleetResult[] = [await measure(1, LARGE, ["bare", "policy"])];
  for (const [hosts, kinds] of FLEETS) results.push(await measure(hosts, SMALL, kinds));
  return { ...section, ...report(results), charts: [], missing: [] };
}

async function measure(hosts: number, shape: Shape, kinds: readonly KindName[]): Promise<FleetResult> {
  const fleet = new FleetLab(NAME, hosts, shape);
  try {
    await fleet.start();
    const run = (command: Command, config: Record<string, ConfigValue>, env?: Record<string, string>) =>
      fleet.run(FLEET, command, config, env);
    await run("up", { on: "none" });
    const floor = (await run("up", { on: "none" })).seconds;
    const empty = fleet.checkpoint().length;
    const of: FleetResult["of"] = {};
    for (const kind of kinds) {
      const { title, on, env } = KINDS[kind] as Kind;
      process.stderr.write(`  ${hosts} hosts, ${shape.interfaces} x ${shape.addresses}: ${title}\n`);
      const preview = await run("preview", { on }, env);
      const logins = [fleet.logins()];
      const create = await run("up", { on }, env);
      logins.push(fleet.logins());
      const state = (fleet.checkpoint().length - empty) / hosts;
      const again = await run("up", { on }, env);
      logins.push(fleet.logins());
      const update = await run("up", { on, changed: true }, env);
      logins.push(fleet.logins());
      const remove = await run("up", { on: "none" }, env);
      of[kind] = {
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
      row(result),
      ...ALL.flatMap((kind) => (result.of[kind] === undefined ? [] : [row(result, kind)])),
    ]),
  }; // prettier-ignore
  return { tables: [table], goals: goals(results) };
}

function row({ hosts, shape, floor, of }: FleetResult, kind?: KindName) {
  const { interfaces, addresses, ipv6 } = shape;
  const head = [String(hosts), `${interfaces} x ${addresses}${ipv6 ? ", both families" : ""}`];
  if (kind === undefined)
    return [...head, "nothing", "0", "", floor, "", "", floor, "", "", "0", "0", "0", ""];
  const m = of[kind] as Measured;
  const { title, beside } = KINDS[kind];
  return [
    ...head,
    title,
    String(m.resources),
    m.preview,
    m.create,
    m.create / (of[beside] as Measured).create,
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
  const large = results[0].of.policy as Measured;
  return [
    ...results.slice(2).flatMap(({ hosts, of }) =>
      (["policy", "policySkipped"] as const).flatMap((kind) => {
        const policy = of[kind];
        if (policy === undefined) return [];
        const { beside } = KINDS[kind];
        const who = `${hosts} hosts${kind === "policySkipped" ? ", checkpoints skipped" : ""}`;
        const toBare = policy.create / (of[beside] as Measured).create;
        return [
          { claim: `${who}: wall time of creating all, to bare commands`, most: 1.3, value: toBare },
          { claim: `${who}: connections without a change`, most: 0, value: policy.noChangeConnections },
          { claim: `${who}: connections a host and change`, most: 2, value: policy.connections / hosts },
        ];
      }),
    ),
    { claim: "kB of state of a host of 4 x 8 addresses, both families", most: 5, value: large.state / 1000 },
  ];
}
