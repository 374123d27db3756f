import { Fields, table } from "../support/problems";
import { site } from "../support/site";

const ospf = (fields: Fields): unknown =>
  site({ identity: { addresses: ["192.0.2.77/32"], protocol: "ospf", ...fields } });
const bgp = (fields: Fields): unknown =>
  site({
    identity: {
      addresses: ["192.0.2.77/32"],
      protocol: "bgp",
      asn: 65000,
      peers: [{ interface: "a", asn: 65001 }],
      ...fields,
    },
  });

table("an identity", [
  [
    "no object",
    site({ identity: "192.0.2.77" }),
    [
      'policy.identity: got "192.0.2.77" (string). Give an object with "addresses", "protocol", "interfaces", "area", "stubArea", "asn", "peers", "routerId", "keepalive", "hold", "bfd", "bfdInterval", "passwordFile".',
    ],
  ],
  [
    "an unknown field",
    ospf({ metric: 10 }),
    [
      'policy.identity.metric: unknown field. Known here are "addresses", "protocol", "interfaces", "area", "stubArea", "asn", "peers", "routerId", "keepalive", "hold", "bfd", "bfdInterval", "passwordFile".',
    ],
  ],
  [
    "without anything",
    site({ identity: {} }),
    [
      'policy.identity.protocol: got nothing. Give one of "ospf", "bgp".',
      'policy.identity.addresses: there is no address. Give an address with its full length, as "192.0.2.1/32", or "2001:db8::1/128", or one of each.',
    ],
  ],
  [
    "of another protocol",
    ospf({ protocol: "rip" }),
    ['policy.identity.protocol: got "rip" (string). Give one of "ospf", "bgp".'],
  ],
]);

table("an identity's addresses", [
  [
    "missing, or none",
    ospf({ addresses: undefined }),
    [
      'policy.identity.addresses: there is no address. Give an address with its full length, as "192.0.2.1/32", or "2001:db8::1/128", or one of each.',
    ],
  ],
  [
    "none",
    ospf({ addresses: [] }),
    [
      'policy.identity.addresses: there is no address. Give an address with its full length, as "192.0.2.1/32", or "2001:db8::1/128", or one of each.',
    ],
  ],
  [
    "no list",
    ospf({ addresses: "192.0.2.77/32" }),
    ['policy.identity.addresses: got "192.0.2.77/32" (string). Give a list of addresses with their length.'],
  ],
  [
    "of other shapes",
    ospf({ addresses: [1, "192.0.2.77", "127.0.0.1/32", "192.0.2.0/24", "2001:db8::1/64"] }),
    [
      'policy.identity.addresses[0]: got 1 (number). Give an address with its full length, as "192.0.2.1/32".',
      'policy.identity.addresses[1]: got "192.0.2.77": the prefix length is missing. Write an address with its full length, as "192.0.2.1/32", or as "2001:db8::1/128".',
      'policy.identity.addresses[2]: got "127.0.0.1/32": a loopback address. Write an address with its full length, as "192.0.2.1/32", or as "2001:db8::1/128".',
      'policy.identity.addresses[3]: got "192.0.2.0/24": an identity is one address, of length 32. Write an address with its full length, as "192.0.2.1/32", or as "2001:db8::1/128".',
      'policy.identity.addresses[4]: got "2001:db8::1/64": an identity is one address, of length 128. Write an address with its full length, as "192.0.2.1/32", or as "2001:db8::1/128".',
    ],
  ],
  [
    "two of a family",
    ospf({ addresses: ["192.0.2.77/32", "192.0.2.78/32", "2001:db8:77::1/128", "2001:db8:77::2/128"] }),
    [
      "policy.identity.addresses[1]: a second IPv4 address. A host has one identity a family; put further ones on lo by yourself.",
      "policy.identity.addresses[3]: a second IPv6 address. A host has one identity a family; put further ones on lo by yourself.",
    ],
  ],
  [
    "that are an interface's",
    ospf({ addresses: ["10.1.0.10/32", "fd00:2::10/128"] }),
    [
      "policy.identity.addresses: 10.1.0.10 is an address of interfaces[0]. Take an address outside of all that interfaces have: the identity belongs to no link.",
      "policy.identity.addresses: fd00:2::10 is an address of interfaces[1]. Take an address outside of all that interfaces have: the identity belongs to no link.",
    ],
  ],
  [
    "within a subnet, and what is delegated",
    ospf({ addresses: ["10.1.7.5/32", "fd00:2::5/128"] }),
    [
      "policy.identity.addresses: 10.1.7.5 is in 10.1.7.0/28 of interfaces[0]. Take an address outside of all that interfaces have: the identity belongs to no link.",
      "policy.identity.addresses: fd00:2::5 is in fd00:2::/64 of interfaces[1]. Take an address outside of all that interfaces have: the identity belongs to no link.",
    ],
  ],
  [
    "that are somebody's next hop",
    {
      name: "h",
      interfaces: [
        { name: "a", addresses: ["10.1.0.10/32"], gateways: [{ address: "192.0.2.77", onLink: true }] },
      ],
      policy: { identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" } },
    },
    [
      "interfaces[0].gateways: the next hop 192.0.2.77 is the host's identity (policy.identity.addresses). Give the router's address.",
    ],
  ],
  [
    "of a family that no interface has",
    {
      name: "h",
      interfaces: [{ name: "a", addresses: ["10.1.0.10/24"] }],
      policy: { identity: { addresses: ["2001:db8:77::1/128"], protocol: "ospf" } },
    },
    [
      "policy.identity.addresses: no interface to announce the IPv6 identity over has an IPv6 address. Give one such an address, or leave the identity out.",
    ],
  ],
  [
    "of a family that the interfaces named lack",
    ospf({ addresses: ["192.0.2.77/32", "2001:db8:77::1/128"], interfaces: ["c"] }),
    [
      "policy.identity.addresses: no interface to announce the IPv6 identity over has an IPv6 address. Give one such an address, or leave the identity out.",
    ],
  ],
]);

table("an identity that OSPF announces", [
  [
    "over no interface",
    ospf({ interfaces: [] }),
    [
      'policy.identity.interfaces: there is no interface. Name at least one, or leave "interfaces" out for all.',
    ],
  ],
  [
    "over interfaces in no list",
    ospf({ interfaces: "a" }),
    ['policy.identity.interfaces: got "a" (string). Give a list of interface names.'],
  ],
  [
    "over interfaces that are none, or given twice",
    ospf({ interfaces: ["a", "x", 1, "b", "a"] }),
    [
      'policy.identity.interfaces[1]: got "x", which is no interface here. Known are "a", "b", "c".',
      "policy.identity.interfaces[2]: got 1 (number). Give an interface's name.",
      'policy.identity.interfaces[4]: "a" is given twice. Leave one of them out.',
    ],
  ],
  [
    "over an interface without such an address",
    ospf({ addresses: ["2001:db8:77::1/128"], interfaces: ["a", "c"] }),
    ['policy.identity.interfaces[1]: "c" has no address of IPv6. Give it one, or leave it out here.'],
  ],
  [
    "over an interface that is of neither family",
    {
      name: "h",
      interfaces: [
        { name: "a", addresses: ["10.1.0.10/24"] },
        { name: "b", match: { ifname: "eth1" }, delegatedPrefixes: ["10.5.0.0/24"] },
      ],
      policy: {
        identity: {
          addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
          protocol: "ospf",
          interfaces: ["b", "a"],
        },
      },
    },
    [
      'policy.identity.interfaces[0]: "b" has no address of IPv4 or IPv6. Give it one, or leave it out here.',
      "policy.identity.addresses: no interface to announce the IPv6 identity over has an IPv6 address. Give one such an address, or leave the identity out.",
    ],
  ],
  [
    "with fields of BGP",
    ospf({ asn: 65000, peers: [] }),
    [
      'policy.identity.asn: means nothing with the protocol "ospf". Leave it out, or set "protocol" to "bgp".',
      'policy.identity.peers: means nothing with the protocol "ospf". Leave it out, or set "protocol" to "bgp".',
    ],
  ],
  [
    "in an area of another shape",
    ospf({ area: 0 }),
    ['policy.identity.area: got 0 (number). Give an area, as "0.0.0.0".'],
  ],
  [
    "in an area that is none",
    ospf({ area: "4294967296" }),
    ['policy.identity.area: got "4294967296". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in an area with a leading zero",
    ospf({ area: "01" }),
    ['policy.identity.area: got "01". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in an area of IPv6",
    ospf({ area: "::1" }),
    ['policy.identity.area: got "::1". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in an area of more digits",
    ospf({ area: "12345678901" }),
    ['policy.identity.area: got "12345678901". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in an area with a space",
    ospf({ area: " 1" }),
    ['policy.identity.area: got " 1". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in a stub area of another shape",
    ospf({ stubArea: 7 }),
    ['policy.identity.stubArea: got 7 (number). Give an area, as "0.0.0.0".'],
  ],
  [
    "in a stub area that is none",
    ospf({ stubArea: "x" }),
    ['policy.identity.stubArea: got "x". Write an area as a number below 2^32, or as "0.0.0.0".'],
  ],
  [
    "in a stub area that is the backbone",
    ospf({ stubArea: "0.0.0.0" }),
    [
      'policy.identity.stubArea: "0.0.0.0" is the backbone, which is no stub. Give the area in which the routers have the links, as "0.0.0.77", or leave it out.',
    ],
  ],
  ["in a stub area", ospf({ stubArea: "7" }), []],
  [
    "in a stub area, without IPv4",
    ospf({ stubArea: "7", addresses: ["2001:db8:77::1/128"] }),
    [
      'policy.identity.stubArea: is for IPv4, and no IPv4 address is in policy.identity.addresses. Leave it out: IPv6 has no need of it, and goes by "area".',
    ],
  ],
  [
    "in a stub area, without an address that can be read",
    ospf({ stubArea: "7", addresses: [1] }),
    [
      'policy.identity.addresses[0]: got 1 (number). Give an address with its full length, as "192.0.2.1/32".',
    ],
  ],
  ["in the last area", ospf({ area: "4294967295" }), []],
  ["in the dotted area", ospf({ area: "255.255.255.255" }), []],
]);

table("an identity that BGP announces", [
  ["as it may be", bgp({}), []],
  [
    "without a number",
    bgp({ asn: undefined }),
    ["policy.identity.asn: is missing. Give the host's AS number, as 65001; private are 64512 to 65534."],
  ],
  [
    "with numbers out of range",
    bgp({ asn: 0, peers: [{ interface: "a", asn: 4294967295 }] }),
    [
      "policy.identity.asn: got 0 (number). Give a whole number from 1 to 4294967294.",
      "policy.identity.peers[0].asn: got 4294967295 (number). Give a whole number from 1 to 4294967294.",
    ],
  ],
  [
    "with numbers at the ends of the range",
    bgp({ asn: 1, peers: [{ interface: "a", asn: 4294967294 }] }),
    [],
  ],
  [
    "without neighbours",
    bgp({ peers: undefined }),
    [
      'policy.identity.peers: there is no neighbour to announce the identity to. List the neighbours, as {"interface": "front", "asn": 65000, "address": "10.0.1.1"}.',
    ],
  ],
  [
    "with a list of no neighbours",
    bgp({ peers: [] }),
    [
      'policy.identity.peers: there is no neighbour to announce the identity to. List the neighbours, as {"interface": "front", "asn": 65000, "address": "10.0.1.1"}.',
    ],
  ],
  [
    "with neighbours in no list",
    bgp({ peers: { interface: "a", asn: 65001 } }),
    ['policy.identity.peers: got {"interface":"a","asn":65001} (object). Give a list of neighbours.'],
  ],
  [
    "with a stub area",
    bgp({ stubArea: "1" }),
    [
      'policy.identity.stubArea: means nothing with the protocol "bgp". Leave it out, or set "protocol" to "ospf".',
    ],
  ],
  [
    "with fields of OSPF",
    bgp({ interfaces: ["a"], area: "0" }),
    [
      'policy.identity.interfaces: means nothing with the protocol "bgp". Leave it out, or set "protocol" to "ospf".',
      'policy.identity.area: means nothing with the protocol "bgp". Leave it out, or set "protocol" to "ospf".',
    ],
  ],
  [
    "to neighbours of other shapes",
    bgp({
      peers: [
        1,
        {},
        { interface: "x", asn: 1 },
        { interface: "a", asn: "1", address: 1 },
        { interface: "a", asn: 65001, via: "b" },
      ],
    }),
    [
      'policy.identity.peers[0]: got 1 (number). Give an object with "interface", "asn", "address".',
      "policy.identity.peers[1].interface: got nothing. Give an interface's name.",
      "policy.identity.peers[1].asn: got nothing. Give a whole number from 1 to 4294967294.",
      'policy.identity.peers[2].interface: got "x", which is no interface here. Known are "a", "b", "c".',
      'policy.identity.peers[3].asn: got "1" (string). Give a whole number from 1 to 4294967294.',
      'policy.identity.peers[3].address: got 1 (number). Give an address, as "10.0.1.1".',
      'policy.identity.peers[4].via: unknown field. Known here are "interface", "asn", "address".',
    ],
  ],
  [
    "to neighbours at addresses that are none",
    bgp({
      peers: [
        { interface: "a", asn: 1, address: "10.1.0.1/24" },
        { interface: "a", asn: 1, address: "127.0.0.1" },
        { interface: "b", asn: 1, address: "fe80::1" },
      ],
    }),
    [
      'policy.identity.peers[0].address: got "10.1.0.1/24": not an IPv4 or IPv6 address. Write the neighbour\'s address; for one that is known by its link alone, leave it out.',
      'policy.identity.peers[1].address: got "127.0.0.1": a loopback address. Write the neighbour\'s address; for one that is known by its link alone, leave it out.',
      'policy.identity.peers[2].address: got "fe80::1": a link-local address, which belongs to one link already. Write the neighbour\'s address; for one that is known by its link alone, leave it out.',
    ],
  ],
  [
    "twice to one address, and twice over one link",
    bgp({
      peers: [
        { interface: "a", asn: 1, address: "10.1.0.1" },
        { interface: "b", asn: 1, address: "10.1.0.1" },
        { interface: "b", asn: 1 },
        { interface: "b", asn: 2 },
      ],
    }),
    [
      "policy.identity.peers[1]: is the neighbour of policy.identity.peers[0] too. Leave one of them out.",
      "policy.identity.peers[3]: is the neighbour of policy.identity.peers[2] too. Leave one of them out.",
    ],
  ],
  [
    "to itself",
    bgp({
      peers: [
        { interface: "a", asn: 1, address: "10.2.0.10" },
        { interface: "a", asn: 1, address: "192.0.2.77" },
      ],
    }),
    [
      "policy.identity.peers[0].address: 10.2.0.10 is an address of this host. Give the neighbour's.",
      "policy.identity.peers[1].address: 192.0.2.77 is an address of this host. Give the neighbour's.",
    ],
  ],
  [
    "to a neighbour of a family that the identity lacks",
    bgp({ peers: [{ interface: "a", asn: 1, address: "fd00:1::1" }] }),
    [
      "policy.identity.peers[0].address: an IPv6 neighbour, but no IPv6 identity. Leave it out, or add such an address.",
    ],
  ],
  [
    "to a neighbour of a family that the link lacks",
    bgp({
      addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
      peers: [
        { interface: "a", asn: 1 },
        { interface: "c", asn: 1, address: "fd00:3::1" },
      ],
    }),
    [
      'policy.identity.peers[1].address: "c" has no IPv6 address to talk from. Give it one, or another neighbour.',
    ],
  ],
  [
    "to nobody of one family",
    bgp({
      addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
      peers: [{ interface: "a", asn: 1, address: "10.1.0.1" }],
    }),
    [
      "policy.identity.peers: no neighbour is told of the IPv6 identity. Give one by an IPv6 address, or without address (unnumbered, for both families).",
    ],
  ],
  [
    "to nobody of the other family",
    bgp({
      addresses: ["192.0.2.77/32", "2001:db8:77::1/128"],
      peers: [{ interface: "a", asn: 1, address: "fd00:1::1" }],
    }),
    [
      "policy.identity.peers: no neighbour is told of the IPv4 identity. Give one by an IPv4 address, or without address (unnumbered, for both families).",
    ],
  ],
  ["to both families over a link alone", bgp({ addresses: ["192.0.2.77/32", "2001:db8:77::1/128"] }), []],
]);

table("the router id of an identity", [
  [
    "a number",
    ospf({ routerId: 1 }),
    ['policy.identity.routerId: got 1 (number). Give a router id, as "192.0.2.1".'],
  ],
  [
    "of no shape",
    ospf({ routerId: "x" }),
    ['policy.identity.routerId: got "x". Write a router id in the form of an IPv4 address, not 0.0.0.0.'],
  ],
  [
    "0.0.0.0",
    ospf({ routerId: "0.0.0.0" }),
    [
      'policy.identity.routerId: got "0.0.0.0". Write a router id in the form of an IPv4 address, not 0.0.0.0.',
    ],
  ],
  [
    "of IPv6",
    ospf({ routerId: "2001:db8::1" }),
    [
      'policy.identity.routerId: got "2001:db8::1". Write a router id in the form of an IPv4 address, not 0.0.0.0.',
    ],
  ],
  ["any other", ospf({ routerId: "255.255.255.255" }), []],
  [
    "missing, with nothing to take",
    {
      name: "h",
      interfaces: [{ name: "a", addresses: ["fd00:1::10/64"] }],
      policy: { identity: { addresses: ["2001:db8:77::1/128"], protocol: "ospf" } },
    },
    [
      'policy.identity.routerId: is missing, and the host has no IPv4 address to take. Give one in the form of an IPv4 address, that no other router has: "routerId": "192.0.2.1".',
    ],
  ],
]);

table("the timers of an identity", [
  [
    "out of range",
    ospf({ keepalive: 0, hold: 2, bfdInterval: 49 }),
    [
      "policy.identity.keepalive: got 0 (number). Give a whole number from 1 to 65535.",
      "policy.identity.hold: got 2 (number). Give a whole number from 3 to 65535.",
      "policy.identity.bfdInterval: got 49 (number). Give a whole number from 50 to 60000.",
    ],
  ],
  [
    "too large",
    ospf({ keepalive: 65536, hold: 65536, bfdInterval: 60001 }),
    [
      "policy.identity.keepalive: got 65536 (number). Give a whole number from 1 to 65535.",
      "policy.identity.hold: got 65536 (number). Give a whole number from 3 to 65535.",
      "policy.identity.bfdInterval: got 60001 (number). Give a whole number from 50 to 60000.",
    ],
  ],
  ["the shortest", ospf({ keepalive: 1, hold: 3, bfdInterval: 50 }), []],
  ["the longest", ospf({ keepalive: 65534, hold: 65535, bfdInterval: 60000 }), []],
  [
    "of which one is not longer than the other",
    ospf({ keepalive: 5, hold: 5 }),
    [
      'policy.identity.hold: got 5, and signs of life come every 5 s. Make it longer than "keepalive"; three times it is usual.',
    ],
  ],
  ["of which one is longer by a second", ospf({ keepalive: 5, hold: 6 }), []],
  ["of which one follows from the other", ospf({ keepalive: 65535 }), []],
  [
    "of BFD, which is off",
    ospf({ bfd: false, bfdInterval: 100 }),
    ['policy.identity.bfdInterval: "bfd" is false. Leave one of the two out.'],
  ],
  [
    "of BFD, which is neither on nor off",
    ospf({ bfd: "no" }),
    ['policy.identity.bfd: got "no" (string). Give true or false.'],
  ],
]);

table("the password file of an identity", [
  [
    "a number",
    ospf({ passwordFile: 1 }),
    ["policy.identity.passwordFile: got 1 (number). Give the absolute path of a file on the host."],
  ],
  [
    "no absolute path, which is not told since it may be the password",
    ospf({ passwordFile: "s3cret" }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  [
    "a folder",
    ospf({ passwordFile: "/etc/" }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  [
    "with dots for folders",
    ospf({ passwordFile: "/etc/../x" }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  [
    "with more after it",
    ospf({ passwordFile: "/etc/x y" }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  [
    "hidden",
    ospf({ passwordFile: "/etc/.x" }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  [
    "too long",
    ospf({ passwordFile: `/${"a".repeat(255)}` }),
    [
      'policy.identity.passwordFile: is not an absolute path of plain characters. Write an absolute path of letters, digits, ".", "_" and "-", as "/etc/multihome/password"; never the password itself.',
    ],
  ],
  ["as long as may be", ospf({ passwordFile: `/_0/a.b-c/${"a".repeat(245)}` }), []],
]);
