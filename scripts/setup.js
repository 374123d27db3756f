"use strict";

/**
 * Makes a fresh machine ready for one of the commands of the README: npm packages, Debian packages, the Pulumi
 * engine. Plain Node, since it runs before anything is installed. A second run finds all in place and is silent.
 *
 *   node scripts/setup.js packages          npm packages alone
 *   node scripts/setup.js demo | lab        npm packages, system tools and the engine
 *   node scripts/setup.js systems           npm packages, system tools, QEMU, and the images of the lab's real systems
 *   node scripts/setup.js test              all of it but QEMU, and one image; without an image its tests are skipped
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
  { command: "python3", package: "python3", use: "raw sockets in tests" },
  { command: "curl", package: "curl", use: "connections bound to a device" },
  { command: "arping", package: "iputils-arping", use: "ARP tests" },
  { command: "busybox", package: "busybox", use: "the program under busybox ash" },
  { command: "dash", package: "dash", use: "the program under dash" },
  { command: "mawk", package: "mawk", use: "the program with Debian's awk" },
  { command: "gawk", package: "gawk", use: "the program with Amazon Linux's and Fedora's awk" },
  { command: "shellcheck", package: "shellcheck", use: "the program's text" },
  { command: "vtysh", package: "frr", use: "tests of a host's identity" },
];

const SYSTEMS_TOOLS = [
  { command: "mmdebstrap", package: "mmdebstrap debian-archive-keyring", use: "the image of real systems" },
  { command: "systemd-nspawn", package: "systemd-container", use: "running real systems" },
  { command: "dnsmasq", package: "dnsmasq-base", use: "their DHCP" },
  { command: "setpriv", package: "util-linux", use: "ending them with their test" },
];

/** A machine with a kernel of its own, in an emulator: for what is too long for `npm test`. */
const MACHINE_TOOLS = [
  { command: "qemu-system-x86_64", package: "qemu-system-x86", use: "virtual machines, on x86_64" },
  { command: "mke2fs", package: "e2fsprogs", use: "their disks" },
  { command: "depmod", package: "kmod", use: "their kernel's modules" },
];

function main(goal) {
  if (!["packages", "test", "demo", "lab", "systems"].includes(goal)) {
    fail(`setup: got ${JSON.stringify(goal ?? "")}; say packages, test, demo, lab or systems`, 2);
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) fail(`setup: Node ${process.versions.node} is too old; install Node 20 or later`);
  npmPackages();
  if (goal === "packages") return;
  systemTools(goal === "test" ? [...TOOLS, ...TEST_TOOLS] : TOOLS);
  if (goal === "test" || goal === "systems") systems(goal === "systems");
  if (goal !== "systems") engine();
}

function engine() {
  const engine = spawnSync(process.execPath, [path.join(__dirname, "engine.js")], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (engine.status !== 0) fail("setup: the Pulumi engine could not be had; the reason is above");
}

/** The images of a real Debian. Whoever has not asked for just that goes on without. */
function systems(needed) {
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    const problem = "the lab's real systems need root and Debian's or Ubuntu's packages";
    return needed ? fail(`setup: ${problem}`) : say(`${problem}; their tests are skipped`);
  }
  if (!systemTools(SYSTEMS_TOOLS, needed)) return;
  if (needed && process.arch === "x64") systemTools(MACHINE_TOOLS);
  const { status } = spawnSync(
    path.join(ROOT, "node_modules", ".bin", "tsx"),
    [
      path.join(ROOT, "lab", "systems", "image", "main.ts"),
      "common",
      ...(needed ? ["docker", "openrc"] : []),
    ],
    { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status === 0) return;
  if (needed) fail("setup: the image could not be made; the reason is above");
  say("the image could not be made; the reason is above. Tests of real systems are skipped");
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

/** Whether all are there in the end; ends the program when they must be and an installation fails. */
function systemTools(wanted, needed = true) {
  const missing = wanted.filter((tool) => !onPath(tool.command));
  if (missing.length === 0) return true;
  const packages = [...new Set(missing.flatMap((tool) => tool.package.split(" ")))];
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    // Tests that need a missing tool are skipped and counted; the lab says itself what it cannot do.
    say(`missing: ${missing.map((t) => `${t.command} (${t.use})`).join(", ")}; as root: ${install}`);
    return false;
  }
  say(`installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (args) =>
    spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (run(args) || (run(["update", "-qq"]) && run(args))) return true;
  const problem = `setup: could not install ${packages.join(", ")}; try: ${install}`;
  if (needed) fail(problem);
  process.stderr.write(`${problem}\n`);
  return false;
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
