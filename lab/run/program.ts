import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { join, resolve } from "node:path";
import { namespaceOf, namespacePath } from "../fabric";
import { engineEnvironment } from "./environment";
import { spawnInOperator } from "./inOperator";
import { RunError, RunOptions, RunResult, Step } from "./types";

/** What the host process is told, and what it answers, over its IPC channel. */
export type Request = Omit<RunOptions, "onOutput" | "onStep"> & { lab: string };
export type Answer =
  { output: string } | { step: Step } | { result: RunResult; error?: string } | { broken: string };

/** One host process a lab, for as long as this process lives or the lab is up; one run at a time. */
const hosts = new Map<string, { process: ChildProcess; last: Promise<unknown> }>();

/**
 * Runs a Pulumi program with the real engine against a lab, on the lab's operator machine.
 *
 * @throws RunError when the engine fails; Error when it could not be run at all
 */
export async function runProgram(lab: string, options: RunOptions): Promise<RunResult> {
  if (!existsSync(namespacePath(namespaceOf(lab, "operator")))) {
    throw new Error(`the lab ${JSON.stringify(lab)} is not up; npm run lab -- up ${lab}`);
  }
  const program = resolve(options.program);
  if (!existsSync(program))
    throw new Error(`program: got ${JSON.stringify(options.program)}, which is not there`);
  const host = hostOf(lab);
  const run = host.last.then(() => ask(host.process, { ...options, program, lab }));
  host.last = run.catch(() => undefined);
  return run;
}

/** Ends a lab's host process, if this process has one. */
export async function endHost(lab: string): Promise<void> {
  const host = hosts.get(lab);
  hosts.delete(lab);
  if (!host || host.process.exitCode !== null || host.process.signalCode !== null) return;
  await new Promise((resolve) => {
    host.process.once("exit", resolve);
    host.process.ref();
    host.process.kill();
  });
}

function hostOf(lab: string): { process: ChildProcess; last: Promise<unknown> } {
  const present = hosts.get(lab);
  if (present?.process.connected) return present;
  const argv = [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "host.ts"), lab];
  const child = spawnInOperator(lab, argv, {
    env: { ...process.env, ...engineEnvironment(lab, false) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  // Waiting for work is no reason for this process to go on; while it runs something, `ask` holds both.
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
  const host = { process: child, last: Promise.resolve() };
  hosts.set(lab, host);
  return host;
}

function ask(
  host: ChildProcess,
  { onOutput, onStep, ...request }: RunOptions & { lab: string },
): Promise<RunResult> {
  let printed = "";
  const print = (text: string | Buffer) => {
    printed += text.toString();
    onOutput?.(text.toString());
  };
  return new Promise<RunResult>((settle, reject) => {
    const finish = (answer: Answer | { ended: number | null }) => {
      if ("output" in answer) return onOutput?.(answer.output);
      if ("step" in answer) return onStep?.(answer.step);
      host.off("message", finish).off("exit", exited).unref();
      host.stdout!.off("data", print);
      host.stderr!.off("data", print);
      if ("ended" in answer)
        return reject(new Error(`the program's process ended with status ${answer.ended}:\n${printed}`));
      if ("broken" in answer) return reject(new Error(answer.broken));
      const result = { ...answer.result, stderr: answer.result.stderr + printed };
      if (answer.error === undefined) settle(result);
      else reject(new RunError(answer.error, result));
    };
    const exited = (status: number | null) => finish({ ended: status });
    host.ref();
    host.on("message", finish).on("exit", exited);
    host.stdout!.on("data", print);
    host.stderr!.on("data", print);
    host.send(request satisfies Request);
  });
}
