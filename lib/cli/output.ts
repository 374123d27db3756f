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
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const there = existing(file);
    if (there === text) return;
    if (there !== undefined && !replace) {
      throw new UserError(`${name} is there already and differs; use --force to replace it`);
    }
    putInPlace(file, text, mode);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot write ${name}: ${reasonOf(error)}`);
  }
}

/** Written beside its place and then moved there, so that nobody ever sees a part of it. */
function putInPlace(file: string, text: string, mode: number): void {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  const handle = fs.openSync(beside, "wx", mode);
  try {
    fs.fchmodSync(handle, mode);
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
    fs.closeSync(handle);
    fs.renameSync(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
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
