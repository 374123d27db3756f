import { Address, Family } from "../../net/address";
import { Prefix, contains, sizeOf } from "../../net/prefix";
import { InputFlow, OutputFlow } from "../flow";
import { Chain, Model } from "../model";
import { chainFor } from "../rules";
import { Fields } from "./classes";
import { Claim } from "./claim";
import { classes } from "./destinations";
import { Expectations, intentPrefixes } from "./expect";
import { FieldSets, Walk } from "./field-sets";
import { Policies, asksOf } from "./policies";
import { Intent, IntentInterface, ProveOptions } from "./types";

/** Sources of one interface that the rules treat alike, by one that stands for them. */
export interface SourceGroup {
  readonly owner: IntentInterface;
  readonly source: Address;
  readonly chain: Chain;
  /** In a delegated prefix: the source need not be an address of the host. */
  readonly delegated: boolean;
}

/** What all properties of one family work on. */
export class Scope {
  readonly expectations: Expectations;
  readonly destinations: readonly Address[];
  readonly groups: readonly SourceGroup[];
  /** Addresses that belong to no interface. */
  readonly identities: readonly Address[];
  private readonly fieldSets: FieldSets;
  private readonly policySets: FieldSets;
  private readonly onlySources?: readonly Prefix[];
  readonly policies: Policies;

  constructor(
    readonly model: Model,
    readonly family: Family,
    readonly intent: Intent,
    readonly before?: Model,
    only: NonNullable<ProveOptions["only"]> = {},
  ) {
    this.expectations = new Expectations(intent, model, family);
    const models = before === undefined ? [model] : [model, before];
    const { destinations: places, sources } = only;
    this.onlySources = sources;
    const all = classes(family, models, [...intentPrefixes(intent), ...(places ?? [])]);
    this.destinations =
      places === undefined ? all : all.filter((to) => places.some((place) => contains(place, to)));
    this.policies = new Policies(intent, family);
    const tos = tosValues(model, family);
    // Of the marks of others, and of connections, the properties but P11 claim nothing.
    this.fieldSets = new FieldSets(tos, foreignMarks(intent));
    this.policySets = new FieldSets(tos, intent.foreignMarks ?? [], asksOf(this.policies));
    this.identities = (intent.identities ?? []).filter((a) => a.family === family && this.isWanted(a));
    this.groups = intent.interfaces.flatMap((owner) => this.groupsOf(owner));
  }

  /**
   * The classes of marks, ports and so on that matter to what the host sends from one address to another; without a
   * source, from a socket that has none. Too many, and the claim's verdict cannot be "proved".
   */
  fields(claim: Claim, from: Address | undefined, to: Address): readonly Fields[] {
    return orNone(claim, this.fieldSets.of([this.sent(from, to)]), "rules");
  }

  /** The same for what comes in, and for its reverse path check. */
  fieldsIn(claim: Claim, from: Address, to: Address): readonly Fields[] {
    const answer = { chain: this.chainFor(to), to: from, from: to, answer: true };
    return orNone(claim, this.fieldSets.of([{ chain: this.chainFor(from), to, from }, answer]), "rules");
  }

  /** The same for what is sent, or comes in by a device, with what the policies ask besides; and the marks of connections. */
  policyFields(claim: Claim, from: Address | undefined, to: Address, iif?: string): readonly Fields[] {
    if (iif === undefined) return orNone(claim, this.policySets.of([this.sent(from, to)]), "policies");
    const device = this.model.devices[this.model.deviceNumbers.get(iif) ?? -1];
    // To rules, what comes in by a port of a VRF comes in by the VRF.
    const number = device === undefined || device.l3mdev >= 0 ? undefined : device.number;
    const walk = { chain: this.chainFor(from), to, from, iif: number, device: iif };
    return orNone(claim, this.policySets.of([walk]), "policies");
  }

  private sent(from: Address | undefined, to: Address): Walk {
    return { chain: this.chainFor(from), to, from, iif: this.model.loopback };
  }

  /** Whether the owner wants a policy, and not the source, to decide about a packet; notes it. */
  isTaken(claim: Claim | undefined, flow: OutputFlow | InputFlow): boolean {
    if (!this.policies.decidesEarly) return false;
    const taker = this.policies.taker(flow, true);
    if (taker !== undefined) claim?.except(`what policy ${taker.name} takes before the rules for sources`);
    return taker !== undefined;
  }

  /** The addresses of an interface in this family, of those that are asked for. */
  addressesOf(owner: IntentInterface): Address[] {
    return owner.addresses
      .map(({ address }) => address)
      .filter((address) => address.family === this.family && this.isWanted(address));
  }

  private isWanted(source: Address): boolean {
    return this.onlySources === undefined || this.onlySources.some((prefix) => contains(prefix, source));
  }

  /** Groups an interface's addresses and delegated prefixes by the chain that decides; the first stands for all. */
  private groupsOf(owner: IntentInterface): SourceGroup[] {
    const groups = new Map<string, SourceGroup>();
    const note = (value: bigint, delegated: boolean): void => {
      const source = { family: this.family, value };
      const chain = this.chainFor(source);
      const key = `${chain.alike} ${delegated}`;
      if (!groups.has(key)) groups.set(key, { owner, source, chain, delegated });
    };
    for (const address of this.addressesOf(owner)) note(address.value, false);
    for (const prefix of owner.delegatedPrefixes) {
      if (prefix.family !== this.family) continue;
      const { starts } = this.model[this.family].sources;
      const cuts = [...starts, ...(this.onlySources ?? []).map((p) => p.value)];
      for (const value of pieces(cuts, prefix))
        if (this.isWanted({ family: this.family, value })) note(value, true);
    }
    return [...groups.values()];
  }

  /** The chain of a source; of a packet without one where it is absent. */
  chainFor(source: Address | undefined): Chain {
    return chainFor(this.model[this.family], source);
  }
}

function orNone(claim: Claim, fields: readonly Fields[] | undefined, who: string): readonly Fields[] {
  if (fields !== undefined) return fields;
  claim.unknowns.add(`the ${who} tell too many combinations of marks, ports and users apart`);
  return NO_FIELDS;
}

const NO_FIELDS: readonly Fields[] = [{}];

/** Marks that others set, and those that only a reply of a tracked connection has. */
export function foreignMarks({
  foreignMarks = [],
  connections = [],
}: Intent): { value: number; mask: number }[] {
  return [...foreignMarks, ...connections.map(({ mark, mask }) => ({ value: mark, mask }))];
}

/** The lowest address of each piece that the boundaries cut the prefix into. */
function pieces(starts: readonly bigint[], prefix: Prefix): bigint[] {
  const end = prefix.value + sizeOf(prefix);
  return [prefix.value, ...starts.filter((start) => start > prefix.value && start < end)];
}

function tosValues(model: Model, family: Family): number[] {
  const values = new Set<number>();
  for (const table of model[family].tables.values()) {
    for (const routes of table.nodes) for (const route of routes) values.add(route.tos);
  }
  return [...values];
}
