import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { Plan } from "../model/plan";
import {
  COMMAND,
  COMPONENTS,
  NETWORK_INTERFACE,
  disagreeingSourceDestCheck,
  isOurs,
  secretsInClear,
  sharedTables,
  unprovedPlan,
  unpinnedHostKey,
} from "./checks";

/** Policies for @pulumi/policy; the pack in policy-pack/ holds them all. */

const isComponent = (type: string): boolean => (COMPONENTS as readonly string[]).includes(type);

/** Every multi-homed host of the stack has a plan that is proved symmetric. */
export const planIsProved: StackValidationPolicy = {
  name: "multihome-plan-is-proved",
  description: "Every multi-homed host has a plan that is proved symmetric for every packet.",
  enforcementLevel: "mandatory",
  validateStack: ({ resources }, report) => {
    for (const { type, props, urn } of resources.filter((resource) => isComponent(resource.type)))
      for (const problem of unprovedPlan(props)) report(`${nameOf(urn)} (${type}): ${problem}.`, urn);
  },
};

/** Every connection that puts a program on a host knows the host's key. */
export const hostKeyIsPinned: ResourceValidationPolicy = {
  name: "multihome-host-key-is-pinned",
  description: "A program is delivered only to a host whose SSH host key is pinned.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props }, report) => {
    if (type !== COMMAND || !isOurs(props)) return;
    for (const problem of unpinnedHostKey(props)) report(`${problem}.`);
  },
};

/** No private key stands where it is shown. */
export const noSecretsInClear: ResourceValidationPolicy = {
  name: "multihome-no-secrets-in-clear",
  description: "No private key stands in a command's text or in a component's inputs.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props }, report) => {
    if (type !== COMMAND && !isComponent(type)) return;
    for (const problem of secretsInClear(type, props)) report(`${problem}.`);
  },
};

/** No two interfaces of a host share a routing table, and no source belongs to two. */
export const tablesAreNotShared: ResourceValidationPolicy = {
  name: "multihome-tables-are-not-shared",
  description: "Every interface of a host has a routing table of its own, and every source one interface.",
  enforcementLevel: "mandatory",
  validateResource: ({ type, props }, report) => {
    if (type !== COMMAND || !isOurs(props)) return;
    for (const problem of sharedTables(props["stdin"] as string)) report(`${problem}.`);
  },
};

/** The cloud's source check does not drop what the plan sends. */
export const sourceDestCheckAgrees: StackValidationPolicy = {
  name: "multihome-source-dest-check-agrees",
  description: "The source/destination check of an ENI does not drop what the host's plan sends by it.",
  enforcementLevel: "mandatory",
  validateStack: ({ resources }, report) => {
    for (const host of resources.filter(({ type }) => type === COMPONENTS[0])) {
      const plan = host.props["plan"] as Plan | undefined;
      if (plan === undefined || !("ipv4" in plan)) continue;
      const interfaces = [plan, ...plan.worlds.map((world) => world.plan)].flatMap((one) => one.interfaces);
      const checks = Object.fromEntries(
        interfaces.map(({ name }) => {
          const eni = resources.find((resource) => isEniOf(resource, host, name));
          return [name, eni?.props["sourceDestCheck"] as boolean | undefined];
        }),
      );
      for (const problem of disagreeingSourceDestCheck(plan, checks))
        report(`${nameOf(host.urn)}: ${problem}.`, host.urn);
    }
  },
};

function isEniOf(resource: PolicyResource, host: PolicyResource, name: string): boolean {
  return (
    resource.type === NETWORK_INTERFACE &&
    resource.parent?.urn === host.urn &&
    resource.name === `${host.name}-${name}`
  );
}

function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** All of them, as for the `policies` of a PolicyPack. */
export const policies: readonly (ResourceValidationPolicy | StackValidationPolicy)[] = [
  planIsProved,
  hostKeyIsPinned,
  noSecretsInClear,
  tablesAreNotShared,
  sourceDestCheckAgrees,
];
