import { setTimeout as sleep } from "node:timers/promises";
import { runInThisContext } from "node:vm";

/** The process itself: test runners give tests a copy, on which no rejection is ever reported. */
const realProcess = runInThisContext("process") as NodeJS.Process;
const EVENT = "unhandledRejection";
/** Milliseconds without a further rejection after which the last has been seen. */
const QUIET = 30;

/**
 * Runs `body`, and fails when something inside it was rejected and taken by nobody.
 *
 * An error thrown in an output surfaces that way, once for every promise that hangs on it, some of them turns later.
 * A run fails by the first of them. Other listeners, such as a test runner's, do not hear of them meanwhile.
 */
export async function collectRejections<T>(body: () => Promise<T>): Promise<T> {
  const rejections: unknown[] = [];
  const others = realProcess.listeners(EVENT);
  realProcess.removeAllListeners(EVENT);
  realProcess.on(EVENT, (reason) => void rejections.push(reason));
  try {
    const result = await body();
    // Node reports a rejection after the turn in which nobody took it.
    await sleep(0);
    if (rejections.length > 0) throw rejections[0];
    return result;
  } catch (error) {
    for (let seen = -1; seen !== rejections.length; await sleep(QUIET)) seen = rejections.length;
    throw error;
  } finally {
    realProcess.removeAllListeners(EVENT);
    for (const listener of others) realProcess.on(EVENT, listener);
  }
}
