import * as path from "node:path";
import { Background, Namespace } from "../support/netns";

const SCRIPT = path.join(__dirname, "..", "support", "flows.cjs");

/** What became of flows: see flows.cjs. Gaps are in milliseconds. */
export interface FlowsResult {
  readonly udp: {
    readonly sent: number;
    readonly answered: number;
    readonly lost: number;
    readonly gap: number;
  };
  readonly tcp: readonly { readonly alive: boolean; readonly gap: number; readonly error?: string }[];
}

export async function serveFlows(namespace: Namespace, ...addresses: string[]): Promise<Background> {
  const server = namespace.start([process.execPath, SCRIPT, "serve", ...addresses]);
  await server.until((text) => text.includes("ready"));
  return server;
}

/** Flows that go on until {@link endFlows}. */
export async function startFlows(
  namespace: Namespace,
  from: string,
  to: string,
  { udp, tcp, patience = 60_000 }: { udp: number; tcp: number; patience?: number },
): Promise<Background> {
  const flows = namespace.start([
    process.execPath,
    SCRIPT,
    "run",
    from,
    to,
    ...[udp, tcp, patience].map(String),
  ]);
  // Of those that connect while a busy machine drops their first packets the last tries come seconds apart.
  await flows.until((text) => text.includes("ready"), 60_000);
  return flows;
}

export async function endFlows(flows: Background): Promise<FlowsResult> {
  flows.child.stdin!.end();
  await flows.end();
  const [, result] = flows.stdout.split("\n");
  if (!result) throw new Error(`flows ended without a result: ${flows.stderr}`);
  return JSON.parse(result) as FlowsResult;
}
