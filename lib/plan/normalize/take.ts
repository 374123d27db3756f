import { readIpv4, readLength, slashOf } from "../../net/canonical";
import { Spelling, readIpv6, writeIpv6 } from "../../net/ipv6";
import { Addresses } from "./pool";

/**
 * Quick reading, for hosts of very many addresses: adds one that is right, as nearly all are, and otherwise answers false;
 * then the reader that can tell what is wrong must have a look.
 */

export function takeIpv4(text: string, place: number, addresses: Addresses): boolean {
  const slash = slashOf(text);
  const value = readIpv4(text, slash);
  const length = readLength(text, slash + 1, 32);
  const first = value >>> 24;
  if (value < 0 || length < 1 || first === 0 || first === 127 || first >= 224) return false;
  const hosts = 0xffffffff >>> length;
  const host = (value & hosts) >>> 0;
  if (length < 31 && (host === 0 || host === hosts)) return false;
  const pool = addresses.room;
  pool.words[pool.size] = value;
  addresses.add(length, place);
  return true;
}

/** Only of 2000::/3 and fc00::/7, where all addresses can be sources. */
export function takeIpv6(text: string, place: number, addresses: Addresses): boolean {
  const slash = slashOf(text);
  const length = readLength(text, slash + 1, 128);
  if (length < 1) return false;
  const { words, size } = addresses.room;
  const at = 4 * size;
  const spelling = readIpv6(text, slash, words, at);
  if (spelling === Spelling.Unread || (words[at] >>> 29 !== 1 && words[at] >>> 25 !== 0x7e)) return false;
  if (length < 127 && lastSetBit(words, at) < length) return false;
  addresses.add(length, place);
  if (spelling === Spelling.Other) addresses.rewrite(place, writeIpv6(words, at, length));
  return true;
}

/** The last bit of an IPv6 address that is set; bit 0 is the most significant. */
function lastSetBit(words: Uint32Array, at: number): number {
  for (let w = 3; w >= 0; w--) {
    const word = words[at + w];
    if (word !== 0) return 32 * w + Math.clz32(word & -word);
  }
  return -1;
}
