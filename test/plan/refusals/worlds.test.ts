import { Fields, table } from "../support/problems";

const INTERFACES: readonly Fields[] = [
  { name: "a", addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
  { name: "b", match: { ifname: "eth1" }, addresses: ["10.2.0.10/24"], gateways: ["10.2.0.1"] },
  { name: "c", match: { mac: "02:00:00:00:00:0c" }, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
];
/** A host of three interfaces, of which the first is in no world. */
const host = (worlds: unknown, policy: Fields = {}, rest: Fields = {}): unknown => ({
  name: "h",
  interfaces: INTERFACES,
  policy: { worlds, ...policy },
  ...rest,
});
/** With one world "w" of "c", and another of what is given. */
const worlds = (...list: Fields[]): unknown =>
  host([
    { name: "w", kind: "netns", interfaces: ["c"] },
    ...list.map((fields, i) => ({ name: `v${i}`, kind: "netns", interfaces: ["b"], ...fields })),
  ]);
const vrf = (fields: Fields): unknown => worlds({ kind: "vrf", ...fields });

table("worlds", [
  ["as they may be", worlds({}), []],
  [
    "no list",
    host({}),
    [
      "policy.worlds: got {} (object). Give a list of worlds.",
      "interfaces[2].addresses: the address 10.1.0.10 is that of interfaces[0].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "no object",
    host(["w", 1, null]),
    [
      'policy.worlds[0]: got "w" (string). Give an object with "name", "kind", "interfaces", "resolver", "services", "moveManagement".',
      'policy.worlds[1]: got 1 (number). Give an object with "name", "kind", "interfaces", "resolver", "services", "moveManagement".',
      'policy.worlds[2]: got null. Give an object with "name", "kind", "interfaces", "resolver", "services", "moveManagement".',
      "interfaces[2].addresses: the address 10.1.0.10 is that of interfaces[0].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "with an unknown field",
    worlds({ vlan: 1 }),
    [
      'policy.worlds[1].vlan: unknown field. Known here are "name", "kind", "interfaces", "resolver", "services", "moveManagement".',
    ],
  ],
  [
    "without anything",
    host([{}]),
    [
      "policy.worlds[0].name: got nothing. Give a name.",
      'policy.worlds[0].kind: got nothing. Give one of "netns", "vrf".',
      "policy.worlds[0].interfaces: there is no interface. Name the interfaces that are in the world, or leave it out.",
      "interfaces[2].addresses: the address 10.1.0.10 is that of interfaces[0].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "of another kind",
    worlds({ kind: "jail" }),
    ['policy.worlds[1].kind: got "jail" (string). Give one of "netns", "vrf".'],
  ],
  [
    "of no name",
    worlds({ name: "a b" }),
    [
      'policy.worlds[1].name: got the name "a b". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
    ],
  ],
  [
    "of one name",
    worlds({ name: "w" }),
    [
      'policy.worlds[1].name: the name "w" is that of policy.worlds[0].name too. Give each world a name of its own.',
    ],
  ],
  [
    "without interfaces",
    worlds({ interfaces: [] }),
    [
      "policy.worlds[1].interfaces: there is no interface. Name the interfaces that are in the world, or leave it out.",
    ],
  ],
  [
    "of interfaces that are none",
    worlds({ interfaces: ["b", "x", 1] }, { interfaces: "b" }),
    [
      'policy.worlds[1].interfaces[1]: got "x", which is no interface here. Known are "a", "b", "c".',
      "policy.worlds[1].interfaces[2]: got 1 (number). Give an interface's name.",
      'policy.worlds[2].interfaces: got "b" (string). Give a list of interface names.',
    ],
  ],
  [
    "with an interface twice, and one of another world",
    worlds({ interfaces: ["b", "b", "c"] }),
    [
      'policy.worlds[1].interfaces[1]: the interface "b" is that of policy.worlds[1].interfaces[0] too. An interface is in one world: name it in one.',
      'policy.worlds[1].interfaces[2]: the interface "c" is that of policy.worlds[0].interfaces[0] too. An interface is in one world: name it in one.',
    ],
  ],
  [
    "that move their management, or not",
    worlds({ moveManagement: "yes" }),
    ['policy.worlds[1].moveManagement: got "yes" (string). Give true or false.'],
  ],
  [
    "whose interface is found by an address",
    host([
      { name: "w", kind: "netns", interfaces: ["a"] },
      { name: "v", kind: "netns", interfaces: ["c"] },
    ]),
    [
      'interfaces[0].match: the interface is in world "w" (policy.worlds), where its device has no address before we come. Give "match" with a "mac" or an "ifname".',
    ],
  ],
  [
    "whose interface is found by an address among others",
    {
      name: "h",
      interfaces: [
        { name: "a", match: { mac: "02:00:00:00:00:01", address: "10.1.0.10" }, addresses: ["10.1.0.10/24"] },
      ],
      policy: { worlds: [{ name: "w", kind: "netns", interfaces: ["a"] }] },
    },
    [
      'interfaces[0].match: the interface is in world "w" (policy.worlds), where its device has no address before we come. Leave "address" out.',
    ],
  ],
  [
    "whose interface has no sources",
    {
      name: "h",
      interfaces: [
        { name: "a", addresses: ["10.1.0.10/24"] },
        { name: "b", match: { ifname: "eth1" } },
      ],
      policy: { worlds: [{ name: "w", kind: "netns", interfaces: ["b"] }] },
    },
    ['interfaces[1]: has no source address. Give at least one of "addresses" or "delegatedPrefixes".'],
  ],
  [
    "that a direct pair crosses",
    host([{ name: "w", kind: "netns", interfaces: ["c"] }], {
      directPairs: [
        { from: "a", to: "c" },
        { from: "c", to: "b" },
        { from: "a", to: "b" },
      ],
    }),
    [
      'policy.directPairs: the pair "a" to "c" crosses worlds, and nothing passes between those. Leave it out, or put both interfaces into one world.',
      'policy.directPairs: the pair "c" to "b" crosses worlds, and nothing passes between those. Leave it out, or put both interfaces into one world.',
    ],
  ],
  [
    "that a policy steers into",
    host([{ name: "w", kind: "netns", interfaces: ["c"] }], {
      traffic: [
        { name: "p", use: ["c"] },
        { name: "q", use: ["a"], incoming: ["c"] },
      ],
    }),
    [
      'policy.traffic[0].use[0]: got "c", which is no interface here. Known are "a", "b".',
      'policy.traffic[1].incoming[0]: got "c", which is no interface here. Known are "a", "b".',
    ],
  ],
  [
    "over whose interfaces an identity is announced",
    host([{ name: "w", kind: "netns", interfaces: ["c"] }], {
      identity: { addresses: ["192.0.2.1/32"], protocol: "ospf", interfaces: ["c", "a"] },
    }),
    ['policy.identity.interfaces[0]: got "c", which is no interface here. Known are "a", "b".'],
  ],
  [
    "that use the addresses of each other, but each once",
    {
      name: "h",
      interfaces: [
        ...INTERFACES,
        { name: "d", match: { ifname: "eth3" }, addresses: ["10.2.0.10/24"] },
        { name: "e", match: { ifname: "eth4" }, addresses: ["10.2.0.10/24"] },
      ],
      policy: { worlds: [{ name: "w", kind: "netns", interfaces: ["c", "d", "e"] }] },
    },
    [
      "interfaces[4].addresses: the address 10.2.0.10 is that of interfaces[3].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "whose devices and names are those of others",
    {
      name: "h",
      interfaces: [
        { name: "b", match: { ifname: "eth1" }, addresses: ["10.2.0.10/24"] },
        { name: "c", match: { ifname: "eth1", mac: "02:00:00:00:00:0c" }, addresses: ["10.2.0.10/24"] },
        { name: "d", match: { mac: "02:00:00:00:00:0C" }, addresses: ["10.2.0.10/24"] },
      ],
      policy: {
        worlds: [
          { name: "w", kind: "netns", interfaces: ["c"] },
          { name: "v", kind: "netns", interfaces: ["d"] },
        ],
      },
    },
    [
      'interfaces[1].match.ifname: the device "eth1" is that of interfaces[0].match.ifname too. Each may be given once.',
      "interfaces[2].match.mac: the MAC 02:00:00:00:00:0c is that of interfaces[1].match.mac too. Each may be given once.",
    ],
  ],
  [
    "that hold all there is",
    {
      name: "h",
      interfaces: INTERFACES.slice(1),
      policy: { worlds: [{ name: "w", kind: "netns", interfaces: ["b", "c"] }] },
    },
    [],
  ],
]);

table("a world's resolver", [
  [
    "no object",
    worlds({ resolver: "10.2.0.53" }),
    ['policy.worlds[1].resolver: got "10.2.0.53" (string). Give an object with "nameservers", "search".'],
  ],
  [
    "with an unknown field, and without servers",
    worlds({ resolver: { options: [] } }),
    [
      'policy.worlds[1].resolver.options: unknown field. Known here are "nameservers", "search".',
      "policy.worlds[1].resolver.nameservers: got 0 name servers. Give 1 to 3 addresses.",
    ],
  ],
  [
    "of no server",
    worlds({ resolver: { nameservers: [] } }),
    ["policy.worlds[1].resolver.nameservers: got 0 name servers. Give 1 to 3 addresses."],
  ],
  ["of three servers", worlds({ resolver: { nameservers: ["10.2.0.1", "10.2.0.2", "fd00::3"] } }), []],
  [
    "of four servers",
    worlds({ resolver: { nameservers: ["10.2.0.1", "10.2.0.2", "10.2.0.3", "10.2.0.4"] } }),
    ["policy.worlds[1].resolver.nameservers: got 4 name servers. Give 1 to 3 addresses."],
  ],
  [
    "of servers that are none",
    worlds({ resolver: { nameservers: [1, "127.0.0.1", "dns.example.com"] } }),
    [
      "policy.worlds[1].resolver.nameservers[0]: got 1 (number). Give an address.",
      'policy.worlds[1].resolver.nameservers[1]: got "127.0.0.1": a loopback address. Write the address of a name server that the world reaches, as "10.0.1.2".',
      'policy.worlds[1].resolver.nameservers[2]: got "dns.example.com": not an IPv4 or IPv6 address. Write the address of a name server that the world reaches, as "10.0.1.2".',
    ],
  ],
  [
    "of servers in no list",
    worlds({ resolver: { nameservers: "10.2.0.1" } }),
    ['policy.worlds[1].resolver.nameservers: got "10.2.0.1" (string). Give a list of addresses.'],
  ],
  [
    "of domains",
    worlds({
      resolver: {
        nameservers: ["10.2.0.1"],
        search: ["example.com", "a", "_x.y-z.0", `${"a".repeat(63)}.b`, `${"a.".repeat(126)}b`],
      },
    }),
    [],
  ],
  [
    "of domains that are none",
    worlds({
      resolver: {
        nameservers: ["10.2.0.1"],
        search: [
          "example.com.",
          ".a",
          "a..b",
          "-a",
          "a.-b",
          "a b",
          "",
          `${"a".repeat(64)}.b`,
          `a.${"b".repeat(64)}`,
          `${"a.".repeat(126)}bc`,
          1,
          "a\n",
          "(a)",
        ],
      },
    }),
    [
      'policy.worlds[1].resolver.search[0]: got "example.com.". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[1]: got ".a". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[2]: got "a..b". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[3]: got "-a". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[4]: got "a.-b". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[5]: got "a b". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[6]: got "". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[7]: got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[8]: got "a.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[9]: got "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a..... Write a domain without a dot at the end, as "example.com".',
      "policy.worlds[1].resolver.search[10]: got 1 (number). Give a domain.",
      'policy.worlds[1].resolver.search[11]: got "a\\n". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[1].resolver.search[12]: got "(a)". Write a domain without a dot at the end, as "example.com".',
    ],
  ],
  [
    "of domains in no list",
    worlds({ resolver: { nameservers: ["10.2.0.1"], search: "corp" } }),
    ['policy.worlds[1].resolver.search: got "corp" (string). Give a list of domains.'],
  ],
]);

table("a world's services", [
  [
    "no list",
    worlds({ services: "nginx.service" }),
    ['policy.worlds[1].services: got "nginx.service" (string). Give a list of systemd units.'],
  ],
  [
    "right ones",
    worlds({
      services: [
        "nginx.service",
        "a@.service",
        "a@b-1:x.socket",
        "A_b.c.service",
        `${"a".repeat(247)}.service`,
      ],
    }),
    [],
  ],
  [
    "wrong ones",
    worlds({
      services: [
        "nginx",
        "nginx.timer",
        ".service",
        "a b.service",
        "a@b@c.service",
        "x.service.d",
        "a/b.service",
        `${"a".repeat(248)}.service`,
        1,
      ],
    }),
    [
      'policy.worlds[1].services[0]: got "nginx". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[1]: got "nginx.timer". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[2]: got ".service". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[3]: got "a b.service". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[4]: got "a@b@c.service". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[5]: got "x.service.d". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[6]: got "a/b.service". Write the name of a unit, as "nginx.service".',
      'policy.worlds[1].services[7]: got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.... Write the name of a unit, as "nginx.service".',
      "policy.worlds[1].services[8]: got 1 (number). Give a systemd unit.",
    ],
  ],
  [
    "in two worlds, and twice in one",
    host([
      { name: "w", kind: "netns", interfaces: ["c"], services: ["a.service", "b.service"] },
      { name: "v", kind: "netns", interfaces: ["b"], services: ["b.service", "c.service", "c.service"] },
    ]),
    [
      'policy.worlds[1].services[0]: the service "b.service" is that of policy.worlds[0].services[1] too. A service runs in one world: name it in one.',
      'policy.worlds[1].services[2]: the service "c.service" is that of policy.worlds[1].services[1] too. A service runs in one world: name it in one.',
    ],
  ],
]);

const vrfs = (count: number, interfaces: number): unknown => {
  const all = Array.from({ length: interfaces }, (_, i) => ({
    name: `n${i}`,
    match: { ifname: `eth${i}` },
    addresses: [`10.${i}.0.10/24`],
  }));
  return {
    name: "h",
    interfaces: all,
    policy: {
      worlds: all.slice(0, count).map(({ name }) => ({ name: `v${name}`, kind: "vrf", interfaces: [name] })),
    },
  };
};

table("a VRF", [
  ["as it may be", vrf({}), []],
  [
    "of a name that no device can have",
    vrf({ name: "lo" }),
    [
      'policy.worlds[1].name: got "lo", which cannot be the name of a VRF\'s device. Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default".',
    ],
  ],
  [
    "of a name that is a setting's",
    host([
      { name: "all", kind: "vrf", interfaces: ["b"] },
      { name: "default", kind: "vrf", interfaces: ["c"] },
    ]),
    [
      'policy.worlds[0].name: got "all", which cannot be the name of a VRF\'s device. Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default".',
      'policy.worlds[1].name: got "default", which cannot be the name of a VRF\'s device. Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default".',
    ],
  ],
  [
    "of a name that is too long",
    vrf({ name: "a234567890123456" }),
    [
      'policy.worlds[1].name: got "a234567890123456", which cannot be the name of a VRF\'s device. Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default".',
    ],
  ],
  ["of the longest name", vrf({ name: "a23456789012345" }), []],
  ["that a namespace may have", worlds({ name: "a234567890123456" }), []],
  [
    "of the name of a device",
    vrf({ name: "eth1" }),
    [
      'policy.worlds[1].name: the VRF\'s device would be called "eth1", as interfaces[1] is. Give the world another name.',
    ],
  ],
  [
    "of two interfaces",
    {
      name: "h",
      interfaces: INTERFACES,
      policy: { worlds: [{ name: "v", kind: "vrf", interfaces: ["b", "c"] }] },
    },
    [
      'policy.worlds[0].interfaces: got 2 interfaces, which need rules for their sources, and a rule cannot tell VRFs apart on all kernels. Make a VRF for each, or: Set "kind" to "netns".',
    ],
  ],
  [
    "with a resolver and services",
    vrf({ resolver: { nameservers: ["10.2.0.1"] }, services: ["a.service"] }),
    [
      'policy.worlds[1].resolver: a program in a VRF has the files of the host, and so its resolver. Leave it out, or: Set "kind" to "netns".',
      'policy.worlds[1].services: a program is put into a VRF by its command line (ip vrf exec), and not by a setting of its unit. Leave it out, or: Set "kind" to "netns".',
    ],
  ],
  [
    "with no services",
    vrf({ services: [] }),
    [
      'policy.worlds[1].services: a program is put into a VRF by its command line (ip vrf exec), and not by a setting of its unit. Leave it out, or: Set "kind" to "netns".',
    ],
  ],
  [
    "on a host of the strong model",
    host(
      [
        { name: "v", kind: "vrf", interfaces: ["b"] },
        { name: "w", kind: "netns", interfaces: ["c"] },
      ],
      { hostModel: "strong" },
    ),
    [
      'policy.worlds[0].kind: the strong host model is not to be had in a VRF (policy.hostModel is "strong"). Set "kind" to "netns", or "hostModel" to "symmetric".',
    ],
  ],
  [
    "whose rules come after ours",
    host(
      [
        { name: "v", kind: "vrf", interfaces: ["b"] },
        { name: "w", kind: "netns", interfaces: ["c"] },
      ],
      {},
      { numbers: { priorityBase: 1001 } },
    ),
    [
      "numbers.priorityBase: got 1001, so our rules would come before those that tell VRFs apart (policy.worlds[0]). Give more than 1001.",
    ],
  ],
  [
    "whose rules come before ours",
    host(
      [
        { name: "v", kind: "vrf", interfaces: ["b"] },
        { name: "w", kind: "netns", interfaces: ["c"] },
      ],
      {},
      { numbers: { priorityBase: 1002 } },
    ),
    [],
  ],
  [
    "whose rules come after ours is no matter of namespaces",
    host([{ name: "w", kind: "netns", interfaces: ["c"] }], {}, { numbers: { priorityBase: 3 } }),
    [],
  ],
  ["as often as there are tables", vrfs(128, 128), []],
]);
