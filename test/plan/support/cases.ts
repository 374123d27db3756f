import { HostSpec, InterfaceSpec, PolicySpec, TrafficSpec } from "../../../lib/model";

/** Three links; the third has no gateway of IPv6 and declares its routes. */
const A: InterfaceSpec = {
  name: "a",
  addresses: ["10.1.0.10/24", "10.1.0.11/24", "fd00:1::10/64"],
  delegatedPrefixes: ["10.1.7.0/28", "fd00:1:7::/80"],
  gateways: ["10.1.0.1", "fe80::1"],
};
const B: InterfaceSpec = {
  name: "b",
  addresses: ["10.2.0.10/32", "fd00:2::10/64"],
  gateways: [
    { address: "10.2.9.1", onLink: true },
    { address: "fd00:9::1", onLink: true },
  ],
  subnets: ["10.2.0.0/25"],
};
const C: InterfaceSpec = {
  name: "c",
  match: { mac: "02:00:00:00:00:0C", ifname: "eth9" },
  addresses: ["10.3.0.10/24", "fd00:3::10/64"],
  gateways: ["10.3.0.1"],
  routes: [
    { to: "172.31.0.0/16", via: "10.3.0.254" },
    { to: "10.3.0.128/25" },
    { to: "fd00:33::/48", via: "fe80::33" },
  ],
};
/** Of IPv4 alone, without a way beyond its subnet. */
const D: InterfaceSpec = { name: "d", addresses: ["10.4.0.10/30"] };
/** Two of IPv4 alone, with gateways. */
const E: InterfaceSpec = { name: "e", addresses: ["10.5.0.10/24"], gateways: ["10.5.0.1"] };
const F: InterfaceSpec = { name: "f", addresses: ["10.6.0.10/24"], gateways: ["10.6.0.1"] };
/** One address, and no way to anywhere. */
const G: InterfaceSpec = { name: "g", addresses: ["10.7.0.10/32"] };

const host = (policy: PolicySpec, interfaces: InterfaceSpec[] = [A, B, C, D]): HostSpec => ({
  name: "edge-1",
  interfaces,
  policy,
});
const policies = (...traffic: Omit<TrafficSpec, "name">[]): PolicySpec => ({
  traffic: traffic.map((t, i) => ({ name: `p${i}`, ...t })),
});

/** Hosts by what is to be seen in their plans. */
export const CASES: Readonly<Record<string, HostSpec>> = {
  "policies that select by one thing": host(
    policies(
      { from: ["172.17.0.0/16"], use: ["a"] },
      { to: ["192.0.2.0/24"], use: ["b"] },
      { to: ["2001:db8:ffff::/48"], use: ["b"] },
      { protocol: "icmp", use: ["b"] },
      { protocol: "icmpv6", use: ["b"] },
      { protocol: "47", use: ["b"] },
      { protocol: "tcp", destinationPorts: [443], use: ["b"] },
      { protocol: "udp", sourcePorts: ["4000-4999"], use: ["b"] },
      { marks: ["0x10/0xf0"], use: ["b"] },
      { marks: ["7"], use: ["b"] },
      { users: [1500], use: ["b"] },
      { incoming: ["c"], use: ["b"] },
      { incomingDevices: ["docker0"], use: ["b"] },
      { from: ["::/0"], dscp: [46], use: ["a"] },
      { use: ["c"] },
    ),
  ),
  "policies whose values come in any order, overlap and repeat": host(
    policies(
      {
        protocol: "tcp",
        sourcePorts: ["100-200", 50, "150-250", 251, "10-20", "12-15", 50],
        marks: ["0x20/0xf0", "0x10/0xff", "0x10/0xf0", "0x10/0xf0"],
        use: ["a"],
      },
      { protocol: "255", users: ["30-40", 5, "6-9", 1], use: ["a"] },
      { from: ["::/0"], dscp: [46, 10, 46, 9], use: ["b"] },
    ),
    [A, B],
  ),
  "policies that select by several values": host(
    policies(
      { from: ["172.17.0.0/16", "172.19.0.0/16", "fd00:17::/64"], use: ["a"] },
      { to: ["198.51.100.0/25", "203.0.113.5/32", "2001:db8:f::/48"], use: ["b", "a"] },
      { protocol: "tcp", sourcePorts: [1, "3-5"], destinationPorts: [80, 443], use: ["c", "a"] },
      { marks: ["1/0xf", "0x10/0xf0"], users: ["2000-2999", 7], use: ["b"] },
      { incoming: ["b", "a"], incomingDevices: ["tap1", "tap0"], protocol: "sctp", use: ["c"] },
      { from: ["0.0.0.0/0"], to: ["192.0.2.0/24"], use: ["b"] },
      { from: ["::/0"], dscp: [10, 46], use: ["a"] },
    ),
  ),
  "policies before the rules for sources": host(
    policies(
      { from: ["10.1.0.0/24", "fd00:2::/64"], use: ["b"], beforeSources: true },
      { to: ["192.0.2.0/25"], use: ["c", "a"] },
      { to: ["10.2.0.0/24", "2001:db8:f::/48"], use: ["a"], beforeSources: true, otherwise: "next" },
      { incoming: ["c"], use: ["a"], beforeSources: true },
    ),
  ),
  "a policy before the rules for sources about all traffic, on one link": host(
    { ...policies({ use: ["a"], beforeSources: true, otherwise: "blackhole" }), trackConnections: false },
    [A],
  ),
  "policies that share traffic by weight": host(
    policies(
      { to: ["192.0.2.0/24", "10.0.0.0/8"], use: ["b", "a", "c"], weights: { a: 1, b: 3, c: 256 } },
      { to: ["2001:db8:f::/48"], use: ["c", "b", "a"], weights: { a: 2, b: 2, c: 2 }, otherwise: "next" },
      { use: ["c", "a"], weights: { a: 1, c: 2 }, otherwise: "prohibit" },
    ),
  ),
  "policies that say what becomes of the rest": host(
    policies(
      { to: ["192.0.2.0/26"], use: ["a"], otherwise: "unreachable" },
      { to: ["192.0.2.64/26"], use: ["a"], otherwise: "prohibit" },
      { to: ["192.0.2.128/26"], use: ["a"], otherwise: "blackhole" },
      { to: ["192.0.2.192/26"], use: ["a"], otherwise: "next" },
      { protocol: "tcp", use: ["a", "b"], otherwise: "next" },
      { protocol: "udp", use: ["d", "c"], otherwise: "blackhole" },
    ),
  ),
  "policies of which some have no way in one family": host(
    policies(
      { to: ["10.4.0.8/29"], use: ["d"] },
      { to: ["10.4.0.0/24", "fd00:33::/64"], use: ["d", "c"], otherwise: "next" },
      { protocol: "tcp", use: ["d", "b"] },
      { protocol: "udp", use: ["d"], to: ["10.4.0.0/16"], otherwise: "next" },
    ),
  ),
  "policies about destinations that earlier ones take in part": host(
    policies(
      { to: ["192.0.2.1/32", "198.51.100.1/32"], use: ["a"] },
      { use: ["b"] },
      { to: ["2001:db8:ffff:ffff::1/128", "3fff:ffff::1/128"], use: ["a"], beforeSources: true },
    ),
  ),
  "connections that are not tracked": host({ ...policies({ use: ["b"] }), trackConnections: false }),
  "connections that are tracked without a policy": host({ trackConnections: true }, [D, C]),
  "connections that are tracked, of policies about users alone": host(
    policies({ users: [0, 5], use: ["b"] }),
  ),
  "connections that are tracked, in front of policies for all sources": host(
    policies({ use: ["b"], protocol: "tcp", beforeSources: true }),
    [A, B],
  ),
  "the strong host model": host({
    hostModel: "strong",
    virtualAddresses: ["192.0.2.9", "2001:db8::9", "192.0.2.5"],
    persistence: "systemd",
    identity: { addresses: ["192.0.2.7/32"], protocol: "ospf", interfaces: ["b", "a"], area: "1.2.3.4" },
  }),
  "the weak host model": host({ hostModel: "weak" }),
  "no way of others, with policies of both places and an identity": host({
    ...policies({ use: ["a", "b"], from: ["10.1.0.0/24"], beforeSources: true }, { use: ["b"] }),
    unmanagedRoutes: "ignore",
    identity: { addresses: ["192.0.2.7/32"], protocol: "ospf", interfaces: ["b", "a"] },
  }),
  "an identity that OSPF announces": host({
    identity: {
      addresses: ["2001:db8:77::1/128", "192.0.2.77/32"],
      protocol: "ospf",
      area: "7",
      routerId: "10.99.0.1",
      keepalive: 2,
      hold: 11,
      bfdInterval: 300,
      passwordFile: "/etc/multihome/password",
    },
  }),
  "an identity that BGP announces": host({
    identity: {
      addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
      protocol: "bgp",
      asn: 4294967294,
      peers: [
        { interface: "b", asn: 65002, address: "10.2.9.1" },
        { interface: "a", asn: 65001, address: "fd00:1::1" },
        { interface: "a", asn: 65001, address: "10.1.0.1" },
        { interface: "b", asn: 65009 },
      ],
      bfd: false,
      keepalive: 20000,
    },
  }),
  "an identity of a family that the host has no source of": host(
    {
      identity: {
        addresses: ["192.0.2.1/32"],
        protocol: "bgp",
        asn: 65000,
        peers: [{ interface: "x", asn: 65001 }],
        routerId: "1.1.1.1",
      },
    },
    [{ name: "x", addresses: ["fd00:8::1/64"], gateways: ["fe80::1"] }],
  ),
  "identity and policies at once": host({
    ...policies(
      { use: ["c", "b"], weights: { b: 1, c: 1 } },
      { to: ["192.0.2.0/24"], use: ["a"], beforeSources: true },
    ),
    identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" },
  }),
  "policies about near destinations": host(
    {
      ...policies(
        { to: ["10.1.0.0/25"], use: ["a"] },
        { to: ["10.2.0.0/26"], use: ["a"] },
        { to: ["10.2.0.64/26"], use: ["c", "b"] },
        { to: ["10.3.0.0/25", "10.8.0.0/16"], use: ["c", "a"], weights: { a: 1, c: 1 } },
      ),
      onLink: "direct",
    },
    [A, B, C],
  ),
  "policies about what comes in by links of which the host has many addresses": host(
    policies(
      { incoming: ["x"], use: ["e"] },
      { incoming: ["y"], use: ["e"] },
      { incoming: ["z"], use: ["e"] },
      { from: ["172.17.0.0/16"], incoming: ["e"], use: ["e"] },
      { from: ["172.18.0.0/31"], incomingDevices: ["docker0"], use: ["e"] },
      { to: ["10.11.0.0/24", "10.12.0.0/31"], use: ["e"] },
    ),
    [
      E,
      { name: "x", addresses: ["10.11.0.10/24", "10.11.0.253/24", "10.11.0.254/24"] },
      { name: "y", addresses: ["10.12.0.0/31"] },
      { name: "z", addresses: ["10.13.0.1/30", "10.13.0.2/30"] },
    ],
  ),
  "policies before the rules for sources about what is delegated, and what is not the host's": host(
    policies(
      {
        from: ["10.1.7.0/28", "fd00:1:7::/80", "172.20.0.0/16", "fd00:20::/64", "fd00:2::10/128"],
        use: ["b"],
        beforeSources: true,
      },
      { from: ["10.1.0.11/32"], use: ["a", "b"], protocol: "tcp", beforeSources: true },
      { from: ["10.2.0.0/24"], use: ["b"], users: [5], beforeSources: true },
    ),
  ),
  "policies of which one takes by protocol what would be asked about the next": host(
    policies({ protocol: "udp", use: ["a"] }, { use: ["b"] }),
    [A, B],
  ),
  "policies of which one takes by destination what would be asked about the next": host(
    policies({ to: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"], use: ["a"] }, { use: ["b"] }),
    [A, B],
  ),
  "policies that use links of IPv4 alone, and such as lead nowhere": host(
    policies(
      { protocol: "tcp", use: ["e"], otherwise: "next" },
      { protocol: "udp", use: ["g", "e"] },
      { protocol: "47", use: ["e", "a"], weights: { a: 1, e: 2 } },
      { protocol: "50", use: ["e", "f"], weights: { f: 1, e: 2 }, otherwise: "next" },
      { protocol: "51", use: ["f", "e"], weights: { f: 1, e: 2 } },
      { protocol: "33", use: ["f", "e", "c"], weights: { f: 1, e: 2, c: 3 } },
    ),
    [A, C, E, F, G],
  ),
  "policies of both families on a host of IPv4 alone": host(
    policies(
      { from: ["172.17.0.0/16", "fd00:17::/64"], use: ["e"] },
      { use: ["e", "f"], weights: { e: 1, f: 1 } },
    ),
    [E, F],
  ),
  "an identity of both families on a host of IPv4 alone": host(
    {
      identity: {
        addresses: ["192.0.2.1/32", "2001:db8:77::1/128"],
        protocol: "bgp",
        asn: 65000,
        peers: [{ interface: "e", asn: 65001 }],
      },
    },
    [E],
  ),
  "an identity of IPv4 on a host of IPv4 alone": host(
    { identity: { addresses: ["192.0.2.1/32"], protocol: "ospf" } },
    [E],
  ),
  "the strong host model without an identity": host(
    { hostModel: "strong", virtualAddresses: ["192.0.2.9"] },
    [E],
  ),
  "sources all over IPv4, too many for a list, with tracked connections": host({ trackConnections: true }, [
    {
      ...E,
      addresses: ["10.5.0.10/24", ...[3, 5, 9, 17, 33, 65, 129, 193, 209].map((n) => `10.5.0.${n}/24`)],
    },
    {
      ...F,
      addresses: ["192.168.0.10/24", ...[3, 5, 9, 17, 33, 65, 129, 193, 209].map((n) => `192.168.0.${n}/24`)],
      gateways: ["192.168.0.1"],
    },
  ]),
  "what is delegated in one family alone": host({}, [{ ...A, delegatedPrefixes: ["fd00:1:7::/80"] }]),
  "worlds in namespaces that use the same addresses": {
    name: "edge-1",
    interfaces: [
      A,
      D,
      {
        name: "red",
        match: { ifname: "eth5" },
        addresses: ["10.1.0.10/24", "fd00:1::10/64"],
        gateways: ["10.1.0.1", "fe80::9"],
      },
      {
        name: "red2",
        match: { mac: "02:00:00:00:00:05" },
        addresses: ["10.9.0.10/24"],
        gateways: ["10.9.0.1"],
        routes: [{ to: "172.16.0.0/16" }, { to: "172.17.0.0/16", via: "10.9.0.2" }],
        subnets: ["10.9.1.0/24"],
      },
      {
        name: "blue",
        match: { mac: "02:00:00:00:00:06", ifname: "eth6" },
        addresses: ["10.1.0.10/24"],
        gateways: ["10.1.0.1"],
      },
    ],
    policy: {
      onLink: "direct",
      unmanagedRoutes: "ignore",
      directPairs: [
        { from: "red", to: "red2" },
        { from: "a", to: "d" },
      ],
      persistence: "systemd",
      worlds: [
        {
          name: "storage",
          kind: "netns",
          interfaces: ["red2", "red"],
          resolver: { nameservers: ["10.1.0.53", "2001:db8::53"], search: ["example.com", "corp"] },
          services: ["nginx.service", "a@b.socket"],
          moveManagement: true,
        },
        { name: "beta", kind: "netns", interfaces: ["blue"] },
      ],
    },
  },
  "worlds of which two are VRFs": {
    name: "edge-1",
    interfaces: [
      A,
      {
        name: "red",
        match: { ifname: "eth5" },
        addresses: ["10.1.0.10/24", "10.5.0.10/24", "fd00:1::10/64"],
        gateways: ["10.1.0.1", "fe80::9"],
        routes: [{ to: "172.17.0.0/16", via: "10.5.0.2" }, { to: "172.18.0.0/16" }],
      },
      { name: "blue", match: { mac: "02:00:00:00:00:06" }, delegatedPrefixes: ["10.1.0.0/24"] },
    ],
    policy: {
      ...policies({ use: ["a"] }),
      worlds: [
        { name: "vred", kind: "vrf", interfaces: ["red"] },
        { name: "vblue", kind: "vrf", interfaces: ["blue"] },
      ],
    },
  },
  "links that hold each other's subnets, reached directly": host({ onLink: "direct" }, [
    { name: "wide", addresses: ["10.0.0.10/16", "fd00::10/48"], gateways: ["10.0.255.254", "fe80::1"] },
    { name: "narrow", addresses: ["10.0.5.10/24", "fd00:0:0:5::10/64"], routes: [{ to: "10.0.6.0/23" }] },
    { name: "same", addresses: ["10.0.5.20/24", "10.0.9.1/30"], gateways: ["10.0.5.1"] },
  ]),
  "links that hold each other's subnets, reached by gateways": host(
    { directPairs: [{ from: "wide", to: "narrow" }] },
    [
      {
        name: "wide",
        addresses: ["10.0.0.10/16", "fd00::10/48"],
        gateways: ["10.0.255.254", "fe80::1"],
        routes: [{ to: "10.0.255.252/30", via: "10.0.0.3" }],
      },
      { name: "narrow", addresses: ["10.0.5.10/24", "fd00:0:0:5::10/64"], routes: [{ to: "10.0.6.0/23" }] },
      { name: "same", addresses: ["10.0.5.20/24", "10.0.9.1/30"], gateways: ["10.0.5.1"] },
    ],
  ),
  "a host of which all documentation ranges are near": host({}, [
    {
      name: "doc",
      addresses: ["192.0.2.10/24", "2001:db8:ffff:ffff::2/64"],
      gateways: ["192.0.2.1", "fe80::1"],
      routes: [
        { to: "198.51.100.0/24" },
        { to: "203.0.113.0/24" },
        { to: "0.0.0.0/4" },
        { to: "2001:db8::/32" },
        { to: "3fff::/16" },
        { to: "2000::/4" },
      ],
    },
  ]),
  "subnets in which every host is ours": host({}, [
    { name: "p2p", addresses: ["10.7.0.0/31"], gateways: ["10.7.0.1"] },
    { name: "full", addresses: ["10.8.0.1/30", "10.8.0.2/30"], delegatedPrefixes: ["10.8.0.128/25"] },
    {
      name: "half",
      addresses: ["10.8.1.1/24"],
      delegatedPrefixes: ["10.8.1.128/25"],
      gateways: ["10.8.1.2"],
    },
  ]),
};
