import { Family } from "../../lib/net";
import {
  LinuxState,
  OutputFlow,
  applyBatch,
  compile,
  connect,
  describeOutcome,
  kernelState,
  output,
  tracing,
} from "../../lib/linux";
import { Answer, Probe, Step } from "../../lib/linux/model";
import { chainOf, matches, walk } from "../../lib/linux/rules";
import { lookup4 } from "../../lib/linux/fib4";
import { lookup6 } from "../../lib/linux/fib6";
import { Random } from "./fuzz/random";
import { address, onInterface } from "./support/hosts";

/** Rules and routes made ready: what a step asks, when it matches, and that sorting by source changes nothing. */

const BARE = kernelState([
  { name: "a", addresses: ["10.0.0.10/24", "2001:db8:a::10/64"].map(onInterface) },
  { name: "b", addresses: ["10.0.1.10/24", "2001:db8:b::10/64"].map(onInterface) },
]);
const host = (family: Family, ...lines: string[]): LinuxState => {
  const state = applyBatch(BARE, family, lines.join("\n"));
  expect(state.gaps).toEqual([]);
  return state;
};
const step = (family: Family, words: string): Step =>
  compile(host(family, `rule add priority 5 ${words}`))[family].steps[1];

const PLAIN = {
  position: 1, not: false, always: true, hasFrom: false, from4: 0, from6: 0n, fromShift: 0, hasTo: false, to4: 0, to6: 0n, toShift: 0,
  iif: -1, oif: -1, mark: 0, mask: 0, tos: 0, uidLow: 0, uidHigh: 0xffffffff, protocol: 0, hasPorts: false, sportLow: 0, sportHigh: 0xffff,
  dportLow: 0, dportHigh: 0xffff, l3mdev: false, tunnel: false, unclear: false, act: "lookup", table: 254, error: "ENETUNREACH", jump: -1,
  suppressLength: -1, suppressGroup: -1,
}; // prettier-ignore

test.each<[Family, string, object]>([
  [4, "", {}],
  [6, "", {}],
  [4, "from 10.0.0.0/8", { always: false, hasFrom: true, from4: 0x0a000000, fromShift: 24 }],
  [4, "to 10.0.0.1", { always: false, hasTo: true, to4: 0x0a000001, toShift: 0 }],
  [6, "from 2001:db8::/32", { always: false, hasFrom: true, from6: 0x20010db8n, fromShift: 96 }],
  [6, "to 2001:db8::/32", { always: false, hasTo: true, to6: 0x20010db8n, toShift: 96 }],
  [
    6,
    "from 2001:db8::/32 to ::1",
    { always: false, hasFrom: true, from6: 0x20010db8n, fromShift: 96, hasTo: true, to6: 1n },
  ],
  [4, "not", { always: false, not: true }],
  [4, "iif lo", { always: false, iif: 0 }],
  [4, "iif gone", { always: false, iif: -2 }],
  [4, "oif b", { always: false, oif: 2 }],
  [4, "fwmark 5/0xf", { always: false, mark: 5, mask: 15 }],
  [4, "fwmark 0/0", { always: true }],
  [4, "tos 0x10", { always: false, tos: 16 }],
  [4, "uidrange 1-2", { always: false, uidLow: 1, uidHigh: 2 }],
  [4, "ipproto 6", { always: false, protocol: 6 }],
  [4, "sport 1-2", { always: false, hasPorts: true, sportLow: 1, sportHigh: 2 }],
  [4, "dport 3-4", { always: false, hasPorts: true, dportLow: 3, dportHigh: 4 }],
  [4, "l3mdev", { always: false, l3mdev: true, table: 0 }],
  [
    4,
    "lookup 7 suppress_prefixlength 0 suppress_ifgroup 0",
    { table: 7, suppressLength: 0, suppressGroup: 0 },
  ],
  [4, "nop", { act: "nop", table: 0 }],
  [4, "goto 32766", { act: "goto", table: 0, jump: 2 }],
  [4, "goto 9", { act: "goto", table: 0, jump: -1 }],
  [4, "unreachable", { act: "reject", table: 0 }],
  [4, "prohibit", { act: "reject", table: 0, error: "EACCES" }],
  [4, "blackhole", { act: "reject", table: 0, error: "EINVAL" }],
])("IPv%i rule %j asks and does this", (family, words, want) => {
  const { rule, ...asked } = step(family, words);
  expect(rule.priority).toBe(5);
  expect(asked).toMatchObject({ ...PLAIN, ...want });
});

test("what is not understood, and tunnels, are never certain; a target that stands before is none", () => {
  const state = host(4, "rule add priority 5 lookup 7", "rule add priority 9 goto 32766");
  const odd = (change: object): Step =>
    compile({
      ...state,
      rules: { ...state.rules, 4: state.rules[4].map((r) => (r.priority === 5 ? { ...r, ...change } : r)) },
    })[4].steps[1];
  expect(odd({ unmodelled: ["dscp"] })).toMatchObject({ always: false, unclear: true, tunnel: false });
  expect(odd({ tunnelId: "7" })).toMatchObject({ always: false, unclear: false, tunnel: true });
  expect(odd({ action: { kind: "goto", priority: 5 } })).toMatchObject({ jump: -1 });
  expect(odd({ action: { kind: "goto", priority: 0 } })).toMatchObject({ jump: -1 });
});

const probe = (fields: Partial<Probe>): Probe => Object.assign(new Probe(), { hasSource: true, ...fields });

test.each<[Family, string, Partial<Probe>, Partial<Probe>[]]>([
  [4, "from 10.0.0.0/8", { src4: 0x0a0000ff }, [{ src4: 0x0b000000 }, {}]],
  [4, "to 10.0.0.0/8", { dst4: 0x0affffff }, [{ dst4: 0x0b000000 }, {}]],
  [
    6,
    "from 2001:db8::/32",
    { src6: 0x20010db8n << 96n },
    [{ src6: 0x20010db9n << 96n }, { src6: 0x20010db8n << 96n, hasSource: false }],
  ],
  [6, "to 2001:db8::/32", { dst6: 0x20010db8n << 96n }, [{ dst6: 0x20010db9n << 96n }, {}]],
  [4, "iif lo", { iif: 0 }, [{ iif: 1 }, {}]],
  [4, "iif b", { iif: 2 }, [{ iif: 1 }, {}]],
  [4, "oif lo", { oif: 0 }, [{ oif: 1 }, {}]],
  [4, "oif b", { oif: 2 }, [{ oif: 1 }, {}]],
  [4, "fwmark 5/0xf", { mark: 0x15 }, [{ mark: 4 }, {}]],
  [4, "fwmark 0x80000000/0x80000000", { mark: 0x80000000 | 0 }, [{ mark: 1 }, {}]],
  [4, "tos 0x10", { tos: 0x13 }, [{ tos: 0x14 }, {}]],
  [4, "tos 0x10", { tos: 0xf0 }, [{ tos: 0x08 }]],
  [6, "tos 0x10", { tos: 0x13 }, [{ tos: 0x90 }, {}]],
  [4, "uidrange 5-7", { uid: 5 }, [{ uid: 4 }, { uid: 8 }]],
  [4, "uidrange 5-7", { uid: 7 }, [{}]],
  [4, "ipproto tcp", { protocol: 6 }, [{ protocol: 17 }, {}]],
  [4, "sport 5-7", { sport: 5 }, [{ sport: 4 }, { sport: 8 }, { dport: 6 }]],
  [4, "sport 5-7", { sport: 7 }, [{}]],
  [4, "dport 5-7", { dport: 5 }, [{ dport: 4 }, { dport: 8 }, { sport: 6 }]],
  [4, "dport 5-7", { dport: 7 }, [{}]],
  [4, "l3mdev", { l3mdev: 0 }, [{}]],
])("IPv%i %s matches %p and not %p; inverted the other way round", (family, words, yes, no) => {
  const plain = step(family, words);
  const inverted = step(family, `not ${words}`);
  expect([matches(plain, probe({ family, ...yes })), matches(inverted, probe({ family, ...yes }))]).toEqual([
    "yes",
    "no",
  ]);
  for (const one of no)
    expect([
      one,
      matches(plain, probe({ family, ...one })),
      matches(inverted, probe({ family, ...one })),
    ]).toEqual([one, "no", "yes"]);
});

test("whether a rule matches that is not understood is unclear only where the rest of it holds", () => {
  for (const change of [{ unclear: true }, { tunnel: true }]) {
    const odd = { ...step(4, "from 10.0.0.0/8"), ...change };
    const [inside, outside] = [probe({ src4: 0x0a000001 }), probe({ src4: 0x0b000001 })];
    expect([matches(odd, inside), matches(odd, outside)]).toEqual(["unclear", "no"]);
    expect([matches({ ...odd, not: true }, inside), matches({ ...odd, not: true }, outside)]).toEqual([
      "unclear",
      "yes",
    ]);
  }
});

describe("a host made ready", () => {
  test("devices stand in the kernel's order, each with its VRF and its addresses", () => {
    const state = host(4);
    const vrf = {
      ...state,
      links: [
        { ...state.links[2], index: 9, master: "red" },
        { ...state.links[1], index: 5, master: "br0" },
        { ...state.links[0], index: 7, loopback: false, name: "br0", kind: "bridge" },
        { ...state.links[0], index: 1 },
        { ...state.links[0], index: 6, name: "red", kind: "vrf", vrfTable: 10, loopback: false },
        { ...state.links[0], index: 8, name: "c", master: "gone", loopback: false },
      ],
      addresses: [...state.addresses, { ...state.addresses[0], link: "nowhere" }],
    };
    const model = compile(vrf);
    expect(model.devices.map(({ number, link, l3mdev }) => `${number} ${link.name} ${l3mdev}`)).toEqual([
      "0 lo -1",
      "1 a -1",
      "2 red 2",
      "3 br0 -1",
      "4 c -1",
      "5 b 2",
    ]);
    expect(model.loopback).toBe(0);
    expect(model.deviceNumbers.get("b")).toBe(5);
    expect(model.devices[5].addresses[4].map(({ address: own }) => own)).toEqual([address("10.0.1.10")]);
    expect(model.devices[5].addresses[6].map(({ address: own }) => own)).toEqual([address("2001:db8:b::10")]);
    expect(model[4].own.get(address("10.0.1.10").value)).toEqual([5]);
    expect(model[4].own4.get(0x0a00010a)).toBe(5);
    expect([...model[6].own4]).toEqual([]);
    expect(compile({ ...state, links: state.links.slice(1) }).loopback).toBe(-1);
    const twice = {
      ...state,
      addresses: [...state.addresses, { ...state.addresses.find((x) => x.link === "a")!, link: "b" }],
    };
    expect(compile(twice)[4].own.get(address("10.0.0.10").value)).toEqual([1, 2]);
    expect(compile(twice)[4].own4.get(0x0a00000a)).toBe(1);
  });

  test("only the kernel's own rules are the kernel's own", () => {
    const own = (family: Family, ...lines: string[]): boolean =>
      compile(host(family, ...lines))[family].defaultRules;
    expect([own(4), own(6)]).toEqual([true, true]);
    expect(compile(BARE)[4].merged).toBeDefined();
    expect(compile(BARE)[6].merged).toBeUndefined();
    for (const lines of [
      ["rule add priority 5 lookup 7"],
      ["rule del priority 32767"],
      ["rule del priority 32767", "rule add priority 32768 lookup default"],
      ["rule del priority 32766", "rule add priority 32766 lookup 7"],
      ["rule del priority 32766", "rule add priority 32766 nop"],
      ["rule del priority 32766", "rule add priority 32766 fwmark 1 lookup main"],
      ["rule del priority 32766", "rule add priority 32766 l3mdev"],
      ["rule del priority 32766", "rule add priority 32766 lookup main suppress_prefixlength 0"],
    ]) {
      expect([lines, own(4, ...lines)]).toEqual([lines, false]);
      expect(compile(host(4, ...lines))[4].merged).toBeUndefined();
    }
    expect(own(6, "rule add priority 32767 lookup default")).toBe(false);
  });

  test("whether the two tables are one matters where a route of main lies strictly inside one of local", () => {
    const matters = (...lines: string[]): boolean => compile(host(4, ...lines))[4].mergeMatters;
    expect(matters()).toBe(false);
    expect(matters("route add 127.0.0.0/16 dev a")).toBe(true);
    expect(matters("route add 127.0.0.0/8 dev a")).toBe(false);
    expect(matters("route add 126.0.0.0/7 dev a")).toBe(false);
    expect(matters("route add 127.0.0.0/16 dev a table 7")).toBe(false);
    expect(matters("rule add priority 5 lookup 7", "route add 127.0.0.0/16 dev a")).toBe(false);
    const empty = { ...BARE, routes: { 4: [], 6: [] } };
    expect(compile(empty)[4].mergeMatters).toBe(false);
    expect(compile(host(6, "route add 2001:db8:a::10 dev b"))[6].mergeMatters).toBe(false);
  });

  test("local routes of others than the kernel, and rules that make it look for ports", () => {
    const local = (...lines: string[]): boolean => compile(host(4, ...lines))[4].ownLocalRoutes;
    expect(local()).toBe(false);
    expect(local("route add local 192.0.2.0/24 dev lo")).toBe(true);
    expect(local("route add 192.0.2.0/24 dev a")).toBe(false);
    const dissects = (words: string): boolean => compile(host(4, `rule add priority 5 ${words}`))[4].dissects;
    for (const words of ["ipproto tcp", "sport 5", "dport 5", "iif a dport 5"])
      expect([words, dissects(words)]).toEqual([words, true]);
    for (const words of ["fwmark 5", "iif lo ipproto tcp", "iif lo sport 5", "iif lo dport 5", "iif a"])
      expect([words, dissects(words)]).toEqual([words, false]);
  });

  test("routes of one prefix stand as the kernel tries them", () => {
    const tried = (family: Family, to: string, lines: readonly string[]): string[] => {
      const table = compile(host(family, ...lines.map((line) => `route add ${to} ${line} table 7`)))[
        family
      ].tables.get(7)!;
      return table.flat.map(({ metric, tos }) => `${metric} ${tos}`);
    };
    expect(
      tried(4, "192.0.2.0/24", [
        "dev a metric 5",
        "dev a metric 3",
        "dev a metric 9 tos 0x10",
        "dev a metric 1 tos 0x08",
        "dev a metric 2 tos 0x10",
      ]),
    ).toEqual(["2 16", "9 16", "1 8", "3 0", "5 0"]);
    expect(
      tried(6, "2001:db8:9::/48", ["dev a metric 5", "dev a metric 3 tos 0x10", "dev a metric 4"]),
    ).toEqual(["3 16", "4 0", "5 0"]);
    const both = compile(host(4, "route add 127.0.0.0/8 dev a"))[4].merged!;
    expect(both.flat.filter(({ length }) => length === 8).map(({ table }) => table)).toEqual([255, 254]);
    const defaults = compile(
      host(4, "route add default dev a", "route add default dev b metric 5", "route add 10.0.0.0/8 dev a"),
    )[4].tables.get(254)!;
    expect(defaults.defaults).toBe(2);
    expect([...defaults.first]).toEqual([0, 2, 3, 4, 5]);
  });

  test("routes by source stand apart, by the prefix of their source", () => {
    const table = compile(
      host(
        6,
        "route add 2001:db8:9::/48 dev a",
        "route add 2001:db8:9::/48 from 2001:db8:a::/48 dev b metric 5",
        "route add 2001:db8:9::/48 from 2001:db8::/32 dev a",
        "route add 2001:db8:9::/48 from 2001:db8::/32 dev a metric 7",
      ),
    )[6].tables.get(254)!;
    const at = table.index.prefixes.findIndex(({ length }) => length === 48);
    expect(table.nodes[at]).toHaveLength(1);
    expect(table.subtrees![at]!.nodes.map((list) => list.map(({ metric }) => metric))).toEqual([
      [7, 1024],
      [5],
    ]);
    expect(table.subtrees!.filter((subtree) => subtree !== undefined)).toHaveLength(1);
    expect(compile(host(6))[6].tables.get(254)!.subtrees).toBeUndefined();
    expect(
      compile(host(6, "route add 2001:db8:9::/48 from ::/0 dev a"))[6].tables.get(254)!.subtrees,
    ).toBeUndefined();
  });

  test("a hop is usable unless it is dead, or without carrier where that counts", () => {
    const hop = (change: object, sysctls: Record<string, number | undefined> = {}) => {
      const state = host(4, "route add 192.0.2.0/24 dev a table 7");
      const all = Object.fromEntries(
        Object.entries({ ...state.sysctls, ...sysctls }).filter(
          (entry): entry is [string, number] => entry[1] !== undefined,
        ),
      );
      const routes = {
        ...state.routes,
        4: state.routes[4].map((r) => ({ ...r, hops: r.hops.map((h) => ({ ...h, ...change })) })),
      };
      const { device, usable, dead, unclear } = compile({ ...state, routes, sysctls: all })[4].tables.get(7)!
        .flat[0].hops[0];
      return { device, usable, dead, unclear };
    };
    const key = "ipv4/conf/a/ignore_routes_with_linkdown";
    expect(hop({})).toEqual({ device: 1, usable: true, dead: false, unclear: false });
    expect(hop({ link: "gone" })).toEqual({ device: -2, usable: true, dead: false, unclear: false });
    expect(hop({ dead: true })).toEqual({ device: 1, usable: false, dead: true, unclear: false });
    expect(hop({ linkDown: true })).toEqual({ device: 1, usable: true, dead: false, unclear: false });
    expect(hop({ linkDown: true }, { [key]: 1 })).toEqual({
      device: 1,
      usable: false,
      dead: false,
      unclear: false,
    });
    expect(hop({ linkDown: true }, { [key]: undefined })).toEqual({
      device: 1,
      usable: false,
      dead: false,
      unclear: true,
    });
    expect(hop({ linkDown: true, dead: true }, { [key]: undefined })).toEqual({
      device: 1,
      usable: false,
      dead: true,
      unclear: false,
    });
    expect(hop({}, { [key]: undefined })).toEqual({ device: 1, usable: true, dead: false, unclear: false });
    expect(hop({ linkDown: true }, { "ipv4/conf/all/ignore_routes_with_linkdown": 1 }).usable).toBe(false);
  });
});

describe("a walk", () => {
  test("tells of every rule what it did", () => {
    const state = host(
      4,
      "rule add priority 1 from 192.0.2.1 lookup 7",
      "rule add priority 2 nop",
      "rule add priority 3 goto 5",
      "rule add priority 4 prohibit",
      "rule add priority 5 goto 6",
      "rule del priority 0",
      "rule add priority 7 lookup 9",
      "route add default via 10.0.0.1 dev a table 8",
      "rule add priority 8 lookup 8 suppress_prefixlength 0",
      "rule add priority 9 lookup 8 suppress_ifgroup 0",
      "rule add priority 10 unreachable",
    );
    const { steps, rules, outcome } = tracing(compile(state), { to: address("8.8.8.8") });
    expect(steps).toEqual([
      { depth: 0, text: "1: from 192.0.2.1 lookup 7: does not match" },
      { depth: 0, text: "2: from all nop: does nothing" },
      { depth: 0, text: "3: from all goto 5: jumps" },
      { depth: 0, text: "5: from all goto 6: its target is not there, so it does nothing" },
      { depth: 0, text: "7: from all lookup 9: matches" },
      { depth: 0, text: "  table 9 is empty; on to the next rule" },
      { depth: 0, text: "8: from all lookup 8 suppress_prefixlength 0: matches" },
      { depth: 1, text: "default via 10.0.0.1 dev a table 8: taken" },
      { depth: 0, text: '  the rule suppresses "default via 10.0.0.1 dev a table 8"; on to the next rule' },
      { depth: 0, text: "9: from all lookup 8 suppress_ifgroup 0: matches" },
      { depth: 1, text: "default via 10.0.0.1 dev a table 8: taken" },
      { depth: 0, text: '  the rule suppresses "default via 10.0.0.1 dev a table 8"; on to the next rule' },
      { depth: 0, text: "10: from all unreachable: refuses" },
    ]);
    expect(rules.map(({ priority }) => priority)).toEqual([2, 3, 5, 7, 8, 9, 10]);
    expect(outcome).toMatchObject({ kind: "error", rule: { priority: 10 } });
    const bare = { ...state, rules: { 4: [], 6: [] } };
    expect(tracing(compile(bare), { to: address("8.8.8.8") }).steps).toEqual([
      { depth: 0, text: "no rule is left: unreachable" },
    ]);
  });

  test("stops at a rule that cannot be told, with what it asks", () => {
    const state = host(4, "rule add priority 5 lookup 7");
    const odd = (change: object) => ({
      ...state,
      rules: { ...state.rules, 4: state.rules[4].map((r) => (r.priority === 5 ? { ...r, ...change } : r)) },
    });
    const said = (change: object): string =>
      describeOutcome(output(compile(odd(change)), { to: address("8.8.8.8") }));
    expect(said({ unmodelled: ["dscp", "flowlabel"] })).toBe(
      'unknown: whether rule "5: from all lookup 7" matches: it has dscp, flowlabel',
    );
    expect(said({ tunnelId: "7" })).toBe(
      'unknown: whether rule "5: from all tun_id 7 lookup 7" matches: it asks for a tunnel id',
    );
    expect(
      tracing(compile(odd({ unmodelled: ["dscp"] })), { to: address("8.8.8.8") }).steps.at(-1)!.text,
    ).toBe("5: from all lookup 7: cannot be told");
    expect(describeOutcome(connect(compile(odd({ tunnelId: "7" })), { to: address("8.8.8.8") }))).toContain(
      "it asks for a tunnel id",
    );
  });

  test("looks up the VRF's table for a rule for VRFs", () => {
    const state = host(4, "rule add priority 5 l3mdev", "route add default via 10.0.0.1 dev a table 10");
    const vrf = {
      ...state,
      links: [
        ...state.links.map((l) => (l.name === "a" ? { ...l, master: "red" } : l)),
        { ...state.links[1], index: 9, name: "red", kind: "vrf", vrfTable: 10 },
      ],
    };
    const go = (flow: Partial<OutputFlow>): string =>
      describeOutcome(output(compile(vrf), { to: address("8.8.8.8"), ...flow }));
    expect(go({ oif: "a" })).toBe("by a via 10.0.0.1 from 10.0.0.10");
    expect(go({ oif: "red" })).toBe("by a via 10.0.0.1 from 10.0.0.10");
    expect(go({})).toBe("network unreachable (no rule is left)");
  });

  /** Everything that decides about sources, in every order. */
  const randomRules = (random: Random, family: Family): string[] => {
    const net = (): string => {
      const length = (family === 4 ? 24 : 120) + random.below(9);
      const host =
        (random.below(256) >> ((family === 4 ? 32 : 128) - length)) << ((family === 4 ? 32 : 128) - length);
      return family === 4 ? `10.0.0.${host}/${length}` : `2001:db8::${host.toString(16)}/${length}`;
    };
    return Array.from({ length: 1 + random.below(9) }, () => {
      const from = random.chance(0.7) ? ` from ${net()}` : "";
      const more = random.pick(["", "", "", " fwmark 1", ` to ${net()}`, " oif a"]);
      const not = random.chance(0.3) && from + more !== "" ? " not" : "";
      const priority = 10 * (1 + random.below(9));
      const action = random.pick([
        "lookup 7",
        "lookup 8",
        "prohibit",
        "nop",
        `goto ${priority + 10 * (1 + random.below(3))}`,
        "goto 55",
      ]);
      return `rule add priority ${priority}${not}${from}${more} ${action}`;
    });
  };

  test.each([4, 6] as const)(
    "over the rules of one source, sorted out beforehand, ends as one over all rules: IPv%i",
    (family) => {
      const random = new Random(5);
      const net = family === 4 ? "10.0.0.0/25" : "2001:db8::/121";
      const routes = [
        `route add ${net} dev a table 7`,
        `route add ${net.replace("25", "24").replace("121", "120")} dev b table 8`,
        "rule del priority 0",
      ];
      for (let round = 0; round < 60; round++) {
        const state = {
          ...applyBatch(BARE, family, [...routes, ...randomRules(random, family)].join("\n")),
          gaps: [],
        };
        const model = compile(state);
        for (let i = 0; i < 30; i++) {
          const [src, dst] = [random.below(256), random.below(256)];
          const asked = probe({
            family,
            src4: 0x0a000000 + src,
            dst4: 0x0a000000 + dst,
            src6: (0x20010db8n << 96n) + BigInt(src),
            dst6: (0x20010db8n << 96n) + BigInt(dst),
            hasSource: !random.chance(0.1),
            mark: random.below(2),
            oif: random.pick([-1, 1]),
            preferred: -1,
          });
          if (family === 4 && !asked.hasSource) asked.src4 = 0;
          const end = (chain: readonly Step[]): string => {
            const answer = new Answer();
            answer.clear();
            walk(model, model[family], chain, family === 4 ? lookup4 : lookup6, asked, answer);
            return `${answer.status} ${answer.error} ${answer.step?.rule.priority} ${answer.route?.table}`;
          };
          const [quick, whole] = [end(chainOf(model[family], asked)), end(model[family].steps)];
          if (quick.replace(/\d+ /, "") !== whole.replace(/\d+ /, ""))
            throw new Error(`${state.rules[family].map((r) => r.priority).join()}: ${quick}, not ${whole}`);
        }
      }
    },
  );
});
