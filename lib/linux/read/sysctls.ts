import { Gap } from "../state";
import { quoted } from "./entries";

/**
 * Reads sysctl values, a line each: `ipv4/conf/eth0/rp_filter:1` as `grep -r` prints them below /proc/sys/net, or
 * `net.ipv4.conf.eth0.rp_filter = 1` as sysctl(8) does, where a dot within a device's name is a slash.
 */
export function readSysctls(text: string, gaps: Gap[]): Record<string, number> {
  const values: Record<string, number> = {};
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === "") return;
    const parsed = readLine(line);
    if (parsed === undefined) {
      gaps.push({
        where: "sysctl",
        position: `line ${i + 1}`,
        kind: "unreadable",
        problem: `${quoted(line)} is no sysctl`,
      });
      return;
    }
    // Values that are not numbers (stable_secret, ranges) have no part in routing.
    if (/^-?[0-9]+$/.test(parsed.value)) values[parsed.path] = Number(parsed.value);
  });
  return values;
}

function readLine(line: string): { path: string; value: string } | undefined {
  const byPath = /^(?:\/proc\/sys\/)?(?:net\/)?(ipv[46]\/[^:=]*[^:=\s])\s*[:=]\s*(.*)$/.exec(line);
  if (byPath !== null) return { path: byPath[1], value: byPath[2].trim() };
  const byName = /^net\.(ipv[46]\.\S+)\s*=\s*(.*)$/.exec(line);
  if (byName === null) return undefined;
  const path = byName[1].replace(/[./]/g, (c) => (c === "." ? "/" : "."));
  return { path, value: byName[2].trim() };
}
