import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";

/** What figures depend on: they are ratios, but a reader must know of what. */
export function machineLines(): string[] {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return [
    `- ${cpus.length} x ${cpus[0]?.model.trim() ?? "unknown CPU"}, ${memory} GiB; Linux ${os.release()}`,
    `- Node ${process.versions.node}, ${version("ip", "-V")}, ${version("systemd-networkd", "--version", "/lib/systemd")}`,
    `- load average at the start: ${loadAverage()}`,
  ];
}

export function loadAverage(): string {
  return os
    .loadavg()
    .map((n) => n.toFixed(1))
    .join(" ");
}

function version(command: string, flag: string, dir?: string): string {
  const path = dir === undefined ? command : `${dir}/${command}`;
  if (dir !== undefined && !fs.existsSync(path)) return `no ${command}`;
  const { stdout, stderr } = spawnSync(path, [flag], { encoding: "utf8" });
  const line = `${stdout ?? ""}${stderr ?? ""}`.split("\n")[0].trim();
  return line === "" ? `no ${command}` : line.replace(/^ip utility, /, "");
}
