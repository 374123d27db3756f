import { Issue, SpecError, shown } from "../../model/issue";

/** Collects issues while an input is read, so that all of them are reported at once. */
export class Problems {
  readonly issues: Issue[] = [];

  get count(): number {
    return this.issues.length;
  }

  add(path: string, problem: string, fix: string): void {
    this.issues.push({ path, problem, fix });
  }

  /** "got X", for a value of a wrong type. */
  wrongType(path: string, got: unknown, want: string): void {
    this.add(path, `got ${describe(got)}`, `Give ${want}`);
  }

  throwIfAny(subject: string): void {
    if (this.issues.length > 0) throw new SpecError(subject, this.issues);
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  return Array.isArray(value) ? `the list ${shown(value)}` : `${shown(value)} (${typeof value})`;
}

/** Path of a known field, or of an item of a list, below another. */
export function at(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Path of whatever a user has named. */
export function atNamed(path: string, key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? at(path, key) : `${path}[${shown(key)}]`;
}
