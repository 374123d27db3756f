import * as fs from "node:fs";
import * as path from "node:path";
import { Background, Namespace, Namespaces, describeOnKernel, sleep } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/** `ip` that stops at its first batch with a rule to add, until a file appears: a change that is under way. */
const SLOW_IP = `#!/bin/sh
case $* in
  *-force* | *-o*) exec "$IP" "$@" ;;
esac
touch "$DIR/held"
while [ ! -e "$DIR/go" ]; do sleep 0.05; done
exec "$IP" "$@"
`;

describeOnKernel("one change at a time", () => {
  const namespaces = new Namespaces("prglock");
  const plan = (last: number): string =>
    program({
      name: "edge",
      interfaces: [
        {
          name: "front",
          match: { ifname: "eth0" },
          addresses: ["10.1.0.10/24"],
          gateways: [`10.1.0.${last}`],
        },
      ],
    });
  let ns: Namespace;
  let host: ProgramHost;

  beforeEach(() => {
    ns = namespaces.create("host");
    namespaces.connect([ns, "eth0"], [namespaces.create("peer"), "eth0"]);
    ns.ip("addr add 10.1.0.10/24 dev eth0");
    host = new ProgramHost(ns);
  });
  afterEach(async () => {
    await namespaces.destroy();
    host.destroy();
  });

  /** Starts an apply that stops in the middle, holding the lock. */
  async function hold(text: string): Promise<Background> {
    const bin = path.join(host.dir, "bin");
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "ip"), SLOW_IP, { mode: 0o755 });
    const file = path.join(host.dir, "held-program");
    fs.writeFileSync(file, text);
    const ip = ns.ok("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v ip").trim();
    const running = ns.start(["sh", "-c", 'PATH=$DIR/bin:$PATH exec dash "$0" apply', file], {
      env: { ...host.environment(), DIR: host.dir, IP: ip },
    });
    for (let i = 0; !fs.existsSync(path.join(host.dir, "held")); i++) {
      if (i > 500) throw new Error(`it does not come to that: ${running.stderr}`);
      await sleep(20);
    }
    return running;
  }
  const release = (): void => fs.writeFileSync(path.join(host.dir, "go"), "");

  test("a second change is turned away, naming the first, which goes on to its end", async () => {
    const first = await hold(plan(1));
    const holder = /^lock\.(\d+)/m.exec(fs.readdirSync(host.runDir).join("\n"))?.[1];
    for (const verb of ["apply", "remove"]) {
      const second = host.run(plan(2), verb);
      expect(second).toMatchObject({ status: 75, stdout: "" });
      expect(second.stderr).toBe(`multihome: another change is in progress, by process ${holder}\n`);
    }
    release();
    expect(await first.end()).toMatchObject({ status: 0 });
    expect(fs.readdirSync(host.runDir)).toEqual([]);
    host.ok(plan(1), "verify");
    host.ok(plan(2), "apply");
  });

  test("a lock ends with its holder, whatever ended it; what it had begun is cleared away", async () => {
    const first = await hold(plan(1));
    first.child.kill("SIGKILL");
    release();
    await first.end();
    expect(fs.readdirSync(host.runDir)).not.toEqual([]);
    const { status, stderr } = host.run(plan(2), "apply");
    expect(status).toBe(0);
    expect(stderr).toMatch(/^multihome: the last change, [0-9a-f]{8}, was rolled back: .* was killed\n$/);
    host.ok(plan(2), "verify");
    expect(fs.readdirSync(host.runDir)).toEqual([]);
  });

  test("a signal rolls back, and the exit says so", async () => {
    host.ok(plan(2), "apply");
    const first = await hold(plan(1));
    first.child.kill("SIGTERM");
    await sleep(50);
    release();
    const { status, stderr } = await first.end();
    expect([status, stderr]).toEqual([1, "multihome: interrupted by a signal\n"]);
    host.ok(plan(2), "verify");
    expect(fs.readdirSync(host.runDir)).toEqual(["last"]);
    expect(host.ok(plan(2), "status")).toMatch(/^rolled back: .{8}, since interrupted by a signal$/m);
  });

  test("of many at once exactly one puts its plan on the host, or each after another, and the host is as one of them says", async () => {
    const texts = [1, 2, 3, 4].map(plan);
    const files = texts.map((text, i) => {
      const file = path.join(host.dir, `p${i}`);
      fs.writeFileSync(file, text);
      return file;
    });
    const all = files.map((file) => ns.start(["dash", file, "apply"], { env: host.environment() }));
    const outcomes = await Promise.all(all.map((one) => one.end()));
    const done = outcomes.filter(({ status }) => status === 0).length;
    expect(done).toBeGreaterThan(0);
    expect(outcomes.filter(({ status }) => status !== 0 && status !== 75)).toEqual([]);
    const right = texts.filter((text) => host.run(text, "verify").status === 0);
    expect(right).toHaveLength(1);
  });
});
