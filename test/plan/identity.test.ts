import { BAND, HostModel, HostSpec, IdentityProtocol, SpecError } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { Loose, bgp, host } from "./support/identity";

function problemsOf(spec: HostSpec): string[] {
  try {
    planHost(spec);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.issues.map(({ path, problem }) => `${path.replace("policy.identity", "")}: ${problem}`);
  }
}

describe("an identity", () => {
  test("is on the plan with every default", () => {
    expect(planHost(host({})).identity).toEqual({
      addresses: ["192.0.2.77"],
      protocol: "ospf",
      links: ["back", "front", "old"].map((name) => expect.objectContaining({ interface: name })),
      area: "0.0.0.0",
      peers: [],
      routerId: "192.0.2.77",
      keepalive: 1,
      hold: 4,
      bfdInterval: 100,
    });
    expect(planHost(host({ keepalive: 10, bfd: false, area: "258" })).identity).toMatchObject({
      area: "0.0.1.2",
      hold: 40,
    });
    expect(planHost(host({ bfd: false })).identity).not.toHaveProperty("bfdInterval");
  });

  test("takes the router id of the first address there is when it has no IPv4 itself", () => {
    const plan = planHost(host({ addresses: ["2001:db8:77::1/128"] }));
    expect(plan.identity).toMatchObject({ addresses: ["2001:db8:77::1"], routerId: "10.2.0.10" });
    expect(plan.identity?.links.map((l) => l.interface)).toEqual(["back", "front", "new"]);
  });

  test("knows from where to talk to a neighbour, and which are beyond the link", () => {
    const peers = [
      { interface: "front", asn: 65001, address: "10.1.0.1" },
      { interface: "back", asn: 65002, address: "10.9.9.9" },
      { interface: "back", asn: 65002 },
    ];
    expect(planHost(bgp({ peers })).identity?.peers).toEqual([
      { interface: "back", asn: 65002 },
      { interface: "back", asn: 65002, address: "10.9.9.9", local: "10.2.0.10", far: true },
      { interface: "front", asn: 65001, address: "10.1.0.1", local: "10.1.0.10" },
    ]);
  });

  test("does not depend on the order of anything", () => {
    const spec = host({ addresses: ["2001:db8:77::1/128", "192.0.2.77/32"], interfaces: ["front", "back"] });
    const other = host({ interfaces: ["back", "front"], addresses: ["192.0.2.77/32", "2001:DB8:77::1/128"] });
    const turned = { ...other, interfaces: [...other.interfaces].reverse() };
    expect(planHost(turned)).toEqual(planHost(spec));
  });

  test("has rules of its own, after those of sockets bound to a device, that end in a refusal", () => {
    const { rules } = planHost(host({})).ipv4;
    const own = rules.filter((r) => r.from === "192.0.2.77/32");
    expect(own.map((r) => [r.priority, r.action.kind])).toEqual([
      [BAND.devices, "main-longer"],
      [BAND.devices, "main-managed"],
      [BAND.devices, "unreachable"],
    ]);
    expect(rules.indexOf(own[0])).toBeGreaterThan(rules.findIndex((r) => r.oif !== undefined));
    expect(planHost(host({})).ipv6.rules.filter((r) => r.action.kind === "main-managed")).toEqual([]);
  });

  test("may come and go by all interfaces under the strong host model", () => {
    const strong = { hostModel: HostModel.Strong };
    expect(planHost(host({}, strong)).virtualAddresses).toEqual(["192.0.2.77"]);
    const given = { ...strong, virtualAddresses: ["192.0.2.77", "192.0.2.5"] };
    expect(planHost(host({}, given)).virtualAddresses).toEqual(["192.0.2.5", "192.0.2.77"]);
    expect(planHost(host({})).virtualAddresses).toEqual([]);
  });

  test("is nobody's destination in what the kernel is asked", () => {
    const plan = planHost(host({ addresses: ["192.0.2.1/32"] }));
    expect(plan.ipv4.expectations.map((e) => e.to)).not.toContain("192.0.2.1");
    expect(plan.ipv4.expectations.some((e) => e.class === "elsewhere")).toBe(true);
  });
});

describe("an identity is refused", () => {
  const cases: [string, HostSpec, string[]][] = [
    ["without an address", host({ addresses: [] }), [".addresses: there is no address"]],
    ["with a subnet", host({ addresses: ["192.0.2.77/24"] }), ['.addresses[0]: got "192.0.2.77/24": an identity is one address, of length 32']],
    ["with two of a family", host({ addresses: ["192.0.2.77/32", "192.0.2.78/32"] }), [".addresses[1]: a second IPv4 address"]],
    ["inside a managed subnet", host({ addresses: ["10.2.0.77/32"] }), [".addresses: 10.2.0.77 is in 10.2.0.0/24 of interfaces[1]"]],
    ["inside a delegated prefix", host({ addresses: ["10.1.7.3/32"] }), [".addresses: 10.1.7.3 is in 10.1.7.0/28 of interfaces[0]"]],
    ["that an interface has", host({ addresses: ["10.1.0.10/32"] }), [".addresses: 10.1.0.10 is an address of interfaces[0]"]],
    ["of an unknown protocol", host({ protocol: "rip" }), ['.protocol: got "rip" (string)']],
    ["with fields of the other protocol", host({ asn: 1, peers: [] }), ['.asn: means nothing with the protocol "ospf"', '.peers: means nothing with the protocol "ospf"']],
    ["over an interface that is none", host({ interfaces: ["side"] }), ['.interfaces[0]: got "side", which is no interface here']],
    ["over an interface of the other family", host({ interfaces: ["new", "front"] }), ['.interfaces[0]: "new" has no address of IPv4']],
    ["with a wrong area", host({ area: "1.2.3" }), ['.area: got "1.2.3"']],
    ["with a stub area that is the backbone", host({ stubArea: "0" }), ['.stubArea: "0.0.0.0" is the backbone, which is no stub']],
    ["with a stub area and no IPv4", host({ stubArea: "7", addresses: ["2001:db8:77::1/128"] }), [".stubArea: is for IPv4, and no IPv4 address is in policy.identity.addresses"]],
    ["that is given up before a sign of life", host({ keepalive: 9, hold: 9 }), [".hold: got 9, and signs of life come every 9 s"]],
    ["with BFD off and set", host({ bfd: false, bfdInterval: 100 }), ['.bfdInterval: "bfd" is false']],
    ["with a password in place of a file, and does not repeat it", host({ passwordFile: "s3cret" }), [".passwordFile: is not an absolute path of plain characters"]],
    ["with an unknown field", host({ password: "s3cret" } as Loose), [".password: unknown field"]],
    ["without neighbours", bgp({ asn: undefined, peers: [] }), [".asn: is missing", ".peers: there is no neighbour to announce the identity to"]],
    ["with a neighbour that is the host", bgp({ peers: [{ interface: "front", asn: 1, address: "10.2.0.10" }] }), [".peers[0].address: 10.2.0.10 is an address of this host"]],
    ["with a neighbour of no family of it", bgp({ peers: [{ interface: "front", asn: 1, address: "fd00::1" }, { interface: "front", asn: 1, address: "10.1.0.1" }] }), [".peers[0].address: an IPv6 neighbour, but no IPv6 identity"]],
    ["with a neighbour twice", bgp({ peers: [{ interface: "front", asn: 1 }, { interface: "front", asn: 1 }] }), [".peers[1]: is the neighbour of policy.identity.peers[0] too"]],
    ["of a family that no neighbour is told of", bgp({ addresses: ["192.0.2.77/32", "2001:db8:77::1/128"] }), [".peers: no neighbour is told of the IPv6 identity"]],
    ["without anything to be a router id", { name: "h", interfaces: [{ name: "a", addresses: ["2001:db8::5/64"] }], policy: { identity: { addresses: ["2001:db8:77::1/128"], protocol: IdentityProtocol.Ospf } } }, [".routerId: is missing, and the host has no IPv4 address to take"]],
    ["with the weak host model", host({}, { hostModel: HostModel.Weak }), [': "identity" says how we route, and the weak host model leaves that to Linux (hostModel is "weak")']],
  ]; // prettier-ignore
  test.each(cases)("%s", (_, spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems);
  });
});
