import { ParseErrorCode, visit } from "jsonc-parser";
import { shown } from "../model/issue";
import { TextError, endOf } from "./decode";

/** Deeper than any input of ours; what nests deeper is an attack on whoever reads it. */
const DEEPEST = 64;

/**
 * JSON, strictly (RFC 8259): no comments, no trailing commas, and no key twice, of which other readers take one or
 * the other. `__proto__` is a key like any.
 *
 * @throws TextError for the first thing that is wrong, with its place
 */
export function parseJson(text: string): unknown {
  const places: Map<string, string>[] = [];
  let depth = 0;
  const enter = (_offset: number, _length: number, line: number, character: number): void => {
    if (++depth <= DEEPEST) return;
    throw new TextError(
      line + 1,
      character + 1,
      `the text nests deeper than ${DEEPEST} levels`,
      "Give plain data",
    );
  };
  visit(
    text,
    {
      onObjectBegin: (offset, length, line, character) => {
        enter(offset, length, line, character);
        places.push(new Map());
      },
      onObjectEnd: () => {
        depth--;
        places.pop();
      },
      onArrayBegin: enter,
      onArrayEnd: () => void depth--,
      onObjectProperty: (key, _offset, _length, line, character) => {
        const known = places[places.length - 1];
        const first = known.get(key);
        if (first !== undefined) {
          const problem = `the key ${shown(key)} is there twice, first at ${first}`;
          throw new TextError(line + 1, character + 1, problem, "Keep one of them");
        }
        known.set(key, `line ${line + 1}, column ${character + 1}`);
      },
      onError: (code, offset, length, line, character) => {
        if (text.trim() === "") throw new TextError(1, 1, "the text is empty", "Give JSON");
        if (isCutOff(text, offset, length)) {
          const end = endOf(text);
          throw new TextError(
            end.line,
            end.column,
            "the text ends too early",
            "Give all of it; it may have been cut off",
          );
        }
        const problem = describe(code, text.slice(offset, offset + length));
        throw new TextError(line + 1, character + 1, problem, "Correct the JSON there");
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
  return JSON.parse(text);
}

/** A number without its last digits, a word without its last letters. */
const UNFINISHED = /^(-|-?[0-9][^\s]*[.eE+-]|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/;

/** Whether a string lacks its end; it may be megabytes long, in which an expression would have to go back for each. */
function isUnfinished(token: string): boolean {
  if (!token.startsWith('"')) return UNFINISHED.test(token);
  let backslashes = 0;
  while (token[token.length - 2 - backslashes] === "\\") backslashes++;
  return token.length === 1 || !token.endsWith('"') || backslashes % 2 === 1;
}

/** Whether the text would go on where it ends, so that the place of the error is its end. */
function isCutOff(text: string, offset: number, length: number): boolean {
  const token = text.slice(offset, offset + length);
  return text.slice(offset).trim() === "" || (offset + length === text.length && isUnfinished(token));
}

const EXPECTED: Readonly<Partial<Record<ParseErrorCode, string>>> = {
  [ParseErrorCode.PropertyNameExpected]: "a key in double quotes is expected here",
  [ParseErrorCode.ValueExpected]: "a value is expected here",
  [ParseErrorCode.ColonExpected]: 'a ":" is expected here',
  [ParseErrorCode.CommaExpected]: 'a "," is expected here',
  [ParseErrorCode.CloseBraceExpected]: 'a "}" is expected here',
  [ParseErrorCode.CloseBracketExpected]: 'a "]" is expected here',
  [ParseErrorCode.EndOfFileExpected]: "the JSON ends before this",
  [ParseErrorCode.InvalidCommentToken]: "comments are not part of JSON",
  [ParseErrorCode.UnexpectedEndOfComment]: "comments are not part of JSON",
  [ParseErrorCode.UnexpectedEndOfString]: "the string does not end on its line",
  [ParseErrorCode.UnexpectedEndOfNumber]: "the number lacks digits",
  [ParseErrorCode.InvalidUnicode]: '"\\u" takes four hexadecimal digits in this string',
  [ParseErrorCode.InvalidEscapeCharacter]: "the string has an escape that JSON does not know",
  [ParseErrorCode.InvalidCharacter]: "the string has a control character, which must be escaped",
};

function describe(code: ParseErrorCode, token: string): string {
  return EXPECTED[code] ?? `${shown(token)} is not JSON`;
}
