/**
 * An error thrown inside an output surfaces as an unhandled rejection, once for every promise that hangs on it, and
 * some of them turns later. A run fails by the first; the others of the same error say nothing new.
 */
const known = new WeakSet<object>();
let collecting: unknown[] | undefined;
let listening = false;

/** Runs `body`, and fails when something inside it was rejected and taken by nobody. */
export async function collectRejections<T>(body: () => Promise<T>): Promise<T> {
  if (!listening) process.on("unhandledRejection", onRejection);
  listening = true;
  const rejections: unknown[] = [];
  collecting = rejections;
  try {
    const result = await body();
    // Node reports a rejection after the turn in which nobody took it.
    await new Promise((resolve) => setImmediate(resolve));
    if (rejections.length > 0) throw rejections[0];
    return result;
  } catch (error) {
    // Whoever calls gets it: what still hangs on it is no news.
    remember(error);
    throw error;
  } finally {
    collecting = undefined;
  }
}

function onRejection(reason: unknown): void {
  if (typeof reason === "object" && reason !== null && known.has(reason)) return;
  remember(reason);
  if (collecting === undefined) throw reason;
  collecting.push(reason);
}

function remember(error: unknown): void {
  if (typeof error === "object" && error !== null) known.add(error);
}
