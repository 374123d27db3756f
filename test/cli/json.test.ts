import * as fc from "fast-check";
import { decodeUtf8 } from "../../lib/cli/decode";
import { parseJson } from "../../lib/cli/json";

function refusal(read: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(read())}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("JSON", () => {
  test("gives what the platform's parser gives, for every value and layout", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("is accepted only where the platform's parser accepts it, whatever is done to a text", () => {
    const text = JSON.stringify(
      { name: "h", list: [1, -2.5e3, true, null, 'a\\"\u00e9'], inner: { x: {} } },
      null,
      1,
    );
    const edit = fc.tuple(
      fc.nat(text.length),
      fc.nat(3),
      fc.constantFrom(
        "",
        ",",
        "}",
        "]",
        '"',
        "\\",
        "/",
        "//",
        "\n",
        "\r",
        "\u0001",
        "x",
        "0",
        ".",
        "-",
        "\u00a0",
        "\ufeff",
        ":",
        "{",
        "[",
      ),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
        const changed = edits.reduce((t, [at, drop, add]) => t.slice(0, at) + add + t.slice(at + drop), text);
        const ours = refusal(() => parseJson(changed));
        const theirs = refusal(() => JSON.parse(changed));
        if (ours.startsWith("accepted")) expect(ours).toBe(theirs);
        else if (theirs.startsWith("accepted")) expect(ours).toMatch(/is there twice|nests deeper/);
        else expect(ours).toMatch(/^line \d+, column \d+: [^\n]+\. [A-Z][^\n]+\.$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("that was cut off is told so, wherever the cut", () => {
    const text = '{ "name": "e\\u00e9\\n",\r\n "n": [-1.5e+3, true, false, null, {}], "m": {"k": 10} }';
    for (let length = 1; length < text.length; length++) {
      const cut = text.slice(0, length);
      expect([cut, refusal(() => parseJson(cut))]).toEqual([
        cut,
        expect.stringMatching(/: the text ends too early\. Give all of it; it may have been cut off\.$/),
      ]);
    }
    for (const long of ["a".repeat(8e6), "\\n".repeat(4e6), "\\\\".repeat(4e6), `${"\\\\".repeat(4e6)}\\"`])
      expect(refusal(() => parseJson(`{"name": "${long}`))).toMatch(/: the text ends too early\. /);
    expect(refusal(() => parseJson('{\n "a": 1,\r\n "b"'))).toMatch(
      /^line 3, column 5: the text ends too early/,
    );
  });

  test.each([
    ["", "line 1, column 1: the text is empty. Give JSON."],
    [" \n\t ", "line 1, column 1: the text is empty. Give JSON."],
    ["{} {}", "line 1, column 4: the JSON ends before this. Correct the JSON there."],
    ["[1,]", "line 1, column 4: a value is expected here. Correct the JSON there."],
    ['{"a":1,}', "line 1, column 8: a key in double quotes is expected here. Correct the JSON there."],
    ['{"a" 1}', 'line 1, column 6: a ":" is expected here. Correct the JSON there.'],
    ['{"a":1 "b":2}', 'line 1, column 8: a "," is expected here. Correct the JSON there.'],
    ["// x\n{}", "line 1, column 1: comments are not part of JSON. Correct the JSON there."],
    ["{\n  /* x */ }", "line 2, column 3: comments are not part of JSON. Correct the JSON there."],
    ["{'a': 1}", "line 1, column 2: \"'a'\" is not JSON. Correct the JSON there."],
    ['{"a": NaN }', 'line 1, column 7: "NaN" is not JSON. Correct the JSON there.'],
    ['{"a": \u00a01 }', 'line 1, column 7: "\\u00a01" is not JSON. Correct the JSON there.'],
    ['{"a": "x\ny" }', "line 1, column 7: the string does not end on its line. Correct the JSON there."],
    [
      '{"a": "x\ty" }',
      "line 1, column 7: the string has a control character, which must be escaped. Correct the JSON there.",
    ],
    [
      '{"a": "\\x" }',
      "line 1, column 7: the string has an escape that JSON does not know. Correct the JSON there.",
    ],
    [
      '{"a": "\\u12" }',
      'line 1, column 7: "\\u" takes four hexadecimal digits in this string. Correct the JSON there.',
    ],
    ['{"a": 1. }', "line 1, column 7: the number lacks digits. Correct the JSON there."],
    ['{"a": 01 }', 'line 1, column 8: a "," is expected here. Correct the JSON there.'],
    [
      '{"a": 1,\n "b": {"a": 2},\r\n "a": 3}',
      'line 3, column 2: the key "a" is there twice, first at line 1, column 2. Keep one of them.',
    ],
    [
      '{"a": 1, "\\u0061": 2}',
      'line 1, column 10: the key "a" is there twice, first at line 1, column 2. Keep one of them.',
    ],
    [
      '{"__proto__": 1, "__proto__": 2}',
      'line 1, column 18: the key "__proto__" is there twice, first at line 1, column 2. Keep one of them.',
    ],
    [
      '[{"\u001b": 1}]',
      "line 1, column 3: the string has a control character, which must be escaped. Correct the JSON there.",
    ],
  ])("%j: %s", (text, message) => {
    expect(refusal(() => parseJson(text))).toBe(message);
  });

  test("may use one key in several objects, and __proto__ as a key like any", () => {
    const value = parseJson('[{"a":1},{"a":{"a":2}},{"__proto__":{"x":1}}]') as object[];
    expect(JSON.stringify(value)).toBe('[{"a":1},{"a":{"a":2}},{"__proto__":{"x":1}}]');
    expect("x" in value[2]).toBe(false);
  });

  test("may nest 64 levels, and no more, however many there are", () => {
    const nested = (n: number): string => "[".repeat(n) + "]".repeat(n);
    expect(parseJson(`{"a":${nested(63)},"b":${nested(63)}}`)).toBeDefined();
    expect(refusal(() => parseJson(nested(65)))).toBe(
      "line 1, column 65: the text nests deeper than 64 levels. Give plain data.",
    );
    expect(refusal(() => parseJson(`{"a":${nested(64)}}`))).toMatch(/nests deeper than 64 levels/);
    expect(refusal(() => parseJson("[".repeat(4e6)))).toMatch(/nests deeper than 64 levels/);
    expect(refusal(() => parseJson('{"a":'.repeat(1e6)))).toMatch(/nests deeper than 64 levels/);
  });

  test("of many megabytes is read in good time", () => {
    const value = Object.fromEntries(
      Array.from({ length: 200_000 }, (_, i) => [`key-${i}`, ["10.0.0.1/24"]]),
    );
    const text = JSON.stringify(value, null, 1);
    // The processor's time: a busy machine gives a process little of it.
    const start = process.cpuUsage();
    const read = parseJson(text);
    const { user, system } = process.cpuUsage(start);
    expect(Object.keys(read as object)).toHaveLength(200_000);
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

describe("bytes", () => {
  test("of UTF-8 are the text they were made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = Buffer.from(text, "utf8");
        if (text.slice(0, 2).includes("\0") || text.startsWith("\ufeff")) return;
        expect(decodeUtf8(bytes)).toBe(bytes.toString("utf8"));
      }),
    );
    expect(decodeUtf8(Buffer.alloc(0))).toBe("");
    expect(decodeUtf8(Buffer.from("0"))).toBe("0");
    expect(decodeUtf8(Buffer.from('"\ufffd \u00e9 \u{1f600}"'))).toBe('"\ufffd \u00e9 \u{1f600}"');
  });

  const MARK =
    "line 1, column 1: the text begins with a byte order mark. Save it as UTF-8 without a byte order mark.";
  const WIDE = "line 1, column 1: the text is UTF-16 or UTF-32. Save it as UTF-8 without a byte order mark.";
  const INVALID = "the text is not valid UTF-8. Save it as UTF-8.";
  test.each<[string, Buffer, string]>([
    ["with a byte order mark", Buffer.from("\ufeff{}", "utf8"), MARK],
    ["of UTF-16, with its mark", Buffer.from("\ufeff{}", "utf16le"), WIDE],
    ["of UTF-16, the other way round", Buffer.from("\ufeff{}", "utf16le").swap16(), WIDE],
    ["of UTF-16, without its mark", Buffer.from("{}", "utf16le"), WIDE],
    ["of UTF-16, the other way round and without", Buffer.from("{}", "utf16le").swap16(), WIDE],
    ["of UTF-32", Buffer.from([0, 0, 0, 0x7b]), WIDE],
    ["of Latin-1", Buffer.from('{"a":"\u00e9"}', "latin1"), `line 1, column 7: ${INVALID}`],
    ["cut within a character", Buffer.from('{\n"\u00e9').subarray(0, 4), `line 2, column 2: ${INVALID}`],
    ["with a surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), `line 1, column 2: ${INVALID}`],
    ["with an overlong form", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), `line 1, column 2: ${INVALID}`],
    [
      "that are wrong after right ones",
      Buffer.concat([Buffer.from("\u00e9\r\n\u{1f600}x"), Buffer.from([0xff])]),
      `line 2, column 4: ${INVALID}`,
    ],
  ])("%s are refused by name and place", (_what, bytes, message) => {
    expect(refusal(() => decodeUtf8(bytes))).toBe(message);
  });
});
