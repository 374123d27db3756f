"use strict";

/**
 * The whole test suite: static checks, then jest's projects, of the last only the brief part. Closes with one line over
 * everything, "N passed, N failed, N skipped", where each static check counts as one. Exits 1 when anything failed or
 * nothing ran.
 */

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const BIN = path.join(ROOT, "node_modules", ".bin");

const total = { passed: 0, failed: 0, skipped: 0 };

for (const [name, command, args] of [
  ["format", "prettier", ["--check", "--log-level", "warn", "."]],
  ["lint", "eslint", ["."]],
  ["types", "tsc", ["--noEmit"]],
]) {
  const ok = spawnSync(path.join(BIN, command), args, { cwd: ROOT, stdio: "inherit" }).status === 0;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name}\n`);
  total[ok ? "passed" : "failed"] += 1;
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
try {
  for (const project of ["unit", "kernel", "lab"]) jest(project, path.join(dir, `${project}.json`));
  jest("systems", path.join(dir, "systems.json"), "test/systems/brief/");
} finally {
  fs.rmSync(dir, { recursive: true, force: true });
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

/** Kernel and lab tests share one machine's CPU and time real packets: a file at a time. */
function jest(project, report, ...paths) {
  const serial = project === "unit" ? [] : ["--runInBand"];
  const args = ["--selectProjects", project, "--json", `--outputFile=${report}`, ...serial, ...paths];
  const { status } = spawnSync(path.join(BIN, "jest"), args, {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (!fs.existsSync(report)) {
    process.stdout.write(`FAIL ${project}: jest ended without a report (status ${status})\n`);
    total.failed += 1;
    return;
  }
  const result = JSON.parse(fs.readFileSync(report, "utf8"));
  total.passed += result.numPassedTests;
  total.skipped += result.numPendingTests + result.numTodoTests;
  // A file that could not be loaded has no tests to fail.
  const broken = result.testResults.filter(
    (f) => f.status === "failed" && f.assertionResults.length === 0,
  ).length;
  total.failed += result.numFailedTests + broken;
  if (status !== 0 && result.numFailedTests + broken === 0) total.failed += 1;
  for (const file of result.testResults) {
    for (const test of file.assertionResults.filter((t) => t.status === "pending")) {
      process.stdout.write(`skipped: ${test.fullName}\n`);
    }
  }
}
