import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ENVIRONMENT, Runner, inNamespace } from "../fabric/run";
import { readIfThere } from "../fabric/files";
import { sleep } from "../fabric/processes";
import { WrongPackets, readWrong, sourceCheck } from "./check";
import { Metadata } from "./metadata";
import { labName } from "./names";
import { Nic } from "./nic";
import { INTERNET, METADATA, PEER, SUBNETS, Subnet, addressIn } from "./plan";

/**
 * The cloud around the guests: a namespace that is the router and DHCP server of all subnets, a bridge a subnet, with
 * a host on each ("a", "b", "c"), and a host on the Internet ("i"). What a guest sends goes through its source check.
 */
export class Network {
  readonly router = labName("router");
  private readonly runner = new Runner(undefined);
  private dhcp: ChildProcess | undefined;
  /** Silent until it is told what to say. */
  readonly metadata: Metadata;

  /** @param directory for the DHCP server's files; made, and removed with the network */
  constructor(private readonly directory: string) {
    this.metadata = new Metadata(this.router, directory);
  }

  /** The namespace of a host: "i", or the one on a subnet. */
  namespaceOf(host: "i" | Subnet["name"]): string {
    return labName(`host${host}`);
  }

  async build(): Promise<void> {
    fs.mkdirSync(this.hostsDirectory, { recursive: true });
    await this.addRouter();
    for (const subnet of Object.values(SUBNETS)) {
      const { ipv4, ipv6 } = addressIn(subnet, PEER);
      await this.addHost(
        subnet.name,
        [`${ipv4}/24`, `${ipv6}/64`],
        [subnet.ipv4.gateway, subnet.ipv6.gateway],
      );
      await this.ok(["ip", "link", "set", `host${subnet.name}`, "master", subnet.name]);
    }
    const { ipv4, ipv6 } = INTERNET;
    await this.addHost("i", [`${ipv4.address}/24`, `${ipv6.address}/64`], [ipv4.gateway, ipv6.gateway]);
    await this.batch(["ip"], [`addr add ${ipv4.gateway}/24 dev hosti`, `addr add ${METADATA}/32 dev lo`]);
    await this.batch(["ip", "-6"], [`addr add ${ipv6.gateway}/64 dev hosti nodad`]);
    await this.startDhcp();
  }

  /**
   * Plugs an interface of a guest into its subnet. The guest's end appears in `namespace` as `nic.device`.
   *
   * @param port name of the cloud's end, as in {@link wrong}
   */
  async plug(nic: Nic, namespace: string, port: string): Promise<void> {
    const lease = `${nic.mac},${nic.ipv4},[${nic.ipv6}],120`;
    const file = path.join(this.hostsDirectory, nic.mac.replaceAll(":", ""));
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file, `${lease}\n`);
      // It reads the file when told by the kernel, not at once.
      await sleep(50);
    }
    await this.ok([
      ...["ip", "link", "add", port, "type", "veth", "peer", "name", nic.device],
      ...["address", nic.mac, "netns", namespace],
    ]);
    await this.ok(["nft", "-f", "-"], sourceCheck(port, nic));
    await this.batch(["ip"], [`link set ${port} master ${nic.subnet.name}`, `link set ${port} up`]);
  }

  /** Whether it is plugged in or not. */
  async unplug(port: string): Promise<void> {
    await this.runner.run(inNamespace(this.router, ["ip", "link", "del", port]));
  }

  /** What has left by a wrong interface, by port. */
  wrong(): Promise<Record<string, WrongPackets>> {
    return readWrong(this.router, this.runner);
  }

  /** The last lines that the DHCP server has said. */
  dhcpLog(lines: number): string {
    const text = readIfThere(path.join(this.directory, "dhcp.log")) ?? "";
    return text.split("\n").slice(-lines).join("\n");
  }

  /** Runs a program on the router. */
  ok(argv: string[], stdin?: string): Promise<string> {
    return this.runner.ok(inNamespace(this.router, argv), stdin);
  }

  async destroy(): Promise<void> {
    this.dhcp?.kill("SIGKILL");
    this.metadata.stop();
    for (const host of ["i", "a", "b", "c"] as const) await this.remove(this.namespaceOf(host));
    await this.remove(this.router);
  }

  private get hostsDirectory(): string {
    return path.join(this.directory, "hosts");
  }

  private async addRouter(): Promise<void> {
    await this.runner.ok(["ip", "netns", "add", this.router]);
    await this.ok(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
    await this.ok(["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"]);
    const subnets = Object.values(SUBNETS);
    await this.batch(
      ["ip"],
      [
        "link set lo up",
        // A MAC of its own: a bridge without one changes it as ports come and go, and neighbours lose their gateway.
        ...subnets.flatMap(({ name, ipv4 }, n) => [
          `link add name ${name} address 02:5e:ff:00:00:0${n} type bridge forward_delay 0 mcast_snooping 0`,
          `link set dev ${name} addrgenmode none`,
          `addr add ${ipv4.gateway}/${ipv4.length} dev ${name}`,
          `link set dev ${name} up`,
        ]),
      ],
    );
    await this.batch(
      ["ip", "-6"],
      subnets.flatMap(({ name, ipv6 }) => [
        `addr add ${ipv6.net}1/${ipv6.length} dev ${name} nodad`,
        `addr add ${ipv6.gateway}/64 dev ${name} nodad`,
      ]),
    );
  }

  private async addHost(name: "i" | Subnet["name"], addresses: string[], gateways: string[]): Promise<void> {
    const namespace = this.namespaceOf(name);
    await this.runner.ok(["ip", "netns", "add", namespace]);
    await this.ok([
      "ip",
      "link",
      "add",
      `host${name}`,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      namespace,
    ]);
    await this.ok(["ip", "link", "set", `host${name}`, "up"]);
    const inside = (argv: string[], lines: string[]): Promise<string> =>
      this.runner.ok(inNamespace(namespace, [...argv, "-batch", "-"]), `${lines.join("\n")}\n`);
    await inside(
      ["ip"],
      [
        "link set lo up",
        "link set eth0 up",
        `addr add ${addresses[0]} dev eth0`,
        `route add default via ${gateways[0]}`,
      ],
    );
    await inside(
      ["ip", "-6"],
      [`addr add ${addresses[1]} dev eth0 nodad`, `route add default via ${gateways[1]} dev eth0`],
    );
  }

  private async startDhcp(): Promise<void> {
    const file = (name: string): string => path.join(this.directory, name);
    const lines = [
      ...["port=0", "bind-interfaces", "except-interface=lo", "dhcp-authoritative", "no-ping", "enable-ra"],
      ...["user=root", "keep-in-foreground", "log-dhcp"],
      ...[`log-facility=${file("dhcp.log")}`, `dhcp-leasefile=${file("leases")}`],
      `dhcp-hostsdir=${this.hostsDirectory}`,
      ...Object.values(SUBNETS).flatMap(({ name, ipv4, ipv6 }) => [
        `interface=${name}`,
        `dhcp-range=${ipv4.net},static,120`,
        `dhcp-range=${ipv6.net},static,${ipv6.length},120`,
        `ra-param=${name},10,600`,
      ]),
    ];
    fs.writeFileSync(file("dnsmasq.conf"), `${lines.join("\n")}\n`);
    const [program, ...args] = inNamespace(this.router, [
      ...["setpriv", "--pdeathsig", "KILL", "dnsmasq", `--conf-file=${file("dnsmasq.conf")}`],
    ]);
    this.dhcp = spawn(program, args, { env: ENVIRONMENT, stdio: "ignore" });
    for (let i = 0; !fs.existsSync(file("dhcp.log")); i++) {
      if (i > 1000 || this.dhcp.exitCode !== null) throw new Error("dnsmasq does not start");
      await sleep(20);
    }
  }

  private batch(argv: string[], lines: string[]): Promise<string> {
    return this.ok([...argv, "-batch", "-"], `${lines.join("\n")}\n`);
  }

  private async remove(namespace: string): Promise<void> {
    await this.runner.run(["ip", "netns", "del", namespace]);
  }
}
