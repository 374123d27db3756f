import { ChildProcess, StdioOptions, spawn } from "node:child_process";
import { inNamespace, namespaceOf } from "../fabric";

/**
 * Starts a program on a lab's operator machine: in its network namespace and nothing else, so that files and processes
 * are those of this machine. Instances are reachable only from there, through their Elastic IPs, so engine, providers
 * and program all run there, and talk to each other over that namespace's loopback.
 */
export function spawnInOperator(
  lab: string,
  argv: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string; stdio: StdioOptions },
): ChildProcess {
  const [program, ...args] = inNamespace(namespaceOf(lab, "operator"), argv);
  return spawn(program, args, options);
}
