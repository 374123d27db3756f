import * as fs from "node:fs";
import * as path from "node:path";

/** A file that keeps a plan in force on a host. */
export interface PersistenceFile {
  /** From the root of the host's file system, without a "/" in front. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Where each goes, and the file beside this one that has its text. */
const FILES: readonly [path: string, source: string, mode: number][] = [
  ["etc/systemd/networkd.conf.d/50-multihome.conf", "networkd.conf", 0o644],
  ["etc/systemd/system/multihome-close.service", "multihome-close.service", 0o644],
  ["etc/systemd/system/multihome-monitor.service", "multihome-monitor.service", 0o644],
  ["etc/systemd/system/multihome-restore.service", "multihome-restore.service", 0o644],
  ["usr/local/lib/multihome/monitor", "monitor.sh", 0o755],
  ["usr/local/lib/multihome/restore", "restore.sh", 0o755],
];

/**
 * Files for a host with systemd that put what is committed there in force at boot, and again whenever something has
 * taken it out of force. They are the same for every plan: they run the program that the host has kept.
 *
 * @example persistenceFiles().map((file) => file.path) // ["etc/systemd/networkd.conf.d/50-multihome.conf", …]
 */
export function persistenceFiles(): PersistenceFile[] {
  return FILES.map(([name, source, mode]) => ({
    path: name,
    text: fs.readFileSync(path.join(__dirname, "files", source), "utf8"),
    mode,
  }));
}
