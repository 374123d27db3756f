import { PropertyId, ProveOptions, prove } from "../linux";
import { Address, parseAddress } from "../net/address";
import { Prefix, hostPrefix, parsePrefix } from "../net/prefix";
import { allProved } from "../prove/staged";
import { Exchange, ExchangeResult } from "../prove/exchange";
import { Follower } from "../prove/follower";
import { exchangeFailure, proofFailure } from "./failure";
import { Judged, judged } from "./subject";

/** One flow, as people write it. */
export interface FlowSpec {
  /** An address of the host; absent: the kernel chooses one. Or an address elsewhere, and `to` is the host's. */
  readonly from?: string;
  readonly to: string;
  /** IP protocol number: 6 is TCP, 17 UDP. */
  readonly protocol?: number;
  /** Port that is asked; with a `protocol` that has ports. */
  readonly port?: number;
  /** Device that the host's socket is bound to; of what the host asks. */
  readonly bound?: string;
  /** The interface by which it leaves; the same as `.via(NAME)`, for use with `.not`. */
  readonly via?: string;
}

/** Flows by where they come from and go to: addresses or prefixes. Absent is all. */
export interface FlowSet {
  /** Of the host. */
  readonly from?: string | readonly string[];
  readonly to?: string | readonly string[];
}

/** All that there can be. */
export const allFlows: FlowSet = {};

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

const SYMMETRY: readonly PropertyId[] = ["P1", "P2", "P3", "P4", "P5"];

/**
 * Matchers for jest: `expect.extend(matchers)`, or `setupFilesAfterEnv: ["multihome/testing/jest"]`.
 */
export const matchers = {
  /** What leaves, arrives and is answered takes the interface that owns the address; proved for every packet. */
  toBeSymmetric(value: unknown): Result {
    return proved(value, { properties: SYMMETRY }, "be symmetric");
  },

  /** Nothing leaves by another interface when routes or a link go away. */
  toFailClosed(value: unknown): Result {
    return proved(value, { properties: ["P6"] }, "fail closed");
  },

  /** Peers of the network reach the host's addresses, and get their answers, before, after and, for a program, on the way. */
  toKeepReachable(value: unknown, network: string): Result {
    const host = judged(value);
    const peer = prefixOf(network);
    const locals = host.intent.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
    const management = locals
      .filter(({ family }) => family === peer.family)
      .map((local) => ({ peer, local }));
    const { staged } = host;
    // A host that did not reach them before cannot keep them; what counts for it is the end.
    const options: ProveOptions = { properties: ["P1", "P2", "P3"], only: { destinations: [peer] } };
    const end = prove(host.state, host.intent, options);
    if (end.verdict !== "proved" || staged === undefined)
      return result(
        end.verdict === "proved",
        () => proofFailure(host.name, end),
        `keep ${network} reachable`,
      );
    const way = prove(host.state, { ...host.intent, management }, { properties: ["P8"] });
    return result(way.verdict === "proved", () => proofFailure(host.name, way), `keep ${network} reachable`);
  },

  /** Every flow of the set is as the host's owner wants it, proved for every packet. */
  toBeProvedFor(value: unknown, flows: FlowSet = allFlows): Result {
    const list = (texts: string | readonly string[] | undefined): Prefix[] | undefined =>
      texts === undefined ? undefined : [texts].flat().map(prefixOf);
    const only = { sources: list(flows.from), destinations: list(flows.to) };
    const all = only.sources === undefined && only.destinations === undefined;
    const properties: readonly PropertyId[] = all ? [...SYMMETRY, "P6", "P9"] : ["P1", "P2", "P3"];
    return proved(value, { properties, ...(all ? {} : { only }) }, "be proved");
  },

  /**
   * Where one flow goes: `expect(host).toRoute({ from, to })` that it goes at all, `.via("front")` that it goes by that
   * interface.
   */
  toRoute(this: { readonly isNot?: boolean } | void, value: unknown, flow: FlowSpec): Result {
    const host = judged(value);
    const found = followed(host, flow);
    const check = (name: string | undefined): Result => {
      const by = leavesBy(host, found);
      const pass = name === undefined ? by.length > 0 : by.length === 1 && by[0] === name;
      const wanted = name === undefined ? "go somewhere" : `leave by ${name}`;
      const got = by.length === 0 ? "nowhere" : `by ${by.join(" or ")}`;
      return result(
        pass,
        () => `it goes ${got}\n${exchangeFailure(host.name, found)}`,
        `${nameOf(flow)} to ${wanted}`,
      );
    };
    return chained(check, flow.via, (this as { isNot?: boolean } | undefined)?.isNot === true);
  },
};

/**
 * A matcher that gives back something to go on with. jest takes what has a `then` for a promise, hands the result to
 * what `then` is given, and returns what `then` and `catch` return: so they return the chain, and nothing waits.
 */
function chained(
  check: (name: string | undefined) => Result,
  via: string | undefined,
  isNot: boolean,
): Result {
  const then = (accept: (result: Result) => void): object => {
    if (via !== undefined || isNot || !check(undefined).pass) accept(check(via));
    const chain: RouteChain = {
      via: (name) => {
        if (isNot) throw new Error('with .not write toRoute({ ..., via: "NAME" })');
        accept(check(name));
      },
    };
    return { catch: () => chain };
  };
  return { then } as unknown as Result;
}

function proved(value: unknown, options: ProveOptions, what: string): Result {
  const host = judged(value);
  const proofs = [host, ...(host.staged?.worlds ?? [])].map(({ name, state, intent }) => ({
    name,
    proof: prove(state, intent, { maxWitnesses: 1, ...options }),
  }));
  const pass = allProved(proofs.map(({ proof }) => proof));
  return result(pass, () => proofs.map(({ name, proof }) => proofFailure(name, proof)).join("\n"), what);
}

function result(pass: boolean, detail: () => string, what: string): Result {
  return {
    pass,
    message: () =>
      pass ? `expected the host not to ${what}, but it is proved` : `expected ${what}, but\n${detail()}`,
  };
}

function followed(host: Judged, { from, to, protocol, port, bound }: FlowSpec): ExchangeResult {
  if (port !== undefined && protocol === undefined)
    throw new Error("a port means nothing without its protocol: give protocol, 6 for TCP or 17 for UDP");
  const follower = new Follower(host.state, host.intent);
  const target = addressOf(to);
  const fields = { ...(protocol !== undefined && { protocol }), ...(port !== undefined && { port }) };
  const source = from === undefined ? undefined : addressOf(from);
  const ours = source === undefined || follower.ownerOf(source) !== undefined;
  if (!ours && bound !== undefined)
    throw new Error(`${from} is no address of the host: "bound" is of a socket that the host asks from`);
  const exchange: Exchange = ours
    ? {
        asker: "host",
        peer: target,
        ...(source && { local: source }),
        ...(bound !== undefined && { bound }),
        ...fields,
      }
    : { asker: "peer", peer: source, local: target, ...fields };
  return follower.follow(exchange, { trace: true });
}

/** Interfaces, or devices of others, by which what the host sends leaves. */
function leavesBy({ intent }: Judged, { outward: { outcome } }: ExchangeResult): string[] {
  if (outcome.kind !== "route") return [];
  const names = outcome.hops.map(
    ({ device }) => intent.interfaces.find((iface) => iface.device === device)?.name ?? device,
  );
  return [...new Set(names)];
}

function nameOf({ from = "any address", to }: FlowSpec): string {
  return `${from} -> ${to}`;
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.reason}`);
  return parsed.value;
}

function prefixOf(text: string): Prefix {
  if (!text.includes("/")) return hostPrefix(addressOf(text));
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)}: ${parsed.reason}`);
  return parsed.value;
}

/** What `toRoute` gives back. */
export interface RouteChain {
  /** The interface by which the flow leaves, by its name. */
  via(name: string): void;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way in which jest's types are extended
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- as jest declares it
    interface Matchers<R, T = {}> {
      toBeSymmetric(): R;
      toFailClosed(): R;
      toKeepReachable(network: string): R;
      toBeProvedFor(flows?: FlowSet): R;
      toRoute(flow: FlowSpec): RouteChain;
    }
  }
}
