import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection, SshClient } from "./connection";
import { Finished, goQuote, runProcess } from "./process";

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
    if (!("refused" in attempt)) return check(attempt, run.command);
    const { dialErrorLimit } = run.connection;
    if (dialErrorLimit >= 0 && failed + 1 > dialErrorLimit) {
      throw new Error(`after ${failed} failed attempts: ${attempt.refused}`);
    }
    const limit = dialErrorLimit < 0 ? "inf" : dialErrorLimit;
    run.onStatus(`Dial ${failed + 1}/${limit} failed: retrying`);
    await sleep(delay, undefined, { signal: run.signal }).catch(() => {
      throw new Error("context canceled");
    });
  }
}

/** One attempt: what the command did, or why there was no session. */
async function once(run: RemoteRun): Promise<Finished | { refused: string }> {
  const ssh = new SshClient(run.connection);
  try {
    const variables = { ...run.optionalEnvironment, ...run.environment };
    const names = Object.keys(variables);
    const options = { env: { ...ssh.env(), ...variables }, signal: run.signal };
    const send = names.flatMap((name) => ["-o", `SendEnv=${name}`]);
    if (names.length > 0) await probe(run, ssh, names, send, options);
    const finished = await runProcess(["ssh", ...ssh.args(send), run.command], {
      ...options,
      stdin: run.stdin || undefined,
      onLine: run.onLine,
    });
    const said = existsSync(ssh.log) ? readFileSync(ssh.log, "utf8") : "";
    if (finished.reason !== undefined) return finished;
    if (!existsSync(ssh.opened)) return { refused: refusal(said || finished.stderr, run.connection) };
    // 255 is the client's own failure as well as a status a command may have: the log tells which.
    const lost =
      finished.status === 255 && /closed by|Connection reset|Broken pipe|not responding/.test(said);
    if (!lost) return finished;
    return {
      ...finished,
      status: undefined,
      reason: "wait: remote command exited without exit status or exit signal",
    };
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
  ssh: SshClient,
  names: string[],
  send: string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const { stdout, status } = await runProcess(["ssh", ...ssh.args(send), "env"], options);
  if (status !== 0) return;
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

/** The client's words for a failed dial as the Go client would put them. */
function refusal(said: string, { host, port }: Connection): string {
  const reason = said
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("Warning: Permanently added"))
    .join("; ");
  const dial = `dial tcp ${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (/Connection refused/.test(said)) return `${dial}: connect: connection refused`;
  if (/No route to host/.test(said)) return `${dial}: connect: no route to host`;
  if (/Network is unreachable/.test(said)) return `${dial}: connect: network is unreachable`;
  if (/timed out/.test(said)) return `${dial}: i/o timeout`;
  if (/Could not resolve hostname/.test(said)) return `${dial}: lookup ${host}: no such host`;
  if (/Permission denied/.test(said)) {
    return `ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain`;
  }
  if (/Host key verification failed/.test(said)) return "ssh: handshake failed: ssh: host key mismatch";
  return `ssh: handshake failed: ${reason || "EOF"}`;
}
