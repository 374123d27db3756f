import { shown } from "../../model/issue";
import {
  FAMILIES,
  compareAddresses,
  formatAddress,
  notASource,
  sameAddress,
  widthOf,
} from "../../net/address";
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
import { Problems, at } from "./problems";
import { Fields, readList, readString } from "./shape";

/** The primary of a family is the first one given; the order of the others says nothing. */
export function primaryFirst(addresses: readonly InterfaceAddress[]): InterfaceAddress[] {
  return FAMILIES.flatMap((family) => {
    const [primary, ...others] = addresses.filter((a) => a.address.family === family);
    if (primary === undefined) return [];
    return [primary, ...others.sort((a, b) => compareAddresses(a.address, b.address))];
  });
}

export function readAddresses(fields: Fields, path: string, problems: Problems): InterfaceAddress[] {
  const list = at(path, "addresses");
  const seen = new Set<string>();
  return readList(fields["addresses"], list, problems, "addresses with their prefix length").flatMap(
    (item, i) => {
      const where = at(list, i);
      const text = readString(item, where, problems, 'an address with its prefix length, as "10.0.1.10/24"');
      if (text === undefined) return [];
      const parsed = parseInterfaceAddress(text);
      const wrong = parsed.ok ? (notASource(parsed.value.address) ?? notAHost(parsed.value)) : parsed.reason;
      if (parsed.ok && wrong === undefined) {
        const canonical = formatAddress(parsed.value.address);
        if (!seen.has(canonical)) {
          seen.add(canonical);
          return [parsed.value];
        }
        problems.add(where, `the address ${canonical} is given twice`, "Leave one of them out");
        return [];
      }
      problems.add(
        where,
        `got ${shown(text)}: ${wrong}`,
        'Write a host\'s address with its prefix length, as "10.0.1.10/24"',
      );
      return [];
    },
  );
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
export function attachedSubnets(
  addresses: readonly InterfaceAddress[],
  declared: readonly Prefix[],
): Prefix[] {
  const all = [...addresses.map((a) => prefixOf(a.address, a.length)), ...declared]
    .filter((p) => p.length < widthOf(p.family))
    .sort(comparePrefixes);
  return all.filter((p, i) => i === 0 || !samePrefix(all[i - 1], p));
}
