import { Address } from "../net/address";
import { Failed, Flow, Outcome, OutputFlow, Routed, RoutingError } from "./flow";
import { choices4, isCertain4, lookup4 } from "./fib4";
import { ANY_DEVICE, Answer, CompiledRoute, Device, FamilyModel, Model, Probe, Tracer } from "./model";
import { ownerOf4, routeSource4, selectSource4 } from "./sources4";
import { chainOf, walk } from "./rules";
import { Rule, Scope, Table } from "./state";
import { setting4 } from "./sysctl";

export const LIMITED_BROADCAST = 0xffffffff;
const LOOPBACK: Address = { family: 4, value: 0x7f000001n };
const IGMP = 2;

export const isMulticast = (key: number): boolean => key >>> 28 === 0xe;
const isLocalMulticast = (key: number): boolean => key >>> 8 === 0xe00000;
/** Only 0.0.0.0 since Linux 5.3; the rest of 0.0.0.0/8 is unicast like any other. */
export const isZeronet = (key: number): boolean => key === 0;
export const isLoopback = (key: number): boolean => key >>> 24 === 127;

const probe = new Probe();
const answer = new Answer();

/**
 * IPv4: where a packet of the host itself goes, with one lookup (net/ipv4/route.c, ip_route_output_key_hash_rcu).
 * That is what an unconnected UDP socket does, and `ip route get`; {@link connect4} looks up twice.
 */
export function output4(model: Model, flow: OutputFlow, trace?: Tracer): Outcome {
  const dst = Number(flow.to.value);
  const src = flow.from === undefined ? 0 : Number(flow.from.value);
  let source = src === 0 ? undefined : flow.from;
  if (src !== 0) {
    if (isMulticast(src) || src === LIMITED_BROADCAST || isZeronet(src))
      return failed("EINVAL", "source is no host's");
    if (flow.oif === undefined && (isMulticast(dst) || dst === LIMITED_BROADCAST)) {
      const owner = ownerOf4(model, src);
      if (owner === ANY_DEVICE) return failed("ENETUNREACH", "source is not ours");
      return made(model, model.devices[owner], flow, source, NOTHING);
    }
    if (!flow.anySource && ownerOf4(model, src) === ANY_DEVICE) {
      return failed("ENETUNREACH", "source is not ours");
    }
  }
  let bound: Device | undefined;
  if (flow.oif !== undefined) {
    bound = model.devices[model.deviceNumbers.get(flow.oif) ?? -1];
    if (bound === undefined) return failed("ENODEV", "no such device");
    if (!bound.link.up) return failed("ENETUNREACH", "device is down");
    if (isLocalMulticast(dst) || dst === LIMITED_BROADCAST || flow.protocol === IGMP) {
      source ??= selectSource4(model, bound, undefined, Scope.link);
      return made(model, bound, flow, source, NOTHING);
    }
    if (source === undefined && isMulticast(dst))
      source = selectSource4(model, bound, undefined, Scope.universe);
    else if (source === undefined && dst === 0) source = selectSource4(model, bound, undefined, Scope.host);
  }
  if (dst === 0) {
    // "this host": delivered to the source itself
    const loopback = model.devices[model.loopback];
    if (loopback === undefined) return failed("ENODEV", "no loopback");
    const hops = [{ device: loopback.link.name, source: source ?? LOOPBACK }];
    return { kind: "route", type: "local", hops, pretended: false };
  }
  fill(model, flow, dst, source === undefined ? 0 : Number(source.value), bound);
  lookup(model, probe, answer, trace);
  if (answer.status === "unknown") return { kind: "unknown", because: answer.because };
  if (answer.status === "error") {
    if (bound !== undefined && (isMulticast(dst) || probe.l3mdev < 0)) {
      trace?.note("no route, but the socket is bound to a device: the destination is taken for attached");
      source ??= selectSource4(model, bound, undefined, Scope.link);
      return made(model, bound, flow, source, PRETENDED);
    }
    return {
      kind: "error",
      error: answer.error,
      rule: answer.step?.rule,
      route: answer.route?.route,
      check: answer.step === undefined ? "no rule is left" : undefined,
    };
  }
  const route = answer.route!;
  const rule = answer.step?.rule;
  const hop = route.hops[answer.hop];
  if (route.type === "local") {
    const master = model.devices[hop.device]?.l3mdev ?? ANY_DEVICE;
    const device = model.devices[master >= 0 ? master : model.loopback];
    return made(model, device, flow, source ?? route.source ?? flow.to, { route, rule });
  }
  if (isCertain4(probe, answer)) {
    const chosen = source ?? routeSource4(model, route, hop);
    return made(model, model.devices[hop.device], flow, chosen, { route, via: hop.via, rule });
  }
  const outcomes = choices4(probe, answer).map((choice) => {
    const chosen = source ?? routeSource4(model, choice.route, choice.hop);
    const device = model.devices[choice.hop.device];
    return made(model, device, flow, chosen, { route: choice.route, via: choice.hop.via, rule });
  });
  return merge(outcomes);
}

/** The lookup proper: the rules, or the two merged tables of a host that never had a rule. */
export function lookup(model: Model, flow: Probe, result: Answer, trace?: Tracer): void {
  const family = model[4];
  result.clear();
  if (!family.defaultRules) {
    walk(
      model,
      family,
      trace === undefined ? chainOf(family, flow) : family.steps,
      lookup4,
      flow,
      result,
      trace,
    );
    return;
  }
  lookupMerged(model, family, flow, result, trace);
  if (!family.mergeMatters || result.status === "unknown") return;
  // Nobody can tell whether the tables are merged; say so where it decides.
  const { status, error, route } = result;
  result.clear();
  walk(model, family, family.steps, lookup4, flow, result);
  if (
    result.status === status &&
    result.route?.route === route?.route &&
    (status !== "error" || result.error === error)
  )
    return;
  result.doubt(
    "a route of main lies inside one of local, and it cannot be seen whether the host ever had other rules",
  );
}

function lookupMerged(model: Model, family: FamilyModel, flow: Probe, result: Answer, trace?: Tracer): void {
  trace?.note("only the kernel's own rules: local and main are searched as one table");
  lookup4(model, family.merged!, flow, result, trace);
  if (result.status !== "again") return;
  const last = family.tables.get(Table.default);
  if (last !== undefined) lookup4(model, last, flow, result, trace);
  if (result.status === "again") {
    result.route = undefined;
    result.fail("ENETUNREACH");
  }
}

function fill(model: Model, flow: Flow, dst: number, src: number, bound: Device | undefined): void {
  probe.family = 4;
  probe.dst4 = dst;
  probe.src4 = src;
  probe.hasSource = src !== 0;
  probe.iif = model.loopback;
  probe.oif = bound?.number ?? ANY_DEVICE;
  probe.mark = (flow.mark ?? 0) | 0;
  probe.tos = flow.tos ?? 0;
  probe.uid = flow.uid ?? 0;
  probe.protocol = flow.protocol ?? 0;
  probe.sport = flow.sourcePort ?? 0;
  probe.dport = flow.destinationPort ?? 0;
  probe.l3mdev = bound?.l3mdev ?? ANY_DEVICE;
  // A lookup for a VRF device is directed to its table, where its own name stands in no route.
  if (bound !== undefined && bound.link.kind === "vrf") probe.oif = ANY_DEVICE;
}

interface Decided {
  readonly route?: CompiledRoute;
  readonly via?: Address;
  readonly rule?: Rule;
  readonly pretended?: boolean;
}

const NOTHING: Decided = {};
const PRETENDED: Decided = { pretended: true };

/** The last checks and the resulting hop (net/ipv4/route.c, __mkroute_output). */
function made(
  model: Model,
  device: Device | undefined,
  flow: OutputFlow,
  source: Address | undefined,
  { route, via, rule, pretended }: Decided,
): Outcome {
  if (device === undefined) return failed("ENODEV", "no such device");
  const { link } = device;
  const dst = Number(flow.to.value);
  if (source !== undefined && isLoopback(Number(source.value)) && !link.loopback && link.kind !== "vrf") {
    const allowed = setting4(model, device, "route_localnet");
    if (allowed === undefined)
      return { kind: "unknown", because: `route_localnet of ${link.name} was not read` };
    if (allowed === 0) return failed("EINVAL", "a loopback source cannot leave the host");
  }
  if (isZeronet(dst)) return failed("EINVAL", "destination is 0.0.0.0");
  let type: Routed["type"] = (route?.type as Routed["type"]) ?? "unicast";
  if (dst === LIMITED_BROADCAST) {
    type = "broadcast";
    via = undefined;
  } else if (isMulticast(dst)) {
    type = "multicast";
    if (route !== undefined && route.length < 4) via = undefined;
  }
  return {
    kind: "route",
    type,
    hops: [{ device: link.name, via, source }],
    table: route?.table,
    route: route?.route,
    rule,
    pretended: pretended === true,
  };
}

/** One outcome out of those of all hops that the kernel may choose. */
function merge(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.length === 1) return outcomes[0];
  const routed = outcomes.filter((outcome): outcome is Routed => outcome.kind === "route");
  if (routed.length < outcomes.length) {
    const unknown = outcomes.find((outcome) => outcome.kind === "unknown");
    return unknown ?? { kind: "unknown", because: "only some of the hops that may be chosen are usable" };
  }
  return { ...routed[0], hops: routed.flatMap((outcome) => outcome.hops) };
}

export function failed(error: RoutingError, check: string): Failed {
  return { kind: "error", error, check };
}
