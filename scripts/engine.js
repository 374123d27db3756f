"use strict";

/**
 * Finds or builds the Pulumi engine and prints its path. Plain Node, since it runs before anything is installed.
 *
 *   node scripts/engine.js
 *
 * In order: the program MULTIHOME_ENGINE names; `pulumi` on PATH, when its version fits; the one built before, in
 * .cache/engine; else it is built from the Go module of lab/engine, whose go.sum says what may be in it. Progress goes
 * to stderr.
 */

const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

/** Version of the Go module in lab/engine/go.mod, and the oldest that fits the SDK of package.json. */
const VERSION = "3.259.0";
const ROOT = path.join(__dirname, "..");
const SOURCE = path.join(ROOT, "lab", "engine");
const BUILT = path.join(ROOT, ".cache", "engine", VERSION, "pulumi");

async function main() {
  const chosen = process.env.MULTIHOME_ENGINE;
  if (chosen) {
    if (versionOf(chosen) === undefined) {
      fail(
        `engine: MULTIHOME_ENGINE is ${JSON.stringify(chosen)}, which is no working pulumi; unset it or correct it`,
      );
    }
    return chosen;
  }
  const present = onPath("pulumi");
  if (present && fits(versionOf(present))) return present;
  if (versionOf(BUILT) === undefined) await build(present);
  return BUILT;
}

/** Answer of `pulumi version` without its "v", or undefined when the program does not work. */
function versionOf(program) {
  if (!fs.existsSync(program)) return undefined;
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const run = spawnSync(program, ["version"], { env, encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim().replace(/^v/, "") : undefined;
}

/** Same major version, not older: what the SDK asks of an engine. */
function fits(version) {
  const [major, minor] = (version ?? "").split(".").map(Number);
  const [wantedMajor, wantedMinor] = VERSION.split(".").map(Number);
  return major === wantedMajor && minor >= wantedMinor;
}

function build(unfit) {
  const go = onPath("go");
  if (!go) {
    const found = unfit ? `the pulumi on PATH is ${versionOf(unfit)}, ` : "";
    const needed = /^go (\S+)/m.exec(fs.readFileSync(path.join(SOURCE, "go.mod"), "utf8"))[1];
    fail(
      `engine: ${found}there is no Go to build one with. Install Go ${needed} or later, or pulumi ${VERSION} or a later ` +
        `${VERSION.split(".")[0]}.x, and put it on PATH`,
    );
  }
  say(`building the Pulumi engine ${VERSION} from its Go module; once, some minutes`);
  fs.mkdirSync(path.dirname(BUILT), { recursive: true });
  const next = `${BUILT}.${process.pid}`;
  const variable = `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${VERSION}`;
  const args = ["build", "-v", "-buildvcs=false", "-ldflags", `-s -w -X ${variable}`, "-o", next];
  const started = Date.now();
  const child = spawn(go, [...args, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"], {
    cwd: SOURCE,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines = { downloaded: 0, compiled: 0, last: [] };
  child.stderr.setEncoding("utf8").on("data", (text) => {
    for (const line of text.split("\n").filter(Boolean)) {
      if (line.startsWith("go: downloading")) lines.downloaded++;
      else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) lines.compiled++;
      else lines.last = [...lines.last.slice(-19), line];
    }
  });
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(() => {
    say(`${elapsed()} s: ${lines.downloaded} modules downloaded, ${lines.compiled} packages compiled`);
  }, 10_000);
  return new Promise((resolve) => {
    child.on("close", (status) => {
      clearInterval(ticker);
      if (status !== 0) {
        fs.rmSync(next, { force: true });
        fail(`engine: go build failed:\n${lines.last.join("\n")}`);
      }
      fs.renameSync(next, BUILT);
      say(`built in ${elapsed()} s`);
      resolve();
    });
  });
}

function onPath(command) {
  const dirs = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/local/go/bin"];
  return dirs
    .filter(Boolean)
    .map((dir) => path.join(dir, command))
    .find((file) => fs.existsSync(file));
}

function say(text) {
  process.stderr.write(`engine: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

main().then((program) => process.stdout.write(`${program}\n`));
