import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/** Both interfaces have a default route in main as well, whose gateways are others. */
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "10.1.0.11/24", "fd00:a::10/64"],
      gateways: ["10.1.0.1", "fe80::1"],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "fd00:b::10/64"],
      gateways: ["10.2.0.1", "fe80::1"],
    },
  ],
};
const FAR = "192.0.2.1";
const FAR6 = "2001:db8:ffff:ffff::1";

/** What somebody does to a host on which every source still has its way, what verify must say, and how it is undone. */
const DISTURBANCES: readonly (readonly [
  title: string,
  done: readonly string[],
  undone: readonly string[],
  ...said: (readonly [from: string, to: string, kind: string, wanted: string, got: string])[],
])[] = [
  [
    "a socket bound to an interface that asks the link for everybody",
    // IPv4 does so when no route is found (pretended on-link).
    ["-4 rule add priority 6000 oif eth1 unreachable"],
    ["-4 rule del priority 6000"],
    ["none", FAR, "elsewhere, bound to eth1", "dev eth1 via 10.2.0.1", "dev eth1"],
    ["none", "10.1.0.254", "other-attached, bound to eth1", "dev eth1 via 10.2.0.1", "dev eth1"],
  ],
  [
    "a socket bound to an interface that has no way in IPv6",
    ["-6 rule add priority 6000 oif eth0 unreachable"],
    ["-6 rule del priority 6000"],
    ["none", FAR6, "elsewhere, bound to eth0", "dev eth0 via fe80::1", "unreachable"],
    ["none", "fd00:a::ffff:ffff:ffff:fffe", "attached, bound to eth0", "dev eth0", "unreachable"],
    ["none", "fd00:b::ffff:ffff:ffff:fffe", "other-attached, bound to eth0", "dev eth0 via fe80::1", "unreachable"],
  ],
  [
    "a socket without an address that is given one of another interface",
    [`-4 route add ${FAR}/32 dev eth0 via 10.1.0.254 src 10.2.0.10`],
    [`-4 route del ${FAR}/32`],
    ["none", FAR, "elsewhere, by 10.2.0.10", "dev eth1", "dev eth0"],
  ],
  [
    "an address that is not taken for the host's own",
    ["-4 route del local 10.1.0.11 dev eth0 table local"],
    ["-4 route add local 10.1.0.11 dev eth0 table local proto kernel scope host src 10.1.0.10"],
    [FAR, "10.1.0.11", "elsewhere, in by eth0", "local", "unreachable"],
  ],
]; // prettier-ignore

describeOnKernel("verify asks for every class of packets, so that it sees", () => {
  const namespaces = new Namespaces("prgverify");
  let ns: Namespace;
  let host: ProgramHost;
  const text = program(SPEC);

  beforeAll(() => {
    ns = namespaces.create("host");
    const peer = namespaces.create("peer");
    for (const i of [0, 1]) {
      namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      ns.ip(`addr add fd00:${"ab"[i]}::10/64 dev eth${i}`);
      ns.ip(`route add default via 10.${i + 1}.0.254 metric ${i + 1}`);
      ns.ip(`-6 route add default via fe80::254 dev eth${i} metric ${i + 1}`);
    }
    ns.ip("addr add 10.1.0.11/24 dev eth0");
    host = new ProgramHost(ns);
    ns.steady();
    host.ok(text, "apply");
  });
  afterAll(async () => {
    host?.destroy();
    await namespaces.destroy();
  });

  test.each(DISTURBANCES)("%s", (_, done, undone, ...said) => {
    expect(JSON.parse(host.ok(text, "verify", "--json"))).toMatchObject({ ok: true, failed: [] });
    for (const line of done) ns.ip(line);
    const { status, stdout } = host.run(text, "verify", "--json");
    for (const line of undone) ns.ip(line);
    const failed = said.map(([from, to, kind, want, got]) => ({ from, to, class: kind, want, got }));
    expect({ status, failed: JSON.parse(stdout).failed }).toEqual({ status: 1, failed });
    expect(host.run(text, "verify").status).toBe(0);
  });
});
