"use strict";

/** Milliseconds in which no answer has come, so that none is waited for any more. */
const QUIET = 500;

/**
 * Waits for late answers: calls `done` when `all()` are there, or when none has come for `quiet` milliseconds. `last()` is
 * when the last one came, by `performance.now()`.
 *
 * On a busy machine answers may come for seconds after the last question, and wait in the socket while nobody reads: so
 * it is no fixed time, and the sockets are read before each look.
 */
function whenQuiet(all, last, done, quiet = QUIET) {
  const began = performance.now();
  const look = () => {
    if (all() || performance.now() - Math.max(began, last()) >= quiet) done();
    // After a timer sockets are read, and then comes what was set immediate.
    else setTimeout(() => setImmediate(look), 20);
  };
  look();
}

module.exports = { whenQuiet };
