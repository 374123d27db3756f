import * as fs from "node:fs";
import * as path from "node:path";
import { readIfThere } from "./files";
import { ProcessId, identify, isAlive, sleep } from "./processes";

/** How long to wait for another process. A realization takes seconds at most. */
const PATIENCE = 60_000;

/**
 * Runs something while no other process changes the lab: a file made with O_EXCL holds who does. A lock whose owner
 * is no more is broken.
 *
 * @throws Error when another process holds it for more than a minute, naming it
 */
export async function withLock<T>(directory: string, body: () => Promise<T>): Promise<T> {
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, "lock");
  const deadline = Date.now() + PATIENCE;
  while (!take(file)) {
    breakIfStale(file);
    if (Date.now() > deadline) {
      throw new Error(
        `${file}: process ${ownerOf(file)?.pid} holds the lab for more than ${PATIENCE / 1000} s`,
      );
    }
    await sleep(10);
  }
  try {
    return await body();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    // A link appears with its content, and fails when there is one: O_EXCL without an empty moment.
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(own);
  }
}

/**
 * A stale lock is removed only under a lock for that: else of two processes that see the same stale one, the slower
 * could remove what the faster has taken since.
 */
function breakIfStale(file: string): void {
  if (!isStale(file) || !take(`${file}.breaking`)) return;
  if (isStale(file)) fs.rmSync(file);
  fs.rmSync(`${file}.breaking`);
}

function isStale(file: string): boolean {
  const owner = ownerOf(file);
  return owner !== undefined && !isAlive(owner);
}

function ownerOf(file: string): ProcessId | undefined {
  const text = readIfThere(file);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessId);
}
