import { Candidate } from "./candidate";
import { Cloud } from "./cloud";
import { Flow, Result, exchange } from "./flow";
import { ALL_CHECKS, B_STILL_USED, NINE } from "./flows";
import { Host, HostOptions } from "./host";
import { Layout, TWO_NETS, isIPv6 } from "./layout";

export type Verdict = "ok" | "FAIL" | "leaks" | "fails closed" | "n/a";

export interface Cell {
  readonly verdict: Verdict;
  /** What stopped the packets, when the exchange failed. */
  readonly caughtBy: readonly string[];
}

/** What one candidate does with each flow, by the flow's id. */
export interface Row {
  readonly title: string;
  readonly nine: ReadonlyMap<string, Cell>;
  readonly bounced: Cell;
  readonly checks: ReadonlyMap<string, Cell>;
}

/** The nine flows on a cloud that checks sources, and what becomes of B when its interface is bounced. */
export async function measureNine(cloud: Cloud, candidate: Candidate): Promise<Omit<Row, "checks">> {
  const host = await plugWith(cloud, candidate, TWO_NETS);
  const nine = await verdicts(cloud, host, candidate, NINE);
  return { title: candidate.title, nine, bounced: await bounce(cloud, host) };
}

/** The checks behind stateful routers; strict reverse path filtering unless told otherwise. */
export async function measureChecks(
  cloud: Cloud,
  candidate: Candidate,
  options: HostOptions = { rpFilter: 1 },
): Promise<ReadonlyMap<string, Cell>> {
  const host = await plugWith(cloud, candidate, TWO_NETS, options);
  return verdicts(cloud, host, candidate, ALL_CHECKS);
}

/** A fresh host with the candidate applied. */
export async function plugWith(
  cloud: Cloud,
  candidate: Candidate,
  layout: Layout,
  options: HostOptions = {},
): Promise<Host> {
  const host = await cloud.plug(layout, { families: candidate.families, ...options });
  await candidate.apply(host);
  return host;
}

/** A program goes on using B after eth1 went down and up: does it leave by eth0? */
export async function bounce(cloud: Cloud, host: Host): Promise<Cell> {
  host.bounce("eth1");
  const result = (await exchange(cloud, host, [B_STILL_USED], 600)).get(B_STILL_USED.id)!;
  if (result.ok) return { verdict: "ok", caughtBy: [] };
  const leaked = result.caughtBy.includes("source check at eth0");
  return { verdict: leaked ? "leaks" : "fails closed", caughtBy: result.caughtBy };
}

async function verdicts(
  cloud: Cloud,
  host: Host,
  { families }: Candidate,
  flows: readonly Flow[],
): Promise<ReadonlyMap<string, Cell>> {
  const applies = (flow: Flow) => flow.to.startsWith("ff02:") || families.includes(isIPv6(flow.to) ? 6 : 4);
  const results = await exchange(cloud, host, flows.filter(applies));
  return new Map(flows.map(({ id }) => [id, cell(results.get(id))]));
}

function cell(result: Result | undefined): Cell {
  if (result === undefined) return { verdict: "n/a", caughtBy: [] };
  return { verdict: result.ok ? "ok" : "FAIL", caughtBy: result.caughtBy };
}
