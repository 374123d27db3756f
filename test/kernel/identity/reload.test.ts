import { HostSpec, IdentityProtocol, IdentitySpec } from "../../../lib/model";
import { overflows } from "../support/flood";
import { describeWithFrr } from "../support/frr";
import { sleep } from "../support/netns";
import { ProgramHost, program } from "../support/program";
import { FlowsResult, endFlows, serveFlows, startFlows } from "./flows";
import { CORE4, CORE6, ID4, ID6, IdentityNetwork, STUB, identityHost } from "./network";
import { tell } from "./tell";

/** Changes of an identity's own configuration, which FRR takes while it runs. */

const FLOWS = { udp: 40, tcp: 5 };
/** No loss of a link is to be seen where a busy machine is late. */
const paceOf = ({ bfd }: Partial<IdentitySpec>) => (bfd === false ? {} : { bfdInterval: 300 });
const FRONT = { interface: "front", asn: 65001 };
const BACK4 = { interface: "back", asn: 65002, address: "10.2.0.1" };
const BACK6 = { interface: "back", asn: 65002, address: "fd00:b::1" };
const BGP = { protocol: IdentityProtocol.Bgp, asn: 65077 };

/** A third link at which no router speaks. */
function withThird(spec: HostSpec): HostSpec {
  const third = {
    name: "third",
    match: { ifname: "eth2" },
    addresses: ["10.9.0.10/24", "fd00:9::10/64"],
    gateways: ["10.9.0.1", "fd00:9::1"],
  };
  return { ...spec, interfaces: [...spec.interfaces, third] };
}

class Reloading {
  readonly net: IdentityNetwork;
  machine!: ProgramHost;
  /** Datagrams that full sockets dropped meanwhile. */
  private dropped = 0;

  constructor(
    prefix: string,
    private readonly first: HostSpec,
  ) {
    this.net = new IdentityNetwork(prefix);
  }

  async start(): Promise<void> {
    await this.net.build();
    this.net.startRouters(this.first);
    this.machine = new ProgramHost(this.net.h);
    this.machine.ok(program(this.first), "apply");
    await this.net.converge(2);
    await serveFlows(this.net.h, ID4, ID6);
  }

  async end(): Promise<void> {
    this.machine?.destroy();
    await this.net.destroy();
  }

  /** What FRR runs with, in its own words. */
  running(): string {
    const lines = this.net.h.vtysh("show running-config").split("\n");
    const said = lines.filter((line) => !/^ *!/.test(line)).join("\n");
    return said.replace(/^bfd\nexit\n/m, "");
  }

  /** The daemons' process ids. */
  daemons(): string {
    return this.net.h.ok("sh", "-c", "cat /run/frr/*.pid");
  }

  /** Puts plans in force, one after the other, while flows go on; what became of these. */
  async under(title: string, specs: readonly HostSpec[]): Promise<FlowsResult[]> {
    const { net } = this;
    const full = overflows(net.f, net.h);
    const flows = [await startFlows(net.f, CORE4, ID4, FLOWS), await startFlows(net.f, CORE6, ID6, FLOWS)];
    try {
      for (const spec of specs) {
        this.machine.ok(program(spec), "apply");
        await sleep(2000);
      }
    } catch (error) {
      await Promise.all(flows.map((flow) => flow.stop()));
      throw error;
    }
    const results = await Promise.all(flows.map(endFlows));
    this.dropped = overflows(net.f, net.h) - full;
    tell(title, results[0], results[1]);
    return results;
  }

  lost(results: readonly FlowsResult[]): number {
    return results.reduce((sum, { udp }) => sum + udp.lost, 0) - this.dropped;
  }
}

describeWithFrr("an identity of OSPF, its configuration changed", () => {
  const ospf = (more: Partial<IdentitySpec> = {}): HostSpec =>
    identityHost({ ...STUB, ...paceOf(more), ...more });
  const host = new Reloading("idreload", ospf());
  beforeAll(() => host.start(), 60_000);
  afterAll(() => host.end());

  test("loses nothing by another pace of BFD, nor by a link more, and FRR runs on", async () => {
    const before = host.daemons();
    const third = withThird(ospf({ bfdInterval: 400 }));
    const results = await host.under("OSPF, another bfdInterval, a link more, and back", [
      ospf({ bfdInterval: 500 }),
      third,
      ospf(),
    ]);
    expect(host.daemons()).toBe(before);
    expect(host.lost(results)).toBe(0);
    for (const { tcp } of results) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
  }, 120_000);

  test("all of it changed at once, and back: FRR runs with what it would have read at its start", () => {
    const other = { interfaces: ["front"], bfd: false, keepalive: 2, hold: 9, stubArea: "0.0.0.88" };
    expectAsAtStart(host, [ospf(other), ospf()]);
  });

  test("control: what FRR does not take while it runs, it gets by a new start, which loses packets", async () => {
    await host.net.converge(2);
    const { h } = host.net;
    const before = host.daemons();
    // A vtysh that fails where it loads a file.
    const broken = `#!/bin/sh\ncase "$*" in *next.changes*) exit 1 ;; esac\nexec /usr/bin/vtysh "$@"\n`;
    h.ok("mkdir", "-p", "/run/frr/bin");
    h.write("/run/frr/bin/vtysh", broken);
    h.ok("chmod", "755", "/run/frr/bin/vtysh");
    host.machine.env = { PATH: `/run/frr/bin:${process.env.PATH}` };
    const results = await host.under("OSPF, FRR started anew", [ospf({ bfdInterval: 350 })]);
    host.machine.env = {};
    expect(host.daemons()).not.toBe(before);
    expect(host.running()).toContain("transmit-interval 350");
    expect(host.lost(results)).toBeGreaterThan(0);
  });
});

describeWithFrr("an identity of BGP, its configuration changed", () => {
  const bgp = (more: Partial<IdentitySpec> = {}): HostSpec =>
    identityHost({ ...BGP, ...paceOf(more), peers: [FRONT, BACK4, BACK6], ...more });
  const host = new Reloading("idrebgp", bgp());
  beforeAll(() => host.start(), 60_000);
  afterAll(() => host.end());

  test("loses nothing by another pace of BFD, other timers, or a neighbour more", async () => {
    const before = host.daemons();
    const more = [FRONT, BACK4, BACK6, { interface: "front", asn: 65001, address: "10.1.0.99" }];
    const results = await host.under("BGP, another bfdInterval, other timers, a neighbour more, and back", [
      bgp({ bfdInterval: 500 }),
      bgp({ keepalive: 2, hold: 9 }),
      bgp({ peers: more }),
      bgp(),
    ]);
    expect(host.daemons()).toBe(before);
    expect(host.lost(results)).toBe(0);
    for (const { tcp } of results) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
  }, 120_000);

  test("all of it changed at once, and back: FRR runs with what it would have read at its start", () => {
    const other = [{ interface: "front", asn: 65009 }, BACK4, { ...BACK6, address: "fd00:b::9" }];
    expectAsAtStart(host, [bgp({ bfd: false, keepalive: 2, hold: 9, peers: other }), bgp()]);
  });
});

/** Two configurations, each taken from the other while FRR runs, are what it has after a start with them. */
function expectAsAtStart(host: Reloading, specs: readonly [HostSpec, HostSpec]): void {
  for (const spec of specs) {
    const before = host.daemons();
    host.machine.ok(program(spec), "apply");
    expect(host.daemons()).toBe(before);
    const live = host.running();
    host.net.h.run(["sh", "-c", "exec /usr/lib/frr/frrinit.sh restart >/dev/null 2>&1"]);
    expect(host.daemons()).not.toBe(before);
    expect(host.running()).toBe(live);
  }
}
