import * as fs from "node:fs";
import * as path from "node:path";
import { ProcessId, identify, kill } from "../fabric/processes";

/** Control groups are in the one of these that is of version 2. */
export const CONTROL_GROUPS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/** Ends all processes of a guest's control group, and removes it. */
export async function removeControlGroup(name: string): Promise<void> {
  for (const directory of CONTROL_GROUPS.map((parent) => path.join(parent, name)).filter(fs.existsSync)) {
    // A process that is just being made is seen the next time.
    for (let all = processesBelow(directory); all.length > 0; all = processesBelow(directory))
      await kill(all);
    removeBelow(directory);
  }
}

function processesBelow(directory: string): ProcessId[] {
  return below(directory).flatMap((group) =>
    fs
      .readFileSync(path.join(group, "cgroup.procs"), "utf8")
      .split("\n")
      .flatMap((pid) => (pid === "" ? [] : (identify(Number(pid)) ?? []))),
  );
}

function removeBelow(directory: string): void {
  for (const group of below(directory).reverse()) fs.rmdirSync(group);
}

/** The group and all in it, outer ones first. */
function below(directory: string): string[] {
  const inner = fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => below(path.join(directory, name)));
  return [directory, ...inner];
}
