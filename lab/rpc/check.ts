import type { AnyResourceType, CheckFailure, InputProperty, Provider } from "./resource";
import { Properties, UNKNOWN, Value, isUnknown } from "./values";

/** Name of the input that lists which inputs were filled in, as bridged providers record it. */
export const DEFAULTS = "__defaults";

/** How the engine wants missing names made. */
export interface Autonaming {
  /** A name to use, when the engine proposes one. */
  proposed?: string;
  disabled: boolean;
  /** 7 hex digits, the same for every retry of one operation. */
  suffix: string;
}

/** Checks inputs and fills in defaults and names. */
export function check(
  provider: Provider,
  type: AnyResourceType,
  name: string,
  oldInputs: Properties,
  inputs: Properties,
  autonaming: Autonaming,
): { inputs: Properties; failures: CheckFailure[] } {
  const { [DEFAULTS]: _, ...given } = inputs;
  const filled: Record<string, Value> = { ...given };
  const failures = type.decode?.(given) ?? misfits(provider, type, given);
  const defaults: string[] = [];
  for (const [key, property] of Object.entries(type.inputs)) {
    if (filled[key] !== undefined) {
      filled[key] = property.complete?.(filled[key]) ?? filled[key];
      continue;
    }
    const standard = typeof property.default === "function" ? property.default() : property.default;
    const value = property.autoname ? madeName(key, name, oldInputs, autonaming) : standard;
    if (value === undefined) continue;
    filled[key] = value;
    defaults.push(key);
  }
  if (defaults.length > 0) filled[DEFAULTS] = defaults.sort();
  if (failures.length === 0) failures.push(...(type.check?.(filled) ?? []));
  return { inputs: filled, failures };
}

/** Inputs that the type does not have, that have another type, or that are missing. */
function misfits(provider: Provider, type: AnyResourceType, inputs: Properties): CheckFailure[] {
  const given = Object.entries(inputs).flatMap(([key, value]) => {
    const property = type.inputs[key];
    if (property) return mismatch(key, property, value);
    return [
      { property: key, reason: provider.unmodelledProperty(type.token, key, Object.keys(type.inputs)) },
    ];
  });
  const missing = Object.entries(type.inputs)
    .filter(([key, { required }]) => required && inputs[key] === undefined)
    .map(([key]) => ({ property: key, reason: `missing required property '${key}'` }));
  return [...given, ...missing];
}

/** Whether the value of a property was filled in by {@link check} rather than given by the program. */
export function isDefault(inputs: Properties, property: string): boolean {
  const defaults = inputs[DEFAULTS];
  return Array.isArray(defaults) && defaults.includes(property);
}

function madeName(key: string, name: string, old: Properties, autonaming: Autonaming): Value {
  if (isDefault(old, key)) return old[key];
  if (autonaming.proposed) return autonaming.proposed;
  return autonaming.disabled ? undefined : `${name}-${autonaming.suffix}`;
}

/** What is wrong with the type of a value. A secret's value is not repeated. */
export function mismatch(key: string, property: InputProperty, value: Value): CheckFailure[] {
  if (fits(property, value)) return [];
  const got = property.secret ? "a value of another type" : describe(value);
  return [{ property: key, reason: `expected ${wanted(property)}, got ${got}` }];
}

function fits(property: InputProperty, value: Value): boolean {
  if (value === UNKNOWN || property.type === "any") return true;
  if (property.type === "list" || property.type === "set") return Array.isArray(value);
  if (property.type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === property.type;
}

function wanted({ type }: InputProperty): string {
  return (
    { string: "text", number: "a number", boolean: "true or false", object: "an object" }[type as string] ??
    "a list"
  );
}

function describe(value: Value): string {
  return isUnknown(value) ? "a value of another type" : JSON.stringify(value);
}
