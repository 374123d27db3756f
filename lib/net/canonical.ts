/**
 * Addresses as numbers and canonical text, without an object on the way. The readers take what is written canonically
 * already, as nearly all is, and tell it while they read. All IPv4 that is right is canonical; for IPv6 parseAddress
 * decides about what is not taken here.
 */

/** The value of a dotted quad without leading zeros in text[0..end), or -1. */
export function readIpv4(text: string, end: number): number {
  let [value, octet, dots] = [0, -1, 0];
  for (let i = 0; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else {
      if (digit !== -2 || octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

export function writeIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

const groups = new Uint16Array(8);

/**
 * Reads an address of 2000::/3 or fc00::/7 in the form of RFC 5952 from text[0..end) into four words; false when it
 * is written otherwise, or is another address.
 */
export function readIpv6(text: string, end: number, words: Uint32Array, at: number): boolean {
  let [count, group, digits, gap] = [0, 0, 0, -1];
  for (let i = 0; i <= end; i++) {
    const c = i < end ? text.charCodeAt(i) : 58;
    const digit = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1;
    if (digit >= 0) {
      // No leading zeros, at most four digits.
      if (digits === 4 || (digits > 0 && group === 0)) return false;
      group = group * 16 + digit;
      digits++;
      continue;
    }
    if (c !== 58) return false;
    if (digits === 0) {
      // The second colon of "::", or the end right behind it.
      if (i === end && gap === count) break;
      if (i === end || count === 0 || gap >= 0) return false;
      gap = count;
      continue;
    }
    // A ninth group and those after it fall off; what is left of eight tells.
    groups[count++] = group;
    [group, digits] = [0, 0];
  }
  const left = 8 - count;
  if (gap < 0 ? left !== 0 : left < 2) return false;
  if (gap >= 0) {
    groups.copyWithin(gap + left, gap, count);
    groups.fill(0, gap, gap + left);
  }
  if (!isShortest(gap, left)) return false;
  for (let w = 0; w < 4; w++) words[at + w] = ((groups[2 * w] << 16) | groups[2 * w + 1]) >>> 0;
  return words[at] >>> 29 === 1 || words[at] >>> 25 === 0x7e;
}

/** RFC 5952 4.2: "::" stands for the longest run of zero groups, the first of equal ones, and never for one. */
function isShortest(gap: number, length: number): boolean {
  const [start, run] = longestRun();
  return gap < 0 ? run < 2 : gap === start && length === run;
}

/** The first of the longest runs of zero groups, and its length. */
function longestRun(): [start: number, length: number] {
  let [start, length] = [-1, 0];
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (groups[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
    i += run;
  }
  return [start, length];
}

/** An IPv6 address, given as four words, in the form of RFC 5952. */
export function writeIpv6(words: ArrayLike<number>, at: number): string {
  for (let g = 0; g < 8; g++) groups[g] = g % 2 === 0 ? words[at + (g >> 1)] >>> 16 : words[at + (g >> 1)];
  const [start, length] = longestRun();
  const gap = length > 1 ? start : 8;
  let text = "";
  for (let g = 0; g < 8; g++) {
    if (g === gap) {
      text += "::";
      g += length - 1;
    } else {
      text += g === 0 || g === gap + length ? hex(groups[g]) : `:${hex(groups[g])}`;
    }
  }
  return text;
}

function hex(group: number): string {
  return group.toString(16);
}

/** A prefix length without leading zeros in text[start..], from 0 to most; or -1. */
export function readLength(text: string, start: number, most: number): number {
  if (text.length <= start) return -1;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || (i > start && value === 0)) return -1;
    value = value * 10 + digit;
  }
  return value <= most ? value : -1;
}

/** Where the slash of "ADDRESS/LENGTH" is, or -1; most lengths have two digits. */
export function slashOf(text: string): number {
  const at = text.length - 3;
  return text.charCodeAt(at) === 47 ? at : text.indexOf("/");
}
