import { shown } from "../../model/issue";
import { CONNECTION_MASK, Numbers } from "../../model/numbers";
import { Mark, Range } from "../../model/traffic";
import { FAMILIES, Family } from "../../net/address";
import { minimalCover } from "../../net/cover";
import { Prefix, parsePrefix } from "../../net/prefix";
import { Problems, at } from "./problems";
import { Fields, readList, readString } from "./shape";

/**
 * Readers for the selectors of traffic policies. Lists come out sorted, without repetition and as short as they can be:
 * overlapping ranges and neighbouring prefixes are joined, so that a selector costs no rule more than it must.
 */

/** Undefined where one could not be read: what is selected is then not known. */
export function readPrefixes(fields: Fields, key: string, path: string, problems: Problems) {
  const list = at(path, key);
  const before = problems.count;
  const prefixes = readGiven(fields[key], list, problems, "prefixes").flatMap((item, i): Prefix[] => {
    const where = at(list, i);
    const text = readString(item, where, problems, 'a prefix, as "192.0.2.0/24"');
    if (text === undefined) return [];
    const parsed = parsePrefix(text);
    if (parsed.ok) return [parsed.value];
    problems.add(
      where,
      `got ${shown(text)}: ${parsed.reason}`,
      'Write a prefix without host bits, as "192.0.2.0/24"',
    );
    return [];
  });
  return problems.count > before ? undefined : minimalCover(prefixes);
}

/** Protocols by name, with whether they have ports. Numbers are IANA's. */
const PROTOCOLS: Readonly<Record<string, { number: number; ports?: true; families?: readonly Family[] }>> = {
  icmp: { number: 1, families: [4] },
  tcp: { number: 6, ports: true },
  udp: { number: 17, ports: true },
  dccp: { number: 33, ports: true },
  gre: { number: 47 },
  esp: { number: 50 },
  ah: { number: 51 },
  icmpv6: { number: 58, families: [6] },
  sctp: { number: 132, ports: true },
  udplite: { number: 136, ports: true },
};

/** The name of a protocol, or its number as text. */
export function protocolName(number: number): string {
  return Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name].number === number) ?? `protocol ${number}`;
}

export interface Protocol {
  readonly number: number;
  readonly ports: boolean;
  /** Families in which it occurs. */
  readonly families: readonly Family[];
}

export function readProtocol(fields: Fields, path: string, problems: Problems): Protocol | undefined {
  if (fields["protocol"] === undefined) return undefined;
  const where = at(path, "protocol");
  const text = readString(fields["protocol"], where, problems, 'a protocol, as "tcp"');
  if (text === undefined) return undefined;
  const known = Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] : undefined;
  const number = known?.number ?? (/^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0);
  if (number < 1 || number > 255) {
    problems.add(
      where,
      `got ${shown(text)}`,
      `Give one of ${Object.keys(PROTOCOLS).map(shown).join(", ")}, or a number from "1" to "255"`,
    );
    return undefined;
  }
  const named = Object.values(PROTOCOLS).find((one) => one.number === number);
  return { number, ports: named?.ports === true, families: named?.families ?? FAMILIES };
}

export function readPorts(fields: Fields, key: string, path: string, problems: Problems): Range[] {
  // A rule takes no range that ends with 65535 (net/core/fib_rules.h, fib_rule_port_range_valid).
  return readRanges(fields[key], at(path, key), problems, { what: "port", lowest: 1, highest: 65_534 });
}

export function readUsers(fields: Fields, path: string, problems: Problems): Range[] {
  // 2^32-1 is "no user" (chown(2)).
  const of = { what: "user number", lowest: 0, highest: 2 ** 32 - 2 };
  return readRanges(fields["users"], at(path, "users"), problems, of);
}

interface Bounds {
  readonly what: string;
  readonly lowest: number;
  readonly highest: number;
}

function readRanges(value: unknown, list: string, problems: Problems, of: Bounds): Range[] {
  return joined(
    readGiven(value, list, problems, `${of.what}s`).flatMap((item, i) => {
      const range = rangeOf(item, of);
      if (range !== undefined) return [range];
      const fix = `Give a ${of.what} from ${of.lowest} to ${of.highest}, or a range of them, as "8000-8080"`;
      problems.add(at(list, i), `got ${shown(item)}`, fix);
      return [];
    }),
  );
}

function rangeOf(item: unknown, { lowest, highest }: Bounds): Range | undefined {
  const text = typeof item === "number" ? String(item) : item;
  const match = typeof text === "string" ? /^(0|[1-9][0-9]{0,9})(?:-([1-9][0-9]{0,9}))?$/.exec(text) : null;
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return first >= lowest && first <= last && last <= highest ? [first, last] : undefined;
}

/** Ascending, with those that overlap or follow one another made one. */
function joined(ranges: readonly Range[]): Range[] {
  const all: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = all[all.length - 1];
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else all.push([first, last]);
  }
  return all;
}

export function readMarks(fields: Fields, path: string, problems: Problems, numbers: Numbers): Mark[] {
  const list = at(path, "marks");
  const marks = new Map<string, Mark>();
  readGiven(fields["marks"], list, problems, "firewall marks").forEach((item, i) => {
    const mark = typeof item === "string" ? markOf(item) : undefined;
    if (mark === undefined) {
      const fix = 'Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask';
      problems.add(at(list, i), `got ${shown(item)}`, fix);
      return;
    }
    const ours = (numbers.canaryMark | CONNECTION_MASK) >>> 0;
    // What they are tells nothing about others' marks: connections have them set.
    const mask = (mark.mask & ~ours) >>> 0;
    if ((mark.value & ours) !== 0 || mask === 0) {
      const problem = `${shown(item)} ${mask === 0 ? "asks for nothing but" : "has"} bits of 0x${ours.toString(16)}, which are ours`;
      problems.add(at(list, i), problem, "Use other bits");
    }
    marks.set(`${mark.value}/${mask}`, { value: mark.value, mask });
  });
  return [...marks.values()].sort((a, b) => a.value - b.value || a.mask - b.mask);
}

function markOf(text: string): Mark | undefined {
  const number = "(0x[0-9a-f]{1,8}|0|[1-9][0-9]{0,9})";
  const match = new RegExp(`^${number}(?:/${number})?$`, "i").exec(text);
  if (match === null) return undefined;
  const [value, mask] = [Number(match[1]), Number(match[2] ?? 0xffffffff)];
  const within = value <= 0xffffffff && mask <= 0xffffffff && mask > 0 && (value & ~mask) === 0;
  return within ? { value, mask } : undefined;
}

export function readDscp(fields: Fields, path: string, problems: Problems): number[] {
  const list = at(path, "dscp");
  const points = readGiven(fields["dscp"], list, problems, "code points").flatMap((item, i): number[] => {
    if (typeof item === "number" && Number.isInteger(item) && item >= 1 && item <= 63) return [item];
    const fix = "Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for";
    problems.add(at(list, i), `got ${shown(item)}`, fix);
    return [];
  });
  return [...new Set(points)].sort((a, b) => a - b);
}

/** The items of a list that must not be empty: it would select nothing, and so might be meant to. */
export function readGiven(value: unknown, path: string, problems: Problems, of: string): readonly unknown[] {
  const items = readList(value, path, problems, of);
  if (Array.isArray(value) && items.length === 0) {
    problems.add(path, "an empty list", "Leave the field out to select all, or the policy to select nothing");
  }
  return items;
}
