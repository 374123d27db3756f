import { ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import * as readline from "node:readline";
import { inNamespace } from "../fabric";

/** A process that makes traffic in a network namespace; see ./agent-process.js. */

export interface Probe {
  protocol: "tcp" | "udp" | "icmp";
  /** Source address to bind to; unbound without. */
  from?: string;
  to: string;
  /** Of the server; not for ICMP. */
  port?: number;
  /** Milliseconds. */
  timeout: number;
}

export interface ProbeOutcome {
  ok: boolean;
  /** Why not: an errno name such as "EHOSTUNREACH", what ping said, or "timeout". */
  error?: string;
  /** The address the client's socket had. */
  local?: string;
  /** The address the server saw the client at (TCP, UDP). */
  seen?: string;
  milliseconds: number;
}

export interface Flood {
  from?: string;
  to: string;
  port: number;
  /** Datagrams a second. */
  rate: number;
  /** Milliseconds. */
  duration: number;
}

export interface FloodReport {
  sent: number;
  received: number;
  lost: number;
  /** The longest run of datagrams without an answer. */
  longestLoss: number;
  /** Milliseconds between two answers, at most. */
  longestGap: number;
  /** When that gap ended, in milliseconds since 1970. */
  resumed: number;
  /** Every source address the server saw. */
  seen: string[];
  /** Errors of the sending socket, by name. */
  errors: Record<string, number>;
}

export class Agent {
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, (answer: Record<string, unknown>) => void>();
  private nextId = 1;
  private said = "";
  private ended: string | undefined;

  constructor(readonly namespace: string) {
    const [program, ...args] = inNamespace(namespace, [
      process.execPath,
      path.join(__dirname, "agent-process.js"),
    ]);
    // Nothing of the caller's Node options: a test runner's would slow it down.
    const env = { ...process.env, NODE_OPTIONS: "" };
    this.child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    readline.createInterface({ input: this.child.stdout! }).on("line", (line) => this.answer(line));
    this.child.stderr!.on("data", (data) => (this.said += data));
    this.child.stdin!.on("error", () => undefined);
    this.child.on("error", (error) => this.end(error.message));
    this.child.on("close", () => this.end(`agent in ${namespace} has ended. ${this.said}`));
  }

  /** An echo server; once a protocol, address and port, however often asked for. */
  async serve(protocol: "tcp" | "udp", address: string, port: number): Promise<void> {
    await this.request("serve", { protocol, address, port });
  }

  /** One attempt to get an echo. That it fails is an outcome, not an error. */
  async probe(probe: Probe): Promise<ProbeOutcome> {
    return (await this.request("probe", { ...probe })) as unknown as ProbeOutcome;
  }

  /** Starts numbered datagrams to a UDP echo server; `report` comes when they have ended, `halt` ends them before. */
  flood(flood: Flood): { report: Promise<FloodReport>; halt: () => Promise<void> } {
    const id = this.nextId;
    const report = this.request("flood", { ...flood }) as unknown as Promise<FloodReport>;
    const halt = async () => {
      await this.request("halt", { flood: id });
    };
    return { report, halt };
  }

  /** Ends the process, its servers and floods. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.child.once("close", resolve));
    this.child.stdin!.end();
    await closed;
  }

  private request(what: string, fields: object): Promise<Record<string, unknown>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) throw new Error(this.ended);
      this.pending.set(id, (answer) => {
        const { failure } = answer;
        if (typeof failure === "string") reject(new Error(`${what} in ${this.namespace}: ${failure}`));
        else resolve(answer);
      });
      this.child.stdin!.write(`${JSON.stringify({ id, do: what, ...fields })}\n`);
    });
  }

  private answer(line: string): void {
    const { id, ...answer } = JSON.parse(line) as { id: number };
    const waiting = this.pending.get(id);
    this.pending.delete(id);
    waiting?.(answer);
  }

  private end(failure: string): void {
    this.ended ??= failure;
    for (const waiting of this.pending.values()) waiting({ failure });
    this.pending.clear();
  }
}

/** Agents by namespace, started when first asked for. */
export class Agents {
  private readonly started = new Map<string, Agent>();

  in(namespace: string): Agent {
    const agent = this.started.get(namespace) ?? new Agent(namespace);
    this.started.set(namespace, agent);
    return agent;
  }

  async close(): Promise<void> {
    const all = [...this.started.values()];
    this.started.clear();
    await Promise.all(all.map((agent) => agent.close()));
  }
}
