import * as fs from "node:fs";
import * as path from "node:path";
import Ajv2020, { AnySchemaObject } from "ajv/dist/2020";
import * as fc from "fast-check";
import { DEFAULT_NUMBERS, HostSpec, SpecError } from "../../lib/model";
import { normalize, planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { CASES } from "./support/cases";
import { damaged } from "./support/damage";
import { specs } from "./support/specs";

const schema = JSON.parse(
  fs.readFileSync(path.join(__dirname, "..", "..", "schema", "host.schema.json"), "utf8"),
) as AnySchemaObject;
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
const validate = ajv.compile(schema);

function accepted(value: unknown): boolean {
  try {
    normalize(value);
    return true;
  } catch (error) {
    if (error instanceof SpecError) return false;
    throw error;
  }
}

/** As it would come out of a file. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");

/** All parts of the schema, with their place. */
function parts(value: unknown, place = "#"): [string, Record<string, unknown>][] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.entries(value).flatMap(([k, v]) =>
    k === "examples" ? [] : parts(v, `${place}/${k}`),
  );
  return Array.isArray(value) ? below : [[place, value as Record<string, unknown>], ...below];
}

describe("the schema of a host", () => {
  test("is a valid schema of draft 2020-12", () => {
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  test("accepts every host that the planner accepts", () => {
    fc.assert(
      fc.property(specs, (spec) => {
        expect([validate(asJson(spec)), validate.errors]).toEqual([true, null]);
      }),
      { numRuns: 300 },
    );
    for (const [name, spec] of Object.entries(CASES))
      expect([name, validate(asJson(spec)), validate.errors]).toEqual([name, true, null]);
  });

  test("refuses nothing that the planner accepts, and so finds early only what the planner refuses too", () => {
    let [refused, both] = [0, 0];
    fc.assert(
      fc.property(damaged(fc.jsonValue()), (value) => {
        const given = asJson(value);
        // The validator compares the items of lists by these methods of theirs, and throws where they are data.
        fc.pre(!/"(toString|valueOf)":/.test(JSON.stringify(given)));
        const planned = accepted(given);
        if (!validate(given)) {
          refused++;
          expect([planned, given]).toEqual([false, given]);
        } else if (!planned) both++;
      }),
      { numRuns: 2000 },
    );
    // It is of use only when it finds most of what is wrong.
    expect(refused).toBeGreaterThan(5 * both);
  });

  const base = { name: "h", interfaces: [{ name: "a", addresses: ["10.0.1.10/24"] }] };
  const one = (fields: object): unknown => ({ ...base, interfaces: [{ ...base.interfaces[0], ...fields }] });
  test.each<[string, unknown]>([
    ["no name", { interfaces: base.interfaces }],
    ["no interfaces", { name: "h", interfaces: [] }],
    ["an unknown field", { ...base, x: 1 }],
    ["a bad name", { ...base, name: "a b" }],
    ["null", { ...base, policy: null }],
    ["a schema that is no text", { ...base, $schema: { $ref: "host.schema.json" } }],
    ["null for a schema", { ...base, $schema: null }],
    ["the schema of an interface", one({ $schema: "./host.schema.json" })],
    ["the schema of a policy", { ...base, policy: { $schema: "./host.schema.json" } }],
    ["no source", { name: "h", interfaces: [{ name: "a", match: { ifname: "eth0" } }] }],
    ["an empty list of sources", one({ addresses: [] })],
    [
      "no way to find the device",
      { name: "h", interfaces: [{ name: "a", delegatedPrefixes: ["10.0.1.32/28"] }] },
    ],
    ["an empty match", one({ match: {} })],
    ["a group's MAC", one({ match: { mac: "01:00:5e:00:00:01" } })],
    ["no MAC at all", one({ match: { mac: "00:00:00:00:00:00" } })],
    ["a bad device name", one({ match: { ifname: "eth0@if5" } })],
    ["the loopback as a device", one({ match: { ifname: "lo" } })],
    ["an address without a length", one({ addresses: ["10.0.1.10"] })],
    ["leading zeros", one({ addresses: ["10.0.1.010/24"] })],
    ["a short form", one({ addresses: ["10.1/24"] })],
    ["a length too great", one({ addresses: ["10.0.1.10/33"] })],
    ["a length of zero", one({ addresses: ["10.0.1.10/0"] })],
    ["an IPv6 length too great", one({ addresses: ["2001:db8::1/129"] })],
    ["a zone id", one({ addresses: ["fe80::1%eth0/64"] })],
    ["an address twice", one({ addresses: ["10.0.1.10/24", "10.0.1.10/24"] })],
    ["three gateways", one({ gateways: ["10.0.1.1", "fe80::1", "fe80::2"] })],
    ["a gateway's unknown field", one({ gateways: [{ address: "10.0.1.1", via: 1 }] })],
    ["a default route", one({ routes: [{ to: "0.0.0.0/0" }] })],
    ["a default route of IPv6", one({ routes: [{ to: "::/0" }] })],
    ["a host model that there is not", { ...base, policy: { hostModel: "strict" } }],
    ["a policy without a name", { ...base, policy: { traffic: [{ use: ["a"] }] } }],
    ["a policy that uses nothing", { ...base, policy: { traffic: [{ name: "p", use: [] }] } }],
    ["a policy's unknown field", { ...base, policy: { traffic: [{ name: "p", use: ["a"], via: "b" }] } }],
    ["a policy for nothing", { ...base, policy: { traffic: [{ name: "p", use: ["a"], to: [] }] } }],
    ["a code point of 0", { ...base, policy: { traffic: [{ name: "p", use: ["a"], dscp: [0] }] } }],
    [
      "a port of 0",
      { ...base, policy: { traffic: [{ name: "p", use: ["a"], protocol: "tcp", sourcePorts: [0] }] } },
    ],
    [
      "the last port",
      { ...base, policy: { traffic: [{ name: "p", use: ["a"], protocol: "tcp", sourcePorts: [65535] }] } },
    ],
    [
      "the loopback as a way in",
      { ...base, policy: { traffic: [{ name: "p", use: ["a"], incomingDevices: ["lo"] }] } },
    ],
    ["a weight for one", { ...base, policy: { traffic: [{ name: "p", use: ["a"], weights: { a: 1 } }] } }],
    ["tracking in part", { ...base, policy: { trackConnections: "dnat" } }],
    [
      "a world without interfaces",
      { ...base, policy: { worlds: [{ name: "w", kind: "netns", interfaces: [] }] } },
    ],
    [
      "a world of another kind",
      { ...base, policy: { worlds: [{ name: "w", kind: "vlan", interfaces: ["a"] }] } },
    ],
    ["a pair without an end", { ...base, policy: { directPairs: [{ from: "a" }] } }],
    ["a protocol of others", { ...base, numbers: { protocol: 4 } }],
    ["two mark bits", { ...base, numbers: { canaryMark: 3 } }],
    ["a table of the kernel's", { ...base, numbers: { tableBase: 254 } }],
    ["priorities of the backstop", { ...base, numbers: { priorityBase: 2 } }],
    ["priorities behind main", { ...base, numbers: { priorityBase: 30000 } }],
  ])("refuses %s, as the planner does", (_what, value) => {
    expect([validate(value), accepted(value)]).toEqual([false, false]);
  });

  test("says the defaults that the planner has", () => {
    const defaults = Object.fromEntries(
      Object.entries(schema["$defs"].numbers.properties as Record<string, { default: number }>).map(
        ([k, v]) => [k, v.default],
      ),
    );
    expect(defaults).toEqual(DEFAULT_NUMBERS);
    const { hostModel, onLink, unmanagedRoutes } = schema["$defs"].policy.properties as Record<
      string,
      { default: string }
    >;
    const written = {
      ...base,
      policy: {
        hostModel: hostModel.default,
        onLink: onLink.default,
        directPairs: [],
        unmanagedRoutes: unmanagedRoutes.default,
      },
    };
    expect(planHost(written as HostSpec)).toEqual(planHost(base));
    const lists = schema["$defs"].interface.properties as Record<string, { default?: unknown[] }>;
    const empty = Object.entries(lists).filter(([k, v]) => v.default !== undefined && k !== "addresses");
    expect(empty.map(([k]) => k)).toEqual(["delegatedPrefixes", "gateways", "subnets", "routes"]);
    expect(planHost(one(Object.fromEntries(empty.map(([k, v]) => [k, v.default]))) as HostSpec)).toEqual(
      planHost(base),
    );
  });

  test("may be named by the host that it describes, whose plan and program stay the same", () => {
    for (const $schema of ["./node_modules/multihome/schema/host.schema.json", ""]) {
      const named = { $schema, ...base };
      expect([validate(named), validate.errors]).toEqual([true, null]);
      expect(planHost(named)).toEqual(planHost(base));
      expect(renderProgram(planHost(named))).toBe(renderProgram(planHost(base)));
    }
  });

  test("has examples that it accepts itself, and that are planned", () => {
    expect(schema["examples"].length).toBeGreaterThan(1);
    for (const example of schema["examples"] as HostSpec[]) {
      expect(validate(example)).toBe(true);
      expect(planHost(example).host).toBe(example.name);
    }
  });

  test("has examples of its parts that the parts accept", () => {
    const withExamples = parts(schema).filter(
      ([place, part]) => place !== "#" && Array.isArray(part["examples"]),
    );
    expect(withExamples.length).toBeGreaterThan(8);
    for (const [place, part] of withExamples) {
      const check = ajv.compile({ $ref: `${schema["$id"] as string}${place}` });
      for (const example of part["examples"] as unknown[])
        expect([place, example, check(example)]).toEqual([place, example, true]);
    }
  });

  test("describes every field, and lets no unknown one pass", () => {
    for (const [place, part] of parts(schema)) {
      if (part["type"] === "object") expect([place, part["additionalProperties"]]).toEqual([place, false]);
      for (const [name, field] of Object.entries(
        (part["properties"] ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (place.includes("anyOf") && place.endsWith("properties")) continue;
        if (/anyOf\/\d+$/.test(place) && part["type"] === undefined) continue;
        const target =
          field["$ref"] === undefined
            ? field
            : (schema["$defs"] as Record<string, Record<string, unknown>>)[String(field["$ref"]).slice(8)];
        expect([place, name, typeof (field["description"] ?? target["description"])]).toEqual([
          place,
          name,
          "string",
        ]);
      }
    }
  });
});
