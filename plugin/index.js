"use strict";

/**
 * What Pulumi loads when programs in other languages use the components. Pulumi would compile TypeScript from within the
 * folder of such a program, without this package's tsconfig.json, which it fails: so the components come compiled. It
 * reads their types from index.ts beside this file.
 */

const fs = require("node:fs");
const path = require("node:path");

/** As in bin/multihome.js: a checkout runs its source as it is now, the package holds it built. */
const CHECKOUT = fs.existsSync(path.join(__dirname, "..", "scripts", "build.js"));

function load() {
  if (!CHECKOUT) return require("../dist/index.js");
  require("tsx/cjs");
  return require("../lib/index.ts");
}

module.exports = load();
