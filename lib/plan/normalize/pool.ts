import { Address, Family, formatAddress } from "../../net/address";
import { addressAt, packAddress, sameWords, wordsOf } from "../../net/packed";
import { InterfaceAddress } from "../../net/prefix";

/**
 * Room for the sources of all interfaces in one family, in the order in which they are read: one buffer, and not one
 * an interface or an object an address.
 */
export class Pool {
  size = 0;
  readonly words: Uint32Array;
  /** Of addresses the length of the prefix they are configured with. */
  readonly lengths: Uint8Array;

  constructor(
    readonly family: Family,
    capacity: number,
  ) {
    this.words = new Uint32Array(capacity * wordsOf(family));
    this.lengths = new Uint8Array(capacity);
  }

  /** Adds the one whose words have been written at the end. */
  add(length: number): void {
    this.lengths[this.size++] = length;
  }
}

/** The pools of a host, each made when it is needed. */
export class Pools {
  private ipv4: Pool | undefined;
  private ipv6: Pool | undefined;

  /** @param capacity sources in all, of either family */
  constructor(private readonly capacity: number) {}

  /** For adding. */
  into(family: Family): Pool {
    return family === 4
      ? (this.ipv4 ??= new Pool(4, this.capacity))
      : (this.ipv6 ??= new Pool(6, this.capacity));
  }

  /** For looking only: empty where nothing has been added. */
  of(family: Family): Pool {
    return family === 4 ? (this.ipv4 ?? NO_IPV4) : (this.ipv6 ?? NO_IPV6);
  }
}

const NO_IPV4 = new Pool(4, 0);
const NO_IPV6 = new Pool(6, 0);

/** The addresses of one interface and family, in the order in which they were given. */
export class Addresses {
  readonly start: number;
  size = 0;
  /** Places in the list; absent as long as none has been left out. */
  private places: number[] | undefined;
  /** Canonical texts of those that were written otherwise, by place. */
  private rewritten: Map<number, string> | undefined;

  /** @param list what is read, which holds the texts */
  constructor(
    private readonly pools: Pools,
    readonly family: Family,
    private readonly list: readonly unknown[],
  ) {
    this.start = pools.of(family).size;
  }

  get pool(): Pool {
    return this.pools.of(this.family);
  }

  /** The pool, to write to. */
  get room(): Pool {
    return this.pools.into(this.family);
  }

  /** Adds the address whose words have been written at the end of the pool. */
  add(length: number, place: number): void {
    this.room.add(length);
    if (this.places === undefined && place !== this.size) {
      this.places = Array.from({ length: this.size }, (_, i) => i);
    }
    this.places?.push(place);
    this.size++;
  }

  /** Adds an address that may be written otherwise than canonically. */
  addValue({ address, length }: InterfaceAddress, place: number): void {
    const { words, size } = this.room;
    packAddress(address, words, size);
    this.add(length, place);
    this.rewrite(place, `${formatAddress(address)}/${length}`);
  }

  /** Says how an address is written canonically. */
  rewrite(place: number, text: string): void {
    (this.rewritten ??= new Map<number, string>()).set(place, text);
  }

  /** Canonical, with the prefix length; by position in the pool. */
  textAt(index: number): string {
    const place = this.places?.[index - this.start] ?? index - this.start;
    return this.rewritten?.get(place) ?? (this.list[place] as string);
  }

  /** By position in the list. */
  valueAt(index: number): Address {
    return addressAt(this.pool.words, this.family, this.start + index);
  }

  has(address: Address): boolean {
    const probe = new Uint32Array(wordsOf(address.family));
    packAddress(address, probe, 0);
    const { words } = this.pool;
    const stride = wordsOf(this.family);
    for (let i = this.start; i < this.start + this.size; i++) {
      if (sameWords(words, i * stride, probe, 0, stride)) return true;
    }
    return false;
  }
}

export type AddressesByFamily = Readonly<Record<Family, Addresses>>;
