"use strict";

/**
 * One suite, three projects, so that each kind of test says what it needs:
 *   unit    pure code and mocked Pulumi resources; runs anywhere
 *   kernel  the real kernel in network namespaces (test/kernel); needs privilege, else skipped and counted
 *   lab     the real Pulumi engine against the lab (test/lab); needs the same and the engine
 */
const common = {
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }],
  },
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.lab", "<rootDir>/.cache"],
};

module.exports = {
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/kernel/", "<rootDir>/test/lab/"],
    },
    { ...common, displayName: "kernel", testMatch: ["<rootDir>/test/kernel/**/*.test.ts"] },
    { ...common, displayName: "lab", testMatch: ["<rootDir>/test/lab/**/*.test.ts"] },
  ],
};
