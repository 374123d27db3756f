import { Address, isLinkLocal } from "../net/address";
import { Flow, InputFlow, NextHop, Outcome, OutputFlow, Routed, RoutingError } from "./flow";
import { choices6, lookup6 } from "./fib6";
import { ANY_DEVICE, Answer, CompiledRoute, Device, Model, Probe, Tracer } from "./model";
import { unclearSource } from "./nexthops6";
import { chainOf, walk } from "./rules";
import { selectSource6 } from "./sources6";
import { describeRoute } from "./text";

const probe = new Probe();
const answer = new Answer();

const isMulticast = (value: bigint): boolean => value >> 120n === 0xffn;
/** Destinations for which the device must be right (rt6_need_strict): multicast, link-local, loopback. */
const needsDevice = (value: bigint): boolean =>
  isMulticast(value) || value >> 118n === 0x3fan || value === 1n;

/**
 * IPv6: where a packet of the host itself goes, with one lookup (net/ipv6/route.c, ip6_route_output_flags), as
 * `ip route get` asks. The source is chosen after the route, and there is no second lookup with it.
 */
export function output6(model: Model, flow: OutputFlow, trace?: Tracer): Outcome {
  let device: Device | undefined;
  if (flow.oif !== undefined) {
    device = model.devices[model.deviceNumbers.get(flow.oif) ?? -1];
    if (device === undefined) return failed("ENODEV", "no such device");
  }
  fill(flow, flow.from?.value ?? 0n);
  probe.iif = model.loopback;
  // A lookup for a VRF's device is directed to its table, where its own name stands in no route (l3mdev_update_flow).
  probe.oif = device === undefined || device.link.kind === "vrf" ? ANY_DEVICE : device.number;
  probe.preferred = probe.oif;
  probe.strict =
    needsDevice(flow.to.value) || (device !== undefined && (!probe.hasSource || flow.unboundDevice !== true));
  probe.l3mdev = device?.l3mdev ?? ANY_DEVICE;
  return run(model, flow, true, trace);
}

/**
 * IPv6: what becomes of a packet that arrives, as far as the route goes (ip6_route_input_lookup). The arrival device
 * is the preferred one; there is no reverse path check.
 */
export function route6(model: Model, flow: InputFlow, trace?: Tracer): Outcome {
  const arrival = model.devices[model.deviceNumbers.get(flow.iif) ?? -1];
  if (arrival === undefined) return failed("ENODEV", "no such device");
  const device = arrival.l3mdev >= 0 ? model.devices[arrival.l3mdev] : arrival;
  fill(flow, flow.from.value);
  probe.iif = device.number;
  probe.oif = ANY_DEVICE;
  probe.preferred = device.number;
  probe.strict = needsDevice(flow.to.value);
  probe.l3mdev = device.l3mdev;
  return run(model, flow, false, trace);
}

/** As {@link route6}, with the checks around it: martians, and whether the device forwards. */
export function input6(model: Model, flow: InputFlow, trace?: Tracer): Outcome {
  if (isMulticast(flow.from.value)) return failed("EINVAL", "source is a multicast address");
  if (flow.from.value === 1n || flow.to.value === 1n)
    return failed("EINVAL", "a loopback address from outside");
  if (flow.to.value === 0n) return failed("EINVAL", "destination is the unspecified address");
  const dissects = model[6].dissects;
  // Without a rule that asks for them the ports are not looked for; the protocol is in the header anyway.
  const seen = dissects ? { ...flow, uid: 0 } : { ...flow, uid: 0, sourcePort: 0, destinationPort: 0 };
  const outcome = route6(model, seen, trace);
  if (outcome.kind !== "route" || outcome.type !== "unicast") return outcome;
  const all = model.state.sysctls["ipv6/conf/all/forwarding"];
  if (all === undefined) return { kind: "unknown", because: "sysctl forwarding of all was not read" };
  if (all === 0 && !isForced(model, flow.iif))
    return failed("EHOSTUNREACH", "not ours, and the host does not forward");
  // Who sends from a link-local address is answered "beyond scope"; on the same link he is sent to the neighbour (ip6_forward).
  const others = outcome.hops.filter(({ device }) => device !== flow.iif).length;
  if (!isLinkLocal(flow.from) || others === 0) return outcome;
  if (others < outcome.hops.length)
    return { kind: "unknown", because: "whether a link-local source stays on its link is chosen by a hash" };
  return failed("ENETUNREACH", "a link-local source cannot be forwarded to another link");
}

/** Whether what comes in by a device is forwarded although the host does not forward. Asked last: a name has to be made for it. */
function isForced({ state }: Model, device: string): boolean {
  return state.sysctls[`ipv6/conf/${device}/force_forwarding`] === 1;
}

function fill(flow: Flow, source: bigint): void {
  probe.family = 6;
  probe.dst6 = flow.to.value;
  probe.src6 = source;
  probe.hasSource = source !== 0n;
  probe.mark = (flow.mark ?? 0) | 0;
  probe.tos = flow.tos ?? 0;
  probe.uid = flow.uid ?? 0;
  probe.protocol = flow.protocol ?? 0;
  probe.sport = flow.sourcePort ?? 0;
  probe.dport = flow.destinationPort ?? 0;
}

function run(model: Model, flow: Flow, fromHost: boolean, trace?: Tracer): Outcome {
  const family = model[6];
  answer.clear();
  walk(
    model,
    family,
    trace === undefined ? chainOf(family, probe) : family.steps,
    lookup6,
    probe,
    answer,
    trace,
  );
  if (answer.status === "unknown") return { kind: "unknown", because: answer.because };
  const rule = answer.step?.rule;
  if (answer.status === "error") {
    const check = answer.step === undefined ? "no rule is left" : undefined;
    return { kind: "error", error: answer.error, rule, route: answer.route?.route, check };
  }
  const found = answer.route!;
  const type = found.type as Routed["type"];
  const hops: NextHop[] = [];
  for (const i of choices6(probe, answer)) {
    const hop = makeHop(model, found, i, flow, fromHost);
    if ("kind" in hop) return hop;
    hops.push(hop);
  }
  return { kind: "route", type, hops, table: found.table, route: found.route, rule, pretended: false };
}

function makeHop(
  model: Model,
  found: CompiledRoute,
  i: number,
  flow: Flow,
  fromHost: boolean,
): NextHop | Extract<Outcome, { kind: "unknown" }> {
  const { device: number, via } = found.hops[i];
  const device = model.devices[number];
  const name = deliveredOn(model, found, device)?.link.name ?? "?";
  if (!fromHost) return { device: name, via };
  if (flow.from !== undefined && flow.from.value !== 0n) return { device: name, via, source: flow.from };
  const because = unclearSource(model, found, found.hops[i]);
  if (because !== undefined) return { kind: "unknown", because };
  if (i > 0 && !found.route.nexthopObject && found.route.oneSource === undefined) {
    // Hops that were appended may each have a source hint of their own; dumps show the first one's alone.
    return {
      kind: "unknown",
      because: `the sources of the further hops of "${describeRoute(found.route)}" are in no dump`,
    };
  }
  // The kernel chooses a nexthop object's source by its first hop, whichever is taken.
  const chooser = found.route.nexthopObject ? model.devices[found.hops[0].device] : device;
  const source = sourceFor(model, found, chooser, flow.to);
  if (source !== undefined && "kind" in source) return source;
  return { device: name, via, source };
}

/** Local and anycast addresses are delivered on the loopback, or on the VRF's device. */
function deliveredOn(model: Model, found: CompiledRoute, device: Device | undefined): Device | undefined {
  if (found.type !== "local" && found.type !== "anycast") return device;
  if (device !== undefined && device.l3mdev >= 0) {
    return needsDevice(found.route.to.value) ? device : model.devices[device.l3mdev];
  }
  return model.devices[model.loopback];
}

/** The `src` hint, else RFC 6724 (ip6_route_get_saddr). */
function sourceFor(
  model: Model,
  found: CompiledRoute,
  device: Device | undefined,
  to: Address,
): Address | Extract<Outcome, { kind: "unknown" }> | undefined {
  if (found.source !== undefined) return found.source;
  const choice = selectSource6(model, to, device);
  if (choice.kind === "unknown") return choice;
  return choice.kind === "source" ? choice.address : undefined;
}

function failed(error: RoutingError, check: string): Outcome {
  return { kind: "error", error, check };
}
