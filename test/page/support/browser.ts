import { ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Readable, Writable } from "node:stream";

/** A headless Chromium, spoken to by its own protocol over two pipes. */

const CANDIDATES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser of this machine, if it has one. */
export const BROWSER = CANDIDATES.find((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0);

/** `describe` for tests that need a browser; skipped, and counted as skipped, without one. */
export const describeInBrowser: jest.Describe = BROWSER === undefined ? describe.skip : describe;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class Browser {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private last = 0;
  private session?: string;
  /** Addresses that the page has asked for since it was opened. */
  readonly requested: string[] = [];
  /** Errors of the page's script. */
  readonly errors: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    let rest = "";
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const messages = (rest + text).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages) this.take(JSON.parse(message) as Reply);
    });
  }

  static async start(): Promise<Browser> {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-browser-"));
    const flags = [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...["--disable-dev-shm-usage", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
    ];
    // A process group of its own: its helpers write into the profile until they end as well.
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"] as const;
    const child = spawn(BROWSER!, flags, { detached: true, stdio: [...stdio] });
    const browser = new Browser(child, profile);
    const { targetInfos } = await browser.send("Target.getTargets");
    const page = (targetInfos as { type: string; targetId: string }[]).find(({ type }) => type === "page")!;
    const attached = await browser.send("Target.attachToTarget", { targetId: page.targetId, flatten: true });
    browser.session = attached["sessionId"] as string;
    for (const domain of ["Page", "Runtime", "Network"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens a file at a width and height in CSS pixels, anew even where only what follows "#" is another. */
  async open(file: string, width: number, height: number): Promise<void> {
    await this.send("Page.navigate", { url: "about:blank" });
    const mobile = width < 600;
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    this.requested.length = 0;
    this.errors.length = 0;
    await this.send("Page.navigate", { url: `file://${file}` });
    for (let i = 0; (await this.evaluate("document.readyState")) !== "complete"; i++) {
      if (i > 500) throw new Error("the page does not load");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The value of an expression in the page. */
  async evaluate<T = unknown>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** The page as it is seen, as PNG. */
  async screenshot(file: string): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    fs.writeFileSync(file, Buffer.from(data as string, "base64"));
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.on("close", resolve));
    process.kill(-this.child.pid!, "SIGKILL");
    await ended;
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 20 });
  }

  private send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.last;
    const message = { id, method, params, ...(this.session !== undefined && { sessionId: this.session }) };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result ?? {}) : reject(new Error(`${method}: ${error.message}`)),
      );
      (this.child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  private take(reply: Reply): void {
    if (reply.id !== undefined) {
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    } else if (reply.method === "Network.requestWillBeSent") {
      this.requested.push((reply.params?.["request"] as { url: string }).url);
    } else if (reply.method === "Runtime.exceptionThrown") {
      this.errors.push(JSON.stringify(reply.params));
    }
  }
}
