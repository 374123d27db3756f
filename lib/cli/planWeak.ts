import { Plan } from "../model/plan";
import { count, few, field, wrap } from "./layout";

/**
 * A plan of the weak host model as a person reads it: that there is nothing of ours, and what that costs, source by
 * source. What Linux will do in particular its main table says, which no plan knows.
 */
export function weakText({ host, interfaces }: Plan): string {
  const several = interfaces.length > 1;
  const costs = [
    "Packets leave by the route that main has for their destination, whatever their source:",
    ...(several ? ["an answer can leave by another interface than the request came in by."] : []),
    "Source checks of clouds drop it there, and stateful firewalls do not know it.",
    "Every interface answers for the addresses of all (ARP), and takes what is for any.",
    "When a link goes away, its addresses go on being used through another.",
  ].join(" ");
  const blocks = [
    [`Host ${host}: ${count(interfaces.length, "interface")}, the weak host model: nothing of ours`],
    interfaces.flatMap(({ name, sources }) => [`Interface ${name}`, ...field("by main", few(sources))]),
    ["What it costs", ...wrap("  ", costs.split(" "), "  ")],
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
