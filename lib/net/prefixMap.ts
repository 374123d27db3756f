import { Address, Family } from "./address";
import { Prefix, prefixOf } from "./prefix";

/** A prefix that holds the address asked about, with what is kept for it. */
export interface Holder<T> {
  readonly prefix: Prefix;
  readonly value: T;
}

/**
 * What is kept for prefixes of one family, to be found by an address: in as many steps as there are different lengths,
 * however many prefixes there are. Of a prefix that is added twice the first value stays.
 */
export class PrefixMap<T> {
  /** Ascending. */
  private readonly lengths: number[] = [];
  private readonly byLength = new Map<number, Map<bigint, T>>();

  constructor(private readonly family: Family) {}

  add({ value: first, length }: Prefix, value: T): void {
    let same = this.byLength.get(length);
    if (same === undefined) {
      same = new Map();
      this.byLength.set(length, same);
      this.lengths.push(length);
      this.lengths.sort((a, b) => a - b);
    }
    if (!same.has(first)) same.set(first, value);
  }

  /** The longest prefix that holds the address. */
  longest(address: Address): Holder<T> | undefined {
    for (let i = this.lengths.length - 1; i >= 0; i--) {
      const holder = this.holder(address, this.lengths[i]);
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  /**
   * The shortest prefix that holds the address.
   *
   * @param beyond only of more bits than these. Default: of any number
   */
  widest(address: Address, beyond = -1): Holder<T> | undefined {
    for (const length of this.lengths) {
      const holder = length > beyond ? this.holder(address, length) : undefined;
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  private holder(address: Address, length: number): Holder<T> | undefined {
    if (address.family !== this.family) return undefined;
    const prefix = prefixOf(address, length);
    const same = this.byLength.get(length);
    return same?.has(prefix.value) === true ? { prefix, value: same.get(prefix.value) as T } : undefined;
  }
}
