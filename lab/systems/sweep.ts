import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { kill, processesIn } from "../fabric/processes";
import { NETNS_DIRECTORY, namespacePath } from "../fabric/names";
import { Runner } from "../fabric/run";
import { CONTROL_GROUPS, removeControlGroup } from "./controlGroup";
import { makerOf } from "./names";

/** Directory of the files of one process's lab. */
export function directoryOf(pid = process.pid): string {
  return path.join(os.tmpdir(), `multihome-systems-${pid}`);
}

/** Removes what processes that are no more have left: processes, namespaces, control groups, files. */
export async function sweep(): Promise<void> {
  const dead = (pid: number | undefined): boolean => pid !== undefined && !fs.existsSync(`/proc/${pid}`);
  const runner = new Runner(undefined);
  for (const name of CONTROL_GROUPS.flatMap(namesIn)) {
    if (dead(makerOf(name))) await removeControlGroup(name);
  }
  for (const name of namesIn(NETNS_DIRECTORY).filter((name) => dead(makerOf(name)))) {
    await kill(processesIn(new Set([fs.statSync(namespacePath(name)).ino])));
    await runner.run(["ip", "netns", "del", name]);
  }
  for (const name of namesIn(os.tmpdir())) {
    const pid = /^multihome-systems-([0-9]+)$/.exec(name)?.[1];
    if (pid !== undefined && dead(Number(pid)))
      fs.rmSync(directoryOf(Number(pid)), { recursive: true, force: true });
  }
}

function namesIn(directory: string): string[] {
  return fs.existsSync(directory) ? fs.readdirSync(directory) : [];
}
