import { Address, Family } from "../../net/address";
import { contains, lastAddress } from "../../net/prefix";
import { compile } from "../compile";
import { InputFlow, Outcome, OutputFlow } from "../flow";
import { connect, input, output } from "../lookup";
import { Model } from "../model";
import { LinuxState, Table } from "../state";
import { Claim } from "./claim";
import { Expectations } from "./expect";
import { describeExpected, meets } from "./expected";
import { Down, Policies, Wanted, losses } from "./policies";
import { Scope } from "./scope";
import { IntentInterface } from "./types";

/**
 * P11: what a traffic policy selects leaves by the interfaces it may use and no other, by the first of them that has a
 * way, and is refused as told when none has; what answers a tracked connection leaves by the interface it came in by.
 * Decided with all links up, with each combination of them down, and with all of our tables empty.
 *
 * IPv6 does not take a refusal from a socket that has no source yet: the kernel looks up again with one that it chooses
 * (ip6_dst_lookup_tail), and then the packet is one of that source, whose own way it takes. It is noted as an exception.
 *
 * Sockets bound to a device have chosen their way, and are P5's matter. The reverse path check, which may drop what is
 * forwarded before it is routed, is left out.
 */
export function proveTraffic(scope: Scope, claim: Claim): void {
  const { policies, family, intent, model } = scope;
  if (policies.inOrder.length === 0 && policies.connections.length === 0) {
    claim.skipped = "there is no traffic policy";
    return;
  }
  const states = losses(policies, intent, model).map((down) => new Situation(scope, down));
  for (const { flow, ownSource, hows } of packets(scope, claim)) {
    if (claim.exhausted) return;
    const asked = policies.marked(flow) ?? policies.taker(flow, ownSource);
    if (asked === undefined) continue;
    const concerned = policies.candidates(flow, ownSource);
    for (const situation of states) {
      if (!situation.matters(concerned)) continue;
      const wanted = policies.wanted(flow, ownSource, situation.expectations, situation.down);
      if (wanted === undefined) continue;
      for (const how of hows) check(claim, situation, flow, how, wanted);
    }
  }
  if (claim.classes === 0 && claim.unknowns.size === 0)
    claim.skipped = `no policy of IPv${family} selects anything`;
}

/** The host with some links down. */
class Situation {
  readonly model: Model;
  readonly expectations: Expectations;

  constructor(
    { model, intent, family }: Scope,
    readonly down: Down,
  ) {
    this.model = compile(without(model.state, family, down));
    this.expectations = new Expectations(intent, this.model, family);
  }

  /**
   * Whether a link is down that one of these interfaces is at, and no other. What becomes of a packet when others are
   * down as well is what becomes of it without: had it another way by one of those, it would take that way here.
   */
  matters(concerned: readonly IntentInterface[]): boolean {
    const { down } = this;
    if (down === "all" || down.size === 0) return true;
    let found = 0;
    for (const device of down) if (concerned.some((i) => i.device === device)) found++;
    return found === down.size;
  }

  get when(): string | undefined {
    if (this.down === "all") return "with our tables empty";
    return this.down.size === 0 ? undefined : `with ${[...this.down].join(" and ")} down`;
  }
}

/** As the kernel leaves it when links go down: without the routes by them. */
function without(state: LinuxState, family: Family, down: Down): LinuxState {
  const sysctls = Object.fromEntries(
    Object.entries(state.sysctls).map(([path, value]) => [path, path.endsWith("/rp_filter") ? 0 : value]),
  );
  if (down !== "all" && down.size === 0) return { ...state, sysctls };
  const kept = state.routes[family].flatMap((route) => {
    if (route.table === Table.local || route.hops.length === 0) return [route];
    if (down === "all") return route.table === Table.main || route.table === Table.default ? [route] : [];
    const hops = route.hops.filter((hop) => !down.has(hop.link));
    return hops.length === 0 ? [] : [{ ...route, hops }];
  });
  return { ...state, sysctls, routes: { ...state.routes, [family]: kept } };
}

type How = "once" | "connect";

function check(claim: Claim, at: Situation, flow: Packet["flow"], how: How, wanted: Wanted): void {
  const outcome = look(at.model, flow, how);
  claim.classes++;
  // A socket that is refused at its first lookup has no second.
  const met = meets(wanted.expected, outcome);
  if (met === undefined) return claim.doubt(outcome);
  const refusedOtherwise =
    met && wanted.error !== undefined && outcome.kind === "error" && outcome.error !== wanted.error;
  if (met && !refusedOtherwise) return;
  if (how === "connect" && flow.from === undefined && isTriedAgain(at, flow, outcome, wanted)) {
    claim.except(RETRIED);
    return;
  }
  if (how === "connect" && !met && isOwnWay(at, flow, outcome, wanted)) return;
  const error = wanted.error === undefined ? "" : ` with ${wanted.error}`;
  claim.fail({
    flow,
    outcome,
    expected: `${describeExpected(wanted.expected)}${error} (${wanted.by})`,
    how,
    after: () => ({ when: at.when, state: at.model.state }),
    fix: `let the rules of ${wanted.by} decide about it before any other does`,
  });
}

const RETRIED =
  "sockets without an address that a policy refuses: IPv6 tries again with one that the kernel chooses, and they leave by its own interface";

/** Whether a refusal was not taken, and the packet goes the own way of the source that it was given, if it can. */
function isTriedAgain(
  { expectations }: Situation,
  flow: Packet["flow"],
  outcome: Outcome,
  wanted: Wanted,
): boolean {
  const { expected } = wanted;
  if (flow.to.family !== 6 || expected.kind !== "by" || expected.hops.length > 0) return false;
  if (outcome.kind === "error") return true;
  if (outcome.kind !== "route") return false;
  return outcome.hops.every(({ source }, i) => {
    const owner = source && expectations.ownerOf(source);
    if (owner === undefined) return false;
    return meets(expectations.chosen(owner, flow.to), { ...outcome, hops: [outcome.hops[i]] }) === true;
  });
}

/**
 * Whether a socket of IPv4 leaves by interfaces that are wanted, each time as the source that it was given wants: with that it
 * is looked up again, by the table of the interface, which need not have the gateway for it that is shared.
 */
function isOwnWay(
  { expectations }: Situation,
  { to }: Packet["flow"],
  outcome: Outcome,
  { expected }: Wanted,
): boolean {
  if (to.family !== 4 || outcome.kind !== "route" || expected.kind !== "by") return false;
  return outcome.hops.every((hop) => {
    const owner = hop.source && expectations.ownerOf(hop.source);
    if (owner === undefined || !expected.hops.some(({ device }) => device === owner.device)) return false;
    return (
      hop.device === owner.device &&
      meets(expectations.egress(owner, to), { ...outcome, hops: [hop] }) === true
    );
  });
}

function look(model: Model, flow: Packet["flow"], how: How): Outcome {
  if ("iif" in flow) return input(model, flow);
  return how === "connect" ? connect(model, flow) : output(model, flow);
}

interface Packet {
  readonly flow: OutputFlow | InputFlow;
  /** Whether the rules for sources decide about it, if no policy does before. */
  readonly ownSource: boolean;
  readonly hows: readonly How[];
}

/** One packet of each class that rules, routes or policies tell apart. */
function* packets(scope: Scope, claim: Claim): Iterable<Packet> {
  const { policies, expectations } = scope;
  const places = scope.destinations.filter((to) => !expectations.unclaimed(to) && !expectations.isOwn(to));
  // Whether the second lookup is for the same policy depends on the source only where policies ask for that.
  const early = policies.inOrder.some((t) => t.beforeSources);
  for (const to of places) {
    for (const fields of scope.policyFields(claim, undefined, to)) {
      // An answer has a source.
      if (policies.marked({ to, ...fields }) !== undefined) continue;
      yield { flow: { to, ...fields }, ownSource: false, hows: early ? ["once"] : ["once", "connect"] };
    }
  }
  for (const { source, own } of sources(scope, policies)) {
    if (own && !early && policies.connections.length === 0) continue;
    const arrivals = arrivalsOf(scope, source);
    for (const to of places) {
      for (const fields of scope.policyFields(claim, source, to)) {
        yield { flow: { to, from: source, anySource: true, ...fields }, ownSource: own, hows: ["once"] };
      }
      for (const iif of arrivals) {
        for (const fields of scope.policyFields(claim, source, to, iif)) {
          if (!fields.uid)
            yield { flow: { to, from: source, iif, ...fields }, ownSource: own, hows: ["once"] };
        }
      }
    }
  }
}

/** A source for each set that chains, policies and interfaces tell apart. */
function* sources(scope: Scope, policies: Policies): Iterable<{ source: Address; own: boolean }> {
  const { model, family, intent, expectations } = scope;
  const width = 1n << BigInt(family === 4 ? 32 : 128);
  const starts = new Set<bigint>(model[family].sources.starts);
  const prefixes = [
    ...intent.interfaces.flatMap((i) => [
      ...i.delegatedPrefixes,
      ...i.addresses.map(({ address }) => ({ ...address, length: address.family === 4 ? 32 : 128 })),
    ]),
    ...policies.inOrder.flatMap(({ from }) => from),
  ].filter((prefix) => prefix.family === family);
  for (const prefix of prefixes) {
    starts.add(prefix.value);
    const next = lastAddress(prefix).value + 1n;
    if (next < width) starts.add(next);
  }
  const known = new Set<string>();
  for (const value of starts) {
    const source = { family, value };
    if (expectations.unclaimed(source)) continue;
    const owner = expectations.ownerOf(source)?.name;
    const asked = policies.inOrder.map(({ from }) => from.some((prefix) => contains(prefix, source)));
    // An address that the host has besides can come from nowhere.
    const present = expectations.isOwn(source);
    const key = `${scope.chainFor(source).alike} ${owner ?? ""} ${present} ${asked.join(" ")}`;
    if (known.has(key)) continue;
    known.add(key);
    // An identity's rules come before those of policies as well.
    yield { source, own: owner !== undefined || expectations.isIdentity(source) };
  }
}

/** Devices by which a source's packets come in: those that rules or policies name, and one of each other kind. */
function arrivalsOf({ model, family, intent, expectations, policies }: Scope, source: Address): string[] {
  if (expectations.isOwn(source)) return [];
  const named = new Set([
    ...model[family].steps.map((step) => step.rule.iif),
    ...policies.inOrder.flatMap(({ incoming }) => incoming),
  ]);
  const managed = new Set(intent.interfaces.map((i) => i.device));
  const devices = model.devices.filter(({ link }) => !link.loopback).map(({ link }) => link.name);
  const rest = devices.filter((name) => !named.has(name));
  const samples = [rest.find((name) => managed.has(name)), rest.find((name) => !managed.has(name))];
  return [...devices.filter((name) => named.has(name)), ...samples.filter((name) => name !== undefined)];
}
