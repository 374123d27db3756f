"use strict";

/**
 * A jest of a hundred lines for mutation testing. jest itself sets up a world for each test file and mutant, which
 * takes seconds; here the code under test stays loaded, with all its mutants in it, and only the test files are loaded
 * anew. Knows `describe`, `test`, their `each`, and jest's own `expect`; whatever else a test file uses is an error.
 */

const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const swc = require("@swc/core");
const { bind } = require("jest-each");
const { expect } = require("expect");

/** Where Stryker's code in each file counts what a test comes upon, which is wanted only while there is no mutant. */
const COUNTER = "function cover() {";

/** Where it asks which mutant is there: every loop comes by here, and so an endless one can be ended. */
const ASKED = "function isActive(id) {";

/** Milliseconds of processor time: on a busy machine the clock on the wall tells nothing. */
function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

module.exports = class Suite {
  /** `root` is where lib and test are; `testId(id)` is called with the id of what runs from then on, or nothing. */
  constructor(root, transform, testId) {
    this.root = root;
    this.testId = testId;
    const codes = new Map();
    Module._extensions[".ts"] = (module, filename) => {
      if (!codes.has(filename)) codes.set(filename, translate(filename, transform));
      module._compile(codes.get(filename), filename);
    };
    globalThis.expect = expect;
    require("./fewer");
  }

  /** Loads the code under test, so that what it does while being loaded belongs to no test. */
  loadCode(folders) {
    this.testId(undefined);
    for (const folder of folders) {
      for (const file of filesBelow(path.join(this.root, folder))) if (file.endsWith(".ts")) require(file);
    }
  }

  /** Loads one test file anew and gives its tests, in order; loading counts as the first of them. */
  loadTests(file) {
    const tests = [];
    const names = [];
    const ids = new Set();
    const add = (name, body) => {
      let id = [path.relative(this.root, file), ...names, name].join(" > ");
      while (ids.has(id)) id += " again";
      ids.add(id);
      tests.push({ id, body });
    };
    const describe = (name, body) => {
      names.push(name);
      try {
        body();
      } finally {
        names.pop();
      }
    };
    const test = (name, body) => add(name, body);
    globalThis.describe = Object.assign(describe, { each: bind(describe, false) });
    globalThis.test = Object.assign(test, { each: bind(test, true) });

    const load = `${path.relative(this.root, file)} > (loading)`;
    const started = now();
    const error = this.#within(load, () => {
      for (const loaded of Object.keys(require.cache)) {
        if (loaded.startsWith(path.join(this.root, "test") + path.sep)) delete require.cache[loaded];
      }
      module.children.length = 0;
      require(file);
    });
    return [{ id: load, error, ms: now() - started }, ...tests];
  }

  /** Runs a test; gives what it threw, if it did. */
  async run({ id, body, error, ms }) {
    if (body === undefined) return { id, error, ms };
    const started = now();
    let thrown;
    this.testId(id);
    try {
      await body();
    } catch (caught) {
      thrown = caught ?? new Error(`threw ${caught}`);
    }
    this.testId(undefined);
    return { id, error: thrown, ms: now() - started };
  }

  #within(id, body) {
    this.testId(id);
    try {
      body();
      return undefined;
    } catch (caught) {
      return caught ?? new Error(`threw ${caught}`);
    } finally {
      this.testId(undefined);
    }
  }
};

function translate(filename, transform) {
  const options = { ...transform, filename, module: { type: "commonjs" }, swcrc: false };
  const { code } = swc.transformSync(fs.readFileSync(filename, "utf8"), options);
  return code
    .replace(COUNTER, "$& if (ns.activeMutant !== undefined) return;")
    .replace(ASKED, "$& if ((ns.ticks = (ns.ticks + 1) & 0xffff) === 0) ns.tick();");
}

function filesBelow(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(name) : [name];
    });
}
Object.assign(module.exports, { filesBelow, now });
