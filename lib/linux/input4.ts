import { choices4 } from "./fib4";
import { InputFlow, NextHop, Outcome, Unknown } from "./flow";
import { CompiledRoute, ANY_DEVICE, Answer, Device, Model, Probe, Tracer } from "./model";
import { LIMITED_BROADCAST, failed, isLoopback, isMulticast, isZeronet, lookup } from "./output4";
import { setting4 } from "./sysctl";

const probe = new Probe();
const answer = new Answer();
const reverse = new Probe();
const reverseAnswer = new Answer();

/**
 * IPv4: what becomes of a packet that arrives (net/ipv4/route.c, ip_route_input_slow): delivered, forwarded, or
 * dropped, the reverse path check included.
 */
export function input4(model: Model, flow: InputFlow, trace?: Tracer): Outcome {
  const arrival = model.devices[model.deviceNumbers.get(flow.iif) ?? -1];
  if (arrival === undefined) return failed("ENODEV", "no such device");
  // Behind a VRF it is the VRF device that receives.
  const device = arrival.l3mdev >= 0 ? model.devices[arrival.l3mdev] : arrival;
  const dst = Number(flow.to.value);
  const src = Number(flow.from.value);
  if (isMulticast(src) || src === LIMITED_BROADCAST) return failed("EINVAL", "source is no host's");
  if (isMulticast(dst)) return unknown("whether the host listens to a multicast group is not modelled");
  if (dst === LIMITED_BROADCAST || (src === 0 && dst === 0)) return broadcast(model, flow, device, trace);
  if (isZeronet(src)) return failed("EINVAL", "source is 0.0.0.0");
  if (isZeronet(dst)) return failed("EINVAL", "destination is 0.0.0.0");
  if (isLoopback(dst) || isLoopback(src)) {
    const allowed = setting4(model, device, "route_localnet");
    if (allowed === undefined) return unread(device, "route_localnet");
    if (allowed === 0) return failed("EINVAL", "a loopback address from outside");
  }
  fill(model, flow, device, dst, src);
  lookup(model, probe, answer, trace);
  if (answer.status === "unknown") return unknown(answer.because);
  const forwarding = setting4(model, device, "forwarding");
  if (answer.status === "error") {
    const { step, route } = answer;
    if (forwarding === undefined) return unread(device, "forwarding");
    const error = forwarding === 0 ? "EHOSTUNREACH" : answer.error;
    return {
      kind: "error",
      error,
      rule: step?.rule,
      route: route?.route,
      check: step ? undefined : "no rule is left",
    };
  }
  const found = answer.route!;
  const rule = answer.step?.rule;
  const made = {
    kind: "route",
    table: found.table,
    route: found.route,
    rule,
    pretended: false,
  } as const;
  if (found.type === "broadcast") {
    const forwards = setting4(model, device, "bc_forwarding");
    const all = model.state.sysctls["ipv4/conf/all/bc_forwarding"];
    if (forwards !== 0 && all !== 0) {
      return unknown(
        forwards === undefined || all === undefined
          ? `bc_forwarding of ${device.link.name} was not read`
          : "forwarding of directed broadcasts (bc_forwarding) is not modelled",
      );
    }
    return broadcast(model, flow, device, trace);
  }
  if (found.type === "local") {
    const refused = validate(model, flow, device, dst, ANY_DEVICE, trace);
    if (refused !== undefined) return refused;
    const hops = [{ device: localDevice(model, found) }];
    return { ...made, type: "local", hops };
  }
  if (forwarding === undefined) return unread(device, "forwarding");
  if (forwarding === 0) return failed("EHOSTUNREACH", `not ours, and ${device.link.name} does not forward`);
  if (found.type !== "unicast") return failed("EINVAL", `cannot forward to a ${found.type} route`);
  return forward(model, flow, device, found, made, trace);
}

function forward(
  model: Model,
  flow: InputFlow,
  device: Device,
  found: CompiledRoute,
  made: Omit<Extract<Outcome, { kind: "route" }>, "type" | "hops">,
  trace?: Tracer,
): Outcome {
  const usable =
    found.hops.length > 1 ? choices4(probe, answer).map(({ hop }) => hop) : [found.hops[answer.hop]];
  const refusals = usable.map((hop) =>
    validate(model, flow, device, Number(flow.to.value), hop.device, trace),
  );
  const [refused] = refusals;
  if (refusals.some((refusal) => refusal !== undefined)) {
    return refused !== undefined && refusals.every((refusal) => sameRefusal(refusal, refused))
      ? refused
      : unknown("whether the packet passes depends on which of several hops is chosen");
  }
  const hops: NextHop[] = usable.map((hop) => ({
    device: model.devices[hop.device]?.link.name ?? "?",
    via: hop.via,
  }));
  return { ...made, type: "unicast", hops };
}

function sameRefusal(a: Outcome | undefined, b: Outcome): boolean {
  return a?.kind === "error" && b.kind === "error" ? a.error === b.error : a?.kind === b.kind;
}

/** The device a local packet is delivered on: the VRF's, or the loopback. */
function localDevice(model: Model, found: CompiledRoute): string {
  const owner = model.devices[found.hops[answer.hop].device];
  const vrf = owner !== undefined && owner.l3mdev >= 0 ? model.devices[owner.l3mdev] : undefined;
  return (vrf ?? model.devices[model.loopback])?.link.name ?? "lo";
}

function broadcast(model: Model, flow: InputFlow, device: Device, trace?: Tracer): Outcome {
  if (!isZeronet(Number(flow.from.value))) {
    const refused = validate(model, flow, device, 0, ANY_DEVICE, trace);
    if (refused !== undefined) return refused;
  }
  const loopback = model.devices[model.loopback]?.link.name ?? "lo";
  return { kind: "route", type: "broadcast", hops: [{ device: loopback }], pretended: false };
}

function fill(model: Model, flow: InputFlow, device: Device, dst: number, src: number): void {
  probe.family = 4;
  probe.dst4 = dst;
  probe.src4 = src;
  probe.hasSource = true;
  probe.iif = device.number;
  probe.oif = ANY_DEVICE;
  probe.mark = (flow.mark ?? 0) | 0;
  probe.tos = flow.tos ?? 0;
  // Packets from outside belong to root, and show their ports only where some rule makes the kernel look.
  probe.uid = 0;
  const dissects = model[4].dissects;
  probe.protocol = dissects ? (flow.protocol ?? 0) : 0;
  probe.sport = dissects ? (flow.sourcePort ?? 0) : 0;
  probe.dport = dissects ? (flow.destinationPort ?? 0) : 0;
  probe.l3mdev = device.l3mdev;
}

/**
 * The reverse path check (net/ipv4/fib_frontend.c, fib_validate_source): undefined when the source passes. The way
 * back is looked up as if the host itself answered (`egress` is ANY_DEVICE) or forwarded the answer.
 */
function validate(
  model: Model,
  flow: InputFlow,
  device: Device,
  dst: number,
  egress: number,
  trace?: Tracer,
): Outcome | undefined {
  const filter = setting4(model, device, "rp_filter");
  const acceptLocal = setting4(model, device, "accept_local");
  if (filter === undefined) return unread(device, "rp_filter");
  if (acceptLocal === undefined) return unread(device, "accept_local");
  const quick = filter === 0 ? quickCheck(model, device, egress) : false;
  if (quick === undefined) return unread(device, "send_redirects");
  if (quick && acceptLocal === 1) return undefined;
  const full = checkInFull(model, flow, device, dst, egress, filter, acceptLocal, trace);
  if (!quick || !model[4].defaultRules || model[4].ownLocalRoutes) return full;
  // Without other rules the kernel only looks whether the source is an own address, if it never had local routes
  // of others either; that, too, is told by no dump.
  if (model[4].own.has(flow.from.value)) return failed("EINVAL", "the source is an address of this host");
  if (full?.kind !== "error") return full;
  return unknown(
    "how closely the source is checked depends on routes and rules that the host may have had before",
  );
}

function checkInFull(
  model: Model,
  flow: InputFlow,
  device: Device,
  dst: number,
  egress: number,
  filter: number,
  acceptLocal: number,
  trace?: Tracer,
): Outcome | undefined {
  const markCounts = setting4(model, device, "src_valid_mark");
  if (markCounts === undefined && flow.mark) return unread(device, "src_valid_mark");
  reverse.family = 4;
  reverse.dst4 = Number(flow.from.value);
  reverse.src4 = dst;
  reverse.hasSource = dst !== 0;
  reverse.iif = egress === ANY_DEVICE ? model.loopback : egress;
  reverse.oif = ANY_DEVICE;
  reverse.mark = markCounts === 1 ? (flow.mark ?? 0) | 0 : 0;
  reverse.tos = flow.tos ?? 0;
  reverse.uid = 0;
  const dissects = model[4].dissects;
  reverse.protocol = dissects ? (flow.protocol ?? 0) : 0;
  reverse.sport = dissects ? (flow.destinationPort ?? 0) : 0;
  reverse.dport = dissects ? (flow.sourcePort ?? 0) : 0;
  reverse.l3mdev = device.l3mdev;
  trace?.note(`the reverse path check (rp_filter ${filter}) looks up the way back to the source`);
  if (trace === undefined) lookup(model, reverse, reverseAnswer);
  else trace.deeper(() => lookup(model, reverse, reverseAnswer, trace));
  if (reverseAnswer.status === "unknown") return unknown(reverseAnswer.because);
  const refused = failed("EXDEV", `rp_filter=${filter}`);
  if (reverseAnswer.status === "error") return filter > 0 ? refused : undefined;
  const back = reverseAnswer.route!;
  if (back.type !== "unicast" && (back.type !== "local" || acceptLocal === 0)) {
    return failed("EINVAL", `the way back to the source is a ${back.type} route`);
  }
  if (
    back.hops.some(
      (hop) => hop.device === device.number || model.devices[hop.device]?.l3mdev === device.number,
    )
  ) {
    return undefined;
  }
  if (back.type === "local" && device.number === model.loopback) return undefined;
  if (device.addresses[4].length === 0) return filter > 0 ? refused : undefined;
  return filter === 1 ? refused : undefined;
}

/** Whether the kernel may leave out the full check (the condition before `full_check`). */
function quickCheck(model: Model, device: Device, egress: number): boolean | undefined {
  if (device.number !== egress) return true;
  const redirects = setting4(model, device, "send_redirects");
  return redirects === undefined ? undefined : redirects === 0;
}

function unread(device: Device, key: string): Unknown {
  return unknown(`sysctl ${key} of ${device.link.name} was not read`);
}

function unknown(because: string): Unknown {
  return { kind: "unknown", because };
}
