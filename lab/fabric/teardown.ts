import * as fs from "node:fs";
import { labDirectory } from "./files";
import { withLock } from "./lock";
import { NETNS_DIRECTORY, namespacePath, ownsNamespace } from "./names";
import { ProcessId, kill, processesIn, selfAndAncestors } from "./processes";
import { Runner } from "./run";
import { Server } from "./server";
import { FabricOptions, TornDown } from "./types";

/**
 * Removes everything of a lab: processes, namespaces, files. Safe at any time, and when there is no such lab. Goes by names and not by the record, so that it finds what a crash left:
 * namespaces by their names, processes by the namespaces they are in, sshds also by their files.
 */
export async function tearDown(lab: string, options: FabricOptions = {}): Promise<TornDown> {
  const directory = labDirectory(lab, options);
  const runner = new Runner(options.onCommand);
  const torn = await withLock(directory, async () => {
    const namespaces = namesOf(lab);
    const processes = processesToKill(namespaces);
    await Promise.all(recordedInstances(directory).map((id) => new Server(id, lab, options).stop()));
    await kill(processes);
    if (namespaces.length > 0) {
      await runner.ok(["ip", "-batch", "-"], namespaces.map((name) => `netns del ${name}\n`).join(""));
    }
    return { namespaces, processes: processes.map(({ pid }) => pid) };
  });
  fs.rmSync(directory, { recursive: true, force: true });
  return torn;
}

function namesOf(lab: string): string[] {
  if (!fs.existsSync(NETNS_DIRECTORY)) return [];
  return fs.readdirSync(NETNS_DIRECTORY).filter((name) => ownsNamespace(lab, name));
}

/** Not this process, nor who waits for it: the lab may be taken down from its own operator's machine. */
function processesToKill(namespaces: string[]): ProcessId[] {
  const inodes = new Set(namespaces.map((name) => fs.statSync(namespacePath(name)).ino));
  const spared = selfAndAncestors();
  return processesIn(inodes).filter(({ pid }) => !spared.has(pid));
}

function recordedInstances(directory: string): string[] {
  const instances = `${directory}/instances`;
  return fs.existsSync(instances) ? fs.readdirSync(instances) : [];
}
