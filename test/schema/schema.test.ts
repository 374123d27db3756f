import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";

/**
 * The components as other Pulumi languages see them. The SDK infers the schema from the TypeScript types when the
 * package is used as a plugin, and one type that it cannot express breaks the whole package: so it is inferred here,
 * by the same code, and compared with the committed one. `UPDATE_SCHEMA=1` writes it anew.
 */

const ROOT = path.resolve(__dirname, "../..");
const PINNED = path.join(ROOT, "schema/multihome.schema.json");
const COMPONENTS = ["MultiHomedFleet", "MultiHomedHost", "SsmProgram", "SymmetricRoutingPolicy"];

interface Schema {
  resources: Record<
    string,
    { description?: string; inputProperties: Record<string, { description?: string }> }
  >;
  types: Record<
    string,
    { enum?: { value: string }[]; properties?: Record<string, { description?: string }> }
  >;
}

function infer(): Schema {
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const analyzer = new Analyzer(ROOT, manifest.name, manifest, new Set(COMPONENTS));
  const { components, typeDefinitions, dependencies } = analyzer.analyze();
  // The version changes with every release, and the schema does not.
  const schema = generateSchema(
    manifest.name,
    "0.0.0",
    manifest.description,
    components,
    typeDefinitions,
    dependencies,
  );
  return JSON.parse(JSON.stringify(schema));
}

describe("the schema that the SDK infers", () => {
  let schema: Schema;

  beforeAll(() => {
    schema = infer();
    if (process.env["UPDATE_SCHEMA"] === "1") {
      fs.mkdirSync(path.dirname(PINNED), { recursive: true });
      fs.writeFileSync(PINNED, `${JSON.stringify(schema, null, 2)}\n`);
    }
  }, 120_000);

  test("is the pinned one", () => {
    expect(schema).toEqual(JSON.parse(fs.readFileSync(PINNED, "utf8")));
  });

  test("has every component, and every argument described", () => {
    expect(Object.keys(schema.resources).sort()).toEqual(COMPONENTS.map((name) => `multihome:index:${name}`));
    const undescribed = Object.entries(schema.resources).flatMap(([token, { inputProperties }]) =>
      Object.entries(inputProperties)
        .filter(([, { description }]) => !description)
        .map(([property]) => `${token} ${property}`),
    );
    expect(undescribed).toEqual([]);
  });

  test("has every property of every type described", () => {
    const undescribed = Object.entries(schema.types).flatMap(([token, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, { description }]) => !description)
        .map(([property]) => `${token} ${property}`),
    );
    expect(undescribed).toEqual([]);
  });

  test("has the choices as enums", () => {
    const values = (name: string) => schema.types[`multihome:index:${name}`].enum?.map(({ value }) => value);
    expect(values("HostModel")).toEqual(["symmetric", "strong", "weak"]);
    expect(values("OnLink")).toEqual(["gateway", "direct"]);
    expect(values("Otherwise")).toEqual(["unreachable", "prohibit", "blackhole", "next"]);
  });

  test("finds components by the plugin file", () => {
    expect(fs.readFileSync(path.join(ROOT, "PulumiPlugin.yaml"), "utf8")).toBe("runtime: nodejs\n");
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8"));
    expect(manifest.main).toBe("plugin/index.js");
    expect(manifest.files).toEqual(
      expect.arrayContaining(["lib", "plugin", "PulumiPlugin.yaml", "tsconfig.json"]),
    );
  });

  test("takes all that the example in Pulumi YAML gives", () => {
    const yaml = fs.readFileSync(path.join(ROOT, "examples/from-yaml/Pulumi.yaml"), "utf8");
    const [, given] = /multihome:MultiHomedHost\n {4}properties:\n((?: {6}.*\n)+)/.exec(yaml) ?? [];
    const names = [...given.matchAll(/^ {6}(\w+):/gm)].map(([, name]) => name);
    const { inputProperties } = schema.resources["multihome:index:MultiHomedHost"];
    expect(Object.keys(inputProperties)).toEqual(expect.arrayContaining(names));
    const fields = [...given.matchAll(/^ +- \{ (.*) \}$/gm)].flatMap(([, text]) => text.match(/\w+(?=:)/g));
    expect(new Set(fields).size).toBeGreaterThan(3);
    const known = Object.keys(schema.types["multihome:index:HostInterfaceArgs"].properties ?? {});
    expect(known).toEqual(expect.arrayContaining(fields));
  });

  test("is what the plugin tells, run as Pulumi runs it, from the folder of a program in another language", async () => {
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-plugin-"));
    const plugin = spawn(
      process.execPath,
      [require.resolve("@pulumi/pulumi/cmd/run-plugin"), ROOT, "127.0.0.1:1"],
      {
        cwd: elsewhere,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    try {
      const said = await new Promise<string>((resolve) => {
        let text = "";
        const take = (piece: Buffer): void => {
          text += piece.toString();
          if (/^\d+\n/.test(text)) resolve(text);
        };
        plugin.stdout.on("data", take);
        plugin.stderr.on("data", take);
        plugin.on("close", () => resolve(text));
      });
      expect(said).toMatch(/^\d+\n$/);
      const client = new ResourceProviderClient(
        `127.0.0.1:${said.trim()}`,
        grpc.credentials.createInsecure(),
      );
      const told = await new Promise<string>((resolve, reject) =>
        client.getSchema(new proto.GetSchemaRequest(), (error, response) =>
          error ? reject(error) : resolve(response.getSchema()),
        ),
      );
      client.close();
      expect(JSON.parse(told)).toMatchObject({ resources: schema.resources, types: schema.types });
    } finally {
      plugin.kill();
      fs.rmSync(elsewhere, { recursive: true, force: true });
    }
  }, 120_000);
});
