import * as pulumi from "@pulumi/pulumi";

/** Whether the engine knows hooks; the SDK's mocks do not. */
export function knowsHooks(): boolean {
  const monitor = pulumi.runtime.getMonitor() as { registerErrorHook?: unknown } | undefined;
  return monitor?.registerErrorHook !== undefined;
}

/** Of the monitors of this process, how often each hook name was given. */
const names = new WeakMap<object, Map<string, number>>();

/** A name for a hook of a resource: other than those of the run so far, and the same in every run, since state has it. */
export function hookName(kind: string, resource: string): string {
  const name = `multihome-${kind}-${resource}`;
  const monitor = pulumi.runtime.getMonitor() as object | undefined;
  if (monitor === undefined) return name;
  const given = names.get(monitor) ?? new Map<string, number>();
  names.set(monitor, given);
  const count = (given.get(name) ?? 0) + 1;
  given.set(name, count);
  return count === 1 ? name : `${name}-${count}`;
}
