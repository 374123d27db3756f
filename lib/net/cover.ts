import { Address, compareAddresses, widthOf } from "./address";
import { Prefix, comparePrefixes, contains } from "./prefix";

/**
 * The fewest prefixes that hold exactly the addresses of the given ones: no address more, none less.
 *
 * Guarantees: exact (the union is kept), minimal (no smaller list of prefixes has that union), canonical (sorted;
 * the same for every order and repetition of the input), idempotent.
 *
 * Prefixes are either disjoint or nested, so dropping nested ones and merging equal-sized siblings until none are
 * left reaches the minimum.
 *
 * @example minimalCover([10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/31]) // [10.0.0.0/30]
 */
export function minimalCover(prefixes: readonly Prefix[]): Prefix[] {
  const cover: Prefix[] = [];
  for (const prefix of [...prefixes].sort(comparePrefixes)) {
    const last = cover[cover.length - 1];
    if (last !== undefined && contains(last, prefix)) continue;
    cover.push(prefix);
    mergeSiblings(cover);
  }
  return cover;
}

/** The prefix of a cover that holds the address, or undefined; in logarithmic time. */
export function findInCover(cover: readonly Prefix[], address: Address): Prefix | undefined {
  let low = 0;
  let high = cover.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareAddresses(cover[middle], address) <= 0) low = middle + 1;
    else high = middle;
  }
  const holder = cover[low - 1];
  return holder !== undefined && contains(holder, address) ? holder : undefined;
}

function mergeSiblings(cover: Prefix[]): void {
  while (cover.length >= 2) {
    const [low, high] = cover.slice(-2);
    if (low.family !== high.family || low.length !== high.length || low.length === 0) return;
    const bit = 1n << BigInt(widthOf(low.family) - low.length);
    // Siblings differ in their last bit alone, which the lower one has clear.
    if ((low.value | bit) !== high.value) return;
    cover.splice(-2, 2, { family: low.family, value: low.value, length: low.length - 1 });
  }
}
