import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labDirectory } from "./paths";

/**
 * Removes the locks that engines have left which were killed. The file backend never does that by itself, for on
 * another machine it could not know; here the holder's process is looked up.
 */
export function removeStaleLocks(lab: string): void {
  const locks = join(labDirectory(lab), "pulumi", ".pulumi", "locks");
  if (!existsSync(locks)) return;
  const names = readdirSync(locks, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  for (const file of names.map((name) => join(locks, name))) {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
    if (!isAlive(pid)) rmSync(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
