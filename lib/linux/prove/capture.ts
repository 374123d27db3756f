import { Address, Family } from "../../net/address";
import { InputFlow, Outcome, OutputFlow } from "../flow";
import { connectAfter, input, output } from "../lookup";
import { Model } from "../model";
import { chainFor } from "../rules";
import { selectSource6 } from "../sources6";
import { Fields } from "./classes";
import { Claim } from "./claim";
import { describeOutcome } from "../text";
import { Expectations } from "./expect";
import { FieldSets, Walk } from "./field-sets";
import { Policies, asksOf } from "./policies";
import { Scope, foreignMarks } from "./scope";
import { Intent } from "./types";

/**
 * P7: flows of what is not managed (containers, tunnels, sockets without an address) go where they went before.
 *
 * @param scope of the state after; its destinations are the classes that both states together tell apart
 */
export function proveNoCapture(scope: Scope, before: Model, claim: Claim, when?: string): void {
  const { model: after, family, intent, expectations, policies, destinations: places } = scope;
  const sources = foreignSources(before, after, family, expectations);
  const own = new Map([...before[family].own].filter(([value]) => after[family].own.has(value)));
  // A socket that is given a managed address is P4's matter: its way is that of the address.
  const choosesManaged = (outcome: Outcome): boolean =>
    outcome.kind === "route" &&
    outcome.hops.every(({ source }) => source !== undefined && expectations.ownerOf(source) !== undefined);
  // IPv6 looks up what it finds no way for again, with an address that it chooses (ip6_dst_lookup_tail).
  const retriesManaged = (to: Address): boolean =>
    family === 6 &&
    [before, after].every((model) => {
      const choice = selectSource6(model, to, undefined);
      return choice.kind === "source" && expectations.ownerOf(choice.address) !== undefined;
    });
  const compareAt = (flow: OutputFlow | InputFlow, then: Outcome, now: Outcome): void => {
    // What a policy takes is P11's matter.
    if (policies.taker(flow, false) !== undefined) return;
    claim.classes++;
    if (then.kind === "unknown") return claim.doubt(then);
    if (now.kind === "unknown") return claim.doubt(now);
    if (sameOutcome(then, now) || (choosesManaged(then) && choosesManaged(now))) return;
    if ("iif" in flow && answerIsTaken(policies, flow, then.kind === "route" ? then : now)) return;
    const expected = `as before: ${describeOutcome(then)}`;
    claim.fail({
      flow,
      outcome: now,
      expected,
      how: "once",
      after: () => ({ when, state: after.state }),
    });
  };
  // A policy may select less than the rule that is to obey it.
  const sets = new FieldSets([], foreignMarks(intent), asksOf(policies));
  const walks = (from: Address | undefined, to: Address): Walk[] =>
    [before, after].map((model) => {
      return { chain: chainFor(model[family], from), from, to, iif: model.loopback };
    });
  for (const to of places) {
    if (claim.exhausted) return;
    if (expectations.unclaimed(to)) continue;
    for (const fields of orNone(sets.of(walks(undefined, to)), claim)) {
      const flow: OutputFlow = { to, ...fields };
      const [then, now] = [output(before, flow), output(after, flow)];
      compareAt(flow, then, now);
      const [thenAgain, nowAgain] = [connectAfter(before, flow, then), connectAfter(after, flow, now)];
      // Also where it was refused with one, which is no way that anybody took.
      if (then.kind === "error" && now.kind === "error" && thenAgain.kind === "error" && retriesManaged(to))
        continue;
      compareAt(flow, thenAgain, nowAgain);
    }
  }
  for (const from of sources) {
    const isOwn = own.has(from.value);
    const devices = isOwn ? [] : arrivals(before, after, family, intent);
    for (const to of places) {
      if (claim.exhausted) return;
      // What is addressed to the managed interfaces is P2's matter.
      if (expectations.unclaimed(to) || expectations.ownerOf(to) !== undefined) continue;
      const sent = walks(from, to);
      if (isOwn) {
        for (const fields of orNone(sets.of(sent), claim)) {
          const flow: OutputFlow = { to, from, ...fields };
          compareAt(flow, output(before, flow), output(after, flow));
        }
      }
      // The reverse path check asks the other way round.
      const answers = walks(to, from).map((walk) => ({ ...walk, iif: undefined, answer: true }));
      for (const iif of devices) {
        const came = sent.map((walk) => ({ ...walk, iif: undefined, device: iif }));
        for (const fields of orNone(sets.of([...came, ...answers]), claim)) {
          if (fields.uid) continue;
          const flow: InputFlow = { to, from, iif, ...fields };
          compareAt(flow, input(before, flow), input(after, flow));
        }
      }
    }
  }
}

/** Whether a policy decides about the answer, and so about the reverse path check of a packet. */
function answerIsTaken(policies: Policies, flow: InputFlow, outcome: Outcome): boolean {
  const device = outcome.kind === "route" ? outcome.hops[0]?.device : undefined;
  if (device === undefined) return false;
  const { protocol, sourcePort, destinationPort, tos } = flow;
  // What is for the host itself is answered by the host.
  const isLocal = outcome.kind === "route" && outcome.type === "local";
  const answer = { to: flow.from, from: flow.to, ...(!isLocal && { iif: device }), tos };
  // It knows the ports only where rules for what comes in ask for them.
  const ports = { protocol, sourcePort: destinationPort, destinationPort: sourcePort };
  return [answer, { ...answer, ...ports }].some((one) => policies.taker(one, false) !== undefined);
}

function orNone(fields: readonly Fields[] | undefined, claim: Claim): readonly Fields[] {
  if (fields === undefined)
    claim.unknowns.add("the rules tell too many combinations of marks, ports and users apart");
  return fields ?? [{}];
}

/** One source for each pair of chains, before and after, among those that no interface of the intent owns. */
function foreignSources(before: Model, after: Model, family: Family, expectations: Expectations): Address[] {
  const starts = new Set<bigint>([...before[family].sources.starts, ...after[family].sources.starts]);
  for (const end of expectations.ownedEnds()) starts.add(end);
  for (const model of [before, after]) for (const value of model[family].own.keys()) starts.add(value);
  const known = new Set<string>();
  const found: Address[] = [];
  for (const value of starts) {
    const address = { family, value };
    if (value === 0n || expectations.ownerOf(address) !== undefined || expectations.isIdentity(address))
      continue;
    const own = before[family].own.has(value) && after[family].own.has(value);
    const key = `${chainFor(before[family], address).alike} ${chainFor(after[family], address).alike} ${own ? value : ""}`;
    if (known.has(key) || isNoSource(address)) continue;
    known.add(key);
    found.push(address);
  }
  return found;
}

function isNoSource({ family, value }: Address): boolean {
  if (family === 6) return value === 1n || value >> 120n === 0xffn || value >> 118n === 0x3fan;
  return value >> 24n === 127n || value >> 28n >= 0xen;
}

/** Devices that rules tell apart on arrival: those they name, a managed one, and one that is not. */
function arrivals(before: Model, after: Model, family: Family, intent: Intent): string[] {
  const named = new Set([...before[family].steps, ...after[family].steps].map((step) => step.rule.iif));
  const managed = new Set(intent.interfaces.map((i) => i.device));
  const devices = after.devices.filter((device) => !device.link.loopback).map((device) => device.link.name);
  const rest = devices.filter((name) => !named.has(name));
  const samples = [rest.find((name) => managed.has(name)), rest.find((name) => !managed.has(name))];
  return [...devices.filter((name) => named.has(name)), ...samples.filter((name) => name !== undefined)];
}

/** The same way: rules and tables may be others. */
export function sameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "error") return b.kind === "error" && a.error === b.error;
  if (a.kind === "unknown" || b.kind !== "route") return false;
  if (a.type !== b.type || a.pretended !== b.pretended || a.hops.length !== b.hops.length) return false;
  return a.hops.every((hop) =>
    b.hops.some(
      (other) =>
        hop.device === other.device &&
        hop.via?.value === other.via?.value &&
        hop.source?.value === other.source?.value,
    ),
  );
}
