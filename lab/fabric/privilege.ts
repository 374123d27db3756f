import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { readIfThere } from "./files";
import { ENVIRONMENT } from "./run";

/**
 * Whether this process may make namespaces, and how:
 *
 * - `root`: it may, on the machine itself;
 * - `userns`: it may inside a user namespace of its own. `inside` says whether it is in one already; if not, start
 *   the program again with {@link inUserNamespace};
 * - `no`: `reason` says what is missing, for people.
 */
export type Privilege =
  | { how: "root"; reason: string }
  | { how: "userns"; inside: boolean; reason: string }
  | { how: "no"; reason: string };

/** What the fabric runs, and the package that has it. */
const PROGRAMS: Record<string, string> = {
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  unshare: "util-linux",
  mount: "mount (util-linux)",
  sshd: "openssh-server",
  "ssh-keygen": "openssh-client",
};

let known: Privilege | undefined;

/** See {@link Privilege}. Tried by doing, once a process. */
export function privilege(): Privilege {
  known ??= findPrivilege();
  return known;
}

/** @throws Error when this process may not make namespaces, with what is missing and the way out */
export function requirePrivilege(): void {
  const found = privilege();
  if (found.how === "no") throw new Error(`the lab cannot run here: ${found.reason}`);
  if (found.how === "userns" && !found.inside) {
    throw new Error(
      `the lab must run as root, or in a user namespace: ${inUserNamespace(["COMMAND"]).join(" ")}`,
    );
  }
}

function findPrivilege(): Privilege {
  if (process.platform !== "linux") return { how: "no", reason: "the lab needs Linux network namespaces" };
  const missing = Object.keys(PROGRAMS).filter((name) => programPath(name) === undefined);
  if (missing.length > 0) {
    const list = missing.map((name) => `${name} (package ${PROGRAMS[name]})`).join(", ");
    return { how: "no", reason: `not found on PATH: ${list}` };
  }
  const own = trial(["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"]);
  if (own === undefined) {
    return insideUserNamespace()
      ? { how: "userns", inside: true, reason: "root of a user namespace" }
      : { how: "root", reason: "root with CAP_SYS_ADMIN and CAP_NET_ADMIN" };
  }
  const inUserns = trial(inUserNamespace(["unshare", "--net", "ip", "link", "set", "lo", "up"]));
  if (inUserns === undefined) {
    return { how: "userns", inside: false, reason: "user namespaces are allowed to everyone" };
  }
  return { how: "no", reason: `neither as this user (${own}) nor in a user namespace (${inUserns})` };
}

/** The command that runs a program as root of a user namespace, with a network and mounts of its own. */
export function inUserNamespace(argv: readonly string[]): string[] {
  return ["unshare", "--user", "--map-root-user", "--net", "--mount", "--", ...argv];
}

/** Whether this process is in a user namespace other than the machine's. */
export function insideUserNamespace(): boolean {
  const map = readIfThere("/proc/self/uid_map") ?? "";
  return !/^\s*0\s+0\s+4294967295\s*$/.test(map);
}

/** Whether only one user id exists here, as when an unprivileged user has made the user namespace. */
export function onlyOneUser(): boolean {
  return /^\s*0\s+\d+\s+1\s*$/.test(readIfThere("/proc/self/uid_map") ?? "");
}

/**
 * Names of namespaces are kept in /run/netns. In a user namespace that must be a file system of our own: the
 * machine's is not ours to write, and its mounts are not to be seen there.
 */
export function prepareNamespaceNames(): void {
  if (!insideUserNamespace() || fs.existsSync(MARK)) return;
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "multihome-lab", "/run"], { env: ENVIRONMENT });
  fs.writeFileSync(MARK, "");
}

const MARK = "/run/multihome-lab";

/** Full path of a program, also where only administrators look. */
export function programPath(name: string): string | undefined {
  return (ENVIRONMENT.PATH ?? "")
    .split(":")
    .map((directory) => path.join(directory, name))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Undefined when it works, else why not. */
function trial([program, ...args]: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { env: ENVIRONMENT, encoding: "utf8" });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split("\n")[0];
}
