import * as fs from "node:fs";
import * as path from "node:path";
import { SpecError, shown } from "../model/issue";
import { TextError, decodeUtf8 } from "./decode";
import { Io, UserError, reasonOf } from "./io";
import { parseJson } from "./json";
import { Wanted, mistaken } from "./mistaken";

/** Far more than a host needs (15 interfaces with 50 addresses are 30 kB), and read in an instant. */
const MOST_BYTES = 8 * 2 ** 20;

/**
 * The value in a JSON file; "-" is standard input.
 *
 * @throws UserError when it cannot be read, or is no JSON
 */
export async function readJsonFile(file: string, io: Io): Promise<unknown> {
  const bytes = await readBytes(file, io);
  try {
    return parseJson(decodeUtf8(bytes));
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new UserError(`${nameOf(file)}: ${error.message}`);
  }
}

/**
 * What `use` makes of the value in a JSON file.
 *
 * @param wanted what the file is to hold
 * @throws UserError when the file cannot be read, or `use` refuses the value: with its name, and all that is wrong, or
 *   what it holds instead
 */
export async function readSpec<T>(
  file: string,
  io: Io,
  use: (value: unknown) => T,
  wanted: Wanted = "host",
): Promise<T> {
  const value = await readJsonFile(file, io);
  try {
    return use(value);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new UserError(`${nameOf(file)}: ${mistaken(value, wanted) ?? error.message}`);
  }
}

/**
 * Standard input can be read once.
 *
 * @throws UserError when both files are it
 */
export function oneStandardInput(file: string | undefined, capture: string | undefined): void {
  if (file === "-" && capture === "-")
    throw new UserError("HOST.json and --capture cannot both be standard input; give one of them as a file");
}

/** How messages call the input. */
export function nameOf(file: string): string {
  return file === "-" ? "standard input" : shown(file).slice(1, -1);
}

/**
 * A whole file, or standard input.
 *
 * @param most bytes; what is larger is refused
 * @throws UserError when it cannot be read
 */
export async function readBytes(file: string, io: Io, most = MOST_BYTES): Promise<Buffer> {
  if (file === "")
    throw new UserError('got "" for the name of a file. Give its name, or - for standard input');
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const source = file === "-" ? io.stdin : fs.createReadStream(path.resolve(io.cwd, file));
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      length += piece.length;
      if (length > most) break;
    }
  } catch (error) {
    throw new UserError(`cannot read ${nameOf(file)}: ${reasonOf(error)}`);
  }
  if (length > most) {
    throw new UserError(`cannot read ${nameOf(file)}: it is larger than ${most / 2 ** 20} MiB`);
  }
  return Buffer.concat(pieces);
}
