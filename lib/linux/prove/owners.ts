import { Address, Family } from "../../net/address";
import { hostPrefix } from "../../net/prefix";
import { PrefixIndex } from "../prefix-index";
import { IntentInterface } from "./types";

/** Which interface may send from what: the first that has the address, or to which a prefix that holds it is delegated. */
export class Owners {
  private readonly index: PrefixIndex;
  /** By node of the index, as places in the list. */
  private readonly places: readonly number[];

  constructor(
    private readonly interfaces: readonly IntentInterface[],
    private readonly family: Family,
  ) {
    const prefixes = interfaces.map(({ addresses, delegatedPrefixes }) =>
      [...addresses.map(({ address }) => hostPrefix(address)), ...delegatedPrefixes].filter(
        (prefix) => prefix.family === family,
      ),
    );
    this.index = new PrefixIndex(family, prefixes.flat());
    const first = new Map<string, number>();
    prefixes.forEach((list, place) => {
      for (const { value, length } of list) {
        const key = `${value}/${length}`;
        if (!first.has(key)) first.set(key, place);
      }
    });
    const places: number[] = [];
    this.index.prefixes.forEach(({ value, length }, node) => {
      const parent = this.index.parent[node];
      places.push(Math.min(first.get(`${value}/${length}`)!, parent < 0 ? Infinity : places[parent]));
    });
    this.places = places;
  }

  /** Where what is owned ends, in address order. */
  ends(): bigint[] {
    const { starts, nodeOf } = this.index;
    return starts.filter((_start, i) => i > 0 && nodeOf[i - 1] >= 0);
  }

  of(source: Address): IntentInterface | undefined {
    if (source.family !== this.family) return undefined;
    const node = this.index.longest(source);
    return node < 0 ? undefined : this.interfaces[this.places[node]];
  }
}
