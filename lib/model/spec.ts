/**
 * A host as its owner writes it: the content of HOST.json, and the plain half of the components' arguments.
 * `schema/host.schema.json` describes the same; a test holds the two together.
 */

/** A host, and how it is to route. */
export interface HostSpec {
  /** The host's name; appears in messages and drawings. 1 to 31 of letters, digits, ".", "_", "-", a letter first. */
  name: string;
  /** The interfaces we route. What is not listed (containers, tunnels) is left to the host. */
  interfaces: InterfaceSpec[];
  policy?: PolicySpec;
  /** Overrides for the numbers we put into the kernel. Default: {@link DEFAULT_NUMBERS}. */
  numbers?: NumbersSpec;
  /** Where editors find `schema/host.schema.json`: a path or URL. Nothing else looks at it. */
  $schema?: string;
}

/** An interface that is routed. */
export interface InterfaceSpec {
  /**
   * Logical name, and identity: the table id and every generated name come from it, never from order. 1 to 31 of letters,
   * digits, ".", "_", "-", a letter first.
   */
  name: string;
  /** How the interface is found on the host. Default: by its first address. */
  match?: MatchSpec;
  /** Addresses the host may send from, each with its prefix length: "10.0.1.10/24". The first of a family is the primary. */
  addresses?: string[];
  /** Prefixes routed to the host as a whole (AWS: /28 and /80), for containers or further addresses. */
  delegatedPrefixes?: string[];
  /** Next hops, at most one a family. Without one a family reaches its attached subnets alone. */
  gateways?: (string | GatewaySpec)[];
  /** Attached subnets that the prefix lengths of the addresses do not say (/32 clouds). */
  subnets?: string[];
  /** Further routes of this interface's table. */
  routes?: RouteSpec[];
}

/** By what a device is found on the host; several must agree, and at least one is given. */
export interface MatchSpec {
  /** Link-layer address, `02:00:00:00:01:0a`. */
  mac?: string;
  /** Device name on the host. Names can change with the kernel; prefer another. */
  ifname?: string;
  /** An address that the device carries before we come. */
  address?: string;
}

/** A next hop that no attached subnet holds. */
export interface GatewaySpec {
  /** Without a prefix length: "172.31.1.1". */
  address: string;
  /** The gateway is on this link although no attached subnet holds it. Default: false. */
  onLink?: boolean;
}

/** A route of one interface's table. */
export interface RouteSpec {
  /** Destination prefix, without host bits: "172.31.0.0/16". Not a default, which `gateways` gives. */
  to: string;
  /** Next hop. Default: the destination is attached to the link. */
  via?: string;
}

/** Whether the host keeps its interfaces' addresses apart (RFC 1122 3.3.4.2): see {@link PolicySpec.hostModel}. */
export const HostModel = { Symmetric: "symmetric", Strong: "strong", Weak: "weak" } as const;
export type HostModel = (typeof HostModel)[keyof typeof HostModel];

/** What becomes of traffic of a policy when none of its interfaces can carry it. */
export const Otherwise = {
  /** Refused: "network unreachable" (ICMP "net unreachable" to who is forwarded). */
  Unreachable: "unreachable",
  /** Refused: "permission denied" (ICMP "administratively prohibited"). */
  Prohibit: "prohibit",
  /** Dropped without a word; a program of the host sees "invalid argument". */
  Blackhole: "blackhole",
  /** On to the next policy, and in the end to the host's own rules. */
  Next: "next",
} as const;
export type Otherwise = (typeof Otherwise)[keyof typeof Otherwise];

/** How a source reaches a subnet attached to another interface: see {@link PolicySpec.onLink}. */
export const OnLink = { Gateway: "gateway", Direct: "direct" } as const;
export type OnLink = (typeof OnLink)[keyof typeof OnLink];

/** What becomes of main's routes through what is not managed: see {@link PolicySpec.unmanagedRoutes}. */
export const UnmanagedRoutes = { Follow: "follow", Ignore: "ignore" } as const;
export type UnmanagedRoutes = (typeof UnmanagedRoutes)[keyof typeof UnmanagedRoutes];

/** What keeps a plan in force on its host, after a reboot and beside what else configures the network. */
export const Persistence = {
  /** systemd units where the host is run by systemd; elsewhere nothing, and the program says what to hook in. */
  Auto: "auto",
  /** systemd units; refused on a host that is not run by systemd. */
  Systemd: "systemd",
  /** Nothing: what is applied lasts until a reboot. Refused beside a network daemon that would take it away before. */
  None: "none",
  /** Nothing, also beside such a daemon: what is applied lasts until that sets up a link anew. */
  Volatile: "volatile",
} as const;
export type Persistence = (typeof Persistence)[keyof typeof Persistence];

/** How a host routes. */
export interface PolicySpec {
  /**
   * "symmetric": every packet leaves by the interface that owns its source. "strong": besides, an interface accepts
   * only what is for its own addresses, and sends only what is from them (RFC 1122 3.3.4.2; needs nftables on the host).
   * "weak": Linux's own way, with everything of ours removed. Default: "symmetric".
   */
  hostModel?: HostModel;
  /**
   * Addresses of the host that belong to no interface (an identity on loopback, a virtual IP of a cluster): under the
   * strong host model every interface takes and sends them. Only with `hostModel: "strong"`. Default: none.
   */
  virtualAddresses?: string[];
  /**
   * How an address of one interface reaches hosts on a subnet attached to another: by its own gateway, or directly
   * out of the other interface. Default: "gateway".
   */
  onLink?: OnLink;
  /** Pairs that go directly in spite of `onLink: "gateway"`: isolated subnets whose gateways do not route to each other. */
  directPairs?: DirectPairSpec[];
  /**
   * Whether sources of ours follow the routes of main through devices that are not managed (containers, tunnels, VPNs)
   * where these are finer than a default. "ignore": they use their own tables alone, whatever others add to main, and a
   * lookup is cheaper; for hosts that have nothing of that kind. Policies before the rules for sources do as these,
   * and those after them, about what has no source of ours, follow main in any case. Default: "follow".
   */
  unmanagedRoutes?: UnmanagedRoutes;
  /**
   * Which interfaces some traffic may use, whatever its source; the first policy that matches decides. Default: none.
   */
  traffic?: TrafficSpec[];
  /**
   * Mark connections by the interface they come in by, so that replies of what is forwarded (containers, DNAT) leave by
   * the same. Needs nftables and connection tracking on the host. Default: true when a traffic policy can decide about
   * what is forwarded, which all can but those that select users.
   */
  trackConnections?: boolean;
  /**
   * Whether `apply` also installs what keeps the plan in force: systemd units that restore it at boot and re-assert it
   * when a network daemon has taken it away (docs/operations.md). Default: "auto".
   */
  persistence?: Persistence;
  /**
   * Separate routing domains, each with interfaces of its own that the rest of the host does not have: they may use
   * the same addresses, and nothing passes between them. Default: none.
   */
  worlds?: WorldSpec[];
  /**
   * Addresses that are the host's own and no interface's, announced to the network over every link by a routing protocol:
   * see docs/identity.md. Needs FRR on the host. Default: none.
   */
  identity?: IdentitySpec;
}

/** By what the network learns of an identity. */
export const IdentityProtocol = { Ospf: "ospf", Bgp: "bgp" } as const;
export type IdentityProtocol = (typeof IdentityProtocol)[keyof typeof IdentityProtocol];

/**
 * The host's name in addresses: put on its loopback, the source of what it sends of its own accord, reached and sent
 * from over all links at once.
 */
export interface IdentitySpec {
  /** At most one a family, as "192.0.2.1/32" and "2001:db8::1/128"; outside of all that interfaces have. */
  addresses: string[];
  /** "ospf": OSPFv2 for IPv4 and OSPFv3 for IPv6, one router a link. "bgp": to the neighbours in `peers`. */
  protocol: IdentityProtocol;
  /** OSPF: names of the interfaces over which it is announced. Default: all. */
  interfaces?: string[];
  /** OSPF: the area, as a number or in dotted form. Default: "0.0.0.0". */
  area?: string;
  /**
   * OSPFv2: the stub area (RFC 2328, 3.6) that the links are in, in place of `area`; not 0.0.0.0. Its routers give the host
   * a default route of their own, which FRR loses with the link. One that comes from outside of OSPF it keeps for a second
   * longer, but with OSPFv3. Default: none.
   */
  stubArea?: string;
  /** BGP: the host's AS number, 1 to 4294967294. */
  asn?: number;
  /** BGP: the neighbours. */
  peers?: IdentityPeerSpec[];
  /** Router id of the protocol, in the form of an IPv4 address. Default: the IPv4 identity, else the first IPv4 address. */
  routerId?: string;
  /** Seconds between signs of life (OSPF hello, BGP keepalive), 1 to 65535; the neighbours' must agree. Default: 1. */
  keepalive?: number;
  /** Seconds of silence until a neighbour is given up (OSPF dead interval, BGP hold time), 3 to 65535. Default: four times `keepalive`. */
  hold?: number;
  /** Detect the loss of a link by BFD (RFC 5880), which the neighbours need too. Default: true. */
  bfd?: boolean;
  /** Milliseconds between packets of BFD, 50 to 60000; three that are missing are a loss. Default: 100. */
  bfdInterval?: number;
  /**
   * A file on the host whose one line is the password that the protocol's neighbours share: MD5 for BGP and OSPFv2,
   * HMAC-SHA-256 for OSPFv3. It is read on the host alone, and never part of a plan. Default: none.
   */
  passwordFile?: string;
}

/** A BGP neighbour. */
export interface IdentityPeerSpec {
  /** Name of the interface that it is behind. */
  interface: string;
  /** Its AS number. */
  asn: number;
  /** Its address. Default: unnumbered, found by its link-local address (RFC 8950), for both families at once. */
  address?: string;
}

/** What separates a world from the rest of the host. */
export const WorldKind = {
  /** A network namespace (ip-netns(8)): programs in it see nothing but it. */
  Netns: "netns",
  /** Virtual routing and forwarding (Linux, Documentation/networking/vrf.rst): sockets choose it by its device. */
  Vrf: "vrf",
} as const;
export type WorldKind = (typeof WorldKind)[keyof typeof WorldKind];

/** A routing domain of its own: see docs/worlds.md. */
export interface WorldSpec {
  /** Name of the namespace, or of the VRF's device, which has at most 15 characters. */
  name: string;
  /** "netns": a network namespace. "vrf": a VRF. */
  kind: WorldKind;
  /**
   * Names of the interfaces that are in it and nowhere else, each found by its MAC or device name. What has no source
   * yet leaves by the first that has a gateway. A VRF has one.
   */
  interfaces: string[];
  /** The world's own resolver, for what runs in it. Only for namespaces. Default: the host's. */
  resolver?: ResolverSpec;
  /** systemd units that run in it: see `multihome render --to systemd`. Only for namespaces. Default: none. */
  services?: string[];
  /** Moves an interface although the session that applies the plan has come in by it. Default: false. */
  moveManagement?: boolean;
}

/** See resolv.conf(5). */
export interface ResolverSpec {
  /** Addresses of name servers, 1 to 3, as seen from the world. */
  nameservers: string[];
  /** Domains that are tried for short names. Default: none. */
  search?: string[];
}

/**
 * Traffic that may use some interfaces alone. A packet matches when it matches every selector that is given; a
 * selector with several values matches any of them. Without selectors everything matches.
 */
export interface TrafficSpec {
  /** Distinct among the policies; appears in messages and reports. */
  name: string;
  /** Source prefixes: of networks that the host forwards for, or, with `beforeSources`, of its own. */
  from?: string[];
  /**
   * Destination prefixes. Without them, what main routes to containers, tunnels and the like (through no interface of
   * ours, and by no default route) stays there, unless {@link PolicySpec.unmanagedRoutes} is "ignore" and it comes before
   * the rules for sources; destinations that are given are meant, and go by `use`.
   */
  to?: string[];
  /** IP protocol: "tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp", "ah", or a number as text. */
  protocol?: string;
  /** Ports from 1 to 65534, which is the last that a rule can ask for, or ranges ("8000-8080"); needs a `protocol` with ports. */
  sourcePorts?: (number | string)[];
  /** As `sourcePorts`. */
  destinationPorts?: (number | string)[];
  /** Firewall marks, with a mask after a slash: "0x10/0xf0". Our own bits are never looked at. */
  marks?: string[];
  /** Numbers of the users whose sockets send it, or ranges of them ("1000-1999"); never what is forwarded. */
  users?: (number | string)[];
  /** Names of interfaces by which forwarded traffic comes in. */
  incoming?: string[];
  /** Devices of the host that are no interface here, by which forwarded traffic comes in: "docker0". */
  incomingDevices?: string[];
  /** Differentiated services code points (RFC 2474), 1 to 63, of IPv6: rules for IPv4 do not see a whole one. */
  dscp?: number[];
  /** Names of interfaces: the first that works is used. */
  use: string[];
  /**
   * Shares the traffic among the interfaces of `use`, flow by flow: a weight for each, 1 to 256. A socket that connects
   * has no port of its own yet, so all its connections to one port of a host are one flow. Default: none.
   */
  weights?: Record<string, number>;
  /** What becomes of the traffic when none of the interfaces can carry it. Default: "unreachable". */
  otherwise?: Otherwise;
  /**
   * Decides also about what has a source of ours, which then may leave by an interface that does not own it. Default:
   * false, after the rules for sources, where it decides about what has no source yet and what is forwarded.
   */
  beforeSources?: boolean;
}

/** What one interface's sources send to another's attached subnets goes directly. */
export interface DirectPairSpec {
  /** Name of the interface that owns the source address. */
  from: string;
  /** Name of the interface whose attached subnets are reached directly. */
  to: string;
}

/** Overrides for the numbers put into the kernel, for hosts on which somebody else has ours. */
export interface NumbersSpec {
  /** Routing protocol number on all we add, 0 to 255, none of rtnetlink(7)'s. Default: 77. */
  protocol?: number;
  /** Interface group of managed interfaces (ip-link(8)), 1 to 2147483647. Default: 77. */
  group?: number;
  /** First of 256 consecutive table ids, from 256 on. Default: 7000. */
  tableBase?: number;
  /** First of 3000 consecutive rule priorities, from 3 on and all before that of main, 32766. Default: 7000. */
  priorityBase?: number;
  /** The one fwmark bit by which rules are tried before they are in force. Default: 0x40000000. */
  canaryMark?: number;
}
