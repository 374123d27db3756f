"use strict";

/**
 * Makes a fresh machine ready for one of the commands of the README: npm packages, Debian packages, the Pulumi
 * engine. Plain Node, since it runs before anything is installed. A second run finds all in place and is silent.
 *
 *   node scripts/setup.js packages          npm packages alone
 *   node scripts/setup.js test | demo | lab npm packages, system tools and the engine
 */

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");

/** Command to look for, Debian package that has it, and what it is for. */
const TOOLS = [
  { command: "ip", package: "iproute2", use: "namespaces and routes" },
  { command: "nft", package: "nftables", use: "the lab's security groups and source checks" },
  { command: "sshd", package: "openssh-server", use: "the lab's instances" },
  { command: "ssh", package: "openssh-client", use: "the operator's machine" },
  { command: "ping", package: "iputils-ping", use: "probes" },
  { command: "nsenter", package: "util-linux", use: "running inside a namespace" },
  { command: "sysctl", package: "procps", use: "kernel settings" },
];

const TEST_TOOLS = [
  { command: "curl", package: "curl", use: "connections bound to a device" },
  { command: "arping", package: "iputils-arping", use: "ARP tests" },
  { command: "busybox", package: "busybox", use: "the program under busybox ash" },
  { command: "dash", package: "dash", use: "the program under dash" },
  { command: "shellcheck", package: "shellcheck", use: "the program's text" },
];

function main(goal) {
  if (!["packages", "test", "demo", "lab"].includes(goal)) {
    fail(`setup: got ${JSON.stringify(goal ?? "")}; say packages, test, demo or lab`, 2);
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`setup: Node ${process.versions.node} is too old; install Node 20 or later`);
  npmPackages();
  if (goal === "packages") return;
  systemTools(goal === "test" ? [...TOOLS, ...TEST_TOOLS] : TOOLS);
  const engine = spawnSync(process.execPath, [path.join(__dirname, "engine.js")], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (engine.status !== 0) fail("setup: the Pulumi engine could not be had; the reason is above");
}

/** `npm ci`, when the lock file is not what node_modules was made from. No package runs a script of its own. */
function npmPackages() {
  const lock = fs.readFileSync(path.join(ROOT, "package-lock.json"));
  const stamp = path.join(ROOT, "node_modules", ".multihome-lock");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp).equals(lock)) return;
  say("installing npm packages (about a minute)");
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (npm.status !== 0) fail("setup: npm ci failed; the reason is above");
  fs.writeFileSync(stamp, lock);
}

function systemTools(wanted) {
  const missing = wanted.filter((tool) => !onPath(tool.command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    // Tests that need a missing tool are skipped and counted; the lab says itself what it cannot do.
    say(`missing: ${missing.map((t) => `${t.command} (${t.use})`).join(", ")}; as root: ${install}`);
    return;
  }
  say(`installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (args) =>
    spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (run(args) || (run(["update", "-qq"]) && run(args))) return;
  fail(`setup: could not install ${packages.join(", ")}; try: ${install}`);
}

function onPath(command) {
  const dirs = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/sbin"];
  return dirs.some((dir) => dir !== "" && fs.existsSync(path.join(dir, command)));
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text, status = 1) {
  process.stderr.write(`${text}\n`);
  process.exit(status);
}

main(process.argv[2]);
