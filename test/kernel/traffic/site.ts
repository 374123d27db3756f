import { HostSpec, PolicySpec } from "../../../lib/model";
import { Namespace, Namespaces } from "../support/netns";
import { ProgramHost, program } from "../support/program";
import { Packet, Seen, Sender, Sniffer } from "./wire";

/** Addresses of everybody behind all links. */
export const WORLD = ["198.51.100.1", "192.0.2.1", "203.0.113.5", "2001:db8:f::5", "2001:db8:e::1"];
export const CONTAINER = "172.17.0.2";
/** A network beyond the neighbour of link a that the host forwards for. */
export const CLIENT = "10.9.0.7";

const LINKS = ["a", "b", "c"] as const;

export function spec(policy: PolicySpec, interfaces: readonly string[] = LINKS): HostSpec {
  return {
    name: "edge",
    interfaces: LINKS.filter((name) => interfaces.includes(name)).map((name) => {
      const i = LINKS.indexOf(name) + 1;
      return {
        name,
        match: { ifname: `eth${i - 1}` },
        addresses: [`10.${i}.0.10/24`, `fd00:${i}::10/64`],
        gateways: [`10.${i}.0.1`, `fd00:${i}::1`],
      };
    }),
    policy,
  };
}

/**
 *     outside (gateways 10.N.0.1, the world on its loopback, clients beyond a)
 *       ea |    eb |    ec |
 *     eth0 |  eth1 |  eth2 |
 *     the host, main's default by eth0
 *     docker0 |
 *     container 172.17.0.2
 */
export class Site {
  readonly host: Namespace;
  readonly outside: Namespace;
  readonly container: Namespace;
  readonly machine: ProgramHost;
  private readonly namespaces: Namespaces;
  private senders = new Map<Namespace, Sender>();
  private putters = new Map<Namespace, Sender>();
  private macs = new Map<string, string>();
  sniffer!: Sniffer;

  static async open(prefix: string): Promise<Site> {
    const site = new Site(prefix);
    try {
      site.sniffer = await Sniffer.open(site.outside);
      return site;
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  private constructor(prefix: string) {
    this.namespaces = new Namespaces(prefix);
    const [host, outside, container] = ["host", "out", "box"].map((name) => this.namespaces.create(name));
    [this.host, this.outside, this.container] = [host, outside, container];
    this.machine = new ProgramHost(host);
    LINKS.forEach((name, i) => {
      this.namespaces.connect([host, `eth${i}`], [outside, `e${name}`]);
      host.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      host.ip(`addr add fd00:${i + 1}::10/64 dev eth${i}`);
      outside.ip(`addr add 10.${i + 1}.0.1/24 dev e${name}`);
      outside.ip(`addr add 10.${i + 1}.0.50/24 dev e${name}`);
      outside.ip(`addr add fd00:${i + 1}::1/64 dev e${name}`);
      outside.ip(`addr add fd00:${i + 1}::50/64 dev e${name}`);
    });
    for (const address of [...WORLD, CLIENT]) outside.ip(`addr add ${address} dev lo`);
    this.namespaces.connect([host, "docker0"], [container, "eth0"]);
    host.ip("addr add 172.17.0.1/24 dev docker0");
    host.ip("addr add fd00:17::1/64 dev docker0");
    container.ip(`addr add ${CONTAINER}/24 dev eth0`);
    container.ip("addr add fd00:17::2/64 dev eth0");
    container.ip("route add default via 172.17.0.1");
    container.ip("route add default via fd00:17::1");
    outside.ip("route add 172.17.0.0/24 via 10.1.0.10");
    for (const path of ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"]) {
      host.sysctl(path, "1");
      outside.sysctl(path, "1");
    }
    this.defaults();
    for (const namespace of [host, outside, container]) namespace.steady();
  }

  /** Main as DHCP leaves it: a default by the first link. */
  private defaults(): void {
    LINKS.forEach((_, i) => {
      this.host.ip(`route replace default via 10.${i + 1}.0.1 dev eth${i} metric ${100 * (i + 1)}`);
      this.host.ip(`-6 route replace default via fd00:${i + 1}::1 dev eth${i} metric ${100 * (i + 1)}`);
    });
  }

  /** A machine far behind one of the links: what it sends comes to the host by that link. */
  far(link: (typeof LINKS)[number], network: number): Namespace {
    const name = `f${link}`;
    const far = this.namespaces.create(name);
    this.namespaces.connect([this.outside, name], [far, "eth0"]);
    this.outside.ip(`addr add 10.${network}.0.1/24 dev ${name}`);
    far.ip(`addr add 10.${network}.0.7/24 dev eth0`);
    far.ip(`route add default via 10.${network}.0.1`);
    this.outside.ip(`route add default via 10.${LINKS.indexOf(link) + 1}.0.10 dev e${link} table ${network}`);
    this.outside.ip(`rule add iif ${name} lookup ${network} priority ${network}`);
    return far;
  }

  /** Puts a policy in force. */
  apply(policy: PolicySpec, interfaces?: readonly string[]): void {
    const text = program(spec(policy, interfaces));
    this.machine.ok(text, "apply");
    this.machine.ok(text, "verify");
  }

  remove(): void {
    this.machine.ok(program(spec({})), "remove");
  }

  /** A link without carrier, or with it again. */
  carrier(link: (typeof LINKS)[number], on: boolean): void {
    this.outside.ip(`link set e${link} ${on ? "up" : "down"}`);
    if (on) {
      this.outside.ip(`-6 addr replace fd00:${LINKS.indexOf(link) + 1}::1/64 dev e${link} nodad`);
      this.outside.ip(`-6 addr replace fd00:${LINKS.indexOf(link) + 1}::50/64 dev e${link} nodad`);
    }
    // Until then routes are not what they will be, and nobody answers for the addresses.
    for (const namespace of [this.host, this.outside]) namespace.steady();
  }

  /** Sends packets from a namespace; for each the links it came by outside, or the error that its sender got. */
  async ways(packets: readonly Packet[], namespace = this.host): Promise<string[]> {
    await this.sniffer.seen();
    let sender = this.senders.get(namespace);
    if (sender === undefined) this.senders.set(namespace, (sender = new Sender(namespace)));
    const sent = await sender.send(packets);
    const seen = await this.sniffer.seen();
    return sent.map(({ id, answer }, i) => {
      const by = seen.filter((one) => isOf(one, id, packets[i])).map((one) => one.device);
      return answer === "ok" ? wayOf(by) : answer;
    });
  }

  /** The same for packets that come into the host by a device of it, all at once, and leave it again. */
  async transit(packets: readonly Packet[], into: readonly string[]): Promise<string[]> {
    await this.sniffer.seen();
    const ids = packets.map(() => 0);
    for (const [namespace, inner] of [[this.outside, false], [this.container, true]] as const) {
      const mine = into.flatMap((device, i) => ((device === "docker0") === inner ? [i] : []));
      if (mine.length === 0) continue;
      let put = this.putters.get(namespace);
      if (put === undefined) this.putters.set(namespace, (put = new Sender(namespace, "put")));
      const frames = mine.map((i) => ({ ...packets[i], device: otherEnd(into[i]), mac: this.macOf(into[i]) }));
      (await put.send(frames)).forEach(({ id, answer }, i) => {
        if (answer !== "ok") throw new Error(`a frame into ${into[mine[i]]}: ${answer}`);
        ids[mine[i]] = id;
      });
    }
    const seen = await this.sniffer.seen();
    const byId = new Map<number, Seen[]>();
    for (const one of seen) byId.set(one.id ?? 0, [...(byId.get(one.id ?? 0) ?? []), one]);
    return packets.map((packet, i) => {
      const found = (byId.get(ids[i]) ?? []).filter((one) => isOf(one, ids[i], packet));
      return wayOf(found.map(({ device }) => device));
    });
  } // prettier-ignore

  private macOf(device: string): string {
    let mac = this.macs.get(device);
    if (mac === undefined) {
      mac = /link\/ether (\S+)/.exec(this.host.ip(`link show dev ${device}`))?.[1] ?? "";
      this.macs.set(device, mac);
    }
    return mac;
  }

  async close(): Promise<void> {
    this.machine.destroy();
    await this.namespaces.destroy();
  }
}

/** The device that a device of the host is connected with. */
function otherEnd(device: string): string {
  return device === "docker0" ? "eth0" : `e${LINKS[Number(device.slice(3))]}`;
}

function wayOf(devices: readonly string[]): string {
  const by = [...new Set(devices.map((device) => device[1]))];
  return by.length === 0 ? "nowhere" : by.sort().join("+");
}

/** A SYN has no body with a number, so its ports must do. An ICMP error about a packet is none of it. */
function isOf(seen: Seen, id: number, { protocol = "udp", port = 9, to, sourcePort }: Packet): boolean {
  const number = { udp: 17, tcp: 6, icmp: to.includes(":") ? 58 : 1 }[protocol];
  if (seen.protocol !== number || seen.to !== to) return false;
  if (seen.id !== undefined || protocol !== "tcp") return seen.id === id;
  return seen.destinationPort === port && (sourcePort === undefined || seen.sourcePort === sourcePort);
}
