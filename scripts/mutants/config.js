"use strict";

const os = require("node:os");

/** How Stryker runs on one room of the pure core, `process.env.ROOM`: its tests are those that mirror it. */
const room = process.env.ROOM;

/** Tests that try everything: minutes for each mutant that lives, and few mutants die of them alone. */
const exhaustive = ["test/linux/mutants.test.ts", "test/linux/toy.test.ts", "test/linux/classes.test.ts"];

/** Tests of much at once, seconds each: hosts with very many sources, random plans, the schema. */
const large = ["test/plan/large.test.ts", "test/plan/plan.test.ts", "test/plan/hostSchema.test.ts"];

const rooms = ["net", "model", "plan", "linux"];
const tests = ["net", "plan", "linux", "kernel/peers", "kernel/matrix"];

module.exports = {
  mutate: [`lib/${room}/**/*.ts`],
  plugins: [require.resolve("./runner.mjs")],
  testRunner: "suite",
  suite: {
    code: rooms.map((name) => `lib/${name}`),
    tests: `test/${room}`,
    except: [...exhaustive, ...large],
    only: (process.env.TESTS ?? "").split(",").filter((name) => name !== ""),
  },
  warnings: { unknownOptions: false },
  coverageAnalysis: "perTest",
  // What happens while a module is loaded, tables of constants mostly, would need a new process for each mutant.
  ignoreStatic: true,
  concurrency: 1,
  // Wide, since a busy machine is no dead mutant; endless loops are found by counting, not by waiting.
  timeoutMS: 20_000 * Math.max(1, os.loadavg()[0] / os.availableParallelism()),
  timeoutFactor: 4,
  disableTypeChecks: false,
  ignorePatterns: [
    "*",
    ...["!lib", "lib/**", ...rooms.map((name) => `!lib/${name}/**`)],
    ...["!test", "test/**", ...tests.map((name) => `!test/${name}/**`)],
    ...["!schema", "!schema/**", "!jest.config.js", "!package.json"],
  ],
  reporters: ["progress-append-only"],
  incremental: true,
  incrementalFile: `.cache/mutants/${room}.json`,
  tempDirName: `.cache/mutants/sandbox-${room}`,
};
