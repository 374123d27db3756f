"use strict";

/**
 * One suite, four projects, so that each kind of test says what it needs:
 *   unit    pure code and mocked Pulumi resources; runs anywhere
 *   kernel  the real kernel in network namespaces (test/kernel); needs privilege, else skipped and counted
 *   lab     the real Pulumi engine against the lab (test/lab); needs the same and the engine
 *   systems real Debians with systemd (test/systems); needs root and their image, else skipped and counted. Whole by
 *           `npm run test:systems`; `npm test` runs test/systems/brief alone
 */
const common = {
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  },
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.lab", "<rootDir>/.cache"],
};

module.exports = {
  // A limit against hanging, not a measure of speed: a loaded machine must not fail a test.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/kernel/", "<rootDir>/test/lab/", "<rootDir>/test/systems/"],
    },
    { ...common, displayName: "kernel", testMatch: ["<rootDir>/test/kernel/**/*.test.ts"] },
    { ...common, displayName: "lab", testMatch: ["<rootDir>/test/lab/**/*.test.ts"] },
    { ...common, displayName: "systems", testMatch: ["<rootDir>/test/systems/**/*.test.ts"] },
  ],
};
