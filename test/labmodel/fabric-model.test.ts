import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { CloudState } from "../../lab/cloud/state";
import { fabricOf } from "../../lab/fabric/build";
import { FabricModel } from "../../lab/fabric/model";
import { deviceName, namespaceOf, ownsNamespace } from "../../lab/fabric/names";
import { emptyModel, stepsOf } from "../../lab/fabric/steps";
import { tearDown } from "../../lab/fabric/teardown";
import { World, attach } from "./world";

const copy = <T>(value: T): T => structuredClone(value);

/** Records whose entries come and go one by one in the life of a cloud. */
const RECORDS = [
  "vpcs",
  "subnets",
  "internetGateways",
  "routeTables",
  "securityGroups",
  "networkInterfaces",
  "eips",
  "keyPairs",
  "instances",
] as const satisfies (keyof CloudState)[];

function richCloud(): CloudState {
  const world = new World("lab").twoEnis("key");
  world.keyPair("key", "ssh-ed25519 AAAA");
  const spare = world.eni("eni-0d", 1, 30);
  spare.ipv4Prefixes = ["10.0.1.32/28"];
  spare.ipv6Prefixes = ["2001:db8:e000:1:1::/80"];
  world.routeTable("rtb-0b").routes = [
    { destination: "172.16.0.0/12", target: { kind: "networkInterface", id: "eni-0a" } },
    { destination: "192.168.0.0/16", target: { kind: "blackhole" } },
  ];
  world.cloud.routeTables["rtb-0b"].associations = [{ id: "rtbassoc-0b", subnetId: "subnet-02" }];
  world.securityGroup("sg-0b", [
    { ...copy(world.cloud.securityGroups["sg-0a"].rules[0]), peer: { kind: "securityGroup", id: "sg-0a" } },
  ]);
  spare.securityGroups = ["sg-0a", "sg-0b"];
  return world.cloud;
}

const cloudParts = RECORDS.flatMap((record) =>
  Object.keys(richCloud()[record]).map((id) => [record, id] as const),
);

function withoutParts(parts: readonly (readonly [(typeof RECORDS)[number], string])[]): CloudState {
  const cloud = richCloud();
  for (const [record, id] of parts) delete cloud[record][id];
  return cloud;
}

/** Devices of a namespace, by its links. */
function devicesOf(model: FabricModel, namespace: string): string[] {
  const ends = Object.values(model.links).flatMap((link) => link.ends);
  return ["lo", ...ends.filter((end) => end.namespace === namespace).map((end) => end.device)];
}

describe("the fabric's model", () => {
  it("does not depend on the order of the cloud's records: nothing is done for another order", () => {
    const expected = fabricOf(richCloud());
    const orders = fc.tuple(
      ...RECORDS.map((record) => {
        const entries: [string, unknown][] = Object.entries(richCloud()[record]);
        return fc.shuffledSubarray(entries, { minLength: entries.length });
      }),
    );
    fc.assert(
      fc.property(orders, (shuffled) => {
        const cloud = richCloud();
        RECORDS.forEach((record, i) => Object.assign(cloud, { [record]: Object.fromEntries(shuffled[i]) }));
        expect(stepsOf(expected, fabricOf(cloud))).toEqual([]);
      }),
    );
  });

  it("can be made of every part of a cloud, and refers to nothing that is not in it", () => {
    fc.assert(
      fc.property(fc.subarray(cloudParts), (removed) => {
        const model = fabricOf(withoutParts(removed));
        for (const { ends } of Object.values(model.links)) {
          for (const { namespace, device } of ends) {
            expect(Object.keys(model.namespaces)).toContain(namespace);
            expect(device.length).toBeLessThanOrEqual(15);
          }
        }
        for (const [name, { objects }] of Object.entries(model.namespaces)) {
          const devices = devicesOf(model, name);
          for (const { add, device } of Object.values(objects)) {
            const words = add.split(" ");
            const mentioned = words.includes("dev") ? words[words.indexOf("dev") + 1] : device;
            if (mentioned !== undefined) expect(devices).toContain(mentioned);
          }
        }
        for (const { namespace } of Object.values(model.servers)) {
          expect(Object.keys(model.namespaces)).toContain(namespace);
        }
      }),
    );
  });

  it("gives an instance the routes of a DHCP client: by metric, secondary addresses not configured", () => {
    const world = new World("lab").twoEnis();
    world.cloud.networkInterfaces["eni-0a"].privateIps.push("10.0.1.11");
    const { objects } = fabricOf(world.cloud).namespaces["lab-i-0a"];
    const lines = Object.values(objects).map(({ add }) => add);
    expect(lines).toContain("address replace 10.0.1.10/24 dev ens5 broadcast + metric 512");
    expect(lines).toContain(
      "route replace default via 10.0.2.1 dev ens6 proto dhcp src 10.0.2.10 metric 513",
    );
    expect(lines).toContain("route replace default via fe80:ec2::1 dev ens6 proto ra metric 513");
    expect(lines.join("\n")).not.toContain("10.0.1.11");
  });

  it("has connections of the operator's end that are cut, after the minutes in which those of Go's clients do", () => {
    const { sysctls } = fabricOf(richCloud()).namespaces["lab-op"];
    const named = ["time", "intvl", "probes"].map((name) => sysctls[`net/ipv4/tcp_keepalive_${name}`]);
    expect(named).toEqual(["15", "15", "9"]);
  });

  it("sends a subnet's traffic by its own route table, and to a missing target nowhere", () => {
    const world = new World("lab").twoEnis();
    const routes = () =>
      Object.values(fabricOf(world.cloud).namespaces["lab-vpc-0a"].objects).map(({ add }) => add);
    const toGateway = /^route replace 0\.0\.0\.0\/0 via 169\.254\.0\.2 dev igw onlink table \d+$/;
    expect(routes().filter((line) => toGateway.test(line))).toHaveLength(1);

    world.cloud.internetGateways["igw-0a"].vpcId = undefined;
    expect(routes().filter((line) => toGateway.test(line))).toHaveLength(0);
    expect(
      routes().filter((line) => /^route replace blackhole 0\.0\.0\.0\/0 table \d+$/.test(line)),
    ).toHaveLength(1);

    world.routeTable("rtb-0b").associations = [{ id: "rtbassoc-0b", subnetId: "subnet-02" }];
    expect(routes().filter((line) => line.startsWith("rule add pref 200")).length).toBe(6);
    const tables = new Set(
      routes().flatMap((line) => /^rule add pref 200 .* lookup (\d+)$/.exec(line)?.[1] ?? []),
    );
    expect(tables.size).toBe(2);
  });

  it("refuses what is not written as an address, a prefix, a MAC address or an id, all at once", () => {
    const world = new World("lab").twoEnis();
    const { cloud } = world;
    cloud.routeTables["rtb-0a"].routes[0].destination = "0.0.0.0/0\nroute flush table main";
    cloud.networkInterfaces["eni-0a"].privateIps = ["10.0.1.010"];
    cloud.networkInterfaces["eni-0b"].macAddress = "02:00:00:00:00:0B";
    cloud.securityGroups["sg-0a"].rules[0].peer = { kind: "cidr", cidr: "10.0.0.1/8" };
    cloud.securityGroups["sg-0a"].rules[1].protocol = "tcp accept; drop";
    cloud.subnets["subnet-02"].cidrBlock = "2001:db8::/64";
    const message = messageOf(() => fabricOf(cloud));
    for (const path of [
      "routeTables.rtb-0a.routes[0].destination",
      "networkInterfaces.eni-0a.privateIps[0]",
      "networkInterfaces.eni-0b.macAddress",
      "securityGroups.sg-0a.rules[0].peer.cidr",
      "securityGroups.sg-0a.rules[1].protocol",
      "subnets.subnet-02.cidrBlock",
    ]) {
      expect(message).toContain(`${path}: got `);
    }
  });
});

describe("steps from one cloud to another", () => {
  const model = (change?: (world: World) => void): FabricModel => {
    const world = new World("lab").twoEnis();
    change?.(world);
    return fabricOf(world.cloud);
  };

  it("are none when nothing changed, also after a record was written and read", () => {
    expect(stepsOf(JSON.parse(JSON.stringify(model())) as FabricModel, model())).toEqual([]);
  });

  it("for an address added to an ENI are its port's address sets and one route of its VPC's router", () => {
    const after = model((world) => world.cloud.networkInterfaces["eni-0b"].privateIps.push("10.0.2.12"));
    const steps = stepsOf(model(), after);
    expect(steps.map(({ tool, namespace }) => [tool, namespace])).toEqual([
      ["nft", "lab-eni-0b"],
      ["ip -4", "lab-vpc-0a"],
    ]);
    expect(steps[0].lines).toEqual([
      "flush set arp port own4",
      "add element arp port own4 { 10.0.2.10/32, 10.0.2.12/32 }",
      "flush set inet port own4",
      "add element inet port own4 { 10.0.2.10/32, 10.0.2.12/32 }",
    ]);
    expect(steps[1].lines).toEqual([
      expect.stringMatching(
        /^route replace 10\.0\.2\.12\/32 via 169\.254\.0\.2 dev p[0-9a-f]{12} onlink table 100$/,
      ),
    ]);
  });

  it("for a changed security group touch the groups' chains alone", () => {
    const after = model((world) => world.cloud.securityGroups["sg-0a"].rules.splice(0, 1));
    const steps = stepsOf(model(), after);
    expect(steps.map(({ tool }) => tool)).toEqual(["nft", "nft", "nft"]);
    for (const { lines } of steps) expect(lines[0]).toBe("flush chain inet port ingress");
    for (const { lines } of steps) expect(lines.join("\n")).not.toMatch(/delete|set|counter|egress|forward/);
  });

  it("for a detached ENI unplug it explicitly and touch nothing of the other ENI", () => {
    const after = model((world) => delete world.cloud.networkInterfaces["eni-0b"].attachment);
    const steps = stepsOf(model(), after);
    expect(steps.find(({ stage }) => stage === "unlink")).toMatchObject({
      namespace: "lab-eni-0b",
      lines: ["link del instance"],
    });
    expect(steps.filter(({ namespace }) => namespace === "lab-i-0a")).toEqual([]);
    expect(steps.filter(({ namespace }) => namespace === "lab-eni-0a")).toEqual([]);
  });

  it("for an EIP that is moved change the translation in one transaction", () => {
    const after = model((world) => {
      world.cloud.eips["eipalloc-11"].association = {
        id: "eipassoc-x",
        networkInterfaceId: "eni-0c",
        privateIp: "10.0.2.20",
      };
    });
    expect(stepsOf(model(), after).map(({ tool, namespace }) => [tool, namespace])).toEqual([
      ["nft", "lab-vpc-0a"],
    ]);
  });

  it("that make everything unmake everything: what is added in all is removed or goes with its namespace", () => {
    const made = stepsOf(emptyModel("lab"), model());
    const unmade = stepsOf(model(), emptyModel("lab"));
    const names = (steps: typeof made, verb: string) =>
      steps
        .flatMap(({ lines }) => lines.filter((line) => line.startsWith(`netns ${verb} `)))
        .map((l) => l.slice(10));
    expect(names(unmade, "del").sort()).toEqual(names(made, "add").sort());
    expect(unmade.every(({ stage }) => stage === "namespaces")).toBe(true);
  });

  it("after an interruption make all again, tolerantly, and remove what only the interrupted state had", () => {
    const wanted = model((world) => {
      world.eni("eni-0d", 1, 30);
      world.cloud.networkInterfaces["eni-0b"].privateIps.push("10.0.2.12");
    });
    const steps = stepsOf(model(), model(), { interrupted: wanted, missing: new Set() });
    expect(steps.every(({ tolerant }) => tolerant)).toBe(true);
    const lines = steps.flatMap((step) => step.lines);
    expect(lines).toContain("netns del lab-eni-0d");
    expect(lines).toContain("netns add lab-eni-0a");
    expect(lines).toContain("route del 10.0.2.12/32 table 100");
  });

  it("for a namespace that is gone unplug what was plugged into it, at the end that is there", () => {
    const steps = stepsOf(model(), model(), { missing: new Set(["lab-eni-0b"]) });
    const unplugged = steps
      .filter(({ stage }) => stage === "unlink")
      .map(({ namespace, lines }) => [namespace, lines]);
    expect(unplugged).toEqual([
      ["lab-vpc-0a", [expect.stringMatching(/^link del p[0-9a-f]{12}$/)]],
      ["lab-i-0a", ["link del ens6"]],
    ]);
  });

  it("for an ENI moved to another instance remove the link before they make it again", () => {
    const after = model((world) => attach(world.cloud.networkInterfaces["eni-0b"], "i-0c", 1));
    const steps = stepsOf(model(), after);
    const stages = steps.map(({ stage }) => stage);
    expect(stages.indexOf("unlink")).toBeLessThan(stages.indexOf("links"));
    const links = steps.find(({ stage }) => stage === "links");
    expect(links?.lines[0]).toContain("peer name ens6");
    expect(links?.lines[0]).toMatch(/netns lab-i-0c$/);
  });
});

describe("names", () => {
  it("never make one lab's namespace another's", () => {
    const kinds = ["internet", "operator", "vpc", "networkInterface", "instance", "container"] as const;
    const ids: Record<string, string> = {
      vpc: "vpc-0a",
      networkInterface: "eni-0a",
      instance: "i-0a",
      container: "i-0a",
    };
    const labs = ["a", "a-b", "a-i", "a-vpc", "a-eni", "a-op", "a-inet", "a-i-0a", "i"].filter(
      (l) => l.length <= 8,
    );
    for (const lab of labs) {
      for (const other of labs) {
        for (const kind of kinds) {
          expect(ownsNamespace(other, namespaceOf(lab, kind, ids[kind]))).toBe(other === lab);
        }
      }
    }
  });

  it("are refused for what could not be found again by name", () => {
    expect(() => namespaceOf("../x", "operator")).toThrow('lab: got "../x"');
    expect(() => namespaceOf("toolongname", "operator")).toThrow("1 to 8");
    expect(() => namespaceOf("lab", "instance", "i-xyz")).toThrow("id of the instance");
    expect(() => namespaceOf("lab", "instance")).toThrow("id of the instance");
  });

  it("are refused where files are removed with a lab: nothing but a lab's goes", async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "lab-names-"));
    const labDir = path.join(directory, "labs");
    const kept = path.join(directory, "kept");
    try {
      for (const one of [labDir, kept]) fs.mkdirSync(one);
      for (const name of ["..", ".", "", "../kept", kept]) {
        await expect(tearDown(name, { labDir })).rejects.toThrow(`lab: got ${JSON.stringify(name)}`);
      }
      expect(fs.readdirSync(directory).sort()).toEqual(["kept", "labs"]);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it("of devices are those of Nitro instances and do not move when another ENI goes", () => {
    expect([deviceName(0, 0), deviceName(0, 1), deviceName(0, 14), deviceName(1, 0)]).toEqual([
      "ens5",
      "ens6",
      "ens19",
      "ens105",
    ]);
  });
});

function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("did not throw");
}
