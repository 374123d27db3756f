import { Family } from "../../net/address";
import { compile } from "../compile";
import { Model } from "../model";
import { applyBatch } from "../read/batch";
import { LinuxState } from "../state";
import { proveNoCapture } from "./capture";
import { Claim } from "./claim";
import { Effect } from "./effect";
import { proveManagement } from "./management";
import { Scope } from "./scope";
import { Intent, ProveOptions } from "./types";

/**
 * P10, and P8 on the way: after every single command that leads from the earlier state to the new one, nothing is
 * captured (P7) and the management peers are reached (P8). Most commands change no answer: they set up, out of reach,
 * what one later command puts in force. So each state is proved that no state before it equals in all that has effect.
 */
export function proveSteps(
  before: LinuxState,
  family: Family,
  intent: Intent,
  steps: NonNullable<ProveOptions["steps"]>,
  stability: Claim | undefined,
  management: Claim | undefined,
): void {
  const first: Model = compile(before);
  const seen = [new Effect(before, family)];
  let state = before;
  for (const { family: stepFamily, text } of steps) {
    for (const line of text.split("\n")) {
      if (line.trim() === "" || stability?.exhausted || management?.exhausted) continue;
      const gaps = state.gaps.length;
      const next = applyBatch(state, stepFamily, line);
      for (const gap of next.gaps.slice(gaps))
        (stability ?? management!).unknowns.add(`${gap.where}: ${gap.problem}`);
      const untouched = isUntouched(state, next, family);
      state = next;
      // A state that answers as another is decided with it.
      if (stability !== undefined) stability.classes++;
      if (untouched) continue;
      const effect = new Effect(state, family);
      if (seen.some((other) => other.equals(effect))) continue;
      seen.push(effect);
      const scope = new Scope(compile(state), family, intent, first);
      const when = `after "${line.trim()}"`;
      if (stability !== undefined) proveNoCapture(scope, first, stability, when);
      if (management !== undefined) proveManagement(scope, management, first, when);
    }
  }
}

function isUntouched(a: LinuxState, b: LinuxState, family: Family): boolean {
  return (
    a.rules[family] === b.rules[family] &&
    a.routes[family] === b.routes[family] &&
    a.addresses === b.addresses &&
    a.links === b.links &&
    a.sysctls === b.sysctls
  );
}
