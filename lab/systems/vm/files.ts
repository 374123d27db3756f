import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { ENVIRONMENT } from "../../fabric/run";
import { programPath } from "../../fabric/privilege";
import { imageRoot } from "../image/image";
import { SUITE, recipeKey } from "../image/recipe";
import { whyNoSystems } from "../available";

/** What a virtual machine is booted from. */
export interface MachineFiles {
  readonly kernel: string;
  /** Never written to. */
  readonly disk: string;
  /** With which root comes in. */
  readonly key: string;
}

/** The machine's first interface, ens5, by which it is spoken to. */
export const MANAGEMENT = { address: "192.168.1.10", length: 24, gateway: "192.168.1.1" };

const CACHE = path.join(__dirname, "..", "..", "..", ".cache", "systems");
const MAKE = path.join(__dirname, "make.sh");

const PROGRAMS: Record<string, string> = {
  "qemu-system-x86_64": "qemu-system-x86",
  mke2fs: "e2fsprogs",
  depmod: "kmod",
  "ssh-keygen": "openssh-client",
};

/** Why virtual machines cannot be had here, for people; undefined when they can. */
export function whyNoMachines(): string | undefined {
  const why = whyNoSystems();
  if (why !== undefined) return why;
  if (process.arch !== "x64") return `virtual machines are of x86_64, and this is ${process.arch}`;
  const missing = Object.keys(PROGRAMS).filter((name) => programPath(name) === undefined);
  if (missing.length === 0) return undefined;
  return `not found on PATH: ${missing.map((name) => `${name} (package ${PROGRAMS[name]})`).join(", ")}`;
}

/**
 * What a virtual machine is booted from; made of the lab's image when that is new, which downloads some 30 MB and takes
 * about 15 seconds.
 *
 * @throws Error when it cannot be made, with what was said
 */
export function machineFiles(): MachineFiles {
  const hash = createHash("sha256")
    .update(recipeKey("common"))
    .update(JSON.stringify(MANAGEMENT))
    .update(fs.readFileSync(MAKE));
  const name = `vm-${hash.digest("hex").slice(0, 16)}`;
  const directory = path.join(CACHE, name);
  if (!fs.existsSync(directory)) make(directory);
  for (const other of fs.readdirSync(CACHE)) {
    if (/^vm-[0-9a-f]{16}$/.test(other) && other !== name)
      fs.rmSync(path.join(CACHE, other), { recursive: true });
  }
  const file = (base: string): string => path.join(directory, base);
  return { kernel: file("vmlinuz"), disk: file("disk"), key: file("key") };
}

function make(directory: string): void {
  const image = imageRoot();
  if (image === undefined) throw new Error("the image is not made; node scripts/setup.js systems makes it");
  const { address, length, gateway } = MANAGEMENT;
  const making = `${directory}.${process.pid}`;
  fs.mkdirSync(making, { recursive: true });
  try {
    const args = [MAKE, making, image, path.join(CACHE, "debs"), SUITE, `${address}/${length}`, gateway];
    const { status, stdout, stderr } = spawnSync("sh", args, {
      env: { ...ENVIRONMENT, DEBIAN_FRONTEND: "noninteractive" },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${MAKE}: exit status ${status}\n${stderr}${stdout}`);
    // Of two that were made at once the first stays.
    if (!fs.existsSync(directory)) fs.renameSync(making, directory);
  } finally {
    fs.rmSync(making, { recursive: true, force: true });
  }
}
