import { shown } from "../../model/issue";
import { Address, formatAddress, notASource, parseAddress } from "../../net/address";
import { readInterfaceName } from "./interfaceName";
import { Problems, at } from "./problems";
import { readInteger, readList, readObject, readString } from "./shape";

/** AS numbers that a router may have (RFC 4271, RFC 6793). */
export const ASN = [1, 4294967294] as const;

/** A BGP neighbour as far as it can be read. */
export interface ReadPeer {
  readonly path: string;
  readonly interface?: string;
  readonly asn?: number;
  readonly address?: Address;
}

/** @param names the names that interfaces have; undefined when they could not be told */
export function readPeers(
  value: unknown,
  path: string,
  problems: Problems,
  names: readonly string[] | undefined,
): ReadPeer[] {
  const seen = new Map<string, string>();
  return readList(value, path, problems, "neighbours").flatMap((item, i) => {
    const where = at(path, i);
    const fields = readObject(item, where, problems, ["interface", "asn", "address"]);
    if (fields === undefined) return [];
    const name = readInterfaceName(fields["interface"], at(where, "interface"), problems, names);
    const asn = readInteger(fields["asn"], at(where, "asn"), problems, ASN);
    const address = readPeerAddress(fields["address"], at(where, "address"), problems);
    const unnumbered = fields["address"] === undefined && name !== undefined;
    const key = address !== undefined ? formatAddress(address) : unnumbered ? `interface ${name}` : undefined;
    const first = key === undefined ? undefined : seen.get(key);
    if (first !== undefined) {
      problems.add(where, `is the neighbour of ${first} too`, "Leave one of them out");
    } else if (key !== undefined) seen.set(key, where);
    return [
      {
        path: where,
        ...(name !== undefined && { interface: name }),
        ...(asn !== undefined && { asn }),
        ...(address !== undefined && { address }),
      },
    ];
  });
}

function readPeerAddress(value: unknown, path: string, problems: Problems): Address | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, 'an address, as "10.0.1.1"');
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  const wrong = parsed.ok ? notASource(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return parsed.value;
  const fix = "Write the neighbour's address; for one that is known by its link alone, leave it out";
  problems.add(path, `got ${shown(text)}: ${wrong}`, fix);
  return undefined;
}
