import { overflows } from "../support/flood";
import { describeWithFrr, eventually } from "../support/frr";
import { Background, dump, monitor, settle, sleep } from "../support/netns";
import { DASH, ProgramHost, program, shellAble, unitShell } from "../support/program";
import { FlowsResult, endFlows, serveFlows, startFlows } from "./flows";
import { tell } from "./tell";
import { CORE4, CORE6, ID4, ID6, IdentityNetwork, STUB, identityHost } from "./network";

const SPEC = identityHost(STUB);
const PROGRAM = program(SPEC);
const FLOWS = { udp: 40, tcp: 10 };
const CONTROL = { udp: 0, tcp: 2, patience: 2000 };

describeWithFrr("an identity announced by OSPF", () => {
  const net = new IdentityNetwork("idospf");
  let host: ProgramHost;
  let pristine: string;
  let files: string;
  /** Without service after the silent loss of a link, in milliseconds. */
  let gaps: readonly number[];

  const found = (): string =>
    net.h.ok("sh", "-c", "cd /etc/frr && ls -ln | sed 's/ [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]* / /' && cat *");
  const both = async (): Promise<[Background, Background]> => [
    await startFlows(net.f, CORE4, ID4, FLOWS),
    await startFlows(net.f, CORE6, ID6, FLOWS),
  ];
  const end = (pair: readonly Background[]): Promise<FlowsResult[]> => Promise.all(pair.map(endFlows));

  beforeAll(async () => {
    await net.build();
    net.startRouters(SPEC);
    host = new ProgramHost(net.h);
    [pristine, files] = [dump(net.h), found()];
    host.ok(PROGRAM, "apply");
    await net.converge(2);
    await serveFlows(net.h, ID4, ID6, "10.1.0.10", "fd00:a::10");
  });
  afterAll(async () => {
    host?.destroy();
    await net.destroy();
  });

  test("is what sockets without an address send from, by all links", () => {
    for (const [family, to, own] of [
      [4, CORE4, ID4],
      [6, CORE6, ID6],
    ] as const) {
      const routes = JSON.parse(net.h.ip(`-${family} -j route get ${to}`)) as { prefsrc: string }[];
      expect(routes[0].prefsrc).toBe(own);
      const devices = new Set(
        Array.from({ length: 40 }, (_, i) => {
          const [way] = JSON.parse(
            net.h.ip(`-${family} -j route get ${to} from ${own} ipproto udp sport ${3000 + i} dport 7`),
          ) as { dev: string }[];
          return way.dev;
        }),
      );
      expect([...devices].sort()).toEqual(["eth0", "eth1"]);
    }
    expect(host.ok(PROGRAM, "verify")).toContain("flows are as planned");
  });

  test("twice is once, and what somebody does to FRR is drift, and healed", async () => {
    const before = [dump(net.h), found()];
    const watcher = await monitor(net.h);
    host.ok(PROGRAM, "apply");
    await settle(watcher);
    expect(await watcher.stop()).toBe("");
    expect([dump(net.h), found()]).toEqual(before);
    net.h.ok("sh", "-c", "echo 'hostname other' >>/etc/frr/frr.conf");
    expect(host.ok(PROGRAM, "status")).toContain("drift: yes");
    const { status, stdout } = host.run(PROGRAM, "verify");
    expect([status, stdout]).toEqual([1, expect.stringContaining("FRR does not run with the configuration")]);
    host.ok(PROGRAM, "apply");
    expect(found()).toBe(before[1]);
    expect(host.ok(PROGRAM, "status")).toContain("drift: no");
    await net.converge(2);
  });

  test("what the units are able to do is enough to put it in force with FRR running, as at boot", async () => {
    net.h.ip(`addr del ${ID4}/32 dev lo`);
    net.h.ip("rule flush protocol 77");
    try {
      host.shell = shellAble(["CAP_NET_ADMIN"]);
      expect(host.run(PROGRAM, "apply").status).toBe(1);
      host.shell = unitShell(SPEC);
      host.ok(PROGRAM, "apply");
    } finally {
      host.shell = DASH;
    }
    expect(host.ok(PROGRAM, "verify")).toContain("flows are as planned");
    await net.converge(2);
  });

  test("survives the silent loss of a link, which connections of that link's own address do not", async () => {
    const before = ["eth0", "eth1"].map((d) => net.sent(d));
    await eventually(
      () => net.h.vtysh("show bfd peers"),
      20,
      () => net.sessions() === 4,
    );
    const flows = await both();
    const control = [
      await startFlows(net.f, CORE4, "10.1.0.10", CONTROL),
      await startFlows(net.f, CORE6, "fd00:a::10", CONTROL),
    ];
    await sleep(3000);
    const carried = ["eth0", "eth1"].map((d, i) => net.sent(d) - before[i]);
    net.cut(net.r1);
    await sleep(6000);
    const [[v4, v6], [own4, own6]] = [await end(flows), await end(control)];
    net.mend(net.r1);
    tell(
      `a link of two cut silently after it had carried ${carried[0]} of ${carried[0] + carried[1]} packets`,
      v4,
      v6,
    );
    // Of 6000 answers, with chance choosing a link for each flow.
    expect(Math.min(...carried)).toBeGreaterThan(600);
    for (const { udp, tcp } of [v4, v6]) {
      expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
      expect(udp.lost).toBeLessThan(udp.sent / 3);
      expect(udp.lost).toBeGreaterThan(0);
    }
    for (const { tcp } of [own4, own6]) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => false));
    await net.converge(2);
    gaps = [v4.udp.gap, v6.udp.gap];
  }, 120_000);

  test("is seen by BFD, without which it takes as long as the dead interval", async () => {
    for (const [node, device] of LINKS) net[node].vtysh(...bfd(device, false));
    await eventually(
      () => net.h.vtysh("show bfd peers"),
      20,
      () => net.sessions() === 2,
    );
    await net.converge(2);
    const flows = await both();
    await sleep(2000);
    net.cut(net.r1);
    await sleep(8000);
    const [v4, v6] = await end(flows);
    net.mend(net.r1);
    for (const [node, device] of LINKS) net[node].vtysh(...bfd(device, true));
    tell("the same without BFD", v4, v6);
    [v4, v6].forEach(({ udp }, i) => {
      // The last sign of life is at most a second old at the cut, and neighbours are given up after four.
      expect(udp.gap).toBeGreaterThan(2500);
      expect(gaps[i]).toBeLessThan(udp.gap);
    });
    await net.converge(2);
  }, 120_000);

  test("loses nothing when a link is drained before it is taken away", async () => {
    const full = overflows(net.f, net.h);
    const flows = await both();
    await sleep(2000);
    // First the router, so that nothing comes in by it; by just one, so that it still delivers what it has got.
    net.r1.vtysh(...drain("toh", 11));
    net.h.vtysh(...drain("eth0", 1001));
    await net.converge(1);
    await sleep(1000);
    const before = net.sent("eth0");
    await sleep(1000);
    const left = net.sent("eth0") - before;
    net.cut(net.r1);
    await sleep(5000);
    const [v4, v6] = await end(flows);
    tell(`a link drained, then cut (${left} packets a second were left on it)`, v4, v6);
    expect(v4.udp.lost + v6.udp.lost - (overflows(net.f, net.h) - full)).toBe(0);
    for (const { tcp } of [v4, v6]) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
    // Signs of life alone: hello and BFD.
    expect(left).toBeLessThan(60);
    net.mend(net.r1);
    net.r1.vtysh(...drain("toh", 10));
    net.h.vtysh(...drain("eth0", 1000));
    await net.converge(2);
  });

  test("fails closed when the last link is lost, and is back with the first that returns", async () => {
    const astray = net.sent("eth2");
    const flows = await both();
    net.cut(net.r1);
    net.cut(net.r2);
    await net.converge(0);
    // The host's other default routes are there, and not for the identity.
    for (const [family, to, own] of [
      [4, CORE4, ID4],
      [6, CORE6, ID6],
    ] as const) {
      expect(net.h.ip(`-${family} route show default`)).toContain("dev eth2");
      const { status, stderr, stdout } = net.h.run(["ip", `-${family}`, "route", "get", to, "from", own]);
      expect([status, stderr + stdout]).toEqual([2, expect.stringContaining("unreachable")]);
      const ping = net.h.run(["ping", `-${family}`, "-c3", "-W1", "-i0.2", "-I", own, to]);
      expect([ping.status, ping.stderr + ping.stdout]).not.toEqual([0, expect.anything()]);
    }
    expect(host.ok(PROGRAM, "verify")).toContain("flows are as planned");
    expect(net.sent("eth2") - astray).toBeLessThan(10);
    net.mend(net.r2);
    const back = await net.converge(1);
    await sleep(3000);
    const [v4, v6] = await end(flows);
    tell(`both links lost, and one back: service again ${back} ms after it was mended`, v4, v6);
    for (const { tcp } of [v4, v6]) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
    net.mend(net.r1);
    await net.converge(2);
  }, 120_000);

  test("removal leaves no trace, of FRR neither", async () => {
    host.ok(PROGRAM, "remove");
    await eventually(
      () => dump(net.h),
      10,
      () => dump(net.h) === pristine,
    );
    expect(found()).toBe(files);
    expect(net.h.run(["sh", "-c", "kill -0 $(cat /run/frr/zebra.pid)"]).status).not.toBe(0);
  });
});

/** The two ends of a link. */
const LINKS = [
  ["h", "eth0"],
  ["r1", "toh"],
] as const;

function bfd(device: string, on: boolean): string[] {
  const each = (ospf: string): string[] =>
    on ? [`${ospf} bfd`, `${ospf} bfd profile multihome`] : [`no ${ospf} bfd`];
  return ["configure", `interface ${device}`, ...each("ip ospf"), ...each("ipv6 ospf6")];
}

function drain(device: string, cost: number): string[] {
  return ["configure", `interface ${device}`, `ip ospf cost ${cost}`, `ipv6 ospf6 cost ${cost}`];
}
