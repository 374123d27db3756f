import { Address, Family } from "../../net/address";
import { Prefix } from "../../net/prefix";
import { PrefixIndex } from "../prefix-index";
import { Expected, ExpectedHop, REFUSED } from "./expected";
import { Intent, IntentInterface } from "./types";

/** How one interface reaches what. */
export class Ways {
  private readonly index: PrefixIndex;
  /** By node of the index. */
  private readonly hops: (ExpectedHop | undefined)[];
  private readonly gateway?: Address;

  constructor(
    intent: Intent,
    private readonly from: IntentInterface,
    family: Family,
  ) {
    this.gateway = from.gateways[family];
    const entries: { prefix: Prefix; hop: ExpectedHop }[] = [];
    const orVia = intent.attachedByGateway ? this.gateway : undefined;
    for (const prefix of from.subnets) entries.push({ prefix, hop: { device: from.device, orVia } });
    for (const { to, via } of from.routes) entries.push({ prefix: to, hop: { device: from.device, via } });
    for (const other of intent.interfaces) {
      if (other === from || !isDirect(intent, from, other)) continue;
      // An own subnet or route of the same prefix comes first.
      for (const prefix of other.subnets) entries.push({ prefix, hop: { device: other.device } });
    }
    const mine = entries.filter(({ prefix }) => prefix.family === family);
    this.index = new PrefixIndex(
      family,
      mine.map(({ prefix }) => prefix),
    );
    this.hops = [];
    for (const { prefix, hop } of mine) this.hops[this.index.nodeFor(prefix)] ??= hop;
  }

  /** By a subnet or a declared route. */
  near(to: Address): ExpectedHop | undefined {
    const node = this.index.longest(to);
    return node < 0 ? undefined : this.hops[node];
  }

  /** All subnets and declared routes that hold it, the finest first. */
  allNear(to: Address): { readonly length: number; readonly hop: ExpectedHop }[] {
    const { index } = this;
    const found: { length: number; hop: ExpectedHop }[] = [];
    for (let node = index.longest(to); node >= 0; node = index.parent[node]) {
      const hop = this.hops[node];
      if (hop !== undefined) found.push({ length: index.prefixes[node].length, hop });
    }
    return found;
  }

  byGateway(to: Address): readonly ExpectedHop[] | undefined {
    const far = this.far(to);
    return far.kind === "by" ? far.hops : undefined;
  }

  /** By the gateway, or not at all. */
  far(to: Address): Expected {
    if (this.gateway === undefined) return REFUSED;
    const orDirect = to.value === this.gateway.value;
    return { kind: "by", hops: [{ device: this.from.device, via: this.gateway, orDirect }], refusal: false };
  }
}

function isDirect(intent: Intent, from: IntentInterface, to: IntentInterface): boolean {
  return (
    intent.onLink === "direct" ||
    intent.directPairs.some((pair) => pair.from === from.name && pair.to === to.name)
  );
}
