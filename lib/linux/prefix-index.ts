import { Address, Family } from "../net/address";
import { Prefix, comparePrefixes, contains, samePrefix, sizeOf } from "../net/prefix";

/**
 * Longest-prefix match over a fixed set of prefixes, and the way back from the longest match to all shorter ones.
 *
 * Prefixes are nested or disjoint, so they cut the address space into intervals of which each has one longest match.
 * Finding it is a binary search; for IPv4 a first index on the upper bits leaves few steps. Addresses are numbers for
 * IPv4 and bigints for IPv6: arithmetic on bigints costs some ten times as much.
 */
export class PrefixIndex {
  /** The distinct prefixes in canonical order; node numbers are positions in it. */
  readonly prefixes: readonly Prefix[];
  /** The next shorter prefix that holds this one, or -1. */
  readonly parent: Int32Array;
  /** Lowest addresses of the intervals. The first is 0. */
  readonly starts: readonly bigint[];
  /** The longest prefix of each interval, or -1. */
  readonly nodeOf: Int32Array;
  private readonly starts4: Uint32Array;
  private readonly root: Uint32Array;
  private readonly shift: number;

  constructor(family: Family, prefixes: readonly Prefix[]) {
    this.prefixes = distinct(prefixes);
    this.parent = new Int32Array(this.prefixes.length).fill(-1);
    const starts: bigint[] = [0n];
    const nodes: number[] = [-1];
    const open: number[] = [];
    const begin = (start: bigint, node: number): void => {
      if (starts[starts.length - 1] === start) nodes[nodes.length - 1] = node;
      else {
        starts.push(start);
        nodes.push(node);
      }
    };
    const close = (node: number): void => {
      const end = this.prefixes[node].value + sizeOf(this.prefixes[node]);
      if (end >> BigInt(family === 4 ? 32 : 128) === 0n) begin(end, this.parent[node]);
    };
    this.prefixes.forEach((prefix, node) => {
      while (open.length > 0 && !contains(this.prefixes[open[open.length - 1]], prefix)) close(open.pop()!);
      if (open.length > 0) this.parent[node] = open[open.length - 1];
      begin(prefix.value, node);
      open.push(node);
    });
    while (open.length > 0) close(open.pop()!);
    this.starts = starts;
    this.nodeOf = Int32Array.from(nodes);
    this.starts4 = family === 4 ? Uint32Array.from(starts, Number) : new Uint32Array(0);
    this.shift = family === 6 || starts.length <= 16 ? 0 : starts.length <= 2048 ? 24 : 16;
    this.root = this.shift === 0 ? new Uint32Array(0) : rootIndex(this.starts4, this.shift);
  }

  /** The interval that holds an address. */
  intervalOf({ family, value }: Address): number {
    return family === 4 ? this.interval4(Number(value)) : this.interval6(value);
  }

  /** The longest prefix that holds an address, or -1. */
  longest(address: Address): number {
    return this.nodeOf[this.intervalOf(address)];
  }

  /** The node of one of its own prefixes: the longest match of its lowest address, or one above it. */
  nodeFor(prefix: Prefix): number {
    let node = this.longest(prefix);
    while (this.prefixes[node].length !== prefix.length) node = this.parent[node];
    return node;
  }

  /** The interval that holds an IPv4 address. */
  interval4(key: number): number {
    const starts = this.starts4;
    let low = 0;
    let high = starts.length - 1;
    if (this.shift !== 0) {
      const bucket = key >>> this.shift;
      low = this.root[bucket];
      high = this.root[bucket + 1];
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle] <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The interval that holds an IPv6 address. */
  interval6(key: bigint): number {
    const starts = this.starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle] <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** For each value of the upper bits the last interval that begins at or before its first address. */
function rootIndex(starts: Uint32Array, shift: number): Uint32Array {
  const buckets = 2 ** (32 - shift);
  const root = new Uint32Array(buckets + 1);
  let interval = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = bucket * 2 ** shift;
    while (interval + 1 < starts.length && starts[interval + 1] <= first) interval++;
    root[bucket] = interval;
  }
  root[buckets] = starts.length - 1;
  return root;
}

function distinct(prefixes: readonly Prefix[]): Prefix[] {
  const sorted = [...prefixes].sort(comparePrefixes);
  return sorted.filter((prefix, i) => i === 0 || !samePrefix(prefix, sorted[i - 1]));
}
