import { Intent, IntentInterface, ProveOptions } from "../linux";
import { SpecError, shown } from "../model/issue";
import { Address, Family, parseAddress } from "../net/address";
import { Prefix, contains, hostPrefix, parsePrefix } from "../net/prefix";
import { Devices } from "./intent";

/**
 * A program read back from its own text: what is delivered is what is proved, and not what was meant. It knows the
 * lines of the program's plan (see lib/render/payload.ts) and nothing of how they were made.
 */
export interface ProgramText {
  readonly host: string;
  readonly numbers: Readonly<Record<string, string>>;
  /** Whether nothing of ours may leave by what is not managed. */
  readonly ignoresUnmanaged: boolean;
  readonly interfaces: readonly ProgramInterface[];
  /** Tables that are no interface's, by name. */
  readonly tables: ReadonlyMap<string, number>;
  /** Marks of replies, by the interface that their connection came in by. */
  readonly connections: NonNullable<Intent["connections"]>;
  /** Addresses that belong to no interface. */
  readonly identities: readonly Address[];
  readonly families: { readonly [F in Family]: ProgramFamily };
  readonly worlds: readonly ProgramWorld[];
}

/** A routing domain of its own, with a program of its own. */
export interface ProgramWorld {
  readonly name: string;
  /** Of a VRF. */
  readonly table?: string;
  readonly program: ProgramText;
  /** Lines for the table that decides for what has no source yet, as words without the table. */
  readonly routes: { readonly [F in Family]: readonly Words[] };
}

export interface ProgramInterface {
  readonly name: string;
  readonly slot: number;
  readonly match: { readonly mac?: string; readonly ifname?: string; readonly address?: string };
  readonly addresses: readonly Address[];
  readonly prefixes: readonly Prefix[];
}

/** Lines, as words. */
export interface ProgramFamily {
  readonly routes: readonly Words[];
  readonly rules: readonly Words[];
  readonly expectations: readonly Words[];
}

type Words = readonly string[];

/**
 * Reads a rendered program, or the lines of its plan alone.
 *
 * @throws SpecError when it is neither
 */
export function readProgram(text: string): ProgramText {
  const lines = (/^PLAN='([^']*)'$/m.exec(text)?.[1] ?? text).split("\n").map((line) => line.split(" "));
  const [first] = lines;
  const cutOff = !lines.some(([key, ...more]) => key === "end" && more.length === 0);
  if (first[0] !== "plan" || first[1] !== "1" || cutOff) {
    const problem = first[0] === "plan" && cutOff ? "its plan is cut off" : `got ${shown(text)}`;
    const fix = "Give the whole text that renderProgram or `multihome render` makes";
    throw new SpecError("the program", [{ path: "", problem, fix }]);
  }
  const of = (key: string): Words[] => lines.filter(([word]) => word === key).map(([, ...words]) => words);
  const family = (f: Family): ProgramFamily => ({
    routes: of(`route${f}`),
    rules: of(`rule${f}`),
    expectations: of(`expect${f}`),
  });
  const owned = (key: string, name: string): string[] =>
    of(key).flatMap(([owner, value]) => (owner === name ? [value] : []));
  return {
    host: first[2],
    numbers: Object.fromEntries((of("numbers")[0] ?? []).map((word) => word.split("="))),
    ignoresUnmanaged: of("unmanaged").length > 0,
    interfaces: of("interface").map(([name, , slot, ...match]) => ({
      name,
      slot: Number(slot),
      match: pairs(match),
      addresses: owned("address", name).map(known(parseAddress)),
      prefixes: owned("prefix", name).map(known(parsePrefix)),
    })),
    tables: new Map(of("table").map(([name, , slot]) => [name, Number(slot)])),
    connections: of("connection").map(([name, mark, mask]) => ({
      interface: name,
      mark: Number(mark),
      mask: Number(mask),
    })),
    identities: of("identity").map(([address]) => known(parseAddress)(address)),
    families: { 4: family(4), 6: family(6) },
    worlds: of("world")
      .filter(([, key]) => key === "kind")
      .map(([name, , , table]) => {
        const own = of("world").filter(([world]) => world === name);
        const ofKey = (key: string): Words[] => own.flatMap(([, k, ...words]) => (k === key ? [words] : []));
        return {
          name,
          ...(table !== undefined && { table }),
          program: readProgram(
            ofKey("in")
              .map((words) => words.join(" "))
              .join("\n"),
          ),
          routes: { 4: ofKey("route4"), 6: ofKey("route6") },
        };
      }),
  };
}

/**
 * The commands by which the program puts the plan on a host that has nothing of ours, in its order: beside what is
 * there, out of reach; then in force by one rule a family; then that rule for good.
 */
export function commandsOf(program: ProgramText, devices: Devices): NonNullable<ProveOptions["steps"]> {
  const { group, table, protocol, canary, pending, active, band0, join, mark } = program.numbers;
  const slots = new Map([
    ...program.interfaces.map(({ name, slot }): [string, number] => [name, slot]),
    ...program.tables,
  ]);
  const filled = (words: Words): string =>
    words
      .map((word, i) => {
        if (word === "join") return join;
        if (word.startsWith("+")) return String(Number(band0) + Number(word.slice(1)));
        if (!word.startsWith("@")) return word;
        const name = word.slice(1);
        if (["dev", "oif", "iif"].includes(words[i - 1])) return devices[name];
        return String(Number(table) + 2 * slots.get(name)!);
      })
      .join(" ");
  const rule = (verb: "add" | "del", words: string): string =>
    `rule ${verb} priority ${words} protocol ${protocol}`;
  return ([4, 6] as const).flatMap((family) => {
    const { routes, rules } = program.families[family];
    const groups =
      family === 4
        ? program.interfaces.map(({ name }) => `link set dev ${devices[name]} group ${group}`)
        : [];
    const lines = [
      ...groups,
      ...routes.map((words) => {
        const [way, ...hops] = filled(words).split(/ (?=nexthop )/);
        return ["route add", way, "proto", protocol, ...hops].join(" ");
      }),
      ...(rules.length === 0
        ? []
        : [
            rule("add", `${join} nop`),
            rule("add", `${active} goto ${join}`),
            ...rules.map((words) => rule("add", filled(words))),
            rule("add", `${canary} fwmark ${mark}/${mark} goto ${band0}`),
            rule("add", `${pending} goto ${band0}`),
            rule("del", `${active} goto ${join}`),
            rule("add", `${active} goto ${band0}`),
            rule("del", `${pending} goto ${band0}`),
            rule("del", `${canary} fwmark ${mark}/${mark} goto ${band0}`),
          ]),
    ];
    return lines.length === 0 ? [] : [{ family, text: lines.join("\n") }];
  });
}

/**
 * What a program is meant to do, as far as its own text says it: sources by interface, gateways and pairs by the answers
 * that it expects of the kernel. Where the host's description is at hand, {@link intentOf} says more, and independently.
 */
export function intentOfProgram(program: ProgramText, devices: Devices): Intent {
  const interfaces = program.interfaces.map((iface) => interfaceOf(program, iface, devices));
  return {
    interfaces,
    onLink: "gateway",
    directPairs: directPairs(program, interfaces),
    unmanagedRoutes: program.ignoresUnmanaged ? "ignore" : "follow",
    unmanagedLongerThan: { 4: 1, 6: 3 },
    attachedByGateway: true,
    ...(program.identities.length > 0 && { identities: program.identities }),
  };
}

function interfaceOf(program: ProgramText, iface: ProgramInterface, devices: Devices): IntentInterface {
  const { name, addresses, prefixes } = iface;
  const routes = ([4, 6] as const).flatMap((family) =>
    program.families[family].routes
      .map(([to, ...words]) => ({ to, words: pairs(words.filter((word) => word !== "onlink")) }))
      .filter(({ words: { table, dev } }) => table === `@${name}` && dev === `@${name}`)
      .filter(({ to }) => to !== "default" && to !== "fe80::/64")
      .map(({ to, words: { via } }) => ({ to: known(parsePrefix)(to), via })),
  );
  const gateway = (family: Family): Address | undefined => {
    const row = program.families[family].expectations.find(
      ([owner, , kind]) => owner === name && kind === "elsewhere",
    );
    const via = row === undefined ? undefined : pairs(row.slice(3)).via;
    return via === undefined ? undefined : known(parseAddress)(via);
  };
  const [ipv4, ipv6] = [gateway(4), gateway(6)];
  const subnets = routes.filter(({ via }) => via === undefined).map(({ to }) => to);
  return {
    name,
    device: devices[name],
    addresses: addresses.map((address) => ({ address, length: lengthOf(address, subnets) })),
    delegatedPrefixes: prefixes,
    gateways: { ...(ipv4 && { 4: ipv4 }), ...(ipv6 && { 6: ipv6 }) },
    subnets,
    routes: routes.flatMap(({ to, via }) =>
      via === undefined ? [] : [{ to, via: known(parseAddress)(via) }],
    ),
  };
}

/** A program does not say how long the prefix of an address is; that of the attached subnet it lies in will do. */
function lengthOf(address: Address, subnets: readonly Prefix[]): number {
  const lengths = subnets.filter((subnet) => contains(subnet, address)).map(({ length }) => length);
  return lengths.length === 0 ? hostPrefix(address).length : Math.max(...lengths);
}

/** Interfaces that reach each other's networks directly, as the expectations have it. */
function directPairs(program: ProgramText, interfaces: readonly IntentInterface[]): Intent["directPairs"] {
  const found = ([4, 6] as const).flatMap((family) =>
    program.families[family].expectations
      .filter(
        ([owner, , kind, ...way]) => kind === "other-attached" && way[1] !== `@${owner}` && way[0] === "dev",
      )
      .map(([from, to, , , dev]) => ({ from, to: dev.slice(1), address: known(parseAddress)(to) })),
  );
  return found
    .filter(({ to, address }) =>
      interfaces.some((i) => i.name === to && i.subnets.some((s) => contains(s, address))),
    )
    .map(({ from, to }) => ({ from, to }))
    .filter(({ from, to }, i, all) => all.findIndex((one) => one.from === from && one.to === to) === i);
}

function pairs(words: Words): Partial<Record<string, string>> {
  return Object.fromEntries(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1]]] : [])));
}

/** Text of the program's own plan: it was checked when it was made, and is refused whole when it was not. */
function known<T>(
  parse: (text: string) => { ok: true; value: T } | { ok: false; reason: string },
): (text: string) => T {
  return (text) => {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    const problem = `got ${shown(text)}: ${parsed.reason}`;
    throw new SpecError("the program", [{ path: "", problem, fix: "Give it as it was rendered" }]);
  };
}
