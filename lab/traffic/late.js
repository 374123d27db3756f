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

/** Milliseconds by which timers are late on a machine that is not busy. */
const USUAL = 20;

/**
 * Calls `done` after so many milliseconds in which this process could run; what it returns ends that. Time in which a busy
 * machine did not let it run is given once more, five times at most: what has come meanwhile is still to be read, and to be
 * answered.
 */
function afterRunning(milliseconds, done) {
  let timer;
  const wait = (next, times) => {
    const due = performance.now() + next;
    timer = setTimeout(() => {
      const late = performance.now() - due;
      if (late > USUAL && times > 0) wait(Math.min(late, milliseconds), times - 1);
      else done();
    }, next);
  };
  wait(milliseconds, 5);
  return () => clearTimeout(timer);
}

module.exports = { afterRunning, whenQuiet };
