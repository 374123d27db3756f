import { Io } from "./io";

/** The io of the running process. */
export function processIo(): Io {
  // A reader that goes away is reported to the write that fails; without a listener Node would end the process.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  return {
    stdin: process.stdin,
    stdout: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    stderr: (text) => void process.stderr.write(text),
    cwd: process.cwd(),
  };
}
