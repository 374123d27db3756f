import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { planHost } from "../../lib/plan";
import { programBody } from "../../lib/render/program";

/** A host whose program has the parts that most have. */
const SPEC = {
  name: "edge",
  interfaces: [{ name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }],
};

const WORLDS = {
  name: "h",
  interfaces: [{ name: "a", match: { ifname: "eth1" }, addresses: ["10.0.0.10/24"] }],
  policy: { worlds: [{ name: "w", kind: "netns" as const, interfaces: ["a"] }] },
};
const PROGRAM = path.join(__dirname, "../../lib/render/program");
const shellcheck = (args: string[], input?: string) =>
  spawnSync("shellcheck", ["--shell=sh", ...args], { input, encoding: "utf8" });
const testWithShellcheck = spawnSync("shellcheck", ["--version"]).status === 0 ? test : test.skip;

describe("the shell of the program", () => {
  // Parts use each other's variables, which shellcheck sees only in the whole.
  const parts = fs.readdirSync(PROGRAM).filter((file) => file.endsWith(".sh"));
  testWithShellcheck.each(parts)("shellcheck finds nothing in %s", (part) => {
    expect(shellcheck(["--exclude=SC2034,SC2154", path.join(PROGRAM, part)]).stdout).toBe("");
  });

  const persistence = path.join(__dirname, "../../lib/render/persistence/files");
  const scripts = fs.readdirSync(persistence).filter((file) => file.endsWith(".sh"));
  testWithShellcheck.each(scripts)("nor in %s, which keeps it in force", (script) => {
    expect(shellcheck([path.join(persistence, script)]).stdout).toBe("");
  });

  const services = fs.readdirSync(persistence).filter((file) => file.endsWith(".openrc"));
  testWithShellcheck.each(services)("nor in the service %s", (service) => {
    // What openrc-run reads, and its own interpreter.
    expect(shellcheck(["--exclude=SC2034,SC1008", path.join(persistence, service)]).stdout).toBe("");
  });

  testWithShellcheck("nor in the whole, as rendered", () => {
    // What the parts allow beside its reason: splitting into words, awk in single quotes, and -ef, which is in all shells.
    const whole = `PLAN='' self=''\n${programBody(planHost(SPEC))}\n`;
    expect(shellcheck(["--exclude=SC2016,SC2086,SC3013", "-"], whole).stdout).toBe("");
  });

  testWithShellcheck("nor in the whole of a plan with worlds, which have its functions in subshells", () => {
    const whole = `PLAN='' self=''\n${programBody(planHost(WORLDS))}\n`;
    expect(shellcheck(["--exclude=SC2016,SC2086,SC2030,SC2031,SC3013", "-"], whole).stdout).toBe("");
  });

  test.each(["dash", "bash", "busybox"])("%s parses it", (name) => {
    const argv = name === "busybox" ? ["busybox", "sh", "-n"] : [name, "-n"];
    const { error, status, stderr } = spawnSync(argv[0], argv.slice(1), {
      input: programBody(planHost(SPEC)),
      encoding: "utf8",
    });
    if (error === undefined) expect([status, stderr]).toEqual([0, ""]);
  });

  test("every awk text is free of single quotes, and is awk", () => {
    for (const file of fs.readdirSync(PROGRAM).filter((name) => name.endsWith(".awk"))) {
      const text = fs.readFileSync(path.join(PROGRAM, file), "utf8");
      expect([file, text.includes("'")]).toEqual([file, false]);
    }
  });
});
