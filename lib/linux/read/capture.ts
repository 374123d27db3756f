import { Family } from "../../net/address";
import { EMPTY_STATE, Gap, LinuxState } from "../state";
import { readAddresses, readLinks } from "./links";
import { readRoutes } from "./routes";
import { readRules } from "./rules";
import { readSysctls } from "./sysctls";

/** The texts of one host, as its own tools print them. */
export interface Dumps {
  /** `ip -N -j -d link` */
  readonly link: string;
  /** `ip -N -j -d addr` */
  readonly addr: string;
  /** `ip -N -j -d -4 rule` */
  readonly rule4: string;
  readonly rule6: string;
  /** `ip -N -j -d -4 route show table all` */
  readonly route4: string;
  readonly route6: string;
  /** See {@link readSysctls}. */
  readonly sysctl: string;
  /** `uname -r` */
  readonly kernel?: string;
}

const SECTIONS = {
  link: "ip -N -j -d link",
  addr: "ip -N -j -d addr",
  rule4: "ip -N -j -d -4 rule",
  rule6: "ip -N -j -d -6 rule",
  route4: "ip -N -j -d -4 route show table all",
  route6: "ip -N -j -d -6 route show table all",
  sysctl:
    "cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf ipv4/fwmark_reflect ipv6/fwmark_reflect ipv4/tcp_fwmark_accept",
  kernel: "uname -r",
} as const;

type Section = keyof typeof SECTIONS;

const MARK = "### multihome ";

/**
 * A POSIX sh command that writes all that is read of a host to its standard output. It needs no privilege, and
 * changes nothing.
 */
export const CAPTURE_COMMAND = [
  ...Object.entries(SECTIONS).map(([name, command]) => `echo '${MARK}${name}'; (${command})`),
  `echo '${MARK}end'`,
].join("; ");

/**
 * Reads what {@link CAPTURE_COMMAND} wrote. Never throws: what is missing, damaged or not understood is in the
 * state's gaps, and answers that depend on it are "unknown".
 */
export function readCapture(text: string): LinuxState {
  const found = new Map<string, string>();
  let current: string | undefined;
  let start = 0;
  for (const match of text.matchAll(new RegExp(`^${MARK}(\\w+)\\r?$`, "gm"))) {
    if (current !== undefined) found.set(current, text.slice(start, match.index));
    current = match[1];
    start = match.index + match[0].length + 1;
  }
  const gaps: Gap[] = [];
  if (current !== undefined && current !== "end") found.set(current, text.slice(start));
  if (current !== "end") {
    const lines = text.split("\n").length;
    gaps.push({
      where: "capture",
      position: `line ${lines}`,
      kind: current === undefined ? "unreadable" : "missing",
      problem: current === undefined ? "not a capture" : `it ends within ${current}; is it cut off?`,
    });
  }
  const dumps = {} as Record<Section, string>;
  for (const name of Object.keys(SECTIONS) as Section[]) {
    const section = found.get(name);
    if (section === undefined && name !== "kernel" && current !== undefined) {
      gaps.push({ where: "capture", position: "end", kind: "missing", problem: `no section ${name}` });
    }
    dumps[name] = section ?? "";
  }
  const state = readDumps(dumps);
  return { ...state, gaps: [...gaps, ...state.gaps] };
}

/** Makes a state of a host's dumps. What is not understood is in its gaps. */
export function readDumps(dumps: Dumps): LinuxState {
  const gaps: Gap[] = [];
  const state: LinuxState = {
    ...EMPTY_STATE,
    links: readLinks(dumps.link, gaps),
    addresses: readAddresses(dumps.addr, gaps),
    rules: { 4: readRules(4, dumps.rule4, gaps), 6: readRules(6, dumps.rule6, gaps) },
    routes: { 4: readRoutes(4, dumps.route4, gaps), 6: readRoutes(6, dumps.route6, gaps) },
    sysctls: readSysctls(dumps.sysctl, gaps),
    kernel: dumps.kernel?.trim() || undefined,
    gaps,
  };
  if (state.links.length === 0) missing(gaps, "ip link", "no device");
  for (const family of [4, 6] as const) {
    if (state.rules[family].length === 0 && hasAddresses(state, family))
      missing(gaps, `ip -${family} rule`, "no rule");
  }
  if (dumps.sysctl.trim() === "") missing(gaps, "sysctl", "no value");
  return state;
}

function hasAddresses(state: LinuxState, family: Family): boolean {
  return family === 4 || state.addresses.some((address) => address.address.family === family);
}

function missing(gaps: Gap[], where: string, what: string): void {
  gaps.push({ where, position: "line 1", kind: "missing", problem: `it lists ${what}` });
}
