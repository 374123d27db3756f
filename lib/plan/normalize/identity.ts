import { shown } from "../../model/issue";
import { IdentityProtocol } from "../../model/spec";
import {
  Address,
  FAMILIES,
  Family,
  formatAddress,
  notASource,
  parseAddress,
  widthOf,
} from "../../net/address";
import { parseInterfaceAddress } from "../../net/prefix";
import { ASN, ReadPeer, readPeers } from "./identityPeers";
import { readInterfaceName } from "./interfaceName";
import { Problems, at } from "./problems";
import { Fields, readBoolean, readChoice, readInteger, readList, readObject, readString } from "./shape";

/** An identity as far as it can be read without the interfaces; each problem is noted. */
export interface ReadIdentity {
  readonly path: string;
  readonly addresses: readonly Address[];
  readonly protocol?: IdentityProtocol;
  /** As given; undefined for all. */
  readonly interfaces?: readonly string[];
  readonly area?: string;
  readonly stubArea?: string;
  readonly asn?: number;
  readonly peers: readonly ReadPeer[];
  readonly routerId?: Address;
  readonly keepalive: number;
  readonly hold: number;
  readonly bfdInterval?: number;
  readonly passwordFile?: string;
}

const FIELDS = [
  ...["addresses", "protocol", "interfaces", "area", "stubArea", "asn", "peers", "routerId"],
  ...["keepalive", "hold", "bfd", "bfdInterval", "passwordFile"],
];
/** What means something with one protocol alone. */
const ONLY: Readonly<Record<IdentityProtocol, readonly string[]>> = {
  ospf: ["interfaces", "area", "stubArea"],
  bgp: ["asn", "peers"],
};
const KEEPALIVE = 1;
/** The area that all others are attached to (RFC 2328, 3.1). */
export const BACKBONE = "0.0.0.0";
const BFD_INTERVAL = 100;

/** @param names the names that interfaces have; undefined when they could not be told */
export function readIdentity(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): ReadIdentity | undefined {
  if (value === undefined) return undefined;
  const fields = readObject(value, path, problems, FIELDS);
  if (fields === undefined) return undefined;
  const protocol = readChoice(
    fields["protocol"],
    at(path, "protocol"),
    problems,
    Object.values(IdentityProtocol),
  );
  if (protocol !== undefined) checkProtocol(protocol, fields, path, problems);
  const interfaces = readNames(fields["interfaces"], at(path, "interfaces"), problems, names);
  const [keepalive, hold] = readTimers(fields, path, problems);
  const area = readArea(fields["area"], at(path, "area"), problems);
  const stubArea = readArea(fields["stubArea"], at(path, "stubArea"), problems);
  if (stubArea === BACKBONE) {
    const fix = 'Give the area in which the routers have the links, as "0.0.0.77", or leave it out';
    problems.add(at(path, "stubArea"), `${shown(stubArea)} is the backbone, which is no stub`, fix);
  }
  const asn = readNumber(fields, "asn", path, problems, ASN);
  const routerId = readIpv4(fields["routerId"], at(path, "routerId"), problems, "a router id");
  const bfd = readBoolean(fields["bfd"], at(path, "bfd"), problems) ?? true;
  const bfdInterval = readNumber(fields, "bfdInterval", path, problems, [50, 60000]);
  if (!bfd && fields["bfdInterval"] !== undefined) {
    problems.add(at(path, "bfdInterval"), '"bfd" is false', "Leave one of the two out");
  }
  const passwordFile = readPath(fields["passwordFile"], at(path, "passwordFile"), problems);
  return {
    path,
    addresses: readAddresses(fields["addresses"], at(path, "addresses"), problems),
    ...(protocol !== undefined && { protocol }),
    ...(interfaces !== undefined && { interfaces }),
    ...(area !== undefined && { area }),
    ...(stubArea !== undefined && { stubArea }),
    ...(asn !== undefined && { asn }),
    peers: readPeers(fields["peers"], at(path, "peers"), problems, names),
    ...(routerId !== undefined && { routerId }),
    keepalive,
    hold,
    ...(bfd && { bfdInterval: bfdInterval ?? BFD_INTERVAL }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}

function checkProtocol(protocol: IdentityProtocol, fields: Fields, path: string, problems: Problems): void {
  for (const [other, keys] of Object.entries(ONLY)) {
    if (other === protocol) continue;
    for (const key of keys.filter((k) => fields[k] !== undefined)) {
      const fix = `Leave it out, or set "protocol" to ${shown(other)}`;
      problems.add(at(path, key), `means nothing with the protocol ${shown(protocol)}`, fix);
    }
  }
  if (protocol !== IdentityProtocol.Bgp) return;
  if (fields["asn"] === undefined) {
    problems.add(
      at(path, "asn"),
      "is missing",
      `Give the host's AS number, as 65001; private are 64512 to 65534`,
    );
  }
  const { peers } = fields;
  if (peers === undefined || (Array.isArray(peers) && peers.length === 0)) {
    const fix = 'List the neighbours, as {"interface": "front", "asn": 65000, "address": "10.0.1.1"}';
    problems.add(at(path, "peers"), "there is no neighbour to announce the identity to", fix);
  }
}

/** At most one address a family, without neighbours: an address with a subnet belongs to a link. */
function readAddresses(value: unknown, path: string, problems: Problems): Address[] {
  const what = 'an address with its full length, as "192.0.2.1/32"';
  const found = new Map<Family, Address>();
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    problems.add(path, "there is no address", `Give ${what}, or "2001:db8::1/128", or one of each`);
  }
  readList(value, path, problems, "addresses with their length").forEach((item, i) => {
    const where = at(path, i);
    const text = readString(item, where, problems, what);
    if (text === undefined) return;
    const parsed = parseInterfaceAddress(text);
    const wrong = parsed.ok ? (notASource(parsed.value.address) ?? notWhole(parsed.value)) : parsed.reason;
    if (!parsed.ok || wrong !== undefined) {
      problems.add(where, `got ${shown(text)}: ${wrong}`, `Write ${what}, or as "2001:db8::1/128"`);
      return;
    }
    const { address } = parsed.value;
    if (found.has(address.family)) {
      const fix = "A host has one identity a family; put further ones on lo by yourself";
      problems.add(where, `a second IPv${address.family} address`, fix);
    } else found.set(address.family, address);
  });
  return FAMILIES.flatMap((family) => found.get(family) ?? []);
}

function notWhole({ address, length }: { address: Address; length: number }): string | undefined {
  const width = widthOf(address.family);
  return length === width ? undefined : `an identity is one address, of length ${width}`;
}

function readNames(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length === 0) {
    problems.add(path, "there is no interface", 'Name at least one, or leave "interfaces" out for all');
  }
  const found = new Set<string>();
  readList(value, path, problems, "interface names").forEach((item, i) => {
    const name = readInterfaceName(item, at(path, i), problems, names);
    if (name === undefined) return;
    if (found.has(name)) problems.add(at(path, i), `${shown(name)} is given twice`, "Leave one of them out");
    found.add(name);
  });
  return [...found];
}

function readTimers(fields: Fields, path: string, problems: Problems): [number, number] {
  const keepalive = readNumber(fields, "keepalive", path, problems, [1, 65535]) ?? KEEPALIVE;
  const hold = readNumber(fields, "hold", path, problems, [3, 65535]) ?? 4 * keepalive;
  if (hold <= keepalive && fields["hold"] !== undefined) {
    const problem = `got ${hold}, and signs of life come every ${keepalive} s`;
    problems.add(at(path, "hold"), problem, 'Make it longer than "keepalive"; three times it is usual');
  }
  return [keepalive, Math.min(hold, 65535)];
}

function readNumber(
  fields: Fields,
  key: string,
  path: string,
  problems: Problems,
  range: readonly [number, number],
): number | undefined {
  return fields[key] === undefined ? undefined : readInteger(fields[key], at(path, key), problems, range);
}

/** A number below 2^32, or dotted (RFC 2328, appendix C.2); as dotted. */
function readArea(value: unknown, path: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, 'an area, as "0.0.0.0"');
  if (text === undefined) return undefined;
  if (/^(0|[1-9][0-9]{0,9})$/.test(text) && Number(text) < 2 ** 32) {
    return formatAddress({ family: 4, value: BigInt(text) });
  }
  const parsed = parseAddress(text);
  if (parsed.ok && parsed.value.family === 4) return formatAddress(parsed.value);
  problems.add(path, `got ${shown(text)}`, 'Write an area as a number below 2^32, or as "0.0.0.0"');
  return undefined;
}

function readIpv4(value: unknown, path: string, problems: Problems, what: string): Address | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, `${what}, as "192.0.2.1"`);
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  if (parsed.ok && parsed.value.family === 4 && parsed.value.value !== 0n) return parsed.value;
  problems.add(path, `got ${shown(text)}`, `Write ${what} in the form of an IPv4 address, not 0.0.0.0`);
  return undefined;
}

/** A path that is safe wherever the program puts it: it reads the file itself, by name. */
function readPath(value: unknown, path: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, "the absolute path of a file on the host");
  if (text === undefined) return undefined;
  if (/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(text) && text.length <= 255) return text;
  const fix =
    'Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself';
  // Whoever has written the password here should not find it in a log as well.
  problems.add(path, "is not an absolute path of plain characters", fix);
  return undefined;
}
