#!/usr/bin/env node
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const BUILT = path.join(__dirname, "..", "dist", "cli", "main.js");

/** The package holds the built command; in a checkout that is not built, its source runs as it is. */
function load() {
  if (fs.existsSync(BUILT)) return require(BUILT);
  require("tsx/cjs");
  return require("../lib/cli/main.ts");
}

load().main();
