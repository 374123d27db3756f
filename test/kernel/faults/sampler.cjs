"use strict";

/**
 * Asks the kernel by which way packets would go, a thousand times a second, and tells whether any answer was neither
 * of the old generation nor of the new one. It runs in the namespace that it asks.
 *
 * Standard input, a JSON document a line:
 *   {"flows": {"4": [[FROM, TO], ...], "6": [...]}}   what to ask
 *   {"allow": [{"4": [WAY, ...], "6": [...]}, ...]}   from here on, which answers go together
 *   {"report": true}                                  answered by a line: see `report`
 */

const { spawn } = require("node:child_process");
const readline = require("node:readline");

/** Always answered, so that what was not answered before it never will be. */
const SENTINEL = { 4: "127.0.0.1", 6: "::1" };

const families = [4, 6].map((family) => ({ family, flows: [], answers: new Map(), waiting: false }));
let allowed = [];
let tally = fresh();

function fresh() {
  return { vectors: 0, mixed: 0, lost: 0, switches: 0, examples: [] };
}

/** "dev DEVICE via GATEWAY" of an answer, as short as it can be told. */
function wayOf(line) {
  const via = / via (\S+)/.exec(line);
  const dev = / dev (\S+)/.exec(line);
  return `${dev === null ? "none" : dev[1]}${via === null ? "" : ` ${via[1]}`}`;
}

function judge(one) {
  if (allowed.length === 0) return;
  tally.vectors++;
  one.flows.forEach(([from, to], i) => {
    const way = one.answers.get(`${to} from ${from}`) ?? "none";
    // The first flow is the operator's.
    if (way === "none" && i === 0) tally.lost++;
    // Generations may have answers in common.
    if (one.state !== undefined && allowed[one.state]?.[one.family][i] === way) return;
    const state = allowed.findIndex((ways) => ways[one.family][i] === way);
    if (state < 0) {
      tally.mixed++;
      if (tally.examples.length < 5) tally.examples.push(`from ${from} to ${to}: ${way}`);
    } else {
      if (one.state !== undefined && one.state !== state) tally.switches++;
      one.state = state;
    }
  });
}

for (const one of families) {
  const ip = spawn("ip", [`-${one.family}`, "-o", "-force", "-batch", "-"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  one.ip = ip;
  readline.createInterface({ input: ip.stdout }).on("line", (line) => {
    const key = /^(?:local )?(\S+)(?: from (\S+))?/.exec(line);
    if (key[1] !== SENTINEL[one.family]) one.answers.set(`${key[1]} from ${key[2]}`, wayOf(line));
    else {
      if (one.epoch === epoch) judge(one);
      one.waiting = false;
    }
  });
}

/** What was asked before a new document says what is allowed is not judged. */
let epoch = 0;
setInterval(() => {
  for (const one of families) {
    if (one.waiting || one.flows.length === 0) continue;
    one.waiting = true;
    one.epoch = epoch;
    one.answers.clear();
    const lines = one.flows.map(([from, to]) => `route get ${to} from ${from}\n`);
    one.ip.stdin.write(`${lines.join("")}route get ${SENTINEL[one.family]}\n`);
  }
}, 1);

const commands = readline.createInterface({ input: process.stdin });
commands.on("line", (line) => {
  const { flows, allow, report } = JSON.parse(line);
  if (flows !== undefined) for (const one of families) one.flows = flows[one.family];
  if (allow !== undefined) {
    allowed = allow;
    tally = fresh();
    epoch++;
    for (const one of families) one.state = undefined;
  }
  if (report) process.stdout.write(`${JSON.stringify(tally)}\n`);
});
commands.on("close", () => process.exit(0));
