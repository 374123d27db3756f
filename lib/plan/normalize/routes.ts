import { shown } from "../../model/issue";
import { Address, formatAddress, isLinkLocal, notASource } from "../../net/address";
import { Prefix, comparePrefixes, formatPrefix, parsePrefix, samePrefix } from "../../net/prefix";
import { Link, isAttached, listSubnets, notANeighbour, readHop } from "./hops";
import { Problems, at } from "./problems";
import { Fields, readList, readObject, readString } from "./shape";

type Route = { readonly to: Prefix; readonly via?: Address };

/** Further routes of an interface's table, sorted by destination. */
export function readRoutes(fields: Fields, path: string, problems: Problems, link: Link): Route[] {
  const list = at(path, "routes");
  const routes = new Map<string, Route>();
  readList(fields["routes"], list, problems, "routes").forEach((item, i) => {
    const where = at(list, i);
    const route = readObject(item, where, problems, ["to", "via"]);
    if (route === undefined) return;
    const to = readDestination(route["to"], at(where, "to"), problems);
    const via = readVia(route["via"], at(where, "via"), problems, link);
    if (to === undefined) return;
    const text = formatPrefix(to);
    if (link.complete && !link.families.has(to.family)) {
      problems.add(
        where,
        `a route to ${text}, but no IPv${to.family} source`,
        "Add an address of that family, or leave the route out",
      );
    } else if (via !== undefined && via.family !== to.family) {
      problems.add(
        at(where, "via"),
        `an IPv${via.family} next hop for an IPv${to.family} destination`,
        "Give both of one family",
      );
    }
    if (link.subnets.some((s) => samePrefix(s, to))) {
      problems.add(at(where, "to"), `${text} is an attached subnet already`, "Leave the route out");
    } else if (routes.has(text)) {
      problems.add(at(where, "to"), `${text} is given twice`, "Leave one of them out");
    }
    routes.set(text, via === undefined ? { to } : { to, via });
  });
  return [...routes.values()].sort((a, b) => comparePrefixes(a.to, b.to));
}

function readVia(value: unknown, path: string, problems: Problems, link: Link): Address | undefined {
  if (value === undefined) return undefined;
  const text = readString(value, path, problems, "the next hop's address");
  const via = text === undefined ? undefined : readHop(text, path, problems);
  if (via === undefined) return undefined;
  const wrong = notANeighbour(via, link);
  if (wrong !== undefined) {
    problems.add(path, `the next hop ${formatAddress(via)} is ${wrong}`, "Give the router's address");
  } else if (link.complete && !isLinkLocal(via) && !isAttached(via, link)) {
    problems.add(
      path,
      `the next hop ${formatAddress(via)} lies in no attached subnet (${listSubnets(link)})`,
      'Correct it, or add its subnet to "subnets"',
    );
  }
  return via;
}

function readDestination(value: unknown, path: string, problems: Problems): Prefix | undefined {
  const text = readString(value, path, problems, 'a prefix, as "172.31.0.0/16"');
  if (text === undefined) return undefined;
  const parsed = parsePrefix(text);
  if (parsed.ok && parsed.value.length === 0) {
    problems.add(path, "a default route", 'Give the default\'s next hop in "gateways"');
    return undefined;
  }
  const wrong = parsed.ok ? notADestination(parsed.value) : parsed.reason;
  if (parsed.ok && wrong === undefined) return parsed.value;
  problems.add(
    path,
    `got ${shown(text)}: ${wrong}`,
    'Write a unicast prefix without host bits, as "172.31.0.0/16"',
  );
  return undefined;
}

/** Multicast, loopback and link-local traffic is never routed by a source. A half-default begins with address 0. */
function notADestination(prefix: Prefix): string | undefined {
  return prefix.value === 0n ? undefined : notASource(prefix);
}
