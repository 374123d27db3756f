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
const IDENTITY = {
  ...SPEC,
  policy: { identity: { addresses: ["192.0.2.1/32"], protocol: "ospf" as const } },
};
const TRAFFIC = {
  ...SPEC,
  policy: { traffic: [{ name: "backups", to: ["192.0.2.0/24"], use: ["front"] }] },
};
const PROGRAM = path.join(__dirname, "../../lib/render/program");
const shellcheck = (args: string[], input?: string) =>
  spawnSync("shellcheck", ["--shell=sh", ...args], { input, encoding: "utf8" });
const installed = (name: string) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
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

  const FORMS: readonly [string, string][] = [
    ["of most plans", programBody(planHost(SPEC))],
    ["of worlds", programBody(planHost(WORLDS))],
    ["of an identity", programBody(planHost(IDENTITY))],
    ["of the strong host model", programBody(planHost({ ...SPEC, policy: { hostModel: "strong" } }))],
    ["of traffic policies", programBody(planHost(TRAFFIC))],
    ["that keeps nothing in force", programBody(planHost({ ...SPEC, policy: { hostModel: "weak" } }))],
    ["for user data", programBody(planHost(SPEC), true)],
  ];
  const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(([name]) => installed(name));

  test.each(FORMS)("is parsed by every shell: the form %s", (_, body) => {
    const parsed = (input: string) =>
      shells.map(([name, ...args]) => {
        const { status, stderr } = spawnSync(name, [...args, "-n"], { input, encoding: "utf8" });
        return [name, status, stderr];
      });
    expect(shells).not.toEqual([]);
    expect(parsed(body)).toEqual(shells.map(([name]) => [name, 0, ""]));
    expect(parsed(`${body}\nfi\n`).filter(([, status]) => status === 0)).toEqual([]);
  });

  const awks = [["mawk"], ["gawk"], ["busybox", "awk"]].filter(([name]) => installed(name));
  const texts = fs.readdirSync(PROGRAM).filter((name) => name.endsWith(".awk"));

  test.each(texts)("%s is free of single quotes, and every awk takes it", (file) => {
    const text = fs.readFileSync(path.join(PROGRAM, file), "utf8");
    expect(text).not.toContain("'");
    // These two go together.
    const other = { "same.awk": "survey.awk", "survey.awk": "same.awk" }[file];
    const whole = other === undefined ? text : `${text}${fs.readFileSync(path.join(PROGRAM, other), "utf8")}`;
    const wrong = (source: string) =>
      awks.flatMap(([name, ...args]) => {
        const { stderr } = spawnSync(name, [...args, "-v", "file=/dev/null", `BEGIN { exit }\n${source}`], {
          input: "",
          encoding: "utf8",
        });
        return stderr === "" ? [] : [`${name}: ${stderr}`];
      });
    expect(awks).not.toEqual([]);
    expect(wrong(whole)).toEqual([]);
    expect(wrong(`${whole}\n}`)).toHaveLength(awks.length);
  });
});
