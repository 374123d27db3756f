import { Plan, PlanFamily } from "../../../lib/model";

/**
 * A plan as text for people, with every field that it has: a line for each route, rule, row and policy, so that a
 * difference says what changed.
 */
export function planText(plan: Plan): string {
  return linesOf(plan).join("\n") + "\n";
}

function linesOf({ ipv4, ipv6, worlds, ...plan }: Plan): string[] {
  return [
    ...Object.entries(plan).flatMap(([key, value]) => section(key, value)),
    ...family("ipv4", ipv4),
    ...family("ipv6", ipv6),
    ...worlds.flatMap(({ plan: inner, ...world }) => [
      `world ${world.name}`,
      ...Object.entries(world)
        .flatMap(([key, value]) => section(key, value))
        .map(indented),
      ...linesOf(inner).map(indented),
    ]),
  ];
}

function family(name: string, lists: PlanFamily): string[] {
  return Object.entries(lists).flatMap(([key, value]) => section(`${name} ${key}`, value));
}

/** A list of rows as a block, anything else on one line. */
function section(key: string, value: unknown): string[] {
  const rows = Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "object");
  if (!rows) return [`${key}: ${textOf(value)}`];
  return [`${key}:`, ...value.map((row) => indented(textOf(row).slice(1, -1)))];
}

const indented = (line: string): string => `  ${line}`;

/** JSON without quotes. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(([key, one]) => `${key} ${textOf(one)}`);
  return `{${fields.join(", ")}}`;
}
