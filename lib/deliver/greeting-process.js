"use strict";

/**
 * Asks whether a server says anything at all: node greeting-process.js "HOST PORT SECONDS". Ends with 1, and says so, when
 * it takes connections and is silent, three times: one that is just starting may need a moment. What cannot be reached is
 * for the provider, which tries for longer. Plain JavaScript and no packages, as a state file keeps its text.
 */

const net = require("node:net");

const TRIES = 3;
const [host, port, seconds] = process.argv[2].split(" ");

/** RFC 4253 4.2 has the server speak first. Who hangs up is there, and the provider has words for it. */
function ask(tries) {
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
    if (!silent) return;
    if (tries < TRIES) return ask(tries + 1);
    process.stderr.write(
      `${host} port ${port} accepts connections and says nothing (waited ${seconds} s, ${TRIES} times): its sshd hangs. ` +
        "Nothing was changed on the host. Look at the machine's memory and console, or restart it; then try again\n",
    );
    process.exitCode = 1;
  });
}

ask(1);
