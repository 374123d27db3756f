import { SpecError } from "../model/issue";
import { Plan } from "../model/plan";
import { readProgram } from "../prove/programText";

/**
 * Checks of what a Pulumi program registers, as plain functions: what is wrong, in sentences; nothing when all is well.
 * Values may be unknown at a preview: a check touches nothing but what it needs, so that a policy engine can tell.
 */

export const COMPONENTS = [
  "multihome:index:MultiHomedHost",
  "multihome:index:SymmetricRoutingPolicy",
] as const;
export const COMMAND = "command:remote:Command";
export const NETWORK_INTERFACE = "aws:ec2/networkInterface:NetworkInterface";

type Props = Readonly<Record<string, unknown>>;

/** Verdicts that are good enough: while values are pending, for a plan with stand-ins. */
const GOOD = ["proved", "proved schematically"];

/** The plan of a component is proved. `outputs` are those that it registered. */
export function unprovedPlan(outputs: Props): string[] {
  const { verdict } = outputs;
  if (typeof verdict === "string" && GOOD.includes(verdict)) return [];
  const got = typeof verdict === "string" ? `"${verdict}"` : "nothing";
  return [
    `its plan must be proved symmetric, but its verdict is ${got}; run multihome prove on the host to see why`,
  ];
}

/** Whether a command puts a program of ours on a host. */
export function isOurs(inputs: Props): boolean {
  return typeof inputs["stdin"] === "string" && /^PLAN='plan 1 /m.test(inputs["stdin"]);
}

/** A command of ours connects to no host whose key it does not know. */
export function unpinnedHostKey(inputs: Props): string[] {
  const connection = (inputs["connection"] ?? {}) as Props;
  const proxy = connection["proxy"] as Props | undefined;
  return [
    ...(connection["hostKey"]
      ? []
      : ["connection.hostKey is missing: whoever answers would be taken for the host"]),
    ...(proxy !== undefined && !proxy["hostKey"]
      ? ["connection.proxy.hostKey is missing: whoever answers could read and change what passes"]
      : []),
  ];
}

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** Inputs of a command that are kept, and shown, in clear. */
const CLEAR = ["create", "update", "delete", "stdin", "environment", "triggers"] as const;

/** Nothing secret stands where it is shown in clear: in the texts of a command, or in inputs of a component. */
export function secretsInClear(type: string, inputs: Props): string[] {
  const fields = type === COMMAND ? CLEAR : Object.keys(inputs);
  return fields
    .filter((field) => PRIVATE_KEY.test(textOf(inputs[field])))
    .map(
      (field) =>
        `${field} holds a private key, which is kept and shown in clear; give it by connection.privateKey`,
    );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "").replace(/\\n/g, "\n");
}

/** Every interface has a table of its own, and every source one interface; read from the program that is delivered. */
export function sharedTables(program: string): string[] {
  try {
    const { interfaces } = readProgram(program);
    const bySlot = interfaces.map(({ name, slot }) => [`table ${slot}`, name] as const);
    const bySource = interfaces.flatMap(({ name, addresses }) =>
      addresses.map(({ family, value }) => [`source ${family}/${value}`, name] as const),
    );
    return [...shared(bySlot), ...shared(bySource)];
  } catch (error) {
    if (error instanceof SpecError) return [error.message];
    throw error;
  }
}

function shared(pairs: readonly (readonly [what: string, owner: string])[]): string[] {
  const owners = new Map<string, string[]>();
  for (const [what, owner] of pairs) owners.set(what, [...(owners.get(what) ?? []), owner]);
  return [...owners]
    .filter(([, names]) => names.length > 1)
    .map(
      ([what, names]) =>
        `${names.join(" and ")} share a ${what.split(" ")[0]}: sources of one would leave by the other`,
    );
}

/**
 * Interfaces that send what is from an address of another, which a cloud's source check would drop: by `onLink: "direct"`,
 * direct pairs, or traffic policies before the rules for sources. Not judged is what the host forwards for others, whose
 * source NAT may change.
 *
 * @returns names, sorted
 */
export function sendsForeignSources(plan: SourcePlan): string[] {
  const { interfaces, traffic, worlds } = plan;
  const own = new Set(interfaces.map(({ name }) => name));
  // The tables of traffic policies, which are no interface's, lead out by their interfaces for all that is sent to them.
  const direct = [...plan.ipv4.routes, ...plan.ipv6.routes].flatMap(({ table, dev }) =>
    dev === undefined || dev === table || !own.has(table) ? [] : [dev],
  );
  const captured = traffic.flatMap(({ use, captures }) =>
    use.filter((name) => captures.some((owner) => owner !== name)),
  );
  const apart = worlds.flatMap((world) => sendsForeignSources(world.plan));
  return [...new Set([...direct, ...captured, ...apart])].sort();
}

/** What of a plan says which sources leave by which interface. */
export type SourcePlan = Pick<Plan, "interfaces" | "traffic" | "worlds" | "ipv4" | "ipv6">;

/**
 * Where a cloud's source/destination check is on although the plan needs it off: see {@link sendsForeignSources}. That it
 * is off where it could be on is no problem.
 *
 * @param check by interface name; absent is on
 */
export function disagreeingSourceDestCheck(
  plan: SourcePlan,
  check: Readonly<Record<string, boolean | undefined>>,
): string[] {
  const foreign = sendsForeignSources(plan);
  return Object.entries(check).flatMap(([name, on = true]) => {
    if (foreign.includes(name) && on)
      return [
        `${name} sends packets from addresses of other interfaces, but its sourceDestCheck is on, which drops them; set it to false, or onLink to "gateway"`,
      ];
    return [];
  });
}
