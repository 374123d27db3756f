import { LinuxState, Proof, PropertyId, ProveOptions, prove } from "../linux";
import { Address, Family } from "../net/address";
import { Prefix, hostPrefix } from "../net/prefix";
import { allProved } from "../prove/staged";
import { exchangeFailure, proofFailure } from "./failure";
import {
  FlowSpec,
  checkFamilies,
  checkSources,
  deviceOf,
  followed,
  leavesBy,
  nameOf,
  prefixOf,
  prefixesOf,
} from "./flows";
import { Judged, World, judged, worldsOf } from "./subject";

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
    return proved(judged(value), { properties: SYMMETRY }, "be symmetric");
  },

  /** Nothing leaves by another interface when routes or a link go away. */
  toFailClosed(value: unknown): Result {
    return proved(judged(value), { properties: ["P6"] }, "fail closed");
  },

  /**
   * Peers of the network reach the host's addresses, and get their answers; those that did before, for a spec, plan or
   * program, after each command on the way as well.
   */
  toKeepReachable(value: unknown, network: string): Result {
    const host = judged(value);
    const peer = prefixOf(network);
    const what = `keep ${network} reachable`;
    const concerned = worldsOf(host).filter((world) => localsOf(world, peer.family).length > 0);
    if (concerned.length === 0)
      return result(false, () => `host ${host.name} has no IPv${peer.family} address`, what);
    const proofs = concerned.flatMap((world) => [
      reached(world.state, world, peer),
      ...keptOnTheWay(host, world, peer),
    ]);
    const failed = proofs.find(({ verdict }) => verdict !== "proved");
    return result(failed === undefined, () => proofFailure(host.name, failed as Proof), what);
  },

  /** Every flow of the set is as the host's owner wants it, proved for every packet. */
  toBeProvedFor(value: unknown, flows: FlowSet = allFlows): Result {
    const host = judged(value);
    const sources = prefixesOf("from", flows.from);
    const destinations = prefixesOf("to", flows.to);
    checkSources(host, sources ?? []);
    checkFamilies(host, sources, destinations);
    const only = { sources, destinations };
    const all = only.sources === undefined && only.destinations === undefined;
    const properties: readonly PropertyId[] = all ? [...SYMMETRY, "P6", "P9"] : ["P1", "P2", "P3"];
    return proved(host, { properties, ...(all ? {} : { only }) }, "be proved");
  },

  /**
   * Where one flow goes: `expect(host).toRoute({ from, to })` that it goes at all, `.via("front")` that it goes by that
   * interface.
   */
  toRoute(this: { readonly isNot?: boolean } | void, value: unknown, flow: FlowSpec): Result {
    const host = judged(value);
    const found = followed(host, flow);
    const check = (name: string | undefined): Result => {
      if (name !== undefined) deviceOf(found.world, name);
      const by = leavesBy(found);
      const pass = name === undefined ? by.length > 0 : by.length === 1 && by[0] === name;
      const wanted = name === undefined ? "go somewhere" : `leave by ${name}`;
      const got = by.length === 0 ? "nowhere" : `by ${by.join(" or ")}`;
      return result(
        pass,
        () => `it goes ${got}\n${exchangeFailure(found.world.name, found.result)}`,
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

/** The addresses of a family that interfaces of a world have. */
function localsOf({ intent }: World, family: Family): Address[] {
  return intent.interfaces
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => address.family === family);
}

/** That peers reach a world's addresses, or one of them, in some state of it. */
function reached(state: LinuxState, { intent }: World, peer: Prefix, local?: Address): Proof {
  const only = { destinations: [peer], ...(local && { sources: [hostPrefix(local)] }) };
  return prove(state, intent, { properties: ["P1", "P2", "P3"], only });
}

/** That what was reached before is so after each command that leads to the end. */
function keptOnTheWay({ staged }: Judged, world: World, peer: Prefix): Proof[] {
  // The commands are those of the host's own world; a further one is made as a whole.
  if (staged === undefined || world.state !== staged.state) return [];
  const { before, steps, state, intent } = staged;
  const management = localsOf(world, peer.family)
    .filter((local) => reached(before, world, peer, local).verdict === "proved")
    .map((local) => ({ peer, local }));
  if (management.length === 0) return [];
  return [prove(state, { ...intent, management }, { properties: ["P8"], before, steps })];
}

function proved(host: Judged, options: ProveOptions, what: string): Result {
  const proofs = worldsOf(host).map(({ name, state, intent }) => ({
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
