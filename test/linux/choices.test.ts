import { formatAddress } from "../../lib/net";
import {
  LinkAddress,
  LinuxState,
  applyBatch,
  compile,
  describeOutcome,
  kernelState,
  output,
  plainAddress,
  tracing,
} from "../../lib/linux";
import { ownerOf4, selectSource4 } from "../../lib/linux/sources4";
import { selectSource6 } from "../../lib/linux/sources6";
import { address, onInterface } from "./support/hosts";

/** Which address is lent to a packet without one, and what is left open by next hops that routes share. */

const withAddresses = (
  lists: Readonly<Record<string, readonly (readonly [text: string, more?: Partial<LinkAddress>])[]>>,
  sysctls: Readonly<Record<string, number>> = {},
): LinuxState => {
  const state = kernelState(
    Object.keys(lists).map((name) => ({ name, addresses: [] })),
    sysctls,
  );
  const addresses = Object.entries(lists).flatMap(([name, list]) =>
    list.map(([text, more]) => {
      const { address: of, length } = onInterface(text);
      return { ...plainAddress(name, of, length), ...more };
    }),
  );
  return { ...state, addresses: [...state.addresses.filter(({ link }) => link === "lo"), ...addresses] };
};

describe("IPv4", () => {
  const lent = (state: LinuxState, gateway?: string, scope = 0, device = "a"): string | undefined => {
    const model = compile(state);
    const found = selectSource4(
      model,
      model.devices[model.deviceNumbers.get(device)!],
      gateway === undefined ? undefined : address(gateway),
      scope,
    );
    return found && formatAddress(found);
  };
  const TWO = { a: [["10.0.0.10/24"], ["10.0.1.10/24"]], b: [["10.0.2.10/24"]] } as const;

  test.each<[string, Parameters<typeof withAddresses>[0], string | undefined, number, string | undefined]>([
    ["the first address", TWO, undefined, 0, "10.0.0.10"],
    ["that in the gateway's subnet", TWO, "10.0.1.1", 0, "10.0.1.10"],
    ["the first for a gateway elsewhere", TWO, "10.9.0.1", 0, "10.0.0.10"],
    [
      "that whose peer's subnet holds the gateway",
      { a: [["10.0.0.10/24"], ["10.7.0.1/24", { peer: address("10.8.0.1") }]] },
      "10.8.0.9",
      0,
      "10.7.0.1",
    ],
    [
      "not that whose own subnet would, if it has a peer",
      { a: [["10.0.0.10/24"], ["10.7.0.1/24", { peer: address("10.8.0.1") }]] },
      "10.7.0.9",
      0,
      "10.0.0.10",
    ],
    [
      "no secondary address",
      { a: [["10.0.0.10/24", { secondary: true }], ["10.0.1.10/24"]] },
      undefined,
      0,
      "10.0.1.10",
    ],
    [
      "no secondary address, in the gateway's subnet either",
      { a: [["10.0.0.10/24"], ["10.0.1.10/24", { secondary: true }]] },
      "10.0.1.1",
      0,
      "10.0.0.10",
    ],
    [
      "no address of a narrower scope",
      { a: [["10.0.0.10/24", { scope: 253 }], ["10.0.1.10/24"]] },
      undefined,
      0,
      "10.0.1.10",
    ],
    [
      "one of the link for the link",
      { a: [["10.0.0.10/24", { scope: 253 }], ["10.0.1.10/24"]] },
      undefined,
      253,
      "10.0.0.10",
    ],
    [
      "none of the host for the link",
      { a: [["10.0.0.10/24", { scope: 254 }], ["10.0.1.10/24"]] },
      undefined,
      253,
      "10.0.1.10",
    ],
    [
      "one of the host for the host",
      { a: [["10.0.0.10/24", { scope: 254 }], ["10.0.1.10/24"]] },
      undefined,
      254,
      "10.0.0.10",
    ],
    ["another device's", { a: [], b: [["10.0.2.10/24"]] }, undefined, 0, "10.0.2.10"],
    [
      "another device's, of the site for the site",
      { a: [], b: [["10.0.2.10/24", { scope: 200 }]] },
      undefined,
      200,
      "10.0.2.10",
    ],
    [
      "no secondary one of another device",
      { a: [], b: [["10.0.2.10/24", { secondary: true }]], c: [["10.0.3.10/24"]] },
      undefined,
      0,
      "10.0.3.10",
    ],
    [
      "none of the link of another device, for the link either",
      { a: [], b: [["10.0.2.10/24", { scope: 253 }]], c: [["10.0.3.10/24"]] },
      undefined,
      253,
      "10.0.3.10",
    ],
    [
      "none of a narrower scope of another device",
      { a: [], b: [["10.0.2.10/24", { scope: 200 }]], c: [["10.0.3.10/24"]] },
      undefined,
      0,
      "10.0.3.10",
    ],
    ["the loopback's, for the host", { a: [] }, undefined, 254, "127.0.0.1"],
    ["none", { a: [] }, undefined, 0, undefined],
  ])("%s is lent", (_name, lists, gateway, scope, want) => {
    expect(lent(withAddresses(lists), gateway, scope)).toBe(want);
  });

  test("an address of the host counts as one of the link where route_localnet says so", () => {
    const lists = { a: [["127.1.0.1/24", { scope: 254 }], ["10.0.1.10/24"]] } as const;
    expect(lent(withAddresses(lists, { "ipv4/conf/a/route_localnet": 1 }), undefined, 253)).toBe("127.1.0.1");
    expect(lent(withAddresses(lists, { "ipv4/conf/b/route_localnet": 1 }), undefined, 253)).toBe("10.0.1.10");
    expect(lent(withAddresses(lists, { "ipv4/conf/a/route_localnet": 1 }), undefined, 0)).toBe("10.0.1.10");
  });

  test("an address is its device's, or that of a local route, but of no other", () => {
    const owner = (text: string, ...lines: string[]): number => {
      const state = applyBatch(
        kernelState([
          { name: "a", addresses: [onInterface("10.0.0.10/24")] },
          { name: "b", addresses: [] },
        ]),
        4,
        lines.join("\n"),
      );
      expect(state.gaps).toEqual([]);
      return ownerOf4(compile(state), Number(address(text).value));
    };
    expect(owner("10.0.0.10")).toBe(1);
    expect(owner("10.0.0.11")).toBe(-1);
    expect(owner("10.0.0.255")).toBe(-1);
    expect(owner("192.0.2.7", "route add local 192.0.2.0/24 dev b")).toBe(2);
    expect(owner("192.0.2.7", "route add local 192.0.2.0/24 dev b table main")).toBe(2);
    expect(
      owner("192.0.2.7", "route add local 192.0.2.0/24 dev b table main", "rule add priority 5 nop"),
    ).toBe(-1);
    expect(owner("192.0.2.7", "route add unreachable 192.0.2.0/24 table local")).toBe(-1);
    expect(
      ownerOf4(compile({ ...kernelState([]), rules: { 4: [], 6: [] }, routes: { 4: [], 6: [] } }), 1),
    ).toBe(-1);
  });
});

describe("IPv6", () => {
  type Lists = Parameters<typeof withAddresses>[0];
  const choose = (
    lists: Lists,
    to: string,
    by: string | undefined,
    sysctls: Readonly<Record<string, number>> = {},
  ): string => {
    const model = compile(withAddresses(lists, sysctls));
    const choice = selectSource6(
      model,
      address(to),
      by === undefined ? undefined : model.devices[model.deviceNumbers.get(by)!],
    );
    return choice.kind === "source"
      ? `${formatAddress(choice.address)} of ${choice.device}`
      : choice.kind === "none"
        ? "none"
        : choice.because;
  };

  test.each<[string, Lists, string, string | undefined, string]>([
    [
      "the destination itself",
      { a: [["2001:db8::1/64"]], b: [["2001:db8:f::1/64"]] },
      "2001:db8:f::1",
      "a",
      "2001:db8:f::1 of b",
    ],
    [
      "one that suffices",
      { a: [["fe80::1/64"], ["2001:db8::1/64"]] },
      "2001:db8:f::1",
      "a",
      "2001:db8::1 of a",
    ],
    [
      "one that is no wider than it needs",
      { a: [["2001:db8::1/64"], ["fe80::1/64"]] },
      "fe80::9",
      "a",
      "fe80::1 of a",
    ],
    [
      "one of the site for the site",
      { a: [["2001:db8::1/64"], ["fec0::1/64"]] },
      "fec0::9",
      "a",
      "fec0::1 of a",
    ],
    [
      "the widest of those that do not suffice",
      { a: [["fe80::1/64"], ["fec0::1/64"]] },
      "2001:db8::9",
      "a",
      "fec0::1 of a",
    ],
    [
      "none that is deprecated",
      { a: [["2001:db8::1/64", { deprecated: true }], ["2001:db8:1::1/64"]] },
      "2001:db8::9",
      "a",
      "2001:db8:1::1 of a",
    ],
    [
      "a mapped one, though it is deprecated",
      {
        a: [
          ["2001:db8::1/64", { deprecated: true }],
          ["2001:db8:5::/96", { deprecated: true, address: { family: 6, value: 0xffff0a000001n } }],
        ],
      },
      "2001:db8::9",
      "a",
      formatAddress({ family: 6, value: 0xffff0a000001n }) + " of a",
    ],
    [
      "a compatible one, though it is deprecated",
      {
        a: [
          ["2001:db8::1/64", { deprecated: true }],
          ["::a00:1/96", { deprecated: true }],
        ],
      },
      "2001:db8::9",
      "a",
      "::a00:1 of a",
    ],
    [
      "one of the device that is taken",
      { b: [["2001:db8::1/64"]], a: [["2001:db8:1::1/64"]] },
      "2001:db8::9",
      "a",
      "2001:db8:1::1 of a",
    ],
    [
      "the nearest of any device, if none is taken",
      { b: [["2001:db8:1::1/64"]], a: [["2001:db8::1/64"]] },
      "2001:db8::9",
      undefined,
      "2001:db8::1 of a",
    ],
    [
      "the first of any device, if none is taken",
      { b: [["2001:db8:1::1/64"]], a: [["2001:db8:1:1::1/64"]] },
      "3000::9",
      undefined,
      "2001:db8:1::1 of b",
    ],
    ["one of the same label", { a: [["2001:db8::1/64"], ["fd00::1/64"]] }, "fd00:1::9", "a", "fd00::1 of a"],
    [
      "one of the same label, though another is nearer",
      { a: [["2002:1::1/64"], ["3000::1/64"]] },
      "2001:db8::9",
      "a",
      "3000::1 of a",
    ],
    [
      "no temporary one",
      { a: [["2001:db8::2/64", { secondary: true }], ["2001:db8:1::1/64"]] },
      "2001:db8::9",
      "a",
      "2001:db8:1::1 of a",
    ],
    [
      "an ORCHID for an ORCHID",
      { a: [["2001:db8::1/64"], ["2001:10::1/64"]] },
      "2001:10::9",
      "a",
      "2001:10::1 of a",
    ],
    ["no ORCHID for others", { a: [["2001:10::1/64"], ["fd00::1/64"]] }, "2001:db8::9", "a", "fd00::1 of a"],
    [
      "the nearest",
      { a: [["2001:db8::1/64"], ["2001:db8:f::1/64"]] },
      "2001:db8:f:1::9",
      "a",
      "2001:db8:f::1 of a",
    ],
    [
      "the first of two that are as near as their prefixes go",
      { a: [["2001:db8:f::1/32"], ["2001:db8:f:1::1/32"]] },
      "2001:db8:f:1::9",
      "a",
      "2001:db8:f::1 of a",
    ],
    [
      "one that may be a duplicate, if nothing else does",
      { a: [["2001:db8::1/64", { optimistic: true, tentative: true }]] },
      "2001:db8::9",
      "a",
      "2001:db8::1 of a",
    ],
    [
      "another before one that may be a duplicate",
      { a: [["2001:db8::1/64", { optimistic: true, tentative: true }], ["2001:db8:1::1/64"]] },
      "2001:db8::9",
      "a",
      "2001:db8:1::1 of a",
    ],
    [
      "none that is not usable yet",
      { a: [["2001:db8::1/64", { tentative: true }]] },
      "2001:db8::9",
      "a",
      "::1 of lo",
    ],
    ["no multicast address", { a: [["ff0e::1/64"]] }, "2001:db8::9", "a", "::1 of lo"],
    ["no address of nobody", { a: [["::/64"]] }, "2001:db8::9", "a", "::1 of lo"],
    ["the loopback's for the link", { a: [] }, "fe80::9", "lo", "::1 of lo"],
    ["that of the device alone for multicast", { a: [], b: [["2001:db8::1/64"]] }, "ff0e::9", "a", "none"],
    ["that of the device alone for the link", { a: [], b: [["fe80::1/64"]] }, "fe80::9", "a", "none"],
    [
      "nobody knows which",
      { a: [["2001:db8::1/64", { unmodelled: ["x", "y"] }]] },
      "2001:db8::9",
      "a",
      "address on a has x, y",
    ],
    [
      "home or not",
      { a: [["2001:db8::1/64"], ["2001:db8:1::1/64", { home: true }]] },
      "2001:db8::9",
      "a",
      "home addresses count only in kernels built for Mobile IPv6",
    ],
    [
      "home, which would be taken anyway",
      { a: [["2001:db8:1::1/64"], ["2001:db8::1/64", { home: true }]] },
      "2001:db8::9",
      "a",
      "2001:db8::1 of a",
    ],
    [
      "a home address that is not the nearest of them",
      {
        a: [
          ["2001:db8::1/64", { home: true }],
          ["2001:db8:1::1/64", { home: true }],
        ],
      },
      "2001:db8::9",
      "a",
      "2001:db8::1 of a",
    ],
  ])("%s is chosen", (_name, lists, to, by, want) => {
    expect(choose(lists, to, by)).toBe(want);
  });

  test("a temporary one, where the device prefers them", () => {
    const lists: Lists = { a: [["2001:db8:1::1/64"], ["2001:db8:2::2/64", { secondary: true }]] };
    expect(choose(lists, "2001:db8:1::9", "a", { "ipv6/conf/a/use_tempaddr": 2 })).toBe("2001:db8:2::2 of a");
    expect(choose(lists, "2001:db8:1::9", "a", { "ipv6/conf/a/use_tempaddr": 1 })).toBe("2001:db8:1::1 of a");
    expect(choose(lists, "2001:db8:1::9", "a", { "ipv6/conf/b/use_tempaddr": 2 })).toBe("2001:db8:1::1 of a");
  });

  test("the addresses of the device alone, where it says so", () => {
    const lists: Lists = { a: [], b: [["2001:db8::1/64"]] };
    expect(choose(lists, "2001:db8::9", "a")).toBe("2001:db8::1 of b");
    expect(choose(lists, "2001:db8::9", "a", { "ipv6/conf/a/use_oif_addrs_only": 1 })).toBe("none");
    expect(choose(lists, "2001:db8::9", "a", { "ipv6/conf/b/use_oif_addrs_only": 1 })).toBe(
      "2001:db8::1 of b",
    );
  });

  test("one that may be a duplicate counts in full only where both sysctls say so, for all or for its device", () => {
    const lists: Lists = {
      a: [["2001:db8:1::1/64"], ["2001:db8::1/64", { optimistic: true, tentative: true }]],
    };
    const of = (...keys: string[]): string =>
      choose(lists, "2001:db8::9", "a", Object.fromEntries(keys.map((key) => [`ipv6/conf/${key}`, 1])));
    expect(of("a/optimistic_dad")).toBe("2001:db8:1::1 of a");
    expect(of("a/use_optimistic")).toBe("2001:db8:1::1 of a");
    expect(of("a/optimistic_dad", "a/use_optimistic")).toBe("2001:db8::1 of a");
    expect(of("all/optimistic_dad", "a/use_optimistic")).toBe("2001:db8::1 of a");
    expect(of("a/optimistic_dad", "all/use_optimistic")).toBe("2001:db8::1 of a");
    expect(of("b/optimistic_dad", "b/use_optimistic")).toBe("2001:db8:1::1 of a");
  });

  test("of two that are as near the one that is no duplicate for sure", () => {
    const near: Lists = {
      a: [
        ["2001:db8:1::1/64", { optimistic: true, tentative: true, deprecated: true }],
        ["2001:db8:1::2/64", { deprecated: true }],
      ],
    };
    expect(choose(near, "2001:db8:1::9", "a")).toBe("2001:db8:1::2 of a");
  });

  test("what was worked out for one destination is not taken for another of another scope or label", () => {
    const state = withAddresses({
      a: [["2001:db8::1/64"], ["fd00::1/64"], ["fe80::1/64"], ["2001:10::1/64"]],
    });
    const model = compile(state);
    const ask = (to: string, by?: number): string => {
      const choice = selectSource6(model, address(to), by === undefined ? undefined : model.devices[by]);
      return choice.kind === "source" ? formatAddress(choice.address) : choice.kind;
    };
    expect(["2001:db8:9::9", "fd00:9::9", "fe80::9", "2001:10::9", "ff02::9", "2001:db8:9::9"].map((to) => ask(to, 1))).toEqual([
      "2001:db8::1", "fd00::1", "fe80::1", "2001:10::1", "fe80::1", "2001:db8::1",
    ]); // prettier-ignore
    expect([ask("fe80::9"), ask("fe80::9", 1), ask("fe80::9", 0)]).toEqual(["fe80::1", "fe80::1", "::1"]);
  });
});

describe("IPv6 routes that share a nexthop object", () => {
  const host = (
    change: (route: LinuxState["routes"][6][number], i: number) => object,
    ...lines: string[]
  ): LinuxState => {
    const state = applyBatch(
      kernelState([
        { name: "a", addresses: ["2001:db8:a::10/64", "2001:db8:a::11/64"].map(onInterface) },
        { name: "b", addresses: [onInterface("2001:db8:b::10/64")] },
      ]),
      6,
      lines.join("\n"),
    );
    expect(state.gaps).toEqual([]);
    let i = 0;
    return {
      ...state,
      routes: {
        ...state.routes,
        6: state.routes[6].map((r) =>
          r.origin === 3 ? { ...r, nexthopObject: true, ...change(r, i++) } : r,
        ),
      },
    };
  };
  const go = (state: LinuxState, to = "2001:db8:1::1", from?: string): string =>
    describeOutcome(
      output(compile(state), { to: address(to), from: from === undefined ? undefined : address(from) }),
    );
  const ONE = "route add 2001:db8:1::/48 via fe80::1 dev a";
  const OTHER = "route add 2001:db8:2::/48 via fe80::1 dev a";
  const LONGER = "route add 2001:db8:2:3::/64 via fe80::1 dev a";
  const answers = (one: string, other: string): string =>
    `unknown: route "${one}" answers as "${other}" if that was used first: they share a nexthop object`;
  const SHOWN = "2001:db8:1::/48 via fe80::1 dev a metric 1024 table main";
  const hint = (of: number) => (_r: object, i: number) =>
    i === of ? { source: address("2001:db8:a::11") } : {};

  test("that are alike answer for themselves", () => {
    expect(go(host(() => ({}), ONE, OTHER))).toBe("by a via fe80::1 from 2001:db8:a::10");
    expect(go(host(() => ({}), ONE, LONGER))).toBe("by a via fe80::1 from 2001:db8:a::10");
  });

  test("and have different sources leave the source open, but only for who has none", () => {
    const state = host(hint(1), ONE, OTHER);
    expect(go(state)).toBe(
      answers(SHOWN, "2001:db8:2::/48 via fe80::1 dev a src 2001:db8:a::11 metric 1024 table main"),
    );
    expect(go(state, "2001:db8:1::1", "2001:db8:b::10")).toBe("by a via fe80::1 from 2001:db8:b::10");
    expect(go(host(hint(1), ONE, OTHER.replace("dev a", "dev b")))).toBe(
      "by a via fe80::1 from 2001:db8:a::10",
    );
    expect(go(host(hint(1), ONE, OTHER.replace("fe80::1", "fe80::2")))).toBe(
      "by a via fe80::1 from 2001:db8:a::10",
    );
    const plain = host(hint(1), ONE, OTHER);
    const without = (n: number): LinuxState => {
      let i = 0;
      return {
        ...plain,
        routes: {
          ...plain.routes,
          6: plain.routes[6].map((r) => (r.nexthopObject && i++ === n ? { ...r, nexthopObject: false } : r)),
        },
      };
    };
    expect([go(without(0)), go(without(1))]).toEqual([
      "by a via fe80::1 from 2001:db8:a::10",
      "by a via fe80::1 from 2001:db8:a::10",
    ]);
  });

  test("and are of different types leave open what becomes of a packet", () => {
    const local = (_r: object, i: number) => (i === 1 ? { type: "local" } : {});
    expect(go(host(local, ONE, OTHER))).toBe(
      answers(SHOWN, "local 2001:db8:2::/48 via fe80::1 dev a metric 1024 table main"),
    );
    expect(go(host(local, ONE, OTHER), "2001:db8:1::1", "2001:db8:b::10")).toContain("unknown: ");
  });

  test("and are of different lengths leave open whether a rule suppresses one", () => {
    const asks = (length: number, ...lines: string[]): string =>
      go(host(() => ({}), ...lines, `rule add priority 5 lookup main suppress_prefixlength ${length}`));
    const longer = "2001:db8:2:3::/64 via fe80::1 dev a metric 1024 table main";
    expect(asks(48, ONE, LONGER)).toBe(answers(SHOWN, longer));
    expect(asks(63, ONE, LONGER)).toBe(answers(SHOWN, longer));
    expect(asks(47, ONE, LONGER)).toBe("by a via fe80::1 from 2001:db8:a::10");
    expect(asks(64, ONE, LONGER)).toBe("by a via fe80::1 from 2001:db8:a::10");
    expect(asks(48, ONE, OTHER)).toBe("by a via fe80::1 from 2001:db8:a::10");
    expect(asks(48, ONE, LONGER.replace("fe80::1", "fe80::2"))).toBe("by a via fe80::1 from 2001:db8:a::10");
  });

  test("by several hops are open by any of them", () => {
    const group = "route add 2001:db8:1::/48 nexthop via fe80::1 dev a nexthop via fe80::1 dev b";
    const state = host(hint(1), group, OTHER.replace("dev a", "dev b"));
    expect(go(state)).toContain("they share a nexthop object");
  });
});

describe("IPv4, a host that may never have had a rule but the kernel's", () => {
  const OPEN =
    "unknown: a route of main lies inside one of local, and it cannot be seen whether the host ever had other rules";
  const host = (...lines: string[]): LinuxState => {
    const state = applyBatch(
      kernelState([{ name: "a", addresses: [onInterface("10.0.0.10/24")] }]),
      4,
      ["route add default via 10.0.0.1 dev a", ...lines].join("\n"),
    );
    expect(state.gaps).toEqual([]);
    return state;
  };
  const go = (state: LinuxState, to = "192.0.2.7"): string =>
    describeOutcome(output(compile(state), { to: address(to) }));
  const LOCAL = "route add local 192.0.2.0/24 dev lo";
  const error = (words: string, type: string, to: string, table: string): string =>
    `${words} (route "${type} ${to} table ${table}")`;

  test.each<[string, string[], string]>([
    ["no route of main inside of one of local", [LOCAL], "delivered to the host itself"],
    ["one of main, and one of local", [LOCAL, "route add 192.0.2.7 via 10.0.0.9 dev a"], OPEN],
    [
      "one of main elsewhere in one of local",
      [LOCAL, "route add 192.0.2.9 via 10.0.0.9 dev a"],
      "delivered to the host itself",
    ],
    [
      "one of main as long as that of local",
      [LOCAL, "route add 192.0.2.0/24 via 10.0.0.9 dev a"],
      "delivered to the host itself",
    ],
    [
      "one of main around that of local",
      [LOCAL, "route add 192.0.0.0/16 via 10.0.0.9 dev a"],
      "delivered to the host itself",
    ],
    [
      "two refusals",
      ["route add unreachable 192.0.2.0/24 table local", "route add prohibit 192.0.2.7"],
      OPEN,
    ],
    [
      "a refusal elsewhere",
      ["route add unreachable 192.0.2.0/24 table local", "route add prohibit 192.0.2.9"],
      error("no route to host", "unreachable", "192.0.2.0/24", "local"),
    ],
    [
      "two refusals that are alike",
      ["route add prohibit 192.0.2.0/24 table local", "route add prohibit 192.0.2.7"],
      OPEN,
    ],
  ])("%s", (_name, lines, want) => {
    expect(go(host(...lines))).toBe(want);
  });

  test("what stands in neither is looked for in the table default, and then nowhere", () => {
    const bare = host("route del default");
    expect(go(bare)).toBe("network unreachable (no rule is left)");
    expect(go(applyBatch(bare, 4, "route add default via 10.0.0.9 dev a table default"))).toBe(
      "by a via 10.0.0.9 from 10.0.0.10",
    );
    expect(go(applyBatch(bare, 4, "route add 198.51.100.0/24 via 10.0.0.9 dev a table default"))).toBe(
      "network unreachable (no rule is left)",
    );
    expect(go(applyBatch(host(), 4, "route add 192.0.2.0/24 via 10.0.0.9 dev a table default"))).toBe(
      "by a via 10.0.0.1 from 10.0.0.10",
    );
    expect(output(compile(bare), { to: address("192.0.2.7") })).toEqual({
      kind: "error", error: "ENETUNREACH", rule: undefined, route: undefined, check: "no rule is left",
    }); // prettier-ignore
    const traced = tracing(compile(host()), { to: address("192.0.2.7") });
    expect(traced.steps.map(({ text }) => text)[0]).toBe(
      "only the kernel's own rules: local and main are searched as one table",
    );
  });

  test("with one rule more the tables are looked at one after the other", () => {
    const state = host(LOCAL, "route add 192.0.2.7 via 10.0.0.9 dev a", "rule add priority 5 nop");
    expect(go(state)).toBe("delivered to the host itself");
  });
});
