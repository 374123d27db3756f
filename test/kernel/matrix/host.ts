import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { Agent } from "../support/agent";
import { Namespace } from "../support/netns";
import { FORWARDING, configure, setSysctls } from "./configure";
import { Layout, Nic, gateway, gatewayIsOutside, ofFamily, primary } from "./layout";
import { PORTS } from "./ports";

export interface HostOptions {
  /** Reverse path filter on every interface; default 0. */
  readonly rpFilter?: 0 | 1 | 2;
  /** Default both. */
  readonly families?: readonly (4 | 6)[];
}

/** The host under test: what its distribution has made of it before anybody cares for symmetry. */
export class Host {
  /** What stands for /var/lib and /run on this host: of the host's files nothing else is its own. */
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-host-"));

  constructor(
    readonly namespace: Namespace,
    readonly layout: Layout,
    readonly agent: Agent,
  ) {}

  /**
   * Addresses and main table as DHCP and router advertisements leave them; a container; a tunnel with a
   * route.
   */
  configure({ rpFilter = 0, families = [4, 6] }: HostOptions, container: Namespace, vpn: Namespace): void {
    const { namespace, layout } = this;
    setSysctls(namespace, {
      ...FORWARDING,
      "net/ipv4/icmp_echo_ignore_broadcasts": 0,
      "net/ipv4/conf/all/rp_filter": 0,
      "net/ipv4/conf/default/rp_filter": rpFilter,
      "net/ipv4/conf/lo/rp_filter": 0,
    });
    configure(namespace, [
      "link add docker0 type bridge forward_delay 0 mcast_snooping 0",
      "link set docker0 up",
      `link add vc type veth peer name eth0 netns ${container.name}`,
      "link set vc master docker0 up",
      `link add vpn0 type veth peer name eth0 netns ${vpn.name}`,
      "link set vpn0 up",
      "addr add 172.17.0.1/16 dev docker0",
      "addr add 10.99.0.2/24 dev vpn0",
      "route add 10.98.0.0/16 via 10.99.0.1",
      ...layout.map(({ device }) => `link set ${device} up`),
      ...families.flatMap((family) => [
        ...layout.flatMap(({ device, addresses }) =>
          ofFamily(family, addresses).map((one) => `addr add ${one} dev ${device}`),
        ),
        ...layout.flatMap((nic, i) => defaults(nic, family, 100 * (i + 1))),
      ]),
    ]);
    setSysctls(
      namespace,
      Object.fromEntries(
        ["docker0", "vpn0", ...layout.map(({ device }) => device)].map((device) => [
          `net/ipv4/conf/${device}/rp_filter`,
          rpFilter,
        ]),
      ),
    );
    configure(container, [
      "link set eth0 up",
      "addr add 172.17.0.2/16 dev eth0",
      "route add default via 172.17.0.1",
    ]);
    configure(vpn, ["link set eth0 up", "addr add 10.99.0.1/24 dev eth0", "route add default via 10.99.0.2"]);
  }

  /** Servers: on every address, and one bound to the primary address of eth1. */
  async serve(): Promise<void> {
    await this.agent.serve(
      { protocol: "tcp", address: "0.0.0.0", port: PORTS.echo },
      { protocol: "tcp", address: "::", port: PORTS.echo },
      { protocol: "udp", address: primary(this.layout[1], 4), port: PORTS.bound },
    );
  }

  async destroy(): Promise<void> {
    await this.namespace.destroy();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** How many packets the reverse path filter has dropped. */
  reversePathDrops(): number {
    const [names, values] = this.namespace
      .ok("cat", "/proc/net/netstat")
      .split("\n")
      .filter((line) => line.startsWith("TcpExt:"))
      .map((line) => line.split(" "));
    return Number(values[names.indexOf("IPReversePathFilter")]);
  }

  /**
   * Takes an interface down and up, as a cable or `ip link` does; nothing that was on it comes back by
   * itself.
   */
  bounce(device: string): void {
    this.namespace.batch(4, [`link set ${device} down`, `link set ${device} up`]);
  }
}

function defaults(nic: Nic, family: 4 | 6, metric: number): string[] {
  const via = gateway(nic, family);
  const outside = family === 4 && gatewayIsOutside(nic);
  return [
    ...(outside ? [`route add ${via} dev ${nic.device} scope link metric ${metric}`] : []),
    `route add default via ${via} dev ${nic.device} metric ${metric}`,
  ];
}
