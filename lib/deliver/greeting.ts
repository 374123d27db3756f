import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { hookName, knowsHooks } from "./hooks";

/**
 * Whether a server answers at all, asked before it is given a command. `@pulumi/command` bounds the time of a TCP
 * connection and nothing after it: an sshd that accepts and then says nothing, as one whose machine is out of memory
 * or swapping does, would hold an update for ever.
 */
export const GREETING_SCRIPT = fs.readFileSync(path.join(__dirname, "greeting-process.js"), "utf8");

/**
 * Fails when a server accepts connections and says nothing, three times. One that cannot be reached is for the provider,
 * which tries for longer.
 *
 * @param seconds for the connection, and again for the first byte
 * @throws Error that says so
 */
export function greeted(host: string, port: number, seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ["-", [host, port, seconds].join(" ")],
      (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(stderr.trim()))),
    );
    child.stdin?.end(GREETING_SCRIPT);
  });
}

interface Endpoint {
  readonly host: string;
  readonly port?: number;
  readonly perDialTimeout?: number;
}

/** The machine that is connected to, which is the proxy where there is one: host, port, and seconds. */
export function firstOf(connection: Endpoint & { readonly proxy?: Endpoint }): [string, number, number] {
  const { host, port, perDialTimeout } = connection.proxy ?? connection;
  return [host, port ?? 22, perDialTimeout ?? 15];
}

/** The hooks by which a command first asks the machine that is connected to. */
export function greetingHooks(name: string): pulumi.ResourceHook[] {
  if (!knowsHooks()) return [];
  const hook = new pulumi.ResourceHook(hookName("greeting", name), async ({ newInputs }) => {
    // It is secret, so it comes as an output.
    const connection = pulumi.output(newInputs?.["connection"]) as unknown as {
      promise(): Promise<(Endpoint & { readonly proxy?: Endpoint }) | undefined>;
    };
    const plain = await connection.promise();
    if (plain !== undefined) await greeted(...firstOf(plain));
  });
  return [hook];
}
