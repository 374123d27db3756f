import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostModel, HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle } from "./support/netns";
import { ProgramHost, program } from "./support/program";

const MAC = (n: number): string => `02:00:00:00:0b:0${n}`;
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [1, 2].map((n) => ({
    name: `n${n}`,
    match: { mac: MAC(n) },
    addresses: [`10.${n}.0.10/24`, `fd00:${n}::10/64`],
    gateways: [`10.${n}.0.1`, `fd00:${n}::1`],
  })),
};

const testWithNft = spawnSync("nft", ["--version"]).status === 0 ? test : test.skip;

describeOnKernel("what is committed, restored", () => {
  const namespaces = new Namespaces("prgres");
  const text = program(SPEC);
  let ns: Namespace;
  let host: ProgramHost;

  beforeEach(() => {
    ns = namespaces.create("host");
    for (const n of [1, 2]) plug(n);
    ns.ip("route add default via 10.1.0.1 dev eth1");
    ns.steady();
    host = new ProgramHost(ns);
  });
  afterEach(async () => {
    host.destroy();
    await namespaces.destroy();
  });

  function plug(n: number): void {
    ns.ip(`link add name eth${n} address ${MAC(n)} type veth peer name far${n}`);
    for (const device of [`eth${n}`, `far${n}`]) ns.ip(`link set dev ${device} up`);
    for (const address of SPEC.interfaces[n - 1].addresses!)
      ns.ip(`addr add ${address} dev eth${n}${address.includes(":") ? " nodad" : ""}`);
  }

  const way = (n: number): string => {
    const { status, stdout } = ns.run(["ip", "-o", "route", "get", "192.0.2.1", "from", `10.${n}.0.10`]);
    return status === 0 ? (/ dev (\S+)/.exec(stdout)?.[1] ?? "") : "none";
  };
  /** What the kernel would do with the address if it were there: rules decide before that. */
  const ours = (n: number): string =>
    ns.run(["ip", "-o", "route", "show", "table", "all", "proto", "77", "dev", `eth${n}`]).stdout;

  test("is as it was applied when its rules and routes have been taken away, and says nothing", () => {
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    ns.ip("route flush table all proto 77");
    expect(host.ok(text, "restore")).toBe("");
    expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    expect(host.run(text, "verify").status).toBe(0);
  });

  test("does without an interface that is missing, and has it when it comes, under another name", () => {
    host.ok(text, "apply");
    ns.ip("link del eth2");
    ns.ip("rule flush protocol 77");
    host.ok(text, "restore");
    expect([way(1), way(2)]).toEqual(["eth1", "none"]);
    expect(host.run(text, "verify")).toMatchObject({ status: 1, stdout: expect.stringMatching(/n2/) });
    // An operator's apply still wants all of them.
    expect(host.run(text, "apply")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/interface n2: no device/),
    });
    plug(2);
    ns.ip("link set dev eth2 down");
    ns.ip("link set dev eth2 name net2");
    ns.ip("link set dev net2 up");
    ns.ip("addr replace fd00:2::10/64 dev net2 nodad");
    host.ok(text, "restore");
    expect(way(2)).toBe("net2");
    expect(host.run(text, "verify").status).toBe(0);
  });

  describe.each([
    ["an interface is missing", "ip link del eth2"],
    ["an address is missing that is not ours to add", "ip addr del 10.2.0.10/24 dev eth2"],
  ])("while %s", (_, act) => {
    /** Puts the plan in force, and has it do without. */
    function without(plan: string): void {
      host.ok(plan, "apply");
      ns.ok("sh", "-c", act);
      host.ok(plan, "restore");
    }

    test("puts back a setting of another, and then leaves all alone", async () => {
      without(text);
      ns.sysctl("net/ipv4/conf/eth1/arp_ignore", "0");
      host.ok(text, "restore");
      expect(ns.sysctl("net/ipv4/conf/eth1/arp_ignore")).toBe("1");
      ns.steady();
      const watcher = await monitor(ns);
      host.ok(text, "restore");
      await settle(watcher);
      expect(await watcher.stop()).toBe("");
    });

    testWithNft("puts back the table of nftables, and rules of it", () => {
      const strong = program({ ...SPEC, policy: { hostModel: HostModel.Strong } });
      without(strong);
      const table = (): string => ns.ok("nft", "-s", "list", "table", "inet", "multihome");
      const before = table();
      for (const lose of ["flush chain inet multihome sent", "delete table inet multihome"]) {
        ns.ok("nft", ...lose.split(" "));
        host.ok(strong, "restore");
        expect(table()).toBe(before);
      }
    });
  });

  test("adds no address that a network daemon has taken away, and leaves its source closed until it is back", () => {
    host.ok(text, "apply");
    ns.ip("addr del 10.2.0.10/24 dev eth2");
    host.ok(text, "restore");
    expect(ns.run(["ip", "-4", "addr", "show", "dev", "eth2"]).stdout).not.toContain("10.2.0.10");
    expect(way(1)).toBe("eth1");
    ns.ip("addr add 10.2.0.10/24 dev eth2");
    host.ok(text, "restore");
    expect(way(2)).toBe("eth2");
  });

  test("adds again an address that was ours to add", () => {
    ns.ip("addr del 10.2.0.10/24 dev eth2");
    host.ok(text, "apply");
    ns.ip("addr del 10.2.0.10/32 dev eth2");
    host.ok(text, "restore");
    expect(way(2)).toBe("eth2");
    expect(ours(2)).toContain("10.2.0.0/24");
  });

  test("is put in force although a network daemon brings addresses between the look and the change", () => {
    ns.ip("addr del fd00:1::10/64 dev eth1");
    ns.ip("addr del fd00:2::10/64 dev eth2");
    const bin = path.join(host.dir, "bin");
    fs.mkdirSync(bin);
    const shim = `#!/bin/sh
ip=$(PATH=/usr/sbin:/sbin:/usr/bin:/bin command -v ip)
[ "$*" = '-6 -batch -' ] || exec $ip "$@"
for n in 1 2; do $ip -6 addr add fd00:$n::10/128 dev eth$n nodad 2>/dev/null; done
exec $ip "$@"
`;
    fs.writeFileSync(path.join(bin, "ip"), shim, { mode: 0o755 });
    host.env = { PATH: `${bin}:${process.env.PATH}` };
    host.ok(text, "apply");
    host.env = {};
    expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    expect(host.run(text, "verify").status).toBe(0);
  });

  test("is held back by rules of protocol kernel while its own are gone, which removal takes away", () => {
    const before = dump(ns);
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    expect(way(2)).toBe("eth1");
    host.ok(text, "restore");
    // As systemd-networkd does.
    ns.ip("rule flush protocol 77");
    expect([way(1), way(2)]).toEqual(["none", "none"]);
    expect(ns.run(["ip", "route", "get", "192.0.2.1"]).stdout).toMatch(/dev eth1/);
    host.ok(text, "remove");
    expect(dump(ns)).toBe(before);
  });

  test("closed at a boot and opened again, leaves nothing behind", () => {
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    host.ok(text, "close");
    expect([way(1), way(2)]).toEqual(["none", "none"]);
    host.ok(text, "open");
    expect([way(1), way(2)]).toEqual(["eth1", "eth1"]);
    host.env = { SERVICE_RESULT: "success" };
    host.ok(text, "close");
    host.ok(text, "open");
    expect(way(2)).toBe("none");
  });
});

describeOnKernel("whose rules come before ours", () => {
  const namespaces = new Namespaces("prgman");
  afterEach(() => namespaces.destroy());

  test.each([
    ["rule add priority 5270 lookup 52", 52, /of Tailscale comes before ours: stop using an exit node/],
    [
      "rule add priority 5000 not fwmark 0xca6c lookup 51820",
      51820,
      /of wg-quick comes before ours: set ".*Table = off/,
    ],
    [
      "rule add priority 400 from 10.1.0.10 lookup 10001",
      10001,
      /of amazon-ec2-net-utils .* mask policy-routes@/,
    ],
    [
      "rule add priority 400 from 10.1.0.10 lookup 400",
      400,
      /"400: from 10\.1\.0\.10 lookup 400" comes before ours: give it/,
    ],
  ])("is told with the cure when they take a source of ours: %s", (rule, table, message) => {
    const ns = namespaces.create("host");
    const host = new ProgramHost(ns);
    try {
      ns.ip(`link add name eth1 address ${MAC(1)} type veth peer name far1`);
      for (const device of ["eth1", "far1"]) ns.ip(`link set dev ${device} up`);
      ns.ip("addr add 10.1.0.10/24 dev eth1");
      ns.ip("addr add 10.9.0.1/24 dev far1");
      ns.ip(`route add default via 10.9.0.2 dev far1 table ${table}`);
      ns.ip(rule);
      const before = dump(ns);
      const [n1] = SPEC.interfaces;
      const spec = { ...SPEC, interfaces: [{ ...n1, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] }] };
      const { status, stderr } = host.run(program(spec), "apply");
      expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(dump(ns)).toBe(before);
    } finally {
      host.destroy();
    }
  });
});
