import * as fc from "fast-check";
import * as fs from "node:fs";
import * as path from "node:path";
import { commandLine } from "../../lib/deliver/remoteApply";

test("a command line is short and has nothing to quote, whatever the identity", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (identity) => {
      const line = commandLine("apply --json", "admin", 300, identity);
      return /^sudo -n timeout -k 10 300 sh -s -- apply --json # [A-Za-z0-9._:/?-]*$/.test(line);
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
