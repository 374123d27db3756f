import * as fs from "node:fs";
import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle, worldNames } from "./support/netns";
import { DASH, ProgramHost, program, shellAble, unitShell } from "./support/program";

/**
 * Two networks with the same addresses, each in a namespace of its own on one host: both are reached, nothing passes
 * between them, and everything can be taken back. On this kernel; VRFs need another.
 */

const { red: RED, blue: BLUE } = worldNames("wt", ["red", "blue"]);

const interfaces: HostSpec["interfaces"] = [
  { name: "front", match: { ifname: "eth0" }, addresses: ["192.168.1.10/24"], gateways: ["192.168.1.1"] },
  ...["red", "blue"].map((name, i) => ({
    name,
    match: { ifname: `eth${i + 1}` },
    addresses: ["10.0.0.10/24", "fd00:a::10/64"],
    gateways: ["10.0.0.1", "fe80::1"],
  })),
];
const SPEC: HostSpec = {
  name: "edge",
  interfaces,
  policy: {
    worlds: [
      { name: RED, kind: "netns", interfaces: ["red"], resolver: { nameservers: ["10.0.0.2"] } },
      { name: BLUE, kind: "netns", interfaces: ["blue"] },
    ],
  },
};

/** Routes that the kernel makes by itself, and ranks alike, come in the order in which their devices came up. */
const unordered = (text: string): string => text.split("\n").sort().join("\n");

describeOnKernel("worlds in namespaces", () => {
  const namespaces = new Namespaces("worldt");
  let host: ProgramHost;
  let before: string;
  const peers: Record<string, Namespace> = {};
  const world = (name: string): Namespace => new Namespace(name);
  /** Echo requests that a peer was sent; neighbour discovery goes on by itself. */
  const received = (peer: string): number => {
    const [names, values] = peers[peer]
      .ok("cat", "/proc/net/snmp")
      .split("\n")
      .filter((line) => /^Icmp: /.test(line));
    return Number(values.split(" ")[names.split(" ").indexOf("InEchos")]);
  };

  beforeAll(() => {
    const h = namespaces.create("h");
    ["front", "red", "blue"].forEach((name, i) => {
      const peer = (peers[name] = namespaces.create(name));
      namespaces.connect([h, `eth${i}`], [peer, "eth0"]);
      peer.ip("addr add fe80::1/64 dev eth0 nodad");
      peer.ip("addr add 203.0.113.5/32 dev lo");
      peer.ip(`addr add ${name === "front" ? "192.168.1.1" : "10.0.0.1"}/24 dev eth0`);
    });
    h.ip("addr add 192.168.1.10/24 dev eth0");
    h.ip("route add default via 192.168.1.1");
    // What an interface has before it is moved: two addresses, routes, a setting.
    h.ip("addr add 10.0.0.10/24 brd + dev eth1");
    h.ip("addr add 10.0.0.11/24 dev eth1");
    h.ip("addr add fd00:a::10/64 dev eth1");
    h.ip("route add 172.20.0.0/16 via 10.0.0.1 dev eth1 metric 50");
    h.sysctl("net/ipv4/conf/eth1/rp_filter", "2");
    h.steady();
    host = new ProgramHost(h);
    before = dump(h);
  });

  afterAll(async () => {
    host.run(program(SPEC), "remove");
    for (const name of [RED, BLUE]) await world(name).destroy();
    await namespaces.destroy();
    host.destroy();
  });

  test("without worlds the same addresses are refused, and the way out is named", () => {
    expect(() => program({ name: "edge", interfaces })).toThrow(/10\.0\.0\.10 is that of .*policy\.worlds/);
  });

  test("an interface that carries the session is not moved, and nothing is touched", () => {
    host.env = { SSH_CONNECTION: "10.0.0.9 4711 10.0.0.10 22" };
    const { status, stderr } = host.run(program(SPEC), "apply");
    host.env = {};
    expect([status, stderr]).toEqual([1, expect.stringContaining("by which this session comes in")]);
    expect(dump(host.namespace)).toBe(before);
  });

  test("a kernel without VRFs refuses them, and names the module and the way out", () => {
    if (host.namespace.run(["ip", "link", "add", "wt-probe", "type", "vrf", "table", "5"]).status === 0) {
      host.namespace.ip("link del wt-probe");
      return;
    }
    const worlds = [{ name: "wt-vrf", kind: "vrf" as const, interfaces: ["red"] }];
    const spec = { name: "edge", interfaces: interfaces.slice(0, 2), policy: { worlds } };
    const { status, stderr } = host.run(program(spec), "apply");
    expect([status, stderr]).toEqual([1, expect.stringMatching(/module vrf.*kind to netns/)]);
    expect(unordered(dump(host.namespace))).toBe(unordered(before));
  });

  test("apply puts each interface into its world, and the kernel answers as planned in all", () => {
    expect(host.ok(program(SPEC), "apply")).toBe("");
    expect(host.ok(program(SPEC), "verify")).toMatch(/^\d\d flows are as planned\n$/);
    expect(host.namespace.ip("-br link")).not.toMatch(/eth1|eth2/);
    expect(fs.readFileSync(`/etc/netns/${RED}/resolv.conf`, "utf8")).toBe("nameserver 10.0.0.2\n");
  });

  test("each world reaches its own peers at the same addresses, and no packet gets to another", () => {
    const counts = (): number[] => ["front", "red", "blue"].map(received);
    const ping = (from: Namespace, to: string): string =>
      from.run(["ping", "-c5", "-i0.05", "-W1", to]).stdout;
    expect(ping(world(RED), "10.0.0.1")).toContain("5 received");
    expect(ping(world(RED), "203.0.113.5")).toContain("5 received");
    expect(counts()).toEqual([0, 10, 0]);
    expect(ping(world(BLUE), "203.0.113.5")).toContain("5 received");
    expect(ping(host.namespace, "203.0.113.5")).toContain("5 received");
    expect(counts()).toEqual([5, 10, 5]);
    // The host's own world knows neither network, and a neighbour in the one cannot reach the host's own address.
    peers["red"].ip("route add 192.168.1.0/24 via 10.0.0.10");
    expect(ping(peers["red"], "192.168.1.10")).toContain("0 received");
  });

  test("applied again it changes nothing, and says nothing", async () => {
    const watchers = await Promise.all([host.namespace, world(RED)].map(monitor));
    expect(host.ok(program(SPEC), "apply")).toBe("");
    for (const watcher of watchers) {
      await settle(watcher);
      expect(watcher.stdout).toBe("");
      await watcher.stop();
    }
    expect(host.ok(program(SPEC), "status")).toContain("drift: no");
  });

  test("what is lost in a world is seen, and put back", () => {
    world(RED).ip("route flush table main proto 77");
    expect(host.ok(program(SPEC), "status")).toContain("drift: yes");
    expect(host.ok(program(SPEC), "apply")).toBe("");
    expect(world(RED).ip("route show default")).toContain("via 10.0.0.1");
  });

  test("remove gives every interface back what it had", () => {
    expect(host.ok(program(SPEC), "remove")).toBe("");
    host.namespace.steady();
    expect(unordered(dump(host.namespace))).toBe(unordered(before));
    expect(fs.existsSync(`/run/netns/${RED}`)).toBe(false);
    expect(fs.existsSync(`/etc/netns/${RED}`)).toBe(false);
    expect(fs.existsSync(host.stateDir)).toBe(false);
  });

  test("what nobody confirms is taken back, worlds and all; what is confirmed stays", () => {
    const pend = (): string => {
      // The second time it says on standard error what became of the first.
      const { status, stdout } = host.run(program(SPEC), "apply", "--confirm-within", "60");
      const [, id] = /^pending ([0-9a-f]{8})\n/.exec(stdout) ?? [];
      expect([status, id]).toEqual([0, expect.any(String)]);
      expect(world(RED).ip("route show default")).toContain("via 10.0.0.1");
      return id;
    };
    host.namespace.steady();
    const bare = unordered(dump(host.namespace));
    const first = pend();
    const { status } = host.run(program(SPEC), "rollback", first);
    expect(status).toBe(0);
    host.namespace.steady();
    expect(unordered(dump(host.namespace))).toBe(bare);
    expect(fs.existsSync(`/run/netns/${RED}`)).toBe(false);
    expect(host.ok(program(SPEC), "confirm", pend())).toMatch(/^confirmed [0-9a-f]{8}\n$/);
    expect(host.ok(program(SPEC), "verify")).toMatch(/^\d\d flows are as planned\n$/);
    expect(host.ok(program(SPEC), "remove")).toBe("");
    host.namespace.steady();
    expect(unordered(dump(host.namespace))).toBe(bare);
  });

  test("what the units are able to do is enough to put it all in force, as at boot, and no world is had with less", () => {
    host.shell = shellAble(["CAP_NET_ADMIN"]);
    try {
      expect(host.run(program(SPEC), "apply").status).toBe(1);
      expect(fs.existsSync(`/run/netns/${RED}`)).toBe(false);
      host.shell = unitShell(SPEC);
      expect(host.ok(program(SPEC), "apply")).toBe("");
      expect(host.ok(program(SPEC), "verify")).toMatch(/^\d\d flows are as planned\n$/);
    } finally {
      host.shell = DASH;
    }
  });
});
