import { ensureImage } from "./image";

/** Makes the image, for scripts/setup.js. */
ensureImage((line) => process.stderr.write(`setup: ${line}\n`)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
