"use strict";

/**
 * What sshd does for a command, without the cryptography: it runs with SSH_CONNECTION set, and what it prints goes over
 * the connection.
 *
 *   node session.cjs serve ADDRESS PORT                    prints "ready"
 *   node session.cjs call FROM ADDRESS PORT COMMAND...     prints what comes back, last "exit STATUS"
 */

const { spawn } = require("node:child_process");
const net = require("node:net");

const [, , mode, ...args] = process.argv;
if (mode === "serve") serve(...args);
else call(...args);

function serve(address, port) {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (line) => {
      const [program, ...rest] = JSON.parse(line);
      const session = [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort];
      const env = { ...process.env, SSH_CONNECTION: session.join(" ") };
      const child = spawn(program, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => socket.write(data));
      child.on("close", (status) => socket.end(`exit ${status}\n`));
    });
  });
  server.listen({ host: address, port: Number(port) }, () => console.log("ready"));
}

function call(from, address, port, ...command) {
  const socket = net.connect({ host: address, port: Number(port), localAddress: from });
  socket.on("connect", () => socket.write(JSON.stringify(command)));
  socket.on("data", (data) => process.stdout.write(data));
  socket.on("error", ({ code }) => console.log(`lost: ${code}`));
}
