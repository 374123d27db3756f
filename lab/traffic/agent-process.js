"use strict";

/**
 * Makes traffic in the network namespace it runs in: one process answers any number of requests, since a process a
 * probe would cost more than the probe. Plain JavaScript and no packages, so that it starts in 50 ms.
 *
 * Reads requests as JSON lines, {"id": N, "do": "serve" | "probe" | "flood" | "halt", …}; answers each with a line
 * {"id": N, …}, in the order in which they end. See ./agent.ts for the fields. Ends with its input.
 *
 * Every server tells who it thinks is calling, "ADDRESS PORT\n", before it echoes: so a client learns which source
 * address its packets carried when they arrived.
 */

const { spawn } = require("node:child_process");
const dgram = require("node:dgram");
const net = require("node:net");
const readline = require("node:readline");
const { afterRunning, whenQuiet } = require("./late");

const udpType = (address) => (net.isIPv6(address) ? "udp6" : "udp4");

/** The text of who calls: IPv4 also where an IPv6 socket takes the call. */
const caller = (address, port) => `${address.replace(/^::ffff:/, "")} ${port}\n`;

const servers = new Map();

function serve({ protocol, address, port }) {
  const key = `${protocol} ${address} ${port}`;
  if (!servers.has(key))
    servers.set(key, protocol === "udp" ? serveUdp(address, port) : serveTcp(address, port));
  return servers.get(key);
}

function serveUdp(address, port) {
  const socket = dgram.createSocket({ type: udpType(address), recvBufferSize: 1 << 20 });
  socket.on("message", (message, remote) => {
    const answer = Buffer.concat([Buffer.from(caller(remote.address, remote.port)), message]);
    socket.send(answer, remote.port, remote.address, () => undefined);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, address, () => resolve({}));
  });
}

function serveTcp(address, port) {
  const server = net.createServer((connection) => {
    connection.on("error", () => undefined);
    connection.write(caller(connection.remoteAddress, connection.remotePort));
    connection.pipe(connection);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve({}));
  });
}

function probe(request) {
  const started = performance.now();
  const attempt = { tcp: probeTcp, udp: probeUdp, icmp: probeIcmp }[request.protocol](request);
  return attempt.then((outcome) => ({ milliseconds: performance.now() - started, ...outcome }));
}

/** Resolves with the first outcome, "timeout" if there is none in time; then ends what `begin` has begun. */
function attempt(timeout, begin) {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (outcome) => {
      if (settled) return;
      settled = true;
      forget();
      end();
      resolve(outcome);
    };
    const forget = afterRunning(timeout, () => settle({ ok: false, error: "timeout" }));
    const end = begin(settle);
  });
}

const failed = (error) => ({ ok: false, error: error.code ?? error.message });

function probeTcp({ from, to, port, timeout }) {
  return attempt(timeout, (settle) => {
    const connection = net.connect({ host: to, port, localAddress: from });
    let text = "";
    connection.on("error", (error) => settle(failed(error)));
    connection.on("end", () => settle({ ok: false, error: "closed" }));
    connection.on("connect", () => connection.write("echo\n"));
    connection.on("data", (data) => {
      text += data;
      if (!text.endsWith("\necho\n")) return;
      settle({ ok: true, local: connection.localAddress, seen: text.split(" ")[0] });
    });
    return () => connection.destroy();
  });
}

/** Asks again every 200 ms: a lost datagram is not yet a broken path. */
function probeUdp({ from, to, port, timeout }) {
  return attempt(timeout, (settle) => {
    const socket = dgram.createSocket(udpType(to));
    let again;
    socket.on("error", (error) => settle(failed(error)));
    socket.on("message", (message) => {
      settle({ ok: true, local: socket.address().address, seen: message.toString().split(" ")[0] });
    });
    const send = () => socket.send("echo\n", (error) => error && settle(failed(error)));
    // Connected, so that an answer from another address than the one asked is none.
    socket.bind({ port: 0, address: from }, () =>
      socket.connect(port, to, (error) => {
        if (error) return settle(failed(error));
        send();
        again = setInterval(send, 200);
      }),
    );
    return () => {
      clearInterval(again);
      socket.close();
    };
  });
}

/** Asks again every 200 ms as well, and ends with the first answer. */
function probeIcmp({ from, to, timeout }) {
  return attempt(timeout, (settle) => {
    const source = from === undefined ? [] : ["-I", from];
    const wait = String(Math.ceil(timeout / 1000));
    const child = spawn("ping", ["-n", "-c", "1", "-i", "0.2", "-w", wait, ...source, to], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    child.on("error", (error) => settle(failed(error)));
    child.on("close", (status) => {
      if (status === 0) return settle({ ok: true, local: from });
      const reason = said.split("\n").find((line) => /nreachable|prohibited|error|cannot/i.test(line));
      settle({ ok: false, error: reason ?? "timeout" });
    });
    return () => child.kill("SIGKILL");
  });
}

const floods = new Map();

/** Sends numbered datagrams at a rate, and counts what comes back. */
function flood(id, { from, to, port, rate, duration }) {
  const socket = dgram.createSocket({ type: udpType(to), recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  const answered = new Map();
  const report = {
    sent: 0,
    received: 0,
    lost: 0,
    longestLoss: 0,
    longestGap: 0,
    resumed: 0,
    seen: [],
    errors: {},
  };
  const seen = new Set();
  const count = (error) => {
    const name = error.code ?? error.message;
    report.errors[name] = (report.errors[name] ?? 0) + 1;
  };
  let last;
  socket.on("error", count);
  socket.on("message", (message) => {
    const now = performance.now();
    const [address, , number] = message.toString().split(/[ \n]/);
    if (last !== undefined && now - last > report.longestGap) {
      report.longestGap = now - last;
      report.resumed = Date.now();
    }
    last = now;
    seen.add(address);
    answered.set(Number(number), (answered.get(Number(number)) ?? 0) + 1);
  });
  return new Promise((resolve, reject) => {
    const begin = (error) => {
      if (error) return reject(error);
      const started = performance.now();
      const tick = () => {
        const elapsed = performance.now() - started;
        const due = Math.floor((Math.min(elapsed, duration) * rate) / 1000);
        for (; report.sent < due; report.sent++)
          socket.send(`${report.sent}`, (failure) => failure && count(failure));
        if (elapsed >= duration) halt();
      };
      const timer = setInterval(tick, 1);
      const halt = () => {
        clearInterval(timer);
        floods.delete(id);
        whenQuiet(
          () => answered.size === report.sent,
          () => last ?? 0,
          finish,
        );
      };
      floods.set(id, halt);
    };
    const finish = () => {
      socket.close();
      let run = 0;
      for (let number = 0; number < report.sent; number++) {
        run = answered.has(number) ? 0 : run + 1;
        report.longestLoss = Math.max(report.longestLoss, run);
      }
      report.received = answered.size;
      report.lost = report.sent - answered.size;
      report.seen = [...seen].sort();
      resolve(report);
    };
    socket.bind({ port: 0, address: from }, () => socket.connect(port, to, begin));
  });
}

function halt({ flood: id }) {
  floods.get(id)?.();
  return {};
}

async function handle(line) {
  const { id, do: what, ...request } = JSON.parse(line);
  const handlers = { serve, probe, halt, flood: (fields) => flood(id, fields) };
  try {
    process.stdout.write(`${JSON.stringify({ id, ...(await handlers[what](request)) })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, failure: error.message })}\n`);
  }
}

readline
  .createInterface({ input: process.stdin })
  .on("line", handle)
  .on("close", () => process.exit());
