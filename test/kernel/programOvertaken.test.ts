import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Between } from "./support/between";
import { Namespaces, describeOnKernel, privileged } from "./support/netns";
import { program, shells, skipMissingShells } from "./support/program";
import { ASK, FAMILIES, Host, SPEC, asks, wrongOf } from "./support/restored";

/**
 * `ip rule flush` asks once what rules there are, and deletes one after the other: what comes meanwhile is not among them.
 * Here it stands still in between, and a restoration overtakes it.
 */
const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

const OWN = ["eth0", "eth0", "eth0", "eth1", "eth1"];
/** As it does: all but those of priority 0, in order. Input: `ip rule show`. */
const TO_DELETE =
  "s/ \\[unresolved\\]//; s/ proto / protocol /; s/^\\([1-9][0-9]*\\):[[:space:]]*/rule del priority \\1 /p";

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "a flush of all rules that a restoration overtakes, in $name",
  (shell) => {
    const namespaces = new Namespaces("flover");
    const text = program(SPEC);
    let on: Host;
    let dir: string;

    beforeEach(() => {
      on = new Host(namespaces);
      on.host.shell = shell;
      on.keep(text);
      dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-seen-"));
    });
    afterEach(async () => {
      fs.rmSync(dir, { recursive: true, force: true });
      on.destroy();
      await namespaces.destroy();
    });

    /** All rules but main's are gone, as while another flush has yet to take that. */
    const flushed = (): void => {
      for (const f of FAMILIES) on.ns.ip(`-${f} rule flush`);
      on.main();
    };

    /** What a flush would delete that began between two lines of a restoration: for each pair of lines. */
    function seenWhileRestored(): { f: 4 | 6; lines: string[] }[] {
      const between = new Between(on.host);
      flushed();
      between.eachLine(
        `n=$(ls ${dir} | wc -l); $ip $1 rule show | sed -n "${TO_DELETE}" >${dir}/$((100 + n)).\${1#-}`,
      );
      on.host.ok(text, "restore");
      expect(between.end()).toEqual([]);
      return fs.readdirSync(dir).map((name) => ({
        f: name.endsWith("4") ? (4 as const) : (6 as const),
        lines: fs.readFileSync(path.join(dir, name), "utf8").trim().split("\n"),
      }));
    }

    /** Deletes these, asks for all sources after each, and has the rules as they were. */
    function answersWhileDeleted(f: 4 | 6, lines: readonly string[]): string[] {
      const rules = (): string[] =>
        on.ns
          .ip(`-${f} rule show`)
          .replace(/ \[unresolved\]/g, "")
          .trim()
          .split("\n");
      const before = rules();
      // 2 is the kernel; once ip has read that name in a batch, it takes it for the number before it when it comes again.
      const add = before
        .filter((rule) => !rule.startsWith("0:"))
        .map((rule) =>
          rule.includes(" proto ") ? rule.replace(" proto ", " protocol ") : `${rule} protocol 2`,
        )
        .map((rule) => rule.replace(/^(\d+):\s+/, "rule add priority $1 "));
      const batch = (input: readonly string[]): string => {
        const argv = ["ip", `-${f}`, "-o", "-force", "-batch", "-"];
        const { stdout, stderr } = on.ns.run(argv, { input: input.join("\n") });
        return stdout + stderr;
      };
      const answers = batch(lines.flatMap((line) => [line, ...asks(f)]));
      on.ns.ip(`-${f} rule flush`);
      batch(add);
      expect(rules()).toEqual(before);
      return answers.split("\n");
    }

    test("leaves no source a wrong way, between whichever lines of the restoration it has asked what there is", () => {
      const seen = seenWhileRestored();
      expect(seen.length).toBeGreaterThan(60);
      const answers = seen.flatMap(({ f, lines }) => answersWhileDeleted(f, lines));
      expect(wrongOf(answers)).toEqual([]);
      expect(on.ways()).toEqual(OWN);
      expect(on.host.run(text, "verify").status).toBe(0);
    });

    test("would leave some, had it not seen what leads past those in front, so that this would be seen", () => {
      const answers = seenWhileRestored().flatMap(({ f, lines }) =>
        answersWhileDeleted(
          f,
          lines.filter((line) => !/priority [12] /.test(line)),
        ),
      );
      expect(wrongOf(answers)).toContainEqual(expect.stringMatching(/from 192\.168\.2\.10 .*dev eth0/));
      expect(wrongOf(answers)).toContainEqual(expect.stringMatching(/from fd00:2::10 .*dev eth0/));
    });

    test.each([0, 1, 2, 3, 4, 5, 6, 7])(
      "leaves no source a wrong way when it goes on line by line beside the restoration (%i)",
      (k) => {
        const between = new Between(on.host);
        flushed();
        // It begins after some lines, and deletes a rule after each of those that follow.
        between.eachLine(`
          printf x >>${dir}/$1
          read -r lines <${dir}/$1
          if [ \${#lines} = $((1 + 4 * ${k})) ]; then $ip $1 rule show | sed -n "${TO_DELETE}" >${dir}/seen$1; fi
          if [ -s ${dir}/seen$1 ]; then
            sed -n 1p ${dir}/seen$1 | $ip $1 -force -batch - >/dev/null 2>&1
            sed -i 1d ${dir}/seen$1
          fi
          ${ASK}`);
        on.host.run(text, "restore");
        // To its end, and what has failed while its rules were taken from it is tried again.
        const answers = between.end();
        for (const f of FAMILIES) {
          const rest = path.join(dir, `seen-${f}`);
          expect(fs.existsSync(rest)).toBe(true);
          const input = fs
            .readFileSync(rest, "utf8")
            .trim()
            .split("\n")
            .flatMap((line) => [line, ...asks(f)])
            .join("\n");
          answers.push(
            ...on.ns.run(["ip", `-${f}`, "-o", "-force", "-batch", "-"], { input }).stdout.split("\n"),
          );
        }
        expect(wrongOf(answers)).toEqual([]);
        on.main();
        on.host.ok(text, "restore");
        expect(on.ways()).toEqual(OWN);
        expect(on.host.run(text, "verify").status).toBe(0);
      },
    );
  },
);
