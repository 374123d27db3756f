import { ChildProcess, spawn } from "node:child_process";
import { compileNative } from "./native";
import { Namespace } from "./netns";

/** Which addresses, routes and rules come and go in a namespace. */
export class Watch {
  private text = "";

  private constructor(
    private readonly namespace: Namespace,
    private readonly child: ChildProcess,
  ) {
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
  }

  /** Watches from when it returns on. */
  static async start(namespace: Namespace): Promise<Watch> {
    const netlink = compileNative("netlink");
    if (netlink === undefined) throw new Error("no C compiler");
    const args = [`--net=${namespace.path}`, "--", netlink, "watch"];
    const watch = new Watch(namespace, spawn("nsenter", args, { stdio: ["ignore", "pipe", "ignore"] }));
    // It says nothing when it has begun: change something until that is seen.
    for (let i = 0; !watch.text.includes(PROBE); i++) {
      if (i > 200) {
        watch.child.kill();
        throw new Error("the watch does not report");
      }
      watch.probe();
      await sleep(20);
    }
    await watch.quiet();
    watch.text = "";
    return watch;
  }

  /** Ends the watch; one entry an event, in order. */
  async end(): Promise<string[]> {
    // What comes after the last event has been seen is a probe.
    this.probe();
    for (let i = 0; !this.text.includes(PROBE) && i < 500; i++) await sleep(20);
    await this.quiet();
    this.child.kill();
    return this.text.split("\n").filter((line) => line !== "" && !line.includes(PROBE));
  }

  private probe(): void {
    this.namespace.try(["ip", "route", "add", "blackhole", PROBE]);
    this.namespace.try(["ip", "route", "del", "blackhole", PROBE]);
  }

  private async quiet(): Promise<void> {
    for (let before = -1; before !== this.text.length;) {
      before = this.text.length;
      await sleep(100);
    }
  }
}

/** A route that nothing else adds (RFC 5737). */
const PROBE = "203.0.113.255";

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
