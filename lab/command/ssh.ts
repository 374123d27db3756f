import { setTimeout as sleep } from "node:timers/promises";
import { Refusal, ending, refusal } from "./dial";
import { OpenSsh } from "./openssh";
import { Finished, goQuote, runProcess } from "./process";
import type { Connection } from "./schema";

export interface RemoteRun {
  connection: Connection;
  command: string;
  stdin?: string;
  /** Variables the server must accept (AcceptEnv); a refused one fails the run. */
  environment: Record<string, string>;
  /** Variables the server may refuse; that is only worth a warning. */
  optionalEnvironment: Record<string, string>;
  signal: AbortSignal;
  onLine: (stream: "stdout" | "stderr", line: string) => void;
  onStatus: (message: string) => void;
  onRefused: (variable: string) => void;
}

/**
 * Runs a command on a host by the OpenSSH client, over one connection of its own, and fails with the messages of the
 * real command provider (which has an SSH client of its own).
 */
export async function runRemote(run: RemoteRun): Promise<Finished> {
  for (let failed = 0, delay = 100; ; failed++, delay = Math.min(delay * 1.5, 5000)) {
    const attempt = await once(run);
    if (!("step" in attempt)) return check(attempt, run.command);
    const { dialErrorLimit } = attempt.endpoint;
    if (dialErrorLimit >= 0 && failed + 1 > dialErrorLimit) {
      throw new Error(`${attempt.prefix}after ${failed} failed attempts: ${attempt.reason}`);
    }
    const limit = dialErrorLimit < 0 ? "inf" : dialErrorLimit;
    run.onStatus(`${attempt.step} ${failed + 1}/${limit} failed: retrying`);
    await sleep(delay, undefined, { signal: run.signal }).catch(() => {
      throw new Error("context canceled");
    });
  }
}

/** One attempt: what the command did, or why there was no session. */
async function once(run: RemoteRun): Promise<Finished | Refusal> {
  const ssh = new OpenSsh(run.connection);
  try {
    const variables = { ...run.optionalEnvironment, ...run.environment };
    const names = Object.keys(variables);
    const options = { env: { ...ssh.env(), ...variables }, signal: run.signal };
    const send = names.flatMap((name) => ["-o", `SendEnv=${name}`]);
    if (names.length > 0) await probe(run, ssh, send, options);
    const finished = await runProcess(["ssh", ...ssh.args(send), run.command], {
      ...options,
      stdin: run.stdin || undefined,
      onLine: run.onLine,
    });
    if (finished.reason !== undefined) return finished;
    if (!ssh.opened("target")) return refusal(ssh, run.connection);
    // 255 is the client's own failure as well as a status a command may have.
    const reason = finished.status === 255 ? ending(ssh) : undefined;
    return reason === undefined ? finished : { ...withoutClosing(finished), status: undefined, reason };
  } finally {
    ssh.close();
  }
}

/**
 * The client does not say whether the server took a variable, so it is asked by a first command. Only a program that
 * sets variables pays for this second connection.
 */
async function probe(
  run: RemoteRun,
  ssh: OpenSsh,
  send: string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const { stdout, status } = await runProcess(["ssh", ...ssh.args(send), "env"], options);
  if (status !== 0) return;
  const names = Object.keys({ ...run.optionalEnvironment, ...run.environment });
  const accepted = (name: string) => stdout.split("\n").some((line) => line.startsWith(`${name}=`));
  for (const name of names.filter((candidate) => !accepted(candidate))) {
    run.onRefused(name);
    if (name in run.environment) {
      throw new Error(`could not set environment variable ${goQuote(name)}: ssh: setenv failed`);
    }
  }
}

function check(finished: Finished, command: string): Finished {
  if (finished.status === 0) return finished;
  const reason = finished.reason ?? `Process exited with status ${finished.status}`;
  throw new Error(`${reason}: running ${goQuote(command)}:\n${finished.output}`);
}

/** Without the one line the client prints past its own log: "Connection to … closed by remote host." */
function withoutClosing(finished: Finished): Finished {
  const strip = (text: string) => text.replace(/Connection to \S+ closed[^\n]*\n$/, "");
  return { ...finished, stderr: strip(finished.stderr), output: strip(finished.output) };
}
