import { overflows } from "../support/flood";
import { describeWithFrr } from "../support/frr";
import { sleep } from "../support/netns";
import { slowness } from "../support/slowness";
import { ProgramHost, program } from "../support/program";
import { HostModel, IdentityProtocol } from "../../../lib/model";
import { endFlows, serveFlows, startFlows } from "./flows";
import { CORE4, CORE6, ID4, ID6, IdentityNetwork, identityHost } from "./network";
import { tell } from "./tell";

/** One neighbour known by its link alone, the other by its addresses. */
const SPEC = identityHost(
  {
    protocol: IdentityProtocol.Bgp,
    asn: 65077,
    peers: [
      { interface: "front", asn: 65001 },
      { interface: "back", asn: 65002, address: "10.2.0.1" },
      { interface: "back", asn: 65002, address: "fd00:b::1" },
    ],
  },
  { hostModel: HostModel.Strong },
);
const PROGRAM = program(SPEC);
const FLOWS = { udp: 40, tcp: 10 };

describeWithFrr("an identity announced by BGP, under the strong host model", () => {
  const net = new IdentityNetwork("idbgp");
  let host: ProgramHost;

  beforeAll(async () => {
    await net.build();
    net.startRouters(SPEC);
    host = new ProgramHost(net.h);
    host.ok(PROGRAM, "apply");
    await net.converge(2);
    await serveFlows(net.h, ID4, ID6);
  });
  afterAll(async () => {
    host?.destroy();
    await net.destroy();
  });

  test("is reached by both links, and nothing else of the host's is announced", () => {
    expect(host.ok(PROGRAM, "verify")).toContain("flows are as planned");
    const heard = JSON.parse(net.r2.vtysh("show bgp ipv4 unicast neighbors 10.2.0.10 routes json")) as {
      routes: object;
    };
    expect(Object.keys(heard.routes)).toEqual([`${ID4}/32`]);
  });

  test("survives the silent loss of a link", async () => {
    const flows = [await startFlows(net.f, CORE4, ID4, FLOWS), await startFlows(net.f, CORE6, ID6, FLOWS)];
    const before = ["eth0", "eth1"].map((d) => net.sent(d));
    await sleep(3000);
    const carried = ["eth0", "eth1"].map((d, i) => net.sent(d) - before[i]);
    net.cut(net.r1);
    await sleep(6000);
    const [v4, v6] = await Promise.all(flows.map(endFlows));
    net.mend(net.r1);
    tell("BGP, the unnumbered link of two cut silently", v4, v6);
    expect(Math.min(...carried)).toBeGreaterThan(600);
    for (const { udp, tcp } of [v4, v6]) {
      expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
      // Without BFD it would be the hold time, less at most a second since the last sign of life.
      expect(udp.gap).toBeLessThan(3000 * slowness());
      expect(udp.lost).toBeGreaterThan(0);
    }
    await net.converge(2);
  });

  test("loses nothing when a link is drained before it is taken away", async () => {
    const full = overflows(net.f, net.h);
    const flows = [await startFlows(net.f, CORE4, ID4, FLOWS), await startFlows(net.f, CORE6, ID6, FLOWS)];
    await sleep(1000);
    const bgp = ["configure", "router bgp 65077"];
    for (const family of [4, 6]) {
      const peer = "eth0";
      net.h.vtysh(
        ...bgp,
        `address-family ipv${family} unicast`,
        `neighbor ${peer} route-map DRAIN${family} out`,
        `neighbor ${peer} route-map DRAIN in`,
      );
    }
    await net.converge(1);
    await sleep(1000);
    net.cut(net.r1);
    await sleep(5000);
    const [v4, v6] = await Promise.all(flows.map(endFlows));
    net.mend(net.r1);
    tell("BGP, a link drained, then cut", v4, v6);
    expect(v4.udp.lost + v6.udp.lost - (overflows(net.f, net.h) - full)).toBe(0);
    for (const { tcp } of [v4, v6]) expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
  });
});
