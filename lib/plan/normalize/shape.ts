import { shown } from "../../model/issue";
import { Problems, atNamed } from "./problems";

/**
 * Strict readers for the shape of plain data. Each returns the value when its type is right, and otherwise notes
 * an issue and returns undefined. An absent optional field is undefined without an issue; null is a wrong type.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** An object that inherits nothing, of a kind that is quick to read: one of Object.create(null) is not. */
const Bare = function () {} as unknown as new () => object;
Bare.prototype = Object.create(null);

/** An object with no fields but the known ones. Only own fields count, so "__proto__" is just an unknown field. */
export function readObject(
  value: unknown,
  path: string,
  problems: Problems,
  known: readonly string[],
  want?: string,
): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.wrongType(path, value, want ?? `an object with ${listed(known)}`);
    return undefined;
  }
  const fields = new Bare() as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    const field = (value as Record<string, unknown>)[key];
    // A program may write a field as undefined; it is as good as absent.
    if (field === undefined) continue;
    if (!known.includes(key))
      problems.add(atNamed(path, key), "unknown field", `Known here are ${listed(known)}`);
    else fields[key] = field;
  }
  return fields;
}

/** Far more than a host can have; a sparse array may claim four thousand million and hold none. */
export const LONGEST_LIST = 2 ** 20;

/** The items of a list; a hole in a sparse one is an item too, and is then missed as such. */
export function readList(value: unknown, path: string, problems: Problems, of: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.wrongType(path, value, `a list of ${of}`);
    return [];
  }
  if (value.length > LONGEST_LIST) {
    problems.add(path, `got ${value.length} entries`, `Give at most ${LONGEST_LIST}`);
    return [];
  }
  return value.includes(undefined) ? Array.from(value as unknown[]) : value;
}

export function readString(
  value: unknown,
  path: string,
  problems: Problems,
  what: string,
): string | undefined {
  if (typeof value === "string") return value;
  problems.wrongType(path, value, what);
  return undefined;
}

export function readBoolean(value: unknown, path: string, problems: Problems): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  problems.wrongType(path, value, "true or false");
  return undefined;
}

export function readInteger(
  value: unknown,
  path: string,
  problems: Problems,
  [min, max]: readonly [number, number],
): number | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  problems.wrongType(path, value, `a whole number from ${min} to ${max}`);
  return undefined;
}

export function readChoice<T extends string>(
  value: unknown,
  path: string,
  problems: Problems,
  choices: readonly T[],
): T | undefined {
  if (choices.includes(value as T)) return value as T;
  problems.wrongType(path, value, `one of ${choices.map((c) => `"${c}"`).join(", ")}`);
  return undefined;
}

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,30}$/;

/** A name that is safe in every place we put it: Pulumi names, file names, nft names, comments. */
export function readName(value: unknown, path: string, problems: Problems): string | undefined {
  const text = readString(value, path, problems, "a name");
  if (text === undefined) return undefined;
  if (NAME.test(text)) return text;
  problems.add(
    path,
    `got the name ${shown(text)}`,
    'Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first',
  );
  return undefined;
}

function listed(known: readonly string[]): string {
  return known.map((k) => `"${k}"`).join(", ");
}
