import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../fabric/lock";
import { CloudState, emptyCloud } from "./state";

/**
 * A lab's cloud on disk: `<lab directory>/cloud.json`. Every change is one read, one pure function and one atomic
 * write under a lock file, so that providers in several processes, and a provider that is started again, see one cloud.
 */
export class CloudStore {
  private readonly path: string;

  /** @param dir the lab's directory; made when it is not there */
  constructor(
    readonly lab: string,
    private readonly dir: string,
  ) {
    this.path = join(dir, "cloud.json");
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
    mkdirSync(this.dir, { recursive: true });
    // Not the lab's own lock, which the fabric holds for as long as it changes the machine.
    return withLock(join(this.dir, "cloud"), async () => {
      const after = step(this.read());
      const draft = `${this.path}.new`;
      writeFileSync(draft, `${JSON.stringify(after.cloud, null, 1)}\n`);
      renameSync(draft, this.path);
      return after;
    });
  }
}
