"use strict";

/** What Stryker runs against each mutant: the tests of the pure core alone, as the project `unit` runs them. */
const { projects } = require("./jest.config.js");

const { transform, testEnvironment } = projects[0];

module.exports = {
  transform,
  testEnvironment,
  setupFiles: ["<rootDir>/stryker.setup.js"],
  testSequencer: "<rootDir>/stryker.sequence.js",
  testMatch: ["<rootDir>/test/net/**/*.test.ts", "<rootDir>/test/plan/**/*.test.ts"],
};
