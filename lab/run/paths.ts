import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { labDirectory as fabricDirectory } from "../fabric/files";

/** The repository. */
export const ROOT = resolve(__dirname, "../..");

/** Directory of the plugin executables of the lab. */
export const PLUGINS = join(ROOT, "lab", "bin");

/** Directory of all labs: `MULTIHOME_LAB_DIR`, else `.lab` in the repository. */
export function labsDirectory(): string {
  return resolve(process.env.MULTIHOME_LAB_DIR ?? join(ROOT, ".lab"));
}

/** Directory of a lab. */
export function labDirectory(lab: string): string {
  return fabricDirectory(lab, { labDir: labsDirectory() });
}

/** A program on PATH that is not one of the lab's own, or undefined. */
export function onPath(program: string): string | undefined {
  const directories = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((dir) => dir !== "" && resolve(dir) !== PLUGINS);
  return directories.map((dir) => join(dir, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path) && statSync(path).isFile();
  } catch {
    return false;
  }
}
