import { Gap } from "../state";

/** Longest text of one dump that is read: some 400,000 routes. */
export const MAX_DUMP_BYTES = 128 * 1024 * 1024;
/** Most entries of one dump. */
export const MAX_ENTRIES = 2_000_000;

/** A value as it may stand in a message: on one line, printable, short. */
export function quoted(value: unknown): string {
  const text = (typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))).replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${text.length <= 60 ? text : `${text.slice(0, 57)}...`}"`;
}

/** Reads the JSON array of an `ip -j` dump. What is wrong goes to `gaps`, with its place. */
export function readArray(where: string, text: string, gaps: Gap[]): unknown[] {
  if (text.length > MAX_DUMP_BYTES) {
    gaps.push({
      where,
      position: `byte ${MAX_DUMP_BYTES}`,
      kind: "limit",
      problem: "the dump is too long to be read",
    });
    return [];
  }
  if (text.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    gaps.push({
      where,
      position: placeOf(text, error),
      kind: "unreadable",
      problem: "not JSON; is it cut off?",
    });
    return [];
  }
  if (!Array.isArray(value)) {
    gaps.push({
      where,
      position: "line 1",
      kind: "unreadable",
      problem: "not a JSON array, as ip -j prints",
    });
    return [];
  }
  if (value.length > MAX_ENTRIES) {
    gaps.push({
      where,
      position: `entry ${MAX_ENTRIES + 1}`,
      kind: "limit",
      problem: "more entries than are read",
    });
    return value.slice(0, MAX_ENTRIES);
  }
  return value;
}

/** Where JSON.parse stopped; its message tells it in one of several ways, or not at all at the end of the text. */
function placeOf(text: string, error: unknown): string {
  const match = /position (\d+)/.exec(String(error));
  const offset = match === null ? text.length : Number(match[1]);
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${before[before.length - 1].length + 1}`;
}

/**
 * The fields of one entry. Every field that is taken is crossed off; what is left over is not understood.
 * A field of the wrong shape is a gap, and the entry counts as not understood.
 */
export class Entry {
  private readonly taken = new Set<string>();
  /** Damage. */
  readonly problems: string[] = [];
  /** Sound, but not modelled. */
  readonly unknown: string[] = [];

  private constructor(private readonly fields: Readonly<Record<string, unknown>>) {}

  static of(value: unknown): Entry | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Entry(value as Record<string, unknown>);
  }

  has(key: string): boolean {
    if (!Object.hasOwn(this.fields, key)) return false;
    this.taken.add(key);
    return true;
  }

  raw(key: string): unknown {
    return this.has(key) ? this.fields[key] : undefined;
  }

  string(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value === "string") return value;
    return this.wrong(key, value, "text");
  }

  /** A number, or text that is one; iproute2 changed between the two over time. */
  number(key: string, max = 0xffffffff): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const parsed =
      typeof value === "string" && /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(value) ? Number(value) : value;
    if (typeof parsed === "number" && Number.isInteger(parsed) && parsed >= 0 && parsed <= max) return parsed;
    return this.wrong(key, value, `a number from 0 to ${max}`);
  }

  /** Present and not false; iproute2 writes null for a flag that is set. */
  flag(key: string): boolean {
    return this.has(key) && this.fields[key] !== false;
  }

  list(key: string): unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : (this.wrong(key, value, "a list") ?? []);
  }

  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.taken.add(key);
  }

  /** What is not understood: names of the fields that nobody asked for, and what was noted. */
  leftOver(): string[] {
    const untaken = Object.keys(this.fields).filter((key) => !this.taken.has(key));
    return [...untaken.map((key) => quoted(key).slice(1, -1)), ...this.unknown];
  }

  wrong(key: string, value: unknown, allowed: string): undefined {
    this.problems.push(`${key} is ${quoted(value)}, not ${allowed}`);
    return undefined;
  }
}

/** Takes every entry of a dump through `read`; entries that are not understood become gaps. */
export function readEntries<T>(
  where: string,
  text: string,
  gaps: Gap[],
  read: (entry: Entry) => T | undefined,
): T[] {
  const result: T[] = [];
  readArray(where, text, gaps).forEach((value, i) => {
    const position = `entry ${i + 1}`;
    const entry = Entry.of(value);
    if (entry === undefined) {
      gaps.push({ where, position, kind: "unreadable", problem: `${quoted(value)} is not an object` });
      return;
    }
    const item = read(entry);
    for (const problem of entry.problems) gaps.push({ where, position, kind: "unreadable", problem });
    if (item !== undefined) result.push(item);
  });
  return result;
}
