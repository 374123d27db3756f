import { Family } from "../../net/address";
import { compile } from "../compile";
import { Chain, Model } from "../model";
import { applyBatch } from "../read/batch";
import { LinuxState } from "../state";
import { proveNoCapture } from "./capture";
import { Claim } from "./claim";
import { proveManagement } from "./management";
import { Scope } from "./scope";
import { Intent, ProveOptions } from "./types";

/**
 * P10, and P8 on the way: after every single command that leads from the earlier state to the new one, nothing is
 * captured (P7) and the management peers are reached (P8). Commands that change no lookup are passed over.
 */
export function proveSteps(
  before: LinuxState,
  family: Family,
  intent: Intent,
  steps: NonNullable<ProveOptions["steps"]>,
  stability: Claim | undefined,
  management: Claim | undefined,
): void {
  let state = before;
  let model = compile(before);
  const first = model;
  for (const { family: stepFamily, text } of steps) {
    for (const line of text.split("\n")) {
      if (line.trim() === "" || stability?.exhausted || management?.exhausted) continue;
      const gaps = state.gaps.length;
      state = applyBatch(state, stepFamily, line);
      for (const gap of state.gaps.slice(gaps))
        (stability ?? management!).unknowns.add(`${gap.where}: ${gap.problem}`);
      const next = compile(state);
      if (sameLookups(model, next, family)) continue;
      model = next;
      const scope = new Scope(model, family, intent, first);
      const when = `after "${line.trim()}"`;
      if (stability !== undefined)
        proveNoCapture(first, model, family, intent, scope.destinations, stability, when);
      if (management !== undefined) proveManagement(scope, management, first, when);
    }
  }
}

/**
 * Whether two states answer alike for certain: the same rules in force, and the same routes in every table that they
 * look at, devices' groups included.
 */
function sameLookups(a: Model, b: Model, family: Family): boolean {
  const looked = new Set<number>();
  const chains = (model: Model): Chain[] => [...model[family].chains, model[family].chainWithoutSource];
  const [before, after] = [chains(a), chains(b)];
  if (before.length !== after.length) return false;
  if (a[family].sources.starts.some((start, i) => start !== b[family].sources.starts[i])) return false;
  for (let i = 0; i < before.length; i++) {
    const left = before[i].steps;
    const right = after[i].steps;
    if (left.length !== right.length) return false;
    if (left.some((step, j) => step.rule !== right[j].rule || step.jump !== right[j].jump)) return false;
    for (const step of left) if (step.act === "lookup") looked.add(step.table);
  }
  const routes = (model: Model): unknown[] =>
    model.state.routes[family].filter((route) => looked.has(route.table));
  const [left, right] = [routes(a), routes(b)];
  return (
    left.length === right.length &&
    left.every((route, i) => route === right[i]) &&
    a.devices.every((device, i) => device.link.group === b.devices[i]?.link.group)
  );
}
