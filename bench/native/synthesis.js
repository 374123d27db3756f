"use strict";

/**
 * Plans one host many times beside JSON.stringify of the plan and JSON.parse of the spec, and prints the medians as
 * JSON. Plain JavaScript, so that nothing but the compiled library and Node is measured.
 *
 *   node --expose-gc synthesis.js DIST ADDRESSES FAMILY ROUNDS
 *
 * Without ROUNDS only the first plan and the first JSON.stringify of the process are measured.
 */

const [dist, addresses, family, rounds] = process.argv.slice(2);
const { planHost } = require(`${dist}/plan`);

const INTERFACES = 15;
/** Of planning, before anything is measured. */
const WARM_UP_MS = 3000;

/** As many addresses at random places, a third of the room used; 15 interfaces, or fewer for fewer addresses. */
function hostOf(count, ipv6) {
  const random = generator(count);
  const k = Math.min(INTERFACES, count);
  const interfaces = [];
  for (let i = 0, left = count; i < k; i++) {
    const mine = Math.ceil(left / (k - i));
    const room = Math.max(64, 2 ** Math.ceil(Math.log2(3 * mine)));
    const hosts = new Set();
    while (hosts.size < mine) hosts.add(16 + Math.floor(random() * (room - 32)));
    const base = 0x0a000000 + i * 2 ** 19;
    const text = (h) => (ipv6 ? `fd00:1:2:${(i + 1).toString(16)}::${hex(h)}/64` : `${quad(base + h)}/13`);
    interfaces.push({
      name: `eni-${i}`,
      addresses: [...hosts].map(text),
      gateways: [ipv6 ? "fe80::1" : quad(base + 1)],
    });
    left -= mine;
  }
  return { name: "host", interfaces };
}

const hex = (h) => (h > 0xffff ? `${(h >>> 16).toString(16)}:${(h & 0xffff).toString(16)}` : h.toString(16));
const quad = (v) => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255].join(".");

/** mulberry32 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const spec = hostOf(Number(addresses), family === "6");
const input = JSON.stringify(spec);
// Small hosts are planned many times a round, so that the clock is fine enough.
const repeat = Math.max(1, Math.floor(2000 / Number(addresses)));
// CPU time of all threads, collecting garbage included: what else runs on the machine is not in it.
const time = (work, times = repeat) => {
  const start = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / times;
};

let plan;
const first = {
  plan: time(() => (plan = planHost(spec)), 1),
  stringify: time(() => JSON.stringify(plan), 1),
};
if (rounds === undefined) {
  process.stdout.write(JSON.stringify(first));
  process.exit();
}
// Until the engine has compiled what it will: it does so beside, and its time counts.
let warmUp = 0;
for (let spent = 0; spent < WARM_UP_MS || warmUp < 3; warmUp++) {
  spent += repeat * time(() => (plan = planHost(spec)));
  JSON.stringify(plan);
}
const times = { plan: [], stringify: [], parse: [], ratio: [] };
for (let round = 0; round < Number(rounds); round++) {
  const planned = time(() => (plan = planHost(spec)));
  const written = time(() => JSON.stringify(plan));
  times.plan.push(planned);
  times.stringify.push(written);
  times.parse.push(time(() => JSON.parse(input)));
  times.ratio.push(planned / written);
}
// Several plans are held at once, so that what the engine keeps for itself weighs little.
const copies = Math.max(1, Math.min(100, Math.round(200_000 / Number(addresses))));
globalThis.gc();
const before = process.memoryUsage().heapUsed;
const held = Array.from({ length: copies }, () => planHost(spec));
globalThis.gc();
const heap = (process.memoryUsage().heapUsed - before) / held.length / Number(addresses);

process.stdout.write(
  JSON.stringify({
    addresses: Number(addresses),
    family: Number(family),
    rules: (family === "6" ? plan.ipv6 : plan.ipv4).rules.length,
    warmUp: warmUp * repeat,
    plan: median(times.plan),
    stringify: median(times.stringify),
    parse: median(times.parse),
    ratio: median(times.ratio),
    heap,
  }),
);
