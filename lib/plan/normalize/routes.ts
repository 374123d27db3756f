import { shown } from "../../model/issue";
import { Address, Family, formatAddress, isLinkLocal } from "../../net/address";
import { Prefix, comparePrefixes, contains, formatPrefix, parsePrefix, samePrefix } from "../../net/prefix";
import { readHop } from "./gateways";
import { Problems, at } from "./problems";
import { Fields, readList, readObject, readString } from "./shape";

/** Further routes of an interface's table, sorted by destination. */
export function readRoutes(
  fields: Fields,
  path: string,
  problems: Problems,
  own: { subnets: Prefix[]; families: Set<Family> },
): { to: Prefix; via?: Address }[] {
  const list = at(path, "routes");
  const routes: { to: Prefix; via?: Address }[] = [];
  readList(fields["routes"], list, problems, "routes").forEach((item, i) => {
    const where = at(list, i);
    const route = readObject(item, where, problems, ["to", "via"]);
    if (route === undefined) return;
    const to = readDestination(route["to"], at(where, "to"), problems);
    const viaText = route["via"];
    const hop =
      viaText === undefined
        ? undefined
        : typeof viaText === "string"
          ? readHop(viaText, at(where, "via"), problems, false)
          : problems.wrongType(at(where, "via"), viaText, "the next hop's address");
    if (to === undefined || (viaText !== undefined && hop === undefined)) return;
    const via = hop?.address;
    if (!own.families.has(to.family)) {
      problems.add(
        where,
        `a route to ${formatPrefix(to)}, but no IPv${to.family} source`,
        "Add an address of that family, or leave the route out",
      );
    } else if (via !== undefined && via.family !== to.family) {
      problems.add(
        at(where, "via"),
        `an IPv${via.family} next hop for an IPv${to.family} destination`,
        "Give both of one family",
      );
    } else if (via !== undefined && !isLinkLocal(via) && !own.subnets.some((s) => contains(s, via))) {
      problems.add(
        at(where, "via"),
        `the next hop ${formatAddress(via)} lies in no attached subnet`,
        'Correct it, or add its subnet to "subnets"',
      );
    } else if (own.subnets.some((s) => samePrefix(s, to))) {
      problems.add(
        at(where, "to"),
        `${formatPrefix(to)} is an attached subnet already`,
        "Leave the route out",
      );
    } else if (routes.some((r) => samePrefix(r.to, to))) {
      problems.add(at(where, "to"), `${formatPrefix(to)} is given twice`, "Leave one of them out");
    } else {
      routes.push(via === undefined ? { to } : { to, via });
    }
  });
  return routes.sort((a, b) => comparePrefixes(a.to, b.to));
}

function readDestination(value: unknown, path: string, problems: Problems): Prefix | undefined {
  const text = readString(value, path, problems, 'a prefix, as "172.31.0.0/16"');
  if (text === undefined) return undefined;
  const parsed = parsePrefix(text);
  if (!parsed.ok) {
    problems.add(
      path,
      `got ${shown(text)}: ${parsed.reason}`,
      'Write a prefix without host bits, as "172.31.0.0/16"',
    );
    return undefined;
  }
  if (parsed.value.length === 0) {
    problems.add(path, "a default route", 'Give the default\'s next hop in "gateways"');
    return undefined;
  }
  return parsed.value;
}
