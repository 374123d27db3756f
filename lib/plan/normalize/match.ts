import { shown } from "../../model/issue";
import { Match } from "../../model/host";
import { Address, notASource, parseAddress } from "../../net/address";
import { InterfaceAddress } from "../../net/prefix";
import { primaryFirst } from "./addresses";
import { Problems, at } from "./problems";
import { Fields, readObject, readString } from "./shape";

/** How the device is found; by the first address when nothing is said. */
export function readMatch(
  fields: Fields,
  path: string,
  problems: Problems,
  addresses: readonly InterfaceAddress[],
): Match | undefined {
  const where = at(path, "match");
  if (fields["match"] === undefined) {
    const first = primaryFirst(addresses)[0];
    if (first !== undefined) return { address: first.address };
    problems.add(where, "nothing says which device this is", 'Give "match" with a "mac" or an "ifname"');
    return undefined;
  }
  const match = readObject(fields["match"], where, problems, ["mac", "ifname", "address"]);
  if (match === undefined) return undefined;
  if (Object.keys(match).length === 0) {
    problems.add(where, "is empty", 'Give at least one of "mac", "ifname" and "address"');
    return undefined;
  }
  const found: { mac?: string; ifname?: string; address?: Address } = {};
  if (match["mac"] !== undefined) {
    const mac = readString(match["mac"], at(where, "mac"), problems, "a link-layer address")?.toLowerCase();
    if (mac !== undefined && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && !/^(00:){5}00$/.test(mac))
      found.mac = mac;
    else if (mac !== undefined)
      problems.add(at(where, "mac"), `got ${shown(match["mac"])}`, 'Write it as "02:00:00:00:01:0a"');
  }
  if (match["ifname"] !== undefined) {
    const ifname = readString(match["ifname"], at(where, "ifname"), problems, "a device name");
    if (ifname !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}$/.test(ifname)) found.ifname = ifname;
    else if (ifname !== undefined) {
      problems.add(
        at(where, "ifname"),
        `got ${shown(ifname)}`,
        'Use 1 to 15 of letters, digits, "_", ".", "@" and "-", as "ens5"',
      );
    }
  }
  if (match["address"] !== undefined) {
    const text = readString(match["address"], at(where, "address"), problems, "an address");
    const parsed = text === undefined ? undefined : parseAddress(text);
    if (parsed?.ok === true && notASource(parsed.value) === undefined) found.address = parsed.value;
    else if (parsed !== undefined) {
      const reason = parsed.ok ? notASource(parsed.value) : parsed.reason;
      problems.add(
        at(where, "address"),
        `got ${shown(text)}: ${reason}`,
        'Write an address that the device carries, as "10.0.1.10"',
      );
    }
  }
  return found;
}
