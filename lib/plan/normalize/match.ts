import { shown } from "../../model/issue";
import { Match } from "../../model/host";
import { Address, FAMILIES, notASource, parseAddress } from "../../net/address";
import { Link } from "./hops";
import { Problems, at } from "./problems";
import { Fields, readObject, readString } from "./shape";

/** How the device is found; by the first address when nothing is said. */
export function readMatch(fields: Fields, path: string, problems: Problems, link: Link): Match | undefined {
  const where = at(path, "match");
  if (fields["match"] === undefined) {
    const family = FAMILIES.find((f) => link.addresses[f].size > 0);
    if (family !== undefined) return { address: link.addresses[family].valueAt(0) };
    if (link.complete) {
      problems.add(where, "nothing says which device this is", 'Give "match" with a "mac" or an "ifname"');
    }
    return undefined;
  }
  const match = readObject(fields["match"], where, problems, ["mac", "ifname", "address"]);
  if (match === undefined) return undefined;
  if (Object.keys(match).length === 0) {
    problems.add(where, "is empty", 'Give at least one of "mac", "ifname" and "address"');
    return undefined;
  }
  return {
    ...present("mac", readMac(match["mac"], at(where, "mac"), problems)),
    ...present("ifname", readIfname(match["ifname"], at(where, "ifname"), problems)),
    ...present("address", readMatchAddress(match["address"], at(where, "address"), problems)),
  };
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** A unicast EUI-48 (IEEE 802): the lowest bit of the first octet is clear, and not all bits are. */
function readMac(value: unknown, path: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const mac = readString(value, path, problems, "a link-layer address")?.toLowerCase();
  if (mac === undefined) return undefined;
  const wrong = !MAC.test(mac)
    ? ""
    : parseInt(mac.slice(0, 2), 16) % 2 === 1
      ? ": a group address"
      : mac === "00:00:00:00:00:00"
        ? ": no address at all"
        : undefined;
  if (wrong === undefined) return mac;
  problems.add(path, `got ${shown(value)}${wrong}`, 'Write a device\'s own, as "02:00:00:00:01:0a"');
  return undefined;
}

/** As dev_valid_name() of the kernel has it, but without what a shell or `ip` would read in another way. */
export const IFNAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/;

function readIfname(value: unknown, path: string, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const ifname = readString(value, path, problems, "a device name");
  if (ifname === undefined || (IFNAME.test(ifname) && ifname !== "lo")) return ifname;
  const wrong = ifname === "lo" ? ": the loopback, which leads nowhere" : "";
  problems.add(
    path,
    `got ${shown(ifname)}${wrong}`,
    'Use 1 to 15 of letters, digits, "_", "." and "-", as "ens5"',
  );
  return undefined;
}

function readMatchAddress(value: unknown, path: string, problems: Problems): Address | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, "an address");
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  const wrong = parsed.ok ? notASource(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return parsed.value;
  problems.add(
    path,
    `got ${shown(text)}: ${wrong}`,
    'Write an address that the device carries, as "10.0.1.10"',
  );
  return undefined;
}
