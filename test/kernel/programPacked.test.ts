import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { Namespace, Namespaces, describeOnKernel, dump, privileged } from "./support/netns";
import { ProgramHost, shells, skipMissingShells } from "./support/program";

const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    { name: "front", match: { ifname: "eth0" }, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
    { name: "back", match: { ifname: "eth1" }, addresses: ["10.2.0.10/24"], gateways: ["10.2.0.1"] },
  ],
};
const PLAIN = renderProgram(planHost(SPEC));
const PACKED = renderProgram(planHost(SPEC), { packed: true });

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "a program that comes packed, in $name",
  (shell) => {
    const namespaces = new Namespaces("packed");
    let ns: Namespace;
    let host: ProgramHost;
    let pristine: string;

    beforeAll(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      for (const [device, address] of [["eth0", "10.1.0.10/24"], ["eth1", "10.2.0.10/24"]]) {
        namespaces.connect([ns, device], [peer, device]);
        ns.ip(`addr add ${address} dev ${device}`);
      } // prettier-ignore
      host = new ProgramHost(ns);
      host.shell = shell;
      ns.steady();
      pristine = dump(ns);
    });
    afterAll(async () => {
      host.destroy();
      await namespaces.destroy();
    });

    /** What the text does on standard input: nothing, neither to the host nor to its files. */
    const untouched = (text: string): { status: number | null; stderr: string } => {
      const { status, stdout, stderr } = host.pipe(text, "apply");
      expect([stdout, fs.existsSync(host.stateDir), fs.existsSync(host.runDir)]).toEqual(["", false, false]);
      return { status, stderr };
    };

    test("does nothing when it is cut off anywhere", () => {
      const tail = PACKED.lastIndexOf("\n}\n{\n");
      const [head, end] = [PACKED.indexOf("MULTIHOME\nbase64"), PACKED.length - 'eval "$self"\n'.length];
      const lengths = [0, 13, head - 9, head, head + 25, head + 60, tail - 900, end, PACKED.length - 2];
      for (let length = tail - 20; length < end; length += 17) lengths.push(length);
      for (const length of lengths) untouched(PACKED.slice(0, length));
      expect(dump(ns)).toBe(pristine);
    });

    test("does nothing, and says so, when its body was damaged on the way", () => {
      const [start, end] = [PACKED.indexOf("\nH4sI") + 30, PACKED.lastIndexOf("\nMULTIHOME\n}")];
      const damaged = (at: number, instead: string, length = instead.length): string =>
        PACKED.slice(0, at) + instead + PACKED.slice(at + length);
      for (const text of [
        damaged(start, PACKED[start] === "A" ? "B" : "A"),
        damaged(Math.floor((start + end) / 2), "????"),
        damaged(Math.floor((start + end) / 2), "", 1024),
        damaged(end - 8, "AAAA"),
        damaged(end - 1300, "", 1300),
        damaged(start - 30, "", end - start + 30),
      ]) {
        const { status, stderr } = untouched(text);
        expect(status).toBe(2);
        expect(stderr).toMatch(
          /multihome: the program did not come whole, and was not run; send it again\. Nothing was changed\n$/,
        );
      }
      expect(dump(ns)).toBe(pristine);
    });

    test.each(["base64", "gunzip"])("needs %s, and says how to get it", (missing) => {
      const dir = fs.mkdtempSync(path.join(host.dir, "path-"));
      for (const name of ["sh", "cat", "base64", "gzip", "gunzip", "ip", "awk"].filter(
        (n) => n !== missing,
      )) {
        fs.symlinkSync(spawnSync("which", [name], { encoding: "utf8" }).stdout.trim(), path.join(dir, name));
      }
      const absolute = (word: string): string =>
        spawnSync("which", [word], { encoding: "utf8" }).stdout.trim();
      const applet = shell.name === "busybox" ? ["sh"] : [];
      const argv = ["env", `PATH=${dir}`, absolute(shell.name), ...applet, "-s", "--", "apply"];
      const { status, stdout, stderr } = ns.run(argv, { env: host.environment(), input: PACKED });
      expect([status, stdout, stderr.trim().split("\n")]).toEqual([
        2,
        "",
        [
          `multihome: ${missing} is needed to unpack this program, and not found in ${dir}; ` +
            `install the package ${missing === "gunzip" ? "gzip" : "coreutils"}. Nothing was changed`,
        ],
      ]);
      expect(dump(ns)).toBe(pristine);
    });

    test("is the plain one: it leaves that on the host, and the two do not tell each other apart", () => {
      expect(host.pipe(PACKED, "apply")).toMatchObject({ status: 0 });
      expect(fs.readFileSync(path.join(host.stateDir, "program.0"), "utf8")).toBe(PLAIN);
      const routed = dump(ns);
      expect(routed).not.toBe(pristine);
      expect(host.pipe(PLAIN, "apply")).toMatchObject({ status: 0 });
      expect(host.run(PACKED, "apply")).toMatchObject({ status: 0 });
      expect(fs.readdirSync(host.stateDir)).not.toContain("program.1");
      expect(dump(ns)).toBe(routed);
      expect(host.pipe(PACKED, "remove")).toMatchObject({ status: 0 });
      expect(dump(ns)).toBe(pristine);
    });
  },
);
