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

/** What keeps the command from being loaded at all, in words; undefined when nothing does. */
function obstacle() {
  if (!works(() => process.cwd())) return "the current directory is not there any more; change to another";
  if (CHECKOUT && !works(() => require.resolve("tsx/cjs")))
    return `its packages are not installed; run: npm --prefix ${path.join(__dirname, "..")} ci`;
  return undefined;
}

function works(attempt) {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

const problem = obstacle();
if (problem === undefined) load().main();
else {
  process.stderr.write(`multihome: ${problem}\n`);
  process.exitCode = 2;
}
