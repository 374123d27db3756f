"use strict";

/**
 * Traffic for tests on the real kernel, small enough for every namespace.
 *
 *   node udp.js serve                     echoes, IPv4 and IPv6, on port 7; prints "ready"
 *   node udp.js flood TO4 TO6 SOURCE...   sends to port 7 from every source, 1000 times a second, until its standard
 *                                         input ends; then prints what became of it, as JSON by source
 *
 * Sockets are not connected, so that every datagram is routed anew.
 */

const dgram = require("node:dgram");
const { whenQuiet } = require("../../../lab/traffic/late");

const [, , mode, ...args] = process.argv;
const PORT = 7;

if (mode === "serve") serve();
else flood(args);

function socketFor(address) {
  const six = address.includes(":");
  return dgram.createSocket({ type: six ? "udp6" : "udp4", ipv6Only: six, recvBufferSize: 4 << 20 });
}

function serve() {
  let pending = 2;
  for (const any of ["0.0.0.0", "::"]) {
    const socket = socketFor(any);
    socket.on("message", (message, from) => socket.send(message, from.port, from.address));
    socket.bind(PORT, any, () => --pending === 0 && console.log("ready"));
  }
}

function flood([to4, to6, ...sources]) {
  let last = 0;
  const flows = sources.map((source) => {
    const socket = socketFor(source);
    const flow = { source, socket, sent: 0, answered: 0, refused: 0 };
    socket.on("message", () => {
      flow.answered++;
      last = performance.now();
    });
    socket.on("error", () => flow.refused++);
    return flow;
  });
  const payload = Buffer.from("x");
  let bound = 0;
  let timer;
  const start = () => {
    const began = performance.now();
    let rounds = 0;
    timer = setInterval(() => {
      for (const due = performance.now() - began; rounds < due; rounds++) {
        for (const flow of flows) {
          flow.sent++;
          flow.socket.send(payload, PORT, flow.source.includes(":") ? to6 : to4, (error) => {
            if (error) flow.refused++;
          });
        }
      }
    }, 1);
    console.log("ready");
  };
  for (const flow of flows) flow.socket.bind(0, flow.source, () => ++bound === flows.length && start());
  process.stdin.resume().on("end", () => {
    clearInterval(timer);
    const all = () => flows.every(({ sent, answered }) => answered >= sent);
    whenQuiet(
      all,
      () => last,
      () => {
        const result = {};
        for (const { source, sent, answered, refused } of flows) result[source] = { sent, answered, refused };
        console.log(JSON.stringify(result));
        process.exit(0);
      },
    );
  });
}
