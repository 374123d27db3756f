import * as net from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { hookName, knowsHooks } from "./hooks";

/**
 * Whether a server answers at all, asked before it is given a command. `@pulumi/command` bounds the time of a TCP
 * connection and nothing after it: an sshd that accepts and then says nothing, as one whose machine is out of memory
 * or swapping does, would hold an update for ever.
 */

/** What a server does: RFC 4253 4.2 has it speak first. */
export type Greeting = "speaks" | "silent" | "unreachable";

/**
 * Connects, and waits for the server's first byte.
 *
 * @param seconds for the connection, and again for the first byte
 */
export function greetingOf(host: string, port: number, seconds: number): Promise<Greeting> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    let connected = false;
    const end = (greeting: Greeting): void => {
      socket.destroy();
      resolve(greeting);
    };
    socket.setTimeout(seconds * 1000, () => end(connected ? "silent" : "unreachable"));
    socket.once("connect", () => {
      connected = true;
      socket.setTimeout(seconds * 1000);
    });
    socket.once("data", () => end("speaks"));
    // Who hangs up is there, and the provider has words for it.
    socket.once("close", () => end("unreachable"));
    socket.once("error", () => end("unreachable"));
  });
}

/** How often a server that says nothing is asked: one that is just starting may need a moment. */
const TRIES = 3;

/**
 * Fails when a server accepts connections and says nothing. One that cannot be reached is for the provider, which tries
 * for longer.
 *
 * @throws Error that says so
 */
export async function greeted(host: string, port: number, seconds: number): Promise<void> {
  for (let tries = 1; (await greetingOf(host, port, seconds)) === "silent"; tries++) {
    if (tries < TRIES) continue;
    throw new Error(
      `${host} port ${port} accepts connections and says nothing (waited ${seconds} s, ${TRIES} times): its sshd hangs. ` +
        "Nothing was changed on the host. Look at the machine's memory and console, or restart it; then run the update again",
    );
  }
}

interface Endpoint {
  readonly host: string;
  readonly port?: number;
  readonly perDialTimeout?: number;
}

/** The hooks by which a command first asks the machine that is connected to: the proxy, where there is one. */
export function greetingHooks(name: string): pulumi.ResourceHook[] {
  if (!knowsHooks()) return [];
  const hook = new pulumi.ResourceHook(hookName("greeting", name), async ({ newInputs }) => {
    // It is secret, so it comes as an output.
    const connection = pulumi.output(newInputs?.["connection"]) as unknown as {
      promise(): Promise<(Endpoint & { readonly proxy?: Endpoint }) | undefined>;
    };
    const plain = await connection.promise();
    const first = plain?.proxy ?? plain;
    if (first !== undefined) await greeted(first.host, first.port ?? 22, first.perDialTimeout ?? 15);
  });
  return [hook];
}
