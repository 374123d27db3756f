import * as fs from "node:fs";
import * as path from "node:path";
import { UserError, reasonOf } from "./io";

export interface FileOptions {
  /** How messages call the file. */
  readonly name: string;
  readonly mode: number;
  /** Whether a file that is there and differs may be replaced. */
  readonly replace: boolean;
}

/**
 * Writes a file as a whole or not at all, with its directory where that is missing. A file that holds just this
 * text already is left alone.
 *
 * @throws UserError when it cannot be written, or another text is there and may not be replaced
 */
export function writeNewFile(file: string, text: string, { name, mode, replace }: FileOptions): void {
  const directory = path.dirname(file);
  const temporary = path.join(directory, `.${path.basename(file)}.${process.pid}`);
  try {
    fs.mkdirSync(directory, { recursive: true });
    const there = existing(file);
    if (there === text) return;
    if (there !== undefined && !replace) {
      throw new UserError(`${name} is there already and differs; use --force to replace it`);
    }
    const handle = fs.openSync(temporary, "wx", mode);
    try {
      fs.fchmodSync(handle, mode);
      fs.writeFileSync(handle, text);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${name}: ${reasonOf(error)}`);
  }
}

function existing(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
