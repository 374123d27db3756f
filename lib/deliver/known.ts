import * as pulumi from "@pulumi/pulumi";

/**
 * Values that are known in part. At a preview some inputs are not known yet (the id of a resource that does not
 * exist), but what is known already must be checked, planned and shown at once.
 *
 * {@link knownNow} looks at plain values in the constructor; {@link settle} looks again, in the output, at all that
 * the engine knows. Both put {@link PENDING} where a value is missing, so that one check serves both.
 */

/** Stands for a value that is not known yet. */
export const PENDING: unique symbol = Symbol("pending");
export type Pending = typeof PENDING;

/** T, where any part may be pending. */
export type Draft<T> = T extends string | number | boolean | null | undefined
  ? T | Pending
  : T extends readonly (infer U)[]
    ? readonly Draft<U>[] | Pending
    : { [K in keyof T]: Draft<T[K]> } | Pending;

/** T, where any part may be an input still. */
export type Inputs<T> = pulumi.Input<
  T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer U)[]
      ? readonly Inputs<U>[]
      : { [K in keyof T]: Inputs<T[K]> }
>;

export function isPending(value: unknown): value is Pending {
  return value === PENDING;
}

/** Whether a value is there: neither pending nor absent. */
export function isKnown<T>(value: T | Pending | undefined): value is T {
  return value !== PENDING && value !== undefined;
}

/** What of an input is plain data already; outputs, promises and resources are pending. */
export function knownNow<T>(input: Inputs<T>): Draft<T> {
  return convert(input, (value) =>
    pulumi.Output.isInstance(value) || value instanceof Promise || pulumi.Resource.isInstance(value)
      ? PENDING
      : undefined,
  ) as Draft<T>;
}

/**
 * Runs `use` as soon as everything in `input` that the engine can know is known, with {@link PENDING} for the rest:
 * also at a preview, where an ordinary `apply` would not run. The result counts as known.
 */
export function settle<T, R>(input: Inputs<T>, use: (draft: Draft<T>) => R): pulumi.Output<R> {
  // The SDK's own property access is built on this parameter, which its type declaration leaves out.
  const output = pulumi.output(input) as unknown as {
    apply(use: (value: unknown) => R, runWithUnknowns: boolean): pulumi.Output<R>;
  };
  return output.apply(
    (value) => use(convert(value, (v) => (pulumi.isUnknown(v) ? PENDING : undefined)) as Draft<T>),
    true,
  );
}

/** A draft as a value of an output: what is pending is unknown to whoever uses it, and the rest can be seen. */
export function unknownAgain<T>(draft: Draft<T>): T {
  return convert(draft, (value) => (value === PENDING ? pulumi.unknown : undefined)) as T;
}

/** One field of an input, known as soon as it is itself, whatever becomes of the others. */
export function fieldOf<T, K extends keyof T>(input: Inputs<T>, key: K): pulumi.Output<T[K]> {
  return (pulumi.output(input) as unknown as Record<K, pulumi.Output<T[K]>>)[key];
}

/**
 * The same value, without the dependencies on the resources it came from: to wait for a check of everything without
 * telling the engine that everything depends on everything, so that replacing one part would replace the others.
 */
export function independently<T>(output: pulumi.Output<T>): pulumi.Output<T> {
  return pulumi.output((output as unknown as { promise(): Promise<T> }).promise()) as pulumi.Output<T>;
}

/** Where values are pending, as paths: `interfaces[0].addresses[1]`. */
export function pendingPaths(draft: unknown, path = ""): string[] {
  if (draft === PENDING) return [path];
  if (Array.isArray(draft)) return draft.flatMap((item, i) => pendingPaths(item, `${path}[${i}]`));
  if (typeof draft !== "object" || draft === null) return [];
  return Object.entries(draft).flatMap(([key, value]) =>
    pendingPaths(value, path === "" ? key : `${path}.${key}`),
  );
}

/** A deep copy in which `replace` may put another value; resources are left as they are. */
function convert(value: unknown, replace: (value: unknown) => unknown): unknown {
  const instead = replace(value);
  if (instead !== undefined) return instead;
  if (Array.isArray(value)) return value.map((item: unknown) => convert(item, replace));
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return value;
  // An absent field and one that is undefined are the same to whoever wrote it.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([key, field]) => [key, convert(field, replace)]),
  );
}
