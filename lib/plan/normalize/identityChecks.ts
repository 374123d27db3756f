import { Identity, IdentityPeer } from "../../model/identity";
import { shown } from "../../model/issue";
import { IdentityProtocol } from "../../model/spec";
import { Address, Family, compareAddresses, formatAddress, sameAddress } from "../../net/address";
import { contains, formatPrefix } from "../../net/prefix";
import { compareText } from "../order";
import { Entry } from "./distinct";
import { BACKBONE, ReadIdentity } from "./identity";
import { ReadPeer } from "./identityPeers";
import { Problems, at } from "./problems";

/**
 * What an identity says about the host's interfaces, all of which have been read. The result is complete when no
 * problem was noted.
 */
export function checkIdentity(
  read: ReadIdentity,
  entries: readonly Entry[],
  problems: Problems,
): Identity | undefined {
  read.addresses.forEach((address) => checkApart(address, entries, at(read.path, "addresses"), problems));
  if (read.protocol === undefined) return undefined;
  const families = read.addresses.map((a) => a.family);
  if (read.stubArea !== undefined && families.length > 0 && !families.includes(4)) {
    const problem = "is for IPv4, and no IPv4 address is in policy.identity.addresses";
    problems.add(
      at(read.path, "stubArea"),
      problem,
      'Leave it out: IPv6 has no need of it, and goes by "area"',
    );
  }
  const peers = read.peers.flatMap((peer) => checkPeer(peer, read, entries, problems)).sort(comparePeers);
  const interfaces =
    read.protocol === IdentityProtocol.Bgp
      ? [...new Set(peers.map((p) => p.interface))].sort(compareText)
      : linksOf(read, entries, families, problems);
  if (read.protocol === IdentityProtocol.Bgp && peers.length === read.peers.length && peers.length > 0) {
    for (const family of families) {
      if (peers.some((p) => p.address === undefined || p.address.family === family)) continue;
      const problem = `no neighbour is told of the IPv${family} identity`;
      const fix = `Give one by an IPv${family} address, or without address (unnumbered, for both families)`;
      problems.add(at(read.path, "peers"), problem, fix);
    }
  }
  const routerId = read.routerId ?? read.addresses.find((a) => a.family === 4) ?? firstIpv4(entries);
  if (routerId === undefined) {
    const fix = 'Give one in the form of an IPv4 address, that no other router has: "routerId": "192.0.2.1"';
    problems.add(at(read.path, "routerId"), "is missing, and the host has no IPv4 address to take", fix);
  }
  if (routerId === undefined) return undefined;
  const { addresses, protocol, asn, keepalive, hold, bfdInterval, passwordFile } = read;
  return {
    addresses,
    protocol,
    interfaces,
    ...(protocol === IdentityProtocol.Ospf && { area: read.area ?? BACKBONE }),
    ...(read.stubArea !== undefined && { stubArea: read.stubArea }),
    ...(asn !== undefined && { asn }),
    peers,
    routerId,
    keepalive,
    hold,
    ...(bfdInterval !== undefined && { bfdInterval }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}

/** What lies in the network of a link is reached by that link, whatever is announced. */
function checkApart(address: Address, entries: readonly Entry[], path: string, problems: Problems): void {
  for (const { path: owner, draft } of entries) {
    const text = formatAddress(address);
    const hop = draft.gateways[address.family]?.address;
    if (hop !== undefined && sameAddress(hop, address)) {
      const problem = `the next hop ${text} is the host's identity (${path})`;
      problems.add(at(owner, "gateways"), problem, "Give the router's address");
    }
    const own = draft.addresses[address.family].has(address);
    const net = [...draft.subnets, ...draft.delegatedPrefixes].find((p) => contains(p, address));
    if (!own && net === undefined) continue;
    const what = own ? "an address" : `in ${formatPrefix(net!)}`;
    const fix = "Take an address outside of all that interfaces have: the identity belongs to no link";
    problems.add(path, `${text} is ${what} of ${owner}`, fix);
  }
}

/** The interfaces over which OSPF announces the identity. */
function linksOf(
  { path, interfaces }: ReadIdentity,
  entries: readonly Entry[],
  families: readonly Family[],
  problems: Problems,
): string[] {
  // What is wrong with those that are named has been told.
  if (interfaces?.length === 0) return [];
  const able = entries.filter(({ draft }) => families.some((f) => draft.addresses[f].size > 0));
  const names = able.map(({ draft }) => draft.name as string);
  const used = (interfaces ?? names).filter((name) => names.includes(name));
  (interfaces ?? []).forEach((name, i) => {
    if (names.includes(name) || families.length === 0) return;
    const problem = `${shown(name)} has no address of ${families.map((f) => `IPv${f}`).join(" or ")}`;
    problems.add(at(at(path, "interfaces"), i), problem, "Give it one, or leave it out here");
  });
  for (const family of families) {
    const has = (name: string): boolean =>
      able.some(({ draft }) => draft.name === name && draft.addresses[family].size > 0);
    if (used.some(has)) continue;
    const problem = `no interface to announce the IPv${family} identity over has an IPv${family} address`;
    problems.add(at(path, "addresses"), problem, "Give one such an address, or leave the identity out");
  }
  return used.sort(compareText);
}

function checkPeer(
  peer: ReadPeer,
  read: ReadIdentity,
  entries: readonly Entry[],
  problems: Problems,
): IdentityPeer[] {
  const { path, interface: name, asn, address } = peer;
  const draft = entries.find((e) => e.draft.name === name)?.draft;
  if (draft === undefined || name === undefined || asn === undefined) return [];
  if (address === undefined) return [{ interface: name, asn, far: false }];
  const { family } = address;
  const text = formatAddress(address);
  const note = (problem: string, fix: string): void => problems.add(at(path, "address"), problem, fix);
  const holder = entries.find((e) => e.draft.addresses[family].has(address));
  if (holder !== undefined || read.addresses.some((a) => sameAddress(a, address))) {
    note(`${text} is an address of this host`, "Give the neighbour's");
  } else if (!read.addresses.some((a) => a.family === family)) {
    note(`an IPv${family} neighbour, but no IPv${family} identity`, "Leave it out, or add such an address");
  } else if (draft.addresses[family].size === 0) {
    note(`${shown(name)} has no IPv${family} address to talk from`, "Give it one, or another neighbour");
  } else {
    const far = !draft.subnets.some((s) => contains(s, address));
    return [{ interface: name, asn, address, local: draft.addresses[family].valueAt(0), far }];
  }
  return [];
}

/** Of the interface that comes first by name, so that it does not depend on their order. */
function firstIpv4(entries: readonly Entry[]): Address | undefined {
  const able = entries.filter(({ draft }) => draft.addresses[4].size > 0);
  able.sort((a, b) => compareText(a.draft.name ?? "", b.draft.name ?? ""));
  return able[0]?.draft.addresses[4].valueAt(0);
}

/** In canonical order: by interface, unnumbered first, then by address. */
function comparePeers(a: IdentityPeer, b: IdentityPeer): number {
  if (a.interface !== b.interface) return compareText(a.interface, b.interface);
  if (a.address === undefined || b.address === undefined)
    return Number(a.address !== undefined) - Number(b.address !== undefined);
  return compareAddresses(a.address, b.address);
}
