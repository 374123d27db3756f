import { Fields, table } from "../support/problems";
import { policies, site } from "../support/site";

table("a list of traffic policies", [
  [
    "no list",
    site({ traffic: { name: "p" } }),
    ['policy.traffic: got {"name":"p"} (object). Give a list of traffic policies.'],
  ],
  [
    "a text in place of a policy",
    site({ traffic: ["p"] }),
    [
      'policy.traffic[0]: got "p" (string). Give an object with "name", "from", "to", "protocol", "sourcePorts", "destinationPorts", "marks", "users", "incoming", "incomingDevices", "dscp", "use", "weights", "otherwise", "beforeSources".',
    ],
  ],
  ["none at all is right", site({ traffic: [] }), []],
  [
    "an unknown field",
    policies({ ports: [80] }),
    [
      'policy.traffic[0].ports: unknown field. Known here are "name", "from", "to", "protocol", "sourcePorts", "destinationPorts", "marks", "users", "incoming", "incomingDevices", "dscp", "use", "weights", "otherwise", "beforeSources".',
    ],
  ],
  ["without a name", policies({ name: undefined }), ["policy.traffic[0].name: got nothing. Give a name."]],
  [
    "of a name that is none",
    policies({ name: "a b" }),
    [
      'policy.traffic[0].name: got the name "a b". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
    ],
  ],
  [
    "twice the same name, told at every later one",
    policies({ to: ["192.0.2.0/24"] }, { name: "p0", protocol: "tcp" }, { name: "p0" }),
    [
      'policy.traffic[1].name: the name "p0" is that of policy.traffic[0] too. Give each policy a name of its own.',
      'policy.traffic[2].name: the name "p0" is that of policy.traffic[1] too. Give each policy a name of its own.',
    ],
  ],
  [
    "several things wrong in several policies",
    policies({ from: ["x"], users: [-1] }, { use: [] }),
    [
      'policy.traffic[0].from[0]: got "x": the prefix length is missing. Write a prefix without host bits, as "192.0.2.0/24".',
      'policy.traffic[0].users[0]: got -1. Give a user number from 0 to 4294967294, or a range of them, as "8000-8080".',
      "policy.traffic[1].use: no interface to use. Name the interfaces, the preferred one first.",
    ],
  ],
]);

table("a policy's interfaces", [
  [
    "missing",
    policies({ use: undefined }),
    ["policy.traffic[0].use: no interface to use. Name the interfaces, the preferred one first."],
  ],
  [
    "none",
    policies({ use: [] }),
    ["policy.traffic[0].use: no interface to use. Name the interfaces, the preferred one first."],
  ],
  [
    "no list",
    policies({ use: "a" }),
    ['policy.traffic[0].use: got "a" (string). Give a list of interface names.'],
  ],
  [
    "a number",
    policies({ use: [1] }),
    ["policy.traffic[0].use[0]: got 1 (number). Give an interface's name."],
  ],
  [
    "not of this host",
    policies({ use: ["a", "eth0"] }),
    ['policy.traffic[0].use[1]: got "eth0", which is no interface here. Known are "a", "b", "c".'],
  ],
  [
    "given twice",
    policies({ use: ["a", "b", "a"] }),
    ['policy.traffic[0].use[2]: "a" is given twice. Leave one of them out.'],
  ],
  [
    "any name while those of the host are not known",
    {
      name: "h",
      interfaces: [{ name: "1", addresses: ["10.1.0.10/24"] }],
      policy: { traffic: [{ name: "p", use: ["x"] }] },
    },
    [
      'interfaces[0].name: got the name "1". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
    ],
  ],
  [
    "without a gateway, and no destinations",
    policies({ use: ["c"] }),
    ['policy.traffic[0].use: no gateway leads out of "c". Use an interface that has a gateway.'],
  ],
  [
    "without a gateway, several of them, and of one family",
    {
      name: "h",
      interfaces: [
        { name: "x", addresses: ["10.1.0.10/24", "fd00:1::10/64"] },
        { name: "y", addresses: ["10.2.0.10/24"] },
      ],
      policy: { traffic: [{ name: "p", use: ["x", "y"] }] },
    },
    ['policy.traffic[0].use: no gateway leads out of "x", "y". Use an interface that has a gateway.'],
  ],
  [
    "with a gateway in one of the families is enough",
    policies({ use: ["c", "b"], from: ["::/0"] }, { use: ["c", "b"] }),
    [],
  ],
  [
    "without a gateway, for what its routes and subnets reach",
    policies(
      { use: ["c"], to: ["172.31.5.0/24"] },
      { use: ["c"], to: ["172.0.0.0/8"] },
      { use: ["c"], to: ["10.3.0.128/25"] },
    ),
    [],
  ],
  [
    "beyond which a destination is",
    policies({ use: ["c"], to: ["172.32.0.0/16", "172.31.0.0/17", "2001:db8::/32"] }),
    [
      'policy.traffic[0].to: 172.32.0.0/16 is beyond "c": no gateway of IPv4, subnet or route leads there. Give the interface a gateway or a route, or use another.',
      'policy.traffic[0].to: 2001:db8::/32 is beyond "c": no gateway of IPv6, subnet or route leads there. Give the interface a gateway or a route, or use another.',
    ],
  ],
  [
    "of which none leads to destinations of a family",
    policies({ use: ["c", "b"], to: ["192.0.2.0/24"] }, { use: ["c"], to: ["2001:db8::/32"] }),
    [
      'policy.traffic[1].to: 2001:db8::/32 is beyond "c": no gateway of IPv6, subnet or route leads there. Give the interface a gateway or a route, or use another.',
    ],
  ],
]);

table("a policy's weights", [
  [
    "a list",
    policies({ use: ["a", "b"], weights: [1, 2] }),
    ["policy.traffic[0].weights: got the list [1,2]. Give a weight for each interface of use."],
  ],
  [
    "for another interface",
    policies({ use: ["a", "b"], weights: { a: 1, b: 2, c: 3 } }),
    ['policy.traffic[0].weights.c: unknown field. Known here are "a", "b".'],
  ],
  [
    "not for all",
    policies({ use: ["a", "b"], weights: { a: 1 } }),
    ["policy.traffic[0].weights.b: got nothing. Give a whole number from 1 to 256."],
  ],
  [
    "too small, and too large",
    policies({ use: ["a", "b"], weights: { a: 0, b: 257 } }),
    [
      "policy.traffic[0].weights.a: got 0 (number). Give a whole number from 1 to 256.",
      "policy.traffic[0].weights.b: got 257 (number). Give a whole number from 1 to 256.",
    ],
  ],
  ["the smallest and the largest", policies({ use: ["a", "b"], weights: { a: 1, b: 256 } }), []],
  [
    "no whole number",
    policies({ use: ["a", "b"], weights: { a: 1.5, b: "1" } }),
    [
      "policy.traffic[0].weights.a: got 1.5 (number). Give a whole number from 1 to 256.",
      'policy.traffic[0].weights.b: got "1" (string). Give a whole number from 1 to 256.',
    ],
  ],
  [
    "for one interface",
    policies({ use: ["a"], weights: { a: 1 } }),
    [
      "policy.traffic[0].weights: weights for a single interface. Name another in use, or leave the weights out.",
    ],
  ],
  [
    "for interfaces of which one has a gateway",
    policies({ use: ["a", "c"], weights: { a: 1, c: 1 } }),
    [
      "policy.traffic[0].weights: fewer than two of the interfaces have a gateway, so there is nothing to share. Leave the weights out, or give the interfaces gateways.",
    ],
  ],
  [
    "for interfaces of which one has a gateway in this family",
    policies({ use: ["a", "c"], to: ["192.0.2.0/24"], weights: { a: 1, c: 1 } }),
    [
      "policy.traffic[0].weights: fewer than two of the interfaces have a gateway, so there is nothing to share. Leave the weights out, or give the interfaces gateways.",
    ],
  ],
]);

table("what becomes of the rest", [
  [
    "something else",
    policies({ otherwise: "drop" }),
    [
      'policy.traffic[0].otherwise: got "drop" (string). Give one of "unreachable", "prohibit", "blackhole", "next".',
    ],
  ],
  [
    "null",
    policies({ otherwise: null }),
    ['policy.traffic[0].otherwise: got null. Give one of "unreachable", "prohibit", "blackhole", "next".'],
  ],
  [
    "each of the four is right",
    policies(
      { to: ["192.0.2.0/32"], otherwise: "unreachable" },
      { to: ["192.0.2.1/32"], otherwise: "prohibit" },
      { to: ["192.0.2.2/32"], otherwise: "blackhole" },
      { to: ["192.0.2.3/32"], otherwise: "next" },
    ),
    [],
  ],
  [
    "a place that is no truth value",
    policies({ beforeSources: "yes" }),
    ['policy.traffic[0].beforeSources: got "yes" (string). Give true or false.'],
  ],
]);

table("a policy's prefixes", [
  [
    "no list",
    policies({ from: "10.0.0.0/8", to: 7 }),
    [
      'policy.traffic[0].from: got "10.0.0.0/8" (string). Give a list of prefixes.',
      "policy.traffic[0].to: got 7 (number). Give a list of prefixes.",
    ],
  ],
  [
    "an empty list",
    policies({ from: [], to: [] }),
    [
      "policy.traffic[0].from: an empty list. Leave the field out to select all, or the policy to select nothing.",
      "policy.traffic[0].to: an empty list. Leave the field out to select all, or the policy to select nothing.",
    ],
  ],
  [
    "a number",
    policies({ to: [1] }),
    ['policy.traffic[0].to[0]: got 1 (number). Give a prefix, as "192.0.2.0/24".'],
  ],
  [
    "host bits, and no length",
    policies({ from: ["172.16.0.1/12"], to: ["192.0.2.1"] }),
    [
      'policy.traffic[0].from[0]: got "172.16.0.1/12": host bits are set; the prefix is 172.16.0.0/12. Write a prefix without host bits, as "192.0.2.0/24".',
      'policy.traffic[0].to[0]: got "192.0.2.1": the prefix length is missing. Write a prefix without host bits, as "192.0.2.0/24".',
    ],
  ],
  [
    "of two families, without a protocol of both",
    policies({ from: ["172.16.0.0/12"], to: ["2001:db8::/32"] }),
    [
      'policy.traffic[0]: no packet can match: its prefixes and protocol are not of one family. Give "from", "to" and "protocol" of IPv4, of IPv6, or of both.',
    ],
  ],
  [
    "of a family that the protocol is not of",
    policies({ protocol: "icmp", to: ["2001:db8::/32"] }, { protocol: "icmpv6", from: ["172.16.0.0/12"] }),
    [
      'policy.traffic[0]: no packet can match: its prefixes and protocol are not of one family. Give "from", "to" and "protocol" of IPv4, of IPv6, or of both.',
      'policy.traffic[1]: no packet can match: its prefixes and protocol are not of one family. Give "from", "to" and "protocol" of IPv4, of IPv6, or of both.',
    ],
  ],
  [
    "of which some are of a family that others lack",
    policies({ from: ["172.16.0.0/12", "2001:db8:1::/48"], to: ["192.0.2.0/24"] }),
    [
      "policy.traffic[0].from: IPv6 prefixes, but the other selectors are IPv4 alone. Leave them out, or give the others of IPv6 as well.",
    ],
  ],
  [
    "of which some are of a family that others lack, the other way round",
    policies({ from: ["2001:db8:1::/48"], to: ["192.0.2.0/24", "2001:db8::/48"] }),
    [
      "policy.traffic[0].to: IPv4 prefixes, but the other selectors are IPv6 alone. Leave them out, or give the others of IPv4 as well.",
    ],
  ],
  [
    "of which some are of a family that the protocol lacks",
    policies({
      protocol: "icmpv6",
      from: ["172.16.0.0/12", "2001:db8:1::/48"],
      to: ["2001:db8::/48", "192.0.2.0/24"],
    }),
    [
      "policy.traffic[0].from: IPv4 prefixes, but the other selectors are IPv6 alone. Leave them out, or give the others of IPv4 as well.",
      "policy.traffic[0].to: IPv4 prefixes, but the other selectors are IPv6 alone. Leave them out, or give the others of IPv4 as well.",
    ],
  ],
  [
    "a source that is the host's",
    policies({ from: ["10.1.0.10/32", "10.1.7.0/29", "fd00:2::10/128"] }),
    [
      'policy.traffic[0].from: no packet from 10.1.0.10/32 gets here: it is a source of the host, about which the rules for sources decide first. Leave it out, or set "beforeSources" to true.',
      'policy.traffic[0].from: no packet from 10.1.7.0/29 gets here: it is a source of the host, about which the rules for sources decide first. Leave it out, or set "beforeSources" to true.',
      'policy.traffic[0].from: no packet from fd00:2::10/128 gets here: it is a source of the host, about which the rules for sources decide first. Leave it out, or set "beforeSources" to true.',
    ],
  ],
  [
    "a source that is the host's, before the rules for sources",
    policies({ from: ["10.1.0.10/32"], beforeSources: true }),
    [],
  ],
  ["a source that is the host's in part", policies({ from: ["10.1.0.0/24"] }), []],
  [
    "a destination that is the host",
    policies({ to: ["10.1.0.10/32", "127.0.0.0/8", "127.0.0.1/32", "::1/128", "fd00:2::10/128"] }),
    [
      "policy.traffic[0].to: no packet to 10.1.0.10/32 gets here: it is the host itself. Leave it out.",
      "policy.traffic[0].to: no packet to 127.0.0.0/8 gets here: it is the host itself. Leave it out.",
      "policy.traffic[0].to: no packet to ::1/128 gets here: it is the host itself. Leave it out.",
      "policy.traffic[0].to: no packet to fd00:2::10/128 gets here: it is the host itself. Leave it out.",
    ],
  ],
  [
    "the host's identity, as a source and as a destination",
    site({
      identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" },
      traffic: [
        { name: "p", use: ["a"], from: ["192.0.2.77/32"] },
        { name: "q", use: ["a"], to: ["192.0.2.77/32"] },
        { name: "r", use: ["b"], from: ["192.0.2.77/32"], to: ["198.51.100.0/24"], beforeSources: true },
      ],
    }),
    [
      'policy.traffic[0].from: no packet from 192.0.2.77/32 gets here: it is a source of the host, about which the rules for sources decide first. Leave it out, or set "beforeSources" to true.',
      "policy.traffic[1].to: no packet to 192.0.2.77/32 gets here: it is the host itself. Leave it out.",
    ],
  ],
  [
    "a destination that is a container's, or wider than the host",
    policies({ to: ["10.1.7.0/28", "10.1.0.0/24", "126.0.0.0/7", "::/127"] }),
    [],
  ],
  [
    "of a family that the host has no source of are decided about where they are named",
    {
      name: "h",
      interfaces: [{ name: "a", addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] }],
      policy: {
        traffic: [
          { name: "p", use: ["a"], from: ["fd00:17::/64"] },
          { name: "q", use: ["a"] },
        ],
      },
    },
    ['policy.traffic[0].use: no gateway leads out of "a". Use an interface that has a gateway.'],
  ],
]);

table("a policy's protocol", [
  [
    "a number",
    policies({ protocol: 6 }),
    ['policy.traffic[0].protocol: got 6 (number). Give a protocol, as "tcp".'],
  ],
  [
    "unknown",
    policies({ protocol: "TCP" }),
    [
      'policy.traffic[0].protocol: got "TCP". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "an object's own word",
    policies({ protocol: "constructor" }),
    [
      'policy.traffic[0].protocol: got "constructor". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "0",
    policies({ protocol: "0" }),
    [
      'policy.traffic[0].protocol: got "0". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "256",
    policies({ protocol: "256" }),
    [
      'policy.traffic[0].protocol: got "256". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "a number with more digits or signs",
    policies({ protocol: "06" }, { protocol: "1000" }, { protocol: "+6" }, { protocol: "6 " }),
    [
      'policy.traffic[0].protocol: got "06". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
      'policy.traffic[1].protocol: got "1000". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
      'policy.traffic[2].protocol: got "+6". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
      'policy.traffic[3].protocol: got "6 ". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "of a family that the host lacks",
    {
      name: "h",
      interfaces: [{ name: "a", addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] }],
      policy: { traffic: [{ name: "p", use: ["a"], protocol: "icmpv6" }] },
    },
    [
      "policy.traffic[0]: no packet can match: the host has no source in the family of its protocol. Leave it out, or add an address of that family.",
    ],
  ],
  [
    "each name, and the highest number",
    policies(
      ...["icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", "255", "2"].map(
        (protocol) => ({ protocol }),
      ),
    ),
    [],
  ],
  [
    "by number is the same as by name",
    policies(
      { protocol: "tcp" },
      { protocol: "6", destinationPorts: [80] },
      { protocol: "58" },
      { protocol: "icmpv6" },
    ),
    [
      'policy.traffic[1]: no packet is left for "p1": "p0" before it match them all. Put it before them, narrow their selectors, or leave it out.',
      'policy.traffic[3]: no packet is left for "p3": "p2" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
]);

const ranges = (key: string, of: Fields): Fields[] =>
  [
    "80",
    80,
    "1-2",
    [-1],
    ["x"],
    ["1-"],
    ["2-1"],
    ["01"],
    [1.5],
    [null],
    ["1-2-3"],
    ["-1"],
    [" 1"],
    ["1 "],
    ["12345678901"],
  ].map((value) => ({ ...of, [key]: value }));

table("a policy's ports", [
  [
    "without a protocol",
    policies({ sourcePorts: [1], destinationPorts: ["1-2"] }),
    [
      'policy.traffic[0].sourcePorts: ports, but no protocol. Set "protocol" to "tcp", "udp" or another that has ports.',
      'policy.traffic[0].destinationPorts: ports, but no protocol. Set "protocol" to "tcp", "udp" or another that has ports.',
    ],
  ],
  [
    "of a protocol without ports",
    policies({ protocol: "icmp", destinationPorts: [1] }, { protocol: "47", sourcePorts: [1] }),
    [
      'policy.traffic[0].destinationPorts: ports, but a protocol without ports. Set "protocol" to "tcp", "udp" or another that has ports.',
      'policy.traffic[1].sourcePorts: ports, but a protocol without ports. Set "protocol" to "tcp", "udp" or another that has ports.',
    ],
  ],
  [
    "of a protocol that is none",
    policies({ protocol: "x", destinationPorts: [1] }),
    [
      'policy.traffic[0].protocol: got "x". Give one of "icmp", "tcp", "udp", "dccp", "gre", "esp", "ah", "icmpv6", "sctp", "udplite", or a number from "1" to "255".',
    ],
  ],
  [
    "an empty list",
    policies({ protocol: "tcp", sourcePorts: [], destinationPorts: [] }),
    [
      "policy.traffic[0].sourcePorts: an empty list. Leave the field out to select all, or the policy to select nothing.",
      "policy.traffic[0].destinationPorts: an empty list. Leave the field out to select all, or the policy to select nothing.",
    ],
  ],
  [
    "out of range",
    policies({ protocol: "tcp", sourcePorts: [0, 65535], destinationPorts: ["49152-65535", "0-1"] }),
    [
      'policy.traffic[0].sourcePorts[0]: got 0. Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[0].sourcePorts[1]: got 65535. Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[0].destinationPorts[0]: got "49152-65535". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[0].destinationPorts[1]: got "0-1". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
    ],
  ],
  [
    "at the ends of the range",
    policies({ protocol: "tcp", sourcePorts: [1, 65534], destinationPorts: ["1-65534"] }),
    [],
  ],
  [
    "of other shapes",
    policies(...ranges("destinationPorts", { protocol: "udp" })),
    [
      'policy.traffic[0].destinationPorts: got "80" (string). Give a list of ports.',
      "policy.traffic[1].destinationPorts: got 80 (number). Give a list of ports.",
      'policy.traffic[2].destinationPorts: got "1-2" (string). Give a list of ports.',
      'policy.traffic[3].destinationPorts[0]: got -1. Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[4].destinationPorts[0]: got "x". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[5].destinationPorts[0]: got "1-". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[6].destinationPorts[0]: got "2-1". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[7].destinationPorts[0]: got "01". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[8].destinationPorts[0]: got 1.5. Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[9].destinationPorts[0]: got null. Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[10].destinationPorts[0]: got "1-2-3". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[11].destinationPorts[0]: got "-1". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[12].destinationPorts[0]: got " 1". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[13].destinationPorts[0]: got "1 ". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
      'policy.traffic[14].destinationPorts[0]: got "12345678901". Give a port from 1 to 65534, or a range of them, as "8000-8080".',
    ],
  ],
]);

table("a policy's users", [
  [
    "no number, and no user",
    policies({ users: ["root", -1, 4294967295, "0-4294967295"] }),
    [
      'policy.traffic[0].users[0]: got "root". Give a user number from 0 to 4294967294, or a range of them, as "8000-8080".',
      'policy.traffic[0].users[1]: got -1. Give a user number from 0 to 4294967294, or a range of them, as "8000-8080".',
      'policy.traffic[0].users[2]: got 4294967295. Give a user number from 0 to 4294967294, or a range of them, as "8000-8080".',
      'policy.traffic[0].users[3]: got "0-4294967295". Give a user number from 0 to 4294967294, or a range of them, as "8000-8080".',
    ],
  ],
  ["the first and the last", policies({ users: [0] }, { users: ["1-4294967294"] }), []],
  [
    "and where forwarded traffic comes in",
    policies({ users: [0], incoming: ["b"] }, { users: [0], incomingDevices: ["docker0"] }),
    [
      'policy.traffic[0].users: both "users" and incoming interfaces, but what is forwarded belongs to no user. Leave one of them out, or make two policies of it.',
      'policy.traffic[1].users: both "users" and incoming interfaces, but what is forwarded belongs to no user. Leave one of them out, or make two policies of it.',
    ],
  ],
]);

table("a policy's marks", [
  [
    "no text",
    policies({ marks: [7] }),
    [
      'policy.traffic[0].marks[0]: got 7. Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
  [
    "an empty list",
    policies({ marks: [] }),
    [
      "policy.traffic[0].marks: an empty list. Leave the field out to select all, or the policy to select nothing.",
    ],
  ],
  [
    "no number",
    policies({ marks: ["x", "1/", "0x/1", "0x123456789", "1/2/3", "010", "-1", " 1", "1 ", "1/0x0 "] }),
    [
      'policy.traffic[0].marks[0]: got "x". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[1]: got "1/". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[2]: got "0x/1". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[3]: got "0x123456789". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[4]: got "1/2/3". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[5]: got "010". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[6]: got "-1". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[7]: got " 1". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[8]: got "1 ". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[9]: got "1/0x0 ". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
  [
    "bits beyond the mask",
    policies({ marks: ["0x11/0xf0"] }),
    [
      'policy.traffic[0].marks[0]: got "0x11/0xf0". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
  [
    "a mask of nothing",
    policies({ marks: ["0/0"] }),
    [
      'policy.traffic[0].marks[0]: got "0/0". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
  [
    "too large",
    policies({ marks: ["4294967296", "1/4294967296"] }),
    [
      'policy.traffic[0].marks[0]: got "4294967296". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
      'policy.traffic[0].marks[1]: got "1/4294967296". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
  [
    "the largest that are not ours",
    policies({ marks: ["0x80ffffff/0xffffffff"] }, { marks: ["0/1"] }, { marks: ["0XF/0xF"] }),
    [],
  ],
  [
    "bits that are ours",
    policies({ marks: ["0x40000000", "0x1000000/0x3f000000", "0x20000001/0xffffffff"] }),
    [
      'policy.traffic[0].marks[0]: "0x40000000" has bits of 0x7f000000, which are ours. Use other bits.',
      'policy.traffic[0].marks[1]: "0x1000000/0x3f000000" asks for nothing but bits of 0x7f000000, which are ours. Use other bits.',
      'policy.traffic[0].marks[2]: "0x20000001/0xffffffff" has bits of 0x7f000000, which are ours. Use other bits.',
    ],
  ],
  [
    "bits that are ours by the host's own numbers",
    site({ traffic: [{ name: "p", use: ["a"], marks: ["0x10"] }] }, { numbers: { canaryMark: 16 } }),
    ['policy.traffic[0].marks[0]: "0x10" has bits of 0x3f000010, which are ours. Use other bits.'],
  ],
  ["of which ours are some of the mask", policies({ marks: ["0/0x40000001", "0/0xffffffff", "7"] }), []],
  [
    "of which ours are all",
    policies({ marks: ["0/0x40000000", "0/0x3f000000"] }),
    [
      'policy.traffic[0].marks[0]: "0/0x40000000" asks for nothing but bits of 0x7f000000, which are ours. Use other bits.',
      'policy.traffic[0].marks[1]: "0/0x3f000000" asks for nothing but bits of 0x7f000000, which are ours. Use other bits.',
    ],
  ],
  [
    "in no list",
    policies({ marks: "7" }),
    ['policy.traffic[0].marks: got "7" (string). Give a list of firewall marks.'],
  ],
  [
    "all bits, of which some are ours",
    policies({ marks: ["0xffffffff"] }),
    ['policy.traffic[0].marks[0]: "0xffffffff" has bits of 0x7f000000, which are ours. Use other bits.'],
  ],
  [
    "a mask that is too large, and ends in a bit",
    policies({ marks: ["0/4294967297"] }),
    [
      'policy.traffic[0].marks[0]: got "0/4294967297". Write a mark with its mask, as "0x10/0xf0"; the bits of the mark must lie in the mask.',
    ],
  ],
]);

table("where forwarded traffic comes in", [
  [
    "no list",
    policies({ incoming: "b", incomingDevices: {} }),
    [
      'policy.traffic[0].incoming: got "b" (string). Give a list of interface names.',
      "policy.traffic[0].incomingDevices: got {} (object). Give a list of device names.",
    ],
  ],
  [
    "empty lists",
    policies({ incoming: [], incomingDevices: [] }),
    [
      "policy.traffic[0].incoming: an empty list. Leave the field out to select all, or the policy to select nothing.",
      "policy.traffic[0].incomingDevices: an empty list. Leave the field out to select all, or the policy to select nothing.",
    ],
  ],
  [
    "an unknown interface",
    policies({ incoming: ["x"] }),
    ['policy.traffic[0].incoming[0]: got "x", which is no interface here. Known are "a", "b", "c".'],
  ],
  [
    "no device",
    policies({ incomingDevices: ["lo", "a/b", "", "sixteen-letters-", 1] }),
    [
      'policy.traffic[0].incomingDevices[0]: got "lo". Give the name of a device as the host has it, as "docker0".',
      'policy.traffic[0].incomingDevices[1]: got "a/b". Give the name of a device as the host has it, as "docker0".',
      'policy.traffic[0].incomingDevices[2]: got "". Give the name of a device as the host has it, as "docker0".',
      'policy.traffic[0].incomingDevices[3]: got "sixteen-letters-". Give the name of a device as the host has it, as "docker0".',
      "policy.traffic[0].incomingDevices[4]: got 1 (number). Give a device name.",
    ],
  ],
  ["the longest device", policies({ incomingDevices: ["fifteen-letters"] }), []],
  [
    "an interface's device, which has a name here",
    {
      name: "h",
      interfaces: [
        { name: "a", addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
        { name: "b", match: { ifname: "eth1" }, addresses: ["10.2.0.10/24"] },
      ],
      policy: { traffic: [{ name: "p", use: ["a"], incomingDevices: ["docker0", "eth1"] }] },
    },
    [
      'policy.traffic[0].incomingDevices: "eth1" is the device of interfaces[1]. Name the interface in "incoming": "b".',
    ],
  ],
]);

table("a policy's code points", [
  [
    "of IPv4",
    policies({ dscp: [46] }),
    [
      'policy.traffic[0].dscp: IPv4 packets would be matched wrongly: rules for the type of service see only the lower three bits of a code point in IPv4, and would take 46 for 6. Select IPv6 alone ("from": ["::/0"]), or have nftables mark the packets by "ip dscp" and select the mark.',
    ],
  ],
  [
    "out of range or of another type",
    policies({ from: ["::/0"], dscp: [0, 64, 1.5, "46", -1] }),
    [
      "policy.traffic[0].dscp[0]: got 0. Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for.",
      "policy.traffic[0].dscp[1]: got 64. Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for.",
      "policy.traffic[0].dscp[2]: got 1.5. Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for.",
      'policy.traffic[0].dscp[3]: got "46". Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for.',
      "policy.traffic[0].dscp[4]: got -1. Give a code point from 1 to 63, as 46 for expedited forwarding; 0 cannot be asked for.",
    ],
  ],
  [
    "an empty list",
    policies({ from: ["::/0"], dscp: [] }),
    [
      "policy.traffic[0].dscp: an empty list. Leave the field out to select all, or the policy to select nothing.",
    ],
  ],
  ["the lowest and the highest", policies({ from: ["::/0"], dscp: [63, 1] }), []],
  [
    "in no list",
    policies({ from: ["::/0"], dscp: 46 }),
    ["policy.traffic[0].dscp: got 46 (number). Give a list of code points."],
  ],
]);

const ports = (count: number): string[] => Array.from({ length: count }, (_, i) => `${2 * i + 1}`);
const nets = (count: number, of = 4): string[] =>
  Array.from({ length: count }, (_, i) =>
    of === 4 ? `198.18.${2 * i}.0/24` : `2001:db8:${(2 * i).toString(16)}::/48`,
  );

table("a policy's size", [
  ["as many rules as there may be", policies({ protocol: "tcp", destinationPorts: ports(256) }), []],
  [
    "one more",
    policies({ protocol: "tcp", destinationPorts: ports(257) }),
    [
      "policy.traffic[0]: its selectors have 257 combinations, and each needs a rule that lookups walk through. At most 256 are allowed: use ranges and wider prefixes, or mark the packets by nftables and select the mark.",
    ],
  ],
  [
    "in one family of two",
    policies({
      to: [...nets(16), ...nets(2, 6)],
      from: ["172.16.0.0/12", ...nets(3, 6)],
      protocol: "tcp",
      sourcePorts: ports(16),
    }),
    [],
  ],
  [
    "of every kind of value",
    policies(
      {
        to: nets(3),
        from: ["172.16.0.0/12", "172.15.0.0/16"],
        protocol: "tcp",
        sourcePorts: ports(2),
        destinationPorts: ports(2),
        marks: ["1", "2"],
        users: [1, 3, 5],
      },
      { incoming: ["b", "c"], incomingDevices: ["x", "y"], protocol: "tcp", sourcePorts: ports(65) },
      { from: ["::/0"], dscp: [1, 2, 3], protocol: "tcp", sourcePorts: ports(86) },
    ),
    [
      "policy.traffic[1]: its selectors have 260 combinations, and each needs a rule that lookups walk through. At most 256 are allowed: use ranges and wider prefixes, or mark the packets by nftables and select the mark.",
      "policy.traffic[2]: its selectors have 258 combinations, and each needs a rule that lookups walk through. At most 256 are allowed: use ranges and wider prefixes, or mark the packets by nftables and select the mark.",
    ],
  ],
]);
