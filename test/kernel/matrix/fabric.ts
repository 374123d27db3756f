import { Namespace } from "../support/netns";
import { replacingTable } from "./configure";
import { Layout, PRIVATE_TO_HOST, bare, isIPv6, ofFamily } from "./layout";

/** Packets of one flow and direction that the cloud has counted at one place. */
export interface Sighting {
  /**
   * Packets are counted where they are dropped (witnesses against a routing decision) and where they reach
   * the host.
   */
  readonly event: "dropped" | "reached the host";
  /** What saw them, and where: "source check at eth1", "firewall of ga". */
  readonly by: string;
  readonly from: string;
  readonly to: string;
  /** IP protocol number. */
  readonly protocol: number;
  /** TCP and UDP: the ports. ICMP: `sourcePort` is type and code, as they stand in the header. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Sets whose elements are the flows seen. A set's name says at what event, and where. */
const sets = (name: string) =>
  ([4, 6] as const)
    .map((family) => {
      const key = `ipv${family}_addr . ipv${family}_addr . inet_proto . inet_service . inet_service`;
      return `  set ${name}_${family} { type ${key}; flags dynamic; size 65535; }\n`;
    })
    .join("");
const note = (family: 4 | 6, name: string) => {
  const ip = family === 4 ? "ip" : "ip6";
  return `update @${name}_${family} { ${ip} saddr . ${ip} daddr . meta l4proto . th sport . th dport }`;
};

/**
 * The ports of the switch, as a cloud's: a source that is not the interface's own is dropped (when
 * `sourceCheck`), and so is what is addressed to networks inside the host.
 */
export function portRules(layout: Layout, sourceCheck: boolean): string {
  const port = ({ device, addresses, delegated = [] }: Layout[number]) => {
    const own = (family: 4 | 6) =>
      [...ofFamily(family, addresses).map(bare), ...ofFamily(family, delegated)].join(", ");
    const source = `source_${device}`;
    const stray = `stray_${device}`;
    return `${sets(source)}${sets(stray)}  chain ${device} {
    type filter hook ingress device "p-${device}" priority 0; policy accept;
    ip daddr { ${PRIVATE_TO_HOST.join(", ")} } ${note(4, stray)} drop
    ${sourceCheck ? `ip saddr != { ${own(4)} } ${note(4, source)} drop` : ""}
    ${sourceCheck ? `ip6 saddr != { ${own(6)}, fe80::/10, :: } ${note(6, source)} drop` : ""}
  }
`;
  };
  const arrivals = ({ device }: Layout[number]) => `
    oifname "p-${device}" ${note(4, `arrived_${device}`)}
    oifname "p-${device}" ${note(6, `arrived_${device}`)}`;
  return `${replacingTable("netdev", "fabric", layout.map(port).join(""))}${replacingTable(
    "bridge",
    "fabric",
    `${layout.map(({ device }) => sets(`arrived_${device}`)).join("")}  chain forward {
    type filter hook forward priority 0; policy accept;${layout.map(arrivals).join("")}
  }
`,
  )}`;
}

/**
 * A firewall that must see both directions of a flow, from its first packet on. Needs
 * nf_conntrack_tcp_loose=0.
 */
export function statefulRules(router: string): string {
  const name = `state_${router}`;
  return replacingTable(
    "inet",
    "fabric",
    `${sets(name)}  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    ct state new tcp flags & (fin | syn | rst | ack) == syn accept
    ct state new udp dport < 61000 accept
    ct state new icmp type echo-request accept
    ct state new icmpv6 type echo-request accept
    meta nfproto ipv4 ${note(4, name)} drop
    meta nfproto ipv6 ${note(6, name)} drop
  }
`,
  );
}

const SEEN: Readonly<Record<string, (place: string) => Pick<Sighting, "event" | "by">>> = {
  source: (device) => ({ event: "dropped", by: `source check at ${device}` }),
  stray: (device) => ({ event: "dropped", by: `no such destination beyond ${device}` }),
  state: (router) => ({ event: "dropped", by: `firewall of ${router}` }),
  arrived: (device) => ({ event: "reached the host", by: device }),
};

interface ListedSet {
  readonly name: string;
  readonly elem?: { concat: [string, string, number, number, number] }[];
}

/** Everything seen so far in the namespace. */
export function sightings(namespace: Namespace): Sighting[] {
  const listed = JSON.parse(namespace.ok("nft", "-nn", "-j", "list", "sets")) as {
    nftables: { set?: ListedSet }[];
  };
  return listed.nftables.flatMap(({ set }) => {
    const [event, place] = (set?.name ?? "").split("_");
    return (set?.elem ?? []).map(({ concat: [from, to, protocol, sourcePort, destinationPort] }) => ({
      ...SEEN[event](place),
      ...{ from, to, protocol, sourcePort, destinationPort },
    }));
  });
}

/** Whether a sighting belongs to the flow between two ends, in either direction. */
export function belongsTo(seen: Sighting, flow: FlowKey): boolean {
  const there = seen.from === flow.from && seen.to === flow.to;
  const back = seen.from === flow.to && seen.to === flow.from;
  if (seen.protocol !== flow.protocol) return false;
  if (flow.protocol === 1 || flow.protocol === 58) {
    // Type and code of the echo request and of its reply.
    const [request, reply] = isIPv6(flow.to) ? [0x8000, 0x8100] : [0x0800, 0x0000];
    return (there && seen.sourcePort === request) || (back && seen.sourcePort === reply);
  }
  return (
    (there && seen.sourcePort === flow.sourcePort && seen.destinationPort === flow.destinationPort) ||
    (back && seen.sourcePort === flow.destinationPort && seen.destinationPort === flow.sourcePort)
  );
}

export interface FlowKey {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}
