"use strict";

/**
 * Long flows, for tests of what they survive.
 *
 *   node flows.cjs serve ADDRESS...          echoes by TCP and UDP on port 7 of the addresses; prints "ready"
 *   node flows.cjs run FROM TO UDP TCP MS    from port to port: UDP flows that send 1000 datagrams a second together,
 *                                            and TCP connections that each send a line every 20 ms, until standard
 *                                            input ends; then prints what became of them, as JSON
 *
 * A gap is the longest time between two answers of one flow, in milliseconds. A connection is alive when everything that
 * was sent has been answered, which is waited for so many milliseconds.
 */

const dgram = require("node:dgram");
const net = require("node:net");
const { whenQuiet } = require("../../../lab/traffic/late");

const PORT = 7;
/** Milliseconds without an answer to a datagram after which none is waited for. */
const QUIET = 1500;

const [, , mode, ...args] = process.argv;
function udpSocket(address) {
  return dgram.createSocket({ type: address.includes(":") ? "udp6" : "udp4", recvBufferSize: 4 << 20 });
}

function serve(addresses) {
  let pending = 2 * addresses.length;
  const ready = () => --pending === 0 && console.log("ready");
  for (const address of addresses) {
    const socket = udpSocket(address);
    socket.on("message", (message, peer) => socket.send(message, peer.port, peer.address, () => {}));
    socket.bind(PORT, address, ready);
    net
      .createServer((connection) =>
        connection
          .setNoDelay()
          .on("error", () => {})
          .pipe(connection),
      )
      .listen({ host: address, port: PORT }, ready);
  }
}

/** Notes answers, and the longest time between two. */
class Gap {
  last = performance.now();
  longest = 0;

  note() {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.last);
    this.last = now;
  }

  end() {
    this.note();
    return Math.round(this.longest);
  }
}

function run(from, to, udpFlows, tcpFlows, patience) {
  const udp = { sent: 0, answered: 0, refused: 0 };
  const sockets = Array.from({ length: udpFlows }, () => {
    const socket = udpSocket(from);
    socket.gap = new Gap();
    socket.on("message", () => {
      udp.answered++;
      socket.gap.note();
    });
    socket.on("error", () => udp.refused++);
    return socket;
  });
  const connections = Array.from({ length: tcpFlows }, () => {
    const socket = net.connect({ host: to, port: PORT, localAddress: from, noDelay: true });
    const connection = { socket, sent: 0, got: 0, gap: new Gap() };
    socket.on("data", (data) => {
      connection.got += data.length;
      connection.gap.note();
    });
    socket.on("error", (error) => (connection.error = error.code));
    return connection;
  });
  let timers;
  let waiting = sockets.length + connections.length;
  const start = () => {
    const began = performance.now();
    for (const { gap } of sockets) gap.last = began;
    for (const { gap } of connections) gap.last = began;
    let rounds = 0;
    timers = [
      setInterval(() => {
        for (const due = performance.now() - began; rounds < due && sockets.length > 0; rounds++) {
          udp.sent++;
          sockets[rounds % sockets.length].send("x", PORT, to, (error) => error && udp.refused++);
        }
      }, 1),
      setInterval(() => {
        for (const one of connections)
          if (one.error === undefined) one.sent += (one.socket.write("line\n"), 5);
      }, 20),
    ];
    console.log("ready");
  };
  const ready = () => --waiting === 0 && start();
  for (const socket of sockets) socket.bind(0, from, ready);
  for (const { socket } of connections) socket.once("connect", ready);
  process.stdin.resume().on("end", () => {
    timers?.forEach(clearInterval);
    const gap = Math.max(0, ...sockets.map((socket) => socket.gap.end()));
    const ended = performance.now();
    const all = () => udp.answered >= udp.sent;
    whenQuiet(all, () => Math.max(0, ...sockets.map((socket) => socket.gap.last)), settle, QUIET);
    function settle() {
      const open = connections.some((one) => one.error === undefined && one.sent !== one.got);
      if (open && performance.now() - ended < patience) return void setTimeout(settle, 50);
      const result = {
        udp: { ...udp, lost: udp.sent - udp.answered, gap },
        tcp: connections.map(({ sent, got, gap, error }) => ({
          alive: error === undefined && sent > 0 && sent === got,
          gap: Math.round(gap.longest),
          ...(error === undefined ? {} : { error }),
        })),
      };
      console.log(JSON.stringify(result));
      process.exit(0);
    }
  });
}

if (mode === "serve") serve(args);
else run(args[0], args[1], Number(args[2]), Number(args[3]), Number(args[4]));
