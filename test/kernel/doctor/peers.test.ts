import * as fs from "node:fs";
import * as path from "node:path";
import { HOST_CAPTURE_COMMAND, readHostCapture } from "../../../lib/doctor/capture";
import { Diagnosis, diagnose } from "../../../lib/doctor/diagnose";
import { Proof, prove } from "../../../lib/linux";
import { placeOf } from "../../../lib/doctor/peers";
import { hostPrefix, sameAddress, samePrefix } from "../../../lib/net";
import { Follower } from "../../../lib/prove/follower";
import { Candidate, peer } from "../matrix/candidate";
import { Cloud } from "../matrix/cloud";
import { Flow, exchange } from "../matrix/flow";
import { ALL_CHECKS, NINE } from "../matrix/flows";
import { TWO_NETS } from "../matrix/layout";
import { plugWith } from "../matrix/measure";
import { ours } from "../matrix/ours";
import { describeInCloud } from "../matrix/privilege";
import { PEERS } from "../peers";
import { applies, exchangeOf } from "./cells";

/**
 * For each tool's rule set, on one real host: the flows of the matrix tried with real packets; the same flows followed
 * by the model on a capture of that host; proved or disproved for that pair of ends; and named by the doctor. The four
 * must agree, cell by cell.
 */

const DOCS = path.join(__dirname, "../../../docs/verification-peers.md");
const CANDIDATES: readonly Candidate[] = [...PEERS.map(peer), ours()];

interface Cell {
  readonly id: string;
  readonly packets: boolean;
  readonly model: string;
  /** Undefined where its claim covers more than the flow. */
  readonly prover?: Proof["verdict"];
  /** Whether the doctor names it; undefined for flows that it has no words for. */
  readonly doctor?: boolean;
}

interface Row {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly diagnosis: Diagnosis;
}

describeInCloud("doctor, model and prover on captures of each tool's rule set", () => {
  let checking: Cloud;
  let stateful: Cloud;
  const rows = new Map<string, Row>();

  beforeAll(async () => {
    checking = await Cloud.open("doca", { sourceCheck: true });
    stateful = await Cloud.open("docb", { statefulRouters: true });
    const measured = async (cloud: Cloud, flows: readonly Flow[], rpFilter: 0 | 1): Promise<Row[]> => {
      const found: Row[] = [];
      for (const candidate of CANDIDATES) found.push(await measure(cloud, candidate, flows, rpFilter));
      return found;
    };
    const [nine, checks] = await Promise.all([
      measured(checking, NINE, 0),
      measured(stateful, ALL_CHECKS, 1),
    ]);
    CANDIDATES.forEach(({ title }, i) =>
      rows.set(title, { ...nine[i], cells: [...nine[i].cells, ...checks[i].cells] }),
    );
  }, 240_000);

  afterAll(async () => {
    process.stderr.write(`\n${table([...rows.values()])}\n`);
    await Promise.all([checking?.destroy(), stateful?.destroy()]);
  });

  test.each(CANDIDATES.map(({ title }) => title))(
    "agree with the real packets, cell by cell: %s",
    (title) => {
      const { cells } = rows.get(title)!;
      expect(cells.filter((cell) => !agrees(cell))).toEqual([]);
      expect(cells.length).toBeGreaterThan(25);
    },
  );

  test.each(PEERS.map(({ title }) => title))(
    "doctor finds %s asymmetric, and a cure that is proved",
    (title) => {
      const { diagnosis } = rows.get(title)!;
      expect(diagnosis.verdict).toBe("asymmetric");
      expect(diagnosis.findings.length).toBeGreaterThan(0);
      expect(diagnosis.cure?.verdict).toBe("proved");
      expect(diagnosis.cure?.spec.interfaces.map(({ name }) => name)).toEqual(["eth0", "eth1"]);
    },
  );

  test("doctor finds a host symmetric after our apply, and says who did it", () => {
    const { diagnosis } = rows.get("multihome")!;
    expect(diagnosis).toMatchObject({ verdict: "symmetric", findings: [], remarks: [] });
    expect(diagnosis.failClosed?.map(({ verdict }) => verdict)).toEqual(["proved", "proved"]);
    expect(diagnosis.managers.map(({ name }) => name)).toContain("multihome");
  });

  test("docs/verification-peers.md is what was measured", () => {
    const measured = forDocs([...rows.values()]);
    if (process.env.UPDATE_MATRIX === "1") fs.writeFileSync(DOCS, measured);
    expect(fs.readFileSync(DOCS, "utf8")).toBe(measured);
  });
});

async function measure(
  cloud: Cloud,
  candidate: Candidate,
  flows: readonly Flow[],
  rpFilter: 0 | 1,
): Promise<Row> {
  const host = await plugWith(cloud, candidate, TWO_NETS, { rpFilter });
  const mine = flows.filter((flow) => exchangeOf(flow) !== undefined && applies(candidate, flow));
  const packets = await exchange(cloud, host, mine);
  const capture = readHostCapture(host.namespace.ok("sh", "-c", HOST_CAPTURE_COMMAND));
  expect(capture.state.gaps).toEqual([]);
  const diagnosis = diagnose(capture);
  const follower = new Follower(capture.state, diagnosis.intent);
  const cells = mine.map((flow): Cell => {
    const followed = follower.follow(exchangeOf(flow)!);
    return {
      id: flow.id,
      packets: packets.get(flow.id)!.ok,
      model: followed.verdict,
      prover: proofOf(flow, capture.state, diagnosis)?.verdict,
      doctor: named(flow, diagnosis),
    };
  });
  return { title: candidate.title, cells, diagnosis };
}

/** The claims that make up a flow, for its two ends alone. */
function proofOf(flow: Flow, state: Parameters<typeof prove>[0], { intent }: Diagnosis): Proof | undefined {
  const { asker, peer: far, local, bound } = exchangeOf(flow)!;
  const only = {
    destinations: [hostPrefix(far)],
    ...(local !== undefined && { sources: [hostPrefix(local)] }),
  };
  // P5 is claimed of datagrams and connections together.
  if (bound !== undefined && flow.by !== "ping") return undefined;
  if (bound !== undefined) {
    const { addresses } = intent.interfaces.find(({ device }) => device === bound)!;
    const sources = addresses.map(({ address }) => hostPrefix(address));
    return prove(state, intent, { properties: ["P5", "P2"], only: { ...only, sources } });
  }
  if (local === undefined) return prove(state, intent, { properties: ["P4"], only });
  const isOwn = asker === "host" && state.addresses.some(({ address }) => sameAddress(address, far));
  return prove(state, intent, { properties: isOwn ? ["P1"] : ["P1", "P2", "P3"], only });
}

/** Whether one of the doctor's findings is about this flow. */
function named(flow: Flow, { findings, intent, others }: Diagnosis): boolean | undefined {
  const { asker, peer: far, local, bound } = exchangeOf(flow)!;
  // Of sockets bound to a device it follows datagrams, and between the host's own addresses nothing.
  if (bound !== undefined && flow.by !== "ping") return undefined;
  if (intent.interfaces.some(({ addresses }) => addresses.some((own) => sameAddress(own.address, far))))
    return undefined;
  const place = placeOf(far, { intent, others, notes: [] });
  return findings.some(({ kind, verdict, peer: where, locals, bothWays, example }) => {
    if (where.address.family !== far.family || where.kind !== place.kind || where.device !== place.device)
      return false;
    if (where.network !== undefined && !samePrefix(where.network, place.network!)) return false;
    // What a host does not accept from there it accepts on no socket: the doctor says it once.
    if (bound !== undefined)
      return kind === "bound"
        ? example.exchange.bound === bound
        : example.arrival === bound && verdict === "dropped";
    if (local === undefined) return kind === "unbound";
    if (!locals.some((one) => sameAddress(one, local))) return false;
    return asker === "peer" ? kind === "reply" : kind === "own" || bothWays;
  });
}

function table(rows: readonly Row[]): string {
  const line = (title: string, cells: readonly (string | number)[]) =>
    title.padEnd(24) + cells.map((cell) => String(cell).padStart(10)).join("");
  return [
    line("rule set", ["cells", "fail", "witness", "proved", "named", "disagree"]),
    ...rows.map(({ title, cells }) =>
      line(title, [
        cells.length,
        cells.filter(({ packets }) => !packets).length,
        cells.filter(({ prover }) => prover === "witness").length,
        cells.filter(({ prover }) => prover === "proved").length,
        cells.filter(({ doctor }) => doctor === true).length,
        cells.filter((cell) => !agrees(cell)).length,
      ]),
    ),
    "",
    "fail: real packets did not come through; witness, proved: the prover on a capture of the same host, for that pair of",
    "ends alone; named: by the doctor. disagree: cells in which packets, model, prover and doctor are not of one mind.",
  ].join("\n");
}

function agrees({ packets, model, prover, doctor }: Cell): boolean {
  return (
    (model === "symmetric") === packets &&
    (prover === undefined || (prover === "proved") === packets) &&
    (doctor === undefined || doctor !== packets)
  );
}

/** The page in docs/. */
function forDocs(rows: readonly Row[]): string {
  const sections = rows.map(({ title, cells, diagnosis }) => {
    const failing = cells.filter(({ packets }) => !packets);
    const passing = cells.filter(({ packets }) => packets);
    const list = (some: readonly Cell[]) => some.map(({ id }) => `\`${id}\``).join(", ") || "none";
    return [
      `## ${title}`,
      "",
      `- packets lost, a witness each, named by the doctor: ${list(failing)}`,
      `- packets through, proved, not named: ${list(passing)}`,
      `- doctor: ${diagnosis.verdict}; managers seen: ${diagnosis.managers.map(({ name }) => name).join(", ")}`,
      ...(diagnosis.cure === undefined
        ? []
        : [
            `- cure: ${diagnosis.cure.verdict} on the host's own state` +
              (diagnosis.cure.remove.length === 0
                ? ""
                : `, once these are gone: ${diagnosis.cure.remove.map((line) => `\`${line}\``).join(", ")}`),
          ]),
      "",
    ].join("\n");
  });
  return `# What model, prover and doctor say of other tools' rule sets

Written by \`test/kernel/doctor/peers.test.ts\` from what it measured, when \`UPDATE_MATRIX=1\`; otherwise the test fails
if this page and a measurement differ. Do not edit.

Every flow of [the flow matrix](matrix.md) is judged four times, for each rule set, on one and the same host: by real
packets; by the model of Linux routing, on a capture of the host; by the prover, for that pair of ends alone; and by
\`multihome doctor\`, which knows nothing of the matrix and finds out from the capture which flows there are. The nine
flows are tried where the network checks sources, with \`rp_filter=0\`; the checks behind stateful routers, with
\`rp_filter=1\`. Broadcasts are left out. All four agree in every cell that they have a say in: the prover does not tell
a connection on a socket that is bound to a device from a datagram on one, and the doctor asks for datagrams there, and
for nothing between the host's own addresses.

${sections.join("\n")}`;
}
