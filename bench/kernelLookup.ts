import { spawnSync } from "node:child_process";
import { Family } from "../lib/net";
import { FAR, BenchHost, Structure, ascending, benchHost, isPlanned, sourcesOf } from "./support/host";
import { Layout, addressIn, delegated, ownSubnets, scattered } from "./support/layouts";
import { compileNative } from "./support/native";
import { privilegeMissing, removeAll } from "./support/netns";
import { BenchOptions, Chart, Goal, Section, Table } from "./support/section";

const METHOD = `A BPF program that calls \`bpf_fib_lookup()\` is run thousands of times in a row inside each namespace
(\`BPF_PROG_TEST_RUN\`, \`bench/native/lookup.c\`), and the same program without the call beside it, whose time is
subtracted. The kernel's own lookup is measured, with no packet, socket or system call around it. All cells take
turns, round after round; the figures are medians, as multiples of a lookup on a single-homed host without any rule.

- *first*, *last*: the lowest and the highest source of the host; *all*: all sources in turns, so that caches are cold;
  *worst*: the slowest of a sample of sources, each alone.
- *unset*: a socket that has no source yet; *foreign*: an address of the same subnet that is not ours, sent by the
  host; *transit*: a packet forwarded for somebody else.
- \`multihome\` is everything that a plan installs: the switch between generations, the guard, the compiled rules, for
  every source the lookup of main that lets containers and tunnels through, device rules, and the join.
- \`multihome, alone\` is that of a host that has none of these and says so (\`unmanagedRoutes: "ignore"\`): without the
  lookup of main.
- \`multihome, kept\` is \`multihome\` and what is kept besides where systemd restores the plan: the rules by which
  nothing leaves from a source while the others are gone.
- In IPv6 \`bpf_fib_lookup()\` does not apply suppressors, so that main's default would answer. There the lookup of
  main asks a copy of it without the default: the same work, and the answer that a packet gets.`;

const CHARTED: readonly Structure[] = ["multihome", "multihome, alone", "per address"];

interface Cell {
  readonly layout: string;
  readonly family: Family;
  readonly structure: Structure;
  readonly rules: number;
  readonly source: SourceKind;
  readonly job: string;
}

type SourceKind = "first" | "last" | "all" | "worst" | "unset" | "foreign" | "transit";
const KINDS: readonly SourceKind[] = ["first", "last", "all", "worst", "unset", "foreign", "transit"];
/** Those that look up by one source alone. */
const EACH: readonly SourceKind[] = ["first", "last", "worst"];

export async function kernelLookup({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "kernel-lookup", title: "What rules cost a lookup in the kernel", method: METHOD };
  const program = compileNative("lookup");
  const missing = privilegeMissing() ?? (program === undefined ? "no C compiler" : undefined);
  if (missing !== undefined || program === undefined) {
    return { ...section, tables: [], charts: [], goals: [], missing: [String(missing)] };
  }
  try {
    const cells = cellsOf(quick);
    const [rounds, repeat] = quick ? [5, 2000] : [31, 10_000];
    const { status, stdout, stderr } = spawnSync(program, [String(rounds), String(repeat)], {
      input: cells.map((c) => `${c.job}\n`).join(""),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    if (status !== 0) throw new Error(`lookup: ${stderr}`);
    const times = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number))
      .map(([time, empty, result], i) => {
        if (result !== 0) throw new Error(`${JSON.stringify(cells[i])}: bpf_fib_lookup answered ${result}`);
        return time - empty;
      });
    return { ...section, ...report(cells, times), missing: [] };
  } finally {
    removeAll();
  }
}

function cellsOf(quick: boolean): Cell[] {
  const compared: readonly Structure[] = ["multihome", "multihome, alone", "per address"];
  const kept: readonly Structure[] = ["multihome", "multihome, alone", "multihome, kept", "per address"];
  const layouts: readonly (readonly [Layout, readonly Structure[]])[] = quick
    ? [
        [scattered(2, 1), ["single", "single", ...kept]],
        [scattered(4, 8), compared],
      ]
    : [
        [scattered(2, 1), ["single", "single", ...kept]],
        [scattered(4, 8), kept],
        [scattered(15, 8), compared],
        [scattered(15, 50), kept],
        [ownSubnets(15, 50), [...compared, "per subnet"]],
        [delegated(15, 4), compared],
      ];
  return ([4, 6] as const).flatMap((family) =>
    layouts.flatMap(([layout, structures]) =>
      structures.flatMap((structure) => {
        const host = benchHost(layout.spec(family), family, structure);
        if (suppresses(structure) && family === 6) withoutSuppressors(host);
        const rules =
          host.netns
            .run(["ip", `-${family}`, "rule"])
            .trim()
            .split("\n").length - (family === 4 ? 3 : 2);
        return jobsOf(host, family, structure, quick).map(([source, job]) => ({
          layout: layout.name,
          family,
          structure,
          rules,
          source,
          job,
        }));
      }),
    ),
  );
}

function jobsOf(
  host: BenchHost,
  family: Family,
  structure: Structure,
  quick: boolean,
): [SourceKind, string][] {
  const sources = ascending(sourcesOf(host.plan));
  const job = (iif: number, from: string): string => `${host.netns.name} ${iif} ${FAR[family]} ${from}`;
  const first: [SourceKind, string] = ["first", job(1, sources[0])];
  if (structure === "single") return [first];
  const step = Math.max(1, Math.floor(sources.length / (quick ? 4 : 24)));
  return [
    first,
    ["last", job(1, sources[sources.length - 1])],
    ["all", job(1, shuffled(sources).join(","))],
    ...sources.filter((_, i) => i % step === 0).map((s): [SourceKind, string] => ["worst", job(1, s)]),
    ["unset", job(1, family === 4 ? "0.0.0.0" : "::")],
    ["foreign", job(1, addressIn(family, 0, 4090))],
    ["transit", job(2, addressIn(family, 200, 9))],
  ];
}

/** Whether rules of it look up main and suppress some of what it answers. */
function suppresses(structure: Structure): boolean {
  return isPlanned(structure) && structure !== "multihome, alone";
}

/** See METHOD. */
function withoutSuppressors({ netns, devices, plan }: BenchHost): void {
  const copy = 9999;
  const routes = netns.run(["ip", "-6", "route", "show", "table", "main"]).split("\n");
  netns.batch(
    6,
    routes
      .filter((r) => /^[0-9a-f:]+\//.test(r))
      .map((r) => `route append ${r.replace(/ pref \w+/, "")} table ${copy}`),
  );
  const rules = netns
    .run(["ip", "-6", "-N", "rule"])
    .split("\n")
    .filter((r) => r.includes("suppress_"));
  if (rules.length === 0) throw new Error(`no rule of ${plan.host} (${devices.join(" ")}) suppresses`);
  const priorities = rules.map((r) => r.split(":")[0]);
  netns.batch(6, [
    ...priorities.map((p) => `rule del priority ${p}`),
    ...priorities.map((p) => `rule add priority ${p} lookup ${copy}`),
  ]);
}

function shuffled(list: readonly string[]): string[] {
  return list
    .map((item, i) => ({ item, at: (i * 7919) % 10_007 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function report(
  cells: readonly Cell[],
  times: readonly number[],
): Pick<Section, "tables" | "charts" | "goals"> {
  const base = (family: Family): number =>
    times[cells.findIndex((c) => c.family === family && c.structure === "single")];
  const ratio = (family: Family, layout: string, structure: Structure, kind: SourceKind): number => {
    const found = times.filter((_, i) => {
      const c = cells[i];
      return c.family === family && c.layout === layout && c.structure === structure && c.source === kind;
    });
    return Math.max(...found) / base(family);
  };
  const tables = ([4, 6] as const).map((family): Table => {
    const mine = cells.filter((c) => c.family === family);
    const again = times[cells.indexOf(mine.filter((c) => c.structure === "single")[1])];
    const rows = unique(mine.map((c) => `${c.layout}|${c.structure}|${c.rules}`))
      .map((key) => key.split("|") as [string, Structure, string])
      .filter(([, structure]) => structure !== "single")
      .map(([layout, structure, rules]) => [
        layout,
        structure,
        rules,
        ...KINDS.map((kind) => ratio(family, layout, structure, kind)),
      ]);
    return {
      caption: `IPv${family}: a lookup without rules is 1 (${Math.round(base(family))} ns here; measured again ${(again / base(family)).toFixed(2)})`,
      columns: ["layout", "structure", "rules", ...KINDS],
      rows,
    };
  });
  const layouts = unique(cells.map((c) => c.layout));
  const chart: Chart = {
    name: "kernel-lookup",
    title: "One IPv4 route lookup, all sources in turns; without rules 1",
    unit: "times a lookup without rules",
    series: CHARTED,
    groups: layouts.map((layout) => ({
      label: layout,
      values: CHARTED.map((s) => ratio(4, layout, s, "all")),
    })),
  };
  const largest = layouts.includes("15 x 50 scattered") ? "15 x 50 scattered" : layouts[layouts.length - 1];
  const goals = (["multihome", "multihome, alone"] as const).flatMap((structure): Goal[] => {
    const goal = (family: Family, claim: string, most: number, kinds: readonly SourceKind[]): Goal => ({
      claim: `IPv${family}, ${largest}, ${structure}: ${claim}`,
      most,
      value: Math.max(...kinds.map((kind) => ratio(family, largest, structure, kind))),
    });
    return [
      goal(4, "every source", 4, EACH),
      goal(4, "all sources in turns", 4, ["all"]),
      goal(4, "no source yet", 2.5, ["unset"]),
      goal(4, "transit", 2.5, ["transit"]),
      goal(6, "every source", 1.5, EACH),
    ];
  });
  return { tables, charts: [chart], goals };
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
