import * as pulumi from "@pulumi/pulumi";
import { issuesOf } from "../deliver/argsError";
import { Draft, isKnown, isPending, pendingPaths } from "../deliver/known";
import { Issue, shown } from "../model/issue";
import { GatewaySpec, HostSpec, InterfaceSpec } from "../model/spec";
import { planHost } from "../plan";
import { NumbersArgs, RoutedInterfaceArgs, RoutingPolicyArgs } from "../args/routing";

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
  const names = known.map(({ value }) => (value as { readonly name?: unknown } | null | undefined)?.name);
  const policy = policyWithoutNames(draft.policy, names);
  const stands = known.length > 0 ? known.map(({ value }) => value) : [STAND_IN];
  const issues = plannedIssues({
    hostName: isKnown(draft.hostName) ? draft.hostName : "pending",
    interfaces: (pendingPaths(draft.interfaces).length === 0
      ? draft.interfaces
      : stands) as PlainHostArgs["interfaces"],
    policy: pendingPaths(policy).length === 0 ? (policy as PlainHostArgs["policy"]) : undefined,
    numbers:
      pendingPaths(draft.numbers).length === 0 ? (draft.numbers as PlainHostArgs["numbers"]) : undefined,
  });
  const places = known.map(({ index }) => index);
  return [
    ...issues.map((issue) => moved(issue, places)),
    ...all.flatMap(({ value, index, whole }) => (whole || isPending(value) ? [] : listIssues(value, index))),
  ];
}

type InterfaceDraft = Draft<PlainHostArgs["interfaces"][number]>;

/** A policy without what refers to interfaces by name; one that is no object is for the planner's reader to refuse. */
function policyWithoutNames(policy: Draft<PlainHostArgs["policy"]>, names: readonly unknown[]): unknown {
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) return policy;
  return {
    ...policy,
    directPairs: undefined,
    traffic: undefined,
    identity: undefined,
    worlds: worldsOf(policy, names),
  };
}

/** The worlds as far as their interfaces are known, which then may have the same addresses. */
function worldsOf(policy: unknown, names: readonly unknown[]): unknown {
  const worlds = (policy as { readonly worlds?: unknown } | undefined)?.worlds;
  if (!Array.isArray(worlds) || pendingPaths(worlds as Draft<unknown>).length > 0) return undefined;
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
