import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { namespaceOf, namespacePath } from "../fabric";
import { engineEnvironment } from "./environment";
import { spawnInOperator } from "./inOperator";
import { RunError, RunOptions, RunResult } from "./types";

/** What the child process is told, and what it answers, over its IPC channel. */
export type Request = Omit<RunOptions, "onOutput"> & { lab: string };
export type Answer = { output: string } | { result: RunResult; error?: string };

/**
 * Runs a Pulumi program with the real engine against a lab, in a process of its own on the lab's operator machine.
 *
 * @throws RunError when the engine fails; Error when it could not be run at all
 */
export async function runProgram(lab: string, { onOutput, ...options }: RunOptions): Promise<RunResult> {
  if (!existsSync(namespacePath(namespaceOf(lab, "operator")))) {
    throw new Error(`the lab ${JSON.stringify(lab)} is not up; npm run lab -- up ${lab}`);
  }
  const program = resolve(options.program);
  if (!existsSync(program))
    throw new Error(`program: got ${JSON.stringify(options.program)}, which is not there`);
  const child = spawnInOperator(
    lab,
    [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "child.ts")],
    {
      env: { ...process.env, ...engineEnvironment(lab), ...options.env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  const printed = { text: "" };
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed.text += text;
      onOutput?.(text);
    });
  }
  const request: Request = { ...options, program, lab };
  child.send(request);
  return new Promise((settle, reject) => {
    let answer: Extract<Answer, { result: RunResult }> | undefined;
    child.on("message", (message: Answer) => {
      if ("output" in message) onOutput?.(message.output);
      else answer = message;
    });
    child.on("error", (error) => reject(new Error(`cannot run the program: ${error.message}`)));
    child.on("close", (status) => {
      if (!answer)
        return reject(new Error(`the program's process ended with status ${status}:\n${printed.text}`));
      const result = { ...answer.result, stderr: answer.result.stderr + printed.text };
      if (answer.error === undefined) settle(result);
      else reject(new RunError(answer.error, result));
    });
  });
}
