import { ensureImage } from "./image";
import { IMAGES, ImageName } from "./recipe";

/** Makes the images named, for scripts/setup.js: `main.ts common docker`. */
async function main(names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!(name in IMAGES)) throw new Error(`got ${name}; there are ${Object.keys(IMAGES).join(", ")}`);
    await ensureImage(name as ImageName, (line) => process.stderr.write(`setup: ${line}\n`));
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
