import { SecurityGroupRule } from "../../lab/cloud/state";
import { groupChains, referencedGroups } from "../../lab/fabric/build/groups";
import { fabricOf } from "../../lab/fabric/build";
import { World, rule } from "./world";

function chainsFor(...rules: SecurityGroupRule[]): { ingress: string[]; egress: string[] } {
  const world = new World("lab").twoEnis();
  world.securityGroup("sg-0a", rules);
  const chains = groupChains(
    world.cloud,
    world.cloud.networkInterfaces["eni-0a"],
    (id, f) => `${id}_${f}`,
    "no",
  );
  return { ingress: chains.ingress.rules, egress: chains.egress.rules };
}

describe("security groups as nft rules", () => {
  it("refuse everything when they allow nothing", () => {
    expect(chainsFor()).toEqual({ ingress: ["jump no"], egress: ["jump no"] });
  });

  it.each([
    ["all from anywhere", rule("ingress", "0.0.0.0/0"), ["meta nfproto ipv4 accept"]],
    ["all from anywhere, IPv6", rule("ingress", "::/0"), ["meta nfproto ipv6 accept"]],
    [
      "one TCP port",
      rule("ingress", "192.0.2.0/24", "tcp", [22, 22]),
      ["ip saddr 192.0.2.0/24 tcp dport 22-22 accept"],
    ],
    [
      "all UDP",
      rule("ingress", "2001:db8::/32", "udp", [0, 65535]),
      ["ip6 saddr 2001:db8::/32 meta l4proto udp accept"],
    ],
    [
      "all TCP",
      rule("ingress", "0.0.0.0/0", "tcp", [0, 65535]),
      ["meta nfproto ipv4 meta l4proto tcp accept"],
    ],
    [
      "of TCP from port 0 to port 0 just that, as AWS does",
      rule("ingress", "192.0.2.0/24", "tcp", [0, 0]),
      ["ip saddr 192.0.2.0/24 tcp dport 0-0 accept"],
    ],
    [
      "UDP by number",
      rule("ingress", "192.0.2.0/24", "17", [53, 60]),
      ["ip saddr 192.0.2.0/24 udp dport 53-60 accept"],
    ],
    [
      "echo requests",
      rule("ingress", "192.0.2.0/24", "icmp", [8, -1]),
      ["ip saddr 192.0.2.0/24 icmp type 8 accept"],
    ],
    [
      "an ICMP code",
      rule("ingress", "192.0.2.0/24", "icmp", [3, 4]),
      ["ip saddr 192.0.2.0/24 icmp type 3 icmp code 4 accept"],
    ],
    ["all ICMPv6", rule("ingress", "::/0", "icmpv6"), ["meta nfproto ipv6 meta l4proto ipv6-icmp accept"]],
    ["ICMP of the wrong family", rule("ingress", "::/0", "icmp"), []],
    [
      "a protocol by number",
      rule("ingress", "192.0.2.0/24", "89"),
      ["ip saddr 192.0.2.0/24 meta l4proto 89 accept"],
    ],
    [
      "members of a group",
      rule("ingress", "sg-0b", "tcp", [443, 443]),
      ["ip saddr @sg-0b_4 tcp dport 443-443 accept", "ip6 saddr @sg-0b_6 tcp dport 443-443 accept"],
    ],
  ])("allow %s", (_, one, expected) => {
    expect(chainsFor(one)).toEqual({ ingress: [...expected, "jump no"], egress: ["jump no"] });
  });

  it("match the destination in egress", () => {
    expect(chainsFor(rule("egress", "192.0.2.0/24")).egress).toEqual([
      "ip daddr 192.0.2.0/24 accept",
      "jump no",
    ]);
  });

  it("say a rule once, however many groups and forms have it", () => {
    const twice = [rule("ingress", "0.0.0.0/0"), rule("ingress", "0.0.0.0/0")];
    expect(chainsFor(...twice).ingress).toEqual(["meta nfproto ipv4 accept", "jump no"]);
  });

  it("know a group's members by every address and prefix they own", () => {
    const world = new World("lab").twoEnis();
    world.securityGroup("sg-0b", []);
    world.securityGroup("sg-0a", [rule("ingress", "sg-0b")]);
    const member = world.cloud.networkInterfaces["eni-0c"];
    member.securityGroups = ["sg-0b"];
    member.ipv4Prefixes = ["10.0.2.64/28"];
    expect(referencedGroups(world.cloud, world.cloud.networkInterfaces["eni-0a"])).toEqual(["sg-0b"]);
    const { sets, chains } = fabricOf(world.cloud).namespaces["lab-eni-0a"].tables["inet port"];
    const [set] = /g[0-9a-f]{12}_4/.exec(chains.ingress.rules.join()) ?? [];
    expect(sets[set!].elements).toEqual(["10.0.2.20/32", "10.0.2.64/28"]);
  });
});
