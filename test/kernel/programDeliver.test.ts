import { Namespace, Namespaces, Outcome, describeOnKernel, sleep } from "./support/netns";
import { ProgramHost, program, shells } from "./support/program";

/** What Pulumi says to a host, each time over a connection of its own: the same words twice. */
describeOnKernel("a plan that is delivered", () => {
  const namespaces = new Namespaces("prgdlv");
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
  const [ONE, TWO] = [plan(1), plan(2)];
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

  const deliver = (text: string, within = 60): Outcome =>
    host.pipe(text, "deliver", "--confirm-within", String(within));
  const via = (): string | undefined =>
    /via (\S+)/.exec(ns.run(["ip", "route", "get", "192.0.2.1", "from", "10.1.0.10"]).stdout)?.[1];
  const WAITS =
    /^multihome: change [0-9a-f]{8} is in force, and waits to be confirmed, for \d+ s, by the same command over a new connection\n$/;

  test("is in force after the first time, which says what it waits for, and committed after the second", () => {
    for (const shell of shells(host.dir)) {
      host.shell = shell;
      const first = deliver(ONE);
      expect([shell.name, first]).toEqual([
        shell.name,
        { status: 75, stdout: "", stderr: expect.stringMatching(WAITS) },
      ]);
      expect(via()).toBe("10.1.0.1");
      expect(JSON.parse(host.ok(ONE, "status", "--json"))).toMatchObject({ id: null });
      const second = deliver(ONE);
      expect([second.status, second.stderr]).toEqual([0, ""]);
      expect(JSON.parse(second.stdout.slice(second.stdout.search(/^\{/m)))).toMatchObject({
        ok: true,
        failed: [],
      });
      expect(JSON.parse(host.ok(ONE, "status", "--json"))).toMatchObject({ pending: null, drift: false });
      host.ok(ONE, "remove");
    }
  });

  test("needs no second time when it is in force already", () => {
    deliver(ONE);
    deliver(ONE);
    const again = deliver(ONE);
    expect([again.status, again.stderr]).toEqual([0, ""]);
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true });
  });

  test("that nobody came to confirm is told once to whoever comes next, and is then delivered anew", async () => {
    deliver(ONE);
    deliver(ONE);
    expect(deliver(TWO, 5).status).toBe(75);
    expect(via()).toBe("10.1.0.2");
    for (let i = 0; via() !== "10.1.0.1"; i++) {
      if (i > 300) throw new Error("it is not rolled back");
      await sleep(100);
    }
    const told = deliver(TWO);
    expect([told.status, told.stdout]).toEqual([1, ""]);
    expect(told.stderr).toMatch(
      /^multihome: change [0-9a-f]{8} cannot be confirmed any more, since it was rolled back: it was not confirmed within 5 s\. In force is /,
    );
    expect(deliver(TWO).status).toBe(75);
    expect(deliver(TWO).status).toBe(0);
    expect(via()).toBe("10.1.0.2");
  });

  test("waits for another that is pending, and confirms none but its own", () => {
    expect(deliver(ONE).status).toBe(75);
    const other = deliver(TWO);
    expect([other.status, other.stdout]).toEqual([75, ""]);
    expect(other.stderr).toMatch(/change [0-9a-f]{8} waits to be confirmed, for \d+ s more/);
    expect(via()).toBe("10.1.0.1");
    host.ok(ONE, "rollback");
    expect(deliver(TWO).status).toBe(75);
    expect(deliver(TWO).status).toBe(0);
    expect(via()).toBe("10.1.0.2");
  });

  test("is its owner's once it is committed, and not before", () => {
    const owned = (owner: string): Outcome =>
      host.pipe(ONE, "deliver", "--confirm-within", "60", `--owner=${owner}`);
    const removed = (owner: string): Outcome => host.run(ONE, "remove", `--owner=${owner}`);
    deliver(TWO);
    host.ok(TWO, "confirm");
    expect([owned("one").status, owned("one").status]).toEqual([75, 0]);
    // What another has begun, and is rolled back, leaves the host to whom it was.
    expect(host.pipe(TWO, "deliver", "--confirm-within", "60", "--owner=two").status).toBe(75);
    host.ok(TWO, "rollback");
    expect(removed("two").stderr).toBe("multihome: one has applied since, so nothing is removed\n");
    expect(via()).toBe("10.1.0.1");
    // Told first how that ended.
    expect([owned("two").status, owned("two").status]).toEqual([1, 0]);
    expect(removed("one").stderr).toBe("multihome: two has applied since, so nothing is removed\n");
    expect(via()).toBe("10.1.0.1");
    expect(removed("two")).toMatchObject({ status: 0, stderr: "" });
    expect(via()).toBeUndefined();
  });

  test("leaves nothing behind when it is removed", () => {
    deliver(ONE);
    host.ok(ONE, "rollback");
    host.ok(ONE, "remove");
    expect(ns.run(["ls", host.stateDir, host.runDir]).stdout).toBe("");
  });

  test.each([[[]], [["--confirm-within"]], [["--confirm-within", "4"]], [["--json"]], [["x"]]])(
    "deliver %j is refused",
    (args) => {
      expect(host.pipe(ONE, "deliver", ...args)).toMatchObject({ status: 2, stdout: "" });
    },
  );
});
