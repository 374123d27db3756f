import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { scratch } from "./support/native";
import { median } from "./support/stats";
import { BenchOptions, Chart, Section, Table } from "./support/section";

const METHOD = `The package as it is published (compiled by tsc, no loader), in a process of its own
(\`bench/native/synthesis.js\`): \`planHost(spec)\` beside \`JSON.stringify(plan)\` of its own result, which is the least a
planner must do that writes its plan anywhere, and \`JSON.parse\` of its input. 15 interfaces, addresses at random in their
subnets. CPU time of all threads, rounds interleaved, medians of the ratios round by round; before them as many plans as
*warm-up* says, which is three seconds of planning, so that the engine has compiled what it will. *first* is the first plan of a
process whose modules are loaded, most of which passes before the engine has compiled the planner; the median of several
processes. *heap* is what the plan holds when all else has been collected, for each address.`;

interface Measured {
  readonly addresses: number;
  readonly family: 4 | 6;
  readonly rules: number;
  /** Plans before any was measured. */
  readonly warmUp: number;
  /** Milliseconds of the first plan of a process. */
  readonly first: number;
  readonly plan: number;
  readonly stringify: number;
  readonly parse: number;
  readonly ratio: number;
  readonly heap: number;
}

interface Start {
  readonly what: string;
  readonly ms: number;
  readonly ratio: number;
}

const ROOT = path.join(__dirname, "..");

export async function synthesis({ quick }: BenchOptions): Promise<Section> {
  const dist = compileLibrary();
  const sizes = quick ? "10,1000,10000" : "10,100,1000,10000,100000,1000000";
  const measured = [4, 6].flatMap((family) => sizes.split(",").map((size) => one(dist, size, family, quick)));
  const starts = startUp(dist, quick);
  const ipv4 = measured.filter((m) => m.family === 4);
  const large = measured.filter((m) => m.addresses >= 1000);
  const table = (family: 4 | 6): Table => ({
    caption: `IPv${family}: planning`,
    columns: [
      "addresses",
      "rules",
      "plan ms",
      "stringify ms",
      "plan / stringify",
      "warm-up",
      "first ms",
      "ns an address",
      "parse of the input ms",
      "heap bytes an address",
    ],
    rows: measured
      .filter((m) => m.family === family)
      .map((m) => [
        String(m.addresses),
        String(m.rules),
        m.plan,
        m.stringify,
        m.ratio,
        String(m.warmUp),
        m.first,
        (1e6 * m.plan) / m.addresses,
        m.parse,
        m.heap,
      ]),
  });
  const chart: Chart = {
    name: "synthesis",
    title: "Planning a host, beside writing its plan as JSON",
    unit: "milliseconds",
    series: ["plan", "JSON.stringify of the plan"],
    groups: ipv4.map((m) => ({
      label: `${m.addresses.toLocaleString("en-US")} addresses`,
      values: [m.plan, m.stringify],
    })),
  };
  return {
    name: "synthesis",
    title: "What planning costs",
    method: METHOD,
    tables: [
      table(4),
      table(6),
      {
        caption: "Start-up, a process each; Node with an empty program is 1",
        columns: ["", "wall ms", "to an empty program"],
        rows: starts.map((s) => [s.what, s.ms, s.ratio]),
      },
    ],
    charts: [chart],
    goals: [
      ...large.map((m) => ({
        claim: `${m.addresses.toLocaleString("en-US")} IPv${m.family} addresses: plan / stringify`,
        most: 1,
        value: m.ratio,
      })),
      {
        claim: "heap bytes an address, from 10,000 on",
        most: 140,
        value: Math.max(...large.filter((m) => m.addresses > 1000).map((m) => m.heap)),
      },
    ],
    missing: [],
  };
}

/** As `npm run build` does, into a directory of our own. */
function compileLibrary(): string {
  const dist = path.join(scratch(), "dist");
  const tsc = require.resolve("typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", dist, "--declaration", "false"];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0 && !fs.existsSync(path.join(dist, "plan", "index.js"))) throw new Error(`tsc: ${stdout}`);
  for (const beside of ["node_modules", "package.json"]) {
    fs.symlinkSync(path.join(ROOT, beside), path.join(path.dirname(dist), beside));
  }
  return dist;
}

function one(dist: string, size: string, family: number, quick: boolean): Measured {
  const script = path.join(__dirname, "native", "synthesis.js");
  const rounds = quick ? 5 : Number(size) > 50_000 ? 9 : Number(size) > 5_000 ? 51 : 401;
  const args = ["--expose-gc", script, dist, size, String(family), String(rounds)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`synthesis of ${size}: ${stderr}`);
  return {
    ...(JSON.parse(stdout) as Measured),
    first: firstPlan(script, [dist, size, String(family)], quick),
  };
}

/** Milliseconds of the first plan of a process, in the median of several. */
function firstPlan(script: string, args: readonly string[], quick: boolean): number {
  const times = Array.from({ length: quick ? 1 : 5 }, () => {
    const { stdout } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
    return (JSON.parse(stdout) as { plan: number }).plan;
  });
  return median(times);
}

function startUp(dist: string, quick: boolean): Start[] {
  const spec = path.join(scratch(), "host.json");
  fs.writeFileSync(
    spec,
    JSON.stringify({
      name: "h",
      interfaces: [{ name: "a", addresses: ["10.0.0.2/24"], gateways: ["10.0.0.1"] }],
    }),
  );
  const programs: [string, string[]][] = [
    ["an empty program", ["-e", "0"]],
    [
      "`multihome plan HOST.json`",
      [
        "-e",
        `process.argv=["node","multihome","plan",${JSON.stringify(spec)}];require(${JSON.stringify(path.join(dist, "cli", "main.js"))}).main()`,
      ],
    ],
    ["import of the planner", ["-e", `require(${JSON.stringify(path.join(dist, "plan"))})`]],
    ["import of the package, with Pulumi's SDK", ["-e", `require(${JSON.stringify(dist)})`]],
    [
      "import of Pulumi's SDK alone",
      ["-e", `require(${JSON.stringify(path.join(ROOT, "node_modules", "@pulumi", "pulumi"))})`],
    ],
  ];
  const times = programs.map(() => [] as number[]);
  for (let round = 0; round < (quick ? 2 : 11); round++) {
    programs.forEach(([, args], i) => {
      const start = process.hrtime.bigint();
      spawnSync(process.execPath, args, { stdio: "ignore", cwd: path.dirname(dist) });
      times[i].push(Number(process.hrtime.bigint() - start) / 1e6);
    });
  }
  const middle = times.map((t) => t.sort((a, b) => a - b)[t.length >> 1]);
  return programs.map(([what], i) => ({ what, ms: middle[i], ratio: middle[i] / middle[0] }));
}
