import { InputFlow, Model, Traced, input, tracing } from "../linux";
import { Address } from "../net/address";
import { CLIENT_PORT } from "./follower";

/**
 * A request that a host forwards, and its answer: neither end is the host's. It is symmetric when the answer leaves by the
 * device that the request came in by. Addresses are those that routing sees: of a port that is published for a container
 * the container's, since DNAT comes before it, and SNAT is undone before it.
 */
export interface Passage {
  readonly asker: Address;
  readonly asked: Address;
  /** The device by which the request comes in. */
  readonly arrival: string;
  readonly protocol?: number;
  /** Port of whoever is asked. */
  readonly port?: number;
  /** What the packets are marked with when they are routed, there and back: the mark of their connection. */
  readonly mark?: number;
}

export interface PassageResult {
  readonly passage: Passage;
  readonly verdict:
    | "symmetric"
    /** The answer leaves by another device. */
    | "another way"
    /** The host does not send on the request. */
    | "dropped"
    /** The host does not send on the answer. */
    | "answer dropped"
    | "unknown";
  readonly request: Traced;
  /** The answer, once for each device that the request may leave by: it comes in there. */
  readonly answers: readonly { readonly device: string; readonly way: Traced }[];
}

/** Follows a request and its answer through a host that forwards. */
export function followPassage(model: Model, passage: Passage, trace = false): PassageResult {
  const { asker, asked, arrival, protocol, port, mark } = passage;
  const way = (flow: InputFlow): Traced =>
    trace ? tracing(model, flow) : { outcome: input(model, flow), steps: [], rules: [] };
  const fields = { ...(protocol !== undefined && { protocol }), ...(mark !== undefined && { mark }) };
  const ports = (source: number, destination: number): Partial<InputFlow> =>
    port === undefined ? {} : { sourcePort: source, destinationPort: destination };
  const request = way({ from: asker, to: asked, iif: arrival, ...fields, ...ports(CLIENT_PORT, port ?? 0) });
  const answers = devicesOf(request).map((device) => ({
    device,
    way: way({ from: asked, to: asker, iif: device, ...fields, ...ports(port ?? 0, CLIENT_PORT) }),
  }));
  return { passage, request, answers, verdict: judge(passage, request, answers) };
}

/** By which it is sent on. */
function devicesOf({ outcome }: Traced): string[] {
  if (outcome.kind !== "route" || outcome.type !== "unicast") return [];
  return [...new Set(outcome.hops.map(({ device }) => device))];
}

function judge(
  { arrival }: Passage,
  request: Traced,
  answers: PassageResult["answers"],
): PassageResult["verdict"] {
  if (request.outcome.kind === "unknown") return "unknown";
  if (answers.length === 0) return "dropped";
  const outcomes = answers.map(({ way }) => way.outcome);
  const astray = answers.some(({ way }) => devicesOf(way).some((device) => device !== arrival));
  if (astray) return "another way";
  if (outcomes.some(({ kind }) => kind === "unknown")) return "unknown";
  return answers.every(({ way }) => devicesOf(way).length > 0) ? "symmetric" : "answer dropped";
}
