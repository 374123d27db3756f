import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Plan } from "../../lib/model/plan";
import { planHost } from "../../lib/plan";
import { materialize, planDigest, renderProgram } from "../../lib/render";
import { payloadLines } from "../../lib/render/payload";
import { programBody } from "../../lib/render/program";

const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    {
      name: "front",
      addresses: ["10.0.1.10/24", "2001:db8:1::10/64"],
      delegatedPrefixes: ["10.0.1.32/28"],
      gateways: ["10.0.1.1", "fe80::1"],
    },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};
const plan = planHost(SPEC);
const withAddress = planHost({
  ...SPEC,
  interfaces: [
    { ...SPEC.interfaces[0], addresses: ["10.0.1.10/24", "10.0.1.99/24", "2001:db8:1::10/64"] },
    SPEC.interfaces[1],
  ],
});

describe("the program", () => {
  test("is the same text for the same plan, and of the plan only the lines of a change change", () => {
    expect(renderProgram(planHost({ ...SPEC, interfaces: [...SPEC.interfaces].reverse() }))).toBe(
      renderProgram(plan),
    );
    const before = new Set(renderProgram(plan).split("\n"));
    const added = renderProgram(withAddress)
      .split("\n")
      .filter((line) => !before.has(line));
    expect(added.filter((line) => line.startsWith("address "))).toEqual(["address front 10.0.1.99"]);
    for (const line of added) expect(line).toMatch(/^address front 10\.0\.1\.99$|^rule4 .* from 10\./);
    expect(added.length).toBeLessThanOrEqual(4);
  });

  test("has no times, no digest, no trailing blanks", () => {
    const text = renderProgram(plan);
    expect(text).not.toContain(planDigest(plan));
    expect(text).not.toMatch(/[ \t]$/m);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("ends with the identity, when there is one, which must be a token", () => {
    const text = renderProgram(plan, { identity: "i-0123456789abcdef0" });
    expect(text).toBe(`${renderProgram(plan)}# for i-0123456789abcdef0\n`);
    for (const identity of ["", "a b", "$(x)", "x\ny", "x".repeat(129)]) {
      expect(() => renderProgram(plan, { identity })).toThrow(/identity: got .*Use 1 to 128/s);
    }
  });

  test("reports the digest that planDigest gives: SHA-256 of the plan's lines", () => {
    const lines = renderProgram(plan).split("PLAN='")[1].split("'")[0];
    expect(planDigest(plan)).toBe(createHash("sha256").update(`${lines}\n`).digest("hex"));
    expect(planDigest(withAddress)).not.toBe(planDigest(plan));
    expect(renderProgram(plan).includes(programBody(plan))).toBe(true);
  });

  test("the plan in it cannot end the quotes or the document that hold it", () => {
    for (const line of payloadLines(plan)) expect(line).toMatch(/^[a-z0-9]+( [A-Za-z0-9@+=.:/_-]+)*$/);
    expect(
      renderProgram(plan)
        .split("\n")
        .filter((line) => line === "MULTIHOME"),
    ).toHaveLength(1);
  });

  test("its body is small", () => {
    // It is kept in the state of every host, twice.
    expect(programBody(plan).length).toBeLessThan(66_000);
  });
});

describe("materialize", () => {
  const devices = { front: "eth0", back: "ens6.100" };

  test("names tables, priorities and devices", () => {
    const { ipv4, ipv6 } = materialize(plan, 1, devices);
    const slot = plan.interfaces.find(({ name }) => name === "back")?.slot as number;
    expect(ipv4).toContain(
      `route add default via 10.0.2.1 dev ens6.100 src 10.0.2.10 onlink table ${7000 + 2 * slot + 1} proto 77\n`,
    );
    expect(ipv4).toContain("link set dev eth0 group 77\n");
    expect(ipv4).toContain("rule add priority 9990 nop protocol 77\n");
    expect(ipv4.endsWith("rule add priority 7002 goto 8500 protocol 77\n")).toBe(true);
    expect(ipv6).toMatch(/^route add /);
  });

  test.each([0, 1] as const)("is what the program makes of generation %i", (generation) => {
    for (const family of [4, 6] as const) {
      const text = materialize(plan, generation, devices)[family === 4 ? "ipv4" : "ipv6"];
      const expected = text.split("\n").filter((line) => /^route|^rule/.test(line));
      const switched = expected.pop() as string;
      const staged = stageLines(plan, generation, family, devices);
      // The program's switch leads past the bands while it stages, and its canary leads to the new one.
      const goto = switched.split(" goto ")[1];
      expect(staged.pop()).toBe(`rule add priority 7000 fwmark 0x40000000/0x40000000 goto ${goto}`);
      expect(staged.filter((line) => line !== "rule add priority 7002 goto 9990 protocol 77")).toEqual(
        expected,
      );
    }
  });

  test("refuses a device that is missing, or has an unsafe name", () => {
    expect(() => materialize(plan, 0, { front: "eth0" })).toThrow(
      "interface back: no device is given for it",
    );
    expect(() => materialize(plan, 0, JSON.parse('{"front":"eth0"}'))).toThrow("interface back");
    expect(() => materialize(plan, 0, { ...devices, back: "a$(x);b" })).toThrow(
      /the plan has "a\$\(x\);b" where a name/,
    );
    expect(() => materialize(plan, 0, { ...devices, back: "x".repeat(16) })).toThrow(
      "more than 15 characters",
    );
  });
});

/** What the program's own awk makes of the plan. */
function stageLines(of: Plan, generation: 0 | 1, family: 4 | 6, devices: Record<string, string>): string[] {
  const lines = payloadLines(of);
  const numbers = (lines.find((line) => line.startsWith("numbers ")) as string).split(" ").slice(1);
  const variables = [...numbers, `f=${family}`, `generation=${generation}`, "keep=-"].flatMap((v) => [
    "-v",
    v,
  ]);
  const stage = path.join(__dirname, "../../lib/render/program/stage.awk");
  const facts = Object.entries(devices).map(([name, device]) => `device ${name} ${device}`);
  const { status, stdout } = spawnSync("awk", [...variables, fs.readFileSync(stage, "utf8")], {
    input: [...facts, ...lines, ""].join("\n"),
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return stdout.trimEnd().split("\n");
}
