import { ACTIVE, BAND_START, JOIN } from "../model/numbers";
import { Plan } from "../model/plan";
import { HostModel } from "../model/spec";
import { Family } from "../net/address";
import { routeTokens, ruleTokens } from "./words";
import { Token, nameToken, numberToken } from "./token";

/**
 * The plan as concrete text for `ip -4 -batch` and `ip -6 -batch`: what is in the kernel once the program has put the
 * given generation in force on a host where nothing of ours was. Links' groups stand in the IPv4 text; addresses and
 * sysctls are left out.
 *
 * @param devices interface name to device name
 * @throws Error when an interface has no device, or a device's name is not safe
 * @example materialize(plan, 0, { front: "eth0" }).ipv4 // "link set dev eth0 group 77\nroute add default via …"
 */
export function materialize(
  plan: Plan,
  generation: 0 | 1,
  devices: Readonly<Record<string, string>>,
): { ipv4: string; ipv6: string } {
  const groups = (plan.hostModel === HostModel.Weak ? [] : plan.interfaces).map(
    ({ name }) => `link set dev ${deviceOf(name, devices)} group ${numberToken(plan.numbers.group)}`,
  );
  const text = (lines: string[]): string => lines.map((line) => `${line}\n`).join("");
  return {
    ipv4: text([...groups, ...linesOf(plan, 4, generation, devices)]),
    ipv6: text(linesOf(plan, 6, generation, devices)),
  };
}

function linesOf(
  plan: Plan,
  family: Family,
  generation: 0 | 1,
  devices: Readonly<Record<string, string>>,
): string[] {
  const { routes, rules } = family === 4 ? plan.ipv4 : plan.ipv6;
  const { protocol, priorityBase } = plan.numbers;
  const start = priorityBase + BAND_START[generation];
  const fill = concreteWords(plan, generation, (name) => deviceOf(name, devices));
  const rule = (words: string): string => `rule add priority ${words} protocol ${numberToken(protocol)}`;
  return [
    ...routes.map((route) => {
      // The protocol has to come before next hops.
      const [words, ...hops] = fill(routeTokens(route)).split(/ (?=nexthop )/);
      return ["route add", words, "proto", numberToken(protocol), ...hops].join(" ");
    }),
    ...(rules.length === 0
      ? []
      : [
          rule(`${priorityBase + JOIN} nop`),
          ...rules.map((r) => rule(fill(ruleTokens(r, family, plan.numbers)))),
          rule(`${priorityBase + ACTIVE} goto ${start}`),
        ]),
  ];
}

/**
 * Fills in what a plan leaves open in the words of a rule or route: priorities, table ids and device names.
 *
 * @param deviceOf the device of an interface
 */
export function concreteWords(
  plan: Plan,
  generation: 0 | 1,
  deviceOf: (name: string) => string,
): (words: readonly Token[]) => string {
  const { priorityBase, tableBase } = plan.numbers;
  const start = priorityBase + BAND_START[generation];
  const slots = new Map([...plan.interfaces, ...plan.tables].map(({ name, slot }) => [name, slot]));
  const concrete = (word: Token, before: Token | undefined): string => {
    if (word === "join") return String(priorityBase + JOIN);
    if (word.startsWith("+")) return String(start + Number(word.slice(1)));
    if (!word.startsWith("@")) return word;
    const name = word.slice(1);
    if (before === "dev" || before === "oif" || before === "iif") return deviceOf(name);
    const slot = slots.get(name);
    if (slot === undefined) throw new Error(`the plan has no table ${name}`);
    return String(tableBase + 2 * slot + generation);
  };
  return (words) => words.map((word, i) => concrete(word, words[i - 1])).join(" ");
}

function deviceOf(name: string, devices: Readonly<Record<string, string>>): string {
  const device = Object.hasOwn(devices, name) ? devices[name] : undefined;
  if (device === undefined) throw new Error(`interface ${name}: no device is given for it`);
  if (device.length > 15)
    throw new Error(`interface ${name}: the device name ${device} has more than 15 characters`);
  return nameToken(device);
}
