import { spawn } from "node:child_process";
import { namespacePath } from "./names";
import { FabricOptions } from "./types";

/** Runs programs by argument vector; data go to them by stdin. No text is ever read by a shell as commands. */

export interface Finished {
  status: number;
  stdout: string;
  stderr: string;
}

/** Administrators' programs are not on every user's PATH. */
const PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/** The environment of everything the fabric starts: messages in English, since some are read. */
export const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, PATH, LC_ALL: "C" };

/** Counts and shows the commands of one call. */
export class Runner {
  commands = 0;

  constructor(private readonly onCommand: FabricOptions["onCommand"]) {}

  /** Waits for the end of a program; any exit status is an answer. */
  async run(argv: string[], stdin?: string): Promise<Finished> {
    this.started(argv, stdin);
    const child = spawn(argv[0], argv.slice(1), { env: ENVIRONMENT, stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    // A program that ends before it has read everything tells so by its exit status.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin ?? "");
    const status = await new Promise<number>((resolve, reject) => {
      child.on("error", (error) => reject(new Error(`cannot run ${argv[0]}: ${error.message}`)));
      child.on("close", (code, signal) => resolve(code ?? (signal === null ? 255 : 128)));
    });
    return { status, ...output };
  }

  /** Its standard output; a program that fails is an error. */
  async ok(argv: string[], stdin?: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(argv, stdin);
    if (status !== 0) throw new Error(`${argv.join(" ")}: exit status ${status}\n${stderr}`);
    return stdout;
  }

  /** Reports a program that somebody else starts. */
  started(argv: string[], stdin?: string): void {
    this.commands++;
    this.onCommand?.(stdin === undefined ? { argv } : { argv, stdin });
  }
}

/**
 * The command that runs a program in a network namespace. Never `ip netns exec`: that makes a mount namespace, in
 * which namespaces made by name are not seen from outside.
 */
export function inNamespace(name: string, argv: readonly string[]): string[] {
  return ["nsenter", `--net=${namespacePath(name)}`, "--", ...argv];
}
