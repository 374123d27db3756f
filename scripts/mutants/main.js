"use strict";

/**
 * Mutation testing of the pure core, room by room, and what came of it. See docs/mutation.md.
 *
 *   npm run mutants                                 what changed since the last run, in all rooms
 *   npm run mutants -- linux                        one room
 *   npm run mutants -- linux lib/linux/read/*.ts    some of its files
 *   npm run mutants -- linux --tests=ipv4,rules lib/linux/fib4.ts
 *                                                   with those of its tests alone: a first look in little time
 *   npm run mutants -- --report [ROOM]              the figures of the last runs, and the mutants that live
 *   npm run mutants -- --force [ROOM]               everything anew
 */

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "..", "..");
const ROOMS = ["net", "plan", "linux"];

const options = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const [room, ...files] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
if (
  (room !== undefined && !ROOMS.includes(room)) ||
  options.some((arg) => !/^--(report|force|tests=.+)$/.test(arg))
) {
  process.stderr.write(
    `usage: npm run mutants -- [--report] [--force] [--tests=NAME,...] [${ROOMS.join("|")} [FILE...]]\n`,
  );
  process.exit(2);
}
const rooms = room === undefined ? ROOMS : [room];
if (!options.includes("--report")) for (const one of rooms) run(one);
for (const one of rooms) report(one);

function run(one) {
  fs.mkdirSync(path.join(ROOT, ".cache", "mutants"), { recursive: true });
  const bin = path.join(ROOT, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const args = ["run", path.join("scripts", "mutants", "config.js")];
  if (options.includes("--force")) args.push("--force");
  if (files.length > 0) args.push("--mutate", files.join(","));
  const { status } = spawnSync("nice", ["-n", "15", process.execPath, bin, ...args], {
    cwd: ROOT,
    env: { ...process.env, ROOM: one, TESTS: option("tests") },
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}

function option(name) {
  return options.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? "";
}

function report(one) {
  const file = path.join(ROOT, ".cache", "mutants", `${one}.json`);
  if (!fs.existsSync(file)) return;
  const folders = new Map();
  for (const [name, { source, mutants }] of Object.entries(JSON.parse(fs.readFileSync(file, "utf8")).files)) {
    if (files.length > 0 && !files.includes(name)) continue;
    const folder = path.dirname(name);
    if (!folders.has(folder)) folders.set(folder, []);
    folders.get(folder).push(...mutants);
    if (options.includes("--report")) list(name, source.split("\n"), mutants);
  }
  for (const [folder, mutants] of [...folders].sort()) process.stdout.write(figures(folder, mutants));
  process.stdout.write(figures(`lib/${one} in all`, [...folders.values()].flat()));
}

/** As Stryker counts: dead are those that a test failed for and those that never end. */
function figures(name, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [dead, alive] = [count("Killed", "Timeout"), count("Survived", "NoCoverage")];
  const score = ((100 * dead) / (dead + alive || 1)).toFixed(1);
  return `${name.padEnd(24)}${score.padStart(6)} %  ${dead} of ${dead + alive} dead, ${count("Ignored")} ignored\n`;
}

function list(name, lines, mutants) {
  const alive = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  alive.sort((a, b) => a.location.start.line - b.location.start.line);
  for (const { location, replacement, mutatorName } of alive) {
    const { start, end } = location;
    const whole = lines[start.line - 1];
    const was =
      start.line === end.line ? whole.slice(start.column - 1, end.column - 1) : `${whole.trim()} ...`;
    const now = (replacement ?? mutatorName).replace(/\s+/g, " ");
    process.stdout.write(`${name}:${start.line}:${start.column}  ${was}  ->  ${now}\n`);
  }
}
