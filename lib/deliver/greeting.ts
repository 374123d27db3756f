import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { hookName, knowsHooks } from "./hooks";

type Greet = (host: string, port: number, seconds: number, done: (silent?: string) => void) => void;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- plain JavaScript, since it is a script as well
const greet = require("./greet.js") as Greet;

/**
 * Whether a server answers at all, asked before it is given a command. `@pulumi/command` bounds the time of a TCP
 * connection and nothing after it: an sshd that accepts and then says nothing, as one whose machine is out of memory
 * or swapping does, would hold an update for ever.
 *
 * Fails when a server accepts connections and says nothing, three times. One that cannot be reached is for the provider,
 * which tries for longer.
 *
 * @param seconds for the connection, and again for the first byte
 * @throws Error that says so
 */
export function greeted(host: string, port: number, seconds: number): Promise<void> {
  return new Promise((resolve, reject) =>
    greet(host, port, seconds, (silent) => (silent === undefined ? resolve() : reject(new Error(silent)))),
  );
}

/** The same for `node - "HOST PORT SECONDS"`: what it has to say on standard error, and status 1. */
export const GREETING_SCRIPT = [
  ...withoutComments(fs.readFileSync(path.join(__dirname, "greet.js"), "utf8")),
  'greet(...process.argv[2].split(" "), (silent) => {',
  "if (silent === undefined) return;",
  "console.error(silent);",
  "process.exitCode = 1;",
  "});",
  "",
].join("\n");

/** And without indentation: it is kept in the state of every host, twice. */
function withoutComments(source: string): string[] {
  return source
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => !/^($|\/\/|\/?\*)/.test(line));
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
