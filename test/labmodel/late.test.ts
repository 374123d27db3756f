import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { AddressInfo } from "node:net";
import * as path from "node:path";
import * as readline from "node:readline";
import { FloodReport } from "../../lab/traffic";

const PROCESS = path.join(__dirname, "../../lab/traffic/agent-process.js");

/** Sends 30 datagrams to a server that answers one every 50 ms, if any. */
async function flooded(answers: (n: number) => boolean): Promise<FloodReport> {
  const server = createSocket("udp4");
  let received = 0;
  server.on("message", (message, { port, address }) => {
    const n = received++;
    if (answers(n)) setTimeout(() => server.send(`${address} ${port}\n${message}`, port, address), 50 * n);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const agent = spawn(process.execPath, [PROCESS], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const { port } = server.address() as AddressInfo;
    const flood = { id: 1, do: "flood", to: "127.0.0.1", port, rate: 300, duration: 100 };
    agent.stdin.write(`${JSON.stringify(flood)}\n`);
    const lines = readline.createInterface({ input: agent.stdout });
    return JSON.parse(await new Promise<string>((resolve) => lines.once("line", resolve))) as FloodReport;
  } finally {
    agent.kill("SIGKILL");
    server.close();
  }
}

describe("a probe", () => {
  test.each(["../../lab/traffic/agent-process.js", "../kernel/support/traffic.cjs"])(
    "of %s whose answer comes while its machine does not let it run has its answer",
    async (file) => {
      const agent = spawn(process.execPath, [path.join(__dirname, file)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const server = createSocket("udp4");
      let asked = false;
      server.on("message", (message, { port, address }) => {
        if (!asked) {
          agent.kill("SIGSTOP");
          setTimeout(() => agent.kill("SIGCONT"), 600);
        }
        asked = true;
        server.send(`${address} ${port}\n${message}`, port, address);
      });
      await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const probe = { to: "127.0.0.1", from: "127.0.0.1", port, timeout: 300 };
        agent.stdin.write(
          `${JSON.stringify({ id: 1, do: "probe", op: "udp", protocol: "udp", ...probe })}\n`,
        );
        const lines = readline.createInterface({ input: agent.stdout });
        const answer = await new Promise<string>((resolve) => lines.once("line", resolve));
        expect(JSON.parse(answer)).toMatchObject({ id: 1, ok: true });
      } finally {
        agent.kill("SIGKILL");
        server.close();
      }
    },
  );
});

describe("a flood of datagrams", () => {
  test("waits for answers as long as they come, so that those of a busy machine are not taken for lost", async () => {
    expect(await flooded(() => true)).toMatchObject({ sent: 30, received: 30, lost: 0 });
  });

  test("tells what has no answer", async () => {
    expect(await flooded((n) => n % 3 !== 0)).toMatchObject({ sent: 30, received: 20, lost: 10 });
  });
});
