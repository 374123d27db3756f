/**
 * IPv6 addresses as four words of 32 bits, the most significant first, from and to text and numbers, without an object on
 * the way.
 */

/** How an address is written. */
export const Spelling = {
  /** Not in hexadecimal groups alone, or wrong: {@link parseAddress} decides. */
  Unread: 0,
  /** Right, but not as RFC 5952 has it. */
  Other: 1,
  /** In the form of RFC 5952. */
  Canonical: 2,
} as const;
export type Spelling = (typeof Spelling)[keyof typeof Spelling];

const COLON = 58;
const SLASH = 47;
const groups = new Uint16Array(8);

/** Reads an address from text[0..end) into four words; they are left alone where it is not read. */
export function readIpv6(text: string, end: number, words: Uint32Array, at: number): Spelling {
  let count = 0;
  let group = 0;
  let digits = 0;
  let gap = -1;
  let canonical = true;
  // Whether a group is written that is zero.
  let zero = false;
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === COLON) {
      if (digits > 0) {
        if (count === 8) return Spelling.Unread;
        groups[count++] = group;
        if (group === 0) zero = true;
        group = digits = 0;
        continue;
      }
      if (gap >= 0) return Spelling.Unread;
      if (i === 0) {
        if (end < 2 || text.charCodeAt(1) !== COLON) return Spelling.Unread;
        i = 1;
      }
      gap = count;
      continue;
    }
    const digit =
      c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1;
    if (digit < 0 || digits === 4) return Spelling.Unread;
    // Capitals, and leading zeros.
    if ((digit > 9 && c < 97) || (digits > 0 && group === 0)) canonical = false;
    group = group * 16 + digit;
    digits++;
  }
  if (digits > 0) {
    if (count === 8) return Spelling.Unread;
    groups[count++] = group;
    if (group === 0) zero = true;
  } else if (gap < 0 || gap !== count) {
    // It is empty, or ends in a single colon.
    return Spelling.Unread;
  }
  const left = 8 - count;
  if (gap < 0 ? left !== 0 : left === 0) return Spelling.Unread;
  if (gap >= 0) {
    for (let g = 7; g >= gap + left; g--) groups[g] = groups[g - left];
    for (let g = gap; g < gap + left; g++) groups[g] = 0;
  }
  for (let w = 0; w < 4; w++) words[at + w] = ((groups[2 * w] << 16) | groups[2 * w + 1]) >>> 0;
  return canonical && isShortest(gap, left, zero) ? Spelling.Canonical : Spelling.Other;
}

/** Whether "::" stands where RFC 5952 has it; without a zero group beside it that is where it replaces more than one. */
function isShortest(gap: number, left: number, zero: boolean): boolean {
  if (!zero) return left !== 1;
  const [start, length] = longestRun();
  return start === gap && (gap < 0 || length === left);
}

/**
 * Of the runs of two or more zero groups the first of the longest, which is what "::" stands for (RFC 5952 4.2); begins
 * at -1 when there is none.
 */
function longestRun(): [start: number, length: number] {
  let start = -1;
  let length = 1;
  for (let g = 0; g < 8; g++) {
    let end = g;
    while (end < 8 && groups[end] === 0) end++;
    if (end - g > length) [start, length] = [g, end - g];
    g = end;
  }
  return [start, length];
}

/** Room for the longest text: eight groups, seven colons, and a slash with a length of three digits. */
const written = Buffer.alloc(43);
const DIGITS = Buffer.from("0123456789abcdef");

/**
 * Canonical text of an address given as four words: the form of RFC 5952.
 *
 * @param length of a prefix, to be written after a slash. Default: none
 */
export function writeIpv6(words: ArrayLike<number>, at: number, length?: number): string {
  for (let w = 0; w < 4; w++) {
    groups[2 * w] = words[at + w] >>> 16;
    groups[2 * w + 1] = words[at + w];
  }
  const [start, run] = longestRun();
  let end = 0;
  for (let g = 0; g < 8; g++) {
    if (g > 0) written[end++] = COLON;
    if (g !== start) {
      end = writeGroup(groups[g], end);
      continue;
    }
    g += run - 1;
    // The colon after it comes with the next group, and that before it with the last.
    if (start === 0) written[end++] = COLON;
    if (g === 7) written[end++] = COLON;
  }
  if (length !== undefined) {
    written[end++] = SLASH;
    if (length > 99) written[end++] = DIGITS[1];
    if (length > 9) written[end++] = DIGITS[Math.floor(length / 10) % 10];
    written[end++] = DIGITS[length % 10];
  }
  // Made at once: text put together of pieces stays pieces in memory.
  return written.toString("latin1", 0, end);
}

function writeGroup(group: number, at: number): number {
  if (group > 0xfff) written[at++] = DIGITS[group >>> 12];
  if (group > 0xff) written[at++] = DIGITS[(group >>> 8) & 15];
  if (group > 0xf) written[at++] = DIGITS[(group >>> 4) & 15];
  written[at++] = DIGITS[group & 15];
  return at;
}

const view = new DataView(new ArrayBuffer(16));

/** Writes the number of an address as words. */
export function splitIpv6(value: bigint, words: Uint32Array, at: number): void {
  view.setBigUint64(0, value >> 64n);
  view.setBigUint64(8, value);
  for (let w = 0; w < 4; w++) words[at + w] = view.getUint32(4 * w);
}

/** The number of an address given as words. */
export function joinIpv6(words: Uint32Array, at: number): bigint {
  for (let w = 0; w < 4; w++) view.setUint32(4 * w, words[at + w]);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}
