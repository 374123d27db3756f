import { Answer } from "../support/agent";
import { slowness } from "../support/slowness";
import { Cloud, Place } from "./cloud";
import { FlowKey, Sighting, belongsTo } from "./fabric";
import { Host } from "./host";
import { isIPv6 } from "./layout";
import { PORTS } from "./ports";

/** One real exchange: a request that must get there and an answer that must come back. */
export interface Flow {
  /** Unique among the flows of a table. */
  readonly id: string;
  readonly by: "tcp" | "udp" | "ping";
  /** Who asks. */
  readonly client: Place;
  /** Source address; without one the kernel chooses. */
  readonly from?: string;
  /** The socket is bound to this device, and to no address. */
  readonly device?: string;
  readonly to: string;
  /** Default {@link PORTS.echo}. */
  readonly port?: number;
  /** The destination is a broadcast address. */
  readonly broadcast?: true;
}

export interface Result {
  readonly ok: boolean;
  /** Where the packets of a failed flow ended; sorted. Never empty when the flow failed. */
  readonly caughtBy: readonly string[];
}

/** Milliseconds that an exchange may take on an idle machine: one retransmission of a SYN (1 s) is allowed for. */
const TIMEOUT = 1_200;
const PROTOCOL = { tcp: 6, udp: 17, ping4: 1, ping6: 58 } as const;

/**
 * Makes all the exchanges at once, then asks the fabric for the witnesses: every flow has a source port of
 * its own, by which the packets dropped are known to be its.
 */
export async function exchange(
  cloud: Cloud,
  host: Host,
  flows: readonly Flow[],
  allowed = TIMEOUT,
): Promise<Map<string, Result>> {
  const timeout = allowed * slowness();
  const filteredBefore = host.reversePathDrops();
  const answers = await Promise.all(
    flows.map(async (flow) => {
      const sourcePort = cloud.nextSourcePort();
      return { flow, sourcePort, answer: await attempt(cloud, flow, sourcePort, timeout) };
    }),
  );
  // Nobody asked then, so no answer says nothing of routing.
  for (const { answer } of answers)
    if (answer.error?.startsWith("agent ended")) throw new Error(answer.error);
  const failed = answers.some(({ answer }) => !answer.ok);
  const evidence = {
    sightings: failed ? cloud.sightings() : [],
    filtered: failed && host.reversePathDrops() > filteredBefore,
  };
  return new Map(
    answers.map(({ flow, sourcePort, answer }) => [
      flow.id,
      { ok: answer.ok, caughtBy: answer.ok ? [] : witnesses(flow, sourcePort, answer, evidence) },
    ]),
  );
}

/** The same, for a test to read: "ok", or where the packets ended. */
export async function outcomes(
  cloud: Cloud,
  host: Host,
  flows: readonly Flow[],
): Promise<Readonly<Record<string, string>>> {
  const results = await exchange(cloud, host, flows);
  return Object.fromEntries(
    [...results].map(([id, { ok, caughtBy }]) => [id, ok ? "ok" : caughtBy.join(" and ")]),
  );
}

function attempt(cloud: Cloud, flow: Flow, sourcePort: number, timeout: number): Promise<Answer> {
  const agent = cloud.agent(flow.client);
  const { to, from, device, port = PORTS.echo } = flow;
  if (flow.by === "ping") {
    const source = device ?? from;
    const options = [...(source === undefined ? [] : ["-I", source]), ...(flow.broadcast ? ["-b"] : [])];
    const wait = `${Math.floor(timeout / 1000)}`;
    // Again and again until the first answer: a packet that was lost is no broken path.
    return agent.run(["ping", "-n", "-c", "1", "-i", "0.2", "-w", wait, ...options, to], timeout + 1_000);
  }
  if (flow.by === "tcp" && device !== undefined) {
    // Node cannot bind a socket to a device. curl can, and then binds to no address and no port.
    const url = `http://${isIPv6(to) ? `[${to}]` : to}:${PORTS.http}/`;
    return agent.run(
      ["curl", "-sS", "--interface", device, "--max-time", `${timeout / 1000}`, url],
      timeout + 1_000,
    );
  }
  return flow.by === "tcp"
    ? agent.tcp({ to, port, from, sourcePort, timeout })
    : agent.udp({ to, port, from, sourcePort, timeout });
}

interface Evidence {
  readonly sightings: readonly Sighting[];
  /**
   * The host's reverse path filter has dropped something meanwhile; the kernel does not say of which flow.
   */
  readonly filtered: boolean;
}

function witnesses(
  flow: Flow,
  sourcePort: number,
  { error }: Answer,
  { sightings, filtered }: Evidence,
): string[] {
  const seen = sightings.filter((sighting) => matches(sighting, flow, sourcePort));
  const drops = new Set(seen.filter(({ event }) => event === "dropped").map(({ by }) => by));
  if (drops.size > 0) return [...drops].sort();
  // A refusal by the host's own routing comes at once, with its reason.
  if (error !== undefined && /^E(?!TIMEDOUT)/.test(error)) return [`refused (${error})`];
  if (error?.startsWith("answered by")) return [error];
  const inside = flow.client === "container" || flow.client === "vpn";
  const reached = inside || seen.some(({ event }) => event === "reached the host");
  return [filtered && reached ? "reverse path filter" : "no answer"];
}

/**
 * A sighting of the flow in either direction. Where the kernel chose the address, any will do: the ports
 * tell.
 */
function matches(seen: Sighting, flow: Flow, sourcePort: number): boolean {
  const protocol = flow.by === "ping" ? PROTOCOL[isIPv6(flow.to) ? "ping6" : "ping4"] : PROTOCOL[flow.by];
  const there = seen.to === flow.to;
  // A flow bound to a device is the only one to its port.
  const ports =
    flow.device === undefined
      ? { sourcePort, destinationPort: flow.port ?? PORTS.echo }
      : { sourcePort: there ? seen.sourcePort : seen.destinationPort, destinationPort: PORTS.http };
  const from = flow.from ?? (there ? seen.from : seen.to);
  const key: FlowKey = { from, to: flow.to, protocol, ...ports };
  return belongsTo(seen, key);
}
