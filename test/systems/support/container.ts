import { Runner, inNamespace } from "../../../lab/fabric/run";
import { labName } from "../../../lab/systems/names";
import { Guest, INTERNET, Nic, Systems } from "../../../lab/systems";
import { Flow } from "../../../lab/traffic";

const BRIDGE = { device: "docker0", address: "172.17.0.1", net: "172.17.0.0/16" };
const ADDRESS = "172.17.0.2";

/**
 * What Docker 20 puts on a host, without its daemon: the bridge, forwarding, and its chains as iptables-nft shows them.
 * Run again it is what a restart of the daemon does: all of it anew.
 */
export const DOCKER = `
  ip link show ${BRIDGE.device} >/dev/null 2>&1 || ip link add ${BRIDGE.device} type bridge
  ip addr replace ${BRIDGE.address}/16 dev ${BRIDGE.device}
  ip link set ${BRIDGE.device} up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  nft -f - <<'END'
table ip docker-nat
delete table ip docker-nat
table ip docker-nat {
  chain PREROUTING { type nat hook prerouting priority dstnat; fib daddr type local jump DOCKER; }
  chain OUTPUT { type nat hook output priority -100; ip daddr != 127.0.0.0/8 fib daddr type local jump DOCKER; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; ip saddr ${BRIDGE.net} oifname != "${BRIDGE.device}" masquerade; }
  chain DOCKER { iifname "${BRIDGE.device}" return; }
}
table ip docker-filter
delete table ip docker-filter
table ip docker-filter {
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
    oifname "${BRIDGE.device}" ct state related,established accept
    iifname "${BRIDGE.device}" oifname != "${BRIDGE.device}" accept
    iifname "${BRIDGE.device}" oifname "${BRIDGE.device}" accept
  }
}
END`;

/** Takes it away again; forwarding too. */
export const NO_DOCKER = `nft delete table ip docker-nat; nft delete table ip docker-filter
  ip link del ${BRIDGE.device}; echo 0 >/proc/sys/net/ipv4/ip_forward`;

/** A container on the bridge: a network namespace of its own. */
export class Container {
  readonly namespace = labName("ct");
  private readonly runner = new Runner(undefined);

  constructor(private readonly guest: Guest) {}

  async start(): Promise<void> {
    await this.runner.ok(["ip", "netns", "add", this.namespace]);
    const add = ["link", "add", "vethc", "type", "veth", "peer", "name", "eth0", "netns", this.namespace];
    await this.runner.ok(inNamespace(this.guest.namespace, ["ip", ...add]));
    const up = ["ip", "link", "set", "vethc", "master", BRIDGE.device, "up"];
    await this.runner.ok(inNamespace(this.guest.namespace, up));
    const lines = [
      ...["link set lo up", `addr add ${ADDRESS}/16 dev eth0`, "link set eth0 up"],
      `route add default via ${BRIDGE.address}`,
    ];
    await this.runner.ok(inNamespace(this.namespace, ["ip", "-batch", "-"]), `${lines.join("\n")}\n`);
  }

  async stop(): Promise<void> {
    await this.runner.run(["ip", "netns", "del", this.namespace]);
  }

  /** From the container to both addresses of its host, and out by the host's masquerade. */
  flows(systems: Systems, [a, b]: readonly [Nic, Nic]): Flow[] {
    const flow = (name: string, server: string, to: string): Flow => ({
      ...{ name, client: this.namespace, server, to, protocol: "tcp" },
    });
    return [
      flow("c>A", this.guest.namespace, a.ipv4),
      flow("c>B", this.guest.namespace, b.ipv4),
      flow("c>i", systems.network.namespaceOf("i"), INTERNET.ipv4.address),
    ];
  }
}
