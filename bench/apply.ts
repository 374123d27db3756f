import * as fs from "node:fs";
import * as path from "node:path";
import { spawnSync } from "node:child_process";
import { HostSpec, Plan } from "../lib/model";
import { planHost } from "../lib/plan";
import { materialize, renderProgram } from "../lib/render";
import { naiveLines } from "./support/host";
import { addressIn, scattered } from "./support/layouts";
import { compileNative, scratch } from "./support/native";
import { Namespace, createNamespace, privilegeMissing, removeAll } from "./support/netns";
import { Watch } from "./support/watch";
import { BenchOptions, Chart, Goal, Section, Table } from "./support/section";
import { median } from "./support/stats";

const METHOD = `Each host has k interfaces with m IPv4 and m IPv6 addresses each, scattered over one subnet; the
interfaces are there, their addresses are not. Every method adds the addresses, the routes and the rules:

- *raw netlink*: \`bench/native/netlink.c\`, the same objects as multihome's, in as few packets as possible: the least
  there is. For "nothing to do" it dumps all links, addresses, rules and routes and looks at nothing.
- *ip -batch*: the same lines, one process a family.
- *multihome*: the program, complete: it looks at the host, stages the new generation beside the old, asks the kernel for
  the answers, switches, and clears the old one away.
- *a process a command*: one \`ip\` for every address, route and rule, one rule an address, as scripts do it.

CPU time of the command and all it waited for, user and kernel (\`wait4\`); medians of interleaved rounds, each in a
fresh namespace. Processes are counted by strace in a run of their own, events by \`netlink watch\`.`;

type Method = "raw netlink" | "ip -batch" | "multihome" | "a process a command";
const METHODS: readonly Method[] = ["raw netlink", "ip -batch", "multihome", "a process a command"];
type Step = "first" | "again" | "one address";
const STEPS: readonly Step[] = ["first", "again", "one address"];

interface Sample {
  readonly cpu: number;
  readonly wall: number;
}

interface Count {
  readonly processes: number;
  readonly ip: number;
  readonly events: number;
  readonly deleted: number;
}

export async function apply({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "apply", title: "What it costs to put routing on a host", method: METHOD };
  const [measure, netlink] = [compileNative("measure"), compileNative("netlink")];
  const missing = privilegeMissing() ?? (measure === undefined ? "no C compiler" : undefined);
  if (missing !== undefined || measure === undefined || netlink === undefined) {
    return { ...section, tables: [], charts: [], goals: [], missing: [String(missing)] };
  }
  const grid: readonly [number, number][] = quick ? [[2, 1], [4, 8]] : [[2, 1], [4, 8], [15, 8], [15, 50]]; // prettier-ignore
  const results: Result[] = [];
  try {
    for (const [k, m] of grid) {
      const host = new ApplyHost(k, m, measure, netlink);
      const samples = new Map<string, Sample[]>();
      const counts = new Map<string, Count>();
      for (let round = 0; round < (quick ? 1 : 3); round++) {
        for (const method of METHODS) {
          const namespace = host.create();
          for (const step of STEPS) {
            const key = `${method}|${step}`;
            const sample = host.run(namespace, method, step);
            samples.set(key, [...(samples.get(key) ?? []), sample]);
          }
          removeAll();
        }
      }
      for (const method of METHODS) {
        const namespace = host.create();
        for (const step of STEPS) counts.set(`${method}|${step}`, await host.count(namespace, method, step));
        removeAll();
      }
      results.push({ size: `${k} x ${m}`, items: host.items, samples, counts });
    }
  } finally {
    removeAll();
  }
  return { ...section, ...report(results), missing: countsMissing() };
}

interface Result {
  readonly size: string;
  readonly items: number;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly counts: ReadonlyMap<string, Count>;
}

/** Commands and inputs of every method for one size of host. */
class ApplyHost {
  private readonly dir = scratch();
  private readonly devices: readonly string[];
  private readonly plans: Readonly<Record<"before" | "after", Plan>>;
  readonly items: number;

  constructor(
    k: number,
    m: number,
    private readonly measure: string,
    private readonly netlink: string,
  ) {
    this.devices = Array.from({ length: k }, (_, i) => `e${i}`);
    const spec = dualSpec(k, m);
    const [first, ...others] = spec.interfaces;
    const more = { ...first, addresses: [...(first.addresses ?? []), `${addressIn(4, 0, 4090)}/20`] };
    this.plans = { before: planHost(spec), after: planHost({ ...spec, interfaces: [more, ...others] }) };
    for (const when of ["before", "after"] as const) {
      const { ipv4, ipv6 } = this.lines(when);
      const [naive4, naive6] = [this.naive(when, 4), this.naive(when, 6)];
      this.write(`${when}.4`, ipv4);
      this.write(`${when}.6`, ipv6);
      this.write(`${when}.raw`, ["-4", ...ipv4, "-6", ...ipv6]);
      this.write(`${when}.program`, [renderProgram(this.plans[when])]);
      const commands = [...naive4.map((l) => `ip -4 ${l}`), ...naive6.map((l) => `ip -6 ${l}`)];
      // Again is what such scripts do: add what is there already, and go on.
      this.write(`${when}.commands`, commands);
      this.write(
        `${when}.again`,
        commands.map((c) =>
          c.includes(" route ") ? c.replace(" add ", " replace ") : `${c} 2>/dev/null || true`,
        ),
      );
    }
    const { ipv4, ipv6 } = this.lines("before");
    this.items = ipv4.length + ipv6.length;
  }

  create(): Namespace {
    const namespace = createNamespace();
    namespace.batch(
      4,
      this.devices.flatMap((d) => [
        `link add ${d} type veth peer name p${d}`,
        `link set ${d} up`,
        `link set p${d} up`,
      ]),
    );
    fs.rmSync(path.join(this.dir, "state"), { recursive: true, force: true });
    return namespace;
  }

  run(namespace: Namespace, method: Method, step: Step): Sample {
    const out = path.join(this.dir, "out");
    const { status, stderr } = namespace.try(
      [this.measure, out, ...this.command(method, step)],
      "",
      this.env(),
    );
    const [code, cpu, wall] = fs.readFileSync(out, "utf8").trim().split(" ").map(Number);
    if (status !== 0 || code !== 0) throw new Error(`${method}, ${step}: ${stderr.slice(0, 2000)}`);
    return { cpu: cpu / 1000, wall: wall / 1000 };
  }

  async count(namespace: Namespace, method: Method, step: Step): Promise<Count> {
    const watch = await Watch.start(namespace);
    const trace = path.join(this.dir, "trace");
    const strace =
      stracePath() === undefined
        ? []
        : ["strace", "-f", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", trace];
    const { status, stderr } = namespace.try([...strace, ...this.command(method, step)], "", this.env());
    if (status !== 0) throw new Error(`${method}, ${step}: ${stderr.slice(0, 2000)}`);
    const events = await watch.end();
    const started =
      strace.length === 0
        ? []
        : fs
            .readFileSync(trace, "utf8")
            .split("\n")
            .filter((l) => / execve\(.*= 0$/.test(l));
    return {
      processes: strace.length === 0 ? NaN : started.length,
      ip: strace.length === 0 ? NaN : started.filter((l) => /execve\("[^"]*\/ip"/.test(l)).length,
      events: events.length,
      deleted: events.filter((e) => /\bDeleted\b/.test(e)).length,
    };
  }

  /** A shell runs what is more than one process, for all alike. */
  private command(method: Method, step: Step): string[] {
    const file = (name: string): string => path.join(this.dir, name);
    const when = step === "one address" ? "after" : "before";
    const one = this.oneMore();
    switch (method) {
      case "raw netlink":
        if (step === "again") return [this.netlink, "dump"];
        return [
          "sh",
          "-c",
          `exec ${this.netlink} apply <${step === "first" ? file("before.raw") : file("one.raw")}`,
        ];
      case "ip -batch":
        // `ip` has no way to see that nothing is to be done; to replace is the nearest.
        if (step === "again")
          return ["sh", "-c", "ip -4 -N -o -batch - <$1; ip -6 -N -o -batch - <$1", "sh", file("dump")];
        if (step === "one address") return ["ip", "-4", "-batch", file("one.4")];
        return ["sh", "-c", `ip -4 -batch ${file("before.4")} && ip -6 -batch ${file("before.6")}`];
      case "multihome":
        return ["sh", file(`${when}.program`), "apply"];
      case "a process a command":
        if (step === "one address") return ["sh", "-ec", one.naive.map((l) => `ip -4 ${l}`).join("\n")];
        return ["sh", "-e", file(step === "first" ? "before.commands" : "before.again")];
    }
  }

  /** What one address more needs: the address and a rule of our dispatch, or of the naive list. */
  private oneMore(): { naive: string[] } {
    const address = `${addressIn(4, 0, 4090)}/32`;
    const add = `address add ${address} dev ${this.devices[0]} noprefixroute`;
    const rule = `rule add priority 9999 from ${address} lookup 7000`;
    this.write("one.4", [add, rule]);
    this.write("one.raw", ["-4", add, rule]);
    this.write("dump", ["rule show", "route show table all", "address show", "link show"]);
    return { naive: [add, rule] };
  }

  private lines(when: "before" | "after"): { ipv4: string[]; ipv6: string[] } {
    const plan = this.plans[when];
    const byName = Object.fromEntries(plan.interfaces.map((iface, i) => [iface.name, this.devices[i]]));
    const text = materialize(plan, 0, byName);
    const split = (lines: string): string[] => lines.trimEnd().split("\n");
    const of = (six: boolean): string[] => this.addresses(plan, six);
    const ipv4 = split(text.ipv4);
    const groups = ipv4.filter((l) => l.startsWith("link "));
    return {
      ipv4: [...groups, ...of(false), ...ipv4.filter((l) => !l.startsWith("link "))],
      ipv6: [...of(true), ...split(text.ipv6)],
    };
  }

  private naive(when: "before" | "after", family: 4 | 6): string[] {
    const plan = this.plans[when];
    const ofFamily = {
      ...plan,
      interfaces: plan.interfaces.map((i) => ({
        ...i,
        sources: i.sources.filter((s) => s.includes(":") === (family === 6)),
        gateways: i.gateways.filter((g) => g.includes(":") === (family === 6)),
      })),
    };
    const addresses = this.addresses(plan, family === 6);
    const scripts = naiveLines(ofFamily, family, "per address", this.devices).map((l) =>
      l.replace(/^(route add default via \S+)/, family === 4 ? "$1 onlink" : "$1"),
    );
    return [...addresses, ...scripts];
  }

  private addresses(plan: Plan, six: boolean): string[] {
    return plan.interfaces.flatMap((iface, i) =>
      iface.sources
        .filter((s) => s.includes(":") === six)
        .map(
          (s) =>
            `address add ${s}/${six ? 128 : 32} dev ${this.devices[i]} noprefixroute${six ? " nodad" : ""}`,
        ),
    );
  }

  private env(): Record<string, string> {
    return {
      MULTIHOME_STATE_DIR: path.join(this.dir, "state"),
      MULTIHOME_RUN_DIR: path.join(this.dir, "run"),
      MULTIHOME_WAIT: "0",
    };
  }

  private write(name: string, lines: readonly string[]): void {
    fs.writeFileSync(path.join(this.dir, name), `${lines.join("\n")}\n`);
  }
}

/** k interfaces with m addresses of each family. */
function dualSpec(k: number, m: number): HostSpec {
  const [ipv4, ipv6] = [scattered(k, m).spec(4), scattered(k, m).spec(6)];
  return {
    name: "host",
    interfaces: ipv4.interfaces.map((iface, i) => ({
      name: iface.name,
      match: { ifname: `e${i}` },
      addresses: [...(iface.addresses ?? []), ...(ipv6.interfaces[i].addresses ?? [])],
      gateways: [...(iface.gateways ?? []), "fe80::1"],
    })),
  };
}

function stracePath(): string | undefined {
  return spawnSync("strace", ["-V"]).status === 0 ? "strace" : undefined;
}

function countsMissing(): string[] {
  return stracePath() === undefined ? ["processes: strace is not installed"] : [];
}

function report(results: readonly Result[]): Pick<Section, "tables" | "charts" | "goals"> {
  const cpu = (r: Result, method: Method, step: Step): number =>
    median((r.samples.get(`${method}|${step}`) ?? []).map((s) => s.cpu));
  const wall = (r: Result, method: Method, step: Step): number =>
    median((r.samples.get(`${method}|${step}`) ?? []).map((s) => s.wall));
  const count = (r: Result, method: Method, step: Step): Count => r.counts.get(`${method}|${step}`) as Count;
  const caption: Readonly<Record<Step, string>> = {
    first: "The first time",
    again: "Again, with nothing to do",
    "one address": "One IPv4 address more",
  };
  const tables = STEPS.map((step): Table => ({
    caption: caption[step],
    columns: [
      "host",
      "items",
      "method",
      "CPU ms",
      "to raw netlink",
      "wall ms",
      "processes",
      "of `ip`",
      "events",
      "deleted",
    ],
    rows: results.flatMap((r) =>
      METHODS.map((method) => {
        const { processes, ip, events, deleted } = count(r, method, step);
        return [
          r.size,
          step === "one address" ? 2 : r.items,
          method,
          cpu(r, method, step),
          cpu(r, method, step) / cpu(r, "raw netlink", step),
          wall(r, method, step),
          String(processes),
          String(ip),
          String(events),
          String(deleted),
        ];
      }),
    ),
  }));
  const chart: Chart = {
    name: "apply",
    title: "CPU time to configure a host the first time",
    unit: "times raw netlink",
    series: [...METHODS],
    groups: results.map((r) => ({
      label: `${r.size} (${r.items} items)`,
      values: METHODS.map((m) => cpu(r, m, "first") / cpu(r, "raw netlink", "first")),
    })),
  };
  const largest = results[results.length - 1];
  const ours = (step: Step): Count => count(largest, "multihome", step);
  const ratio = (step: Step): number => cpu(largest, "multihome", step) / cpu(largest, "raw netlink", step);
  const goals: Goal[] = [
    { claim: `${largest.size}: CPU time of the first apply, to raw netlink`, most: 2, value: ratio("first") },
    { claim: `${largest.size}: \`ip\` processes of the first apply`, most: 5, value: ours("first").ip },
    { claim: `${largest.size}: CPU time with nothing to do, to a raw dump`, most: 3, value: ratio("again") },
    { claim: `${largest.size}: processes with nothing to do`, most: 5, value: ours("again").processes },
    { claim: `${largest.size}: events with nothing to do`, most: 0, value: ours("again").events },
    { claim: `${largest.size}: events of one address more`, most: 4, value: ours("one address").events },
    { claim: `${largest.size}: deletions of one address more`, most: 0, value: ours("one address").deleted },
  ];
  return { tables, charts: [chart], goals };
}
