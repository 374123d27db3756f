import { Intent, Proof } from "../lib/linux";
import { HostSpec } from "../lib/model";
import { hostPrefix } from "../lib/net";
import { StagedHost, proveStaged, stageHost } from "../lib/prove/staged";
import { benchHost } from "./support/host";
import { Layout, ownSubnets, scattered } from "./support/layouts";
import { privilegeMissing, removeAll } from "./support/netns";
import { BenchOptions, Chart, Goal, Section, Table } from "./support/section";
import { median } from "./support/stats";

const METHOD = `The plan of each host, as it is put into the kernel, is proved: P1 to P9, of IPv4 and IPv6 where the host has both,
from the compiled tables to the verdict; P7 compares with the host before, P8 asks for a management peer of each family.
*P10* is the proof of every state on the way, which is made only when asked for. CPU time of all threads, medians; *first* is the first proof of a
process that has proved nothing before, when nothing is compiled yet. *classes* are the packets that are looked at, each for all
packets that nothing tells from it: more than one lookup each. *kernel* is the time that the same number of questions takes
with \`ip -batch route get\` on the same host in a namespace (the start of the process taken off), which for the kernel is one lookup each.
Run by tsx, that is, not quite as fast as the package.`;

interface Measured {
  readonly layout: string;
  readonly families: string;
  readonly rules: number;
  readonly classes: number;
  readonly first: number;
  readonly ms: number;
  readonly stepsMs: number;
  readonly kernel?: number;
}

/** The sizes that have a target, and what they may take, in milliseconds. */
const TARGETS: Readonly<Record<string, number>> = { "4 x 4": 10, "15 x 15": 100, "15 x 50": 500 };

export async function prover({ quick }: BenchOptions): Promise<Section> {
  const sizes: readonly (readonly [number, number])[] = quick
    ? [
        [2, 1],
        [4, 4],
      ]
    : [
        [2, 1],
        [4, 4],
        [8, 8],
        [15, 15],
        [15, 50],
      ];
  const missing = privilegeMissing();
  try {
    const measured = sizes.flatMap(([k, m]) =>
      [ownSubnets(k, m), scattered(k, m)].flatMap((layout) => [
        one(layout, `${k} x ${m}`, "IPv4", quick, missing === undefined),
        one(layout, `${k} x ${m}`, "both", quick, false),
      ]),
    );
    return {
      name: "prover",
      title: "What a proof costs",
      method: METHOD,
      ...report(measured),
      missing: missing === undefined ? [] : [`the kernel: ${missing}`],
    };
  } finally {
    removeAll();
  }
}

function one(
  layout: Layout,
  size: string,
  families: "IPv4" | "both",
  quick: boolean,
  kernel: boolean,
): Measured {
  const spec = families === "IPv4" ? layout.spec(4) : joined(layout.spec(4), layout.spec(6));
  const staged = managed(stageHost(spec));
  const { state } = staged;
  const times: number[] = [];
  let classes = 0;
  // What takes milliseconds is proved so often that the median is of code that the engine has compiled.
  for (let round = 0; round < (quick ? 5 : staged.state.rules[4].length < 200 ? 201 : 41); round++) {
    const { proof, ms } = timed(layout.name, () => proveStaged(staged));
    times.push(ms);
    classes = proof.results.reduce((sum, result) => sum + result.classes, 0);
  }
  const steps = Array.from({ length: 3 }, () =>
    timed(layout.name, () => proveStaged(staged, { properties: ["P10"], steps: staged.steps })),
  );
  const rules = state.rules[4].length + state.rules[6].length;
  return {
    layout: layout.name.includes("scattered") ? `${size}, one subnet` : `${size}, a subnet each`,
    families,
    rules,
    classes,
    first: times[0],
    ms: median(times.slice(1)),
    stepsMs: median(steps.map(({ ms }) => ms)),
    kernel: kernel ? askKernel(spec, classes) : undefined,
  };
}

function timed(name: string, run: () => Proof): { proof: Proof; ms: number } {
  const start = process.cpuUsage();
  const proof = run();
  const { user, system } = process.cpuUsage(start);
  if (proof.verdict !== "proved") throw new Error(`${name}: ${proof.verdict}: ${proof.reasons.join("; ")}`);
  return { proof, ms: (user + system) / 1000 };
}

/** With somebody who works on the host from its first gateway, in each family. */
function managed(staged: StagedHost): StagedHost {
  const [first] = staged.intent.interfaces;
  const management: Intent["management"] = first.addresses.flatMap(({ address }) => {
    const gateway = first.gateways[address.family];
    return gateway === undefined ? [] : [{ peer: hostPrefix(gateway), local: address }];
  });
  return { ...staged, intent: { ...staged.intent, management } };
}

function joined(four: HostSpec, six: HostSpec): HostSpec {
  return {
    ...four,
    interfaces: four.interfaces.map((iface, i) => ({
      ...iface,
      addresses: [...(iface.addresses ?? []), ...(six.interfaces[i].addresses ?? [])],
      gateways: [...(iface.gateways ?? []), ...(six.interfaces[i].gateways ?? [])],
    })),
  };
}

/** Milliseconds for so many questions, from every source in turns to destinations all over the place. */
function askKernel(spec: HostSpec, count: number): number {
  const { netns, plan } = benchHost(spec, 4, "multihome");
  const sources = plan.interfaces.flatMap(({ sources: list }) => list);
  const line = (i: number): string =>
    `route get 198.51.${(i >> 8) & 255}.${i & 255} from ${sources[i % sources.length].split("/")[0]}\n`;
  const run = (n: number): number => {
    const input = Array.from({ length: n }, (_x, i) => line(i)).join("");
    const start = process.hrtime.bigint();
    netns.run(["ip", "-4", "-batch", "-"], input);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  const rounds = Array.from({ length: 5 }, () => run(Math.max(count, 1000)) - run(1));
  return (median(rounds) * count) / Math.max(count, 1000);
}

function report(measured: readonly Measured[]): Pick<Section, "tables" | "charts" | "goals"> {
  const table: Table = {
    caption: "Proofs",
    columns: [
      "interfaces x addresses",
      "families",
      "rules",
      "classes",
      "first ms",
      "ms",
      "proofs a second",
      "P10 ms",
      "kernel ms",
      "proof / kernel",
    ],
    rows: measured.map((m) => [
      m.layout,
      m.families,
      String(m.rules),
      String(m.classes),
      m.first,
      m.ms,
      1000 / m.ms,
      m.stepsMs,
      m.kernel ?? NaN,
      m.kernel === undefined ? NaN : m.ms / m.kernel,
    ]),
  };
  const chart: Chart = {
    name: "prover",
    title: "A proof for every packet, beside asking the kernel as often",
    unit: "milliseconds",
    series: ["proof", "ip -batch route get"],
    groups: measured
      .filter((m) => m.families === "IPv4")
      .map((m) => ({ label: m.layout, values: [m.ms, m.kernel] })),
  };
  const goals: Goal[] = measured
    .filter((m) => m.layout.split(",")[0] in TARGETS)
    .map((m) => ({
      claim: `${m.layout}, ${m.families}: milliseconds`,
      value: m.ms,
      most: TARGETS[m.layout.split(",")[0]],
    }));
  return { tables: [table], charts: [chart], goals };
}
