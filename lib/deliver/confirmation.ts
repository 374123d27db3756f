import * as pulumi from "@pulumi/pulumi";
import { hookName, knowsHooks } from "./hooks";

/**
 * A change that is confirmed over a second connection: the host asks for it by failing once (`deliver` of the program,
 * exit 75), and Pulumi then runs the same operation again, as an error hook tells it to. So there is one resource a
 * host, and it is in the state exactly when the change is committed.
 */

/** What to do about an operation that has failed. */
export type Decision =
  /** Run it again, after some seconds. */
  { readonly again: true; readonly after: number } | { readonly again: false };

const WAITS = /change [0-9a-f]{8} is in force, and waits to be confirmed, for \d+ s, by the same command/;
const OTHER_WAITS = /change [0-9a-f]{8} waits to be confirmed, for (\d+) s more/;
const ROLLED_BACK = /change [0-9a-f]{8} cannot be confirmed any more, since it was rolled back/;
const SAID = /^multihome: /m;

/** Seconds between two attempts to reach a host that has fallen silent, and how long after the deadline they end. */
const PAUSE = 2;
const GRACE = 15;

/**
 * Whether a failed operation is run again.
 *
 * @param errors of this operation so far, the newest first
 * @param sinceChange seconds since a change of this operation came in force; undefined when none has
 * @param within seconds in which it must be confirmed
 */
export function decide(errors: readonly string[], sinceChange: number | undefined, within: number): Decision {
  const [newest = "", ...older] = errors;
  const stop: Decision = { again: false };
  const changed = older.some((error) => WAITS.test(error));
  // The second connection, which confirms. Once: whoever is asked for a third does not know what was confirmed.
  if (WAITS.test(newest)) return changed ? stop : { again: true, after: 0 };
  if (changed) {
    // The host answers, and says what has become of the change; or it does not, and is back when it rolls back.
    const silent = !SAID.test(newest);
    return silent && (sinceChange ?? Infinity) < within + GRACE ? { again: true, after: PAUSE } : stop;
  }
  // What an earlier update left: one that ended before it could be told how its change ended, or is pending still.
  if (ROLLED_BACK.test(newest)) return older.length === 0 ? { again: true, after: 0 } : stop;
  const left = OTHER_WAITS.exec(newest)?.[1];
  if (left !== undefined && older.length === 0) return { again: true, after: Number(left) + 3 };
  return stop;
}

/** The hooks that have the operations of a command run as {@link decide} says; none under the SDK's mocks, which know none. */
export function confirmationHooks(name: string, within: number): pulumi.ErrorHook[] {
  return knowsHooks() ? [confirmationHook(name, within)] : [];
}

function confirmationHook(name: string, within: number): pulumi.ErrorHook {
  let changedAt: number | undefined;
  return new pulumi.ErrorHook(hookName("confirm", name), async ({ errors }) => {
    if (WAITS.test(errors[0] ?? "")) changedAt = Date.now();
    const since = changedAt === undefined ? undefined : (Date.now() - changedAt) / 1000;
    const decision = decide(errors, since, within);
    if (decision.again) await new Promise((resolve) => setTimeout(resolve, decision.after * 1000));
    return decision.again;
  });
}
