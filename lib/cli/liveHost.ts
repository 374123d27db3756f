import { spawn } from "node:child_process";
import { described } from "../deliver/described";
import { HOST_CAPTURE_COMMAND, HostCapture } from "../doctor/capture";
import { soundCapture } from "./captureFile";
import { UserError, reasonOf } from "./io";

/** Longest output that is read: some 400,000 routes. */
const MOST_BYTES = 256 * 2 ** 20;
/** Seconds to connect in, and after which a connection that says nothing is given up. */
const CONNECT_SECONDS = 15;
/** Milliseconds without a word after which whoever was asked is given up; enough to type a password in. */
const PATIENCE = 30_000;

/** A server that takes the connection and then says nothing, or a host that goes away, must not hold us for ever. */
const SSH_OPTIONS = [
  `ConnectTimeout=${CONNECT_SECONDS}`,
  `ServerAliveInterval=${CONNECT_SECONDS / 3}`,
  "ServerAliveCountMax=3",
].flatMap((option) => ["-o", option]);

/**
 * This host, or one that OpenSSH reaches, by one constant command that reads and changes nothing.
 *
 * @param host as ssh(1) takes it: user@host, or a name of its configuration; absent for this host
 * @throws UserError when it cannot be reached, or does not answer with a whole capture
 */
export async function captureLive(host: string | undefined): Promise<HostCapture> {
  if (host !== undefined && !/^[A-Za-z0-9_[][A-Za-z0-9._@:%[\]-]*$/.test(host))
    throw new UserError(`--host: ${described(host)}. Give user@host, as ssh takes it`);
  // By standard input to a plain shell: whatever the login shell is, it never reads the command.
  const argv = host === undefined ? ["sh", "-s"] : ["ssh", "-T", ...SSH_OPTIONS, "--", host, "sh -s"];
  const { code, output, errors, silent } = await collect(argv, HOST_CAPTURE_COMMAND);
  const name = host ?? "this host";
  if (silent) throw new UserError(`cannot read ${name}: it said nothing for ${PATIENCE / 1000} s`);
  if (output === "" || (host !== undefined && code === 255)) {
    const said = inBrief(errors);
    throw new UserError(`cannot read ${name}: ${said === "" ? `${argv[0]} ended with ${code}` : said}`);
  }
  const said = inBrief(errors);
  return soundCapture(output, name, said === "" ? undefined : `It said: ${said}`);
}

/** What ssh says, without the frame and the alarm around its words on a host key that has changed. */
function inBrief(errors: string): string {
  const lines = errors
    .replace(/[^\n\x20-\x7e]/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line, i, all) => line !== "" && !line.startsWith("@") && all.indexOf(line) === i);
  if (!lines.includes("Host key verification failed.")) return lines.join(". ");
  const known = lines.filter((line) => /^(Offending |No .* host key is known)/.test(line));
  return ["its host key is not the one that is known", ...known].join(". ");
}

interface Collected {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  /** It was ended because it said nothing any more. */
  readonly silent: boolean;
}

function collect([command, ...args]: readonly string[], input: string): Promise<Collected> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    let [length, errors, silent] = [0, "", false];
    const timer = setTimeout(() => {
      silent = true;
      child.kill("SIGKILL");
      // What it has started may hold its output open.
      child.stdout.destroy();
      child.stderr.destroy();
    }, PATIENCE);
    child.stdout.on("data", (piece: Buffer) => {
      timer.refresh();
      length += piece.length;
      if (length > MOST_BYTES) child.kill();
      else output.push(piece);
    });
    child.stderr.on("data", (piece: Buffer) => {
      timer.refresh();
      errors = (errors + piece.toString("latin1")).slice(0, 10_000);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new UserError(`cannot run ${command}: ${reasonOf(error)}`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output: Buffer.concat(output).toString("utf8"), errors, silent });
    });
    // A remote end that goes away tells by its exit.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${input}\n`);
  });
}
