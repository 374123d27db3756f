import { isUtf8 } from "node:buffer";

/** What is wrong with a text, and where: line and column begin at 1, columns count UTF-16 units as editors do. */
export class TextError extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    problem: string,
    fix: string,
  ) {
    super(`line ${line}, column ${column}: ${problem}. ${fix}.`);
    this.name = "TextError";
  }
}

const SAVE_AS = "Save it as UTF-8 without a byte order mark";

/**
 * Bytes as text. JSON between systems is UTF-8 without a byte order mark (RFC 8259 8.1); whatever else it may be is
 * told by name, for "unexpected character" would help nobody.
 *
 * @throws TextError
 */
export function decodeUtf8(bytes: Buffer): string {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    throw new TextError(1, 1, "the text begins with a byte order mark", SAVE_AS);
  }
  // JSON begins with an ASCII character, so in UTF-16 and UTF-32 one of the first two bytes is zero.
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) {
    throw new TextError(1, 1, "the text is UTF-16 or UTF-32", SAVE_AS);
  }
  const text = bytes.toString("utf8");
  if (isUtf8(bytes)) return text;
  // What is no UTF-8 comes back as a replacement character, which differs from what was there.
  const back = Buffer.from(text, "utf8");
  const wrong = back.findIndex((byte, i) => byte !== bytes[i]);
  const { line, column } = endOf(back.subarray(0, wrong).toString("utf8"));
  throw new TextError(line, column, "the text is not valid UTF-8", "Save it as UTF-8");
}

/** Where a text ends. */
export function endOf(text: string): { line: number; column: number } {
  const lines = text.split(/\r\n|\n|\r/);
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}
