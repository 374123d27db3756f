import { Gateway } from "../../model/host";
import { Address, Family, formatAddress, isLinkLocal } from "../../net/address";
import { Link, isAttached, listSubnets, notANeighbour, readHop } from "./hops";
import { Problems, at } from "./problems";
import { Fields, readBoolean, readList, readObject, readString } from "./shape";

/** At most one next hop a family, each reachable on the link. */
export function readGateways(
  fields: Fields,
  path: string,
  problems: Problems,
  link: Link,
): Partial<Record<Family, Gateway>> {
  const list = at(path, "gateways");
  const gateways: Partial<Record<Family, Gateway>> = {};
  readList(fields["gateways"], list, problems, "next hops").forEach((item, i) => {
    const where = at(list, i);
    const given = readGateway(item, where, problems);
    if (given === undefined) return;
    const { address } = given;
    // For a message, if there is to be one.
    const text = (): string => formatAddress(address);
    const wrong = notANeighbour(address, link);
    const outside = !isAttached(address, link) && !isLinkLocal(address);
    if (gateways[address.family] !== undefined) {
      problems.add(where, `a second IPv${address.family} gateway, ${text()}`, "Give one gateway a family");
      return;
    }
    if (wrong !== undefined) {
      problems.add(where, `the gateway ${text()} is ${wrong}`, "Give the router's address");
    } else if (link.complete && !link.families.has(address.family)) {
      problems.add(
        where,
        `the IPv${address.family} gateway ${text()}, but no IPv${address.family} source`,
        "Add an address of that family, or leave the gateway out",
      );
    } else if (link.complete && outside && !given.onLink) {
      problems.add(
        where,
        `the gateway ${text()} lies in no attached subnet (${listSubnets(link)})`,
        `Correct it, add its subnet to "subnets", or say {"address": "${text()}", "onLink": true}`,
      );
    }
    gateways[address.family] = { address, onLink: outside };
  });
  return gateways;
}

function readGateway(
  item: unknown,
  path: string,
  problems: Problems,
): { address: Address; onLink: boolean } | undefined {
  if (typeof item === "string") return hop(readHop(item, path, problems), false);
  const want = 'a next hop, as "10.0.1.1" or {"address": "10.0.0.1", "onLink": true}';
  const fields = readObject(item, path, problems, ["address", "onLink"], want);
  if (fields === undefined) return undefined;
  const where = at(path, "address");
  const text = readString(fields["address"], where, problems, "the gateway's address");
  const onLink = readBoolean(fields["onLink"], at(path, "onLink"), problems) ?? false;
  return text === undefined ? undefined : hop(readHop(text, where, problems), onLink);
}

function hop(
  address: Address | undefined,
  onLink: boolean,
): { address: Address; onLink: boolean } | undefined {
  return address && { address, onLink };
}
