import { spawnSync } from "node:child_process";
import { addContainer, inNamespace } from "../../lab/fabric";
import { caughtBy } from "../../lab/traffic";
import { attach, rule } from "../labmodel/world";
import { BY_HAND, BY_HAND_V6, TestLab, describeFabric, namespacesLike } from "./support/fabric";

jest.setTimeout(60_000);

describeFabric("a host with two ENIs, as its DHCP client left it", () => {
  const lab = new TestLab("a");
  const { cloud } = lab.world.twoEnis();
  beforeAll(() => lab.realize());
  afterAll(() => lab.tearDown());

  const toA = lab.fromInternet("198.51.100.10", "10.0.1.10");
  const toB = lab.fromInternet("198.51.100.11", "10.0.2.10");
  const netBtoA = lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.1.10");
  const netBtoB = lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.10");
  const v6toA = { ...toA, from: "2001:db8:ffff::5", to: "2001:db8:e000:1::10", listen: undefined };
  const v6toB = { ...toB, from: "2001:db8:ffff::5", to: "2001:db8:e000:2::10", listen: undefined };

  it("answers at A and not at B, by every protocol and in both families, and the source check says why", async () => {
    const flows = (["udp", "tcp", "icmp"] as const).flatMap((protocol) =>
      [toA, netBtoB, v6toA, toB, netBtoA, v6toB].map((flow) => ({ ...flow, protocol })),
    );
    const results = await lab.try(...flows);
    const expected = [true, true, true, false, false, false];
    expect(results.map(({ ok }) => ok)).toEqual([...expected, ...expected, ...expected]);
    const counters = await lab.counters();
    expect(results.filter(({ ok }) => !ok).map(({ flow }) => caughtBy(flow, counters))).toEqual(
      Array(3).fill(["source check of eni-0a", "source check of eni-0b", "source check of eni-0a"]).flat(),
    );
    const { "eni-0a": a, "eni-0b": b, "eni-0c": c } = counters.networkInterfaces;
    expect(a.sourceCheckDrops.reason).toMatch(/^(10\.0\.2\.10|2001:db8:e000:2::10) to .* left by eni-0a/);
    expect(b.sourceCheckDrops.flows).toEqual([
      { source: "10.0.1.10", destination: "10.0.2.20", packets: b.sourceCheckDrops.packets },
    ]);
    expect(c.sourceCheckDrops.packets).toBe(0);
    for (const { destCheckDrops, securityGroupDrops } of [a, b, c]) {
      expect([destCheckDrops.packets, securityGroupDrops.packets]).toEqual([0, 0]);
    }
  });

  it("tells servers its own address inside the VPC, and its Elastic IP outside", async () => {
    const out = {
      client: lab.at("i-0a"),
      server: lab.at("inet"),
      to: "203.0.113.6",
      protocol: "tcp",
    } as const;
    const [result] = await lab.try(out);
    expect(result).toMatchObject({ ok: true, local: "10.0.1.10", seen: "198.51.100.10" });
    expect(await lab.try(netBtoB)).toMatchObject([{ seen: "10.0.2.20" }]);
  });

  it("answers everywhere with a table a source", async () => {
    lab.ip("i-0a", 4, ...BY_HAND);
    lab.ip("i-0a", 6, ...BY_HAND_V6);
    expect(await lab.works(toA, toB, netBtoA, netBtoB, v6toA, v6toB)).toEqual(Array(6).fill(true));
  });

  it("is left alone when the cloud is realized again: no command runs", async () => {
    expect(await lab.realize()).toBe(0);
    expect(await lab.works(toB)).toEqual([true]);
  });

  it("takes an address for an ENI with two commands, and loses no packet of a 1 kHz flow", async () => {
    await lab.agents.in(lab.at("i-0a")).serve("udp", "10.0.2.10", 9000);
    const flood = lab.agents.in(lab.at("inet")).flood({
      from: "203.0.113.5",
      to: "198.51.100.11",
      port: 9000,
      rate: 1000,
      duration: 20_000,
    });
    cloud.networkInterfaces["eni-0b"].privateIps.push("10.0.2.12");
    expect(await lab.realize()).toBe(2);
    expect(lab.commands.map((command) => command.replace(/.*\b(nft|ip) .*/, "$1")).sort()).toEqual([
      "ip",
      "nft",
    ]);
    cloud.securityGroups["sg-0a"].rules.push(rule("ingress", "192.0.2.0/24", "tcp", [1, 1]));
    expect(await lab.realize()).toBe(3);
    await flood.halt();
    const report = await flood.report;
    expect(report).toMatchObject({ lost: 0, errors: {}, seen: ["203.0.113.5"] });
    expect(report.sent).toBeGreaterThan(0);

    lab.ip("i-0a", 4, "address add 10.0.2.12/32 dev ens6", "rule add pref 7003 from 10.0.2.12 lookup 7002");
    expect(await lab.works(lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.12"))).toEqual([true]);
  });

  it("delivers a delegated prefix whole, and takes it back", async () => {
    cloud.networkInterfaces["eni-0b"].ipv4Prefixes = ["10.0.2.64/28"];
    await lab.realize();
    lab.ip("i-0a", 4, "address add 10.0.2.70/32 dev lo", "rule add pref 7004 from 10.0.2.64/28 lookup 7002");
    const flow = lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.70");
    expect(await lab.works(flow)).toEqual([true]);
    cloud.networkInterfaces["eni-0b"].ipv4Prefixes = [];
    await lab.realize();
    expect(await lab.works(flow)).toEqual([false]);
  });

  it("answers ARP for the subnet's other hosts, never for its own addresses or another subnet's", () => {
    const answered = (address: string) => {
      const [program, ...args] = inNamespace(lab.at("i-0c"), ["ping", "-c1", "-W1", "-I", "ens5", address]);
      spawnSync(program, args);
      return /lladdr/.test(lab.run("i-0c", "ip", "neighbour", "show", "to", address));
    };
    expect(answered("10.0.2.10")).toBe(true);
    lab.ip("i-0c", 4, "route add 10.0.1.10/32 dev ens5", "route add 10.0.2.20/32 dev ens5 table 7");
    expect(answered("10.0.1.10")).toBe(false);
    lab.ip("i-0c", 4, "route del 10.0.1.10/32 dev ens5");
  });

  it("moves an Elastic IP for every packet at once", async () => {
    const { association } = cloud.eips["eipalloc-11"];
    cloud.eips["eipalloc-11"].association = {
      ...association!,
      networkInterfaceId: "eni-0c",
      privateIp: "10.0.2.20",
    };
    await lab.realize();
    expect(await lab.works(lab.fromInternet("198.51.100.11", "10.0.2.20", "i-0c"))).toEqual([true]);
    cloud.eips["eipalloc-11"].association = undefined;
    await lab.realize();
    expect(await lab.works(lab.fromInternet("198.51.100.11", "10.0.2.20", "i-0c"), toA)).toEqual([
      false,
      true,
    ]);
    const out = {
      client: lab.at("i-0c"),
      server: lab.at("inet"),
      to: "203.0.113.5",
      protocol: "udp",
    } as const;
    expect(await lab.works(out)).toEqual([false]);
    const { internetGateways } = await lab.counters();
    expect(internetGateways["vpc-0a"].reason).toContain(
      "10.0.2.20 to 203.0.113.5 reached the Internet gateway",
    );
    cloud.eips["eipalloc-11"].association = association;
    await lab.realize();
    expect(await lab.works(toB)).toEqual([true]);
  });

  it("sees an ENI come and go, and nothing else change", async () => {
    lab.world.subnet(3);
    lab.world.eni("eni-0e", 3, 10);
    await lab.realize();
    const devices = () =>
      (JSON.parse(lab.run("i-0a", "ip", "-j", "link")) as { ifname: string; address: string }[]).sort(
        (a, b) => (a.ifname < b.ifname ? -1 : 1),
      );
    const routes = () => lab.run("i-0a", "ip", "route", "show", "table", "all");
    const before = routes();
    expect(devices().map(({ ifname }) => ifname)).toEqual(["ens5", "ens6", "lo"]);

    attach(cloud.networkInterfaces["eni-0e"], "i-0a", 2);
    await lab.realize();
    expect(devices().find(({ ifname }) => ifname === "ens7")?.address).toBe(
      cloud.networkInterfaces["eni-0e"].macAddress,
    );
    expect(routes()).toContain("default via 10.0.3.1 dev ens7 proto dhcp src 10.0.3.10 metric 514");

    delete cloud.networkInterfaces["eni-0e"].attachment;
    await lab.realize();
    expect(devices().map(({ ifname }) => ifname)).toEqual(["ens5", "ens6", "lo"]);
    expect(routes()).toBe(before);
    delete cloud.networkInterfaces["eni-0e"];
    await lab.realize();
    expect(namespacesLike(`${lab.name}-eni-0e`)).toEqual([]);
    expect(await lab.works(toA, toB)).toEqual([true, true]);
  });

  it("has a container behind docker0, which goes with it", async () => {
    const container = await addContainer(lab.name, "i-0a", lab.options);
    const out = { client: container, from: "172.17.0.2", server: lab.at("i-0a"), protocol: "udp" } as const;
    const flows = [
      { ...out, to: "172.17.0.1" },
      { ...out, to: "10.0.1.10" },
    ];
    // A table a source and nothing else: replies of a source with a rule miss the bridge.
    expect(await lab.works(...flows)).toEqual([true, false]);
    lab.ip("i-0a", 4, ...BY_HAND.slice(2).map((line) => line.replace("add", "del")));
    expect(await lab.works(...flows)).toEqual([true, true]);
  });
});
