import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, privileged, settle } from "./support/netns";
import { ProgramHost, program, shells, skipMissingShells } from "./support/program";

/** Two links of one subnet in both families, each with as many addresses as it takes for a tree. */
const spec = (more: readonly string[], gateway = 1): HostSpec => ({
  name: "edge",
  interfaces: [0, 1].map((i) => ({
    name: `n${i}`,
    match: { ifname: `eth${i}` },
    addresses: [
      ...Array.from({ length: 10 }, (_, n) => `10.0.${i}.${7 * n + 10}/16`),
      ...Array.from({ length: 10 }, (_, n) => `fd00::${i}:${(7 * n + 16).toString(16)}/64`),
      ...(i === 1 ? more : []),
    ],
    gateways: [`10.0.0.${gateway}`, `fe80::${gateway}`],
  })),
});
const ONE = spec([]);
const TWO = spec(["10.0.1.200/16", "fd00::1:c8/64"]);

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "a small change in $name",
  (shell) => {
    const namespaces = new Namespaces("prgamend");
    let ns: Namespace;
    let host: ProgramHost;
    let pristine: string;
    const [one, two, other] = [program(ONE), program(TWO), program(spec([], 2))];
    const ours = (): string => ns.ip("-4 rule show") + ns.ip("-6 rule show");
    const switches = (): string[] => ours().split("\n").filter((line) => /^700[0-9]:/.test(line)); // prettier-ignore

    beforeAll(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      for (const i of [0, 1]) namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      host = new ProgramHost(ns);
      host.shell = shell;
      ns.steady();
      pristine = dump(ns);
      host.ok(one, "apply");
    });
    afterAll(async () => {
      host?.destroy();
      await namespaces.destroy();
    });

    test("is made in the generation in force: an event an address and a rule each, and nothing is deleted", async () => {
      const before = switches();
      const watcher = await monitor(ns);
      host.ok(two, "apply");
      await settle(watcher);
      const events = (await watcher.stop()).split("\n").filter((line) => line.trim() !== "" && !/^ /.test(line)); // prettier-ignore
      expect(events.filter((line) => /^Deleted|\] ?Deleted/.test(line))).toEqual([]);
      expect(events.filter((line) => / lookup | goto /.test(line))).toHaveLength(2);
      expect(events.length).toBeLessThanOrEqual(8);
      expect(switches()).toEqual(before);
      expect(JSON.parse(host.ok(two, "verify", "--json"))).toMatchObject({ ok: true });
    });

    test("leaves what a new generation of the plan would have left", () => {
      const amended = ours();
      host.ok(two, "remove");
      host.ok(two, "apply");
      const whole = (text: string): string[] => text.split("\n").sort();
      expect(whole(ours())).toEqual(whole(amended));
    });

    test("is applied once: the next apply changes nothing", async () => {
      host.ok(one, "apply");
      const watcher = await monitor(ns);
      host.ok(one, "apply");
      await settle(watcher);
      expect((await watcher.stop()).trim()).toBe("");
    });

    test("that is not confirmed is taken back, to the byte", () => {
      const before = dump(ns);
      const [, id] = /^pending (\S+)/.exec(host.ok(two, "apply", "--confirm-within", "60")) ?? [];
      expect(dump(ns)).not.toBe(before);
      host.ok(two, "rollback", String(id));
      expect(dump(ns)).toBe(before);
      // Says that the last one was rolled back.
      expect(host.run(two, "apply", "--confirm-within", "60").status).toBe(0);
      host.ok(two, "confirm");
      expect(JSON.parse(host.ok(two, "verify", "--json"))).toMatchObject({ ok: true });
    });

    test("takes a new generation when the host is not as it was left, and when more than sources differ", () => {
      const active = (): string => switches().find((line) => line.startsWith("7002:")) as string;
      const before = active();
      ns.ip(`-4 rule del priority ${/^(\d+):\s+from 10\.0\.1\.10 /m.exec(ours())?.[1]}`);
      host.ok(one, "apply");
      expect(active()).not.toBe(before);
      const now = active();
      host.ok(other, "apply");
      expect(active()).not.toBe(now);
      expect(JSON.parse(host.ok(other, "verify", "--json"))).toMatchObject({ ok: true });
    });

    test("is removed like any other", () => {
      host.ok(one, "apply");
      host.ok(two, "apply");
      host.ok(two, "remove");
      expect(dump(ns)).toBe(pristine);
      expect(fs.existsSync(host.stateDir)).toBe(false);
    });
  },
);
