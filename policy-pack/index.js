"use strict";

/** Every policy of multihome, as a pack: `pulumi preview --policy-pack node_modules/multihome/policy-pack`. */

const fs = require("node:fs");
const path = require("node:path");
const { PolicyPack } = require("@pulumi/policy");

const BUILT = path.join(__dirname, "..", "dist", "policy", "index.js");

/** The package holds the policies built; in a checkout that is not built, their source runs as it is. */
function load() {
  if (fs.existsSync(BUILT)) return require(BUILT);
  require("tsx/cjs");
  return require("../lib/policy/index.ts");
}

new PolicyPack("multihome", { policies: [...load().policies] });
