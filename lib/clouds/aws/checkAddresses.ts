import { isKnown, isPending } from "../../deliver/known";
import { Issue, shown, written } from "../../model/issue";
import { Address, formatAddress, parseAddress } from "../../net/address";
import {
  Prefix,
  contains,
  firstAddress,
  formatPrefix,
  lastAddress,
  overlaps,
  parsePrefix,
} from "../../net/prefix";
import { Entry, fieldPath } from "./entry";
import { chosenAddresses, subnetBlock, wantsIpv6 } from "./facts";
import { hostAddress, reservedFor, usableAddresses, usableRange } from "./subnet";

/** What AWS would say of the addresses and prefixes of interfaces, as far as they and their subnets are known. */
export function checkAddresses(entries: readonly Entry[]): Issue[] {
  const claims: Claim[] = [];
  const issues = entries.flatMap((entry) => [
    ...checkHostNumber(entry),
    ...checkSubnetFamilies(entry),
    ...([4, 6] as const).flatMap((family) => [
      ...checkOwnAddresses(entry, family, claims),
      ...checkPrefixes(entry, family, claims),
    ]),
  ]);
  return [...issues, ...checkClaims(claims), ...checkRoom(entries)];
}

/** A block of addresses that an interface asks for, with where it was asked. */
interface Claim {
  readonly block: Prefix;
  readonly entry: Entry;
  readonly path: string;
}

/** The host number stands for an address of each family that the interface has. */
function checkHostNumber(entry: Entry): Issue[] {
  const { hostNumber } = entry.iface;
  if (!isKnown(hostNumber)) return [];
  const path = fieldPath(entry, "hostNumber");
  if (!Number.isSafeInteger(hostNumber) || hostNumber < 0) {
    return [{ path, problem: `got ${shown(hostNumber)}`, fix: "Give a whole number, such as 10" }];
  }
  const block = subnetBlock(entry.iface.subnet, 4);
  if (block === undefined) return [];
  const address = hostAddress(block, hostNumber);
  const reserved = address && reservedFor(block, address);
  if (address !== undefined && reserved === undefined) return [];
  const why = address === undefined ? "is outside" : `is ${reserved} of`;
  return [
    {
      path,
      problem: `address ${hostNumber} ${why} the subnet ${formatPrefix(block)}`,
      fix: `Give a number from 4 to ${usableAddresses(block) + 3n}`,
    },
  ];
}

/** InvalidParameterValue: addresses of a family need a subnet that has a block of it. */
function checkSubnetFamilies(entry: Entry): Issue[] {
  const { subnet } = entry.iface;
  if (isPending(subnet)) return [];
  const needed = wantsIpv6(entry.iface) ? ([4, 6] as const) : ([4] as const);
  return needed.flatMap((family) => {
    const text = family === 4 ? subnet.cidrBlock : subnet.ipv6CidrBlock;
    if (isPending(text) || subnetBlock(subnet, family) !== undefined) return [];
    const has = text === undefined || text === "" ? "none" : shown(text);
    return [
      {
        path: fieldPath(entry, family === 4 ? "subnet" : "ipv6"),
        problem: `the interface needs an IPv${family} block of its subnet, which has ${has}`,
        fix:
          family === 4
            ? "Choose a subnet with an IPv4 block"
            : "Give the subnet an ipv6CidrBlock, or leave the IPv6 fields out",
      },
    ];
  });
}

/** InvalidParameterValue: not an address, not in the subnet, reserved. */
function checkOwnAddresses(entry: Entry, family: 4 | 6, claims: Claim[]): Issue[] {
  const field = family === 4 ? "privateIps" : "ipv6Addresses";
  const listed = entry.iface[field];
  const block = subnetBlock(entry.iface.subnet, family);
  const counted = family === 4 || entry.iface.ipv6 === true ? entry.iface.hostNumber : undefined;
  if (counted !== undefined) {
    const [text] = chosenAddresses(entry.iface, family);
    const parsed = isKnown(text) ? parseAddress(text) : undefined;
    if (parsed?.ok) claims.push(claim(parsed.value, entry, fieldPath(entry, "hostNumber")));
  }
  if (!isKnown(listed)) return [];
  if (listed.length === 0 && counted === undefined) {
    const otherwise = family === 4 ? "and AWS chooses one" : "and with ipv6: true AWS chooses one";
    const fix = `List the addresses, the primary first; or leave the field out, ${otherwise}`;
    return [{ path: fieldPath(entry, field), problem: "the list is empty", fix }];
  }
  return listed.flatMap((text, i) => {
    if (!isKnown(text)) return [];
    const path = fieldPath(entry, `${field}[${i}]`);
    const parsed = parseAddress(written(text));
    if (!parsed.ok || parsed.value.family !== family) {
      const reason = parsed.ok ? `an IPv${parsed.value.family} address` : parsed.reason;
      const fix = `Give an IPv${family} address of the interface's subnet, without a prefix length`;
      return [{ path, problem: `got ${shown(text)}: ${reason}`, fix }];
    }
    claims.push(claim(parsed.value, entry, path));
    const problem = block && addressProblem(block, parsed.value);
    return problem === undefined || block === undefined
      ? []
      : [{ path, problem, fix: `Choose one of ${usableRange(block)}` }];
  });
}

function addressProblem(block: Prefix, address: Address): string | undefined {
  const text = formatAddress(address);
  if (!contains(block, address)) return `${text} is not in the subnet ${formatPrefix(block)}`;
  const reserved = reservedFor(block, address);
  return reserved && `${text} is reserved by AWS in the subnet ${formatPrefix(block)}: ${reserved}`;
}

/** InvalidParameterValue: /28 for IPv4, /80 for IPv6, inside the subnet. */
function checkPrefixes(entry: Entry, family: 4 | 6, claims: Claim[]): Issue[] {
  const field = family === 4 ? "ipv4Prefixes" : "ipv6Prefixes";
  const length = family === 4 ? 28 : 80;
  const listed = entry.iface[field];
  if (!isKnown(listed)) return [];
  const block = subnetBlock(entry.iface.subnet, family);
  return listed.flatMap((text, i) => {
    if (!isKnown(text)) return [];
    const path = fieldPath(entry, `${field}[${i}]`);
    const parsed = parsePrefix(written(text));
    if (!parsed.ok || parsed.value.family !== family || parsed.value.length !== length) {
      const reason = parsed.ok ? `AWS delegates IPv${family} prefixes of length ${length}` : parsed.reason;
      return [
        {
          path,
          problem: `got ${shown(text)}: ${reason}`,
          fix: `Give a /${length} of the interface's subnet`,
        },
      ];
    }
    claims.push({ block: parsed.value, entry, path });
    const problem = block && prefixProblem(block, parsed.value);
    if (problem === undefined) return [];
    return [{ path, problem, fix: `Choose another /${length} of the subnet` }];
  });
}

function prefixProblem(block: Prefix, prefix: Prefix): string | undefined {
  const text = formatPrefix(prefix);
  if (!contains(block, prefix)) return `${text} is not in the subnet ${formatPrefix(block)}`;
  if (!contains(prefix, firstAddress(block)) && !contains(prefix, lastAddress(block))) return undefined;
  return `${text} holds addresses that AWS reserves in the subnet ${formatPrefix(block)}`;
}

/** InvalidIPAddress.InUse, InsufficientCidrBlocks: what one interface has no other can have. */
function checkClaims(claims: readonly Claim[]): Issue[] {
  return claims.flatMap((later, i) => {
    const earlier = claims.slice(0, i).find((c) => overlaps(c.block, later.block));
    if (earlier === undefined) return [];
    return [
      {
        path: later.path,
        problem: `${blockText(later.block)} is asked for by ${earlier.path} already${
          blockText(earlier.block) === blockText(later.block) ? "" : ` (${blockText(earlier.block)})`
        }`,
        fix: "An address belongs to one interface, once",
      },
    ];
  });
}

/** InsufficientFreeAddressesInSubnet, where the subnet could not hold our own addresses even if it were empty. */
function checkRoom(entries: readonly Entry[]): Issue[] {
  const bySubnet = new Map<string, { block: Prefix; count: bigint; last: Entry }>();
  for (const entry of entries) {
    const block = subnetBlock(entry.iface.subnet, 4);
    const prefixes = entry.iface.ipv4Prefixes;
    if (block === undefined) continue;
    const addresses = BigInt(Math.max(1, chosenAddresses(entry.iface, 4).length));
    const count = addresses + 16n * BigInt(isKnown(prefixes) ? prefixes.length : 0);
    const before = bySubnet.get(formatPrefix(block))?.count ?? 0n;
    bySubnet.set(formatPrefix(block), { block, count: before + count, last: entry });
  }
  return [...bySubnet.values()]
    .filter(({ block, count }) => count > usableAddresses(block))
    .map(({ block, count, last }) => ({
      path: fieldPath(last, "subnet"),
      problem: `${count} addresses are asked for in ${formatPrefix(block)}, which has ${usableAddresses(block)} to give`,
      fix: "Use a larger subnet, or fewer addresses",
    }));
}

function claim(address: Address, entry: Entry, path: string): Claim {
  return { block: { ...address, length: address.family === 4 ? 32 : 128 }, entry, path };
}

function blockText(block: Prefix): string {
  return block.length === (block.family === 4 ? 32 : 128) ? formatAddress(block) : formatPrefix(block);
}
