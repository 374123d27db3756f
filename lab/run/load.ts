import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { ROOT } from "./paths";

/**
 * A program as the node language host runs it: its directory is the working directory, its module is evaluated, its
 * exports are the outputs; a function is called for them.
 */
export function loadProgram(path: string): PulumiFn {
  const file = entryOf(path);
  process.chdir(dirname(file));
  forget();
  return async () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- its path is known only now, and it must be fresh
    const exported = require(file) as Record<string, unknown> | (() => unknown);
    const main = typeof exported === "function" ? exported : exported.default;
    const outputs: unknown = typeof main === "function" ? await (main as () => unknown)() : exported;
    return { ...(outputs as Record<string, unknown>) };
  };
}

/** Forgets every loaded module that is neither an installed package's nor the lab's own: the next run loads it anew. */
function forget(): void {
  const lab = join(ROOT, "lab") + sep;
  for (const file of Object.keys(require.cache)) {
    if (!file.includes(`${sep}node_modules${sep}`) && !file.startsWith(lab)) delete require.cache[file];
  }
}

function entryOf(path: string): string {
  if (statSync(path).isFile()) return path;
  const manifest = join(path, "package.json");
  const main = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { main?: string }).main
    : undefined;
  const found = [main, "index.ts", "index.js"]
    .flatMap((name) => (name ? [join(path, name)] : []))
    .find(existsSync);
  if (found) return found;
  throw new Error(`program: ${path} has no index.ts, index.js or package.json with "main"`);
}
