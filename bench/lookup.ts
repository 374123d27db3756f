import { LinuxState, Model, OutputFlow, applyBatch, compile, output, readDumps } from "../lib/linux";
import { Answer, Probe } from "../lib/linux/model";
import { lookup as rawLookup } from "../lib/linux/output4";
import { formatAddress } from "../lib/net";
import { benchHost } from "./support/host";
import { generator, ownSubnets, scattered } from "./support/layouts";
import { Namespace, createNamespace, privilegeMissing, removeAll } from "./support/netns";
import { BenchOptions, Chart, Goal, Section, Table } from "./support/section";
import { median } from "./support/stats";

const METHOD = `The model and the kernel are asked the same questions on the same host: the kernel by
\`ip -batch route get\` in a namespace (the start of the process taken off), the model on the state read back from that namespace's dumps.
Destinations at random; rounds of both in turns, medians. *decision* is the lookup alone, rules and tables, on typed data; *answer* is the whole
output path with its checks and the choice of a source, as an object. *compile* is what comes before the first lookup.
Run by tsx, that is, not quite as fast as the package.`;

interface Measured {
  readonly what: string;
  readonly rules: number;
  readonly routes: number;
  readonly compileMs: number;
  readonly kernelNs: number;
  readonly answerNs: number;
  readonly decisionNs: number;
}

interface Question {
  readonly from?: number;
  readonly to: number;
}

export async function lookup({ quick }: BenchOptions): Promise<Section> {
  const section = { name: "lookup", title: "Lookups: the model beside the kernel", method: METHOD };
  const missing = privilegeMissing();
  if (missing !== undefined) return { ...section, tables: [], charts: [], goals: [], missing: [missing] };
  try {
    const measured = [
      ...(quick ? [10, 1000] : [10, 1000, 100_000]).map((routes) => oneTable(routes, quick)),
      ...(quick ? [ownSubnets(2, 1)] : [ownSubnets(2, 1), ownSubnets(15, 8), scattered(15, 50)]).map(
        (layout) => {
          const { netns, plan } = benchHost(layout.spec(4), 4, "multihome");
          const sources = plan.interfaces
            .flatMap((i) => i.sources)
            .map((text) => toNumber(text.split("/")[0]));
          return measure(`multihome, ${layout.name}`, netns, sources, quick);
        },
      ),
    ];
    return { ...section, ...report(measured), missing: [] };
  } finally {
    removeAll();
  }
}

/** One table with as many routes as asked for, of lengths as they are in the Internet's. */
function oneTable(routes: number, quick: boolean): Measured {
  const netns = createNamespace();
  netns.batch(4, [
    "link add e0 type veth peer name p0",
    "link set e0 up",
    "link set p0 up",
    "address add 10.255.0.10/24 dev e0",
    "rule add priority 100 lookup 7000",
    ...prefixes(routes).map((prefix) => `route add ${prefix} via 10.255.0.1 dev e0 table 7000`),
  ]);
  return measure(`one table, ${routes.toLocaleString("en-US")} routes`, netns, [], quick);
}

function prefixes(count: number): string[] {
  const random = generator(count);
  const lengths = [24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 18, 16, 16, 12, 8];
  const found = new Set<string>();
  while (found.size < count) {
    const length = lengths[Math.floor(random() * lengths.length)];
    const address = Math.floor((16 + random() * 190) * 2 ** 24);
    const value = Math.floor(address / 2 ** (32 - length)) * 2 ** (32 - length);
    if (Math.floor(value / 2 ** 24) === 127 || Math.floor(value / 2 ** 24) === 10) continue;
    found.add(`${formatAddress({ family: 4, value: BigInt(value) })}/${length}`);
  }
  return [...found];
}

function measure(what: string, netns: Namespace, sources: readonly number[], quick: boolean): Measured {
  const state = readBack(netns);
  const compiled: number[] = [];
  let model!: Model;
  for (let round = 0; round < 5; round++) {
    compiled.push(milliseconds(() => (model = compile(state))));
  }
  const questions = questionsFor(sources, quick ? 2000 : 20_000);
  const lines = questions.map(
    ({ from, to }) => `route get ${dotted(to)}${from === undefined ? "" : ` from ${dotted(from)}`}\n`,
  );
  const flows: OutputFlow[] = questions.map(({ from, to }) => ({
    to: { family: 4, value: BigInt(to) },
    from: from === undefined ? undefined : { family: 4, value: BigInt(from) },
  }));
  const kernel: number[] = [];
  const answer: number[] = [];
  const decision: number[] = [];
  for (let round = 0; round < (quick ? 3 : 9); round++) {
    const start = milliseconds(() => void netns.try(["ip", "-4", "-force", "-batch", "-"], lines[0]));
    const all = milliseconds(() => void netns.try(["ip", "-4", "-force", "-batch", "-"], lines.join("")));
    kernel.push(((all - start) * 1e6) / lines.length);
    answer.push((milliseconds(() => flows.forEach((flow) => void output(model, flow))) * 1e6) / flows.length);
    decision.push((milliseconds(() => decide(model, questions)) * 1e6) / questions.length);
  }
  return {
    what,
    rules: state.rules[4].length,
    routes: state.routes[4].length,
    compileMs: median(compiled),
    kernelNs: median(kernel),
    answerNs: median(answer),
    decisionNs: median(decision),
  };
}

const probe = new Probe();
const result = new Answer();

function decide(model: Model, questions: readonly Question[]): void {
  probe.iif = model.loopback;
  for (const { from = 0, to } of questions) {
    probe.src4 = from;
    probe.dst4 = to;
    probe.hasSource = from !== 0;
    rawLookup(model, probe, result);
  }
}

function readBack(netns: Namespace): LinuxState {
  const ip = (...args: string[]): string => netns.run(["ip", "-N", "-j", "-d", ...args]);
  const state = readDumps({
    link: ip("link"),
    addr: ip("addr"),
    rule4: ip("-4", "rule"),
    rule6: ip("-6", "rule"),
    route4: ip("-4", "route", "show", "table", "all"),
    route6: ip("-6", "route", "show", "table", "all"),
    sysctl: netns.run(["sh", "-c", "cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf; true"]),
  });
  if (state.gaps.length > 0) throw new Error(JSON.stringify(state.gaps[0]));
  return applyBatch(state, 4, "");
}

/** Destinations outside of what belongs to the host itself, from its sources in turns. */
function questionsFor(sources: readonly number[], count: number): Question[] {
  const random = generator(count);
  return Array.from({ length: count }, (_x, i) => ({
    to: Math.floor((16 + random() * 190) * 2 ** 24),
    from: sources.length === 0 ? undefined : sources[i % sources.length],
  })).filter(({ to }) => Math.floor(to / 2 ** 24) !== 127);
}

function milliseconds(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function toNumber(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function dotted(value: number): string {
  return formatAddress({ family: 4, value: BigInt(value) });
}

function report(measured: readonly Measured[]): Pick<Section, "tables" | "charts" | "goals"> {
  const table: Table = {
    caption: "Nanoseconds a lookup",
    columns: [
      "host",
      "rules",
      "routes",
      "compile ms",
      "kernel",
      "answer",
      "decision",
      "kernel / answer",
      "answers a second",
      "decisions a second",
    ],
    rows: measured.map((m) => [
      m.what,
      String(m.rules),
      String(m.routes),
      m.compileMs,
      m.kernelNs,
      m.answerNs,
      m.decisionNs,
      m.kernelNs / m.answerNs,
      1e9 / m.answerNs,
      1e9 / m.decisionNs,
    ]),
  };
  const chart: Chart = {
    name: "lookup",
    title: "A lookup in the model, beside ip -batch route get",
    unit: "nanoseconds",
    series: ["decision", "answer", "ip -batch route get"],
    groups: measured.map((m) => ({ label: m.what, values: [m.decisionNs, m.answerNs, m.kernelNs] })),
  };
  // The model is to be at least ten times as fast as asking the kernel.
  const goals: Goal[] = measured.map((m) => ({
    claim: `${m.what}: answer / kernel`,
    value: m.answerNs / m.kernelNs,
    most: 0.1,
  }));
  return { tables: [table], charts: [chart], goals };
}
