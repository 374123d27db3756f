import * as path from "node:path";

const lib = path.join(__dirname, "..", "..", "lib");

const fileOf = (name: string): string => (name === "commander" ? name : path.join(lib, name));

/** Which of the modules are loaded by the work, when nothing is loaded before. */
async function loadedBy(modules: readonly string[], work: () => unknown): Promise<string[]> {
  const loaded: string[] = [];
  await jest.isolateModulesAsync(async () => {
    for (const name of modules) {
      jest.doMock(fileOf(name), () => {
        loaded.push(name);
        return jest.requireActual(fileOf(name));
      });
    }
    await work();
  });
  for (const name of modules) jest.dontMock(fileOf(name));
  return loaded;
}

/** Runs the command on a host. */
async function run(...args: readonly string[]): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh load is what is looked at
  const { multihome, HOST } = require("./support") as typeof import("./support");
  expect(await multihome(args, { stdin: JSON.stringify(HOST) })).toMatchObject({ code: 0, stderr: "" });
}

const PARTS = [
  "doctor/diagnose",
  "page/page",
  "render/program",
  "linux/prove/prove",
  "render/networkd/index",
];

test("a verb of the command loads what it needs, and not what the others need", async () => {
  expect(await loadedBy(PARTS, () => run("plan", "-"))).toEqual([]);
  expect(await loadedBy(PARTS, () => run("prove", "-"))).toEqual(["linux/prove/prove"]);
  // Help, and what is wrong with a verb, are about all of them.
  expect((await loadedBy(PARTS, () => run("--help"))).sort()).toEqual([...PARTS].sort());
});

test("importing the package loads nothing of the command, the doctor and the pages", async () => {
  const parts = ["cli/main", "commander", "doctor/diagnose", "page/page", "render/program"];
  const loaded = await loadedBy(parts, () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a fresh load is what is looked at
    require(lib);
  });
  expect(loaded).toEqual(["render/program"]);
});
