import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { programBody } from "../../lib/render/program";
import { Namespace, Namespaces, Outcome, describeOnKernel, dump, privileged, sleep } from "./support/netns";
import { ProgramHost, program, shells, skipMissingShells } from "./support/program";

const SUPPORT = path.join(__dirname, "support");
const CLIENT = { 4: "203.0.113.5", 6: "fd00:f::5" };

/** By these gateways. The peer has 1 and 2, and nobody has 9. */
const spec = (last: number): HostSpec => ({
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "fd00:a::10/64"],
      gateways: [`10.1.0.${last}`, `fd00:a::${last}`],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "fd00:b::10/64", ...(last === 1 ? [] : ["10.2.0.12/24"])],
      gateways: [`10.2.0.${last}`, `fd00:b::${last}`],
    },
  ],
});

/** Milliseconds after which a rollback that is due must be done. */
const SOON = 5000;

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

/** A host with two links to a peer that answers from an address behind both. */
class Lab {
  readonly namespaces: Namespaces;
  readonly ns: Namespace;
  readonly peer: Namespace;
  readonly host: ProgramHost;

  constructor(prefix: string) {
    this.namespaces = new Namespaces(prefix);
    [this.ns, this.peer] = [this.namespaces.create("host"), this.namespaces.create("peer")];
    this.host = new ProgramHost(this.ns);
    const { ns, peer } = this;
    for (const [i, letter] of ["a", "b"].entries()) {
      this.namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
      for (const last of [1, 2]) {
        peer.ip(`addr add 10.${i + 1}.0.${last}/24 dev eth${i}`);
        peer.ip(`addr add fd00:${letter}::${last}/64 dev eth${i}`);
      }
      ns.ip(`route add default via 10.${i + 1}.0.1 metric ${i + 1}`);
      ns.ip(`-6 route add default via fd00:${letter}::1 dev eth${i} metric ${i + 1}`);
    }
    peer.ip(`addr add ${CLIENT[4]}/32 dev lo`);
    peer.ip(`addr add ${CLIENT[6]}/128 dev lo`);
    for (const n of [ns, peer]) n.steady();
  }

  async destroy(): Promise<void> {
    await this.namespaces.destroy();
    this.host.destroy();
  }

  /** Leaves it pending; its id. */
  pend(text: string, seconds = 3600): string {
    const said = this.host.run(text, "apply", "--confirm-within", String(seconds), "--json");
    const { pending, id } = JSON.parse(said.stdout);
    expect([said.stderr.replace(/^.*was rolled back: .*\n/, ""), pending]).toEqual(["", true]);
    return id;
  }

  /** Process ids of those who watch. */
  watchers(): number[] {
    return fs
      .readdirSync(this.host.runDir)
      .flatMap((name) => (/^watch\.(\d+)\./.exec(name) ?? []).slice(1).map(Number));
  }

  /** Whether somebody watches over a change, or comes to do so within a second. */
  async watched(): Promise<boolean> {
    for (let i = 0; i < 50 && fs.existsSync(path.join(this.host.runDir, "change")); i++) {
      if (this.watchers().length > 0) return true;
      await sleep(20);
    }
    return false;
  }

  /** Milliseconds until nothing is pending any more. */
  async over(patience: number): Promise<number> {
    const began = Date.now();
    while (fs.existsSync(path.join(this.host.runDir, "change"))) {
      if (Date.now() - began > patience) throw new Error(`it is pending still, after ${patience} ms`);
      await sleep(20);
    }
    return Date.now() - began;
  }
}

skipMissingShells();

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "a change that waits to be confirmed, in $name",
  (shell) => {
    const [one, two] = [program(spec(1)), program(spec(2))];
    let lab: Lab;
    let host: ProgramHost;
    let before: string;

    beforeAll(() => {
      lab = new Lab("prgtrans");
      host = lab.host;
      host.shell = shell;
      host.ok(one, "apply");
      before = dump(lab.ns);
    });
    afterAll(() => lab?.destroy());

    const refused = (outcome: Outcome, status: number, message: RegExp): void => {
      expect(outcome).toMatchObject({ status, stdout: "" });
      expect(outcome.stderr).toMatch(message);
    };
    /** Where a test before has failed, the next starts from the same. */
    const reset = (): void => {
      const waits = host.run(one, "rollback").status === 0;
      if (waits || host.run(one, "verify").status !== 0) host.run(one, "apply");
    };
    const reason = (): string => JSON.parse(host.ok(one, "status", "--json")).rolledBack?.reason;

    beforeEach(reset);

    test("is in force, and told by every command; nothing else may be changed", () => {
      const id = lab.pend(two);
      expect(lab.watchers()).toHaveLength(2);
      host.ok(two, "verify");
      const status = JSON.parse(host.ok(two, "status", "--json"));
      expect(status).toMatchObject({
        applied: true,
        generation: 1,
        drift: null,
        pending: { id, generation: 1 },
      });
      expect(status.pending.secondsLeft).toBeGreaterThan(3500);
      expect(host.ok(one, "status")).toMatch(
        new RegExp(`^pending: ${id}, of digest .{64}, 3\\d\\d\\d s left$`, "m"),
      );
      for (const [text, ...args] of [
        [one, "apply"],
        [two, "apply"],
        [two, "apply", "--confirm-within", "60"],
        [one, "remove"],
      ]) {
        refused(
          host.run(text, ...args),
          75,
          new RegExp(`change ${id} waits to be confirmed, for 3\\d\\d\\d s more`),
        );
      }
      refused(host.run(one, "confirm", "00000000"), 1, new RegExp(`it is change ${id} that waits`));
      refused(host.run(one, "rollback", "00000000"), 1, new RegExp(`it is change ${id} that waits`));
    });

    test("is committed by confirm, of any program; again it says so; and nobody watches any more", async () => {
      const id = lab.pend(two);
      const watchers = lab.watchers();
      expect(host.ok(one, "confirm", id)).toBe(`confirmed ${id}\n`);
      expect(host.ok(one, "confirm", id)).toBe(`confirmed already ${id}\n`);
      expect(host.ok(one, "confirm")).toBe(`confirmed already ${id}\n`);
      expect(JSON.parse(host.ok(two, "confirm", id, "--json"))).toMatchObject({ ok: true, generation: 1 });
      refused(
        host.run(one, "confirm", "00000000"),
        1,
        /no change 00000000 is pending\. In force is generation 1/,
      );
      refused(host.run(one, "rollback"), 1, /no change is pending.*To get back to an earlier plan apply it/);
      expect(fs.readdirSync(host.runDir)).toEqual([]);
      // They look every second.
      for (const began = Date.now(); watchers.some(runs) && Date.now() - began < SOON;) await sleep(50);
      expect(watchers.filter(runs)).toEqual([]);
      // The plan that is in force already needs no confirmation.
      expect(JSON.parse(host.ok(two, "apply", "--confirm-within", "60", "--json"))).toMatchObject({
        pending: false,
        id,
      });
      expect(host.ok(two, "apply", "--confirm-within", "60")).toBe("");
      host.ok(one, "apply");
      expect(dump(lab.ns)).toBe(before);
    });

    test("is known by its id, also by one that awk could take for a number", () => {
      const files = ["committed", "observed"].map((name) => path.join(host.stateDir, name));
      const texts = files.map((file) => fs.readFileSync(file, "utf8"));
      const { id } = JSON.parse(host.ok(one, "status", "--json"));
      // Too great for any awk: two such are not the same for some, and one is not the same as itself for busybox.
      const say = (i: number, other: string): void => fs.writeFileSync(files[i], texts[i].replace(id, other));
      say(0, "88e23874");
      say(1, "88e23874");
      host.ok(one, "apply");
      expect(JSON.parse(host.ok(one, "status", "--json"))).toMatchObject({ id: "88e23874", drift: false });
      say(1, "11e11111");
      expect(JSON.parse(host.ok(one, "status", "--json"))).toMatchObject({ drift: true });
      files.forEach((_, i) => say(i, id));
      expect(dump(lab.ns)).toBe(before);
    });

    test("is rolled back at the deadline, exactly to what was before, and everybody says why", async () => {
      const id = lab.pend(two, 5);
      const took = await lab.over(5000 + SOON);
      expect(took).toBeGreaterThan(3000);
      expect(dump(lab.ns)).toBe(before);
      const why = "it was not confirmed within 5 s";
      expect(reason()).toBe(why);
      expect(host.ok(one, "status")).toContain(`\nrolled back: ${id}, since ${why}\n`);
      for (const args of [["confirm"], ["confirm", id]])
        refused(
          host.run(two, ...args),
          1,
          new RegExp(`change ${id} cannot be confirmed .*: ${why}\\. In force is generation`),
        );
      host.ok(one, "verify");
      // Nothing to do for the plan that is in force.
      host.ok(one, "apply");
      const { status, stderr } = host.run(two, "apply");
      expect([status, stderr]).toEqual([0, `multihome: the last change, ${id}, was rolled back: ${why}\n`]);
      host.ok(one, "apply");
    });

    test("is rolled back by command, and again says so", () => {
      const id = lab.pend(two);
      expect(host.ok(one, "rollback")).toBe(`rolled back ${id}\n`);
      expect(dump(lab.ns)).toBe(before);
      expect(host.ok(one, "rollback", id)).toBe(`rolled back ${id}\n`);
      expect(reason()).toBe("by command");
    });

    test.each([
      [0, "SIGKILL"],
      [1, "SIGKILL"],
      [0, "SIGTERM"],
    ] as const)("is rolled back when watcher %i gets %s", async (which, signal) => {
      lab.pend(two);
      process.kill(lab.watchers()[which], signal);
      await lab.over(SOON);
      expect(dump(lab.ns)).toBe(before);
      expect(reason()).toBe("a process that watched over it was killed");
    });

    test("is rolled back by the next command when all who watched are killed; verify fails until then", () => {
      for (const next of ["apply", "confirm", "rollback"]) {
        lab.pend(two);
        for (const pid of lab.watchers()) process.kill(pid, "SIGKILL");
        const { status, stdout } = host.run(two, "verify");
        expect([status, stdout]).toEqual([
          1,
          expect.stringMatching(/^change .{8} is in force and must not be/),
        ]);
        expect(host.run(one, next).status).toBe(next === "confirm" ? 1 : 0);
        expect(dump(lab.ns)).toBe(before);
      }
    });

    test("is rolled back when its record is deleted", async () => {
      lab.pend(two);
      const watchers = lab.watchers();
      fs.rmSync(host.runDir, { recursive: true });
      for (let i = 0; i < 100 && watchers.some((pid) => fs.existsSync(`/proc/${pid}`)); i++) await sleep(100);
      host.ok(one, "verify");
      // What was changed besides rules and routes was in the record: the next apply finds it.
      expect(lab.ns.ip("addr show dev eth1")).toContain("10.2.0.12");
      expect(host.run(one, "apply").status).toBe(0);
      expect(lab.ns.ip("addr show dev eth1")).not.toContain("10.2.0.12");
      host.ok(one, "remove");
      host.ok(one, "apply");
      expect(dump(lab.ns)).toBe(before);
    });

    test("whose record is damaged, or of another version, is refused by every command, and goes by itself", async () => {
      for (const text of [
        "",
        "change 2 whatever",
        "change 1 zz 1 0 0 aa 60 99 b",
        "change 1 00000000 7 0 0 aa 60 99 b",
      ]) {
        lab.pend(two);
        // Who watches would be quicker than all these commands.
        const watchers = lab.watchers();
        for (const pid of watchers) process.kill(pid, "SIGSTOP");
        fs.writeFileSync(path.join(host.runDir, "change"), `${text}\n`);
        for (const verb of ["apply", "confirm", "rollback", "remove", "verify"])
          refused(
            host.run(two, verb),
            1,
            /change is damaged or of another version\. In force is generation .*Delete/,
          );
        for (const pid of watchers) process.kill(pid, "SIGCONT");
        await lab.over(SOON);
        expect(reason()).toBe("its record was deleted");
        expect(dump(lab.ns)).toBe(before);
      }
    });

    test("a state that is damaged is refused, and what is in force stays", () => {
      const file = path.join(host.stateDir, "committed");
      const text = fs.readFileSync(file, "utf8");
      fs.writeFileSync(file, "generation 5\n");
      for (const verb of ["apply", "confirm", "rollback", "status"])
        refused(host.run(one, verb), 1, /committed is damaged/);
      expect(dump(lab.ns)).toBe(before);
      fs.writeFileSync(file, text);
      host.ok(one, "verify");
    });

    test("the first of all, rolled back, leaves nothing; nor does a removal after any of this", () => {
      host.ok(one, "remove");
      const pristine = dump(lab.ns);
      expect(fs.readdirSync(host.dir).filter((name) => name !== "program")).toEqual([]);
      lab.pend(one);
      host.ok(one, "rollback");
      expect(dump(lab.ns)).toBe(pristine);
      expect(fs.existsSync(host.stateDir)).toBe(false);
      host.ok(one, "remove");
      expect(fs.readdirSync(host.dir).filter((name) => name !== "program")).toEqual([]);
      host.ok(one, "apply");
    });
  },
);

describeOnKernel("an operator who comes by what is changed", () => {
  const [good, wrong] = [program(spec(1)), program(spec(9))];
  let lab: Lab;

  beforeEach(() => {
    lab = new Lab("prgoper");
    lab.host.ok(good, "apply");
  });
  afterEach(() => lab?.destroy());

  /** Runs a program in a session from the peer; what the operator sees. */
  async function session(text: string, ...args: string[]): Promise<{ seen: string; took: number }> {
    const { ns, peer, host } = lab;
    const file = path.join(host.dir, "sent");
    fs.writeFileSync(file, text);
    const node = [process.execPath, path.join(SUPPORT, "session.cjs")];
    const server = ns.start([...node, "serve", "10.1.0.10", "2222"], { env: host.environment() });
    await server.until((out) => out.includes("ready"));
    const began = Date.now();
    const client = peer.start([...node, "call", CLIENT[4], "10.1.0.10", "2222", "dash", file, ...args]);
    await client.until((out) => /^(exit|lost)/m.test(out), 60_000);
    await Promise.all([server.stop("SIGKILL"), client.stop("SIGKILL")]);
    return { seen: client.stdout, took: Date.now() - began };
  }

  test("commits what carries the session: something said after the change is acknowledged", async () => {
    const { seen } = await session(program(spec(2)), "apply");
    expect(seen).toMatch(/now they must carry this session\nexit 0\n$/);
    lab.host.ok(program(spec(2)), "verify");
  });

  test("gets the old rules back when a wrong gateway cuts the session off, and reads why", async () => {
    const before = dump(lab.ns);
    const { seen, took } = await session(wrong, "apply");
    expect(seen).toMatch(
      /now they must carry this session\nmultihome: this session, from 203\.0\.113\.5, is answered no longer\nexit 1\n$/,
    );
    expect(dump(lab.ns)).toBe(before);
    process.stderr.write(`a wrong gateway, found by the session itself: whole again after ${took} ms\n`);
  });

  test("who has gone meanwhile leaves the old rules or the new ones", async () => {
    const { ns, peer, host } = lab;
    const file = path.join(host.dir, "sent");
    fs.writeFileSync(file, program(spec(2)));
    const node = [process.execPath, path.join(SUPPORT, "session.cjs")];
    for (const delay of [50, 150, 300, 600]) {
      const server = ns.start([...node, "serve", "10.1.0.10", "2222"], { env: host.environment() });
      await server.until((out) => out.includes("ready"));
      const client = peer.start([...node, "call", CLIENT[4], "10.1.0.10", "2222", "dash", file, "apply"]);
      await sleep(delay);
      // The whole session: sshd, its shell, and the program.
      await Promise.all([server.stop("SIGKILL"), client.stop("SIGKILL")]);
      // Who was killed before anybody watched has not touched the host, and the next command clears up.
      if (await lab.watched()) await lab.over(3 * SOON);
      const states = [good, program(spec(2))].map((text) => host.run(text, "verify").status);
      expect([delay, states]).toEqual([delay, expect.arrayContaining([0])]);
    }
  });

  test("at the console, who did not notice that a gateway is wrong: packets come again 5 s after the deadline at the latest", async () => {
    const { ns, peer, host } = lab;
    const udp = path.join(SUPPORT, "udp.js");
    const server = ns.start(["node", udp, "serve"]);
    await server.until((out) => out.includes("ready"));
    const answered = (): boolean =>
      peer.run(["ping", "-n", "-q", "-c", "1", "-W", "1", "-I", CLIENT[4], "10.1.0.10"]).status === 0;
    peer.ip("route replace default via 10.1.0.10");
    expect(answered()).toBe(true);
    const seconds = 6;
    lab.pend(wrong, seconds);
    const deadline = Date.now() + 1000 * seconds;
    expect(answered()).toBe(false);
    while (!answered()) expect(Date.now() - deadline).toBeLessThan(SOON);
    process.stderr.write(`locked out until ${Date.now() - deadline} ms after the deadline\n`);
    await lab.over(SOON);
    host.ok(good, "verify");
  });
});

test("nothing in the program reads the wall clock", () => {
  expect(/\b(date|EPOCHSECONDS|RANDOM|strftime|systime|srand)\b/.exec(programBody())).toBeNull();
  expect(programBody()).toContain("/proc/uptime");
});

/** Whether a process has not ended; one that has may stay for a while, until its parent takes note. */
function runs(pid: number | string): boolean {
  try {
    return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
