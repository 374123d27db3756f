import * as fs from "node:fs";

/** Processes by pid and start time, so that a pid the kernel has given to another is never taken for the first. */
export interface ProcessId {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  startTime: string;
}

/** Undefined when there is no such process, or it is dead and waits for its parent. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readOf(pid, "stat");
  if (stat === undefined) return undefined;
  // The second field is the command in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : { pid, startTime: fields[19] };
}

/** A file of a process; undefined when that has ended, before the file was opened or while it was open (ESRCH). */
function readOf(pid: number, name: string): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

export function isAlive(process: ProcessId): boolean {
  return identify(process.pid)?.startTime === process.startTime;
}

/** The children of a process, if it is alive. */
export function childrenOf(parent: ProcessId): ProcessId[] {
  if (!isAlive(parent)) return [];
  const pids = readOf(parent.pid, `task/${parent.pid}/children`) ?? "";
  return pids.split(" ").flatMap((pid) => (pid === "" ? [] : (identify(Number(pid)) ?? [])));
}

/** Kills and waits for the end. */
export async function kill(processes: readonly ProcessId[], milliseconds = 5000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  for (const one of processes.filter(isAlive)) signal(one.pid);
  while (processes.some(isAlive)) {
    if (Date.now() > deadline) {
      throw new Error(`processes ${processes.filter(isAlive).map(({ pid }) => pid)} do not end`);
    }
    await sleep(5);
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** This process and those that wait for it. */
export function selfAndAncestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 0 && !found.has(pid);) {
    found.add(pid);
    const stat = readOf(pid, "stat");
    pid = stat === undefined ? 0 : Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  }
  return found;
}

/** Processes whose network is one of the namespaces, by the inode of each. */
export function processesIn(namespaceInodes: ReadonlySet<number>): ProcessId[] {
  const pids = fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const inode = fs.statSync(`/proc/${pid}/ns/net`).ino;
      return namespaceInodes.has(inode) ? (identify(Number(pid)) ?? []) : [];
    } catch {
      // Ended meanwhile, or not ours to look at.
      return [];
    }
  });
}
