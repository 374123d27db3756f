import * as fs from "node:fs";
import * as path from "node:path";
import { FabricModel } from "./model";
import { checkLabName } from "./names";
import { FabricOptions } from "./types";

/** The files of a lab: `<labDir>/<lab>/` with fabric.json, a lock, and a directory an instance. */

/** What is recorded of the machine. */
export interface FabricRecord {
  /** What was realized last. */
  realized: FabricModel;
  /** What was being realized, when a process died over it. */
  interrupted?: FabricModel;
}

/** @throws Error for what is no lab's name: a lab's directory is removed whole */
export function labDirectory(lab: string, options: FabricOptions = {}): string {
  checkLabName(lab);
  return path.resolve(options.labDir ?? process.env.MULTIHOME_LAB_DIR ?? ".lab", lab);
}

export function instanceDirectory(lab: string, instanceId: string, options: FabricOptions = {}): string {
  return path.join(labDirectory(lab, options), "instances", instanceId);
}

/** Undefined when nothing is recorded, or by another version of the fabric. */
export function readRecord(directory: string): FabricRecord | undefined {
  const text = readIfThere(path.join(directory, "fabric.json"));
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as FabricRecord;
  return record.realized.schema === 1 ? record : undefined;
}

export function writeRecord(directory: string, record: FabricRecord): void {
  writeWhole(path.join(directory, "fabric.json"), JSON.stringify(record));
}

/** Writes a file so that readers, and a crash, find the old or the new one whole. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const next = `${file}.${process.pid}`;
  fs.writeFileSync(next, text, { mode });
  fs.renameSync(next, file);
}

/** Undefined where there is no such file; of a process, when it has ended between two calls. */
export function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
