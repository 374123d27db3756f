#!/usr/bin/env node
"use strict";

const fs = require("node:fs");
const path = require("node:path");

/** In a checkout the command is its source as it is now, whatever was built before; the package holds it built. */
const CHECKOUT = fs.existsSync(path.join(__dirname, "..", "scripts", "build.js"));

function load() {
  if (!CHECKOUT) return require("../dist/cli/main.js");
  require("tsx/cjs");
  return require("../lib/cli/main.ts");
}

load().main();
