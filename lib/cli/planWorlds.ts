import { Plan, PlanWorld } from "../model/plan";
import { WorldKind } from "../model/spec";
import { routeTokens } from "../render/words";
import { count, field } from "./layout";

/** What a world is, before its interfaces and rules, which are told as those of a host. */
export function worldLines({ numbers }: Plan, world: PlanWorld): string[] {
  const { name, kind, plan, slot, resolver, services, moveManagement } = world;
  const routes = (family: 4 | 6): string[] =>
    world.routes
      .filter((route) => route.family === family)
      .map((route) => {
        const words = routeTokens(route).map((word) => word.replace(/^@/, ""));
        const table = words.indexOf("table");
        return [...words.slice(0, table), ...words.slice(table + 2)].join(" ");
      });
  const made = kind === WorldKind.Netns ? "a network namespace" : "a VRF";
  const table =
    slot === undefined ? "main, for what has no source yet" : `${numbers.tableBase + 2 * slot}, for all`;
  return [
    `World ${name}: ${made}, ${count(plan.interfaces.length, "interface")}`,
    ...field("enter by", [kind === WorldKind.Netns ? `ip netns exec ${name}` : `ip vrf exec ${name}`]),
    ...(resolver === undefined ? [] : field("resolver", [resolver.nameservers.join(" ")])),
    ...(resolver === undefined ? [] : field("search", resolver.search)),
    ...field("services", services),
    ...(moveManagement ? field("moves", ["even the interface of the session that applies it"]) : []),
    ...field("table", [table]),
    ...([4, 6] as const).flatMap((family) =>
      routes(family).flatMap((route, i) => field(i === 0 ? `IPv${family}` : "", [route])),
    ),
  ];
}
