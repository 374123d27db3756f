import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SpecError } from "../../../lib/model/issue";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { frrFiles } from "../../../lib/render/frr/files";

/** Folders: a host as its owner writes it, and what is written for FRR. To accept a change, run with UPDATE_GOLDENS=1. */
const CASES = path.join(__dirname, "cases");
const UPDATE = process.env["UPDATE_GOLDENS"] === "1";
const NAMES = fs.readdirSync(CASES).sort();
const specOf = (name: string): HostSpec =>
  JSON.parse(fs.readFileSync(path.join(CASES, name, "spec.json"), "utf8")) as HostSpec;

describe("an identity in FRR's words", () => {
  test.each(NAMES)("is as recorded: %s", (name) => {
    for (const { path: file, text } of frrFiles(planHost(specOf(name)))) {
      const golden = path.join(CASES, name, file);
      if (UPDATE) fs.writeFileSync(golden, text);
      expect(fs.readFileSync(golden, "utf8")).toBe(text);
    }
  });

  test.each(NAMES)("says for the host what the program puts there: %s", (name) => {
    const plan = planHost(specOf(name));
    const said = renderProgram(plan)
      .split("\n")
      .filter((line) => line.startsWith("frr say "))
      .map((line) => line.slice("frr say ".length));
    const devices = new Map(
      plan.interfaces.map((i) => [`@${i.name}`, i.match.ifname ?? `DEVICE-OF-${i.name}`]),
    );
    const filled = said.map((line) =>
      line
        .split(" ")
        .map((word) => devices.get(word) ?? (word.startsWith("/etc/") ? "PASSWORD" : word))
        .join(" "),
    );
    const [host] = frrFiles(plan);
    expect(host.text.split("\n").filter((line) => line !== "" && !line.startsWith("!"))).toEqual(filled);
    expect(said.length).toBeGreaterThan(10);
  });

  const vtysh = spawnSync("sh", ["-c", "command -v vtysh"]).status === 0 && process.getuid?.() === 0;
  (vtysh ? test : test.skip).each(NAMES)("is taken by FRR itself: %s", (name) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
    try {
      for (const { path: file, text } of frrFiles(planHost(specOf(name)))) {
        const taken = path.join(dir, file);
        fs.writeFileSync(taken, text);
        const { status, stdout, stderr } = spawnSync("vtysh", ["-C", "-f", taken], { encoding: "utf8" });
        expect([file, status, status === 0 ? "" : stdout + stderr]).toEqual([file, 0, ""]);
        fs.writeFileSync(taken, `${text}router ospv\n`);
        expect(spawnSync("vtysh", ["-C", "-f", taken]).status).not.toBe(0);
      }
    } finally {
      fs.rmSync(dir, { recursive: true, force: true });
    }
  });

  test("never holds the password, but says where it is", () => {
    const [host, routers] = frrFiles(planHost(specOf("ospf")));
    expect(host.text).toContain("message-digest-key 1 md5 PASSWORD");
    expect(host.text).toContain("! PASSWORD is what is in /etc/multihome/password on the host.");
    expect(routers.text).toContain("message-digest-key 1 md5 PASSWORD");
    expect(routers.text).toContain("told by other ways than this");
  });

  test("is refused for a host without an identity, by name", () => {
    const { policy, ...spec } = specOf("ospf");
    expect(policy?.identity).toBeDefined();
    expect(() => frrFiles(planHost(spec))).toThrow(SpecError);
    expect(() => frrFiles(planHost(spec))).toThrow(/policy\.identity: there is none.*docs\/identity\.md/);
  });
});
