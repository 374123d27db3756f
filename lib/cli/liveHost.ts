import { spawn } from "node:child_process";
import { HOST_CAPTURE_COMMAND, HostCapture } from "../doctor/capture";
import { soundCapture } from "./captureFile";
import { UserError, reasonOf } from "./io";

/** Longest output that is read: some 400,000 routes. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * This host, or one that OpenSSH reaches, by one constant command that reads and changes nothing.
 *
 * @param host as ssh(1) takes it: user@host, or a name of its configuration; absent for this host
 * @throws UserError when it cannot be reached, or does not answer with a whole capture
 */
export async function captureLive(host: string | undefined): Promise<HostCapture> {
  if (host !== undefined && !/^[A-Za-z0-9_[][A-Za-z0-9._@:%[\]-]*$/.test(host))
    throw new UserError(`--host: got ${JSON.stringify(host)}. Give user@host, as ssh takes it`);
  // By standard input to a plain shell: whatever the login shell is, it never reads the command.
  const argv = host === undefined ? ["sh", "-s"] : ["ssh", "-T", "--", host, "sh -s"];
  const { code, output, errors } = await collect(argv, HOST_CAPTURE_COMMAND);
  const name = host ?? "this host";
  if (output === "" || (host !== undefined && code === 255)) {
    const said = errors.replace(/[^\n\x20-\x7e]/g, "?").trim();
    throw new UserError(`cannot read ${name}: ${said === "" ? `${argv[0]} ended with ${code}` : said}`);
  }
  return soundCapture(output, name);
}

interface Collected {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function collect([command, ...args]: readonly string[], input: string): Promise<Collected> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    let [length, errors] = [0, ""];
    child.stdout.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length > MOST_BYTES) child.kill();
      else output.push(piece);
    });
    child.stderr.on(
      "data",
      (piece: Buffer) => (errors = (errors + piece.toString("latin1")).slice(0, 10_000)),
    );
    child.on("error", (error) => reject(new UserError(`cannot run ${command}: ${reasonOf(error)}`)));
    child.on("close", (code) => resolve({ code, output: Buffer.concat(output).toString("utf8"), errors }));
    // A remote end that goes away tells by its exit.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${input}\n`);
  });
}
