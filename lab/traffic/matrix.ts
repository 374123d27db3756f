import type { DropCounter, LabCounters } from "../fabric";
import { Agents, ProbeOutcome } from "./agent";

/** A flow matrix: named flows that are all tried at once, and who dropped those that fail. */

export interface Flow {
  name: string;
  /** Namespace of the client. */
  client: string;
  /** The client's source address; unbound without. */
  from?: string;
  /** Namespace of the server. */
  server: string;
  /** The address the client calls. */
  to: string;
  /** The address the server listens at, where it is not the one called: behind an Elastic IP. */
  listen?: string;
  protocol: "tcp" | "udp" | "icmp";
}

export interface FlowResult extends ProbeOutcome {
  flow: Flow;
}

export interface MatrixOptions {
  /** Milliseconds a flow has; default 3000, in which the first packet of one is sent again, and again. */
  timeout?: number;
  /** Port of every echo server; default 7007. */
  port?: number;
  /** Agents to use and leave running; by default some are started and ended. */
  agents?: Agents;
}

const PORT = 7007;

/** Tries all flows at once; results are in the order of the flows. */
export async function runMatrix(flows: readonly Flow[], options: MatrixOptions = {}): Promise<FlowResult[]> {
  const agents = options.agents ?? new Agents();
  const timeout = options.timeout ?? 3000;
  const port = options.port ?? PORT;
  try {
    await Promise.all(
      flows.map(async ({ protocol, server, listen, to }) => {
        if (protocol !== "icmp") await agents.in(server).serve(protocol, listen ?? to, port);
      }),
    );
    return await Promise.all(
      flows.map(async (flow) => {
        const { protocol, from, to, client } = flow;
        return { flow, ...(await agents.in(client).probe({ protocol, from, to, port, timeout })) };
      }),
    );
  } finally {
    if (options.agents === undefined) await agents.close();
  }
}

/**
 * Which check dropped packets of a flow that failed: one sentence, or undefined when none did.
 *
 * @param counters read after the matrix
 * @param clientAddress the client's address as the server sees it, where `from` does not say
 */
export function caughtBy(flow: Flow, counters: LabCounters, clientAddress = flow.from): string | undefined {
  const server = flow.listen ?? flow.to;
  const caught = (counter: DropCounter) =>
    counter.flows.some(({ source, destination }) => {
      const ends = [source, destination];
      return ends.includes(server) && (clientAddress === undefined || ends.includes(clientAddress));
    });
  for (const [id, counter] of Object.entries(counters.networkInterfaces)) {
    if (caught(counter.sourceCheckDrops)) return `source check of ${id}`;
    if (caught(counter.destCheckDrops)) return `destination check of ${id}`;
    if (caught(counter.securityGroupDrops)) return `security groups of ${id}`;
  }
  const gateway = Object.entries(counters.internetGateways).find(([, counter]) => caught(counter));
  return gateway === undefined ? undefined : `Internet gateway of ${gateway[0]} (no Elastic IP)`;
}
