import { caughtBy } from "../../lab/traffic";
import { rule } from "../labmodel/world";
import { BY_HAND, TestLab, describeFabric } from "./support/fabric";

jest.setTimeout(60_000);

describeFabric("security groups", () => {
  const lab = new TestLab("b");
  const { cloud } = lab.world.twoEnis();
  const [eniA, eniB] = ["eni-0a", "eni-0b"].map((id) => cloud.networkInterfaces[id]);
  const ingress = [rule("ingress", "0.0.0.0/0")];
  beforeAll(async () => {
    lab.world.securityGroup("sg-in", ingress);
    lab.world.securityGroup("sg-out", [rule("egress", "0.0.0.0/0")]);
    eniA.securityGroups = ["sg-in"];
    eniB.securityGroups = ["sg-in"];
    await lab.realize();
  });
  afterAll(() => lab.tearDown());

  const toA = lab.fromInternet("198.51.100.10", "10.0.1.10");
  const toB = lab.fromInternet("198.51.100.11", "10.0.2.10");
  const out = { ...lab.between("i-0a", "10.0.1.10", "inet", "203.0.113.5") };

  it("let replies of a connection pass that the same ENI has let in, and no new one out", async () => {
    expect(await lab.works(toA, out)).toEqual([true, false]);
    const { securityGroupDrops } = (await lab.counters()).networkInterfaces["eni-0a"];
    expect(securityGroupDrops.flows).toMatchObject([{ source: "10.0.1.10", destination: "203.0.113.5" }]);
  });

  it("judge a reply that leaves by another ENI as new, by that ENI's groups", async () => {
    eniA.sourceDestCheck = false;
    await lab.realize();
    expect(await lab.works(toB)).toEqual([false]);
    const counters = await lab.counters();
    expect(caughtBy({ ...toB, name: "B" }, counters)).toBe("security groups of eni-0a");
    expect(counters.networkInterfaces["eni-0a"].sourceCheckDrops.packets).toBe(0);

    // With the check off and egress open the reply passes: the fault hides, as on AWS.
    eniA.securityGroups = ["sg-in", "sg-out"];
    await lab.realize();
    expect(await lab.works(toB)).toEqual([true]);
    eniA.sourceDestCheck = true;
    await lab.realize();
    expect(await lab.works(toB)).toEqual([false]);
  });

  it("allow members of a group, and stop when they are none", async () => {
    lab.world.securityGroup("sg-ab", [rule("ingress", "sg-0a", "udp", [7007, 7007])]);
    eniB.securityGroups = ["sg-ab"];
    await lab.realize();
    const fromNeighbour = lab.between("i-0c", "10.0.2.20", "i-0a", "10.0.2.10");
    expect(await lab.works(fromNeighbour, { ...fromNeighbour, protocol: "tcp" })).toEqual([true, false]);
    cloud.networkInterfaces["eni-0c"].securityGroups = ["sg-out"];
    await lab.realize();
    expect(await lab.works(fromNeighbour)).toEqual([false]);
  });
});

describeFabric("two ENIs in one subnet", () => {
  const lab = new TestLab("c");
  const { world } = lab;
  beforeAll(async () => {
    world.eni("eni-0a", 1, 10, ["i-0a", 0]);
    world.eni("eni-0b", 1, 11, ["i-0a", 1]);
    world.eni("eni-0c", 1, 20, ["i-0c", 0]);
    world.instance("i-0a", "eni-0a");
    world.instance("i-0c", "eni-0c");
    await lab.realize();
  });
  afterAll(() => lab.tearDown());

  it("answer at the first, while the second's replies leave by the first, until a rule a source holds them", async () => {
    const flows = ["10.0.1.10", "10.0.1.11"].map((to) =>
      lab.between("i-0c", "10.0.1.20", "i-0a", to, "icmp"),
    );
    expect(await lab.works(...flows)).toEqual([true, false]);
    const { networkInterfaces } = await lab.counters();
    expect(networkInterfaces["eni-0a"].sourceCheckDrops.flows).toMatchObject([
      { source: "10.0.1.11", destination: "10.0.1.20" },
    ]);
    lab.ip(
      "i-0a",
      4,
      "route add 10.0.1.0/24 dev ens6 src 10.0.1.11 table 7002",
      "rule add pref 7002 from 10.0.1.11 lookup 7002",
    );
    expect(await lab.works(...flows)).toEqual([true, true]);
    lab.run(
      "i-0a",
      "sh",
      "-c",
      "for f in all ens5 ens6; do echo 1 > /proc/sys/net/ipv4/conf/$f/rp_filter; done",
    );
    expect(await lab.works(...flows)).toEqual([true, true]);
  });
});

describeFabric("route tables", () => {
  const lab = new TestLab("d");
  const { world } = lab;
  const { cloud } = world.twoEnis();
  beforeAll(() => lab.realize());
  afterAll(() => lab.tearDown());

  it("drop what they have no route for, in the subnets they belong to, and never what is local", async () => {
    cloud.networkInterfaces["eni-0c"].sourceDestCheck = true;
    world.eip(12, "eni-0c");
    world.routeTable("rtb-0b").associations = [{ id: "rtbassoc-0b", subnetId: "subnet-02" }];
    await lab.realize();
    const out = { client: lab.at("i-0c"), from: "10.0.2.20", server: lab.at("inet"), to: "203.0.113.5" };
    const local = lab.between("i-0a", "10.0.1.10", "i-0c", "10.0.2.20");
    const outA = lab.between("i-0a", "10.0.1.10", "inet", "203.0.113.5");
    lab.ip("i-0a", 4, ...BY_HAND);
    expect(await lab.works({ ...out, protocol: "udp" }, local, outA)).toEqual([false, true, true]);
  });

  it("send to an ENI, which refuses what is not its own unless its check is off", async () => {
    const appliance = cloud.networkInterfaces["eni-0a"];
    cloud.routeTables["rtb-0b"].routes = [
      { destination: "172.31.0.0/16", target: { kind: "networkInterface", id: "eni-0a" } },
    ];
    await lab.realize();
    lab.ip("i-0a", 4, "address add 172.31.0.1/32 dev lo", "rule add pref 7005 from 172.31.0.1 lookup 7001");
    const flow = lab.between("i-0c", "10.0.2.20", "i-0a", "172.31.0.1");
    expect(await lab.works(flow)).toEqual([false]);
    const { destCheckDrops } = (await lab.counters()).networkInterfaces["eni-0a"];
    expect(destCheckDrops.flows).toMatchObject([{ source: "10.0.2.20", destination: "172.31.0.1" }]);
    appliance.sourceDestCheck = false;
    await lab.realize();
    expect(await lab.works(flow)).toEqual([true]);
  });
});
