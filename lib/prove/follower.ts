import {
  Flow,
  InputFlow,
  Intent,
  IntentInterface,
  LinuxState,
  Model,
  Outcome,
  OutputFlow,
  Traced,
  compile,
  connect,
  input,
  output,
  tracing,
} from "../linux";
import { Expectations } from "../linux/prove/expect";
import { Expected, meets } from "../linux/prove/expected";
import { Policies } from "../linux/prove/policies";
import { Address, formatAddress } from "../net/address";
import { Exchange, ExchangeResult, ExchangeVerdict } from "./exchange";
import type { VrfInHost } from "./worlds";

export interface FollowOptions {
  /** Collect the steps of each lookup, for people; slower. */
  readonly trace?: boolean;
  /** Follow what comes in for a request of the host's that goes another way than it should, too. */
  readonly astray?: boolean;
}

/** Follows requests and their answers through one host. */
export class Follower {
  private readonly model: Model;
  private readonly expectations: { readonly 4: Expectations; readonly 6: Expectations };
  private readonly policies: { readonly 4: Policies; readonly 6: Policies };

  /**
   * @param vrf when the state is a VRF as who is in it sees it: the host in which its packets are looked up
   */
  constructor(
    state: LinuxState,
    private readonly intent: Intent,
    private readonly vrf?: VrfInHost,
  ) {
    const seen = compile(state);
    this.model = vrf === undefined ? seen : compile(vrf.state);
    this.expectations = {
      4: new Expectations(intent, seen, 4),
      6: new Expectations(intent, seen, 6),
    };
    this.policies = { 4: new Policies(intent, 4), 6: new Policies(intent, 6) };
  }

  /**
   * @throws Error when a peer asks an address that is no interface's and `arrival` does not say where it comes in
   */
  follow(exchange: Exchange, { trace = false, astray = false }: FollowOptions = {}): ExchangeResult {
    return exchange.asker === "peer" ? this.asked(exchange, trace) : this.asking(exchange, trace, astray);
  }

  /** The interface that has the address, or to which a prefix that holds it is delegated. */
  ownerOf(address: Address): IntentInterface | undefined {
    return this.expectations[address.family].ownerOf(address);
  }

  /** Whether the address is the host's own, and no interface's. */
  isIdentity(address: Address): boolean {
    return this.expectations[address.family].isIdentity(address);
  }

  private asked(exchange: Exchange, trace: boolean): ExchangeResult {
    const { local, peer } = exchange;
    if (local === undefined) throw new Error("a peer asks some address of the host: give it");
    const owner = this.ownerOf(local);
    // An identity is reached by every link; one stands for all.
    const arrival =
      exchange.arrival ??
      owner?.device ??
      (this.isIdentity(local) ? this.intent.interfaces[0].device : undefined);
    if (arrival === undefined) {
      throw new Error(
        `${formatAddress(local)} is no address of an interface: say where the request comes in`,
      );
    }
    const inward = this.arrive(exchange, local, arrival, trace);
    const answer = {
      to: peer,
      from: local,
      ...this.answering(exchange, arrival),
      ...fields(exchange, "answer"),
      ...socket(exchange),
    };
    const outward = this.leave(answer, false, trace);
    const judged = this.judge({ exchange, local, owner, arrival, inward, outward });
    if (isDelivered(inward.outcome)) return judged;
    return { ...judged, verdict: failure(inward.outcome, "dropped") };
  }

  private asking(exchange: Exchange, trace: boolean, astray: boolean): ExchangeResult {
    const flow: OutputFlow = {
      to: exchange.peer,
      from: exchange.local,
      ...this.binding(exchange),
      ...fields(exchange, "request"),
      ...socket(exchange),
    };
    // IPv6 tries again with a source where it finds no way without one, whatever the socket (ip6_dst_lookup_tail).
    const outward = this.leave(flow, exchange.connected !== false || flow.to.family === 6, trace);
    const { outcome } = outward;
    const local = exchange.local ?? (outcome.kind === "route" ? outcome.hops[0]?.source : undefined);
    if (local === undefined) {
      const arrival = exchange.arrival === undefined ? {} : { arrival: exchange.arrival };
      return {
        exchange,
        ...arrival,
        outward,
        ...this.decided(outward),
        verdict: failure(outcome, "refused"),
      };
    }
    const judged = this.judgeEach(exchange, local, outward);
    const { arrival } = judged;
    const asShould = judged.verdict === "symmetric";
    const leaves = outcome.kind === "route" && outcome.type !== "local";
    if (!leaves || arrival === undefined || !(asShould || astray)) return judged;
    const inward = this.arrive(exchange, judged.local ?? local, arrival, trace);
    if (!asShould || isDelivered(inward.outcome)) return { ...judged, inward };
    return { ...judged, inward, verdict: failure(inward.outcome, "dropped") };
  }

  /** Of ways of which one is chosen by a hash, each with a source of its own, the first that is not as it should be. */
  private judgeEach(exchange: Exchange, local: Address, outward: ExchangeResult["outward"]): ExchangeResult {
    const { outcome } = outward;
    const judgeOne = (own: Address, one: Outcome): ExchangeResult => {
      const owner = this.ownerOf(own);
      const first = one.kind === "route" ? one.hops[0]?.device : undefined;
      const arrival = exchange.arrival ?? owner?.device ?? first;
      return this.judge({ exchange, local: own, owner, arrival, outward: { ...outward, outcome: one } });
    };
    if (exchange.local !== undefined || outcome.kind !== "route" || outcome.hops.length === 1)
      return judgeOne(local, outcome);
    const each = outcome.hops.map((hop) => judgeOne(hop.source ?? local, { ...outcome, hops: [hop] }));
    const wrong = each.find(({ verdict }) => verdict !== "symmetric");
    return wrong ?? { ...each[0], outward };
  }

  /** Whether the host's packet takes the way that is wanted. */
  private judge(followed: Omit<ExchangeResult, "verdict">): ExchangeResult {
    const result = { ...followed, ...this.decided(followed.outward) };
    const { outward, arrival, owner, exchange } = result;
    const { outcome } = outward;
    if (outcome.kind === "route" && outcome.type === "local") return { ...result, verdict: "symmetric" };
    const expected = this.expected(owner, arrival, result.local, exchange);
    if (expected === undefined || expected.kind === "unclaimed") return { ...result, verdict: "not judged" };
    const judged = { ...result, expected };
    if (outcome.kind !== "route") {
      const wanted = expected.kind === "by" && expected.refusal && outcome.kind === "error";
      return { ...judged, verdict: wanted ? "not judged" : failure(outcome, "refused") };
    }
    return { ...judged, verdict: meets(expected, outcome) ? "symmetric" : "another way" };
  }

  /** What a traffic policy wants of the host's packet; a socket that is bound to a device has chosen its way. */
  private decided({ flow, outcome }: ExchangeResult["outward"]): Pick<ExchangeResult, "policy"> {
    const expectations = this.expectations[flow.to.family];
    const bound = flow.oif !== undefined && flow.unboundDevice !== true;
    if (bound || expectations.unclaimed(flow.to) || expectations.isOwn(flow.to)) return {};
    const ownSource =
      flow.from !== undefined && (this.ownerOf(flow.from) !== undefined || this.isIdentity(flow.from));
    const wanted = this.policies[flow.to.family].wanted(flow, ownSource, expectations, new Set());
    if (wanted === undefined) return {};
    const { by, expected } = wanted;
    return { policy: { by, expected, met: meets(expected, outcome) === true } };
  }

  private expected(
    owner: IntentInterface | undefined,
    arrival: string | undefined,
    local: Address | undefined,
    { peer, bound }: Exchange,
  ): Expected | undefined {
    // To all, as broadcast and multicast are, from an address of no interface.
    if (arrival === undefined || (owner === undefined && this.expectations[peer.family].unclaimed(peer)))
      return undefined;
    if (local !== undefined && this.isIdentity(local) && this.isManaged(arrival))
      return this.expectations[peer.family].identity(peer);
    if (owner === undefined || !this.isManaged(arrival)) {
      // A container or a tunnel: the answer goes back where the request came from, by whatever next hop.
      return { kind: "by", hops: [{ device: arrival, anyGateway: true }], refusal: false };
    }
    const expectations = this.expectations[peer.family];
    return bound === undefined ? expectations.egress(owner, peer) : expectations.bound(owner, peer);
  }

  /** In a VRF every socket is bound: to its device, or to one of its ports. */
  private binding({ bound = this.vrf?.device }: Exchange): Pick<OutputFlow, "oif"> {
    return bound === undefined ? {} : { oif: bound };
  }

  /** An answer is bound as its socket is; and an echo reply of IPv6 prefers the device that the request came in by. */
  private answering(exchange: Exchange, arrival: string): Pick<OutputFlow, "oif" | "unboundDevice"> {
    const bound = this.binding(exchange);
    if (exchange.protocol !== ICMPV6 || bound.oif !== undefined) return bound;
    return { oif: arrival, unboundDevice: true };
  }

  private isManaged(device: string | undefined): boolean {
    return this.intent.interfaces.some((iface) => iface.device === device);
  }

  private leave(flow: OutputFlow, connected: boolean, trace: boolean): Traced & { flow: OutputFlow } {
    if (trace) return { flow, ...tracing(this.model, flow, connected ? "connect" : "once") };
    return {
      flow,
      outcome: connected ? connect(this.model, flow) : output(this.model, flow),
      steps: [],
      rules: [],
    };
  }

  private arrive(
    exchange: Exchange,
    local: Address,
    iif: string,
    trace: boolean,
  ): Traced & { flow: InputFlow } {
    const which = exchange.asker === "peer" ? "request" : "answer";
    const flow: InputFlow = { to: local, from: exchange.peer, iif, ...fields(exchange, which) };
    return trace
      ? { flow, ...tracing(this.model, flow) }
      : { flow, outcome: input(this.model, flow), steps: [], rules: [] };
  }
}

/** Whether the host takes it for its own, and neither drops it nor sends it on. */
export function isDelivered(outcome: Outcome): boolean {
  return outcome.kind === "route" && outcome.type !== "unicast";
}

function failure(outcome: Outcome, otherwise: "dropped" | "refused"): ExchangeVerdict {
  return outcome.kind === "unknown" ? "unknown" : otherwise;
}

function socket({ mark, user }: Exchange): Partial<Flow> {
  return { ...(mark !== undefined && { mark }), ...(user !== undefined && { uid: user }) };
}

/** Whose echo replies the kernel looks up with a device (net/ipv6/icmp.c, icmpv6_echo_reply). */
const ICMPV6 = 58;

/** A port of a client, from the range that kernels take them from. */
export const CLIENT_PORT = 50_000;

function fields({ protocol, port }: Exchange, which: "request" | "answer"): Partial<Flow> {
  if (protocol === undefined) return {};
  if (port === undefined) return { protocol };
  return which === "request"
    ? { protocol, sourcePort: CLIENT_PORT, destinationPort: port }
    : { protocol, sourcePort: port, destinationPort: CLIENT_PORT };
}
