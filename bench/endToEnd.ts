import { spawnSync } from "node:child_process";
import { Family, parseAddress } from "../lib/net";
import { walkerOf } from "../lib/plan/cost";
import { BenchHost, FAR, Structure, benchHost, isPlanned, sourcesOf } from "./support/host";
import { Layout, ownSubnets, scattered } from "./support/layouts";
import { compileNative } from "./support/native";
import { Namespace, connect, createNamespace, privilegeMissing, removeAll } from "./support/netns";
import { BenchOptions, Chart, Goal, Section, Table } from "./support/section";

const METHOD = `One process, pinned to one CPU, holds the sockets of all hosts in their namespaces and works on each in
turns, round after round (\`bench/native/traffic.c\`). Packets go over veth pairs, which deliver in the sender's
context, so the CPU time of that one thread is all the work there is for a packet on both sides. Figures are medians of the
ratios, round by round, to a single-homed host without any rule. The source is the one that has to pass the most rules.
The far end drops datagrams as soon as they arrive. \`multihome, alone\` is a host that has no containers and tunnels,
and says so (\`unmanagedRoutes: "ignore"\`).

*udp*: datagrams from an unconnected socket with a source; *unset*: without one; *connected*: from a connected
socket; *request*: a byte there and back on a TCP connection; *bulk*: 64 KiB on one; *connect*: a whole connection;
*inbound*: datagrams to the host; *forward*: datagrams through it.

In IPv6 the kernel chooses the source of an *unset* socket by looking at every address of the host (RFC 6724), with or
without rules: there the figures compare hosts with 750 addresses to one with two.`;

const MODES = ["udp", "unset", "connected", "request", "bulk", "connect", "inbound", "forward"] as const;
type Mode = (typeof MODES)[number];
const GOALS: readonly (readonly [Mode, number])[] = [
  ["udp", 1.15],
  ["connected", 1.03],
  ["request", 1.03],
  ["bulk", 1.03],
  ["inbound", 1.2],
  ["forward", 1.2],
];

interface Row {
  readonly family: Family;
  readonly layout: string;
  readonly structure: Structure;
}

export async function endToEnd({ quick }: BenchOptions): Promise<Section> {
  const section = {
    name: "end-to-end",
    title: "What rules cost a packet, a request, a connection",
    method: METHOD,
  };
  const program = compileNative("traffic");
  const missing = privilegeMissing() ?? (program === undefined ? "no C compiler" : undefined);
  if (missing !== undefined || program === undefined) {
    return { ...section, tables: [], charts: [], goals: [], missing: [String(missing)] };
  }
  try {
    const families: readonly Family[] = quick ? [4] : [4, 6];
    const results = families.flatMap((family) => measure(program, rowsOf(family, quick), quick ? 15 : 151));
    return { ...section, ...report(results), missing: [] };
  } finally {
    removeAll();
  }
}

function rowsOf(family: Family, quick: boolean): (Row & { readonly at: Layout })[] {
  const of = (at: Layout, structure: Structure) => ({ family, layout: at.name, structure, at });
  const largest = scattered(15, quick ? 8 : 50);
  return [
    of(scattered(2, 1), "single"),
    of(scattered(2, 1), "single"),
    of(scattered(2, 1), "multihome"),
    of(scattered(2, 1), "per address"),
    ...(quick ? [] : [of(scattered(4, 8), "multihome"), of(scattered(4, 8), "per address")]),
    of(largest, "multihome"),
    of(largest, "multihome, alone"),
    of(largest, "per address"),
    ...(quick ? [] : [of(ownSubnets(15, 50), "multihome"), of(ownSubnets(15, 50), "per subnet")]),
  ];
}

interface Result extends Row {
  readonly times: ReadonlyMap<Mode, { readonly ns: number; readonly ratio: number }>;
}

function measure(program: string, rows: readonly (Row & { at: Layout })[], rounds: number): Result[] {
  const hosts = rows.map(({ at, family, structure }) => {
    const host = benchHost(at.spec(family), family, structure);
    dropDatagrams(host);
    return { host, client: clientOf(host, family) };
  });
  const jobs = hosts.flatMap(({ host, client }, i) => {
    const { family, structure } = rows[i];
    const source = slowestSource(host, family, structure);
    return MODES.map((mode) => {
      const [netns, from] = mode === "forward" ? [client.name, CLIENT[family]] : [host.netns.name, source];
      return `${mode} ${netns} ${from} ${host.peer.name} ${FAR[family]}`;
    });
  });
  const { status, stdout, stderr } = spawnSync(program, [String(rounds)], {
    input: `${jobs.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`traffic: ${stderr}`);
  const figures = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  return rows.map(({ family, layout, structure }, i) => ({
    family,
    layout,
    structure,
    times: new Map(
      MODES.map((mode, m) => {
        const [ns, ratio] = figures[i * MODES.length + m];
        return [mode, { ns, ratio }];
      }),
    ),
  }));
}

/** The source that has to pass the most rules. */
function slowestSource({ plan }: BenchHost, family: Family, structure: Structure): string {
  const sources = sourcesOf(plan);
  // Without rules all leaves by the first interface, so there a source of that one is taken.
  if (structure === "single") return sources[0];
  // Naive rules stand in the order of the interfaces.
  if (!isPlanned(structure)) return sources[sources.length - 1];
  const walk = walkerOf((family === 4 ? plan.ipv4 : plan.ipv6).rules, family);
  const rules = (text: string): number => {
    const parsed = parseAddress(text);
    return parsed.ok ? walk(parsed.value.value, true).rules : 0;
  };
  return sources.reduce((most, s) => (rules(s) > rules(most) ? s : most));
}

/** The far end does nothing with a datagram, whatever interface it comes by. */
function dropDatagrams({ peer, devices }: BenchHost): void {
  const names = devices.map((_, i) => `"p${i}"`).join(", ");
  peer.run(
    ["nft", "-f", "-"],
    `table netdev bench { chain early { type filter hook ingress devices = { ${names} } priority -500; udp dport 9 drop; }; }\n`,
  );
}

const CLIENT: Readonly<Record<Family, string>> = { 4: "172.20.0.2", 6: "fd20::2" };
const ROUTER: Readonly<Record<Family, string>> = { 4: "172.20.0.1", 6: "fd20::1" };

/** A client behind the host, whose packets it forwards. */
function clientOf({ netns }: BenchHost, family: Family): Namespace {
  const client = createNamespace();
  const [mine, hosts] = ["02:00:00:00:03:01", "02:00:00:00:03:02"];
  connect({ netns: client, device: "c0", mac: mine }, { netns, device: "h0", mac: hosts });
  const [length, nodad] = family === 4 ? [24, ""] : [64, " nodad"];
  client.batch(family, [
    `address add ${CLIENT[family]}/${length} dev c0${nodad}`,
    `neighbour add ${ROUTER[family]} lladdr ${hosts} nud permanent dev c0`,
    `route add default via ${ROUTER[family]}`,
  ]);
  netns.batch(family, [
    `address add ${ROUTER[family]}/${length} dev h0${nodad}`,
    `neighbour add ${CLIENT[family]} lladdr ${mine} nud permanent dev h0`,
  ]);
  netns.sysctl({ "ipv4/conf/h0/rp_filter": 0 });
  return client;
}

function report(results: readonly Result[]): Pick<Section, "tables" | "charts" | "goals"> {
  const families = [...new Set(results.map((r) => r.family))];
  const ratio = (r: Result, mode: Mode): number => r.times.get(mode)?.ratio ?? NaN;
  const tables = families.map((family): Table => {
    const mine = results.filter((r) => r.family === family);
    const base = MODES.map((mode) => `${mode} ${Math.round(mine[0].times.get(mode)?.ns ?? NaN)}`).join(", ");
    return {
      caption: `IPv${family}: the single-homed host is 1 (ns here: ${base})`,
      columns: ["layout", "structure", ...MODES],
      rows: mine
        .slice(1)
        .map((r) => [
          r.structure === "single" ? "" : r.layout,
          r.structure === "single" ? "the same again" : r.structure,
          ...MODES.map((mode) => ratio(r, mode)),
        ]),
    };
  });
  const largest = results.filter(
    (r) => r.family === 4 && r.layout.startsWith("15 x") && r.layout.includes("scattered"),
  );
  const of = (structure: Structure) => largest.find((r) => r.structure === structure) as Result;
  const { layout } = of("multihome");
  const charted: readonly Structure[] = ["multihome", "multihome, alone", "per address"];
  const chart: Chart = {
    name: "end-to-end",
    title: `End to end, IPv4, ${layout}, the slowest source; a single-homed host is 1`,
    unit: "times the CPU time of a single-homed host",
    series: charted,
    groups: MODES.map((mode) => ({ label: mode, values: charted.map((s) => ratio(of(s), mode)) })),
  };
  const goals = (["multihome", "multihome, alone"] as const).flatMap((structure) =>
    GOALS.map(([mode, most]): Goal => ({
      claim: `IPv4, ${layout}, ${structure}: ${mode}`,
      most,
      value: ratio(of(structure), mode),
    })),
  );
  return { tables, charts: [chart], goals };
}
