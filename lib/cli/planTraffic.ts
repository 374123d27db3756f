import { Plan, PlanFamily, PlanFlow, PlanTraffic } from "../model/plan";
import { Otherwise } from "../model/spec";
import { concreteWords } from "../render/materialize";
import { routeTokens } from "../render/words";
import { few, field, wrap } from "./layout";

/** The traffic policies of a plan as a person reads them, in the order in which they decide. */
export function trafficBlocks(plan: Plan): string[][] {
  return [...plan.traffic.map(policyLines), ...plan.tables.map((table) => tableLines(plan, table))];
}

function policyLines(policy: PlanTraffic): string[] {
  const { name, selectors, beforeSources, leavesOwn, overlaps, captures, families } = policy;
  const place = beforeSources ? "before the rules for sources" : "after the rules for sources";
  return [
    `Traffic policy ${name}, ${place}`,
    ...field("selects", [selectors.length === 0 ? "everything" : selectors.join(", ")]),
    ...(families.length === 2 ? [] : field("", [`IPv${families[0]} alone`])),
    ...field("leaves", [wayText(policy)]),
    ...(leavesOwn ? field("", ["containers, tunnels and the like by main"]) : []),
    ...field("otherwise", [OTHERWISE[policy.otherwise]]),
    ...(isTriedAgain(policy) ? field("", [TRIED_AGAIN]) : []),
    ...(overlaps.length === 0
      ? []
      : field("after", [`${overlaps.join(", ")}, which come first where both match`])),
    ...(captures.length === 0 ? [] : field("costs", [costText(captures)])),
  ];
}

function wayText({ use, weights }: PlanTraffic): string {
  if (weights !== undefined)
    return `by ${use.map((name, i) => `${name} (${weights[i]})`).join(" and ")}, shared by flow`;
  return use.length === 1 ? `by ${use[0]} alone` : `by ${use.join(", else by ")}`;
}

const OTHERWISE: Readonly<Record<Otherwise, string>> = {
  unreachable: "unreachable",
  prohibit: "prohibited",
  blackhole: "dropped without a word",
  next: "on to the next policy, and in the end to the host's own rules",
};

/** Whether a refusal can be one of an IPv6 socket of the host that has no source yet. */
function isTriedAgain({ families, otherwise, beforeSources, forwardedAlone }: PlanTraffic): boolean {
  return families.includes(6) && otherwise !== Otherwise.Next && !beforeSources && !forwardedAlone;
}

const TRIED_AGAIN =
  "(IPv6 sockets without an address try again with one that the kernel chooses, and leave by its own interface)";

/** What coming before the rules for sources costs. */
function costText(captures: readonly string[]): string {
  return (
    `symmetry: what is from ${captures.join(" or ")} can leave by another interface than the one its answers come ` +
    `in by, and where rp_filter is 1 requests of the same peers are dropped`
  );
}

function tableLines(plan: Plan, { name, slot }: Plan["tables"][number]): string[] {
  const table = plan.numbers.tableBase + 2 * slot;
  const [kind, owner] = name.split("/");
  const title = `Table ${table} and ${table + 1}`;
  if (kind === "exit") return [`${title}: as that of ${owner}, without its last resort`];
  return [
    `${title}: shared by policy ${owner}`,
    ...routeLines(plan, plan.ipv4, name, "IPv4"),
    ...routeLines(plan, plan.ipv6, name, "IPv6"),
  ];
}

function routeLines(plan: Plan, family: PlanFamily, name: string, label: string): string[] {
  const fill = concreteWords(plan, 0, (interfaceName) => interfaceName);
  return family.routes
    .filter((route) => route.table === name)
    .map((route) =>
      fill(routeTokens(route).filter((word, i, all) => word !== "table" && all[i - 1] !== "table")),
    )
    .flatMap((route, i) => field(i === 0 ? label : "", [route]));
}

/** What the kernel must answer about packets of the policies. */
export function flowLines({ flows }: PlanFamily): string[] {
  const names = [...new Set(flows.map(({ policy }) => policy))];
  return names.flatMap((name) => {
    const own = flows.filter(({ policy }) => policy === name);
    const shown = own.slice(0, MOST_FLOWS).flatMap((flow) => wrap("  ", flowWords(flow), " ".repeat(6)));
    const more = own.length - MOST_FLOWS;
    return [
      `  # policy ${name}`,
      ...shown,
      ...(more > 0 ? [`  ... and ${more} more, which --json lists`] : []),
    ];
  });
}

const MOST_FLOWS = 3;

function flowWords(flow: PlanFlow): string[] {
  const { from, to, incoming, mark, user, protocol, sourcePort, destinationPort, dscp } = flow;
  const selectors = [
    `from ${from ?? "any"} to ${to}`,
    ...(incoming ? [`in by ${"interface" in incoming ? incoming.interface : incoming.device}`] : []),
    ...(mark === undefined ? [] : [`mark 0x${mark.toString(16)}`]),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(protocol === undefined ? [] : [`protocol ${protocol}`]),
    ...(sourcePort === undefined ? [] : [`from port ${sourcePort}`]),
    ...(destinationPort === undefined ? [] : [`to port ${destinationPort}`]),
    ...(dscp === undefined ? [] : [`DSCP ${dscp}`]),
  ];
  const ways = flow.choices.map((choice) =>
    choice
      .map(({ dev, via }) => (via === undefined ? `by ${dev} directly` : `by ${dev} via ${via}`))
      .join(" or "),
  );
  const last = flow.otherwise === "unreachable" ? ["refused"] : [];
  return [
    ...selectors.slice(0, -1),
    `${selectors[selectors.length - 1]}:`,
    [...ways, ...last].join(", else "),
  ];
}

/** Of connections that are tracked. */
export function connectionLines({ connections }: Plan): string[] {
  if (connections.length === 0) return [];
  const marks = connections.map((c) => `${c.interface} 0x${c.mark.toString(16)}`);
  return [
    ...field("connections", ["marked by where they come in (table inet multihome of nftables),"]),
    ...field("", ["so that answers of what is forwarded go back by the same:"]),
    ...field("", few(marks)),
  ];
}
