/* eslint-disable @typescript-eslint/no-require-imports -- an import would load all of them, whichever is run */
import { Verb } from "./verb";

/** In the order in which help lists them. Each is loaded when it is run: what one needs, the others mostly do not. */
const VERBS: ReadonlyMap<string, () => Verb> = new Map([
  ["plan", () => (require("./plan") as typeof import("./plan")).plan],
  ["render", () => (require("./render") as typeof import("./render")).render],
  ["prove", () => (require("./prove") as typeof import("./prove")).prove],
  ["explain", () => (require("./explain") as typeof import("./explain")).explain],
  ["doctor", () => (require("./doctor") as typeof import("./doctor")).doctor],
  ["draw", () => (require("./draw") as typeof import("./draw")).draw],
]);

/** The verb that the arguments begin with; all of them when they begin with none. */
export function verbsFor([name]: readonly string[]): Verb[] {
  const asked = VERBS.get(name);
  return asked === undefined ? [...VERBS.values()].map((load) => load()) : [asked()];
}
