import { Address, Family, parseAddress, widthOf } from "../../net/address";
import { Prefix, prefixOf, sizeOf } from "../../net/prefix";
import { CompiledTable, Model } from "../model";
import { PrefixIndex } from "../prefix-index";
import { LABELS } from "../sources6";
import { Table } from "../state";

/**
 * Classes of addresses that no rule, route, source choice or demand tells apart, whether as destinations or as
 * senders. The boundaries of all that looks at an address cut the space into intervals; intervals that look the same
 * to everything are one class, and a claim checked for one address of every class holds for all.
 */

/** Blocks that the kernel itself treats in their own way, and of which no claim is made. */
export const SPECIAL: Readonly<Record<Family, readonly Prefix[]>> = {
  4: [
    { family: 4, value: 0n, length: 32 },
    { family: 4, value: 0x7f000000n, length: 8 },
    { family: 4, value: 0xe0000000n, length: 4 },
    { family: 4, value: 0xe0000000n, length: 24 },
    { family: 4, value: 0xffffffffn, length: 32 },
  ],
  6: [
    { family: 6, value: 0n, length: 128 },
    { family: 6, value: 1n, length: 128 },
    { family: 6, value: 0xffff00000000n, length: 96 },
    { family: 6, value: 0xfe80n << 112n, length: 10 },
    { family: 6, value: 0xffn << 120n, length: 8 },
  ],
};

/** IPv6 multicast by flags and scope: the source is chosen by it. No claim is made of multicast. */
export const MULTICAST_SCOPES: readonly Prefix[] = Array.from({ length: 256 }, (_x, i) => ({
  family: 6,
  value: BigInt(0xff00 + i) << 112n,
  length: 16,
}));

/** The lowest addresses of all intervals, upwards. */
export function intervals(family: Family, models: readonly Model[], prefixes: readonly Prefix[]): bigint[] {
  const width = 1n << BigInt(widthOf(family));
  const starts = new Set<bigint>();
  for (const model of models) {
    for (const table of model[family].tables.values())
      for (const start of table.index.starts) starts.add(start);
    for (const start of model[family].sources.starts) starts.add(start);
  }
  for (const prefix of plainPrefixes(family, models, prefixes)) {
    starts.add(prefix.value);
    const end = prefix.value + sizeOf(prefix);
    if (end < width) starts.add(end);
  }
  return [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** One address for each class: one that reads well. The largest classes come first; they make the best witnesses. */
export function classes(family: Family, models: readonly Model[], prefixes: readonly Prefix[]): Address[] {
  const width = 1n << BigInt(widthOf(family));
  const starts = intervals(family, models, prefixes);
  const looks = looksOf(family, models, prefixes);
  const found = new Map<string, { value: bigint; size: bigint; example: boolean }>();
  starts.forEach((start, i) => {
    const end = starts[i + 1] ?? width;
    const key = looks.map((look) => look(start)).join(" ");
    const value = readable(family, start, end);
    const example = EXAMPLES[family].includes(value);
    const known = found.get(key);
    if (known === undefined) found.set(key, { value, size: end - start, example });
    else {
      if ((example && !known.example) || (example === known.example && end - start > known.size)) {
        known.value = value;
        known.example = example;
        known.size = end - start;
      }
    }
  });
  return [...found.values()]
    .sort((a, b) => Number(b.example) - Number(a.example) || (a.size > b.size ? -1 : a.size < b.size ? 1 : 0))
    .map(({ value }) => ({ family, value }));
}

/** Says of an address what one of those that look at addresses sees of it. Asked upwards only: it keeps its place. */
export type Look = (address: bigint) => number | string;

export function looksOf(family: Family, models: readonly Model[], prefixes: readonly Prefix[]): Look[] {
  const looks: Look[] = [nodeLook(new PrefixIndex(family, plainPrefixes(family, models, prefixes)))];
  for (const model of models) {
    const { sources, chains, tables } = model[family];
    const chain = intervalLook(sources);
    looks.push((address) => chains[chain(address)].alike);
    for (const table of tables.values())
      looks.push(table.id === Table.local ? localLook(family, table) : nodeLook(table.index));
  }
  return looks;
}

function nodeLook(index: PrefixIndex): Look {
  const interval = intervalLook(index);
  return (address) => index.nodeOf[interval(address)];
}

/** The host's own addresses are many routes of few kinds: for a lookup those of one device are all alike. */
function localLook(family: Family, table: CompiledTable): Look {
  const node = nodeLook(table.index);
  const full = widthOf(family);
  return (address) => {
    const n = node(address) as number;
    if (n < 0) return n;
    const routes = table.nodes[n];
    const [route] = routes;
    if (routes.length !== 1 || route.length !== full || route.unclear || route.hops.length !== 1) return n;
    if (route.route.type !== "local" && route.route.type !== "broadcast") return n;
    const [hop] = route.hops;
    return `${route.route.type} ${hop.device} ${hop.usable} ${hop.unclear} ${table.index.parent[n]}`;
  };
}

function intervalLook(index: PrefixIndex): (address: bigint) => number {
  let at = 0;
  return (address) => {
    while (at + 1 < index.starts.length && index.starts[at + 1] <= address) at++;
    return at;
  };
}

/** All prefixes that count apart from tables and `from` selectors. */
function plainPrefixes(family: Family, models: readonly Model[], prefixes: readonly Prefix[]): Prefix[] {
  const found = [...SPECIAL[family], ...prefixes.filter((prefix) => prefix.family === family)];
  for (const model of models) {
    for (const step of model[family].steps) if (step.hasTo) found.push(step.rule.to!);
    if (family === 6) found.push(...sourceChoicePrefixes(model));
  }
  return found;
}

/**
 * What RFC 6724 sees of a destination: its scope and label, whether it is a candidate itself, and at which bit it
 * parts from each candidate, up to the candidate's prefix. Of two neighbouring candidates the prefixes one bit beyond
 * their common one say which is nearer.
 */
function sourceChoicePrefixes(model: Model): Prefix[] {
  const found: Prefix[] = LABELS.map(([value, length]) => ({ family: 6, value, length }));
  found.push({ family: 6, value: 0xfecn << 116n, length: 10 });
  const lengths = new Map<bigint, number>();
  for (const device of model.devices) {
    for (const { address, length } of device.addresses[6]) {
      lengths.set(address.value, Math.max(length, lengths.get(address.value) ?? 0));
    }
  }
  const caps = [...new Set(lengths.values())];
  const local = model[6].tables.get(Table.local);
  const own = [...lengths.keys()].sort((a, b) => (a < b ? -1 : 1));
  own.forEach((value, i) => {
    // A candidate whose route in `local` shows it as the host's own needs no class of its own.
    const node = local?.index.longest({ family: 6, value }) ?? -1;
    if (node < 0 || local!.index.prefixes[node].length < 128) found.push({ family: 6, value, length: 128 });
    // No candidate counts for more bits than its own prefix has, so that a longer one gets ahead behind that.
    for (const cap of caps)
      if (cap < lengths.get(value)!) found.push(prefixOf({ family: 6, value }, cap + 1));
    if (i === 0) return;
    const before = own[i - 1];
    const common = 128 - (before ^ value).toString(2).length;
    if (common >= Math.max(lengths.get(value)!, lengths.get(before)!)) return;
    for (const side of [before, value]) found.push(prefixOf({ family: 6, value: side }, common + 1));
  });
  return found;
}

const EXAMPLES: Readonly<Record<Family, readonly bigint[]>> = {
  4: ["203.0.113.5", "198.51.100.5"].map(valueOf),
  6: ["2001:db8:ffff::5", "2001:4860:4860::8888"].map(valueOf),
};

/**
 * Any address of the interval will do. One that people take for a host of the Internet reads best; else the lowest,
 * but not the address of the network itself.
 */
function readable(family: Family, start: bigint, end: bigint): bigint {
  const example = EXAMPLES[family].find((value) => value >= start && value < end);
  if (example !== undefined) return example;
  return end - start > 2n && (start & 1n) === 0n ? start + 1n : start;
}

function valueOf(text: string): bigint {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text} is not an address`);
  return parsed.value.value;
}
