import * as pulumi from "@pulumi/pulumi";
import {
  HostModel,
  IdentityProtocol,
  OnLink,
  Otherwise,
  Persistence,
  UnmanagedRoutes,
  WorldKind,
} from "../model/spec";

/**
 * A host's interfaces and policy as arguments: the fields of HOST.json, each of which may be an output. The shapes
 * are such that every Pulumi language can have them (no unions but enums).
 */

/** An interface to route. */
export interface RoutedInterfaceArgs {
  /**
   * Logical name, and identity: table numbers and generated names come from it, never from order. 1 to 31 of letters,
   * digits, ".", "_", "-", a letter first. Example: "front".
   */
  name: pulumi.Input<string>;
  /** How the interface is found on the host. Default: by its first address. */
  match?: pulumi.Input<InterfaceMatchArgs>;
  /**
   * Addresses the host may send from, each with its prefix length; the first of a family is the primary. Example:
   * ["10.0.1.10/24", "2001:db8:1::10/64"].
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Prefixes routed to the host as a whole, for containers or further addresses. Example: ["10.0.1.32/28"]. */
  delegatedPrefixes?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Next hops, at most one a family, within an attached subnet or link-local. Without one a family reaches its
   * attached subnets alone. Example: ["10.0.1.1", "fe80::1"].
   */
  gateways?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Next hops that are on the link although no attached subnet holds them, as in clouds that give /32 addresses; at
   * most one a family together with `gateways`. Example: ["172.31.1.1"].
   */
  onLinkGateways?: pulumi.Input<pulumi.Input<string>[]>;
  /** Attached subnets that the prefix lengths of the addresses do not say. Default: those of the addresses. */
  subnets?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further routes of this interface's table. Default: none. */
  routes?: pulumi.Input<pulumi.Input<RouteArgs>[]>;
}

/** By what an interface is found on the host; several must agree. */
export interface InterfaceMatchArgs {
  /** Link-layer address. Example: "02:00:00:00:01:0a". */
  mac?: pulumi.Input<string>;
  /** Device name on the host. Names can change with the kernel: prefer another. Example: "eth0". */
  ifname?: pulumi.Input<string>;
  /** An address that the device carries before the policy is applied. Example: "10.0.1.10". */
  address?: pulumi.Input<string>;
}

/** A route of one interface's table. */
export interface RouteArgs {
  /** Destination prefix. Example: "172.31.0.0/16". */
  to: pulumi.Input<string>;
  /** Next hop. Default: the destination is attached to the link. */
  via?: pulumi.Input<string>;
}

/** How a host routes. */
export interface RoutingPolicyArgs {
  /**
   * "symmetric": every packet leaves by the interface that owns its source. "strong": besides, an interface accepts only
   * what is for its own addresses, and sends only what is from them (RFC 1122; needs nftables on the host). "weak":
   * as Linux does by itself, with everything of ours removed. Default: "symmetric".
   */
  hostModel?: pulumi.Input<HostModel>;
  /**
   * Addresses of the host that belong to no interface and come and go by all of them, as an identity on loopback. Only
   * with the strong host model. Default: none. Example: ["192.0.2.1"].
   */
  virtualAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How an address of one interface reaches hosts on a subnet attached to another: by its own gateway, or directly out
   * of the other interface. Default: "gateway".
   */
  onLink?: pulumi.Input<OnLink>;
  /** Pairs that go directly in spite of `onLink: "gateway"`. Default: none. */
  directPairs?: pulumi.Input<pulumi.Input<DirectPairArgs>[]>;
  /**
   * Whether sources of the interfaces follow the main table's routes through devices that are not managed (containers,
   * tunnels, VPNs) where these are finer than a default. "ignore": never, whatever others add to main; for hosts that have
   * nothing of that kind. Default: "follow". Example: "ignore".
   */
  unmanagedRoutes?: pulumi.Input<UnmanagedRoutes>;
  /**
   * What keeps the routing in force after a reboot and beside network daemons. "auto": systemd units where the host is run
   * by systemd, elsewhere nothing. "systemd": units, or refuse. "none": nothing, and refused where systemd-networkd would
   * take it away. "volatile": nothing, even there. Default: "auto".
   */
  persistence?: pulumi.Input<Persistence>;
  /** Which interfaces some traffic may use; the first policy that matches decides. Default: none. */
  traffic?: pulumi.Input<pulumi.Input<TrafficPolicyArgs>[]>;
  /**
   * Mark connections by the interface they come in by, so that replies of what is forwarded (containers, DNAT) leave by
   * the same; needs nftables on the host. Default: true when a traffic policy can decide about what is forwarded, which
   * all can but those that select users.
   */
  trackConnections?: pulumi.Input<boolean>;
  /**
   * Separate routing domains with interfaces of their own: they may use the same addresses, and nothing passes between
   * them. Default: none.
   */
  worlds?: pulumi.Input<pulumi.Input<WorldArgs>[]>;
  /**
   * Addresses that are the host's own and no interface's, on its loopback, announced to the network over every link by
   * a routing protocol; the source of what the host sends of its own accord. Needs FRR on the host. Default: none.
   */
  identity?: pulumi.Input<HostIdentityArgs>;
}

/** The host's identity. */
export interface HostIdentityArgs {
  /**
   * At most one a family, of full length and outside of all that interfaces have. Example: ["192.0.2.1/32",
   * "2001:db8::1/128"].
   */
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /** "ospf": OSPFv2 for IPv4 and OSPFv3 for IPv6, one router a link. "bgp": to the neighbours in `peers`. */
  protocol: pulumi.Input<IdentityProtocol>;
  /** OSPF: names of the interfaces over which it is announced. Default: all. */
  interfaces?: pulumi.Input<pulumi.Input<string>[]>;
  /** OSPF: the area, as a number or in dotted form. Default: "0.0.0.0". */
  area?: pulumi.Input<string>;
  /** OSPFv2: the stub area of the links, in place of `area`: a lost link costs a second less. Default: none. */
  stubArea?: pulumi.Input<string>;
  /** BGP: the host's AS number, 1 to 4294967294. */
  asn?: pulumi.Input<number>;
  /** BGP: the neighbours. */
  peers?: pulumi.Input<pulumi.Input<IdentityPeerArgs>[]>;
  /** Router id, in the form of an IPv4 address. Default: the IPv4 identity, else the first IPv4 address of the host. */
  routerId?: pulumi.Input<string>;
  /** Seconds between signs of life (OSPF hello, BGP keepalive). Default: 1. */
  keepalive?: pulumi.Input<number>;
  /** Seconds of silence until a neighbour is given up (OSPF dead interval, BGP hold time). Default: four times `keepalive`. */
  hold?: pulumi.Input<number>;
  /** Detect the loss of a link by BFD, which the neighbours need too. Default: true. */
  bfd?: pulumi.Input<boolean>;
  /** Milliseconds between packets of BFD, three of which missing are a loss; 50 to 60000. Default: 100. */
  bfdInterval?: pulumi.Input<number>;
  /**
   * A file on the host whose one line is the password that the neighbours share. It is read on the host alone, and
   * never part of the state. Default: none. Example: "/etc/multihome/password".
   */
  passwordFile?: pulumi.Input<string>;
}

/** A BGP neighbour to which the identity is announced. */
export interface IdentityPeerArgs {
  /** Name of the interface that it is behind. */
  interface: pulumi.Input<string>;
  /** Its AS number. */
  asn: pulumi.Input<number>;
  /** Its address. Default: unnumbered, found by its link-local address. */
  address?: pulumi.Input<string>;
}

/** A routing domain of its own. */
export interface WorldArgs {
  /** Name of the network namespace, or of the VRF's device, which has at most 15 characters. Example: "storage". */
  name: pulumi.Input<string>;
  /** A network namespace, or a VRF. */
  kind: pulumi.Input<WorldKind>;
  /**
   * Names of the interfaces that are in it, each found by its MAC or device name. What has no source yet leaves by the first
   * that has a gateway. A VRF has one.
   */
  interfaces: pulumi.Input<pulumi.Input<string>[]>;
  /** The world's own resolver. Only for namespaces. Default: the host's. */
  resolver?: pulumi.Input<ResolverArgs>;
  /** systemd units that run in it, for `multihome render --to systemd`. Only for namespaces. Default: none. */
  services?: pulumi.Input<pulumi.Input<string>[]>;
  /** Moves an interface although Pulumi's own connection comes in by it. Default: false. */
  moveManagement?: pulumi.Input<boolean>;
}

/** The resolver of a world, as in resolv.conf(5). */
export interface ResolverArgs {
  /** Addresses of name servers, 1 to 3, as seen from the world. Example: ["10.0.1.2"]. */
  nameservers: pulumi.Input<pulumi.Input<string>[]>;
  /** Domains that are tried for short names. Default: none. */
  search?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A pair of interfaces: what the one sends to the other's subnets goes directly. */
export interface DirectPairArgs {
  /** Name of the interface that owns the source address. */
  from: pulumi.Input<string>;
  /** Name of the interface whose attached subnets are reached directly. */
  to: pulumi.Input<string>;
}

/**
 * Traffic that may use some interfaces alone. A packet matches when it matches every selector that is given; a selector
 * with several values matches any of them. Without selectors everything matches.
 */
export interface TrafficPolicyArgs {
  /** Distinct among the policies; appears in messages and reports. Example: "backups". */
  name: pulumi.Input<string>;
  /** Source prefixes: of networks that the host forwards for, or, with `beforeSources`, of its own. Example: ["10.8.0.0/24"]. */
  from?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Destination prefixes. Without them, what main routes to containers, tunnels and the like stays there, unless
   * it comes before the rules for sources and `unmanagedRoutes` is "ignore". Example: ["192.0.2.0/24"].
   */
  to?: pulumi.Input<pulumi.Input<string>[]>;
  /** IP protocol: "tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp", "ah", or a number as text. */
  protocol?: pulumi.Input<string>;
  /** Ports or ranges of ports; needs a `protocol` with ports. Example: ["53", "8000-8080"]. */
  sourcePorts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Ports or ranges of ports; needs a `protocol` with ports. Example: ["873"]. */
  destinationPorts?: pulumi.Input<pulumi.Input<string>[]>;
  /** Firewall marks, with a mask after a slash; our own bits, 0x7f000000, are never looked at. Example: ["0x10/0xf0"]. */
  marks?: pulumi.Input<pulumi.Input<string>[]>;
  /** Numbers of the users whose sockets send it, or ranges of them. Example: ["1000-1999"]. */
  users?: pulumi.Input<pulumi.Input<string>[]>;
  /** Names of interfaces by which forwarded traffic comes in. Example: ["front"]. */
  incoming?: pulumi.Input<pulumi.Input<string>[]>;
  /** Devices of the host that are no interface here, by which forwarded traffic comes in. Example: ["docker0"]. */
  incomingDevices?: pulumi.Input<pulumi.Input<string>[]>;
  /** Differentiated services code points, 1 to 63, of IPv6: rules for IPv4 do not see a whole one. Example: [46]. */
  dscp?: pulumi.Input<pulumi.Input<number>[]>;
  /** Names of interfaces: the first that works is used. Example: ["back", "front"]. */
  use: pulumi.Input<pulumi.Input<string>[]>;
  /** Shares the traffic among the interfaces of `use`, flow by flow: a weight for each, 1 to 256. Default: none. */
  weights?: pulumi.Input<Record<string, pulumi.Input<number>>>;
  /**
   * What becomes of the traffic when none of the interfaces can carry it: refused in one of two ways, dropped, or left
   * to the next policy. Default: "unreachable".
   */
  otherwise?: pulumi.Input<Otherwise>;
  /**
   * Decides also about what has a source of ours, which then may leave by an interface that does not own it. Default:
   * false, after the rules for sources.
   */
  beforeSources?: pulumi.Input<boolean>;
}

/** Overrides for the numbers put into the kernel, for hosts on which somebody else has ours. */
export interface NumbersArgs {
  /** Routing protocol number on all we add, 0 to 255. Default: 77. */
  protocol?: pulumi.Input<number>;
  /** Interface group of managed interfaces. Default: 77. */
  group?: pulumi.Input<number>;
  /** First of 256 consecutive table ids. Default: 7000. */
  tableBase?: pulumi.Input<number>;
  /** First of 3000 consecutive rule priorities. Default: 7000. */
  priorityBase?: pulumi.Input<number>;
  /** The fwmark bit by which rules are tried before they are in force. Default: 0x40000000. */
  canaryMark?: pulumi.Input<number>;
}
