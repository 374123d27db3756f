import { Agent } from "../support/agent";
import { Namespace, Namespaces } from "../support/netns";
import { FORWARDING, configure, loadNft, setSysctls } from "./configure";
import { Sighting, portRules, sightings, statefulRules } from "./fabric";
import { Host, HostOptions } from "./host";
import {
  BEYOND_VPN,
  GATEWAY6,
  Layout,
  NETS,
  WORLD4,
  WORLD6,
  gateway4,
  isIPv6,
  neighbour4,
  neighbour6,
  prefix4,
  prefix6,
  primary,
} from "./layout";
import { FIRST_SOURCE_PORT, PORTS } from "./ports";

/** What the networks drop; each flow of it is noted. */
export interface Fabric {
  /** At the switch port: what is not a source of the interface, as an ENI's source/destination check does. */
  readonly sourceCheck?: boolean;
  /** At the routers: what belongs to no flow that they saw from the start, in both directions. */
  readonly statefulRouters?: boolean;
}

/** Who may open a connection; each is a namespace with a traffic agent. */
export type Place = "host" | "world" | "a" | "b" | "container" | "vpn";
const OTHERS = ["world", "a", "b", "container", "vpn"] as const;
const BOTH = ["a", "b"] as const;

/**
 *                 world (203.0.113.5, 2001:db8:f::5)
 *                /                                  \
 *          router ga                              router gb
 *               |  net a: 10.0.1.0/24                 |  net b: 10.0.2.0/24
 *       +-------+-------+                     +-------+-------+
 *   neighbour a       eth0 --- the host --- eth1         neighbour b
 *                            |          |
 *                        docker0      vpn0
 *                       container   10.98.0.0/16
 *
 * The networks stand; hosts are plugged in one after the other, each in a namespace of its own.
 */
export class Cloud {
  private readonly namespaces: Namespaces;
  /** The two networks, as bridges. The host's ports are p-eth0, p-eth1: what it sends comes in there. */
  readonly switch: Namespace;
  readonly routers: Readonly<Record<"a" | "b", Namespace>>;
  private readonly agents: Readonly<Record<(typeof OTHERS)[number], Agent>>;
  private host?: Host;
  private sourcePort = FIRST_SOURCE_PORT;

  /**
   * Builds the networks and starts the servers.
   *
   * @param prefix of the namespaces' names; see {@link Namespaces}
   */
  static async open(prefix: string, fabric: Fabric): Promise<Cloud> {
    const cloud = new Cloud(prefix, fabric);
    try {
      cloud.connect();
      await cloud.serve();
      return cloud;
    } catch (error) {
      await cloud.destroy();
      throw error;
    }
  }

  private constructor(
    prefix: string,
    private readonly fabric: Fabric,
  ) {
    this.namespaces = new Namespaces(prefix);
    const create = (name: string) => this.namespaces.create(name);
    this.switch = create("sw");
    this.routers = { a: create("ga"), b: create("gb") };
    this.agents = Object.fromEntries(
      OTHERS.map((place) => [place, new Agent(create(place))]),
    ) as typeof this.agents;
  }

  agent(place: Place): Agent {
    if (place !== "host") return this.agents[place];
    if (this.host === undefined) throw new Error("no host is plugged in");
    return this.host.agent;
  }

  /** A fresh host in the place of the one before. */
  async plug(layout: Layout, options: HostOptions = {}): Promise<Host> {
    await this.unplug();
    const namespace = this.namespaces.create("host");
    this.host = new Host(namespace, layout, new Agent(namespace));
    this.switch.batch(
      4,
      layout.flatMap(({ device, net }, i) => [
        `link add p-${device} type veth peer name ${device} netns ${namespace.name} address ${mac(i + 1, 10)}`,
        `link set p-${device} master net-${net} up`,
      ]),
    );
    this.loadFabric(layout);
    for (const nic of layout) {
      configure(
        this.routers[nic.net],
        (nic.delegated ?? []).map(
          (prefix) => `route replace ${prefix} via ${primary(nic, isIPv6(prefix) ? 6 : 4)} dev lan`,
        ),
      );
    }
    this.host.configure(options, this.agents.container.namespace, this.agents.vpn.namespace);
    await this.host.serve();
    // Until then a port of the switch may not forward, and nobody answers for an address of IPv6.
    for (const one of [namespace, this.switch]) one.steady();
    return this.host;
  }

  /** A source port that no flow of this cloud has had. */
  nextSourcePort(): number {
    if (this.sourcePort > 65_535) throw new Error("this cloud has no source port left; build another");
    return this.sourcePort++;
  }

  /** What the fabric has seen since the host was plugged in. */
  sightings(): Sighting[] {
    const routers = this.fabric.statefulRouters ? BOTH.map((net) => this.routers[net]) : [];
    return [this.switch, ...routers].flatMap(sightings);
  }

  async destroy(): Promise<void> {
    await this.host?.destroy();
    await this.namespaces.destroy();
  }

  /** Filters and notes, empty. */
  private loadFabric(layout: Layout): void {
    loadNft(this.switch, portRules(layout, this.fabric.sourceCheck ?? false));
    if (!this.fabric.statefulRouters) return;
    for (const net of BOTH) loadNft(this.routers[net], statefulRules(`g${net}`));
  }

  private async serve(): Promise<void> {
    const servers = ["0.0.0.0", "::"].flatMap((address) => [
      { protocol: "tcp" as const, address, port: PORTS.echo },
      { protocol: "udp" as const, address, port: PORTS.echo },
      { protocol: "http" as const, address, port: PORTS.http },
    ]);
    await Promise.all(OTHERS.map((place) => this.agents[place].serve(...servers)));
  }

  private async unplug(): Promise<void> {
    if (this.host === undefined) return;
    // The links first: a namespace takes its links with it only after a while, and their names would still be
    // taken. A test may have removed them already.
    for (const { device } of this.host.layout) this.switch.run(["ip", "link", "del", `p-${device}`]);
    for (const place of ["container", "vpn"] as const) this.agents[place].namespace.ip("link del eth0");
    await this.host.destroy();
    this.host = undefined;
  }

  private connect(): void {
    const world = this.agents.world.namespace;
    setSysctls(world, FORWARDING);
    configure(world, [`addr add ${WORLD4}/32 dev lo`, `addr add ${WORLD6}/128 dev lo`]);
    configure(this.agents.vpn.namespace, [`addr add ${BEYOND_VPN}/32 dev lo`]);
    for (const net of BOTH) {
      const n = NETS[net];
      const router = this.routers[net];
      const neighbour = this.agents[net].namespace;
      const [near4, far4] = [`198.51.100.${4 * n + 1}`, `198.51.100.${4 * n + 2}`];
      const [near6, far6] = [`2001:db8:f${n}::1`, `2001:db8:f${n}::2`];
      configure(this.switch, [
        `link add net-${net} type bridge forward_delay 0 mcast_snooping 0`,
        `link set net-${net} up`,
        `link add p-g${net} type veth peer name lan address ${mac(n, 1)} netns ${router.name}`,
        `link set p-g${net} master net-${net} up`,
        `link add p-${net} type veth peer name eth0 address ${mac(n, 50)} netns ${neighbour.name}`,
        `link set p-${net} master net-${net} up`,
      ]);
      this.namespaces.connect([router, "wan"], [world, `g${net}`]);
      setSysctls(router, FORWARDING);
      configure(router, [
        "link set lan up",
        ...[`${gateway4(net)}/24`, `2001:db8:${n}::1/64`, `${GATEWAY6}/64`].map(
          (one) => `addr add ${one} dev lan`,
        ),
        ...[`${near4}/30`, `${near6}/64`].map((one) => `addr add ${one} dev wan`),
        ...[far4, far6].map((one) => `route add default via ${one}`),
      ]);
      configure(world, [
        ...[`${far4}/30`, `${far6}/64`].map((one) => `addr add ${one} dev g${net}`),
        `route add ${prefix4(net)} via ${near4} src ${WORLD4}`,
        `route add ${prefix6(net)} via ${near6} src ${WORLD6}`,
      ]);
      configure(neighbour, [
        "link set eth0 up",
        ...[`${neighbour4(net)}/24`, `${neighbour6(net)}/64`].map((one) => `addr add ${one} dev eth0`),
        `route add default via ${gateway4(net)}`,
        `route add default via ${GATEWAY6} dev eth0`,
      ]);
    }
    this.loadFabric([]);
    if (!this.fabric.statefulRouters) return;
    // Only a SYN starts a connection: packets of one that was not seen from its start are "invalid".
    for (const net of BOTH) setSysctls(this.routers[net], { "net/netfilter/nf_conntrack_tcp_loose": 0 });
  }
}

const mac = (net: number, host: number) => `02:00:00:00:0${net}:${host.toString(16).padStart(2, "0")}`;
