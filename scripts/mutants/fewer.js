"use strict";

/** Every property is asked about the same few values, without shrinking: each test runs once for every mutant. */
const fc = require("fast-check");

const { assert } = fc;
const LEAST = 15;

Object.defineProperty(fc, "assert", {
  value: (property, parameters = {}) => {
    const numRuns = Math.max(LEAST, Math.ceil((parameters.numRuns ?? 100) / 50));
    return assert(property, { ...parameters, numRuns, seed: 20, endOnFailure: true });
  },
});
