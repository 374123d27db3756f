import { Fields, table } from "../support/problems";
import { policies, site } from "../support/site";

table("a policy", [
  [
    "no object",
    { name: "h", interfaces: [{ name: "a", addresses: ["10.1.0.10/24"] }], policy: [] },
    [
      'policy: got the list []. Give an object with "hostModel", "virtualAddresses", "onLink", "directPairs", "unmanagedRoutes", "persistence", "traffic", "trackConnections", "worlds", "identity".',
    ],
  ],
  [
    "null",
    { name: "h", interfaces: [{ name: "a", addresses: ["10.1.0.10/24"] }], policy: null },
    [
      'policy: got null. Give an object with "hostModel", "virtualAddresses", "onLink", "directPairs", "unmanagedRoutes", "persistence", "traffic", "trackConnections", "worlds", "identity".',
    ],
  ],
  [
    "an unknown field",
    site({ model: "strong" }),
    [
      'policy.model: unknown field. Known here are "hostModel", "virtualAddresses", "onLink", "directPairs", "unmanagedRoutes", "persistence", "traffic", "trackConnections", "worlds", "identity".',
    ],
  ],
  [
    "nulls",
    site({
      hostModel: null,
      onLink: null,
      persistence: null,
      trackConnections: null,
      worlds: null,
      identity: null,
      directPairs: null,
      unmanagedRoutes: null,
      virtualAddresses: null,
    }),
    [
      'policy.hostModel: got null. Give one of "symmetric", "strong", "weak".',
      'policy.onLink: got null. Give one of "gateway", "direct".',
      'policy.identity: got null. Give an object with "addresses", "protocol", "interfaces", "area", "stubArea", "asn", "peers", "routerId", "keepalive", "hold", "bfd", "bfdInterval", "passwordFile".',
      "policy.virtualAddresses: got null. Give a list of addresses.",
      'policy.directPairs: got null. Give a list of pairs {"from", "to"} of interface names.',
      'policy.unmanagedRoutes: got null. Give one of "follow", "ignore".',
      "policy.trackConnections: got null. Give true or false.",
      'policy.persistence: got null. Give one of "auto", "systemd", "none", "volatile".',
      "policy.worlds: got null. Give a list of worlds.",
      'policy.virtualAddresses: only the strong host model tells addresses apart by interface (hostModel is "symmetric"). Leave it out, or set "hostModel" to "strong".',
    ],
  ],
  [
    "other words",
    site({ hostModel: "Strong", onLink: "yes", unmanagedRoutes: false, persistence: "cron" }),
    [
      'policy.hostModel: got "Strong" (string). Give one of "symmetric", "strong", "weak".',
      'policy.onLink: got "yes" (string). Give one of "gateway", "direct".',
      'policy.unmanagedRoutes: got false (boolean). Give one of "follow", "ignore".',
      'policy.persistence: got "cron" (string). Give one of "auto", "systemd", "none", "volatile".',
    ],
  ],
  ["each word of persistence", site({ persistence: "none" }), []],
  ["no way of others", site({ unmanagedRoutes: "ignore" }), []],
]);

table("the weak host model", [
  [
    "and all that says how we route",
    site({
      hostModel: "weak",
      onLink: "gateway",
      directPairs: [],
      unmanagedRoutes: "ignore",
      persistence: "auto",
      traffic: [],
      trackConnections: false,
      worlds: [],
      virtualAddresses: [],
    }),
    [
      'policy.virtualAddresses: "virtualAddresses" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.onLink: "onLink" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.directPairs: "directPairs" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.unmanagedRoutes: "unmanagedRoutes" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.persistence: "persistence" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.traffic: "traffic" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.trackConnections: "trackConnections" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
      'policy.worlds: "worlds" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
    ],
  ],
  ["alone", site({ hostModel: "weak" }), []],
]);

table("the strong host model", [
  [
    "and what sends from one interface's address by another",
    site({ hostModel: "strong", onLink: "direct", directPairs: [{ from: "a", to: "b" }] }),
    [
      'policy.onLink: "direct" sends from an address of one interface out of another, which the strong host model forbids (hostModel is "strong"). Leave it out, or set "hostModel" to "symmetric".',
      'policy.directPairs: a direct pair sends from an address of one interface out of another, which the strong host model forbids (hostModel is "strong"). Leave it out, or set "hostModel" to "symmetric".',
    ],
  ],
  ["and none of that", site({ hostModel: "strong", onLink: "gateway", directPairs: [] }), []],
  [
    "and a policy that sends sources by another interface",
    site({
      hostModel: "strong",
      traffic: [
        { name: "p", use: ["a"], beforeSources: true },
        { name: "q", from: ["10.2.0.0/24", "fd00:1::/64"], use: ["a", "b"], beforeSources: true },
      ],
    }),
    [
      'policy.traffic[0].beforeSources: sends sources of "b", "c" out of other interfaces, which the strong host model forbids (policy.hostModel). Leave "beforeSources" out, select only sources of the interface in "use", or set "hostModel" to "symmetric".',
      'policy.traffic[1].beforeSources: sends sources of "a", "b" out of other interfaces, which the strong host model forbids (policy.hostModel). Leave "beforeSources" out, select only sources of the interface in "use", or set "hostModel" to "symmetric".',
      'policy.traffic[1]: no packet is left for "q": "p" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
  [
    "and a policy about sources of the interface that it uses",
    site({
      hostModel: "strong",
      traffic: [
        { name: "p", from: ["10.1.0.0/24"], use: ["a"], beforeSources: true },
        { name: "q", to: ["192.0.2.0/24"], incoming: ["b"], use: ["a"], beforeSources: true },
        { name: "r", use: ["b"] },
      ],
    }),
    [],
  ],
  [
    "and a policy of IPv6 alone",
    site({ hostModel: "strong", traffic: [{ name: "p", from: ["::/0"], use: ["a"], beforeSources: true }] }),
    [
      'policy.traffic[0].beforeSources: sends sources of "b" out of other interfaces, which the strong host model forbids (policy.hostModel). Leave "beforeSources" out, select only sources of the interface in "use", or set "hostModel" to "symmetric".',
    ],
  ],
  [
    "and a policy about what is delegated",
    site({
      hostModel: "strong",
      traffic: [{ name: "p", from: ["10.1.7.0/28"], use: ["b"], beforeSources: true }],
    }),
    [],
  ],
]);

table("virtual addresses", [
  [
    "with another host model",
    site({ virtualAddresses: ["192.0.2.1"] }),
    [
      'policy.virtualAddresses: only the strong host model tells addresses apart by interface (hostModel is "symmetric"). Leave it out, or set "hostModel" to "strong".',
    ],
  ],
  [
    "none, with another host model",
    site({ virtualAddresses: [] }),
    [
      'policy.virtualAddresses: only the strong host model tells addresses apart by interface (hostModel is "symmetric"). Leave it out, or set "hostModel" to "strong".',
    ],
  ],
  [
    "no list",
    site({ hostModel: "strong", virtualAddresses: "192.0.2.1" }),
    ['policy.virtualAddresses: got "192.0.2.1" (string). Give a list of addresses.'],
  ],
  [
    "of other shapes",
    site({ hostModel: "strong", virtualAddresses: [1, "192.0.2.1/32", "127.0.0.1", "x", "ff02::1"] }),
    [
      'policy.virtualAddresses[0]: got 1 (number). Give an address, as "192.0.2.1".',
      'policy.virtualAddresses[1]: got "192.0.2.1/32": not an IPv4 or IPv6 address. Write an address without a prefix length, as "192.0.2.1".',
      'policy.virtualAddresses[2]: got "127.0.0.1": a loopback address. Write an address without a prefix length, as "192.0.2.1".',
      'policy.virtualAddresses[3]: got "x": not an IPv4 or IPv6 address. Write an address without a prefix length, as "192.0.2.1".',
      'policy.virtualAddresses[4]: got "ff02::1": a multicast address. Write an address without a prefix length, as "192.0.2.1".',
    ],
  ],
  [
    "given twice",
    site({ hostModel: "strong", virtualAddresses: ["2001:db8::1", "192.0.2.1", "2001:DB8:0::1"] }),
    ["policy.virtualAddresses[2]: the address 2001:db8::1 is given twice. Leave one of them out."],
  ],
  [
    "that interfaces have",
    site({ hostModel: "strong", virtualAddresses: ["10.2.0.10", "10.1.7.3", "fd00:1::10", "10.1.0.11"] }),
    [
      "policy.virtualAddresses: 10.1.7.3 is a source of interfaces[0]. An address belongs to an interface or to none: leave it out in one place.",
      "policy.virtualAddresses: 10.2.0.10 is a source of interfaces[1]. An address belongs to an interface or to none: leave it out in one place.",
      "policy.virtualAddresses: fd00:1::10 is a source of interfaces[0]. An address belongs to an interface or to none: leave it out in one place.",
    ],
  ],
]);

const many = (count: number): Fields[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `n${i}`,
    addresses: [`10.${i}.0.10/24`],
    gateways: [`10.${i}.0.1`],
  }));

table("connections", [
  [
    "no truth value",
    site({ trackConnections: "yes" }),
    ['policy.trackConnections: got "yes" (string). Give true or false.'],
  ],
  [
    "whose marks have the bit of the canary",
    site({ trackConnections: true }, { numbers: { canaryMark: 0x1000000 } }),
    [
      "policy.trackConnections: connections are marked with bits of 0x3f000000, and numbers.canaryMark, 0x1000000, is one of them. Set numbers.canaryMark to another bit, or trackConnections to false.",
    ],
  ],
  [
    "whose marks are beside the bit of the canary",
    site({ trackConnections: true }, { numbers: { canaryMark: 0x800000 } }),
    [],
  ],
  [
    "that are not tracked may have the bit of the canary",
    site(
      { trackConnections: false, traffic: [{ name: "p", use: ["a"] }] },
      { numbers: { canaryMark: 0x1000000 } },
    ),
    [],
  ],
  [
    "that are tracked because of a policy",
    site({ traffic: [{ name: "p", use: ["a"] }] }, { numbers: { canaryMark: 0x1000000 } }),
    [
      "policy.trackConnections: connections are marked with bits of 0x3f000000, and numbers.canaryMark, 0x1000000, is one of them. Set numbers.canaryMark to another bit, or trackConnections to false.",
    ],
  ],
  [
    "of as many interfaces as can be told apart",
    { name: "h", interfaces: many(63), policy: { trackConnections: true } },
    [],
  ],
  [
    "of more",
    { name: "h", interfaces: many(64), policy: { trackConnections: true } },
    [
      "policy.trackConnections: 64 interfaces, but connection marks can tell only 63 apart. Set trackConnections to false, or route fewer interfaces.",
    ],
  ],
]);

table("direct pairs", [
  [
    "of other shapes",
    site({ directPairs: [1, { from: "a" }, { from: "a", to: "x", via: "b" }, { from: 1, to: "a" }] }),
    [
      'policy.directPairs[0]: got 1 (number). Give an object with "from", "to".',
      "policy.directPairs[1].to: got nothing. Give an interface's name.",
      'policy.directPairs[2].via: unknown field. Known here are "from", "to".',
      'policy.directPairs[2].to: got "x", which is no interface here. Known are "a", "b", "c".',
      "policy.directPairs[3].from: got 1 (number). Give an interface's name.",
    ],
  ],
  [
    "of one and the same, and twice",
    site({
      directPairs: [
        { from: "a", to: "a" },
        { from: "b", to: "a" },
        { from: "a", to: "b" },
        { from: "b", to: "a" },
      ],
    }),
    [
      'policy.directPairs[0]: pairs "a" with itself. Own subnets are always reached directly; leave the pair out.',
      'policy.directPairs[3]: the pair "b" to "a" is given twice. Leave one of them out.',
    ],
  ],
]);

const each = (count: number, fields: (i: number) => Fields): Fields[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `p${i}`,
    use: ["a"],
    to: [`198.18.${i}.0/24`],
    ...fields(i),
  }));
const two = (i: number): Fields => ({ to: [`198.18.${i}.0/24`, `198.19.${i}.0/24`] });

/** All but the VRFs' are used by a policy, and so have a table more. */
const withVrfs = (own: number, vrfs: number): unknown => ({
  name: "h",
  interfaces: many(own + vrfs).map((i, n) => ({ ...i, match: { ifname: `eth${n}` } })),
  policy: {
    traffic: [{ name: "p", use: many(own).map((i) => i["name"]) }],
    worlds: many(own + vrfs)
      .slice(own)
      .map(({ name }) => ({ name: `v${String(name)}`, kind: "vrf", interfaces: [name] })),
  },
});

table("room for policies", [
  [
    "before the rules for sources: as many as fit",
    site({ traffic: each(6, () => ({ beforeSources: true })) }),
    [],
  ],
  [
    "before the rules for sources: one more",
    site({ traffic: each(7, () => ({ beforeSources: true })) }),
    [
      "policy.traffic: too many policies before the rules for sources: they take 1 more priority than there are. A policy takes one priority, or three when its selectors have several values: join some, or mark packets by nftables and select the mark.",
    ],
  ],
  [
    "before the rules for sources, of several values: as many as fit",
    site({ traffic: each(2, (i) => ({ ...two(i), beforeSources: true })) }),
    [],
  ],
  [
    "before the rules for sources, of several values: one more",
    site({ traffic: each(3, (i) => ({ ...two(i), beforeSources: true })) }),
    [
      "policy.traffic: too many policies before the rules for sources: they take 3 more priorities than there are. A policy takes one priority, or three when its selectors have several values: join some, or mark packets by nftables and select the mark.",
    ],
  ],
  ["after the rules for sources: as many as fit", site({ traffic: each(68, () => ({})) }), []],
  [
    "after the rules for sources: one more",
    site({ traffic: each(69, () => ({})) }),
    [
      "policy.traffic: too many policies after the rules for sources: they take 1 more priority than there are. A policy takes one priority, or three when its selectors have several values: join some, or mark packets by nftables and select the mark.",
    ],
  ],
  [
    "after the rules for sources, where one of two families has several values",
    site({
      traffic: each(23, (i) => ({
        to: [`198.18.${i}.0/24`, `2001:db8:${2 * i}::/48`, `2001:db8:${2 * i + 100}::/48`],
      })),
    }),
    [
      "policy.traffic: too many policies after the rules for sources: they take 1 more priority than there are. A policy takes one priority, or three when its selectors have several values: join some, or mark packets by nftables and select the mark.",
    ],
  ],
  [
    "tables: as many as there are",
    {
      name: "h",
      interfaces: many(63),
      policy: {
        trackConnections: false,
        traffic: [
          { name: "p", use: many(63).map((i) => i["name"]) },
          {
            name: "s",
            to: ["192.0.2.0/24"],
            use: ["n0", "n1"],
            weights: { n0: 1, n1: 1 },
            otherwise: "next",
            beforeSources: true,
          },
          {
            name: "t",
            to: ["192.0.2.0/24"],
            use: ["n0", "n1"],
            weights: { n0: 1, n1: 2 },
            beforeSources: true,
          },
        ],
      },
    },
    [],
  ],
  [
    "tables: one more",
    {
      name: "h",
      interfaces: many(64),
      policy: {
        trackConnections: false,
        traffic: [
          { name: "p", use: many(64).map((i) => i["name"]) },
          {
            name: "s",
            to: ["192.0.2.0/24"],
            use: ["n0", "n1"],
            weights: { n0: 1, n1: 1 },
            beforeSources: true,
          },
        ],
      },
    },
    [
      "policy.traffic: interfaces and policies need 129 tables, and there are 128. Use fewer interfaces in policies, or share traffic in fewer of them.",
    ],
  ],
  ["tables, some of VRFs: as many as there are", withVrfs(42, 44), []],
  [
    "tables, some of VRFs: one more",
    withVrfs(43, 43),
    [
      "policy.traffic: interfaces, VRFs and policies need 129 tables, and there are 128. Use fewer interfaces in policies, or share traffic in fewer of them.",
    ],
  ],
]);

table("policies that get nothing", [
  [
    "since one before them takes all",
    policies({}, { to: ["192.0.2.0/24"] }),
    [
      'policy.traffic[1]: no packet is left for "p1": "p0" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
  [
    "since one before the rules for sources takes all, though it is given later",
    policies({ to: ["192.0.2.0/24"] }, { use: ["b"], beforeSources: true }),
    [
      'policy.traffic[0]: no packet is left for "p0": "p1" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
  [
    "since several take it together",
    policies({ to: ["192.0.2.0/25"] }, { to: ["192.0.2.128/25"] }, { to: ["192.0.2.0/24"] }),
    [
      'policy.traffic[2]: no packet is left for "p2": "p0", "p1" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
  [
    "though one passes on what it cannot carry",
    policies({ otherwise: "next" }, { to: ["192.0.2.0/24"] }),
    [],
  ],
  ["in one family alone", policies({ from: ["0.0.0.0/0"] }, { use: ["b"] }), []],
  [
    "in both families, by one policy each",
    policies({ from: ["0.0.0.0/0"] }, { from: ["::/0"] }, { use: ["b"] }),
    [
      'policy.traffic[2]: no packet is left for "p2": "p0", "p1" before it match them all. Put it before them, narrow their selectors, or leave it out.',
    ],
  ],
]);
