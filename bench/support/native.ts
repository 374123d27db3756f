import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const NATIVE = path.join(__dirname, "..", "native");
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-bench-"));
process.on("exit", () => fs.rmSync(dir, { recursive: true, force: true }));

/** Compiles bench/native/NAME.c with the system's C compiler; undefined where there is none. */
export function compileNative(name: string): string | undefined {
  const program = path.join(dir, name);
  if (fs.existsSync(program)) return program;
  const { status, stderr, error } = spawnSync("cc", ["-O2", "-o", program, path.join(NATIVE, `${name}.c`)], {
    encoding: "utf8",
  });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`cc ${name}.c: ${stderr}`);
  return program;
}

/** A directory for a measurement's files, removed at the end. */
export function scratch(): string {
  return fs.mkdtempSync(path.join(dir, "scratch-"));
}
