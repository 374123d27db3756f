import * as fc from "fast-check";
import { parseReport } from "../../lib/deliver/report";

const digest = "d".repeat(64);
const report = { ok: true, checked: 6, generation: 0, digest, failed: [] };

test.each([
  ["text", "Last login: never\n\n"],
  ["what begins like it", '{ welcome }\n{"motd": true}\n'],
])("is read after whatever a login shell has printed: %s", (_, before) => {
  expect(parseReport(`${before}${JSON.stringify(report)}`, digest)).toEqual({
    digest,
    symmetric: true,
    checked: 6,
    failures: [],
  });
});

test("may stand on several short lines", () => {
  const lines = `{"ok":false,"checked":1,\n"generation":1,\n"digest":"${digest}",\n"failed":[\n{"from":"10.0.1.10","to":"192.0.2.1","class":"elsewhere","want":"dev eth0","got":"unreachable"}\n]}\n`;
  expect(parseReport(lines, digest)).toMatchObject({
    symmetric: false,
    failures: [{ from: "10.0.1.10", got: "unreachable" }],
  });
});

test.each([
  ["nothing", ""],
  ["no JSON", "sudo: a password is required"],
  ["JSON cut off", JSON.stringify(report).slice(0, -3)],
  ["another document", '{"applied":true}'],
  ["a list", "[]"],
  ["a wrong type", JSON.stringify({ ...report, checked: "6" })],
])("is not read from %s", (_, output) => {
  expect(() => parseReport(output, digest)).toThrow(/is not a report/);
});

test("is missed with the cure where mocks know nothing of it", () => {
  expect(() => parseReport(undefined, digest)).toThrow(/run tests by runWithMocks of multihome\/testing/);
});

test("of another plan is not accepted", () => {
  expect(() => parseReport(JSON.stringify({ ...report, digest: "e" }), digest)).toThrow(
    /reports the plan "e"/,
  );
});

test("holds nothing but printable text, whatever the host said", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const failed = [{ from: text, to: text, class: text, want: text, got: text, more: text }];
      const { failures } = parseReport(JSON.stringify({ ...report, failed }), digest);
      return Object.values(failures[0]).every((value) => /^[\x20-\x7e]*$/.test(value) && value.length <= 200);
    }),
  );
});
