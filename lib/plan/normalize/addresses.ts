import { shown } from "../../model/issue";
import { formatAddress, notASource, sameAddress, widthOf } from "../../net/address";
import { addressAt, commonBitsIn } from "../../net/packed";
import {
  InterfaceAddress,
  Prefix,
  comparePrefixes,
  formatPrefix,
  lastAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixOf,
  samePrefix,
} from "../../net/prefix";
import { Addresses, AddressesByFamily, Pools } from "./pool";
import { Problems, at } from "./problems";
import { Fields, readList, readString } from "./shape";
import { takeIpv4, takeIpv6 } from "./take";

/**
 * Reads the addresses of an interface.
 *
 * @param thorough also looks for repetitions, and leaves them out; without, whoever calls must
 */
export function readAddresses(
  fields: Fields,
  path: string,
  problems: Problems,
  pools: Pools,
  thorough: boolean,
): AddressesByFamily {
  const list = at(path, "addresses");
  const items = readList(fields["addresses"], list, problems, "addresses with their prefix length");
  const into = { 4: new Addresses(pools, 4, items), 6: new Addresses(pools, 6, items) };
  const seen = thorough ? new Set<string>() : undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (seen === undefined && typeof item === "string") {
      if (takeIpv4(item, i, into[4])) continue;
      if (item.includes(":") && takeIpv6(item, i, into[6])) continue;
    }
    const read = readAddress(item, at(list, i), problems, seen);
    if (read !== undefined) into[read.address.family].addValue(read, i);
  }
  return into;
}

function readAddress(
  item: unknown,
  where: string,
  problems: Problems,
  seen: Set<string> | undefined,
): InterfaceAddress | undefined {
  const text = readString(item, where, problems, 'an address with its prefix length, as "10.0.1.10/24"');
  if (text === undefined) return undefined;
  const parsed = parseInterfaceAddress(text);
  const wrong = parsed.ok ? (notASource(parsed.value.address) ?? notAHost(parsed.value)) : parsed.reason;
  if (!parsed.ok || wrong !== undefined) {
    problems.add(
      where,
      `got ${shown(text)}: ${wrong}`,
      'Write a host\'s address with its prefix length, as "10.0.1.10/24"',
    );
    return undefined;
  }
  const canonical = formatAddress(parsed.value.address);
  if (seen?.has(canonical) === true) {
    problems.add(where, `the address ${canonical} is given twice`, "Leave one of them out");
    return undefined;
  }
  seen?.add(canonical);
  return parsed.value;
}

/** RFC 1122 3.2.1.3 and RFC 4291 2.6.1; /31 (RFC 3021), /32, /127 (RFC 6164) and /128 have no such addresses. */
function notAHost({ address, length }: InterfaceAddress): string | undefined {
  if (length === 0) return "a prefix length of 0 makes every host a neighbour";
  if (widthOf(address.family) - length < 2) return undefined;
  const subnet = prefixOf(address, length);
  if (address.value === subnet.value) return `the address of the subnet ${formatPrefix(subnet)} itself`;
  if (address.family === 4 && sameAddress(address, lastAddress(subnet))) {
    return `the broadcast address of ${formatPrefix(subnet)}`;
  }
  return undefined;
}

export function readDelegatedPrefixes(fields: Fields, path: string, problems: Problems): Prefix[] {
  return readPrefixes(fields, "delegatedPrefixes", path, problems, notASourcePrefix);
}

export function readSubnets(fields: Fields, path: string, problems: Problems): Prefix[] {
  return readPrefixes(fields, "subnets", path, problems, notASubnet);
}

function readPrefixes(
  fields: Fields,
  key: string,
  path: string,
  problems: Problems,
  whyNot: (prefix: Prefix) => string | undefined,
): Prefix[] {
  const list = at(path, key);
  const prefixes = new Map<string, Prefix>();
  readList(fields[key], list, problems, "prefixes").forEach((item, i) => {
    const where = at(list, i);
    const text = readString(item, where, problems, 'a prefix, as "10.0.1.32/28"');
    if (text === undefined) return;
    const parsed = parsePrefix(text);
    const wrong = parsed.ok ? whyNot(parsed.value) : parsed.reason;
    if (!parsed.ok || wrong !== undefined) {
      problems.add(
        where,
        `got ${shown(text)}: ${wrong}`,
        'Write a unicast prefix without host bits, as "10.0.1.32/28"',
      );
      return;
    }
    const canonical = formatPrefix(parsed.value);
    if (prefixes.has(canonical)) {
      problems.add(where, `${canonical} is given twice`, "Leave one of them out");
    } else {
      prefixes.set(canonical, parsed.value);
    }
  });
  return [...prefixes.values()];
}

function notASourcePrefix(prefix: Prefix): string | undefined {
  if (prefix.length === 0) return "a prefix length of 0 is all of the Internet";
  return notASource(prefix) ?? notASource(lastAddress(prefix));
}

function notASubnet(prefix: Prefix): string | undefined {
  if (prefix.length === widthOf(prefix.family)) return "a single address is no subnet";
  return notASourcePrefix(prefix);
}

/** Subnets on the link: those the addresses say and those declared; sorted, distinct. */
export function attachedSubnets(addresses: AddressesByFamily, declared: readonly Prefix[]): Prefix[] {
  const all = [...declared];
  addSubnets(addresses[4], all);
  addSubnets(addresses[6], all);
  if (all.length < 2) return all;
  all.sort(comparePrefixes);
  return all.filter((p, i) => i === 0 || !samePrefix(all[i - 1], p));
}

/** Adds the subnets of addresses; each once where addresses of one subnet follow one another, as they mostly do. */
function addSubnets({ pool, start, size }: Addresses, subnets: Prefix[]): void {
  const { family, words, lengths } = pool;
  const width = widthOf(family);
  for (let i = start, last = -1; i < start + size; i++) {
    const length = lengths[i];
    if (last >= 0 && lengths[last] === length && commonBitsIn(words, family, last, i) >= length) continue;
    if (length < width) subnets.push(prefixOf(addressAt(words, family, i), length));
    last = i;
  }
}
