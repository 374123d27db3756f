import { HostModel, HostSpec } from "../../../lib/model";
import { describeWithFrr, eventually } from "../support/frr";
import { endFlood, lost, overflows, startFlood } from "../support/flood";
import { Background, Namespace, Outcome, RunOptions, sleep, worldNames } from "../support/netns";
import { ProgramHost, program } from "../support/program";
import { endFlows, serveFlows, startFlows } from "./flows";
import { CORE4, CORE6, ID4, ID6, IdentityNetwork, STUB, identityHost } from "./network";
import { tell } from "./tell";

/** Plans alternate under load while FRR announces the identity: once with it alone, once with every other option too. */
const APPLIES = Number(process.env.APPLIES ?? 2);
const { side: SIDE } = worldNames("idlw", ["side"]);

/** The third link is in a world of its own. */
function host(extra: boolean): HostSpec {
  const spec = identityHost(STUB, {
    worlds: [{ name: SIDE, kind: "netns", interfaces: ["side"] }],
    ...(extra && {
      hostModel: HostModel.Strong,
      virtualAddresses: ["192.0.2.99"],
      traffic: [{ name: "bulk", to: ["198.18.0.0/15"], use: ["back", "front"] }],
    }),
  });
  const [front, back] = spec.interfaces;
  const side = {
    name: "side",
    match: { ifname: "eth2" },
    addresses: ["10.9.0.10/24", "fd00:9::10/64", ...(extra ? ["10.9.0.11/24"] : [])],
    gateways: ["10.9.0.1", "fd00:9::1"],
  };
  const more = extra ? ["10.1.0.11/24", "fd00:a::11/64"] : [];
  return { ...spec, interfaces: [{ ...front, addresses: [...front.addresses!, ...more] }, back, side] };
}

/** A world that is known where its host's files are, and nowhere else. */
class World extends Namespace {
  constructor(
    private readonly host: () => Namespace,
    name: string,
  ) {
    super(name);
  }

  run(argv: readonly string[], options: RunOptions = {}): Outcome {
    return this.host().run(["ip", "netns", "exec", this.name, ...argv], options);
  }

  start(argv: readonly string[], options: Pick<RunOptions, "env"> = {}): Background {
    return this.host().start(["ip", "netns", "exec", this.name, ...argv], options);
  }
}

describeWithFrr("an identity under changes", () => {
  const net = new IdentityNetwork("idload");
  const world = new World(() => net.h, SIDE);
  let machine: ProgramHost;

  beforeAll(async () => {
    await net.build();
    net.startRouters(host(false));
    machine = new ProgramHost(net.h);
    machine.ok(program(host(false)), "apply");
    await net.converge(2);
    await serveFlows(net.h, ID4, ID6);
    await serveFlows(net.m, "10.9.0.1", "fd00:9::1");
  }, 60_000);
  afterAll(async () => {
    await world.destroy();
    machine?.destroy();
    await net.destroy();
  });

  /** From where OSPFv2 speaks to the first router, within two of its hellos; longer where it is to speak from more. */
  async function speakers(count: number): Promise<string[]> {
    const set = "set heard { type ipv4_addr; size 99; flags dynamic; }";
    const chain = `chain in { type filter hook ingress device "toh" priority 0; ip protocol 89 add @heard { ip saddr }; }`;
    const input = `table netdev speakers {\n${set}\n${chain}\n}\n`;
    expect(net.r1.run(["nft", "-f", "-"], { input })).toMatchObject({ status: 0 });
    const heard = (): string[] => {
      const text = net.r1.ok("nft", "list", "set", "netdev", "speakers", "heard");
      const elements = /elements = \{ (.*?) \}/s.exec(text)?.[1];
      // The kernel lists an element twice when it makes room for more of them meanwhile.
      return elements === undefined ? [] : [...new Set(elements.split(/,\s*/))].sort();
    };
    await sleep(2500);
    await eventually(
      () => heard().join(" "),
      20,
      () => heard().length >= count,
    );
    const all = heard();
    net.r1.ok("nft", "delete", "table", "netdev", "speakers");
    return all;
  }

  test(`${APPLIES} applies in turn of two plans, each twice: service goes on, by both links`, async () => {
    const plans = [program(host(false)), program(host(true))];
    const all = [net.h, net.f, net.m, world];
    const before = overflows(...all);
    const flows = await Promise.all([
      startFlows(net.f, CORE4, ID4, { udp: 40, tcp: 5 }),
      startFlows(net.f, CORE6, ID6, { udp: 40, tcp: 5 }),
      startFlows(world, "10.9.0.10", "10.9.0.1", { udp: 4, tcp: 2 }),
      startFlows(world, "fd00:9::10", "fd00:9::1", { udp: 4, tcp: 2 }),
    ]);
    const carried: number[] = [];
    try {
      for (let i = 1; i <= APPLIES; i++) {
        const sent = ["eth0", "eth1"].map((device) => net.sent(device));
        machine.ok(plans[i % 2], "apply");
        machine.ok(plans[i % 2], "apply");
        carried.push(...["eth0", "eth1"].map((device, j) => net.sent(device) - sent[j]));
      }
    } catch (error) {
      await Promise.all(flows.map((flow) => flow.stop()));
      throw error;
    }
    const results = await Promise.all(flows.map(endFlows));
    tell(`${2 * APPLIES} applies of plans with every option under load`, results[0], results[1]);
    tell("its world in the meantime", results[2], results[3]);
    const missing = results.reduce((sum, { udp }) => sum + udp.lost, 0);
    expect(missing - (overflows(...all) - before)).toBe(0);
    for (const { udp, tcp } of results) {
      expect(udp.sent).toBeGreaterThan(300);
      expect(tcp.map((t) => t.alive)).toEqual(tcp.map(() => true));
    }
    expect(Math.min(...carried)).toBeGreaterThan(100);
    machine.ok(plans[0], "verify");
  }, 120_000);

  test("nor do the links' own addresses lose anything, or leave by the other link", async () => {
    machine.ok(program(host(false)), "apply");
    await serveFlows(net.f, CORE4, CORE6);
    const sources = ["10.1.0.10", "10.2.0.10", "fd00:a::10", "fd00:b::10"];
    const input = `table inet watch {
      counter wrong { }
      chain out {
        type filter hook postrouting priority 0;
        oifname "eth0" ip saddr 10.2.0.0/24 counter name wrong
        oifname "eth1" ip saddr 10.1.0.0/24 counter name wrong
        oifname "eth0" ip6 saddr fd00:b::10 counter name wrong
        oifname "eth1" ip6 saddr fd00:a::10 counter name wrong
      }
    }\n`;
    expect(net.h.run(["nft", "-f", "-"], { input })).toMatchObject({ status: 0 });
    const wrong = (): number =>
      Number(/packets (\d+)/.exec(net.h.ok("nft", "list", "counter", "inet", "watch", "wrong"))?.[1]);
    const before = overflows(net.h, net.f);
    const flood = await startFlood(net.h, [CORE4, CORE6], sources);
    machine.ok(program(host(true)), "apply");
    machine.ok(program(host(false)), "apply");
    const result = await endFlood(flood);
    const sent = Object.values(result).reduce((sum, one) => sum + one.sent, 0);
    const none = lost(result) - (overflows(net.h, net.f) - before);
    process.stdout.write(
      `identity, the links' own addresses meanwhile: ${none} of ${sent} lost, ${wrong()} by the other link\n`,
    );
    expect([none, wrong()]).toEqual([0, 0]);
    expect(sent).toBeGreaterThan(1000);
    // Control: a rule in front of all leads one of them to the other link.
    net.h.ip("route add default via 10.1.0.1 dev eth0 table 9");
    net.h.ip("rule add priority 1 from 10.2.0.10 lookup 9");
    await endFlood(await startFlood(net.h, [CORE4, CORE6], ["10.2.0.10"]));
    net.h.ip("rule del priority 1");
    net.h.ip("route flush table 9");
    expect(wrong()).toBeGreaterThan(50);
    net.h.ok("nft", "delete", "table", "inet", "watch");
  }, 60_000);

  test("OSPF speaks from one address of a link, however many it has; control: untold which, from all", async () => {
    machine.ok(program(host(true)), "apply");
    expect(net.h.ip("-4 addr show dev eth0")).toContain("10.1.0.11");
    expect(await speakers(1)).toEqual(["10.1.0.10"]);
    const area = `ip ospf area ${STUB.stubArea}`;
    const eth0 = ["configure", "interface eth0"];
    net.h.vtysh(...eth0, `no ${area} 10.1.0.10`, area);
    expect(await speakers(2)).toEqual(["10.1.0.10", "10.1.0.11"]);
    net.h.vtysh(...eth0, `no ${area}`, `${area} 10.1.0.10`);
    await net.converge(2);
  });

  test("control: taking the address away and adding it again loses packets", async () => {
    const flows = await startFlows(net.f, CORE4, ID4, { udp: 40, tcp: 0 });
    net.h.ip(`addr del ${ID4}/32 dev lo`);
    await sleep(200);
    net.h.ip(`addr add ${ID4}/32 dev lo`);
    expect((await endFlows(flows)).udp.lost).toBeGreaterThan(0);
  });
});
