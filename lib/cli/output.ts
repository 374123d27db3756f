import * as fs from "node:fs";
import * as path from "node:path";
import { UserError, reasonOf } from "./io";

/**
 * What says where to write.
 *
 * @throws UserError when it names nothing, as an empty variable of a shell does, or a file may be replaced and none is named
 */
export function checkOut({ out, force }: { readonly out?: string; readonly force?: true }): void {
  if (out === "") throw new UserError('--out: got "". Give a name, or leave it out for standard output');
  if (force === true && out === undefined) throw new UserError("--force is for --out");
}

/** A file to write. */
export interface NewFile {
  /** Its path, and how messages call it. */
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes files, each as a whole or not at all, with their directories where those are missing. One that holds just its
 * text already is left alone. Nothing is written when one that differs is in the way of any.
 *
 * @param cwd directory that relative names start from
 * @param replace whether files that are there and differ may be replaced
 * @throws UserError when one cannot be written, or naming those that are there and may not be replaced
 */
export function writeNewFiles(files: readonly NewFile[], cwd: string, replace: boolean): void {
  const placed = files.map((one) => ({ ...one, file: path.resolve(cwd, one.name) }));
  const found = placed.map((one) => trying(one, () => existing(one.file)));
  const inTheWay = placed.filter(({ text }, i) => found[i] !== undefined && found[i] !== text);
  if (inTheWay.length > 0 && !replace) {
    const names = inTheWay.map(({ name }) => name).join(", ");
    throw new UserError(
      inTheWay.length === 1
        ? `${names} is there already and differs; use --force to replace it`
        : `${names} are there already and differ; use --force to replace them`,
    );
  }
  placed.forEach((one, i) => {
    if (found[i] === one.text) return;
    trying(one, () => {
      // Where a link leads, so that none is replaced by a file: /dev/stdout is one.
      const file = found[i] === undefined ? one.file : fs.realpathSync(one.file);
      putInPlace(file, one.text, one.mode);
    });
  });
}

function trying<T>({ name }: NewFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError(`cannot write ${name}: ${reasonOf(error)}`);
  }
}

/** Written beside its place and then moved there, so that nobody ever sees a part of it. */
function putInPlace(file: string, text: string, mode: number): void {
  makeDirectories(path.dirname(file));
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

/**
 * One by one: Node's own recursive mkdir never ends where nothing can be made and the system says ENOENT, as in /proc.
 */
function makeDirectories(directory: string): void {
  if (fs.existsSync(directory)) return;
  makeDirectories(path.dirname(directory));
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** The text of a file that is there. A pipe would be waited for, and a device be replaced by a file of its name. */
function existing(file: string): string | undefined {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile() && !found.isDirectory())
    throw new Error("it is no regular file; leave --out out, and direct standard output there");
  return fs.readFileSync(file, "utf8");
}
