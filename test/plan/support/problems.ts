import { SpecError } from "../../../lib/model";
import { normalize } from "../../../lib/plan";

/** The lines of a refusal, without their indent; empty when the value is accepted. */
export function problemsOf(value: unknown): string[] {
  try {
    normalize(value);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ""));
  }
}

export type Fields = Record<string, unknown>;
/** A right host, with some fields of its one interface replaced; undefined takes a field away. */
export const one = (fields: Fields, host: Fields = {}): unknown =>
  clean({ name: "h", interfaces: [clean({ name: "a", addresses: ["10.0.1.10/24"], ...fields })], ...host });
const clean = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
/** A right host of two interfaces, with some of their fields replaced. */
export const two = (a: Fields, b: Fields, host: Fields = {}): unknown => ({
  name: "h",
  interfaces: [
    clean({ name: "a", addresses: ["10.0.1.10/24"], ...a }),
    clean({ name: "b", addresses: ["10.0.2.10/24"], ...b }),
  ],
  ...host,
});

export type Row = [what: string, value: unknown, problems: string[]];

/** Tests of refusals, a row each: what is given, and all that is said about it. */
export function table(name: string, rows: Row[]): void {
  describe(name, () => {
    test.each(rows)("%s", (_what, value, problems) => {
      expect(problemsOf(value)).toEqual(problems);
    });
  });
}
