import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec, WorldSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, privileged, worldNames } from "./support/netns";
import { ProgramHost, program, shells, skipMissingShells } from "./support/program";

/** What becomes of an interface that cannot come home from its world, or not as it was; and that no other goes in its place. */
const { red: RED } = worldNames("whome", ["red"]);
const MAC = "02:00:00:00:0c:01";
const spec = (world?: Partial<WorldSpec>): HostSpec => ({
  name: "edge",
  interfaces: [
    { name: "front", match: { ifname: "eth0" }, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
    ...(world === undefined
      ? []
      : [{ name: "red", match: { mac: MAC }, addresses: ["10.2.0.10/24"], gateways: ["10.2.0.1"] }]),
  ],
  ...(world !== undefined && {
    policy: { worlds: [{ name: RED, kind: "netns", interfaces: ["red"], ...world }] },
  }),
});
const WITH = program(spec({}));
const WITHOUT = program(spec());

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));
skipMissingShells();

const unordered = (ns: Namespace): string => dump(ns).split("\n").sort().join("\n");

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "an interface that comes home from its world, in $name",
  (shell) => {
    const namespaces = new Namespaces("wldhome");
    const world = new Namespace(RED);
    let ns: Namespace;
    let host: ProgramHost;

    beforeEach(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      namespaces.connect([ns, "eth0"], [peer, "eth0"]);
      namespaces.connect([ns, "eth1", MAC], [peer, "eth1"]);
      ns.ip("addr add 10.1.0.10/24 dev eth0");
      ns.ip("addr add 10.2.0.77/24 dev eth1");
      ns.ip("addr add 192.0.2.7/32 dev lo");
      ns.steady();
      host = new ProgramHost(ns);
      host.shell = shell;
    });
    afterEach(async () => {
      await world.destroy();
      await namespaces.destroy();
      host.destroy();
    });

    test("and lacks a route that cannot be: remove says so and fails, and all else is as it was", () => {
      ns.ip("route add 172.20.0.0/16 via 10.2.0.1 dev eth1 src 192.0.2.7");
      ns.ip("route add 172.21.0.0/16 via 10.2.0.1 dev eth1");
      host.ok(WITH, "apply");
      ns.ip("addr del 192.0.2.7/32 dev lo");
      const { status, stderr } = host.run(WITH, "remove");
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^multihome: interface red could not be given back all that it had: .+ \(ip -4 route replace 172\.20\.0\.0\/16 .*\)\n$/,
        ),
      ]);
      const left = ns.ip("route show dev eth1");
      expect([left.includes("172.20."), left.includes("172.21.")]).toEqual([false, true]);
      expect(ns.ip("rule")).not.toContain("10.1.0.10");
      expect([fs.existsSync(world.path), fs.existsSync(host.stateDir)]).toEqual([false, false]);
      expect(host.ok(WITH, "remove")).toBe("");
    });

    test("where another has its name meanwhile: it stays, nothing is removed, and so until the other has another name", () => {
      const before = unordered(ns);
      host.ok(WITH, "apply");
      ns.ip("link add name eth1 type veth peer name far1");
      const whole = unordered(ns);
      for (const [text, verb] of [[WITH, "remove"], [WITHOUT, "remove"], [WITHOUT, "apply"]]) {
        const { status, stderr } = host.run(text, verb);
        expect([verb, status, stderr]).toEqual([
          verb,
          1,
          expect.stringContaining(`interface red cannot be taken out of world ${RED}: there is another eth1`),
        ]);
        expect(world.ip("-o link show dev eth1")).toContain(MAC);
        expect(unordered(ns)).toBe(whole);
        host.ok(WITH, "verify");
      } // prettier-ignore
      ns.ip("link del eth1");
      host.ok(WITHOUT, "remove");
      ns.steady();
      expect(unordered(ns)).toBe(before);
      expect(fs.existsSync(world.path)).toBe(false);
    });

    test("under another name, while another has its own: the other stays where it is", () => {
      host.ok(WITH, "apply");
      ns.ip(`-n ${RED} link set dev eth1 netns ${ns.name}`);
      ns.ip("link set dev eth1 name net7");
      ns.ip("link add name eth1 type veth peer name far1");
      expect(host.ok(WITH, "apply")).toBe("");
      expect(world.ip("-o link show dev net7")).toContain(MAC);
      expect(ns.ip("-br link show dev eth1")).toContain("eth1");
      host.ok(WITH, "verify");
    });

    test("is not taken into it while a session comes in by its link-local address", () => {
      const before = unordered(ns);
      host.env = { SSH_CONNECTION: "fe80::9%eth1 4711 fe80::7%eth1 22" };
      const { status, stderr } = host.run(WITH, "apply");
      expect([status, stderr]).toEqual([
        1,
        expect.stringContaining("its device eth1 is the one by which this session comes in"),
      ]);
      expect(unordered(ns)).toBe(before);
      host.env = { SSH_CONNECTION: "fe80::9%eth0 4711 fe80::7%eth0 22" };
      host.ok(WITH, "apply");
      host.ok(WITH, "remove");
      host.env = { SSH_CONNECTION: "fe80::9%eth1 4711 fe80::7%eth1 22" };
      host.ok(program(spec({ moveManagement: true })), "apply");
    });

    test.each([
      ["its world", () => world, "10.2.0.10"],
      ["the host's own", () => ns, "10.1.0.10"],
    ])(
      "as before where rules of somebody in %s are in the way: an apply fails, and ends",
      (_, where, source) => {
        host.ok(WITH, "apply");
        where().ip("rule flush protocol 77");
        where().ip("route add unreachable default table 99");
        where().ip(`rule add priority 100 from ${source} lookup 99`);
        const { status, stderr } = host.run(WITH, "apply");
        expect([status, stderr.match(/could not be put back; apply it again\n/g)]).toEqual([
          1,
          expect.any(Array),
        ]);
        expect(stderr).toMatch(/the new rules would not be right here: .*\n$/);
        where().ip("rule del priority 100");
        expect(host.run(WITH, "apply").status).toBe(0);
        host.ok(WITH, "verify");
      },
    );

    test("with a change that is rolled back by command, whose worlds cannot be had again: it says so and fails", () => {
      host.ok(WITH, "apply");
      expect(host.run(WITHOUT, "apply", "--confirm-within", "60").status).toBe(0);
      ns.ip("link del eth1");
      const { status, stderr } = host.run(WITHOUT, "rollback");
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/no device has mac .*\nmultihome: what was in force could not be put back; apply it again\n$/s),
      ]); // prettier-ignore
    });
  },
);
