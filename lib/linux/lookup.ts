import { InputFlow, Outcome, OutputFlow, Traced } from "./flow";
import { input4 } from "./input4";
import { Model, Tracer } from "./model";
import { output4 } from "./output4";
import { input6, output6, route6 } from "./output6";
import { selectSource6 } from "./sources6";
import { TextTracer } from "./trace";

/**
 * Where a packet of the host itself goes, with one lookup: what `ip route get` answers, and what an unconnected
 * datagram socket of IPv4 does; one of IPv6 does as in {@link connect}.
 */
export function output(model: Model, flow: OutputFlow, trace?: Tracer): Outcome {
  return flow.to.family === 4 ? output4(model, flow, trace) : output6(model, flow, trace);
}

/** What becomes of a packet that arrives from outside. */
export function input(model: Model, flow: InputFlow, trace?: Tracer): Outcome {
  return flow.to.family === 4 ? input4(model, flow, trace) : input6(model, flow, trace);
}

/** As `ip route get ... iif` asks: IPv6 leaves out the checks around the lookup, and takes user and ports as given. */
export function inputLookup(model: Model, flow: InputFlow, trace?: Tracer): Outcome {
  return flow.to.family === 4 ? input4(model, flow, trace) : route6(model, flow, trace);
}

/**
 * Where a connection goes. IPv4 looks up once for the source, then again with it (ip_route_connect). IPv6 keeps the
 * first route; only if there was none it tries again with the source it would choose (ip6_dst_lookup_tail).
 */
export function connect(model: Model, flow: OutputFlow, trace?: Tracer): Outcome {
  return connectAfter(model, flow, output(model, flow, trace), trace);
}

/** As {@link connect}, when what {@link output} says of the flow is known already. */
export function connectAfter(model: Model, flow: OutputFlow, first: Outcome, trace?: Tracer): Outcome {
  const bound = flow.from !== undefined && flow.from.value !== 0n;
  if (bound || first.kind === "unknown") return first;
  if (flow.to.family === 4) {
    if (first.kind === "error") return first;
    const second = first.hops.map((hop) => {
      if (hop.source === undefined) return first;
      trace?.note("the source is chosen; a second lookup with it");
      return output(model, { ...flow, from: hop.source }, trace);
    });
    return combine(second);
  }
  if (first.kind === "route") return first;
  const source = selectSource6(model, flow.to, undefined);
  if (source.kind === "unknown") return source;
  if (source.kind === "none")
    return { kind: "error", error: "EADDRNOTAVAIL", check: "no address to send from" };
  trace?.note("no route without a source; a second lookup with the one that would be chosen");
  return output(model, { ...flow, from: source.address }, trace);
}

/** One outcome for several that are possible. */
function combine(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes;
  if (outcomes.length === 1) return first;
  const routed = outcomes.filter((outcome) => outcome.kind === "route");
  if (routed.length < outcomes.length) {
    return (
      outcomes.find((outcome) => outcome.kind === "unknown") ?? {
        kind: "unknown",
        because: "the source is chosen by chance, and only some choices have a way",
      }
    );
  }
  return { ...routed[0], hops: routed.flatMap((outcome) => outcome.hops) };
}

/** The outcome with the steps that led to it, for people. Slower than the lookup alone. */
export function tracing(
  model: Model,
  flow: OutputFlow | InputFlow,
  how: "once" | "connect" = "once",
): Traced {
  const tracer = new TextTracer();
  const outcome =
    "iif" in flow
      ? input(model, flow, tracer)
      : how === "connect"
        ? connect(model, flow, tracer)
        : output(model, flow, tracer);
  return { outcome, steps: tracer.steps, rules: tracer.rules };
}
