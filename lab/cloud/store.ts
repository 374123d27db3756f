import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudState, emptyCloud } from "./state";

/**
 * A lab's cloud on disk: `<lab directory>/cloud.json`. Every change is one read, one pure function and one atomic
 * write under a lock file, so that providers in several processes, and a provider that is started again, see one cloud.
 */
export class CloudStore {
  private readonly path: string;
  private readonly lock: string;

  /** @param dir the lab's directory; made when it is not there */
  constructor(
    readonly lab: string,
    dir: string,
  ) {
    this.path = join(dir, "cloud.json");
    this.lock = join(dir, "cloud.lock");
  }

  /** The cloud as it is now; an empty one before the first change. */
  read(): CloudState {
    try {
      return JSON.parse(readFileSync(this.path, "utf8")) as CloudState;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyCloud(this.lab);
      throw error;
    }
  }

  /** Replaces the cloud by what `step` makes of it. When `step` throws, nothing is written. */
  async update<R>(
    step: (cloud: CloudState) => { cloud: CloudState; result: R },
  ): Promise<{ cloud: CloudState; result: R }> {
    mkdirSync(dirname(this.path), { recursive: true });
    await this.acquire();
    try {
      const after = step(this.read());
      const draft = `${this.path}.new`;
      writeFileSync(draft, `${JSON.stringify(after.cloud, null, 1)}\n`);
      renameSync(draft, this.path);
      return after;
    } finally {
      rmSync(this.lock, { force: true });
    }
  }

  /** Takes the lock. It is held for milliseconds, so one whose holder is dead is broken. */
  private async acquire(): Promise<void> {
    for (;;) {
      // Linked, not opened, so that no one ever sees the lock without its holder's name in it.
      const claim = `${this.lock}.${process.pid}`;
      writeFileSync(claim, String(process.pid));
      try {
        linkSync(claim, this.lock);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      } finally {
        rmSync(claim);
      }
      if (this.holderIsDead()) rmSync(this.lock, { force: true });
      else await sleep(5);
    }
  }

  private holderIsDead(): boolean {
    try {
      process.kill(Number(readFileSync(this.lock, "utf8")), 0);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "ESRCH";
    }
  }
}
