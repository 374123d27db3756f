"use strict";

// Plain JavaScript and no packages: it is also run by itself, by `node -`, and a state file keeps its text.
const net = require("node:net");

const TRIES = 3;

/**
 * Asks whether a server says anything at all. `done` is told what is wrong when it takes connections and is silent, three
 * times: one that is just starting may need a moment; else nothing. What cannot be reached is for the provider, which tries
 * for longer. RFC 4253 4.2 has the server speak first. Who hangs up is there, and the provider has words for it.
 */
function greet(host, port, seconds, done, tries = 1) {
  const socket = net.connect({ host, port: Number(port) });
  let connected = false;
  let silent = false;
  const limit = () => socket.setTimeout(Number(seconds) * 1000);
  limit();
  socket.on("connect", () => {
    connected = true;
    limit();
  });
  socket.on("timeout", () => {
    silent = connected;
    socket.destroy();
  });
  socket.on("data", () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (!silent) return done();
    if (tries < TRIES) return greet(host, port, seconds, done, tries + 1);
    done(
      `${host} port ${port} accepts connections and says nothing (waited ${seconds} s, ${TRIES} times): its sshd hangs. ` +
        "Nothing was changed on the host. Look at the machine's memory and console, or restart it; then try again",
    );
  });
}

module.exports = greet;
