import { shown } from "../../model/issue";
import { Gateway } from "../../model/host";
import {
  Address,
  Family,
  formatAddress,
  isLinkLocal,
  notASource,
  parseAddress,
  sameAddress,
} from "../../net/address";
import { InterfaceAddress, Prefix, contains, formatPrefix } from "../../net/prefix";
import { Problems, at } from "./problems";
import { Fields, readBoolean, readList, readObject, readString } from "./shape";

/** At most one next hop a family, each reachable on the link. */
export function readGateways(
  fields: Fields,
  path: string,
  problems: Problems,
  own: { addresses: InterfaceAddress[]; subnets: Prefix[]; families: Set<Family> },
): Partial<Record<Family, Gateway>> {
  const list = at(path, "gateways");
  const gateways: Partial<Record<Family, Gateway>> = {};
  readList(fields["gateways"], list, problems, "next hops").forEach((item, i) => {
    const where = at(list, i);
    const given = readGateway(item, where, problems);
    if (given === undefined) return;
    const { address } = given;
    const text = formatAddress(address);
    const attached = own.subnets.some((s) => contains(s, address));
    const linkLocal = isLinkLocal(address);
    if (gateways[address.family] !== undefined) {
      problems.add(where, `a second IPv${address.family} gateway, ${text}`, "Give one gateway a family");
    } else if (!own.families.has(address.family)) {
      problems.add(
        where,
        `the IPv${address.family} gateway ${text}, but no IPv${address.family} source`,
        "Add an address of that family, or leave the gateway out",
      );
    } else if (own.addresses.some((a) => sameAddress(a.address, address))) {
      problems.add(where, `the gateway ${text} is an address of this interface`, "Give the router's address");
    } else if (!attached && !linkLocal && !given.onLink) {
      problems.add(
        where,
        `the gateway ${text} lies in no attached subnet (${own.subnets.map(formatPrefix).join(", ") || "there is none"})`,
        `Correct it, add its subnet to "subnets", or say {"address": "${text}", "onLink": true}`,
      );
    } else {
      gateways[address.family] = { address, onLink: !attached && !linkLocal };
    }
  });
  return gateways;
}

function readGateway(
  item: unknown,
  path: string,
  problems: Problems,
): { address: Address; onLink: boolean } | undefined {
  const want = 'a next hop, as "10.0.1.1" or {"address": "10.0.0.1", "onLink": true}';
  if (typeof item === "string") return readHop(item, path, problems, false);
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    problems.wrongType(path, item, want);
    return undefined;
  }
  const fields = readObject(item, path, problems, ["address", "onLink"]);
  const text = readString(fields?.["address"], at(path, "address"), problems, "the gateway's address");
  const onLink = readBoolean(fields?.["onLink"], at(path, "onLink"), problems) ?? false;
  return text === undefined ? undefined : readHop(text, at(path, "address"), problems, onLink);
}

/** A next hop: unicast or link-local. */
export function readHop(text: string, path: string, problems: Problems, onLink: boolean) {
  const parsed = parseAddress(text);
  const wrong = parsed.ok ? notAHop(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return { address: parsed.value, onLink };
  problems.add(path, `got ${shown(text)}: ${wrong}`, 'Write a router\'s address, as "10.0.1.1" or "fe80::1"');
  return undefined;
}

function notAHop(address: Address): string | undefined {
  return isLinkLocal(address) ? undefined : notASource(address);
}
