import { execFile } from "node:child_process";
import * as net from "node:net";
import { GREETING_SCRIPT, greeted } from "../../lib/deliver/greeting";

describe("a server that is to be given a command", () => {
  const servers: net.Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));
  const serve = async (act: (socket: net.Socket) => void): Promise<number> => {
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      act(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as net.AddressInfo).port;
  };

  test("speaks first when it is one of SSH", async () => {
    const port = await serve((socket) => void socket.write("SSH-2.0-x\r\n"));
    await expect(greeted("127.0.0.1", port, 5)).resolves.toBeUndefined();
  });

  test("is found out when it accepts and says nothing, in bounded time, and asked three times", async () => {
    let asked = 0;
    const port = await serve(() => void asked++);
    await expect(greeted("127.0.0.1", port, 0.2)).rejects.toThrow(
      `127.0.0.1 port ${port} accepts connections and says nothing (waited 0.2 s, 3 times): its sshd hangs`,
    );
    expect(asked).toBe(3);
  });

  test("is asked the same by a script that needs nothing but node", async () => {
    const silent = await serve(() => undefined);
    const speaks = await serve((socket) => void socket.write("SSH-2.0-x\r\n"));
    const ask = (port: number) =>
      new Promise<{ code: unknown; stderr: string }>((resolve) => {
        const argv = ["-", `127.0.0.1 ${port} 0.2`];
        const child = execFile(process.execPath, argv, (error, _stdout, stderr) =>
          resolve({ code: error === null ? 0 : error.code, stderr }),
        );
        child.stdin?.end(GREETING_SCRIPT);
      });
    expect(await ask(speaks)).toEqual({ code: 0, stderr: "" });
    expect(await ask(silent)).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(
          `^127\\.0\\.0\\.1 port ${silent} accepts connections and says nothing .*; then try again\n$`,
        ),
      ) as string,
    });
    expect(GREETING_SCRIPT.length).toBeLessThan(1200);
  });

  test("may find its voice at the second attempt", async () => {
    let asked = 0;
    const port = await serve((socket) => void (++asked === 2 && socket.write("SSH-2.0-x\r\n")));
    await greeted("127.0.0.1", port, 0.5);
    expect(asked).toBe(2);
  });

  test.each<[string, (socket: net.Socket) => void]>([["hangs up", (socket) => socket.destroy()]])(
    "is for the provider when it %s",
    async (_, act) => {
      const port = await serve(act);
      await expect(greeted("127.0.0.1", port, 5)).resolves.toBeUndefined();
    },
  );

  test("is for the provider when nobody is there", async () => {
    const port = await serve(() => undefined);
    await new Promise((resolve) => servers.splice(0)[0].close(resolve));
    await expect(greeted("127.0.0.1", port, 5)).resolves.toBeUndefined();
    await expect(greeted("no-such-host.invalid", 22, 5)).resolves.toBeUndefined();
  });
});
