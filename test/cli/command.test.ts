import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { planHost } from "../../lib/plan";
import { renderProgram } from "../../lib/render";
import { openrcFiles, persistenceFiles } from "../../lib/render/persistence";
import { damaged } from "../plan/support/damage";
import { HOST, multihome } from "./support";

const ROOT = path.join(__dirname, "..", "..");
const BIN = path.join(ROOT, "bin", "multihome.js");
const json = JSON.stringify(HOST);
const PROGRAM = renderProgram(planHost(HOST));

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-cli-"));
  fs.writeFileSync(path.join(dir, "h.json"), json);
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("multihome plan", () => {
  test("prints the plan of a file, or of standard input, as text", async () => {
    const file = await multihome(["plan", "h.json"], { cwd: dir });
    expect(file).toEqual({
      code: 0,
      stdout: expect.stringContaining("Host edge-1: 1 interface, 1 source\n"),
      stderr: "",
    });
    expect(await multihome(["plan", "-"], { stdin: json })).toEqual(file);
    expect(await multihome(["plan", path.join(dir, "h.json")])).toEqual(file);
  });

  test("prints the whole plan as JSON with --json", async () => {
    const { code, stdout, stderr } = await multihome(["plan", "--json", "h.json"], { cwd: dir });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(planHost(HOST));
    expect(stdout.endsWith("}\n")).toBe(true);
  });

  test("takes the key by which an editor finds the schema, and gives the same plan", async () => {
    const stdin = JSON.stringify({ $schema: "./node_modules/multihome/schema/host.schema.json", ...HOST });
    expect(await multihome(["plan", "-"], { stdin })).toEqual(
      await multihome(["plan", "-"], { stdin: json }),
    );
    expect(
      (await multihome(["plan", "-"], { stdin: stdin.replace(/"\$schema":"[^"]*"/, '"$schema":[]') })).stderr,
    ).toBe(
      'multihome: standard input: host "edge-1": 1 problem\n' +
        "  - $schema: got the list []. Give where the schema is, as text.\n",
    );
  });

  test("warns on standard error of what is unwise, and prints the plan all the same", async () => {
    const addresses = Array.from(
      { length: 4200 },
      (_, i) => `10.${i % 250}.${(i * 7) % 256}.${(i >> 5) + 1}/32`,
    );
    const stdin = JSON.stringify({ name: "h", interfaces: [{ name: "a", addresses }] });
    const { code, stdout, stderr } = await multihome(["plan", "-"], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain("Host h: 1 interface, 4200 sources\n");
    expect(stderr).toMatch(
      /^multihome: warning: interfaces: the sources need \d+ IPv4 rules, [^\n]+\. [^\n]+\.\n$/,
    );
  });

  test("lists all that is wrong on standard error, prints nothing else, and exits 2", async () => {
    const bad = JSON.stringify({ ...HOST, name: "a b", x: null });
    expect(await multihome(["plan", "-"], { stdin: bad })).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "multihome: standard input: the host: 2 problems\n" +
        '  - x: unknown field. Known here are "name", "interfaces", "policy", "numbers", "$schema".\n' +
        '  - name: got the name "a b". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.\n',
    });
  });
});

describe("multihome render", () => {
  test("prints the program, and nothing else", async () => {
    expect(await multihome(["render", "h.json", "--to", "iproute2"], { cwd: dir })).toEqual({
      code: 0,
      stdout: PROGRAM,
      stderr: "",
    });
  });

  test("keeps an identity in the program, and refuses one that is not", async () => {
    const argv = ["render", "-", "--to", "iproute2", "--identity"];
    const { stdout } = await multihome([...argv, "i-0123"], { stdin: json });
    expect(stdout).toBe(renderProgram(planHost(HOST), { identity: "i-0123" }));
    expect(await multihome([...argv, "a\nb"], { stdin: json })).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'multihome: the program: 1 problem\n  - identity: got "a\\nb". Use 1 to 128 of letters, digits, ".", "_", ":", "/" and "-".\n',
    });
    expect((await multihome([...argv, ""], { stdin: json })).code).toBe(2);
  });

  test("--to fleet writes the program and the user data that knows its digest", async () => {
    const stdin = JSON.stringify({ name: "web", interfaces: [{ name: "front", deviceIndex: 0 }] });
    const argv = ["render", "-", "--to", "fleet", "--program-url", "https://e.com/{sha256}.sh"];
    const { stdout } = await multihome([...argv, "--out", "fleet"], { cwd: dir, stdin });
    expect(stdout).toBe("fleet/web.sh\nfleet/web.user-data\n");
    const digest = createHash("sha256")
      .update(fs.readFileSync(path.join(dir, "fleet/web.sh")))
      .digest("hex");
    expect(fs.readFileSync(path.join(dir, "fleet/web.user-data"), "utf8")).toContain(
      `URL='https://e.com/${digest}.sh'`,
    );

    const without = await multihome(argv.slice(0, 4), { cwd: dir, stdin });
    expect([without.code, without.stdout]).toEqual([2, ""]);
    expect(without.stderr).toMatch(/--program-url: got nothing\. Give where hosts fetch the program/);
    const long = `https://e.com/${"x".repeat(934)}{sha256}`;
    for (const [url, problem] of [
      ["", "got text (0 characters), which is no such URL"],
      ["ftp://e.com/x", "got text (13 characters), which is no such URL"],
      ["https://e.com/{digest}.sh?sig=s3cret", 'got text (36 characters) with "{" in it'],
      [long, `got text (${long.length} characters), too long by 4`],
    ]) {
      const refused = await multihome([...argv.slice(0, 5), url, "--out", "other"], { cwd: dir, stdin });
      expect([refused.code, refused.stdout]).toEqual([2, ""]);
      expect(refused.stderr).toContain(`multihome: --program-url: ${problem}. Give where hosts fetch`);
      expect(refused.stderr).not.toContain("s3cret");
    }
    const wrong = await multihome([...argv, "--out", "other"], { cwd: dir, stdin: '{"name": "web"}' });
    expect(wrong.stderr).toMatch(/standard input: the fleet: 1 problem\n {2}- interfaces: /);
  });

  const out = ["render", "h.json", "--to", "iproute2", "--out", "sub/out"];
  const target = (): string => path.join(dir, "sub/out/edge-1.sh");

  test("--out writes NAME.sh for its owner alone, makes the directory, and says where", async () => {
    expect(await multihome(out, { cwd: dir })).toEqual({
      code: 0,
      stdout: "sub/out/edge-1.sh\n",
      stderr: "",
    });
    expect(fs.readFileSync(target(), "utf8")).toBe(PROGRAM);
    expect(fs.statSync(target()).mode & 0o7777).toBe(0o700);
    expect(fs.readdirSync(path.dirname(target()))).toEqual(["edge-1.sh"]);
  });

  test("--to systemd writes a tree of files, and needs to know where", async () => {
    const argv = ["render", "h.json", "--to", "systemd"];
    expect(await multihome(argv, { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: "multihome: --to systemd writes several files; say where with --out DIR\n",
    });
    const files = persistenceFiles();
    const { stdout } = await multihome([...argv, "--out", "root"], { cwd: dir });
    expect(stdout).toBe(files.map((file) => `root/${file.path}\n`).join(""));
    for (const { path: name, text, mode } of files) {
      expect(fs.readFileSync(path.join(dir, "root", name), "utf8")).toBe(text);
      expect(fs.statSync(path.join(dir, "root", name)).mode & 0o777).toBe(mode);
    }
  });

  test("--to openrc writes services that can be run", async () => {
    const argv = ["render", "h.json", "--to", "openrc", "--out", "root"];
    const { stdout } = await multihome(argv, { cwd: dir });
    const files = openrcFiles();
    expect(stdout).toBe(files.map((file) => `root/${file.path}\n`).join(""));
    expect(fs.statSync(path.join(dir, "root/etc/init.d/multihome")).mode & 0o777).toBe(0o755);
  });

  test("--to networkd writes its files, and lists all that networkd has no word for", async () => {
    const argv = ["render", "-", "--to", "networkd", "--out", "root"];
    const host = { ...HOST, interfaces: [{ ...HOST.interfaces[0], match: { ifname: "ens5" } }] };
    const { code, stdout } = await multihome([...argv, "--network-file", "70-@.network"], {
      cwd: dir,
      stdin: JSON.stringify(host),
    });
    expect([code, stdout]).toEqual([
      0,
      "root/etc/sysctl.d/50-multihome.conf\nroot/etc/systemd/network/70-ens5.network.d/50-multihome.conf\n",
    ]);
    const refused = await multihome(argv, {
      cwd: dir,
      stdin: JSON.stringify({ ...HOST, policy: { hostModel: "strong" } }),
    });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^multihome: systemd-networkd: 2 problems\n {2}- policy\.hostModel: .*\n {2}- interfaces: interface front .*\n$/,
    );
  });

  test("--to frr writes the host's configuration and the routers', and is refused without an identity", async () => {
    const argv = ["render", "-", "--to", "frr", "--out", "frr"];
    const identity = { addresses: ["192.0.2.1/32"], protocol: "ospf", stubArea: "0.0.0.7" };
    const { code, stdout, stderr } = await multihome(argv, {
      cwd: dir,
      stdin: JSON.stringify({ ...HOST, policy: { identity } }),
    });
    expect([code, stdout, stderr]).toEqual([0, "frr/edge-1.frr.conf\nfrr/edge-1.routers.conf\n", ""]);
    expect(fs.readFileSync(path.join(dir, "frr/edge-1.routers.conf"), "utf8")).toContain(
      " ip ospf area 0.0.0.7\n",
    );
    const refused = await multihome(argv, { cwd: dir, stdin: json });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^multihome: FRR: 1 problem\n {2}- policy\.identity: there is none/);
  });

  test("an identity without a stub area is warned of, as its IPv4 default route outlives a link", async () => {
    const plan = async (identity: object): Promise<string> => {
      const policy = { identity: { addresses: ["192.0.2.1/32"], protocol: "ospf", ...identity } };
      return (await multihome(["plan", "-"], { stdin: JSON.stringify({ ...HOST, policy }) })).stderr;
    };
    expect(await plan({})).toMatch(/policy\.identity\.stubArea: .*a second longer.*"stubArea"/);
    expect(await plan({ stubArea: "7" })).toBe("");
    expect(await plan({ bfd: false })).toBe("");
    expect(await plan({ addresses: ["2001:db8::1/128"] })).not.toContain("stubArea: FRR");
  });

  test.each([
    [["--to", "networkd", "--identity", "i-0"], "--identity is for --to iproute2"],
    [["--to", "iproute2", "--network-file", "@.network"], "--network-file is for --to networkd"],
    [["--to", "iproute2", "--force"], "--force is for --out"],
    [["--to", "iproute2", "--out", ""], '--out: got "". Give a name, or leave it out for standard output'],
  ])("an option that the format does not know is refused: %j", async (argv, message) => {
    expect(await multihome(["render", "h.json", ...argv], { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: `multihome: ${message}\n`,
    });
  });

  test("--out of several files writes none when one is in the way, and names all that are", async () => {
    const argv = ["render", "h.json", "--to", "systemd", "--out", "root"];
    const [first, second, ...others] = persistenceFiles().map(({ path: name }) => path.join("root", name));
    const spoil = (name: string): void => {
      fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      fs.writeFileSync(path.join(dir, name), "mine");
    };
    const last = others[others.length - 1];
    spoil(last);
    expect(await multihome(argv, { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: `multihome: ${last} is there already and differs; use --force to replace it\n`,
    });
    expect(fs.existsSync(path.join(dir, first))).toBe(false);
    spoil(second);
    expect((await multihome(argv, { cwd: dir })).stderr).toBe(
      `multihome: ${second}, ${last} are there already and differ; use --force to replace them\n`,
    );
    expect((await multihome([...argv, "--force"], { cwd: dir })).code).toBe(0);
    expect(fs.readFileSync(path.join(dir, last), "utf8")).not.toBe("mine");
  });

  test("--out leaves alone a file that is right already", async () => {
    await multihome(out, { cwd: dir });
    const before = fs.statSync(target());
    expect((await multihome(out, { cwd: dir })).code).toBe(0);
    expect(fs.statSync(target()).ino).toBe(before.ino);
  });

  test("--out refuses to replace a file that differs, unless --force is given", async () => {
    fs.mkdirSync(path.dirname(target()), { recursive: true });
    fs.writeFileSync(target(), "mine", { mode: 0o644 });
    expect(await multihome(out, { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: "multihome: sub/out/edge-1.sh is there already and differs; use --force to replace it\n",
    });
    expect(fs.readFileSync(target(), "utf8")).toBe("mine");
    expect((await multihome([...out, "--force"], { cwd: dir })).code).toBe(0);
    expect(fs.readFileSync(target(), "utf8")).toBe(PROGRAM);
    expect(fs.statSync(target()).mode & 0o7777).toBe(0o700);
  });

  test("--out writes where a link leads, and leaves the link", async () => {
    fs.mkdirSync(path.dirname(target()), { recursive: true });
    fs.writeFileSync(path.join(dir, "elsewhere.sh"), "mine");
    fs.symlinkSync(path.join(dir, "elsewhere.sh"), target());
    expect((await multihome([...out, "--force"], { cwd: dir })).code).toBe(0);
    expect(fs.lstatSync(target()).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(path.join(dir, "elsewhere.sh"), "utf8")).toBe(PROGRAM);
  });

  test.each([
    [
      "a directory that is a file",
      () => fs.writeFileSync(path.join(dir, "sub"), ""),
      "a part of the path is not a directory",
    ],
    ["a target that is a directory", () => fs.mkdirSync(target(), { recursive: true }), "it is a directory"],
    [
      "a target that is a ring of links",
      () => {
        fs.mkdirSync(path.dirname(target()), { recursive: true });
        fs.symlinkSync("edge-1.sh", target());
      },
      "too many symbolic links",
    ],
    [
      "a target that is a device",
      () => {
        fs.mkdirSync(path.dirname(target()), { recursive: true });
        fs.symlinkSync("/dev/null", target());
      },
      "it is no regular file; leave --out out, and direct standard output there",
    ],
  ])("--out tells of %s plainly, and leaves nothing behind", async (_what, spoil, reason) => {
    spoil();
    const before = fs.readdirSync(dir, { recursive: true });
    expect(await multihome([...out, "--force"], { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: `multihome: cannot write sub/out/edge-1.sh: ${reason}\n`,
    });
    expect(fs.readdirSync(dir, { recursive: true })).toEqual(before);
  });

  test("--out writes nothing for a bad host", async () => {
    expect(
      (await multihome([...out.slice(0, 1), "-", ...out.slice(2)], { cwd: dir, stdin: "{}" })).code,
    ).toBe(2);
    expect(fs.readdirSync(dir)).toEqual(["h.json"]);
  });
});

describe("reading", () => {
  const stderrOf = async (argv: string[], stdin?: string | Uint8Array): Promise<string> => {
    const { code, stdout, stderr } = await multihome(argv, { cwd: dir, stdin });
    expect([code, stdout]).toEqual([2, ""]);
    return stderr;
  };

  test("a file that is not there, a directory, and a path through a file are told plainly", async () => {
    expect(await stderrOf(["plan", "none.json"])).toBe(
      "multihome: cannot read none.json: there is no such file or directory\n",
    );
    expect(await stderrOf(["plan", "."])).toBe("multihome: cannot read .: it is a directory\n");
    expect(await stderrOf(["plan", "h.json/x"])).toBe(
      "multihome: cannot read h.json/x: a part of the path is not a directory\n",
    );
    expect(await stderrOf(["plan", ""])).toBe(
      'multihome: got "" for the name of a file. Give its name, or - for standard input\n',
    );
    expect(await stderrOf(["plan", "x".repeat(300)])).toMatch(/: the name is too long\n$/);
    expect(await stderrOf(["plan", "\u001b[2J\u202e"])).toBe(
      "multihome: cannot read \\u001b[2J\\u202e: there is no such file or directory\n",
    );
  });

  test("what is no JSON is told with its place", async () => {
    fs.writeFileSync(path.join(dir, "cut.json"), json.slice(0, 40));
    expect(await stderrOf(["plan", "cut.json"])).toBe(
      "multihome: cut.json: line 1, column 41: the text ends too early. Give all of it; it may have been cut off.\n",
    );
    expect(await stderrOf(["plan", "-"], Buffer.from(json, "utf16le"))).toBe(
      "multihome: standard input: line 1, column 1: the text is UTF-16 or UTF-32. Save it as UTF-8 without a byte order mark.\n",
    );
    expect(await stderrOf(["plan", "-"], "")).toBe(
      "multihome: standard input: line 1, column 1: the text is empty. Give JSON.\n",
    );
  });

  const FLEET = { name: "web", interfaces: [{ name: "front", deviceIndex: 0 }] };
  const plan = planHost(HOST);
  test.each<[string, string[], unknown, RegExp]>([
    ["a fleet for a host", ["plan", "-"], FLEET, /it holds a fleet, .* "render --to fleet" .* "addresses"$/],
    ["a list for a host", ["prove", "-"], [HOST], /it holds a list\. Give one host a file: /],
    ["a plan for a host", ["draw", "-"], plan, /it holds a plan, .* Give the host that it was made from$/],
    [
      "a diagnosis for a host",
      ["plan", "-"],
      { findings: [], followed: 1 },
      /"doctor --json" says\. .*spec$/,
    ],
    ["a host for a fleet", ["render", "-", "--to", "fleet"], HOST, /it holds a host, .* --to cloud-init; /],
    [
      "a list for a fleet",
      ["render", "-", "--to", "fleet"],
      [FLEET],
      /it holds a list\. Give one fleet a file: /,
    ],
  ])("%s is told by what it is, and not by its fields", async (_what, argv, value, message) => {
    const told = await stderrOf(argv, JSON.stringify(value));
    expect(told).toMatch(/^multihome: standard input: it holds [^\n]+\n$/);
    expect(told.trim()).toMatch(message);
  });

  test("a host with a field of a fleet too many is told by its fields", async () => {
    const [front] = HOST.interfaces;
    const mixed = JSON.stringify({ ...HOST, interfaces: [{ ...front, deviceIndex: 0 }] });
    expect(await stderrOf(["plan", "-"], mixed)).toContain("interfaces[0].deviceIndex: unknown field");
    expect(await stderrOf(["render", "-", "--to", "fleet"], mixed)).toContain(
      "interfaces[0].addresses: unknown",
    );
  });

  test("stops at 8 MiB, which still are read", async () => {
    const most = 8 * 2 ** 20;
    expect((await multihome(["plan", "-"], { stdin: json.padEnd(most) })).code).toBe(0);
    expect(await stderrOf(["plan", "-"], json.padEnd(most + 1))).toBe(
      "multihome: cannot read standard input: it is larger than 8 MiB\n",
    );
    expect(await stderrOf(["plan", "/dev/zero"])).toBe(
      "multihome: cannot read /dev/zero: it is larger than 8 MiB\n",
    );
  });
});

describe("usage", () => {
  test("--version prints the package's version", async () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    expect(await multihome(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("--help of the command and of each verb shows options and examples, and exits 0", async () => {
    for (const argv of [[], ["plan"], ["render"], ["prove"], ["explain"], ["doctor"], ["draw"]]) {
      const { code, stdout, stderr } = await multihome([...argv, "--help"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(new RegExp(`^Usage: multihome ${argv.join("")}`));
      expect(stdout).toMatch(/\nExamples:\n {2}multihome /);
      // Commander does not wrap what is written after its own help.
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    }
  });

  test.each([
    [["plna", "h.json"], "multihome: unknown command 'plna'\n(Did you mean plan?)"],
    [["plan"], "multihome: missing required argument 'HOST.json'"],
    [["plan", "a", "b"], "multihome: too many arguments for 'plan'. Expected 1 argument but got 2."],
    [["plan", "--jsn", "a"], "multihome: unknown option '--jsn'\n(Did you mean --json?)"],
    [["render", "h.json"], "multihome: required option '--to <FORMAT>' not specified"],
    [
      ["render", "h.json", "--to", "nftables"],
      "multihome: option '--to <FORMAT>' argument 'nftables' is invalid. Allowed choices are iproute2, systemd, openrc, networkd, frr, cloud-init, fleet.",
    ],
    [["render", "h.json", "--to", "iproute2", "--out"], "multihome: option '--out <DIR>' argument missing"],
    [["help"], "multihome: unknown command 'help'"],
    [["\u001b]0;x\u0007"], "multihome: unknown command '\\u001b]0;x\\u0007'"],
  ])("%j is told plainly, with exit 2 and nothing on standard output", async (argv, message) => {
    expect(await multihome(argv, { cwd: dir })).toEqual({
      code: 2,
      stdout: "",
      stderr: `${message}\n(--help tells what there is)\n`,
    });
  });

  test("no verb at all prints the help on standard error, and exits 2", async () => {
    const { code, stdout, stderr } = await multihome([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^Usage: multihome /);
  });
});

test("whatever the host, the exit is 0 with output alone, or 2 with a message alone", async () => {
  await fc.assert(
    fc.asyncProperty(damaged(fc.jsonValue()), async (value) => {
      const { code, stdout, stderr } = await multihome(["render", "-", "--to", "iproute2"], {
        stdin: JSON.stringify(value),
      });
      expect(code === 0 ? stderr : stdout).toBe("");
      expect(code === 0 ? stdout : stderr).not.toBe("");
      expect([0, 2]).toContain(code);
    }),
    { numRuns: 150 },
  );
});

describe("writing", () => {
  const failing = (code: string) => async (): Promise<void> => {
    throw Object.assign(new Error(`${code}: x, write`), { code, syscall: "write" });
  };

  test("to a reader that has gone is quiet, and exits 2", async () => {
    expect(await multihome(["plan", "h.json"], { cwd: dir, stdout: failing("EPIPE") })).toEqual({
      code: 2,
      stdout: "",
      stderr: "",
    });
    expect(await multihome(["--help"], { stdout: failing("EPIPE") })).toEqual({
      code: 2,
      stdout: "",
      stderr: "",
    });
  });

  test("to a full device is told", async () => {
    expect(await multihome(["plan", "h.json"], { cwd: dir, stdout: failing("ENOSPC") })).toEqual({
      code: 2,
      stdout: "",
      stderr: "multihome: cannot write: no space is left on the device\n",
    });
  });

  test("a defect of ours is called one, with its trace, and exits 70", async () => {
    const broken = async (): Promise<void> => {
      throw new TypeError("x is not a function");
    };
    const { code, stdout, stderr } = await multihome(["plan", "h.json"], { cwd: dir, stdout: broken });
    expect([code, stdout]).toEqual([70, ""]);
    expect(stderr).toMatch(
      /^multihome: this is a defect of multihome, please report it\nTypeError: x is not a function\n {4}at /,
    );
  });
});

describe("the command as the shell starts it", () => {
  test("reads, prints and exits", () => {
    expect(execFileSync(BIN, ["plan", "-"], { input: json, encoding: "utf8" })).toContain("10.0.1.10");
    const bad = spawnSync(BIN, ["plan", "none.json"], { cwd: dir, encoding: "utf8" });
    expect([bad.status, bad.stdout, bad.stderr]).toEqual([
      2,
      "",
      "multihome: cannot read none.json: there is no such file or directory\n",
    ]);
  });

  test("says so in a checkout whose packages are not installed", () => {
    const checkout = path.join(dir, "checkout");
    for (const name of ["bin/multihome.js", "scripts/build.js"]) {
      fs.mkdirSync(path.dirname(path.join(checkout, name)), { recursive: true });
      fs.copyFileSync(path.join(__dirname, "..", "..", name), path.join(checkout, name));
    }
    const argv = [path.join(checkout, "bin", "multihome.js"), "plan", "h.json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: dir, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([
      2,
      "",
      `multihome: its packages are not installed; run: npm --prefix ${checkout} ci\n`,
    ]);
  });

  test("says so in a directory that was removed", () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "${BIN}" plan ../h.json`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { cwd: dir, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([
      2,
      "",
      "multihome: the current directory is not there any more; change to another\n",
    ]);
  });

  test("ends where no directory can be made", () => {
    const argv = ["render", "h.json", "--to", "iproute2", "--out", "/proc/multihome/out"];
    const { status, stdout, stderr } = spawnSync(BIN, argv, { cwd: dir, encoding: "utf8", timeout: 60_000 });
    expect([status, stdout, stderr]).toEqual([
      2,
      "",
      "multihome: cannot write /proc/multihome/out/edge-1.sh: there is no such file or directory\n",
    ]);
  });

  test("tells what a live host that cannot be read has to say, each thing once", () => {
    const bin = path.join(dir, "bin");
    fs.mkdirSync(bin);
    fs.symlinkSync("/bin/sh", path.join(bin, "sh"));
    const env = { ...process.env, PATH: bin };
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, "doctor"], {
      env,
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^multihome: this host: the verdict is unknown, since the capture is not whole:\n/,
    );
    expect(stderr.match(/\bip: (command )?not found/g)).toHaveLength(1);
    expect(stderr).not.toContain("Take it again");
  });

  test("ends quietly when its reader goes away in the middle", async () => {
    const interfaces = Array.from({ length: 100 }, (_, i) => ({
      name: `n${i}`,
      addresses: Array.from({ length: 200 }, (_v, k) => `10.${i}.0.${k + 2}/24`),
    }));
    fs.writeFileSync(path.join(dir, "big.json"), JSON.stringify({ name: "big", interfaces }));
    const child = spawn(BIN, ["plan", "big.json", "--json"], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => void (stderr += data.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, stderr]).toEqual([2, ""]);
  });

  test("writes to a full device fail with a plain message", () => {
    const { status, stderr } = spawnSync("sh", ["-c", `exec "${BIN}" plan h.json > /dev/full`], {
      cwd: dir,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, "multihome: cannot write: no space is left on the device\n"]);
  });
});
