import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, sleep } from "./support/netns";
import { ProgramHost, program } from "./support/program";

const MAC = "02:00:00:00:0a:10";
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { mac: MAC },
      addresses: ["10.1.0.10/24", "fd00:a::10/64"],
      gateways: ["10.1.0.1"],
    },
  ],
};

/** The interface of SPEC with another way of being found. */
const found = (match: object, more: Partial<HostSpec["interfaces"][0]> = {}): string =>
  program({ ...SPEC, interfaces: [{ ...SPEC.interfaces[0], ...more, match }] });

describeOnKernel("a program that cannot be applied touches nothing", () => {
  const namespaces = new Namespaces("prgref");
  const plan = program(SPEC);
  let ns: Namespace;
  let host: ProgramHost;

  beforeEach(() => {
    ns = namespaces.create("host");
    ns.ip(`link add name eth0 address ${MAC} type veth peer name far0`);
    for (const device of ["eth0", "far0"]) ns.ip(`link set dev ${device} up`);
    ns.ip("addr add 10.1.0.10/24 dev eth0");
    ns.ip("addr add fd00:a::10/64 dev eth0");
    ns.steady();
    host = new ProgramHost(ns);
  });
  afterEach(async () => {
    host.destroy();
    await namespaces.destroy();
  });

  /** Runs apply, which must leave host and files alone; the last line of its message. */
  function refused(text: string, status: number, env: Record<string, string> = {}): string {
    const before = dump(ns);
    host.env = env;
    const outcome = host.run(text, "apply");
    expect(outcome).toMatchObject({ status, stdout: "" });
    expect(dump(ns)).toBe(before);
    expect(fs.existsSync(host.stateDir)).toBe(false);
    host.env = {};
    return outcome.stderr.trim().split("\n").pop() ?? "";
  }

  test.each([
    [
      "rule add priority 7500 from 192.0.2.0/24 lookup main protocol static",
      /the rule "7500: from 192\.0\.2\.0\/24 .*" is not ours but lies in our priorities 7000 to 9999\. It is of protocol 4, static or systemd-networkd\. .*numbers\.priorityBase/,
    ],
    [
      "-6 rule add priority 9999 from fd00::/64 blackhole",
      /"9999: from fd00::\/64 .*" is not ours .* protocol 0, by hand or by a script/,
    ],
    [
      "route add 192.0.2.0/24 dev eth0 table 7177 protocol bird",
      /the route "192\.0\.2\.0\/24 .*" is not ours .* protocol 12, BIRD.*numbers\.tableBase/,
    ],
    ["link set dev far0 group 77", /device far0 is in interface group 77, which is ours.*numbers\.group/],
  ])("what is somebody else's where ours would go: ip %s", (command, message) => {
    ns.ip(command);
    expect(refused(plan, 1)).toMatch(message);
  });

  test("an interface that does not come, or is ambiguous, or is two at once", () => {
    expect(refused(found({ mac: "02:00:00:00:00:99" }), 1, { MULTIHOME_WAIT: "1" })).toBe(
      "multihome: interface front: no device has mac 02:00:00:00:00:99 (waited 1 s)",
    );
    expect(refused(found({ mac: MAC, ifname: "far0" }), 1)).toContain(`no device has mac ${MAC} ifname far0`);
    const twice = {
      ...SPEC.interfaces[0],
      name: "back",
      addresses: ["10.2.0.10/24"],
      gateways: [],
      match: { ifname: "eth0" },
    };
    expect(refused(program({ ...SPEC, interfaces: [SPEC.interfaces[0], twice] }), 1)).toContain(
      "interface front: its device eth0 is that of interface back too",
    );
    ns.ip(`link set dev far0 address ${MAC}`);
    expect(refused(plan, 1)).toMatch(/interface front: several devices match: (eth0 far0|far0 eth0)/);
  });

  test("a device whose name a shell could take for more", () => {
    ns.ok("ip", "link", "set", "dev", "eth0", "name", "a$(x);b");
    expect(refused(plan, 1)).toBe("multihome: interface front: its device has the unsafe name a??x??b");
  });

  test("an address that is on another device, or in use by another host", () => {
    const more = found({ mac: MAC }, { addresses: ["10.1.0.10/24", "10.1.0.11/24"] });
    ns.ip("addr add 10.1.0.11/32 dev far0");
    expect(refused(more, 1)).toBe(
      "multihome: address 10.1.0.11 of interface front is on device far0 and not on eth0",
    );
    // The other end of the link answers for it.
    const taken = found({ mac: MAC }, { addresses: ["10.1.0.10/24", "fd00:a::11/64"] });
    ns.sysctl("net/ipv6/conf/eth0/accept_dad", "1");
    ns.ip("addr add fd00:a::11/64 dev far0 nodad");
    ns.ip("addr add fd00:a::11/64 dev eth0");
    ns.ok("sh", "-c", "until ip -6 addr show dev eth0 dadfailed | grep -q fd00:a::11; do sleep 0.05; done");
    expect(refused(taken, 1)).toBe(
      "multihome: address fd00:a::11 of interface front is in use by another host",
    );
  });

  test("a plan that somebody has damaged", () => {
    for (const [from, to] of [
      ["route4 default", "route4 $(reboot)"],
      ["table @front", "table @nobody"],
      ["rule4 +", "rules4 +"],
      ["plan 1", "plan 2"],
      ["numbers protocol", "numbrs protocol"],
    ]) {
      expect(plan).toContain(from);
      expect(refused(plan.replace(from, to), 2)).toContain("the plan is damaged");
    }
  });

  test("a text that is cut off anywhere does nothing", () => {
    const before = dump(ns);
    for (let length = 0; length < plan.length - 12; length += 997) {
      host.pipe(plan.slice(0, length), "apply");
      expect([length, fs.existsSync(host.stateDir)]).toEqual([length, false]);
    }
    expect(dump(ns)).toBe(before);
  });

  test("bad settings and bad usage", () => {
    expect(refused(plan, 2, { MULTIHOME_STATE_DIR: "var" })).toContain(
      "MULTIHOME_STATE_DIR must be an absolute path",
    );
    expect(refused(plan, 2, { MULTIHOME_WAIT: "1m" })).toContain(
      "MULTIHOME_WAIT must be a number of seconds",
    );
    for (const args of [
      [],
      ["aply"],
      ["apply", "now"],
      ["verify", "-json"],
      ["confirm", "--yes"],
      ["rollback", "--json"],
      ["apply", "--confirm-within"],
      ["apply", "--confirm-within", "4"],
      ["apply", "--confirm-within", "3601"],
      ["apply", "--confirm-within", "060"],
      ["apply", "--confirm-within=60"],
      ["confirm", "1234567"],
      ["rollback", "$(x)5678"],
    ]) {
      const { status, stdout, stderr } = host.run(plan, ...args);
      expect([args, status, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toMatch(
        /usage: |must be a whole number of seconds from 5 to 3600|an id is 8 hexadecimal/,
      );
    }
  });

  test("without the right to change the network it says so; verify still answers", () => {
    const drop = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const shell = host.shell;
    host.shell = { ...shell, argv: [...drop, ...shell.argv] };
    expect(refused(plan, 1)).toContain("CAP_NET_ADMIN is needed");
    host.shell = shell;
    host.ok(plan, "apply");
    fs.chmodSync(host.dir, 0o755);
    host.shell = { ...shell, argv: ["setpriv", "--reuid=65534", "--clear-groups", ...shell.argv] };
    expect(host.run(plan, "verify")).toMatchObject({ status: 0, stderr: "" });
    expect(host.run(plan, "status")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("generation: 0\n"),
    });
  });

  test("an interface that comes late is waited for, by whatever it is found", async () => {
    const byAddress = found({ address: "10.1.0.10" });
    ns.ip("link del dev eth0");
    const file = path.join(host.dir, "late");
    fs.writeFileSync(file, byAddress);
    const env = { ...host.environment(), MULTIHOME_WAIT: "20" };
    const running = ns.start(["sh", file, "apply"], { env });
    await sleep(300);
    ns.ip(`link add name net7 address ${MAC} type veth peer name far7`);
    await sleep(300);
    ns.ip("addr add 10.1.0.10/24 dev net7");
    expect(await running.end()).toEqual({ status: 0, stdout: "", stderr: "" });
    // It was down, and an address was missing.
    expect(ns.ip("-6 addr show dev net7")).toContain("fd00:a::10/128");
    expect(host.run(byAddress, "verify")).toMatchObject({ status: 0 });
    host.ok(byAddress, "remove");
    expect(ns.ip("link show dev net7")).not.toMatch(/[<,]UP[,>]/);
    expect(ns.ip("-6 addr show dev net7")).not.toContain("fd00:a::10");
  });

  test("of a bridge and its port that share an address the bridge is meant", () => {
    ns.ip("link add name br0 type bridge");
    ns.ip("link set dev eth0 master br0");
    ns.ip(`link set dev br0 address ${MAC}`);
    ns.ip("addr flush dev eth0");
    ns.ip("addr add 10.1.0.10/24 dev br0");
    host.ok(plan, "apply");
    expect(ns.ip("-N link show dev br0")).toContain(" group 77 ");
  });
});
