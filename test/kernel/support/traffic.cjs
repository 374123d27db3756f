"use strict";

/**
 * A process that makes and answers traffic inside a network namespace. It reads one JSON request a line from
 * standard input and writes one JSON answer a line, in whatever order the exchanges end; `id` ties them
 * together. It ends with its standard input. Only Node's own modules: it must start in a bare namespace.
 *
 *   {id, op: "serve", protocol: "tcp" | "udp" | "http", address, port}     echoes; HTTP answers 200
 *   {id, op: "tcp", to, port, from?, sourcePort?, timeout}                 connects, sends, awaits the echo
 *   {id, op: "udp", to, port, from?, sourcePort?, timeout}                 sends until the echo comes
 *   {id, op: "run", argv, timeout}                                         a program, to its end
 *
 * Answers: {id, ok, error?}, and for "run" `output`.
 */

const { execFile } = require("node:child_process");
const dgram = require("node:dgram");
const http = require("node:http");
const net = require("node:net");
const readline = require("node:readline");
const { afterRunning } = require("../../../lab/traffic/late");

/** Between two datagrams to a server that has not answered; milliseconds. */
const RESEND = 150;

const operations = { serve, tcp, udp, run };

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, op, ...request } = JSON.parse(line);
  operations[op](request, (answer) => process.stdout.write(JSON.stringify({ id, ...answer }) + "\n"));
});
process.stdin.on("end", () => process.exit(0));

function serve({ protocol, address, port }, done) {
  const failed = (error) => done({ ok: false, error: error.code ?? error.message });
  const ready = () => done({ ok: true });
  if (protocol === "udp") {
    const socket = dgram.createSocket(net.isIPv6(address) ? { type: "udp6", ipv6Only: true } : "udp4");
    socket.on("message", (data, peer) => socket.send(data, peer.port, peer.address, () => {}));
    socket.once("error", failed).bind(port, address, ready);
    return;
  }
  const server =
    protocol === "http"
      ? http.createServer((_, response) => response.end("here\n"))
      : net.createServer((socket) => socket.on("error", () => {}).pipe(socket));
  server.once("error", failed).listen({ host: address, port, ipv6Only: true }, ready);
}

function tcp({ to, port, from, sourcePort, timeout }, done) {
  const finish = once(done);
  const socket = net.connect({ host: to, port, localAddress: from, localPort: sourcePort });
  const forget = afterRunning(timeout, () => end({ ok: false, error: "ETIMEDOUT" }));
  const end = (answer) => {
    forget();
    // A reset, so that the port is free again at once.
    if (answer.ok) socket.resetAndDestroy();
    else socket.destroy();
    finish(answer);
  };
  socket.on("error", (error) => end({ ok: false, error: error.code ?? error.message }));
  socket.on("connect", () => socket.write("there and back"));
  socket.on("data", () => end({ ok: true }));
}

function udp({ to, port, from, sourcePort, timeout }, done) {
  const finish = once(done);
  const socket = dgram.createSocket({ type: net.isIPv6(to) ? "udp6" : "udp4" });
  let [again, forget] = [undefined, () => {}];
  const end = (answer) => {
    clearInterval(again);
    forget();
    finish(answer);
    try {
      socket.close();
    } catch {
      // Closed already.
    }
  };
  const fail = (error) => end({ ok: false, error: error.code ?? error.message });
  socket.on("error", fail);
  // An answer from another address than the one asked is of no use to a program.
  socket.on("message", (_, { address }) =>
    end(address === to ? { ok: true } : { ok: false, error: `answered by ${address}` }),
  );
  socket.bind({ port: sourcePort ?? 0, address: from }, () => {
    const send = () => socket.send("there and back", port, to, (error) => error && fail(error));
    send();
    again = setInterval(send, RESEND);
    forget = afterRunning(timeout, () => end({ ok: false, error: "ETIMEDOUT" }));
  });
}

function run({ argv: [program, ...args], timeout }, done) {
  execFile(program, args, { timeout }, (error, stdout, stderr) => {
    const output = stdout + stderr;
    if (!error) done({ ok: true, output });
    else done({ ok: false, output, error: error.killed ? "ETIMEDOUT" : `${program}: ${error.code}` });
  });
}

function once(callback) {
  let called = false;
  return (value) => {
    if (!called) callback(value);
    called = true;
  };
}
