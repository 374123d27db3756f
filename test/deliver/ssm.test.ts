import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SSM_DOCUMENT_LIMIT, ssmDocument } from "../../lib/deliver/ssm";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";

interface Document {
  readonly mainSteps: readonly {
    readonly inputs: { readonly runCommand: string[]; readonly timeoutSeconds: string };
  }[];
}
const stepOf = (text: string) => (JSON.parse(text) as Document).mainSteps[0].inputs;
/** As SSM's agent does: the lines are a script, which sh runs. */
const run = (document: string, shell: readonly string[] = ["sh"], damage = (line: string) => line) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-ssm-"));
  fs.writeFileSync(path.join(dir, "_script.sh"), stepOf(document).runCommand.map(damage).join("\n"));
  const [command, ...args] = [...shell, path.join(dir, "_script.sh")];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: dir },
  });
  const left = fs.readdirSync(dir).filter((name) => name !== "_script.sh");
  fs.rmSync(dir, { recursive: true });
  return { status, stdout, stderr, left };
};

describe("a document for SSM", () => {
  const script = `#!/bin/sh\necho "got $1 $2: ${"'"}\\$HOME {{x}}"\nexit 7\n`;
  const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(
    ([name]) => spawnSync(name, ["--help"]).error === undefined,
  );

  test.each(shells.map((shell): [string, string[]] => [shell[0], shell]))(
    "has the program run whole, and says how it ended, in %s",
    (_, shell) => {
      const outcome = run(ssmDocument(script, "apply --json", 60), shell);
      expect(outcome).toEqual({
        status: 7,
        stdout: "got apply --json: '$HOME {{x}}\n",
        stderr: "",
        left: [],
      });
    },
  );

  test.each(shells.map((shell): [string, string[]] => [shell[0], shell]))(
    "has a program with its plan line by line, and runs it, in %s",
    (_, shell) => {
      const plan = planHost({ name: "edge", interfaces: [{ name: "front", addresses: ["10.0.1.10/24"] }] });
      const document = ssmDocument(renderProgram(plan), "frob", 60);
      expect(stepOf(document).runCommand).toContain("address front 10.0.1.10");
      const { status, stdout, stderr } = run(document, shell);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^multihome: usage: sh PROGRAM apply /);
      expect(stderr.split("\n").filter((line) => line.length > 80)).toEqual([]);
      const damage = (line: string) => line.replace("10.0.1.10", "10.0.1.11");
      expect(run(document, shell, damage).stderr).toBe("multihome: the program did not come whole\n");
    },
  );

  test("runs nothing that did not come whole", () => {
    const damage = (line: string) =>
      /^H4sI/.test(line) ? line.slice(0, 40) + (line[40] === "A" ? "B" : "A") + line.slice(41) : line;
    const { status, stdout, stderr, left } = run(ssmDocument(script, "apply", 60), ["sh"], damage);
    expect([status, stdout, left]).toEqual([1, "", []]);
    expect(stderr).toContain("multihome: the program did not come whole");
  });

  test("ends what does not end, in order and before SSM would", () => {
    const { runCommand, timeoutSeconds } = stepOf(ssmDocument(script, "apply", 60));
    expect([runCommand.at(-1), timeoutSeconds]).toEqual(['timeout -k 10 60 sh "$file" apply', "90"]);
    expect(run(ssmDocument("#!/bin/sh\nsleep 60\n", "apply", 1)).status).toBe(124);
  });

  const hostOf = (addresses: number) =>
    planHost({
      name: "edge",
      interfaces: Array.from({ length: 8 }, (_, n) => ({
        name: `nic${n}`,
        addresses: Array.from({ length: addresses }, (_, i) => `10.${n}.${i * 4}.${(i * 37) % 250 || 3}/16`),
        gateways: [`10.${n}.0.1`],
      })),
    });

  test.each([
    [30, "line by line", true],
    [60, "compressed, being longer than that", false],
  ])(
    "has room for a host of 8 interfaces with %i addresses each, %s, and no words that SSM would take for parameters",
    (addresses, _, readable) => {
      const document = ssmDocument(renderProgram(hostOf(addresses)), "apply --json", 300);
      expect(Buffer.byteLength(document)).toBeLessThan(SSM_DOCUMENT_LIMIT);
      expect(document.includes("{{")).toBe(false);
      expect(document.includes("address nic0")).toBe(readable);
    },
  );
});
