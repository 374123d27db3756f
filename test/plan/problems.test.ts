import { SpecError, shown } from "../../lib/model";
import { normalize } from "../../lib/plan";
import { Fields, Row, one, table, two } from "./support/problems";

const NAME_FIX = 'Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.';
const ADDRESS_FIX = 'Write a host\'s address with its prefix length, as "10.0.1.10/24".';
const PREFIX_FIX = 'Write a unicast prefix without host bits, as "10.0.1.32/28".';
const TO_FIX = 'Write a unicast prefix without host bits, as "172.31.0.0/16".';
const HOP_FIX = 'Write a router\'s address, as "10.0.1.1" or "fe80::1".';
const MAC_FIX = 'Write a device\'s own, as "02:00:00:00:01:0a".';
const IFNAME_FIX = 'Use 1 to 15 of letters, digits, "_", "." and "-", as "ens5".';
const HOST_FIELDS = '"name", "interfaces", "policy", "numbers", "$schema"';
const INTERFACE_FIELDS = '"name", "match", "addresses", "delegatedPrefixes", "gateways", "subnets", "routes"';

table("the document", [
  ["null", null, [`got null. Give an object with ${HOST_FIELDS}.`]],
  ["nothing", undefined, [`got nothing. Give an object with ${HOST_FIELDS}.`]],
  ["a list", [1], [`got the list [1]. Give an object with ${HOST_FIELDS}.`]],
  ["a text", "x", [`got "x" (string). Give an object with ${HOST_FIELDS}.`]],
  ["a number", 7, [`got 7 (number). Give an object with ${HOST_FIELDS}.`]],
  [
    "an empty object",
    {},
    [
      "name: got nothing. Give a name.",
      "interfaces: there is no interface. List the interfaces to route; one is enough to begin with.",
    ],
  ],
  [
    "no interfaces",
    { name: "h", interfaces: [] },
    ["interfaces: there is no interface. List the interfaces to route; one is enough to begin with."],
  ],
  ["interfaces null", { name: "h", interfaces: null }, ["interfaces: got null. Give a list of interfaces."]],
  [
    "interfaces by name",
    { name: "h", interfaces: { a: {} } },
    ['interfaces: got {"a":{}} (object). Give a list of interfaces.'],
  ],
  [
    "unknown fields",
    one({}, { Name: 1, "": 2, "a b": 3 }),
    [
      `Name: unknown field. Known here are ${HOST_FIELDS}.`,
      `[""]: unknown field. Known here are ${HOST_FIELDS}.`,
      `["a b"]: unknown field. Known here are ${HOST_FIELDS}.`,
    ],
  ],
  [
    "a schema that is no text",
    one({}, { $schema: 7 }),
    ["$schema: got 7 (number). Give where the schema is, as text."],
  ],
  [
    "the schema of an interface",
    one({ $schema: "./host.schema.json" }),
    [`interfaces[0]["$schema"]: unknown field. Known here are ${INTERFACE_FIELDS}.`],
  ],
  [
    "prototype keys",
    JSON.parse(
      '{"name":"h","__proto__":{"name":"x"},"constructor":1,"interfaces":[{"name":"a","addresses":["10.0.1.10/24"],"hasOwnProperty":1}]}',
    ),
    [
      `__proto__: unknown field. Known here are ${HOST_FIELDS}.`,
      `constructor: unknown field. Known here are ${HOST_FIELDS}.`,
      `interfaces[0].hasOwnProperty: unknown field. Known here are ${INTERFACE_FIELDS}.`,
    ],
  ],
  [
    "too many interfaces",
    {
      name: "h",
      interfaces: Array.from({ length: 129 }, (_, i) => ({
        name: `n${i}`,
        addresses: [`10.0.1.${i + 1}/24`],
      })),
      policy: { directPairs: [{ from: "n0", to: "n1" }] },
    },
    ["interfaces: got 129 interfaces. At most 128 have tables; leave some to the host."],
  ],
  [
    "as many interfaces as have tables",
    {
      name: "h",
      interfaces: Array.from({ length: 128 }, (_, i) => ({
        name: `n${i}`,
        addresses: [`10.0.1.${i + 1}/24`],
      })),
    },
    [],
  ],
  [
    "more entries than any host has",
    { name: "h", interfaces: new Array(2 ** 32 - 1) },
    ["interfaces: got 4294967295 entries. Give at most 1048576."],
  ],
  [
    "more sources of an interface than any host has, beside one that is right",
    two({ delegatedPrefixes: new Array(2 ** 32 - 1) }, {}),
    ["interfaces[0].delegatedPrefixes: got 4294967295 entries. Give at most 1048576."],
  ],
]);

table("a name", [
  ["empty", one({ name: "" }), [`interfaces[0].name: got the name "". ${NAME_FIX}`]],
  ["missing", one({ name: undefined }), ["interfaces[0].name: got nothing. Give a name."]],
  ["null", one({ name: null }), ["interfaces[0].name: got null. Give a name."]],
  ["a number", one({ name: 1 }), ["interfaces[0].name: got 1 (number). Give a name."]],
  ["a digit first", one({ name: "1a" }), [`interfaces[0].name: got the name "1a". ${NAME_FIX}`]],
  ["a dash first", one({ name: "-rf" }), [`interfaces[0].name: got the name "-rf". ${NAME_FIX}`]],
  [
    "too long",
    one({ name: "a".repeat(32) }),
    [`interfaces[0].name: got the name "${"a".repeat(32)}". ${NAME_FIX}`],
  ],
  [
    "a shell's words",
    one({ name: "a;reboot" }),
    [`interfaces[0].name: got the name "a;reboot". ${NAME_FIX}`],
  ],
  ["a substitution", one({ name: "$(id)" }), [`interfaces[0].name: got the name "$(id)". ${NAME_FIX}`]],
  ["a path", one({ name: "a/../b" }), [`interfaces[0].name: got the name "a/../b". ${NAME_FIX}`]],
  ["a line feed at the end", one({ name: "a\n" }), [`interfaces[0].name: got the name "a\\n". ${NAME_FIX}`]],
  [
    "a terminal's control",
    one({ name: "a\u001b[2J" }),
    [`interfaces[0].name: got the name "a\\u001b[2J". ${NAME_FIX}`],
  ],
  [
    "a look-alike",
    one({ name: "fr\u043ent" }),
    [`interfaces[0].name: got the name "fr\\u043ent". ${NAME_FIX}`],
  ],
  ["a host's, too", one({}, { name: "a b" }), [`name: got the name "a b". ${NAME_FIX}`]],
  ["one letter is enough, and 31 fit", one({ name: "Z" + "9._-".repeat(7) + "aa" }), []],
  [
    "twice",
    two({}, { name: "a" }),
    ['interfaces[1].name: the name "a" is that of interfaces[0].name too. Each may be given once.'],
  ],
  [
    "wrong in two places is no name given twice",
    two({ name: "a b" }, { name: "a b" }),
    [
      `interfaces[0].name: got the name "a b". ${NAME_FIX}`,
      `interfaces[1].name: got the name "a b". ${NAME_FIX}`,
    ],
  ],
  ["differing in case is another", two({}, { name: "A" }), []],
]);

table("an interface", [
  [
    "null",
    { name: "h", interfaces: [null] },
    [`interfaces[0]: got null. Give an object with ${INTERFACE_FIELDS}.`],
  ],
  [
    "a text",
    { name: "h", interfaces: ["eth0"] },
    [`interfaces[0]: got "eth0" (string). Give an object with ${INTERFACE_FIELDS}.`],
  ],
  [
    "a hole",
    { name: "h", interfaces: [, { name: "a", addresses: ["10.0.1.10/24"] }] },
    [`interfaces[0]: got nothing. Give an object with ${INTERFACE_FIELDS}.`],
  ],
  [
    "without a source",
    one({ addresses: undefined, match: { mac: "02:00:00:00:01:0a" } }),
    ['interfaces[0]: has no source address. Give at least one of "addresses" or "delegatedPrefixes".'],
  ],
  [
    "with empty lists, and what hangs on a source is not told besides",
    one({ addresses: [], delegatedPrefixes: [], gateways: ["10.0.1.1"], routes: [{ to: "172.16.0.0/12" }] }),
    ['interfaces[0]: has no source address. Give at least one of "addresses" or "delegatedPrefixes".'],
  ],
  [
    "with its sources misspelt",
    one({ addresses: undefined, adresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] }),
    [`interfaces[0].adresses: unknown field. Known here are ${INTERFACE_FIELDS}.`],
  ],
]);

table("an address", [
  [
    "null instead of a list",
    one({ addresses: null }),
    ["interfaces[0].addresses: got null. Give a list of addresses with their prefix length."],
  ],
  [
    "a text instead of a list",
    one({ addresses: "10.0.1.10/24" }),
    [
      'interfaces[0].addresses: got "10.0.1.10/24" (string). Give a list of addresses with their prefix length.',
    ],
  ],
  [
    "a number",
    one({ addresses: [10] }),
    [
      'interfaces[0].addresses[0]: got 10 (number). Give an address with its prefix length, as "10.0.1.10/24".',
    ],
  ],
  [
    "an object",
    one({ addresses: [{}] }),
    [
      'interfaces[0].addresses[0]: got {} (object). Give an address with its prefix length, as "10.0.1.10/24".',
    ],
  ],
  [
    "a hole",
    one({ addresses: ["10.0.1.10/24", , "10.0.1.11/24"] }),
    ['interfaces[0].addresses[1]: got nothing. Give an address with its prefix length, as "10.0.1.10/24".'],
  ],
  [
    "no length",
    one({ addresses: ["10.0.1.10"] }),
    [`interfaces[0].addresses[0]: got "10.0.1.10": the prefix length is missing. ${ADDRESS_FIX}`],
  ],
  [
    "leading zeros",
    one({ addresses: ["10.0.1.010/24"] }),
    [`interfaces[0].addresses[0]: got "10.0.1.010/24": not an IPv4 or IPv6 address. ${ADDRESS_FIX}`],
  ],
  [
    "zone",
    one({ addresses: ["fe80::1%eth0/64"] }),
    [
      `interfaces[0].addresses[0]: got "fe80::1%eth0/64": a zone id is not part of an address here. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "mapped",
    one({ addresses: ["::ffff:10.0.1.10/120"] }),
    [
      `interfaces[0].addresses[0]: got "::ffff:10.0.1.10/120": an IPv4-mapped IPv6 address; write the IPv4 address. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "newline and a command",
    one({ addresses: ["10.0.1.10/24\nroute flush all"] }),
    [
      `interfaces[0].addresses[0]: got "10.0.1.10/24\\nroute flush all": the prefix length must be 0 to 32. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "loopback",
    one({ addresses: ["127.0.0.1/8"] }),
    [`interfaces[0].addresses[0]: got "127.0.0.1/8": a loopback address. ${ADDRESS_FIX}`],
  ],
  [
    "multicast",
    one({ addresses: ["ff02::1/64"] }),
    [`interfaces[0].addresses[0]: got "ff02::1/64": a multicast address. ${ADDRESS_FIX}`],
  ],
  [
    "length 0",
    one({ addresses: ["10.0.1.10/0"] }),
    [
      `interfaces[0].addresses[0]: got "10.0.1.10/0": a prefix length of 0 makes every host a neighbour. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "the subnet's",
    one({ addresses: ["10.0.1.0/24"] }),
    [
      `interfaces[0].addresses[0]: got "10.0.1.0/24": the address of the subnet 10.0.1.0/24 itself. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "the subnet's, /30",
    one({ addresses: ["10.0.1.4/30"] }),
    [
      `interfaces[0].addresses[0]: got "10.0.1.4/30": the address of the subnet 10.0.1.4/30 itself. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "the subnet's, IPv6",
    one({ addresses: ["2001:db8::/64"] }),
    [
      `interfaces[0].addresses[0]: got "2001:db8::/64": the address of the subnet 2001:db8::/64 itself. ${ADDRESS_FIX}`,
    ],
  ],
  [
    "broadcast",
    one({ addresses: ["10.0.1.255/24"] }),
    [`interfaces[0].addresses[0]: got "10.0.1.255/24": the broadcast address of 10.0.1.0/24. ${ADDRESS_FIX}`],
  ],
  [
    "IPv6 has no broadcast",
    one({ addresses: ["2001:db8::ffff/112", "2001:db8::1:0/127", "2001:db8::2:0/128"] }),
    [],
  ],
  ["/31 and /32 have neither", one({ addresses: ["10.0.1.0/31", "10.0.1.3/31", "10.0.2.0/32"] }), []],
  [
    "twice",
    one({ addresses: ["10.0.1.10/24", "10.0.1.10/32"] }),
    ["interfaces[0].addresses[1]: the address 10.0.1.10 is given twice. Leave one of them out."],
  ],
  [
    "twice, in two spellings",
    one({ addresses: ["2001:db8::a/64", "2001:DB8:0::000A/64"] }),
    ["interfaces[0].addresses[1]: the address 2001:db8::a is given twice. Leave one of them out."],
  ],
  [
    "on two interfaces",
    two({}, { addresses: ["10.0.2.10/24", "10.0.1.10/32"] }),
    [
      "interfaces[1].addresses: the address 10.0.1.10 is that of interfaces[0].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "on two interfaces, told at the one that is given later, whatever their names",
    two({ name: "z" }, { addresses: ["10.0.1.10/32"] }),
    [
      "interfaces[1].addresses: the address 10.0.1.10 is that of interfaces[0].addresses too. Each may be given once in a world: put one of the interfaces into a world of its own (policy.worlds) if they are on different networks that use the same addresses.",
    ],
  ],
  [
    "wrong, and what hangs on it is not told besides",
    one({
      addresses: ["10.0.1.10"],
      gateways: ["10.0.1.1"],
      routes: [{ to: "172.16.0.0/12", via: "10.0.1.2" }],
    }),
    [`interfaces[0].addresses[0]: got "10.0.1.10": the prefix length is missing. ${ADDRESS_FIX}`],
  ],
]);

table("a delegated prefix", [
  [
    "no list",
    one({ delegatedPrefixes: "10.0.1.32/28" }),
    ['interfaces[0].delegatedPrefixes: got "10.0.1.32/28" (string). Give a list of prefixes.'],
  ],
  [
    "a number",
    one({ delegatedPrefixes: [1] }),
    ['interfaces[0].delegatedPrefixes[0]: got 1 (number). Give a prefix, as "10.0.1.32/28".'],
  ],
  [
    "host bits",
    one({ delegatedPrefixes: ["10.0.1.33/28"] }),
    [
      `interfaces[0].delegatedPrefixes[0]: got "10.0.1.33/28": host bits are set; the prefix is 10.0.1.32/28. ${PREFIX_FIX}`,
    ],
  ],
  [
    "everything",
    one({ delegatedPrefixes: ["0.0.0.0/0"] }),
    [
      `interfaces[0].delegatedPrefixes[0]: got "0.0.0.0/0": a prefix length of 0 is all of the Internet. ${PREFIX_FIX}`,
    ],
  ],
  [
    "multicast at its end",
    one({ delegatedPrefixes: ["192.0.0.0/2"] }),
    [
      `interfaces[0].delegatedPrefixes[0]: got "192.0.0.0/2": in the reserved range 240.0.0.0/4. ${PREFIX_FIX}`,
    ],
  ],
  [
    "loopback",
    one({ delegatedPrefixes: ["127.0.0.0/28"] }),
    [`interfaces[0].delegatedPrefixes[0]: got "127.0.0.0/28": a loopback address. ${PREFIX_FIX}`],
  ],
  [
    "twice",
    one({ delegatedPrefixes: ["10.0.1.32/28", "10.0.1.32/28"] }),
    ["interfaces[0].delegatedPrefixes[1]: 10.0.1.32/28 is given twice. Leave one of them out."],
  ],
  [
    "one within the other, and an address in it",
    one({ delegatedPrefixes: ["10.0.1.0/28", "10.0.1.0/24"] }),
    [],
  ],
  ["one address is a prefix", one({ delegatedPrefixes: ["10.0.3.1/32"] }), []],
  [
    "over an address of another",
    two({ delegatedPrefixes: ["10.0.2.0/28"] }, {}),
    [
      "interfaces[0].delegatedPrefixes: 10.0.2.0/28 overlaps 10.0.2.10/32 of interfaces[1]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "just an address of another",
    two({}, { delegatedPrefixes: ["10.0.1.10/32"] }),
    [
      "interfaces[1].delegatedPrefixes: 10.0.1.10/32 overlaps 10.0.1.10/32 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "just an address of another, the other way round",
    two({ delegatedPrefixes: ["10.0.2.10/32"] }, {}),
    [
      "interfaces[0].delegatedPrefixes: 10.0.2.10/32 overlaps 10.0.2.10/32 of interfaces[1]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "over many addresses of another, told once",
    two(
      { delegatedPrefixes: ["10.0.2.0/28"] },
      { addresses: ["10.0.2.10/24", "10.0.2.11/24", "10.0.2.12/24"] },
    ),
    [
      "interfaces[0].delegatedPrefixes: 10.0.2.0/28 overlaps 10.0.2.10/32 of interfaces[1]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "within one of another, told once and at the later",
    two({ delegatedPrefixes: ["10.0.9.0/24"] }, { delegatedPrefixes: ["10.0.9.16/28"] }),
    [
      "interfaces[1].delegatedPrefixes: 10.0.9.16/28 overlaps 10.0.9.0/24 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "around one of another, told once and at the later",
    two({ delegatedPrefixes: ["10.0.9.16/28"] }, { delegatedPrefixes: ["10.0.9.0/24"] }),
    [
      "interfaces[1].delegatedPrefixes: 10.0.9.0/24 overlaps 10.0.9.16/28 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "the same as another's",
    two({ delegatedPrefixes: ["10.0.9.0/24"] }, { delegatedPrefixes: ["10.0.9.0/24"] }),
    [
      "interfaces[1].delegatedPrefixes: 10.0.9.0/24 overlaps 10.0.9.0/24 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "overlapping through one that is not the nearest",
    two({ delegatedPrefixes: ["10.0.9.0/24"] }, { delegatedPrefixes: ["10.0.9.128/25", "10.0.9.128/28"] }),
    [
      "interfaces[1].delegatedPrefixes: 10.0.9.128/25 overlaps 10.0.9.0/24 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
      "interfaces[1].delegatedPrefixes: 10.0.9.128/28 overlaps 10.0.9.0/24 of interfaces[0]. A source belongs to one interface of a world (policy.worlds).",
    ],
  ],
  [
    "beside one of another",
    two({ delegatedPrefixes: ["10.0.9.0/25"] }, { delegatedPrefixes: ["10.0.9.128/25"] }),
    [],
  ],
]);

table("a subnet", [
  [
    "host bits",
    one({ subnets: ["10.0.1.1/24"] }),
    [
      `interfaces[0].subnets[0]: got "10.0.1.1/24": host bits are set; the prefix is 10.0.1.0/24. ${PREFIX_FIX}`,
    ],
  ],
  [
    "one address",
    one({ subnets: ["10.0.3.1/32"] }),
    [`interfaces[0].subnets[0]: got "10.0.3.1/32": a single address is no subnet. ${PREFIX_FIX}`],
  ],
  [
    "one address, IPv6",
    one({ subnets: ["2001:db8::1/128"] }),
    [`interfaces[0].subnets[0]: got "2001:db8::1/128": a single address is no subnet. ${PREFIX_FIX}`],
  ],
  [
    "link-local",
    one({ subnets: ["fe80::/64"] }),
    [
      `interfaces[0].subnets[0]: got "fe80::/64": a link-local address, which belongs to one link already. ${PREFIX_FIX}`,
    ],
  ],
  [
    "twice",
    one({ subnets: ["10.0.3.0/24", "10.0.4.0/24", "10.0.3.0/24"] }),
    ["interfaces[0].subnets[2]: 10.0.3.0/24 is given twice. Leave one of them out."],
  ],
  ["that an address says already", one({ subnets: ["10.0.1.0/24"] }), []],
  [
    "beside an address that is wrong is not said to lack a source",
    one({ addresses: ["10.0.1.10"], subnets: ["10.0.1.0/24", "2001:db8::/64"] }),
    [`interfaces[0].addresses[0]: got "10.0.1.10": the prefix length is missing. ${ADDRESS_FIX}`],
  ],
  [
    "of a family without a source",
    one({ subnets: ["10.0.3.0/24", "2001:db8::/64"] }),
    [
      "interfaces[0].subnets[1]: an IPv6 subnet, but no IPv6 source. Add an address of that family, or leave the subnet out.",
    ],
  ],
]);

table("a gateway", [
  [
    "no list",
    one({ gateways: "10.0.1.1" }),
    ['interfaces[0].gateways: got "10.0.1.1" (string). Give a list of next hops.'],
  ],
  [
    "a number",
    one({ gateways: [1] }),
    [
      'interfaces[0].gateways[0]: got 1 (number). Give a next hop, as "10.0.1.1" or {"address": "10.0.0.1", "onLink": true}.',
    ],
  ],
  [
    "null",
    one({ gateways: [null] }),
    [
      'interfaces[0].gateways[0]: got null. Give a next hop, as "10.0.1.1" or {"address": "10.0.0.1", "onLink": true}.',
    ],
  ],
  [
    "with a prefix length",
    one({ gateways: ["10.0.1.1/24"] }),
    [`interfaces[0].gateways[0]: got "10.0.1.1/24": not an IPv4 or IPv6 address. ${HOP_FIX}`],
  ],
  [
    "unspecified",
    one({ gateways: ["0.0.0.0"] }),
    [`interfaces[0].gateways[0]: got "0.0.0.0": the unspecified address. ${HOP_FIX}`],
  ],
  [
    "multicast",
    one({ gateways: ["224.0.0.1"] }),
    [`interfaces[0].gateways[0]: got "224.0.0.1": a multicast address. ${HOP_FIX}`],
  ],
  [
    "an empty object",
    one({ gateways: [{}] }),
    ["interfaces[0].gateways[0].address: got nothing. Give the gateway's address."],
  ],
  [
    "a wrong address in an object",
    one({ gateways: [{ address: "x" }] }),
    [`interfaces[0].gateways[0].address: got "x": not an IPv4 or IPv6 address. ${HOP_FIX}`],
  ],
  [
    "unknown field",
    one({ gateways: [{ address: "10.0.1.1", onlink: true }] }),
    ['interfaces[0].gateways[0].onlink: unknown field. Known here are "address", "onLink".'],
  ],
  [
    "onLink as a text",
    one({ gateways: [{ address: "10.0.1.1", onLink: "true" }] }),
    ['interfaces[0].gateways[0].onLink: got "true" (string). Give true or false.'],
  ],
  [
    "onLink null",
    one({ gateways: [{ address: "10.0.1.1", onLink: null }] }),
    ["interfaces[0].gateways[0].onLink: got null. Give true or false."],
  ],
  [
    "a second of a family",
    one({ gateways: ["10.0.1.1", "10.0.1.2"] }),
    ["interfaces[0].gateways[1]: a second IPv4 gateway, 10.0.1.2. Give one gateway a family."],
  ],
  [
    "a second beside a wrong first",
    one({ gateways: ["10.0.9.1", "10.0.1.2"] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.0.9.1 lies in no attached subnet (10.0.1.0/24). Correct it, add its subnet to "subnets", or say {"address": "10.0.9.1", "onLink": true}.',
      "interfaces[0].gateways[1]: a second IPv4 gateway, 10.0.1.2. Give one gateway a family.",
    ],
  ],
  [
    "of a family without a source",
    one({ gateways: ["fe80::1"] }),
    [
      "interfaces[0].gateways[0]: the IPv6 gateway fe80::1, but no IPv6 source. Add an address of that family, or leave the gateway out.",
    ],
  ],
  [
    "an own address",
    one({ gateways: ["10.0.1.10"] }),
    [
      "interfaces[0].gateways[0]: the gateway 10.0.1.10 is an address of this interface. Give the router's address.",
    ],
  ],
  [
    "an own address, IPv6",
    one({ addresses: ["2001:db8::1/64"], gateways: ["2001:db8::1"] }),
    [
      "interfaces[0].gateways[0]: the gateway 2001:db8::1 is an address of this interface. Give the router's address.",
    ],
  ],
  [
    "the subnet's address",
    one({ gateways: ["10.0.1.0"] }),
    [
      "interfaces[0].gateways[0]: the gateway 10.0.1.0 is the address of the subnet 10.0.1.0/24 itself. Give the router's address.",
    ],
  ],
  [
    "the broadcast address",
    one({ gateways: ["10.0.1.255"] }),
    [
      "interfaces[0].gateways[0]: the gateway 10.0.1.255 is the broadcast address of 10.0.1.0/24. Give the router's address.",
    ],
  ],
  [
    "the broadcast address of a /30",
    one({ addresses: ["10.0.1.1/30"], gateways: ["10.0.1.3"] }),
    [
      "interfaces[0].gateways[0]: the gateway 10.0.1.3 is the broadcast address of 10.0.1.0/30. Give the router's address.",
    ],
  ],
  ["either end of a /31", one({ addresses: ["10.0.1.1/31"], gateways: ["10.0.1.0"] }), []],
  [
    "the subnet-router anycast address of IPv6",
    one({ addresses: ["2001:db8::1/64"], gateways: ["2001:db8::"] }),
    [],
  ],
  ["the same of a wide subnet", one({ addresses: ["2001:db8::1/28"], gateways: ["2001:db0::"] }), []],
  [
    "an address of another interface",
    two({ gateways: [{ address: "10.0.2.10", onLink: true }] }, {}),
    [
      "interfaces[0].gateways: the next hop 10.0.2.10 is an address of interfaces[1]. Give the router's address.",
    ],
  ],
  [
    "in no subnet, of many",
    one({ subnets: ["10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"], gateways: ["10.0.9.1"] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.0.9.1 lies in no attached subnet (10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24). Correct it, add its subnet to "subnets", or say {"address": "10.0.9.1", "onLink": true}.',
    ],
  ],
  [
    "in no subnet, of more than can be shown",
    one({ subnets: ["10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24"], gateways: ["10.0.9.1"] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.0.9.1 lies in no attached subnet (10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24, 10.0.4.0/24, ...). Correct it, add its subnet to "subnets", or say {"address": "10.0.9.1", "onLink": true}.',
    ],
  ],
  [
    "with no subnet at all",
    one({ addresses: ["10.128.0.5/32"], gateways: ["10.128.0.1"] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.128.0.1 lies in no attached subnet (there is none). Correct it, add its subnet to "subnets", or say {"address": "10.128.0.1", "onLink": true}.',
    ],
  ],
  [
    "an object that does not say onLink is not on the link",
    one({ addresses: ["10.128.0.5/32"], gateways: [{ address: "10.128.0.1" }] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.128.0.1 lies in no attached subnet (there is none). Correct it, add its subnet to "subnets", or say {"address": "10.128.0.1", "onLink": true}.',
    ],
  ],
  [
    "onLink false is not on the link",
    one({ addresses: ["10.128.0.5/32"], gateways: [{ address: "10.128.0.1", onLink: false }] }),
    [
      'interfaces[0].gateways[0]: the gateway 10.128.0.1 lies in no attached subnet (there is none). Correct it, add its subnet to "subnets", or say {"address": "10.128.0.1", "onLink": true}.',
    ],
  ],
  ["link-local of IPv4", one({ gateways: ["169.254.1.1"] }), []],
]);

table("a route", [
  ["no list", one({ routes: {} }), ["interfaces[0].routes: got {} (object). Give a list of routes."]],
  [
    "a text",
    one({ routes: ["172.31.0.0/16"] }),
    ['interfaces[0].routes[0]: got "172.31.0.0/16" (string). Give an object with "to", "via".'],
  ],
  [
    "no destination",
    one({ routes: [{}] }),
    ['interfaces[0].routes[0].to: got nothing. Give a prefix, as "172.31.0.0/16".'],
  ],
  [
    "unknown field",
    one({ routes: [{ to: "172.31.0.0/16", dev: "eth0" }] }),
    ['interfaces[0].routes[0].dev: unknown field. Known here are "to", "via".'],
  ],
  [
    "host bits",
    one({ routes: [{ to: "172.31.0.1/16" }] }),
    [
      `interfaces[0].routes[0].to: got "172.31.0.1/16": host bits are set; the prefix is 172.31.0.0/16. ${TO_FIX}`,
    ],
  ],
  [
    "a default",
    one({ routes: [{ to: "0.0.0.0/0", via: "10.0.1.2" }] }),
    ['interfaces[0].routes[0].to: a default route. Give the default\'s next hop in "gateways".'],
  ],
  [
    "the word default",
    one({ routes: [{ to: "default" }] }),
    [`interfaces[0].routes[0].to: got "default": the prefix length is missing. ${TO_FIX}`],
  ],
  ["half of a default", one({ routes: [{ to: "0.0.0.0/1" }, { to: "128.0.0.0/1" }] }), []],
  [
    "multicast",
    one({ routes: [{ to: "224.0.0.0/4" }] }),
    [`interfaces[0].routes[0].to: got "224.0.0.0/4": a multicast address. ${TO_FIX}`],
  ],
  [
    "link-local of IPv6",
    one({ addresses: ["2001:db8::1/64"], routes: [{ to: "fe80::/64" }] }),
    [
      `interfaces[0].routes[0].to: got "fe80::/64": a link-local address, which belongs to one link already. ${TO_FIX}`,
    ],
  ],
  ["link-local of IPv4", one({ routes: [{ to: "169.254.169.254/32" }] }), []],
  [
    "of a family without a source",
    one({ routes: [{ to: "2001:db8::/32" }] }),
    [
      "interfaces[0].routes[0]: a route to 2001:db8::/32, but no IPv6 source. Add an address of that family, or leave the route out.",
    ],
  ],
  [
    "families mixed",
    one({
      addresses: ["10.0.1.10/24", "2001:db8::1/64"],
      routes: [{ to: "172.31.0.0/16", via: "2001:db8::2" }],
    }),
    ["interfaces[0].routes[0].via: an IPv6 next hop for an IPv4 destination. Give both of one family."],
  ],
  [
    "an attached subnet",
    one({ routes: [{ to: "10.0.1.0/24" }] }),
    ["interfaces[0].routes[0].to: 10.0.1.0/24 is an attached subnet already. Leave the route out."],
  ],
  ["a part of an attached subnet", one({ routes: [{ to: "10.0.1.128/25", via: "10.0.1.2" }] }), []],
  [
    "twice",
    one({ routes: [{ to: "172.31.0.0/16" }, { to: "172.31.0.0/16", via: "10.0.1.2" }] }),
    ["interfaces[0].routes[1].to: 172.31.0.0/16 is given twice. Leave one of them out."],
  ],
  [
    "via a number",
    one({ routes: [{ to: "172.31.0.0/16", via: 7 }] }),
    ["interfaces[0].routes[0].via: got 7 (number). Give the next hop's address."],
  ],
  [
    "via null",
    one({ routes: [{ to: "172.31.0.0/16", via: null }] }),
    ["interfaces[0].routes[0].via: got null. Give the next hop's address."],
  ],
  [
    "via loopback",
    one({ routes: [{ to: "172.31.0.0/16", via: "127.0.0.1" }] }),
    [`interfaces[0].routes[0].via: got "127.0.0.1": a loopback address. ${HOP_FIX}`],
  ],
  [
    "via nowhere",
    one({ routes: [{ to: "172.31.0.0/16", via: "10.0.9.1" }] }),
    [
      'interfaces[0].routes[0].via: the next hop 10.0.9.1 lies in no attached subnet (10.0.1.0/24). Correct it, or add its subnet to "subnets".',
    ],
  ],
  [
    "via an own address",
    one({ routes: [{ to: "172.31.0.0/16", via: "10.0.1.10" }] }),
    [
      "interfaces[0].routes[0].via: the next hop 10.0.1.10 is an address of this interface. Give the router's address.",
    ],
  ],
  [
    "via an address of another interface",
    two({}, { subnets: ["10.0.1.0/24"], routes: [{ to: "172.31.0.0/16", via: "10.0.1.10" }] }),
    [
      "interfaces[1].routes: the next hop 10.0.1.10 is an address of interfaces[0]. Give the router's address.",
    ],
  ],
  [
    "both ends wrong",
    one({ routes: [{ to: "x", via: "y" }] }),
    [
      `interfaces[0].routes[0].to: got "x": the prefix length is missing. ${TO_FIX}`,
      `interfaces[0].routes[0].via: got "y": not an IPv4 or IPv6 address. ${HOP_FIX}`,
    ],
  ],
]);

table("a match", [
  [
    "of fields that are undefined",
    one({ match: { mac: undefined } }),
    ['interfaces[0].match: is empty. Give at least one of "mac", "ifname" and "address".'],
  ],
  [
    "null",
    one({ match: null }),
    ['interfaces[0].match: got null. Give an object with "mac", "ifname", "address".'],
  ],
  [
    "empty",
    one({ match: {} }),
    ['interfaces[0].match: is empty. Give at least one of "mac", "ifname" and "address".'],
  ],
  [
    "unknown field",
    one({ match: { name: "eth0", ifname: "eth0" } }),
    ['interfaces[0].match.name: unknown field. Known here are "mac", "ifname", "address".'],
  ],
  [
    "missing where no address says it",
    one({ addresses: undefined, delegatedPrefixes: ["10.0.1.32/28"] }),
    ['interfaces[0].match: nothing says which device this is. Give "match" with a "mac" or an "ifname".'],
  ],
  [
    "MAC: a number",
    one({ match: { mac: 2 } }),
    ["interfaces[0].match.mac: got 2 (number). Give a link-layer address."],
  ],
  [
    "MAC: dashes",
    one({ match: { mac: "02-00-00-00-01-0a" } }),
    [`interfaces[0].match.mac: got "02-00-00-00-01-0a". ${MAC_FIX}`],
  ],
  [
    "MAC: five octets",
    one({ match: { mac: "02:00:00:00:01" } }),
    [`interfaces[0].match.mac: got "02:00:00:00:01". ${MAC_FIX}`],
  ],
  [
    "MAC: seven octets",
    one({ match: { mac: "02:00:00:00:01:0a:0b" } }),
    [`interfaces[0].match.mac: got "02:00:00:00:01:0a:0b". ${MAC_FIX}`],
  ],
  [
    "MAC: no hexadecimal",
    one({ match: { mac: "02:00:00:00:01:0G" } }),
    [`interfaces[0].match.mac: got "02:00:00:00:01:0G". ${MAC_FIX}`],
  ],
  [
    "MAC: something after it",
    one({ match: { mac: "02:00:00:00:01:0a\n" } }),
    [`interfaces[0].match.mac: got "02:00:00:00:01:0a\\n". ${MAC_FIX}`],
  ],
  [
    "MAC: something before it",
    one({ match: { mac: " 02:00:00:00:01:0a" } }),
    [`interfaces[0].match.mac: got " 02:00:00:00:01:0a". ${MAC_FIX}`],
  ],
  [
    "MAC: a group",
    one({ match: { mac: "01:00:5E:00:00:01" } }),
    [`interfaces[0].match.mac: got "01:00:5E:00:00:01": a group address. ${MAC_FIX}`],
  ],
  [
    "MAC: broadcast",
    one({ match: { mac: "ff:ff:ff:ff:ff:ff" } }),
    [`interfaces[0].match.mac: got "ff:ff:ff:ff:ff:ff": a group address. ${MAC_FIX}`],
  ],
  [
    "MAC: all zero",
    one({ match: { mac: "00:00:00:00:00:00" } }),
    [`interfaces[0].match.mac: got "00:00:00:00:00:00": no address at all. ${MAC_FIX}`],
  ],
  ["MAC: in capitals, with a zero octet first", one({ match: { mac: "00:00:00:00:01:0A" } }), []],
  ["device: empty", one({ match: { ifname: "" } }), [`interfaces[0].match.ifname: got "". ${IFNAME_FIX}`]],
  [
    "device: a number",
    one({ match: { ifname: 0 } }),
    ["interfaces[0].match.ifname: got 0 (number). Give a device name."],
  ],
  [
    "device: too long",
    one({ match: { ifname: "abcdefghijklmnop" } }),
    [`interfaces[0].match.ifname: got "abcdefghijklmnop". ${IFNAME_FIX}`],
  ],
  ["device: 15 fit", one({ match: { ifname: "abcdefghijklmno" } }), []],
  [
    "device: a path",
    one({ match: { ifname: "../all" } }),
    [`interfaces[0].match.ifname: got "../all". ${IFNAME_FIX}`],
  ],
  [
    "device: an option",
    one({ match: { ifname: "-batch" } }),
    [`interfaces[0].match.ifname: got "-batch". ${IFNAME_FIX}`],
  ],
  [
    "device: as ip-link(8) shows it, with its peer",
    one({ match: { ifname: "eth0@if5" } }),
    [`interfaces[0].match.ifname: got "eth0@if5". ${IFNAME_FIX}`],
  ],
  [
    "device: a blank",
    one({ match: { ifname: "eth0 up" } }),
    [`interfaces[0].match.ifname: got "eth0 up". ${IFNAME_FIX}`],
  ],
  ["device: a VLAN", one({ match: { ifname: "0eth_0.1-0" } }), []],
  [
    "device: the loopback",
    one({ match: { ifname: "lo" } }),
    [`interfaces[0].match.ifname: got "lo": the loopback, which leads nowhere. ${IFNAME_FIX}`],
  ],
  [
    "address: with a length",
    one({ match: { address: "10.0.1.10/24" } }),
    [
      'interfaces[0].match.address: got "10.0.1.10/24": not an IPv4 or IPv6 address. Write an address that the device carries, as "10.0.1.10".',
    ],
  ],
  [
    "address: loopback",
    one({ match: { address: "::1" } }),
    [
      'interfaces[0].match.address: got "::1": the loopback address. Write an address that the device carries, as "10.0.1.10".',
    ],
  ],
  [
    "address: a list",
    one({ match: { address: ["10.0.1.10"] } }),
    ['interfaces[0].match.address: got the list ["10.0.1.10"]. Give an address.'],
  ],
  ["address: not of the spec, but of the device", one({ match: { address: "10.0.9.9" } }), []],
  [
    "all three wrong",
    one({ match: { mac: "x", ifname: "/", address: "y" } }),
    [
      `interfaces[0].match.mac: got "x". ${MAC_FIX}`,
      `interfaces[0].match.ifname: got "/". ${IFNAME_FIX}`,
      'interfaces[0].match.address: got "y": not an IPv4 or IPv6 address. Write an address that the device carries, as "10.0.1.10".',
    ],
  ],
  [
    "the MAC of another",
    two({ match: { mac: "02:00:00:00:01:0a" } }, { match: { mac: "02:00:00:00:01:0A" } }),
    [
      "interfaces[1].match.mac: the MAC 02:00:00:00:01:0a is that of interfaces[0].match.mac too. Each may be given once.",
    ],
  ],
  [
    "the device of another",
    two({ match: { ifname: "eth0" } }, { match: { ifname: "eth0" } }),
    [
      'interfaces[1].match.ifname: the device "eth0" is that of interfaces[0].match.ifname too. Each may be given once.',
    ],
  ],
  [
    "the address of another",
    two({ match: { address: "10.0.2.10" } }, {}),
    [
      "interfaces[0].match.address: 10.0.2.10 is an address of interfaces[1]. Match by an address of this interface.",
    ],
  ],
  [
    "the same address, nobody's in the spec",
    two({ match: { address: "10.0.9.9" } }, { match: { address: "10.0.9.9" } }),
    [
      "interfaces[1].match.address: the address 10.0.9.9 is that of interfaces[0].match.address too. Each may be given once.",
    ],
  ],
  ["an own address beside the default of another", two({ match: { address: "10.0.1.10" } }, {}), []],
]);

const RED = { match: { ifname: "eth1" } };
const BLUE = { match: { mac: "02:00:00:00:02:0a" } };
const world = (more: object): object => ({ name: "w", kind: "netns", interfaces: ["a"], ...more });
table("a policy", [
  [
    "null",
    one({}, { policy: null }),
    [
      'policy: got null. Give an object with "hostModel", "virtualAddresses", "onLink", "directPairs", "unmanagedRoutes", "persistence", "traffic", "trackConnections", "worlds", "identity".',
    ],
  ],
  [
    "unknown field",
    one({}, { policy: { onlink: "direct" } }),
    [
      'policy.onlink: unknown field. Known here are "hostModel", "virtualAddresses", "onLink", "directPairs", "unmanagedRoutes", "persistence", "traffic", "trackConnections", "worlds", "identity".',
    ],
  ],
  ["empty", one({}, { policy: {} }), []],
  ["no traffic policies", one({}, { policy: { traffic: [] } }), []],
  ["connections that are tracked", one({}, { policy: { trackConnections: true } }), []],
  [
    "connections that are tracked in part",
    one({}, { policy: { trackConnections: "dnat" } }),
    ['policy.trackConnections: got "dnat" (string). Give true or false.'],
  ],
  [
    "connections that are marked with the bit by which rules are tried",
    one({}, { policy: { trackConnections: true }, numbers: { canaryMark: 0x1000000 } }),
    [
      "policy.trackConnections: connections are marked with bits of 0x3f000000, and numbers.canaryMark, 0x1000000, is one of them. Set numbers.canaryMark to another bit, or trackConnections to false.",
    ],
  ],
  ["strong", one({}, { policy: { hostModel: "strong" } }), []],
  ["worlds: none", one({}, { policy: { worlds: [] } }), []],
  [
    "worlds: no list",
    one({}, { policy: { worlds: null } }),
    ["policy.worlds: got null. Give a list of worlds."],
  ],
  [
    "the same addresses in two worlds",
    two(
      RED,
      { ...BLUE, addresses: ["10.0.1.10/24"] },
      { policy: { worlds: [world({ interfaces: ["b"] })] } },
    ),
    [],
  ],
  [
    "an interface in two worlds, and what is in none",
    two(RED, BLUE, { policy: { worlds: [world({}), world({ name: "w2", interfaces: ["a", "c"] })] } }),
    [
      'policy.worlds[1].interfaces[1]: got "c", which is no interface here. Known are "a", "b".',
      'policy.worlds[1].interfaces[0]: the interface "a" is that of policy.worlds[0].interfaces[0] too. An interface is in one world: name it in one.',
    ],
  ],
  [
    "a world of unknown kind, without interfaces, of a bad name",
    one(RED, { policy: { worlds: [{ name: "a b", kind: "vlan", interfaces: [] }] } }),
    [
      'policy.worlds[0].name: got the name "a b". Use 1 to 31 of the letters a-z, A-Z, digits, ".", "_" and "-", a letter first.',
      'policy.worlds[0].kind: got "vlan" (string). Give one of "netns", "vrf".',
      "policy.worlds[0].interfaces: there is no interface. Name the interfaces that are in the world, or leave it out.",
    ],
  ],
  [
    "an interface in a world that is found by its address",
    one({}, { policy: { worlds: [world({})] } }),
    [
      'interfaces[0].match: the interface is in world "w" (policy.worlds), where its device has no address before we come. Give "match" with a "mac" or an "ifname".',
    ],
  ],
  [
    "a VRF with what only a namespace can have",
    two(RED, BLUE, {
      numbers: { priorityBase: 500 },
      policy: {
        hostModel: "strong",
        worlds: [
          world({
            name: "eth1",
            kind: "vrf",
            interfaces: ["a", "b"],
            resolver: { nameservers: ["10.0.1.2"] },
            services: ["x.service"],
          }),
        ],
      },
    }),
    [
      'policy.worlds[0].interfaces: got 2 interfaces, which need rules for their sources, and a rule cannot tell VRFs apart on all kernels. Make a VRF for each, or: Set "kind" to "netns".',
      'policy.worlds[0].resolver: a program in a VRF has the files of the host, and so its resolver. Leave it out, or: Set "kind" to "netns".',
      'policy.worlds[0].services: a program is put into a VRF by its command line (ip vrf exec), and not by a setting of its unit. Leave it out, or: Set "kind" to "netns".',
    ],
  ],
  [
    "a VRF that the host's numbers and model do not go with",
    one(RED, {
      numbers: { priorityBase: 500 },
      policy: { hostModel: "strong", worlds: [world({ name: "eth1", kind: "vrf" })] },
    }),
    [
      'policy.worlds[0].kind: the strong host model is not to be had in a VRF (policy.hostModel is "strong"). Set "kind" to "netns", or "hostModel" to "symmetric".',
      'policy.worlds[0].name: the VRF\'s device would be called "eth1", as interfaces[0] is. Give the world another name.',
      "numbers.priorityBase: got 500, so our rules would come before those that tell VRFs apart (policy.worlds[0]). Give more than 1001.",
    ],
  ],
  [
    "a VRF's name that is too long for a device",
    one(RED, { policy: { worlds: [world({ name: "a-name-of-16-cha", kind: "vrf" })] } }),
    [
      'policy.worlds[0].name: got "a-name-of-16-cha", which cannot be the name of a VRF\'s device. Use 1 to 15 of letters, digits, "_", "." and "-", and none of "lo", "all" and "default".',
    ],
  ],
  [
    "a pair of interfaces in different worlds",
    two(RED, BLUE, { policy: { directPairs: [{ from: "a", to: "b" }], worlds: [world({})] } }),
    [
      'policy.directPairs: the pair "a" to "b" crosses worlds, and nothing passes between those. Leave it out, or put both interfaces into one world.',
    ],
  ],
  [
    "a resolver and services that are none",
    one(RED, {
      policy: {
        worlds: [
          world({
            resolver: { nameservers: ["::1", 5], search: ["a b"] },
            services: ["nginx", "x.service", "x.service"],
            moveManagement: "yes",
          }),
        ],
      },
    }),
    [
      'policy.worlds[0].resolver.nameservers[0]: got "::1": the loopback address. Write the address of a name server that the world reaches, as "10.0.1.2".',
      "policy.worlds[0].resolver.nameservers[1]: got 5 (number). Give an address.",
      'policy.worlds[0].resolver.search[0]: got "a b". Write a domain without a dot at the end, as "example.com".',
      'policy.worlds[0].services[0]: got "nginx". Write the name of a unit, as "nginx.service".',
      'policy.worlds[0].services[1]: the service "x.service" is that of policy.worlds[0].services[0] too. A service runs in one world: name it in one.',
      'policy.worlds[0].moveManagement: got "yes" (string). Give true or false.',
    ],
  ],
  [
    "weak, and worlds",
    one(RED, { policy: { hostModel: "weak", worlds: [world({})] } }),
    [
      'policy.worlds: "worlds" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
    ],
  ],
  [
    "strong, with addresses that belong to no interface",
    one({}, { policy: { hostModel: "strong", virtualAddresses: ["192.0.2.77", "fd00:77::1"] } }),
    [],
  ],
  [
    "strong, and directly out of interfaces that do not own the source",
    two({}, {}, { policy: { hostModel: "strong", onLink: "direct", directPairs: [{ from: "a", to: "b" }] } }),
    [
      'policy.onLink: "direct" sends from an address of one interface out of another, which the strong host model forbids (hostModel is "strong"). Leave it out, or set "hostModel" to "symmetric".',
      'policy.directPairs: a direct pair sends from an address of one interface out of another, which the strong host model forbids (hostModel is "strong"). Leave it out, or set "hostModel" to "symmetric".',
    ],
  ],
  [
    "virtual addresses that are none, or are given twice",
    one(
      {},
      { policy: { hostModel: "strong", virtualAddresses: ["192.0.2.1/32", 7, "::1", "1.1.1.1", "1.1.1.1"] } },
    ),
    [
      'policy.virtualAddresses[0]: got "192.0.2.1/32": not an IPv4 or IPv6 address. Write an address without a prefix length, as "192.0.2.1".',
      'policy.virtualAddresses[1]: got 7 (number). Give an address, as "192.0.2.1".',
      'policy.virtualAddresses[2]: got "::1": the loopback address. Write an address without a prefix length, as "192.0.2.1".',
      "policy.virtualAddresses[4]: the address 1.1.1.1 is given twice. Leave one of them out.",
    ],
  ],
  [
    "a virtual address that is an interface's",
    two({}, {}, { policy: { hostModel: "strong", virtualAddresses: ["10.0.2.10"] } }),
    [
      "policy.virtualAddresses: 10.0.2.10 is a source of interfaces[1]. An address belongs to an interface or to none: leave it out in one place.",
    ],
  ],
  [
    "virtual addresses without the strong host model",
    one({}, { policy: { virtualAddresses: ["192.0.2.1"] } }),
    [
      'policy.virtualAddresses: only the strong host model tells addresses apart by interface (hostModel is "symmetric"). Leave it out, or set "hostModel" to "strong".',
    ],
  ],
  ["weak", one({}, { policy: { hostModel: "weak" } }), []],
  [
    "weak, and how to route",
    one({}, { policy: { hostModel: "weak", onLink: "gateway" } }),
    [
      'policy.onLink: "onLink" says how we route, and the weak host model leaves that to Linux (hostModel is "weak"). Leave it out, or set "hostModel" to "symmetric" or "strong".',
    ],
  ],
  [
    "another host model",
    one({}, { policy: { hostModel: "Symmetric" } }),
    ['policy.hostModel: got "Symmetric" (string). Give one of "symmetric", "strong", "weak".'],
  ],
  [
    "another onLink",
    one({}, { policy: { onLink: true } }),
    ['policy.onLink: got true (boolean). Give one of "gateway", "direct".'],
  ],
  [
    "pairs: no list",
    one({}, { policy: { directPairs: {} } }),
    ['policy.directPairs: got {} (object). Give a list of pairs {"from", "to"} of interface names.'],
  ],
  [
    "pairs: a list",
    two({}, {}, { policy: { directPairs: [["a", "b"]] } }),
    ['policy.directPairs[0]: got the list ["a","b"]. Give an object with "from", "to".'],
  ],
  [
    "pairs: an end missing",
    two({}, {}, { policy: { directPairs: [{ from: "a" }] } }),
    ["policy.directPairs[0].to: got nothing. Give an interface's name."],
  ],
  [
    "pairs: unknown ends",
    two({}, {}, { policy: { directPairs: [{ from: "x", to: "toString" }] } }),
    [
      'policy.directPairs[0].from: got "x", which is no interface here. Known are "a", "b".',
      'policy.directPairs[0].to: got "toString", which is no interface here. Known are "a", "b".',
    ],
  ],
  [
    "pairs: with itself",
    two({}, {}, { policy: { directPairs: [{ from: "a", to: "a" }] } }),
    [
      'policy.directPairs[0]: pairs "a" with itself. Own subnets are always reached directly; leave the pair out.',
    ],
  ],
  [
    "pairs: twice",
    two(
      {},
      {},
      {
        policy: {
          directPairs: [
            { from: "a", to: "b" },
            { from: "b", to: "a" },
            { from: "a", to: "b" },
          ],
        },
      },
    ),
    ['policy.directPairs[2]: the pair "a" to "b" is given twice. Leave one of them out.'],
  ],
  [
    "pairs: an interface that is wrong in another way is still there to be named",
    two({ gateways: [1] }, {}, { policy: { directPairs: [{ from: "a", to: "b" }] } }),
    [
      'interfaces[0].gateways[0]: got 1 (number). Give a next hop, as "10.0.1.1" or {"address": "10.0.0.1", "onLink": true}.',
    ],
  ],
  [
    "pairs: where a name could not be read, none is called unknown",
    two({ name: "a b" }, {}, { policy: { directPairs: [{ from: "a b", to: "b" }] } }),
    [`interfaces[0].name: got the name "a b". ${NAME_FIX}`],
  ],
  [
    "pairs: of many names a few are told",
    {
      name: "h",
      interfaces: Array.from({ length: 9 }, (_, i) => ({ name: `n${i}`, addresses: [`10.0.${i}.1/24`] })),
      policy: { directPairs: [{ from: "x", to: "n8" }] },
    },
    [
      'policy.directPairs[0].from: got "x", which is no interface here. Known are "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", ....',
    ],
  ],
]);

const numbers = (fields: Fields): unknown => one({}, { numbers: fields });
table("a number", [
  ["null", one({}, { numbers: null }), ['numbers: got null. Give an object with "protocol", "group", "tableBase", "priorityBase", "canaryMark".']],
  ["unknown", numbers({ table: 1 }), ['numbers.table: unknown field. Known here are "protocol", "group", "tableBase", "priorityBase", "canaryMark".']],
  ["protocol: a text", numbers({ protocol: "77" }), ['numbers.protocol: got "77" (string). Give a whole number from 0 to 255.']],
  ["protocol: too large", numbers({ protocol: 256 }), ["numbers.protocol: got 256 (number). Give a whole number from 0 to 255."]],
  ["protocol: negative", numbers({ protocol: -1 }), ["numbers.protocol: got -1 (number). Give a whole number from 0 to 255."]],
  ["protocol: a fraction", numbers({ protocol: 77.5 }), ["numbers.protocol: got 77.5 (number). Give a whole number from 0 to 255."]],
  ["protocol: no number", numbers({ protocol: NaN }), ["numbers.protocol: got null (number). Give a whole number from 0 to 255."]],
  ...([[0, "unspec"], [1, "redirect"], [2, "kernel"], [3, "boot"], [4, "static"], [8, "gated"], [9, "ra"], [10, "mrt"],
    [11, "zebra"], [12, "bird"], [13, "dnrouted"], [14, "xorp"], [15, "ntk"], [16, "dhcp"], [17, "mrouted"],
    [18, "keepalived"], [42, "babel"], [99, "openr"], [186, "bgp"], [187, "isis"], [188, "ospf"], [189, "rip"],
    [192, "eigrp"]] as const).map(([n, owner]): Row => [`protocol: ${owner}'s`, numbers({ protocol: n }), [
      `numbers.protocol: protocol ${n} is ${owner}'s. Choose a number that nobody on the host uses, as 77.`,
    ]]),
  ["protocol: 5 and 255 are nobody's", numbers({ protocol: 255 }), []],
  ["group: 0 is everybody's", numbers({ group: 0 }), ["numbers.group: got 0 (number). Give a whole number from 1 to 2147483647."]],
  ["group: the last", numbers({ group: 2147483647 }), []],
  ["group: too large", numbers({ group: 2147483648 }), ["numbers.group: got 2147483648 (number). Give a whole number from 1 to 2147483647."]],
  ["tables: the kernel's", numbers({ tableBase: 255 }), ["numbers.tableBase: got 255 (number). Give a whole number from 256 to 4294967040."]],
  ["tables: the first", numbers({ tableBase: 256 }), []],
  ["tables: the last", numbers({ tableBase: 4294967040 }), []],
  ["tables: beyond the last", numbers({ tableBase: 4294967041 }), ["numbers.tableBase: got 4294967041 (number). Give a whole number from 256 to 4294967040."]],
  ["priorities: that of local", numbers({ priorityBase: 0 }), ["numbers.priorityBase: got 0 (number). Give a whole number from 3 to 29766."]],
  ["priorities: those of the backstop", numbers({ priorityBase: 2 }), ["numbers.priorityBase: got 2 (number). Give a whole number from 3 to 29766."]],
  ["priorities: the first", numbers({ priorityBase: 3 }), []],
  ["priorities: the last", numbers({ priorityBase: 29766 }), []],
  ["priorities: beyond main", numbers({ priorityBase: 29767 }), ["numbers.priorityBase: got 29767 (number). Give a whole number from 3 to 29766."]],
  ["mark: no bit", numbers({ canaryMark: 0 }), ["numbers.canaryMark: got 0 (number). Give a whole number from 1 to 4294967295."]],
  ["mark: two bits", numbers({ canaryMark: 3 }), ["numbers.canaryMark: got 3, which is not a single bit. Give a power of two that no other program marks packets with."]],
  ["mark: all bits", numbers({ canaryMark: 4294967295 }), ["numbers.canaryMark: got 4294967295, which is not a single bit. Give a power of two that no other program marks packets with."]],
  ["mark: the first bit", numbers({ canaryMark: 1 }), []],
  ["mark: the last bit", numbers({ canaryMark: 2147483648 }), []],
  ["mark: too large", numbers({ canaryMark: 4294967296 }), ["numbers.canaryMark: got 4294967296 (number). Give a whole number from 1 to 4294967295."]],
]); // prettier-ignore

describe("all problems", () => {
  test("are reported at once, in one error that names the host", () => {
    const value = two(
      { name: "b", addresses: ["10.0.1.10"], x: 1 },
      { match: {} },
      { policy: { onLink: 1 }, numbers: { group: 0 } },
    );
    expect(() => normalize(value)).toThrow(
      new SpecError('host "h"', [
        { path: "interfaces[0].x", problem: "unknown field", fix: `Known here are ${INTERFACE_FIELDS}` },
        {
          path: "interfaces[0].addresses[0]",
          problem: 'got "10.0.1.10": the prefix length is missing',
          fix: ADDRESS_FIX.slice(0, -1),
        },
        {
          path: "interfaces[1].match",
          problem: "is empty",
          fix: 'Give at least one of "mac", "ifname" and "address"',
        },
        { path: "policy.onLink", problem: "got 1 (number)", fix: 'Give one of "gateway", "direct"' },
        { path: "numbers.group", problem: "got 0 (number)", fix: "Give a whole number from 1 to 2147483647" },
        {
          path: "interfaces[1].name",
          problem: 'the name "b" is that of interfaces[0].name too',
          fix: "Each may be given once",
        },
      ]),
    );
  });

  test("carry their issues as data, and count one in the singular", () => {
    try {
      normalize({ name: "h", interfaces: [] });
      throw new Error("accepted");
    } catch (error) {
      expect(error).toBeInstanceOf(SpecError);
      const { name, message, issues } = error as SpecError;
      expect([name, message.split("\n")[0]]).toEqual(["SpecError", 'host "h": 1 problem']);
      expect(issues).toEqual([
        {
          path: "interfaces",
          problem: "there is no interface",
          fix: "List the interfaces to route; one is enough to begin with",
        },
      ]);
    }
    expect(() => normalize({})).toThrow(/^the host: 2 problems\n {2}- name: /);
    expect(() => normalize(null)).toThrow(/^the host: 1 problem\n {2}- got null\. /);
  });
});

describe("a value in a message", () => {
  test.each<[string, unknown, string]>([
    ["a text", 'a"b\\c', '"a\\"b\\\\c"'],
    ["control characters", "\u0000\u001b\u007f", '"\\u0000\\u001b\\u007f"'],
    ["what turns the text round", "\u202e", '"\\u202e"'],
    ["an astral character", "\u{1f600}", '"\\ud83d\\ude00"'],
    ["half of one", "\ud800", '"\\ud800"'],
    ["80 characters", "x".repeat(78), `"${"x".repeat(78)}"`],
    ["81 characters", "x".repeat(79), `"${"x".repeat(76)}...`],
    ["nothing", undefined, "undefined"],
    ["a bigint", 12n, "12"],
    ["a bigint inside", { a: 12n }, "[object Object]"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["an object that cannot be text", Object.assign(Object.create(null), { a: 1n }), "[object Object]"],
    ["an object whose toString is data", { toString: 1, toJSON: 1, a: 1n }, "[object Object]"],
    ["not a number", NaN, "null"],
  ])("%s is short, on one line and printable", (_what, value, text) => {
    expect(shown(value)).toBe(text);
  });

  test("may be a cycle, or nested as deeply as memory allows", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(shown(cycle)).toBe("[object Array]");
    let deep: unknown = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(shown(deep)).toBe("[object Array]");
  });
});
