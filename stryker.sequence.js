"use strict";

const fs = require("node:fs");
const Sequencer = require("@jest/test-sequencer").default;

/** Tables and examples before properties: they are over in no time, and tell most mutants. */
module.exports = class extends Sequencer {
  sort(tests) {
    const isProperty = (test) => fs.readFileSync(test.path, "utf8").includes("fast-check");
    return [...tests].sort((a, b) => isProperty(a) - isProperty(b) || (a.path < b.path ? -1 : 1));
  }
};
