import * as path from "node:path";
import * as readline from "node:readline";

import { Background, Namespace } from "./netns";

export interface Answer {
  readonly ok: boolean;
  /** A system error name (ECONNREFUSED, ENETUNREACH, ETIMEDOUT), the program that failed with its status, or the other address that answered. */
  readonly error?: string;
  /** What a program printed, both outputs. */
  readonly output?: string;
}

export interface Endpoint {
  readonly to: string;
  readonly port: number;
  /** Source address; without one the kernel chooses. */
  readonly from?: string;
  readonly sourcePort?: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Traffic from and to one namespace: a process in it that serves and connects as told (traffic.cjs). */
export class Agent {
  private readonly process: Background;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private last = 0;
  private ended: Answer | undefined;

  constructor(readonly namespace: Namespace) {
    this.process = namespace.start([process.execPath, path.join(__dirname, "traffic.cjs")]);
    const { child } = this.process;
    readline.createInterface({ input: child.stdout! }).on("line", (line) => {
      const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
      this.waiting.get(id)?.(answer);
      this.waiting.delete(id);
    });
    child.on("close", (status, signal) => {
      this.ended = { ok: false, error: `agent ended, ${signal ?? `exit ${status}`}: ${this.process.stderr}` };
      for (const answer of this.waiting.values()) answer(this.ended);
      this.waiting.clear();
    });
    // Written to after its end: what waits has been answered by "close".
    child.stdin!.on("error", () => {});
  }

  /** Echo servers; every one must come up. */
  async serve(
    ...servers: { protocol: "tcp" | "udp" | "http"; address: string; port: number }[]
  ): Promise<void> {
    for (const server of servers) {
      const { ok, error } = await this.ask({ op: "serve", ...server });
      if (!ok) throw new Error(`${this.namespace.name}: cannot serve ${JSON.stringify(server)}: ${error}`);
    }
  }

  tcp(endpoint: Endpoint): Promise<Answer> {
    return this.ask({ op: "tcp", ...endpoint });
  }

  udp(endpoint: Endpoint): Promise<Answer> {
    return this.ask({ op: "udp", ...endpoint });
  }

  run(argv: readonly string[], timeout: number): Promise<Answer> {
    return this.ask({ op: "run", argv, timeout });
  }

  stop(): Promise<string> {
    return this.process.stop("SIGKILL");
  }

  private ask(request: object): Promise<Answer> {
    const id = ++this.last;
    return new Promise((resolve) => {
      if (this.ended !== undefined) return resolve(this.ended);
      this.waiting.set(id, resolve);
      this.process.child.stdin!.write(JSON.stringify({ id, ...request }) + "\n");
    });
  }
}
