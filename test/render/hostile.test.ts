import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { SpecError } from "../../lib/model/issue";
import { Plan } from "../../lib/model/plan";
import { HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { payloadLines } from "../../lib/render/payload";

const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { mac: "02:00:00:00:01:0a", ifname: "eth0", address: "10.0.1.10" },
      addresses: ["10.0.1.10/24", "10.0.1.11/24", "2001:db8:1::10/64"],
      delegatedPrefixes: ["10.0.1.32/28"],
      gateways: ["10.0.1.1", { address: "fe80::1" }],
      subnets: ["10.0.9.0/24"],
      routes: [{ to: "172.31.0.0/16", via: "10.0.1.254" }],
    },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
  policy: { directPairs: [{ from: "front", to: "back" }] },
};

/** What has broken quoting somewhere before, alone and around what is right. */
const TRICKS = [
  "'",
  '"',
  "`x`",
  "$(reboot)",
  "${IFS}",
  ";reboot",
  "\nreboot",
  "\r",
  "\t",
  "\0",
  "\\",
  "\\\n",
  "#",
  " ",
  "--",
  "-n",
  "*",
  "~",
  "\nMULTIHOME\nreboot\n",
  "'\nreboot\nPLAN='",
  "end'",
  "@front",
  "+1",
  "join",
  "eth0 group 0",
  "%s",
  "\u2028",
  "\u202e",
  "ｅth0",
  "fe80::1%eth0",
  "::ffff:10.0.1.1",
  "010.0.1.10/24",
  "10.1/24",
  "__proto__",
  "constructor",
];
const hostile = (valid: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...TRICKS),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ maxLength: 20 }),
    fc
      .tuple(fc.constantFrom(...TRICKS), fc.nat(valid.length))
      .map(([trick, at]) => valid.slice(0, at) + trick + valid.slice(at)),
  );

type Path = readonly (string | number)[];

/** Every string in a value, by path. */
function strings(value: unknown, path: Path = []): { path: Path; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => strings(child, [...path, key]));
}

/** A copy with another string at the path. */
function withString<T>(value: T, path: Path, text: string): T {
  const copy = structuredClone(value);
  let holder = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  holder[path[path.length - 1]] = text;
  return copy;
}

const oneReplaced = <T>(value: T): fc.Arbitrary<T> =>
  fc
    .constantFrom(...strings(value))
    .chain(({ path, text }) => hostile(text).map((other) => withString(value, path, other)));

/** Each line is words of safe characters between single blanks, and no line can end what holds the plan. */
function expectTokens(plan: Plan): void {
  const text = renderProgram(plan);
  const held = text.slice(text.indexOf("PLAN='") + 6);
  const lines = held.slice(0, held.indexOf("'")).split("\n");
  expect(lines).toEqual(payloadLines(plan));
  for (const line of lines) expect(line).toMatch(/^[a-z0-9]+( [A-Za-z0-9@+=.:/_-]+)*$/);
  expect(lines.filter((line) => line === "end")).toHaveLength(1);
  expect(text.split("\n").filter((line) => line === "MULTIHOME")).toHaveLength(1);
}

describe("hostile strings", () => {
  test("in a host as its owner writes it are refused, or are words of the plan", () => {
    let refused = 0;
    let carried = 0;
    fc.assert(
      fc.property(oneReplaced(SPEC), (spec) => {
        let plan: Plan;
        try {
          plan = planHost(spec);
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
          refused++;
          return;
        }
        expectTokens(plan);
        carried++;
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(300);
    expect(carried).toBeGreaterThan(0);
  });

  test("in a plan, past all checks of the planner, are refused, or are words of the plan", () => {
    const plan = planHost(SPEC);
    fc.assert(
      fc.property(oneReplaced(plan), (other) => {
        try {
          payloadLines(other);
        } catch {
          return;
        }
        expectTokens(other);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(["dash", "bash", "busybox"])("and what is carried reaches %s as it is", (name) => {
    const text = renderProgram(planHost({ ...SPEC, name: "a.b_c-D" }));
    const plan = text.slice(text.indexOf("PLAN='"));
    const script = `${plan.slice(0, plan.indexOf("\nend'") + 5)}\nprintf '%s\\n' "$PLAN"`;
    const argv = name === "busybox" ? ["busybox", "sh"] : [name];
    const { error, stdout } = spawnSync(argv[0], argv.slice(1), { input: script, encoding: "utf8" });
    if (error === undefined)
      expect(stdout).toBe(payloadLines(planHost({ ...SPEC, name: "a.b_c-D" })).join("\n") + "\n");
  });
});
