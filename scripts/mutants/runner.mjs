import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { PluginKind, commonTokens, declareFactoryPlugin, tokens } from "@stryker-mutator/api/plugin";
import { INSTRUMENTER_CONSTANTS } from "@stryker-mutator/api/core";
import {
  DryRunStatus,
  TestStatus,
  determineHitLimitReached,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";

/** In the sandbox: milliseconds that each test took without a mutant, for this process and for those after it. */
const USUAL = "usual.json";

/** Processor time in milliseconds after which a test of a mutant is endless: more by so many, and times as long as usual. */
const LONGER = 700;
const TIMES = 3;

/** Hits after which the time is looked at: a hit may take long, and looking takes about a microsecond. */
const LOOK = 32;

/** Milliseconds that loading a test file takes, about. */
const LOADING = 5;

/**
 * Stryker's way to our tests. A mutant is asked the test files whose tests came upon it, those first that promise a kill
 * soonest, until one fails. An endless one is ended where Stryker's code asks which mutant is there: by how often it was
 * this one, or by the processor time that it took. Stryker's own time limit is for those that hang where nothing is asked.
 */
class Runner {
  constructor(options) {
    this.options = options;
    /** How many mutants of a source file a test file or a test has killed. */
    this.kills = new Map();
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  init() {
    const require = createRequire(import.meta.url);
    const Suite = require("./suite.js");
    const root = process.cwd();
    const [transform] = Object.values(require(path.join(root, "jest.config.js")).projects[0].transform);
    this.context = globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {};
    this.suite = new Suite(root, transform[1], (id) => (this.context.currentTestId = id));
    const { code, tests, except, only } = this.options.suite;
    this.#watch(undefined);
    this.suite.loadCode(code);
    this.files = Suite.filesBelow(path.join(root, tests)).filter(
      (file) =>
        file.endsWith(".test.ts") &&
        !except.includes(path.relative(root, file)) &&
        (only.length === 0 || only.includes(path.basename(file, ".test.ts"))),
    );
  }

  async dryRun() {
    const usual = new Map();
    const results = [];
    for (const file of this.files) {
      for (const test of this.suite.loadTests(file)) {
        const result = await this.suite.run(test);
        usual.set(result.id, result.ms);
        results.push(told(result, file));
      }
    }
    fs.writeFileSync(USUAL, JSON.stringify([...usual]));
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: this.context.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    const { context } = this;
    this.usual ??= new Map(JSON.parse(fs.readFileSync(USUAL, "utf8")));
    context.mutantCoverage = undefined;
    this.#watch(hitLimit);
    this.source = activeMutant.fileName;
    context.activeMutant = activeMutant.id;
    try {
      const results = [];
      for (const [file, ids] of this.#byFile(testFilter ?? [...this.usual.keys()])) {
        for (const result of await this.#runFile(file, ids, disableBail)) results.push(told(result, file));
        const endless = determineHitLimitReached(context.hitCount, context.hitLimit);
        if (endless !== undefined) return toMutantRunResult(endless);
        if (!disableBail && results.some(({ status }) => status === TestStatus.Failed)) break;
      }
      return toMutantRunResult({ status: DryRunStatus.Complete, tests: results }, disableBail);
    } finally {
      context.activeMutant = undefined;
      this.#watch(undefined);
    }
  }

  /** Stryker's code in the mutant does `if (++hitCount > hitLimit) throw`, and all of it now and then `tick()`. */
  #watch(hitLimit) {
    const { now } = this.suite.constructor;
    let count = hitLimit === undefined ? undefined : 0;
    const set = (hits) => (count = hits % LOOK === 0 && now() > this.end ? Infinity : hits);
    Object.defineProperty(this.context, "hitCount", { configurable: true, get: () => count, set });
    this.context.hitLimit = hitLimit;
    this.context.tick = () => {
      if (hitLimit === undefined || now() <= this.end) return;
      count = Infinity;
      throw new Error("endless");
    };
  }

  async #runFile(file, ids, disableBail) {
    const results = [];
    this.#allow(this.#usually(`${path.relative(process.cwd(), file)} > (loading)`));
    const tests = this.suite.loadTests(file);
    const all = ids.has(tests[0].id);
    const asked = tests.slice(1).filter(({ id }) => all || ids.has(id));
    asked.sort((a, b) => this.#promise(a.id, this.#usually(a.id)) - this.#promise(b.id, this.#usually(b.id)));
    for (const test of [tests[0], ...asked]) {
      this.#allow(this.#usually(test.id));
      results.push(await this.suite.run(test));
      if (!disableBail && results.at(-1).error !== undefined) {
        for (const name of [file, test.id]) this.kills.set(this.#key(name), this.#killed(name) + 1);
        break;
      }
    }
    return results;
  }

  /** What runs next may take so long, and no longer, by Stryker's counting. */
  #allow(usually) {
    this.end = this.suite.constructor.now() + LONGER + TIMES * usually;
  }

  #key(name) {
    return `${this.source} ${name}`;
  }

  #killed(name) {
    return this.kills.get(this.#key(name)) ?? 0;
  }

  /** Time to be spent for a kill, as far as the mutants of the same source file tell. */
  #promise(name, ms) {
    return (LOADING + ms) / (1 + this.#killed(name));
  }

  #usually(id) {
    return this.usual.get(id) ?? 0;
  }

  /** The files of some tests, each with its ids, the most promising first. */
  #byFile(ids) {
    const files = new Map(
      this.files.map((file) => [path.relative(process.cwd(), file), [file, new Set(), 0]]),
    );
    for (const id of ids) {
      const entry = files.get(id.split(" > ", 1)[0]);
      entry[1].add(id);
      entry[2] += this.#usually(id);
    }
    return [...files.values()]
      .filter(([, { size }]) => size > 0)
      .sort((a, b) => this.#promise(a[0], a[2]) - this.#promise(b[0], b[2]));
  }
}

function told({ id, error, ms }, fileName) {
  const test = { id, name: id, timeSpentMs: Math.ceil(ms), fileName };
  return error === undefined
    ? { ...test, status: TestStatus.Success }
    : { ...test, status: TestStatus.Failed, failureMessage: String(error.stack ?? error) };
}

const create = (options) => new Runner(options);
create.inject = tokens(commonTokens.options);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, "suite", create)];
