import { Address } from "../../net/address";
import { InputFlow } from "../flow";
import { input } from "../lookup";
import { Claim } from "./claim";
import { Expected } from "./expected";
import { Scope } from "./scope";
import { IntentInterface } from "./types";

const LOCAL: Expected = { kind: "local" };

/**
 * P2: what arrives for an address of an interface, by the device the intent expects it at, is delivered and passes
 * the reverse path check. Whether it is delivered depends on the class of the sender and on the address itself;
 * whether it passes the check, on the class of the address and on the sender. So it is enough to look at every
 * sender with one address of each class, and at every address with one sender of each class.
 */
export function proveIngress(scope: Scope, claim: Claim): void {
  for (const group of scope.groups) {
    if (group.delegated) continue;
    for (const from of scope.destinations) arrive(scope, claim, group.owner, from, group.source);
  }
  for (const owner of scope.intent.interfaces) {
    const senders = new Map<number, Address>();
    for (const from of scope.destinations) {
      if (arrivalsFor(scope, owner, from).length === 0) continue;
      const { alike } = scope.chainFor(from);
      if (!senders.has(alike)) senders.set(alike, from);
    }
    for (const address of scope.addressesOf(owner)) {
      for (const from of senders.values()) arrive(scope, claim, owner, from, address);
    }
  }
}

function arrive(scope: Scope, claim: Claim, owner: IntentInterface, from: Address, to: Address): void {
  const fields = scope.fieldsIn(claim, from, to);
  for (const iif of arrivalsFor(scope, owner, from)) {
    for (const more of fields) {
      if (claim.exhausted) return;
      // Packets from outside have no user.
      if (more.uid) continue;
      const flow: InputFlow = { to, from, iif, ...more };
      // The reverse path check asks for the answer, whose ports it knows only where rules for what comes in ask.
      const { protocol, sourcePort, destinationPort, tos } = more;
      const answer = { to: from, from: to, tos };
      const ports = { protocol, sourcePort: destinationPort, destinationPort: sourcePort };
      if (scope.isTaken(claim, answer) || scope.isTaken(claim, { ...answer, ...ports })) continue;
      claim.check(flow, input(scope.model, flow), LOCAL);
    }
  }
}

/** The devices by which a sender's packets to an interface's addresses come in. */
function arrivalsFor(scope: Scope, owner: IntentInterface, from: Address): string[] {
  const expected = scope.expectations.egress(owner, from);
  if (expected.kind !== "by") return [];
  const behind = scope.expectations.behind(from, true);
  // Main's ways by what is not managed come before the interface's own.
  if (behind !== undefined) return behind.device === undefined ? [] : [behind.device];
  return expected.hops.map((hop) => hop.device);
}
