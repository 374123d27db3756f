import { TraceStep } from "../linux";
import { wrap } from "./layout";

/** Rules in a row that do not match are counted from this many on. */
const MANY = 3;
const NO_MATCH = ": does not match";

/** The steps of a lookup, a line each; long runs of rules that do not match are counted. */
export function traceLines(steps: readonly TraceStep[], indent = ""): string[] {
  const lines: string[] = [];
  for (let i = 0; i < steps.length; i++) {
    const { depth, text } = steps[i];
    const at = indent + "  ".repeat(depth);
    let run = i;
    while (run < steps.length && steps[run].depth === depth && steps[run].text.endsWith(NO_MATCH)) run++;
    if (run - i >= MANY) {
      lines.push(`${at}(${run - i} rules that do not match)`);
      i = run - 1;
    } else {
      lines.push(...wrap(at, text.trim().split(" "), `${at}    `));
    }
  }
  return lines;
}
