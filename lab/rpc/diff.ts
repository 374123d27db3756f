import type { AnyResourceType, Change, InputProperty } from "./resource";
import { Asset, UNKNOWN, Value, isObject } from "./values";

/** One changed place inside the inputs. */
export interface PropertyChange {
  /** `ingress[0].cidrBlocks[1]`, `tags["a.b"]`. */
  path: string;
  /** The input it lies in. */
  property: string;
  kind: "add" | "delete" | "update";
}

export interface Difference {
  changes: PropertyChange[];
  /** Inputs whose change replaces the resource. */
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/**
 * Compares inputs. An input that only the new side has is compared with the recorded output, so that a resource read
 * by an import, and a value the cloud chose which the program now spells out, are no change.
 */
export function diff(
  type: AnyResourceType,
  oldInputs: Readonly<Record<string, Value>>,
  inputs: Readonly<Record<string, Value>>,
  state: Readonly<Record<string, Value>>,
  ignore: readonly string[] = [],
): Difference {
  const changes = [...new Set([...Object.keys(oldInputs), ...Object.keys(inputs)])]
    .sort()
    .filter((key) => !key.startsWith("__") && !ignore.includes(key))
    .flatMap((key) => diffProperty(key, type.inputs[key], oldInputs[key] ?? state[key], inputs[key]));
  const changed = new Set(changes.map((change) => change.property));
  const change: Change<Record<string, Value>, Record<string, Value>> = { inputs, oldInputs, state, changed };
  const forced = [...changed].filter((key) => type.inputs[key]?.forceNew === true || !type.update);
  const replaces = [...new Set([...forced, ...(type.replaces?.(change) ?? [])])].sort();
  return {
    changes,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && (type.deleteBeforeReplace?.(change) ?? false),
  };
}

function diffProperty(
  key: string,
  property: InputProperty | undefined,
  before: Value,
  after: Value,
): PropertyChange[] {
  if (after === undefined && property?.computed) return [];
  const { normalize } = property ?? {};
  if (normalize && canonical(normalize(before)) === canonical(normalize(after))) return [];
  if (property?.type === "set" && Array.isArray(before) && Array.isArray(after)) {
    return diffSet(key, before, after);
  }
  return diffValue(key, key, before, after);
}

function diffValue(property: string, path: string, before: Value, after: Value): PropertyChange[] {
  if (isEmpty(before) && isEmpty(after)) return [];
  if (isEmpty(before)) return [{ property, path, kind: "add" }];
  if (isEmpty(after)) return [{ property, path, kind: "delete" }];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }).flatMap((_, i) =>
      diffValue(property, `${path}[${i}]`, before[i], after[i]),
    );
  }
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => diffValue(property, path + step(key), before[key], after[key]));
  }
  if (before instanceof Asset && after instanceof Asset && canonical(before) === canonical(after)) return [];
  return before === after && after !== UNKNOWN ? [] : [{ property, path, kind: "update" }];
}

/** Members only one side has, by their place on that side. */
function diffSet(property: string, before: readonly Value[], after: readonly Value[]): PropertyChange[] {
  const old = before.map(canonical);
  const now = after.map(canonical);
  return [
    ...old.flatMap((text, i) =>
      now.includes(text) ? [] : [{ property, path: `${property}[${i}]`, kind: "delete" as const }],
    ),
    ...now.flatMap((text, i) =>
      old.includes(text) ? [] : [{ property, path: `${property}[${i}]`, kind: "add" as const }],
    ),
  ];
}

/** Text that is equal for values that mean the same: key order, the order of lists and empty members do not count. */
export function canonical(value: Value): string {
  if (value === UNKNOWN) return "unknown";
  if (value instanceof Asset) return JSON.stringify(value.wire);
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (isObject(value)) {
    const members = Object.entries(value).filter(([, member]) => !isEmpty(member) && member !== false);
    return `{${members
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
      .sort()
      .join()}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Whether two values are equal as `type` compares them. */
export function same(type: InputProperty["type"], a: Value, b: Value): boolean {
  return diffProperty("value", { type }, a, b).length === 0;
}

function isEmpty(value: Value): boolean {
  return (
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}

function step(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
