import { Intent, IntentInterface, LinuxState } from "../linux";
import { Address, compareAddresses } from "../net/address";
import { Exchange, ExchangeResult, ExchangeVerdict } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { Peer, peersOf } from "./peers";
import { Survey } from "./survey";

/** Flows that go wrong, or of which nothing can be said: of one kind, between one place and one interface. */
export interface Finding {
  readonly verdict: Exclude<ExchangeVerdict, "symmetric" | "not judged">;
  readonly kind: FlowKind;
  /** Where the other end is. */
  readonly peer: Peer;
  /** Our addresses that it happens to; none for sockets that have no address yet. */
  readonly locals: readonly Address[];
  /** The interface that owns them, or that the socket is bound to. */
  readonly owner?: IntentInterface;
  /** The first of them, with every step of its lookups. */
  readonly example: ExchangeResult;
  /** It happens to what peers ask of us, and likewise to what we ask of them from the same address. */
  readonly bothWays: boolean;
}

/**
 * reply: a peer asks one of our addresses; own: the host asks from one of its addresses; unbound: the host asks and leaves
 * the address to the kernel; bound: a socket is bound to a device and to no address.
 */
export type FlowKind = "reply" | "own" | "unbound" | "bound";

export interface Findings {
  readonly findings: readonly Finding[];
  /** How many flows were followed. */
  readonly followed: number;
}

/** Follows every kind of flow that the host's networks, containers and tunnels can have with it. */
export function findProblems(state: LinuxState, found: Survey): Findings {
  const follower = new Follower(state, found.intent);
  const peers = peersOf(state, found);
  const results = [...exchanges(found.intent, peers)].map((flow) => ({
    ...flow,
    result: follower.follow(flow.exchange),
  }));
  const bad = results.filter(({ result }) => !["symmetric", "not judged"].includes(result.verdict));
  const groups = new Map<string, typeof bad>();
  for (const one of bad) {
    const key = groupKey(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const findings = [...groups.values()].map(([first, ...rest]): Finding => {
    const example = follower.follow(first.exchange, { trace: true });
    const locals = [first, ...rest].flatMap(({ exchange }) => exchange.local ?? []);
    return {
      verdict: first.result.verdict as Finding["verdict"],
      kind: first.kind,
      peer: first.peer,
      locals: [...locals].sort(compareAddresses),
      owner: first.owner ?? example.owner,
      example,
      bothWays: false,
    };
  });
  return { findings: merged(findings), followed: results.length };
}

interface Candidate {
  readonly kind: FlowKind;
  readonly peer: Peer;
  readonly owner?: IntentInterface;
  readonly exchange: Exchange;
}

function* exchanges({ interfaces }: Intent, peers: readonly Peer[]): Generator<Candidate> {
  for (const owner of interfaces) {
    for (const peer of peers) {
      const arrival = peer.kind === "inside" ? { arrival: peer.device } : {};
      const base = { peer: peer.address, ...arrival };
      for (const { address: local } of owner.addresses) {
        if (local.family !== peer.address.family) continue;
        if (comesInBy(owner, peer))
          yield { kind: "reply", peer, owner, exchange: { asker: "peer", local, ...base } };
        yield { kind: "own", peer, owner, exchange: { asker: "host", local, ...base } };
      }
    }
  }
  for (const peer of peers) {
    const arrival = peer.kind === "inside" ? { arrival: peer.device } : {};
    yield { kind: "unbound", peer, exchange: { asker: "host", peer: peer.address, ...arrival } };
  }
  for (const owner of interfaces) {
    for (const peer of peers) {
      // Bound to the device: other devices' networks are reached by its gateway, containers not at all. Without a
      // gateway the kernel takes all of them for neighbours, and nobody can claim otherwise (P5).
      const { family } = peer.address;
      if (peer.kind === "inside" || owner.gateways[family] === undefined) continue;
      if (!owner.addresses.some(({ address }) => address.family === family)) continue;
      const bound = { asker: "host", peer: peer.address, bound: owner.device } as const;
      yield { kind: "bound", peer, owner, exchange: { ...bound, connected: false } };
    }
  }
}

/** Whether a place can reach an interface's addresses through it: without a gateway only what is at it can. */
function comesInBy(owner: IntentInterface, { kind, device, address }: Peer): boolean {
  return kind === "inside" || device === owner.device || owner.gateways[address.family] !== undefined;
}

/** Flows of one group read alike: the same places, the same verdict, and the same way taken. */
function groupKey({ kind, peer, owner, result }: Candidate & { result: ExchangeResult }): string {
  const { outcome } = result.outward;
  const way =
    outcome.kind === "route"
      ? outcome.hops.map(({ device, via }) => [device, String(via?.value)])
      : outcome.kind === "error"
        ? outcome.error
        : outcome.because;
  const place = [
    peer.kind,
    peer.device,
    peer.address.family,
    String(peer.network?.value),
    peer.network?.length,
  ];
  return JSON.stringify([kind, place, owner?.name, result.verdict, way]);
}

/** What goes wrong for peers that ask goes wrong for us when we ask them: said once. */
function merged(findings: readonly Finding[]): Finding[] {
  const replies = findings.filter(({ kind }) => kind === "reply");
  const twin = (own: Finding): Finding | undefined =>
    own.kind !== "own"
      ? undefined
      : replies.find(
          (reply) =>
            reply.peer === own.peer && reply.owner === own.owner && reply.locals.length === own.locals.length,
        );
  const both = new Set(findings.flatMap((finding) => twin(finding) ?? []));
  // A host that refuses what comes in from a place refuses it whatever socket waits for it.
  const saidAlready = ({ kind, verdict, peer, owner }: Finding): boolean =>
    (kind === "bound" || kind === "unbound") &&
    verdict === "dropped" &&
    replies.some((reply) => reply.verdict === "dropped" && reply.peer === peer && reply.owner === owner);
  return findings
    .filter((finding) => twin(finding) === undefined && !saidAlready(finding))
    .map((finding) => (both.has(finding) ? { ...finding, bothWays: true } : finding));
}
