import { PRIORITY_WINDOW, TABLE_WINDOW } from "../model/numbers";
import { Plan, PlanFamily, PlanInterface } from "../model/plan";
import { HostModel, UnmanagedRoutes } from "../model/spec";
import { concreteWords } from "../render/materialize";
import { routeTokens } from "../render/words";
import { count, few, field } from "./layout";
import { weakText } from "./planWeak";
import { answerLines } from "./planAnswers";
import { identityLines } from "./planIdentity";
import { ruleLines } from "./planRules";
import { worldLines } from "./planWorlds";
import { connectionLines, trafficBlocks } from "./planTraffic";

/**
 * A plan as a person reads it, in at most 80 columns: the interfaces with their tables, then what each rule is for,
 * then what the kernel must answer. Devices are called by their interface's name, and the numbers are those of the
 * first generation; the second has the same rules and tables beside them.
 */
export function planText(plan: Plan): string {
  if (plan.hostModel === HostModel.Weak) return weakText(plan);
  const blocks = [
    headLines(plan),
    ...(plan.identity === undefined ? [] : [identityLines(plan.identity)]),
    ...bodyBlocks(plan),
    ...plan.worlds.flatMap((world) => [worldLines(plan, world), ...bodyBlocks(world.plan)]),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function bodyBlocks(plan: Plan): string[][] {
  const families = ([4, 6] as const)
    .map((family) => ({ family, part: family === 4 ? plan.ipv4 : plan.ipv6 }))
    .filter(({ part }) => part.rules.length > 0);
  return [
    ...plan.interfaces.map((iface) => interfaceLines(plan, iface)),
    ...trafficBlocks(plan),
    ...families.map(({ family, part }) => ruleLines(plan, family, part)),
    ...([4, 6] as const)
      .map((family) => ({ family, part: family === 4 ? plan.ipv4 : plan.ipv6 }))
      .filter(({ part }) => part.expectations.length > 0)
      .map(({ family, part }) => answerLines(plan, family, part)),
  ];
}

function headLines(plan: Plan): string[] {
  const { host, interfaces, numbers } = plan;
  const { priorityBase, tableBase, protocol, group } = numbers;
  const sources = interfaces.reduce((sum, i) => sum + i.sources.length, 0);
  return [
    `Host ${host}: ${count(interfaces.length, "interface")}, ${count(sources, "source")}`,
    ...field("worlds", [plan.worlds.map(({ name }) => name).join(" ")].filter(Boolean)),
    ...field("priorities", [`${priorityBase} to ${priorityBase + PRIORITY_WINDOW - 1}`]),
    ...field("tables", [`${tableBase} to ${tableBase + TABLE_WINDOW - 1}, two an interface, used in turn`]),
    ...field("marks", [`protocol ${protocol} on all of ours, group ${group} on each interface`]),
    ...field("sysctl", plan.sysctls.length === 0 ? [] : [sysctlText(plan)]),
    ...(plan.hostModel === HostModel.Strong ? strongLines(plan) : []),
    ...(plan.unmanagedRoutes === UnmanagedRoutes.Ignore
      ? field("ignored", ["routes of main through what is not managed: containers, tunnels"])
      : []),
    ...connectionLines(plan),
  ];
}

/** What nftables is asked for. */
function strongLines({ virtualAddresses }: Plan): string[] {
  return [
    ...field("host model", ["strong, by the table inet multihome of nftables:"]),
    ...field("", ["in: what is for an address of another interface is dropped"]),
    ...field("", ["out: what is not from an address of the interface is dropped"]),
    ...(virtualAddresses.length === 0 ? [] : field("of all", few(virtualAddresses))),
  ];
}

/** What is said of every interface is said once: the settings are those of one. */
function sysctlText({ sysctls }: Plan): string {
  const settings = (ofDevice: boolean): string[] => {
    const chosen = sysctls.filter(({ key }) => key.includes("@") === ofDevice);
    return [...new Set(chosen.map(({ key, atLeast }) => `${key.split("/").pop()} ${atLeast}`))];
  };
  const [each, host] = [settings(true), settings(false)];
  const ofHost = host.length === 0 ? "" : `; ${host.join(" and ")} or more on the host`;
  return `${each.join(" and ")} or more on each interface${ofHost}`;
}

function interfaceLines(plan: Plan, iface: PlanInterface): string[] {
  const table = plan.numbers.tableBase + 2 * iface.slot;
  const addresses = [false, true]
    .map((ipv6) => iface.addresses.filter((a) => a.includes(":") === ipv6))
    .filter((list) => list.length > 0);
  const delegated = iface.sources.filter((s) => s.includes("/"));
  const routes = (family: PlanFamily): string[] => {
    const fill = concreteWords(plan, 0, (name) => name);
    return family.routes
      .filter((r) => r.table === iface.name)
      .map((r) => fill(routeTokens(r).filter((word, i, all) => word !== "table" && all[i - 1] !== "table")));
  };
  return [
    `Interface ${iface.name}`,
    ...field("device", [found(iface)]),
    // Those of a VRF are told with it.
    ...(plan.ipv4.rules.length + plan.ipv6.rules.length === 0
      ? []
      : field("tables", [`${table} and ${table + 1}`])),
    ...addresses.flatMap((list, i) => field(i === 0 ? "addresses" : "", few(list))),
    ...field("delegated", few(delegated)),
    ...routeLines("IPv4", routes(plan.ipv4)),
    ...routeLines("IPv6", routes(plan.ipv6)),
  ];
}

function routeLines(label: string, routes: readonly string[]): string[] {
  return routes.flatMap((route, i) => field(i === 0 ? label : "", [route]));
}

function found({ match }: PlanInterface): string {
  return [
    ...(match.mac === undefined ? [] : [`MAC ${match.mac}`]),
    ...(match.ifname === undefined ? [] : [`name ${match.ifname}`]),
    ...(match.address === undefined ? [] : [`address ${match.address}`]),
  ].join(", ");
}
