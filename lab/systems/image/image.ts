import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ENVIRONMENT } from "../../fabric/run";
import { FILES, IMAGES, ImageName, SETTINGS, SUITE, recipeKey } from "./recipe";

/** Where images are kept; a few hundred megabytes. */
const CACHE = path.join(__dirname, "..", "..", "..", ".cache", "systems");

/** The tree of an image, if it has been made. Guests see it through an overlay and never write to it. */
export function imageRoot(image: ImageName = "common"): string | undefined {
  const root = path.join(CACHE, recipeKey(image));
  return fs.existsSync(root) ? root : undefined;
}

/**
 * The tree of an image; makes it when the recipe is new, which takes one to two minutes and downloads 75 MB.
 *
 * @param say is told how it goes, a line at a time
 * @throws Error when it cannot be made, with what mmdebstrap said
 */
export async function ensureImage(image: ImageName, say: (line: string) => void): Promise<string> {
  return imageRoot(image) ?? (await makeImage(image, say));
}

async function makeImage(image: ImageName, say: (line: string) => void): Promise<string> {
  const root = path.join(CACHE, recipeKey(image));
  const making = `${root}.${process.pid}`;
  const began = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - began) / 1000)} s`;
  say(`making the ${image} image of Debian ${SUITE} (one to two minutes, once)`);
  const heartbeat = setInterval(() => say(`still making the image, ${seconds()}`), 20_000);
  try {
    await make([making, path.join(CACHE, "debs"), SUITE, IMAGES[image].join(","), SETTINGS, FILES]);
    // Of two that were made at once the first stays.
    if (imageRoot(image) === undefined) fs.renameSync(making, root);
  } finally {
    clearInterval(heartbeat);
    fs.rmSync(making, { recursive: true, force: true });
  }
  removeOthers();
  say(`the image is made, ${seconds()}`);
  return root;
}

/** Images of former recipes, and what a process that is no more was making. */
function removeOthers(): void {
  const kept = (Object.keys(IMAGES) as ImageName[]).map(recipeKey);
  for (const name of fs.readdirSync(CACHE)) {
    const [, pid] = /^[0-9a-f]{16}(?:\.([0-9]+))?$/.exec(name) ?? [name, "self"];
    if (!kept.includes(name) && (pid === undefined || !fs.existsSync(`/proc/${pid}`))) {
      fs.rmSync(path.join(CACHE, name), { recursive: true, force: true });
    }
  }
}

function make(args: string[]): Promise<void> {
  const child = spawn("sh", [path.join(__dirname, "make.sh"), ...args], {
    env: { ...ENVIRONMENT, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) return resolve();
      const tail = said.split(/[\r\n]+/).slice(-20);
      reject(new Error(`mmdebstrap: exit status ${status}\n${tail.join("\n")}`));
    });
  });
}
