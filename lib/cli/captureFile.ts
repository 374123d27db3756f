import { HostCapture, readHostCapture } from "../doctor/capture";
import { damage } from "../doctor/diagnose";
import { TextError, decodeUtf8 } from "./decode";
import { nameOf, readBytes } from "./input";
import { Io, UserError } from "./io";

/** Some 400,000 routes. */
const MOST_BYTES = 256 * 2 ** 20;
const TAKE_AGAIN = 'Take it again with the command that "multihome doctor --print-capture" prints';
/** Problems that a message lists. */
const LISTED = 20;

/**
 * The host in a capture file; "-" is standard input.
 *
 * @throws UserError when it cannot be read, is no capture, or is damaged: then nothing can be said of the host
 */
export async function readCaptureFile(file: string, io: Io): Promise<HostCapture> {
  const bytes = await readBytes(file, io, MOST_BYTES);
  try {
    return soundCapture(decodeUtf8(bytes), nameOf(file));
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new UserError(`${nameOf(file)}: ${error.message}`);
  }
}

/**
 * A capture that is whole.
 *
 * @param name how messages call it
 * @param advice what may be done about one that is not
 * @throws UserError naming each damage with its place
 */
export function soundCapture(text: string, name: string, advice = TAKE_AGAIN): HostCapture {
  const capture = readHostCapture(text);
  const gaps = damage(capture.state);
  if (gaps.length === 0) return capture;
  const lines = gaps.slice(0, LISTED).map((gap) => `  - ${gap.where}, ${gap.position}: ${gap.problem}`);
  if (gaps.length > LISTED) lines.push(`  and ${gaps.length - LISTED} more`);
  throw new UserError(
    `${name}: the verdict is unknown, since the capture is not whole:\n${lines.join("\n")}\n${advice}`,
  );
}
