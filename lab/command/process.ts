import { spawn } from "node:child_process";

/** What a process did. */
export interface Finished {
  /** Exit status; undefined when a signal ended it or it could not be started. */
  status?: number;
  /** Why there is no status. */
  reason?: string;
  stdout: string;
  stderr: string;
  /** Both streams as they came. */
  output: string;
}

export interface RunOptions {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Given to the process, then closed. */
  stdin?: string;
  signal?: AbortSignal;
  /** Called with every complete line. */
  onLine?: (stream: "stdout" | "stderr", line: string) => void;
}

/** Runs a program to its end. Never rejects: what went wrong is in the answer. */
export function runProcess(argv: readonly string[], options: RunOptions): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      env: options.env,
      cwd: options.cwd,
      signal: options.signal,
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "", output: "" };
    const finish = (ending: Pick<Finished, "status" | "reason">) => {
      for (const stream of ["stdout", "stderr"] as const) {
        const rest = text[stream].slice(text[stream].lastIndexOf("\n") + 1);
        if (rest !== "") options.onLine?.(stream, rest);
      }
      resolve({ ...ending, ...text });
    };
    const collect = (stream: "stdout" | "stderr") => (chunk: string) => {
      const begun = text[stream].slice(text[stream].lastIndexOf("\n") + 1);
      (begun + chunk)
        .split("\n")
        .slice(0, -1)
        .forEach((line) => options.onLine?.(stream, line));
      text[stream] += chunk;
      text.output += chunk;
    };
    child.stdout!.setEncoding("utf8").on("data", collect("stdout"));
    child.stderr!.setEncoding("utf8").on("data", collect("stderr"));
    child.on("error", (error) => finish({ reason: error.message }));
    child.on("close", (status, signal) =>
      finish(status === null ? { reason: `signal: ${signal}` } : { status }),
    );
    // A process that does not read its input is none of our business.
    child.stdin?.on("error", () => undefined).end(options.stdin);
  });
}

/** Text as Go's %q writes it: what the command provider's messages quote commands with. */
export function goQuote(text: string): string {
  const escapes: Record<string, string> = {
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
  };
  const escape = (character: string) =>
    escapes[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return `"${text.replace(/[\p{Cc}\\"]/gu, escape)}"`;
}
