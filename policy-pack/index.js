"use strict";

/** Every policy of multihome, as a pack: `pulumi preview --policy-pack node_modules/multihome/policy-pack`. */

const fs = require("node:fs");
const path = require("node:path");
const { PolicyPack } = require("@pulumi/policy");

/** As in bin/multihome.js: a checkout runs its source as it is now, the package holds it built. */
const CHECKOUT = fs.existsSync(path.join(__dirname, "..", "scripts", "build.js"));

function load() {
  if (!CHECKOUT) return require("../dist/policy/index.js");
  require("tsx/cjs");
  return require("../lib/policy/index.ts");
}

new PolicyPack("multihome", { policies: [...load().policies] });
