import * as fc from "fast-check";
import * as fs from "node:fs";
import * as path from "node:path";
import { commandLine, ownerName } from "../../lib/deliver/remoteApply";

test("a command line is short and has nothing to quote, whatever the identity", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (identity) => {
      const line = commandLine("apply --json", "admin", 300, identity);
      return /^sudo -n timeout -k 10 300 sh -s -- apply --json # [A-Za-z0-9._:/?-]*$/.test(line);
    }),
  );
});

test("an owner is one word for any shell, another for every URN, and says the name", () => {
  const urn = (name: string): string =>
    `urn:pulumi:prod::app::multihome:index:SymmetricRoutingPolicy::${name}`;
  expect(ownerName(urn("edge-1"))).toMatch(/^edge-1\.[0-9a-f]{16}$/);
  expect(ownerName(urn("edge-1"))).not.toBe(ownerName(urn("edge-1").replace("prod", "test")));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.string(), (name, other) => {
      expect(ownerName(urn(name))).toMatch(/^[A-Za-z0-9._-]{0,64}\.[0-9a-f]{16}$/);
      expect(ownerName(urn(name)) === ownerName(urn(other))).toBe(name === other);
    }),
  );
});

test("nothing but remoteApply uses @pulumi/command", () => {
  const lib = path.resolve(__dirname, "../../lib");
  const users = fs
    .readdirSync(lib, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .filter((file) =>
      /^import (?!type).*"@pulumi\/command/m.test(fs.readFileSync(path.join(lib, file), "utf8")),
    );
  expect(users).toEqual(["deliver/remoteApply.ts"]);
});

test("importing the package does not load AWS's SDK", () => {
  const aws = jest.fn(() => ({}));
  jest.isolateModules(() => {
    jest.doMock("@pulumi/aws/ec2", aws);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh load is what is looked at
    require("../../lib");
  });
  expect(aws).not.toHaveBeenCalled();
});
