import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { Agent } from "./agent";
import { Background, Namespace, Namespaces, describeOnKernel, dump, monitor, settle, sleep } from "./netns";

describeOnKernel("namespaces for tests", () => {
  const namespaces = new Namespaces("prgns");
  let host: Namespace;
  beforeAll(() => {
    host = namespaces.create("h");
    namespaces.connect([host, "eth0", "02:00:00:00:00:01"], [namespaces.create("p"), "eth0"]);
  });
  afterAll(() => namespaces.destroy());

  test("a dump is the same when nothing has changed, and differs after any change we could make", () => {
    const before = dump(host);
    expect(dump(host)).toBe(before);
    const changes: [string, () => void, () => void][] = [
      ["rule", () => host.ip("rule add pref 9 nop"), () => host.ip("rule del pref 9")],
      ["rule 6", () => host.ip("-6 rule add pref 9 nop"), () => host.ip("-6 rule del pref 9")],
      ["route", () => host.ip("route add unreachable default table 9"), () => host.ip("route flush table 9")],
      ["group", () => host.ip("link set eth0 group 9"), () => host.ip("link set eth0 group 0")],
      ["address", () => host.ip("addr add 10.0.0.1/32 dev lo"), () => host.ip("addr del 10.0.0.1/32 dev lo")],
      [
        "sysctl",
        () => host.sysctl("net/ipv4/conf/eth0/arp_ignore", "1"),
        () => host.sysctl("net/ipv4/conf/eth0/arp_ignore", "0"),
      ],
    ];
    for (const [what, make, undo] of changes) {
      make();
      expect([what, dump(host) === before]).toEqual([what, false]);
      undo();
      expect([what, dump(host) === before]).toEqual([what, true]);
    }
  });

  test("a dump waits for what the kernel has yet to do about an address: its route in table local", async () => {
    const LOCAL = "local fd00:77::1 dev eth0 table local";
    host.ip("addr add fd00:77::1/64 dev eth0 nodad");
    host.steady();
    // As while the kernel has more to do.
    host.ip(`-6 route del ${LOCAL}`);
    const kernel = host.start(["sh", "-c", `echo ready; sleep 0.5; ip -6 route add ${LOCAL}`]);
    await kernel.until((out) => out.includes("ready"));
    expect(dump(host)).toContain(" fd00:77::1 dev eth0 table 255 ");
    await kernel.end();
    host.ip("addr del fd00:77::1/64 dev eth0");
  });

  test("what a killed run has left goes with the next of its name, its processes too; a run that lives is left alone", async () => {
    const WAIT = ["sh", "-c", "echo ready; exec sleep 1000"];
    const living = new Namespaces("prgold");
    const dead = new Namespace(`prgold-${spawnSync("true").pid}-h`);
    try {
      const own = living.create("h").start(WAIT);
      spawnSync("ip", ["netns", "add", dead.name]);
      const orphan = dead.start(WAIT);
      for (const one of [own, orphan]) await one.until((out) => out.includes("ready"));
      new Namespaces("prgold");
      for (let i = 0; i < 1000 && orphan.child.signalCode === null; i++) await sleep(10);
      expect([orphan.child.signalCode, own.child.signalCode]).toEqual(["SIGKILL", null]);
      expect([fs.existsSync(dead.path), own.child.exitCode]).toEqual([false, null]);
    } finally {
      await living.destroy();
      await dead.destroy();
    }
  });

  test("a program that has ended is stopped with what it has started, and no other that has its number by then", async () => {
    const living = host.start(["sleep", "1000"]);
    const ended = host.start(["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]);
    const left = (await ended.end()).stdout.trim();
    const runs = () =>
      /^[^ZX]/.test(spawnSync("ps", ["-o", "stat=", "-p", left], { encoding: "utf8" }).stdout);
    expect(runs()).toBe(true);
    await ended.stop("SIGKILL");
    for (let i = 0; i < 500 && runs(); i++) await sleep(10);
    expect(runs()).toBe(false);

    Object.defineProperty(ended.child, "pid", { value: living.child.pid });
    await ended.stop("SIGKILL");
    await sleep(100);
    expect(living.child.signalCode).toBeNull();
  });

  test("an agent that has ended says so, whatever it is asked afterwards", async () => {
    const agent = new Agent(host);
    await agent.stop();
    expect(await agent.run(["true"], 1000)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^agent ended, SIGKILL: /),
    });
  });

  test("a monitor is silent when nothing changes, and reports a rule", async () => {
    const watcher = await monitor(host);
    await settle(watcher);
    expect(watcher.stdout).toBe("");
    host.ip("rule add pref 9 nop");
    await watcher.until((text) => text.includes("nop"));
    await watcher.stop();
    host.ip("rule del pref 9");
  });

  test("a monitor that is late is waited for, at its start and when it settles", async () => {
    const late = `const flush = () => { process.stdout.write(all); all = ""; }
      let all = ""; setInterval(flush, 400); process.stdin.on("data", (text) => (all += text));`;
    class Late extends Namespace {
      start(argv: readonly string[]): Background {
        const piped = '"$@" | "$NODE" -e "$LATE"';
        return super.start(["sh", "-c", piped, "sh", ...argv], {
          env: { NODE: process.execPath, LATE: late },
        });
      }
    }
    const watcher = await monitor(new Late(host.name));
    try {
      await sleep(900);
      expect(watcher.stdout).toBe("");
      host.ip("rule add pref 9 nop");
      await settle(watcher);
      expect(watcher.stdout).toMatch(/^.*\[RULE\].*nop.*\n$/);
    } finally {
      await watcher.stop();
      host.run(["ip", "rule", "del", "pref", "9"]);
    }
  });
});
