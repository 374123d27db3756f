import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Family } from "../../../lib/net";
import { Dumps } from "../../../lib/linux";
import { build } from "./compare";
import { KernelAnswer, KernelHost } from "./kernel";
import { Query, queries } from "./queries";
import { DEVICES } from "./scenario4";
import { scenarioOf } from "./campaign";
import { readDumps } from "../../../lib/linux";

/**
 * What a kernel answered once, for machines where none can be asked: the dumps of a random host, questions, and the
 * answers. Written by scripts/record-kernel.ts.
 */
export interface Recording {
  readonly kernel: string;
  readonly family: Family;
  readonly seed: number;
  readonly dumps: Dumps;
  readonly answers: readonly (readonly [line: string, answer: KernelAnswer])[];
}

export const RECORDINGS = join(__dirname, "..", "recordings");

export function recordings(): Recording[] {
  return readdirSync(RECORDINGS)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(RECORDINGS, name), "utf8")) as Recording);
}

/** The questions of a recording, as flows. */
export function questionsOf(recording: Recording): Query[] {
  const wanted = new Set(recording.answers.map(([line]) => line));
  const all = queries(readDumps(recording.dumps), recording.family, recording.seed, ASKED);
  const found = new Map(all.filter(({ line }) => wanted.has(line)).map((query) => [query.line, query]));
  return recording.answers.map(([line]) => found.get(line)!);
}

const ASKED = 3_000;

/** Asks a kernel, and keeps at most `keep` answers, as different from each other as can be. */
export function record(family: Family, seed: number, keep: number): Recording {
  const host = new KernelHost(DEVICES);
  try {
    build(host, scenarioOf(family, seed), family);
    const settle = Date.now() + 1_500;
    while (Date.now() < settle);
    const dumps = slim(host.dump());
    const asked = queries(readDumps(dumps), family, seed, ASKED);
    const answers = host.ask(
      family,
      asked.map(({ line }) => line),
    );
    const kinds = new Map<string, [string, KernelAnswer][]>();
    asked.forEach(({ line }, i) => {
      const { error, route } = answers[i];
      const kind =
        error ??
        `${route?.type} ${route?.dev} ${route?.gateway} ${route?.table} ${line.includes(" iif ")} ${line.includes(" oif ")} ${line.includes(" from ")}`;
      const list = kinds.get(kind);
      if (list === undefined) kinds.set(kind, [[line, answers[i]]]);
      else list.push([line, answers[i]]);
    });
    const kept: [string, KernelAnswer][] = [];
    for (
      let round = 0;
      kept.length < keep && [...kinds.values()].some((list) => list.length > round);
      round++
    ) {
      for (const list of kinds.values())
        if (list[round] !== undefined && kept.length < keep) kept.push(list[round]);
    }
    return { kernel: host.exec(["uname", "-r"]).trim(), family, seed, dumps, answers: kept };
  } finally {
    host.close();
  }
}

/** Without the many sysctls that have no part in routing, and without what changes from run to run. */
function slim(dumps: Dumps): Dumps {
  const keys =
    /(rp_filter|accept_local|src_valid_mark|\/forwarding|bc_forwarding|route_localnet|ignore_routes|send_redirects|use_oif_addrs_only|optimistic|use_tempaddr)/;
  const plain = (text: string): string =>
    text
      .replace(
        /"(?:min_mtu|max_mtu|num_[rt]x_queues|gso_max_size|gso_max_segs|tso_max_size|tso_max_segs|gro_max_size|promiscuity|allmulti|txqlen|mtu)":\d+,?/g,
        "",
      )
      .replace(/,}/g, "}");
  return {
    ...dumps,
    link: plain(dumps.link),
    addr: plain(dumps.addr),
    sysctl: dumps.sysctl
      .split("\n")
      .filter((line) => keys.test(line) && !/\/default\//.test(line))
      .join("\n"),
  };
}
