import { Namespace } from "../support/netns";

/**
 * `ip` commands of both families, in two processes: first those of links and IPv4, then those that name an IPv6
 * address. (A batch of `ip` is of one family.) IPv6 addresses are usable at once.
 */
export function configure(namespace: Namespace, lines: readonly string[]): void {
  const isIPv6 = (line: string) => !line.startsWith("link ") && line.includes(":");
  const usable = (line: string) => (line.startsWith("addr add ") ? `${line} nodad` : line);
  const [first, second] = [lines.filter((line) => !isIPv6(line)), lines.filter(isIPv6).map(usable)];
  if (first.length > 0) namespace.batch(4, first);
  if (second.length > 0) namespace.batch(6, second);
}

/** Values below /proc/sys, all in one process. */
export function setSysctls(namespace: Namespace, values: Readonly<Record<string, string | number>>): void {
  const script = 'while [ $# -gt 0 ]; do echo "$2" >"/proc/sys/$1" || exit 1; shift 2; done';
  namespace.ok(
    "sh",
    "-c",
    script,
    "sh",
    ...Object.entries(values).flatMap(([key, value]) => [key, `${value}`]),
  );
}

export const FORWARDING = { "net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1 };

/** A table in place of the one before, in one transaction. */
export const replacingTable = (family: string, name: string, body: string) =>
  `table ${family} ${name}\ndelete table ${family} ${name}\ntable ${family} ${name} {\n${body}\n}\n`;

/** Loads a ruleset. */
export function loadNft(namespace: Namespace, ruleset: string): void {
  const { status, stderr } = namespace.run(["nft", "-f", "-"], { input: ruleset });
  if (status !== 0) throw new Error(`nft in ${namespace.name}: ${stderr}`);
}
