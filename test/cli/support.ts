import * as os from "node:os";
import { Io } from "../../lib/cli/io";
import { run } from "../../lib/cli/main";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process. */
export async function multihome(
  argv: readonly string[],
  given: { stdin?: string | Uint8Array; cwd?: string; stdout?: Io["stdout"] } = {},
): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  const code = await run(argv, {
    stdin: (async function* () {
      yield Buffer.from(given.stdin ?? "");
    })(),
    stdout: given.stdout ?? (async (text) => void (stdout += text)),
    stderr: (text) => void (stderr += text),
    cwd: given.cwd ?? os.tmpdir(),
  });
  return { code, stdout, stderr };
}

export const HOST = {
  name: "edge-1",
  interfaces: [{ name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }],
};
