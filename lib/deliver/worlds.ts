import * as pulumi from "@pulumi/pulumi";
import { Inputs, PENDING, isPending, pendingPaths, settle } from "./known";

/**
 * The worlds of a policy as far as they say which interfaces are apart from the rest, and so may have the same addresses.
 * Pending while that is; what else is pending of a world is left out, or stood in for.
 *
 * @param policy that of arguments, whatever it is
 * @returns what the policy has, whatever it is, when nothing of it is pending
 */
export function worldsOf(policy: unknown): unknown {
  const worlds = isPending(policy) ? policy : fieldOf(policy, "worlds");
  if (!Array.isArray(worlds)) return worlds;
  const members = worlds.map((world: unknown) => (isPending(world) ? world : fieldOf(world, "interfaces")));
  if (pendingPaths(members).length > 0) return PENDING;
  return worlds.map((world: unknown, i) =>
    pendingPaths(world).length === 0 ? world : standIn(world as object, i),
  );
}

/** Whether an interface is in a world; unknown while that is. */
export function isApart(policy: pulumi.Input<unknown>, name: string): pulumi.Output<boolean> {
  return settle<unknown, boolean>(policy as Inputs<unknown>, (draft) => {
    const worlds = worldsOf(draft);
    if (isPending(worlds)) return pulumi.unknown as never;
    return Array.isArray(worlds) && worlds.some((world: unknown) => has(fieldOf(world, "interfaces"), name));
  });
}

function has(list: unknown, name: string): boolean {
  return Array.isArray(list) && list.includes(name);
}

function standIn(world: object, index: number): object {
  const known = Object.entries(world).filter(([, value]) => pendingPaths(value).length === 0);
  // A namespace, which takes whatever else a world says.
  return { name: `pending.${index}`, kind: "netns", ...Object.fromEntries(known) };
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
