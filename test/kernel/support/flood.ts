import * as path from "node:path";
import { Background, Namespace, sleep } from "./netns";

/** Datagrams from many sources, 1000 a second from each, to an echo: see udp.js. */
const UDP = path.join(__dirname, "udp.js");

/** What became of one source's. */
export interface Flow {
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
}

export async function serveEcho(namespace: Namespace): Promise<Background> {
  const server = namespace.start(["node", UDP, "serve"]);
  await server.until((out) => out.includes("ready"));
  return server;
}

/** Flows that go on until {@link endFlood}. */
export async function startFlood(
  namespace: Namespace,
  to: readonly [string, string],
  sources: readonly string[],
): Promise<Background> {
  const flows = namespace.start(["node", UDP, "flood", ...to, ...sources]);
  await flows.until((out) => out.includes("ready"));
  await sleep(200);
  return flows;
}

/** By source. */
export async function endFlood(flows: Background): Promise<Record<string, Flow>> {
  flows.child.stdin?.end();
  const { stdout } = await flows.end();
  return JSON.parse(stdout.slice(stdout.indexOf("{"))) as Record<string, Flow>;
}

/** How many have no answer. */
export const lost = (result: Record<string, Flow>): number =>
  Object.values(result).reduce((sum, { sent, answered }) => sum + sent - answered, 0);

/** Datagrams that a socket had no room for, in both families: the machine's fault, not routing's. */
export const overflows = (...namespaces: readonly Namespace[]): number =>
  namespaces.reduce((sum, namespace) => sum + overflowsIn(namespace), 0);

function overflowsIn(namespace: Namespace): number {
  const [names, values] = namespace
    .ok("cat", "/proc/net/snmp")
    .split("\n")
    .filter((line) => line.startsWith("Udp:"))
    .map((line) => line.split(" "));
  const six = /^Udp6RcvbufErrors\s+(\d+)/m.exec(namespace.ok("cat", "/proc/net/snmp6"));
  return Number(values[names.indexOf("RcvbufErrors")]) + Number(six?.[1] ?? 0);
}
