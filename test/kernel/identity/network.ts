import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec, IdentitySpec, PolicySpec } from "../../../lib/model";
import { planHost } from "../../../lib/plan";
import { neighboursText } from "../../../lib/render/frr/neighbours";
import { FrrNamespace, eventually } from "../support/frr";
import { Namespace, Namespaces } from "../support/netns";

/**
 * A host with two links, each to a router of its own, and a core beyond both; FRR on all four. A third link of the host,
 * which is not managed, has a default route too.
 *
 *            eth0 --- toh r1 tof --- eth0
 *   host h                               f core: 198.51.100.5, 2001:db8:f::5, reached by default alone
 *            eth1 --- toh r2 tof --- eth1
 *            eth2 --- m
 */
export class IdentityNetwork {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  private readonly namespaces: Namespaces;
  h!: FrrNamespace;
  r1!: FrrNamespace;
  r2!: FrrNamespace;
  f!: FrrNamespace;
  m!: FrrNamespace;

  constructor(prefix: string) {
    this.namespaces = new Namespaces(prefix);
  }

  async build(): Promise<void> {
    for (const name of ["h", "r1", "r2", "f", "m"] as const) {
      this[name] = await FrrNamespace.in(this.namespaces.create(name), this.dir);
      for (const where of ["all", "default"]) this[name].sysctl(`net/ipv4/conf/${where}/rp_filter`, "0");
      this[name].sysctl("net/ipv4/fib_multipath_hash_policy", name === "h" ? "0" : "1");
      this[name].sysctl("net/ipv6/fib_multipath_hash_policy", name === "h" ? "0" : "1");
    }
    const { h, r1, r2, f, m } = this;
    // Routers of unnumbered links advertise themselves.
    h.sysctl("net/ipv6/conf/default/ra_defrtr_metric", "3355444224");
    for (const router of [r1, r2, f]) {
      router.sysctl("net/ipv4/ip_forward", "1");
      router.sysctl("net/ipv6/conf/all/forwarding", "1");
    }
    const link = (
      [a, dev, ...own]: [FrrNamespace, string, ...string[]],
      [b, peer, ...theirs]: [FrrNamespace, string, ...string[]],
    ): void => {
      this.namespaces.connect([a, dev], [b, peer]);
      for (const address of own) a.ip(`addr add ${address} dev ${dev}`);
      for (const address of theirs) b.ip(`addr add ${address} dev ${peer}`);
    };
    link([h, "eth0", "10.1.0.10/24", "fd00:a::10/64"], [r1, "toh", "10.1.0.1/24", "fd00:a::1/64"]);
    link([h, "eth1", "10.2.0.10/24", "fd00:b::10/64"], [r2, "toh", "10.2.0.1/24", "fd00:b::1/64"]);
    link([h, "eth2", "10.9.0.10/24", "fd00:9::10/64"], [m, "toh", "10.9.0.1/24", "fd00:9::1/64"]);
    link([f, "eth0", "10.3.0.10/24", "fd00:c::10/64"], [r1, "tof", "10.3.0.1/24", "fd00:c::1/64"]);
    link([f, "eth1", "10.4.0.10/24", "fd00:d::10/64"], [r2, "tof", "10.4.0.1/24", "fd00:d::1/64"]);
    // As DHCP and router advertisements leave it; the third link's is the best of what FRR did not learn.
    h.ip("route add default via 10.1.0.1 dev eth0 proto dhcp src 10.1.0.10 metric 3355443300");
    h.ip("route add default via 10.9.0.1 dev eth2 metric 3355443250");
    h.ip("-6 route add default via fd00:a::1 dev eth0 proto ra metric 3355444224");
    h.ip("-6 route add default via fd00:9::1 dev eth2 metric 3355443700");
    f.ip("link add x0 type veth peer name x1");
    f.ip("link set x0 up");
    f.ip("link set x1 up");
    f.ip("addr add 198.51.100.5/32 dev x0");
    f.ip("addr add 2001:db8:f::5/128 dev x0");
    for (const namespace of [h, r1, r2, f, m]) namespace.steady();
  }

  /** The routers' side: what the text for the network's people says, and how they talk to the core. */
  startRouters(spec: HostSpec): void {
    const text = neighboursText(planHost(spec))!;
    const bgp = spec.policy?.identity?.protocol === "bgp";
    for (const [n, router, name] of [
      [1, this.r1, "front"],
      [2, this.r2, "back"],
    ] as const) {
      const mine = text
        .split("\n! --- ")
        .slice(1)
        .filter((part) => part.split("\n")[0].includes(` at ${name} `))
        .map((part) => part.slice(part.indexOf("\n")))
        .join("\n")
        .replaceAll(`DEVICE-TO-${name}`, "toh");
      router.frr(`${mine}\n${bgp ? bgpRouter(n) : ospfRouter(n)}`, DAEMONS);
    }
    this.f.frr(bgp ? bgpCore() : ospfCore(), DAEMONS);
  }

  /** Packets that have left the host by a device. */
  sent(device: string): number {
    const [link] = JSON.parse(this.h.ip(`-s -j link show dev ${device}`)) as {
      stats64: { tx: { packets: number } };
    }[];
    return link.stats64.tx.packets;
  }

  /** Nothing comes through between router and host, and neither is told. */
  cut(router: FrrNamespace): void {
    router.run(["nft", "-f", "-"], {
      input: `table netdev cut {
        chain in { type filter hook ingress device "toh" priority 0; policy drop; }
        chain out { type filter hook egress device "toh" priority 0; policy drop; }
      }\n`,
    });
    router.ok("nft", "list", "table", "netdev", "cut");
  }

  mend(router: FrrNamespace): void {
    router.ok("nft", "delete", "table", "netdev", "cut");
  }

  /** Whether host and core see each other by so many ways, in both families. */
  hasWays(count: number): boolean {
    const hops = (namespace: FrrNamespace, family: 4 | 6, to: string): number =>
      (JSON.parse(namespace.ip(`-${family} -j route show ${to}`)) as Route[])
        .filter(({ protocol }) => protocol === "ospf" || protocol === "bgp")
        .reduce((sum, { nexthops }) => sum + (nexthops?.length ?? 1), 0);
    return (
      [hops(this.h, 4, "default"), hops(this.h, 6, "default")].every((n) => n === count) &&
      [hops(this.f, 4, ID4), hops(this.f, 6, ID6)].every((n) => n === count)
    );
  }

  /** Sessions of BFD that are up between the host and the routers; each link and family has one. */
  sessions(): number {
    const all = JSON.parse(this.h.vtysh("show bfd peers json")) as { status: string }[];
    return all.filter(({ status }) => status === "up").length;
  }

  async converge(count: number, seconds = 30): Promise<number> {
    return eventually(
      () => `${count} ways\n${this.state()}`,
      seconds,
      () => this.hasWays(count),
    );
  }

  state(): string {
    return [this.h, this.f].map((n) => n.ip("-4 route show") + n.ip("-6 route show")).join("\n---\n");
  }

  async destroy(): Promise<void> {
    await Promise.all([this.h, this.r1, this.r2, this.f, this.m].map((namespace) => namespace?.destroy()));
    await this.namespaces.destroy();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

export const ID4 = "192.0.2.77";
export const ID6 = "2001:db8:77::1";
export const CORE4 = "198.51.100.5";
export const CORE6 = "2001:db8:f::5";
interface Route {
  readonly protocol: string;
  readonly nexthops?: readonly unknown[];
}

const DAEMONS = ["ospfd", "ospf6d", "bgpd", "bfdd"];

/** OSPFv2 has the host's links in a stub area. */
export const STUB = { stubArea: "0.0.0.77" };

export function identityHost(identity: Partial<IdentitySpec>, policy: PolicySpec = {}): HostSpec {
  const given = { addresses: [`${ID4}/32`, `${ID6}/128`], protocol: "ospf", ...identity } as IdentitySpec;
  return {
    name: "edge",
    interfaces: [
      {
        name: "front",
        match: { ifname: "eth0" },
        addresses: ["10.1.0.10/24", "fd00:a::10/64"],
        gateways: ["10.1.0.1", "fd00:a::1"],
      },
      {
        name: "back",
        match: { ifname: "eth1" },
        addresses: ["10.2.0.10/24", "fd00:b::10/64"],
        gateways: ["10.2.0.1", "fd00:b::1"],
      },
    ],
    policy: { ...policy, identity: given },
  };
}

function ospfRouter(n: number): string {
  return `${ospfLinks("tof")}\n${ospfProcess(`10.0.0.${n}`)}`;
}

function ospfCore(): string {
  const originate = " default-information originate always metric 10";
  return `${ospfLinks("eth0", "eth1")}\n${ospfProcess("10.0.0.9", originate)}`;
}

function ospfLinks(...devices: string[]): string {
  const options = (ospf: string): string =>
    [`area 0`, "network point-to-point", "hello-interval 1", "dead-interval 4"]
      .map((o) => ` ${ospf} ${o}`)
      .join("\n");
  return devices
    .map((d) => `interface ${d}\n${options("ip ospf")}\n${options("ipv6 ospf6")}\nexit`)
    .join("\n");
}

function ospfProcess(id: string, more = ""): string {
  return ["", "6"]
    .map(
      (v) =>
        `router ospf${v}\n ospf${v} router-id ${id}\n maximum-paths 8\n timers throttle spf 0 50 500\n${more}\nexit`,
    )
    .join("\n");
}

function bgpRouter(n: number): string {
  const [v4, v6] = n === 1 ? ["10.3.0.10", "fd00:c::10"] : ["10.4.0.10", "fd00:d::10"];
  return `router bgp 6500${n}\n bgp router-id 10.0.0.${n}\n no bgp ebgp-requires-policy\n${bgpPeers([[v4, v6, 65009]])}exit`;
}

function bgpCore(): string {
  const peers: [string, string, number][] = [
    ["10.3.0.1", "fd00:c::1", 65001],
    ["10.4.0.1", "fd00:d::1", 65002],
  ];
  return `router bgp 65009\n bgp router-id 10.0.0.9\n no bgp ebgp-requires-policy\n bgp bestpath as-path multipath-relax\n${bgpPeers(peers, "  maximum-paths 8\n  redistribute connected\n")}exit`;
}

function bgpPeers(peers: readonly [string, string, number][], more = ""): string {
  const all = peers.flatMap(([v4, v6, asn]) => [
    [v4, asn],
    [v6, asn],
  ]);
  return [
    ...all.map(
      ([p, asn]) =>
        ` neighbor ${p} remote-as ${asn}\n neighbor ${p} timers 1 4\n neighbor ${p} timers connect 1\n`,
    ),
    ` address-family ipv4 unicast\n${more}`,
    ...peers.map(([v4]) => `  neighbor ${v4} activate\n`),
    ` exit-address-family\n address-family ipv6 unicast\n${more}`,
    ...peers.map(([, v6]) => `  neighbor ${v6} activate\n`),
    " exit-address-family\n",
  ].join("");
}

/** The host of {@link identityHost} in a namespace: its two links lead to one other, on which nothing runs. */
export function linkedHost(namespaces: Namespaces): Namespace {
  const [host, other] = [namespaces.create("h"), namespaces.create("o")];
  for (const [i, net] of ["a", "b"].entries()) {
    namespaces.connect([host, `eth${i}`], [other, `eth${i}`]);
    host.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
    host.ip(`addr add fd00:${net}::10/64 dev eth${i}`);
    host.sysctl(`net/ipv4/conf/eth${i}/rp_filter`, "0");
  }
  host.sysctl("net/ipv4/conf/all/rp_filter", "0");
  host.steady();
  return host;
}
