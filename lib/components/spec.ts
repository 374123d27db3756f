import * as pulumi from "@pulumi/pulumi";
import { issuesOf } from "../deliver/argsError";
import { Draft, Pending, isKnown, isPending, pendingPaths } from "../deliver/known";
import { Issue, shown } from "../model/issue";
import { GatewaySpec, HostSpec, InterfaceSpec } from "../model/spec";
import { planHost } from "../plan";
import { NumbersArgs, RoutedInterfaceArgs, RoutingPolicyArgs } from "../args/routing";
import { worldsOf } from "../deliver/worlds";

/** From arguments whose outputs have been resolved to the spec that the planner reads. */

export interface PlainHostArgs {
  hostName: string;
  interfaces: pulumi.Unwrap<RoutedInterfaceArgs>[];
  policy?: pulumi.Unwrap<RoutingPolicyArgs>;
  numbers?: pulumi.Unwrap<NumbersArgs>;
}

export function hostSpec(args: PlainHostArgs): HostSpec {
  return {
    name: args.hostName,
    interfaces: args.interfaces.map(interfaceSpec),
    policy: args.policy,
    numbers: args.numbers,
  };
}

function interfaceSpec({ onLinkGateways, ...fields }: pulumi.Unwrap<RoutedInterfaceArgs>): InterfaceSpec {
  const { gateways = [] } = fields;
  // Lists that are none are refused: the one by its reader, the other by gatewayIssues.
  if (!Array.isArray(onLinkGateways) || !Array.isArray(gateways)) return fields;
  const onLink: GatewaySpec[] = onLinkGateways.map((address) => ({ address, onLink: true }));
  return { ...fields, gateways: [...gateways, ...onLink] };
}

function gatewayIssues(interfaces: PlainHostArgs["interfaces"]): Issue[] {
  return interfaces.flatMap((iface, i) => listIssues(iface, i, ["onLinkGateways"]));
}

const LISTS = ["addresses", "gateways", "onLinkGateways", "delegatedPrefixes", "subnets", "routes"];

/** Fields of an interface that should be lists and are none; what is pending may still be one. */
function listIssues(iface: unknown, index: number, fields: readonly string[] = LISTS): Issue[] {
  return fields
    .map((field) => ({ field, value: (iface as Readonly<Record<string, unknown>>)[field] }))
    .filter(({ value }) => isKnown(value) && !Array.isArray(value))
    .map(({ field, value }) => ({
      path: `interfaces[${index}].${field}`,
      problem: `got ${shown(value)}`,
      fix: "Give a list, in brackets even with one element",
    }));
}

function plannedIssues(args: PlainHostArgs): readonly Issue[] {
  // A list that is none is for the planner's reader to refuse, not for us to fall over.
  if (!Array.isArray(args.interfaces) || args.interfaces.some((i) => typeof i !== "object" || i === null)) {
    const spec = { name: args.hostName, interfaces: args.interfaces } as HostSpec;
    return issuesOf(() => planHost(spec)).map(ofHostName);
  }
  const issues = issuesOf(() => planHost(hostSpec(args)));
  return [...gatewayIssues(args.interfaces), ...inOurWords(issues, args.interfaces)];
}

/**
 * What is wrong with what is known of a host. Everything is checked once everything is known; before, the interfaces
 * that are known whole, and the rest of the arguments without what refers to interfaces by name. A value that is
 * pending can therefore never turn what was refused into something right.
 */
export function hostIssues(draft: Draft<PlainHostArgs>): readonly Issue[] {
  if (isPending(draft)) return [];
  if (pendingPaths(draft).length === 0) return plannedIssues(draft as PlainHostArgs);
  const all = (Array.isArray(draft.interfaces) ? (draft.interfaces as readonly InterfaceDraft[]) : []).map(
    (value, index) => ({ value, index, whole: pendingPaths(value).length === 0 }),
  );
  const known = all.filter(({ whole }) => whole);
  // Interfaces of different worlds may have the same addresses: while the worlds are pending, each is looked at alone.
  const groups = isPending(worldsOf(draft.policy)) ? known.map((one) => [one]) : [known];
  const issues = (groups.length === 0 ? [[]] : groups).flatMap((group, i) => {
    const found = groupIssues(draft, group, group.length === known.length).map((issue) =>
      moved(
        issue,
        group.map(({ index }) => index),
      ),
    );
    // What is no interface's has been told with the first.
    return i === 0 ? found : found.filter(({ path }) => path.startsWith("interfaces["));
  });
  return [
    ...issues,
    ...all.flatMap(({ value, index, whole }) => (whole || isPending(value) ? [] : listIssues(value, index))),
  ];
}

type InterfaceDraft = Draft<PlainHostArgs["interfaces"][number]>;

/**
 * What is wrong with some interfaces that are known, and with what is known of the rest.
 *
 * @param all whether these are all that are known
 */
function groupIssues(
  { hostName, interfaces, policy, numbers }: Exclude<Draft<PlainHostArgs>, Pending>,
  group: readonly { readonly value: unknown }[],
  all: boolean,
): readonly Issue[] {
  const values = group.map(({ value }) => value);
  const names = values.map((value) => (value as { readonly name?: unknown } | null | undefined)?.name);
  const stands = values.length > 0 ? values : [STAND_IN];
  return plannedIssues({
    hostName: isKnown(hostName) ? hostName : "pending",
    // What is no list, or has nothing in it, is refused as it is.
    interfaces: (all && pendingPaths(interfaces).length === 0
      ? interfaces
      : stands) as PlainHostArgs["interfaces"],
    policy: policyWithoutNames(policy, names) as PlainHostArgs["policy"],
    numbers: pendingPaths(numbers).length === 0 ? (numbers as PlainHostArgs["numbers"]) : undefined,
  });
}

/**
 * A policy without what refers to interfaces by name; of one that is pending in part the worlds alone. One that is no
 * object is for the planner's reader to refuse.
 */
function policyWithoutNames(policy: Draft<PlainHostArgs["policy"]>, names: readonly unknown[]): unknown {
  if (isPending(policy)) return undefined;
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) return policy;
  const worlds = among(worldsOf(policy), names);
  const rest = { ...policy, directPairs: undefined, traffic: undefined, identity: undefined, worlds };
  return pendingPaths(rest).length === 0 ? rest : { worlds };
}

/** Worlds with those of their interfaces that are looked at. */
function among(worlds: unknown, names: readonly unknown[]): unknown {
  if (isPending(worlds)) return undefined;
  if (!Array.isArray(worlds)) return worlds;
  return worlds.flatMap((world: unknown) => {
    const list = (world as { readonly interfaces?: unknown } | null)?.interfaces;
    if (!Array.isArray(list)) return [world];
    const interfaces = list.filter((name) => names.includes(name));
    return interfaces.length === 0 ? [] : [{ ...(world as object), interfaces }];
  });
}

/** In place of interfaces of which none is known yet: a host has at least one. */
const STAND_IN = { name: "pending", addresses: ["198.18.0.1/32"] };

/** An issue of a spec that holds some of the interfaces, by the place that each has in the arguments. */
function moved(issue: Issue, places: readonly number[]): Issue {
  const path = issue.path.replace(
    /^interfaces\[(\d+)\]/,
    (_, index: string) => `interfaces[${places[Number(index)] ?? index}]`,
  );
  return { ...issue, path };
}

/** An issue of the host's name, which is the component's own unless an argument says otherwise. */
export function ofHostName(issue: Issue): Issue {
  if (issue.path !== "name") return issue;
  return { ...issue, path: "hostName", fix: `${issue.fix}; without hostName it is the component's own name` };
}

/** Issues in the words of the arguments, where the name and on-link gateways have fields of their own. */
function inOurWords(issues: readonly Issue[], interfaces: PlainHostArgs["interfaces"]): readonly Issue[] {
  return issues.map(ofHostName).map((issue) => ({
    ...issue,
    path: issue.path.replace(/^interfaces\[(\d+)\]\.gateways\[(\d+)\].*$/, (whole, i: string, j: string) => {
      const before = interfaces[Number(i)]?.gateways?.length ?? 0;
      return Number(j) < before ? whole : `interfaces[${i}].onLinkGateways[${Number(j) - before}]`;
    }),
    fix: issue.fix.replace(/say \{"address": "[^"]*", "onLink": true\}/, "move it to onLinkGateways"),
  }));
}
