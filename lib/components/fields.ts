import { Issue } from "../model/issue";
import { atNamed } from "../plan/normalize/problems";

/** The fields that arguments of a type have, all of them. */
export type FieldsOf<T> = Readonly<Record<keyof T, true>>;

/**
 * Fields that arguments have and do not know. TypeScript sees those that are written in place, and not those that are spread,
 * or read from the stack's configuration: a misspelt one would be as good as absent.
 *
 * @param value an object
 * @param known the fields of its type
 * @param path of the object
 */
export function unknownFields<T>(value: object, known: FieldsOf<T>, path = ""): Issue[] {
  return Object.entries(value)
    .filter(([field, given]) => given !== undefined && !Object.hasOwn(known, field))
    .map(([field]) => ({
      path: atNamed(path, field),
      problem: "unknown field",
      fix: `Known here are ${Object.keys(known).join(", ")}`,
    }));
}
