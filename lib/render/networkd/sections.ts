import { Numbers } from "../../model/numbers";
import { PlanRoute, PlanRule } from "../../model/plan";
import { Family } from "../../net/address";
import { addressToken, nameToken, numberToken, prefixToken } from "../token";

/** A section of a file of systemd: its name, and "Key=value" lines (systemd.network(5)). */
export type Section = readonly [name: string, ...lines: string[]];

export function sectionText([name, ...lines]: Section): string {
  return [`[${name}]`, ...lines, ""].join("\n");
}

/** What a plan leaves open, filled in. */
export interface Places {
  readonly device: (name: string) => string;
  readonly table: (name: string) => number;
  readonly priority: (offset: number) => number;
}

/** A route of the plan, in the file of the link it leaves by. */
export function routeSection(route: PlanRoute, family: Family, numbers: Numbers, places: Places): Section {
  const { type, to, via, src, onLink, metric, table } = route;
  const all = family === 4 ? "0.0.0.0/0" : "::/0";
  return [
    "Route",
    `Destination=${to === "default" ? all : prefixToken(to)}`,
    ...(type === "unicast" ? [] : ["Type=unreachable"]),
    ...(via === undefined ? [] : [`Gateway=${addressToken(via)}`]),
    ...(onLink === undefined ? [] : ["GatewayOnLink=yes"]),
    ...(src === undefined ? [] : [`PreferredSource=${addressToken(src)}`]),
    ...(metric === undefined ? [] : [`Metric=${numberToken(metric)}`]),
    `Table=${numberToken(places.table(table))}`,
    `Protocol=${numberToken(numbers.protocol)}`,
  ];
}

/** A rule of a flat list. */
export function ruleSection(rule: PlanRule, family: Family, numbers: Numbers, places: Places): Section {
  const { priority, from, oif, action } = rule;
  return [
    "RoutingPolicyRule",
    `Priority=${numberToken(places.priority(priority))}`,
    ...(from === undefined ? [`Family=ipv${family}`] : [`From=${prefixToken(from)}`]),
    ...(oif === undefined ? [] : [`OutgoingInterface=${nameToken(places.device(oif))}`]),
    ...actionLines(action, numbers, places),
  ];
}

function actionLines(action: PlanRule["action"], { group }: Numbers, places: Places): string[] {
  switch (action.kind) {
    case "table":
      return [`Table=${numberToken(places.table(action.table))}`];
    case "main":
      return [
        "Table=254",
        `SuppressPrefixLength=${numberToken(action.minPrefix)}`,
        `SuppressInterfaceGroup=${numberToken(group)}`,
      ];
    case "unreachable":
    case "prohibit":
    case "blackhole":
      return [`Type=${action.kind}`];
    default:
      throw new Error(`a rule with the action ${action.kind} cannot stand in a flat list`);
  }
}

/**
 * An address that the link's own configuration does not bring. As the program adds it: without a route, and in IPv6
 * deprecated, so that sockets without a source keep the one they use now.
 */
export function addressSection(address: string): Section {
  const six = address.includes(":");
  return [
    "Address",
    `Address=${addressToken(address)}/${six ? 128 : 32}`,
    "AddPrefixRoute=no",
    ...(six ? ["DuplicateAddressDetection=none", "PreferredLifetime=0"] : []),
  ];
}
