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

/** Whether we are in a directory that is there still; much that is loaded falls over otherwise. */
function isSomewhere() {
  try {
    process.cwd();
    return true;
  } catch {
    process.stderr.write("multihome: the current directory is not there any more; change to another\n");
    process.exitCode = 2;
    return false;
  }
}

if (isSomewhere()) load().main();
