import { Family, formatAddress } from "../../lib/net";
import { LinuxState, Model, applyBatch, compile, kernelState } from "../../lib/linux";
import { MULTICAST_SCOPES, SPECIAL, classes, intervals } from "../../lib/linux/prove/destinations";
import { onInterface, prefix } from "./support/hosts";

/** Classes of addresses of a host small enough to see them all. */

const BARE = kernelState([
  {
    name: "a",
    addresses: ["10.0.0.10/24", "10.0.0.11/24", "2001:db8:a::10/64", "2001:db8:a::8000/112"].map(onInterface),
  },
]);
const host = (family: Family, ...lines: string[]): LinuxState => {
  const state = applyBatch(BARE, family, lines.join("\n"));
  expect(state.gaps).toEqual([]);
  return state;
};
const FOUR = (): LinuxState =>
  host(
    4,
    "rule add priority 5 from 10.9.0.0/16 to 198.51.100.0/24 lookup 7",
    "route add default via 10.0.0.1 dev a",
    "route add 192.0.2.0/30 dev a table 7",
  );
const SIX = (): LinuxState =>
  host(
    6,
    "rule add priority 5 from 2001:db8:9::/48 to 2001:db8:5::/48 lookup 7",
    "route add default via fe80::1 dev a",
  );
const shown = (family: Family, list: readonly bigint[]): string =>
  list.map((value) => formatAddress({ family, value })).join(" ");
const starts = (family: Family, state: LinuxState, ...prefixes: string[]): string =>
  shown(family, intervals(family, [compile(state)], prefixes.map(prefix)));
const examples = (family: Family, states: readonly LinuxState[], ...prefixes: string[]): string =>
  classes(family, states.map(compile), prefixes.map(prefix)).map(formatAddress).join(" ");

const OWN4 = "0.0.0.0 0.0.0.1 10.0.0.0 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.255 10.0.1.0";
const LOOPBACK4 = "127.0.0.0 127.0.0.1 127.0.0.2 127.255.255.255 128.0.0.0";
const END4 = "224.0.0.0 224.0.1.0 240.0.0.0 255.255.255.255";
const LOW6 =
  ":: ::1 ::2 ::8000 ::1:0:0 ::ffff:0:0 ::1:0:0:0 ::8000:0:0:0 2000:: 2001:: 2001:1:: 2001:10:: 2001:20::";
const OWN6 =
  "2001:db8:a:: 2001:db8:a::10 2001:db8:a::11 2001:db8:a::8000 2001:db8:a::8001 2001:db8:a::1:0 2001:db8:a:0:8000:: 2001:db8:a:1::";
const HIGH6 = "2002:: 2003:: 3ffe:: 3fff:: 4000:: fc00:: fe00:: fe80:: fe80:0:0:1:: fec0:: ff00::";

test("IPv4: routes, rules and prefixes cut the space, each on both sides", () => {
  expect(starts(4, BARE)).toBe(`${OWN4} ${LOOPBACK4} ${END4}`);
  expect(starts(4, FOUR(), "203.0.113.0/31", "2001:db8::/32")).toBe(
    `${OWN4} 10.9.0.0 10.10.0.0 ${LOOPBACK4} 192.0.2.0 192.0.2.4 198.51.100.0 198.51.101.0 203.0.113.0 203.0.113.2 ${END4}`,
  );
});

test("IPv6: so do labels, candidates for sources and where these part", () => {
  expect(starts(6, BARE)).toBe(`${LOW6} ${OWN6} ${HIGH6}`);
  expect(starts(6, SIX(), "203.0.113.0/31", "2001:db8::/32")).toBe(
    `${LOW6} 2001:db8:: 2001:db8:5:: 2001:db8:6:: 2001:db8:9:: ${OWN6} 2001:db9:: ${HIGH6}`,
  );
});

test("IPv6: an address without a route in local is a candidate to be told apart", () => {
  const lost: LinuxState = {
    ...BARE,
    routes: { ...BARE.routes, 6: BARE.routes[6].filter((r) => r.type !== "local" || r.to.value === 1n) },
  };
  expect(starts(6, lost)).toContain("2001:db8:a::10 2001:db8:a::11 2001:db8:a::8000 2001:db8:a::8001");
  const covered: LinuxState = {
    ...lost,
    routes: {
      ...lost.routes,
      6: [
        ...lost.routes[6],
        { ...lost.routes[6][0], type: "local", table: 255, to: prefix("2001:db8:a::/64") },
      ],
    },
  };
  expect(starts(6, covered)).toContain("2001:db8:a::10 2001:db8:a::11 2001:db8:a::8000 2001:db8:a::8001");
  const none: LinuxState = { ...BARE, routes: { 4: [], 6: [] } };
  expect(starts(6, none)).toContain("2001:db8:a::10 2001:db8:a::11 2001:db8:a::8000 2001:db8:a::8001");
});

test("one address stands for each class: those that people know first, then by size", () => {
  expect(examples(4, [BARE])).toBe(
    "203.0.113.5 224.0.1.1 127.0.0.3 224.0.0.1 10.0.0.13 0.0.0.0 10.0.0.10 10.0.0.255 127.0.0.1 127.255.255.255 255.255.255.255",
  );
  expect(examples(4, [FOUR()], "203.0.113.0/31")).toBe(
    "203.0.113.5 198.51.100.5 224.0.1.1 127.0.0.3 10.9.0.1 224.0.0.1 10.0.0.13 192.0.2.1 203.0.113.0 0.0.0.0 10.0.0.10 10.0.0.255 127.0.0.1 127.255.255.255 255.255.255.255",
  );
  const rest =
    "4000::1 ::8000:0:0:1 fc00::1 ff00::1 fec0::1 fe80:0:0:1::1 2002::1 3ffe::1 2001:10::1 2001::1";
  const near =
    "2001:db8:a:0:8000::1 2001:db8:a::1:1 ::1:0:0:1 ::ffff:0:1 ::8001 2001:db8:a::8001 ::3 :: ::1 2001:db8:a::10";
  expect(examples(6, [BARE])).toBe(`2001:db8:ffff::5 ${rest} fe80::1 ${near}`);
  expect(examples(6, [SIX(), BARE])).toBe(
    `2001:db8:ffff::5 ${rest} 2001:db8:5::1 2001:db8:9::1 fe80::1 ${near}`,
  );
});

test("IPv6: addresses in any order, and two that part inside the longer prefix of one of them", () => {
  const with6 = (...addresses: string[]): LinuxState =>
    kernelState([{ name: "a", addresses: ["10.0.0.10/24", "10.0.0.11/24", ...addresses].map(onInterface) }]);
  expect(starts(6, with6("2001:db8:a::8000/112", "2001:db8:a::10/64"))).toBe(starts(6, BARE));
  expect(starts(6, with6("2001:db8:a::1:10/112", "2001:db8:a::10/64"))).toContain(
    "2001:db8:a:: 2001:db8:a::10 2001:db8:a::11 2001:db8:a::1:0 2001:db8:a::1:10 2001:db8:a::1:11 2001:db8:a::2:0 2001:db8:a:0:8000::",
  );
});

test("an example stands for the one interval that holds it", () => {
  expect(examples(4, [BARE], "203.0.113.5/32", "203.0.113.4/32").split(" ").slice(0, 4)).toEqual([
    "198.51.100.5", "203.0.113.5", "224.0.1.1", "127.0.0.3",
  ]); // prettier-ignore
  expect(examples(4, [BARE], "203.0.113.5/32", "203.0.113.4/32")).toContain(" 203.0.113.4");
});

test("local routes of prefixes, and those of other tables, are told apart; broadcasts of a device are not", () => {
  const of = (...lines: string[]): string[] => examples(4, [host(4, ...lines)]).split(" ");
  const prefixes = of("route add local 192.0.2.0/30 dev a", "route add local 192.0.2.8/30 dev a");
  expect(prefixes).toEqual(expect.arrayContaining(["192.0.2.1", "192.0.2.9"]));
  const main = of("route add local 192.0.2.1 dev a table main", "route add local 192.0.2.9 dev a table main");
  expect(main).toEqual(expect.arrayContaining(["192.0.2.1", "192.0.2.9"]));
  const broadcasts = of("route add broadcast 192.0.2.1 dev a", "route add broadcast 192.0.2.9 dev a");
  expect(broadcasts).not.toEqual(expect.arrayContaining(["192.0.2.9"]));
});

describe("the host's own addresses are one class for each device, as long as nothing sets one apart", () => {
  const own = (...lines: string[]): string[] =>
    examples(4, [host(4, ...lines)])
      .split(" ")
      .filter((text) => text.startsWith("10.0.0.1") && text.length === "10.0.0.10".length);
  const changed = (change: (routes: LinuxState["routes"][4][number]) => object): string[] => {
    const state: LinuxState = {
      ...BARE,
      routes: {
        ...BARE.routes,
        4: BARE.routes[4].map((route) =>
          formatAddress(route.to) === "10.0.0.11" ? { ...route, ...change(route) } : route,
        ),
      },
    };
    return examples(4, [state])
      .split(" ")
      .filter((text) => text === "10.0.0.10" || text === "10.0.0.11");
  };

  test.each<[string, string[], string[]]>([
    ["nothing", [], ["10.0.0.10", "10.0.0.13"]],
    ["a rule", ["rule add priority 5 to 10.0.0.11 lookup 7"], ["10.0.0.13", "10.0.0.10", "10.0.0.11"]],
    [
      "a second route",
      ["route append local 10.0.0.11 dev lo table local"],
      ["10.0.0.13", "10.0.0.10", "10.0.0.11"],
    ],
  ])("%s", (_name, lines, want) => {
    expect(own(...lines).sort()).toEqual([...want].sort());
  });

  test.each<[string, (route: LinuxState["routes"][4][number]) => object, string[]]>([
    ["another table", () => ({ source: undefined }), ["10.0.0.10"]],
    ["what is not understood", () => ({ unmodelled: ["encap"] }), ["10.0.0.10", "10.0.0.11"]],
    ["another type", () => ({ type: "anycast" }), ["10.0.0.10", "10.0.0.11"]],
    [
      "another device",
      ({ hops }) => ({ hops: hops.map((hop) => ({ ...hop, link: "lo" })) }),
      ["10.0.0.10", "10.0.0.11"],
    ],
    [
      "a hop that is dead",
      ({ hops }) => ({ hops: hops.map((hop) => ({ ...hop, dead: true })) }),
      ["10.0.0.10", "10.0.0.11"],
    ],
    ["two hops", ({ hops }) => ({ hops: [...hops, ...hops] }), ["10.0.0.10", "10.0.0.11"]],
  ])("%s of one route", (_name, change, want) => {
    expect(changed(change)).toEqual(want);
  });
});

test("what the kernel treats in its own way", () => {
  const texts = (family: Family): string[] =>
    SPECIAL[family].map(({ value, length }) => `${formatAddress({ family, value })}/${length}`);
  expect(texts(4)).toEqual([
    "0.0.0.0/32",
    "127.0.0.0/8",
    "224.0.0.0/4",
    "224.0.0.0/24",
    "255.255.255.255/32",
  ]);
  expect(texts(6)).toEqual(["::/128", "::1/128", "::ffff:0:0/96", "fe80::/10", "ff00::/8"]);
  expect(MULTICAST_SCOPES.map((p) => formatAddress(p)).slice(0, 3)).toEqual(["ff00::", "ff01::", "ff02::"]);
});

test("no host, no more than the kernel's own blocks", () => {
  const model: Model = compile({
    ...BARE,
    links: [],
    addresses: [],
    rules: { 4: [], 6: [] },
    routes: { 4: [], 6: [] },
  });
  expect(shown(4, intervals(4, [model], []))).toBe(
    "0.0.0.0 0.0.0.1 127.0.0.0 128.0.0.0 224.0.0.0 224.0.1.0 240.0.0.0 255.255.255.255",
  );
  expect(classes(4, [model], []).map(formatAddress).join(" ")).toBe(
    "203.0.113.5 224.0.1.1 127.0.0.1 224.0.0.1 0.0.0.0 255.255.255.255",
  );
});
