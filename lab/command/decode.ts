import type { CheckFailure } from "../rpc/resource";
import { Properties, Secret, UNKNOWN, Value, isObject } from "../rpc/values";

/**
 * Whether inputs fit what a Go provider declares, in the words of pulumi-go-provider, which the real command provider
 * is made with. No message holds a value: it may be a key in the wrong place.
 */
export interface Struct {
  /** Go name with its package: `remote.Connection`. */
  readonly name: string;
  /** In the order in which they are looked at: a struct's own fields, then those of structs it embeds. */
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly type:
    | "string"
    | "float64"
    | "int"
    | "bool"
    | "remote.Logging"
    | "local.Logging"
    | "[]string"
    | "[]interface {}"
    | "map[string]string"
    | Struct;
  readonly required?: boolean;
}

/** What does not fit, a failure a top-level input. */
export function decodeFailures(struct: Struct, inputs: Properties): CheckFailure[] {
  return [
    ...struct.fields.flatMap((field) => {
      const value = inputs[field.name];
      if (value !== undefined) return fieldFailures(struct, field.name, field.type, value);
      if (!field.required) return [];
      return [{ property: field.name, reason: `Missing required field '${field.name}' on '${struct.name}'` }];
    }),
    ...Object.keys(inputs)
      .filter((key) => !struct.fields.some((field) => field.name === key))
      .sort()
      .map((key) => ({ property: key, reason: `Unrecognized field '${key}' on '${struct.name}'` })),
  ];
}

function fieldFailures(struct: Struct, path: string, type: Field["type"], given: Value): CheckFailure[] {
  const value = given instanceof Secret ? given.value : given;
  const wrong = () => [
    {
      property: path,
      reason: `Field '${path}' on '${struct.name}' must be a '${typeof type === "string" ? type : type.name}'; got '${goType(value)}' instead`,
    },
  ];
  if (value === UNKNOWN) return [];
  if (typeof type !== "string") {
    if (!isObject(value)) return wrong();
    const inner = decodeFailures(type, value);
    if (inner.length === 0) return [];
    const list = inner.map(({ property, reason }) => `\n\t${property}: ${reason}`).join("");
    const where = `${struct.name.split(".")[1]}.${path}`;
    const reason = `An error occurred decoding '${where}': ${inner.length} failures decoding:${list}`;
    return [{ property: path, reason }];
  }
  switch (type) {
    case "[]interface {}":
      return Array.isArray(value) ? [] : wrong();
    case "[]string":
      if (!Array.isArray(value)) return wrong();
      return value.flatMap((member: Value, i) => fieldFailures(struct, `${path}[${i}]`, "string", member));
    case "map[string]string":
      if (!isObject(value)) return wrong();
      return Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([key, member]) => fieldFailures(struct, `${path}[${key}] value`, "string", member))
        .slice(0, 1);
    default:
      return typeof value === { float64: "number", int: "number", bool: "boolean" }[type as string] ||
        (typeof value === "string" && !["float64", "int", "bool"].includes(type))
        ? []
        : wrong();
  }
}

function goType(value: Value): string {
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}
