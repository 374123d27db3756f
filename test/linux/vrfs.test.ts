import { formatAddress } from "../../lib/net";
import {
  InputFlow,
  LinuxState,
  OutputFlow,
  applyBatch,
  compile,
  connect,
  describeOutcome,
  input,
  inputLookup,
  kernelState,
  output,
  plainAddress,
  withAddress,
  withVrf,
} from "../../lib/linux";
import { address, onInterface } from "./support/hosts";

/** Lookups in a VRF (net/l3mdev/l3mdev.c): which table, which devices, and whose address is lent. */

const DEVICES = ["a", "p", "q", "r", "blue"];
const MADE: LinuxState = withVrf(
  kernelState(
    [
      { name: "a", addresses: ["10.0.0.10/24", "2001:db8:a::10/64"].map(onInterface) },
      { name: "p", addresses: ["10.0.1.10/24", "2001:db8:b::10/64", "fe80::b/64"].map(onInterface) },
      { name: "q", addresses: ["10.0.2.10/24", "2001:db8:c::10/64"].map(onInterface) },
      { name: "r", addresses: [] },
    ],
    Object.fromEntries([
      ["ipv6/conf/all/forwarding", 1],
      ...DEVICES.map((name) => [`ipv4/conf/${name}/forwarding`, 1] as const),
    ]),
  ),
  { name: "blue", table: 88, ports: ["p", "q", "r"] },
);
const OWN = ["10.9.9.9/32", "2001:db8:99::9/128"].map(onInterface);
const withOwn = (state: LinuxState): LinuxState => {
  const more = OWN.reduce(
    (sofar, one) => withAddress(sofar, plainAddress("blue", one.address, one.length)),
    state,
  );
  const moved = (route: LinuxState["routes"][4][number]) =>
    route.hops[0]?.link === "blue" ? { ...route, table: 88 } : route;
  return { ...more, routes: { 4: more.routes[4].map(moved), 6: more.routes[6].map(moved) } };
};
const FIRST = "rule add priority 1001 lookup local\nrule del priority 0\n";
const routed = (state: LinuxState): LinuxState =>
  applyBatch(
    applyBatch(
      state,
      4,
      `${FIRST}route add default via 10.0.1.1 dev p table 88\nroute add 198.51.100.0/24 dev r table 88\nroute add default via 10.0.0.1 dev a`,
    ),
    6,
    `${FIRST}route add default via fe80::1 dev p table 88\nroute add 2001:db8:5::/48 dev r table 88\nroute add default via fe80::1 dev a`,
  );
const HOST = routed(withOwn(MADE));
const out = (to: string, flow: Partial<OutputFlow> = {}, state: LinuxState = HOST): string =>
  describeOutcome(output(compile(state), { to: address(to), ...flow }));

test.each<[oif: string | undefined, from: string | undefined, to: string, want: string]>([
  [undefined, undefined, "10.0.2.77", "by a via 10.0.0.1 from 10.0.0.10"],
  [undefined, "10.0.1.10", "203.0.113.5", "by a via 10.0.0.1 from 10.0.1.10"],
  ["blue", undefined, "203.0.113.5", "by p via 10.0.1.1 from 10.0.1.10"],
  ["blue", undefined, "10.0.2.77", "by q directly from 10.0.2.10"],
  ["blue", undefined, "10.0.2.10", "delivered to the host itself"],
  ["blue", undefined, "10.0.0.10", "by p via 10.0.1.1 from 10.0.1.10"],
  ["blue", undefined, "198.51.100.7", "by r directly from 10.9.9.9"],
  ["blue", "10.9.9.9", "198.51.100.7", "by r directly from 10.9.9.9"],
  ["p", undefined, "10.0.2.77", "by p via 10.0.1.1 from 10.0.1.10"],
  ["q", undefined, "10.0.2.77", "by q directly from 10.0.2.10"],
  ["q", undefined, "203.0.113.5", "network unreachable (no rule is left)"],
  ["r", undefined, "198.51.100.7", "by r directly from 10.9.9.9"],
  ["a", undefined, "10.0.2.77", "by a via 10.0.0.1 from 10.0.0.10"],
  [undefined, undefined, "2001:db8:c::77", "by a via fe80::1 from 2001:db8:a::10"],
  ["blue", undefined, "2001:db8:ffff::5", "by p via fe80::1 from 2001:db8:b::10"],
  ["blue", undefined, "2001:db8:c::77", "by q directly from 2001:db8:c::10"],
  ["blue", undefined, "2001:db8:c::10", "delivered to the host itself"],
  ["blue", undefined, "2001:db8:5::7", "by r directly from 2001:db8:99::9"],
  ["p", undefined, "2001:db8:c::77", "by p via fe80::1 from 2001:db8:b::10"],
  ["p", undefined, "fe80::77", "by p directly from fe80::b"],
  ["q", undefined, "2001:db8:ffff::5", "network unreachable (no rule is left)"],
  ["r", undefined, "fe80::77", "by r directly"],
  ["r", undefined, "2001:db8:5::7", "by r directly from 2001:db8:99::9"],
])("bound to %s, from %s to %s", (oif, from, to, want) => {
  expect(out(to, { oif, from: from === undefined ? undefined : address(from) })).toBe(want);
});

test("an address is lent by the port, else by the VRF, else by another of its ports, never by the host's own world", () => {
  const bare = routed(MADE);
  expect(out("198.51.100.7", { oif: "r" }, bare)).toBe("by r directly from 10.0.1.10");
  expect(out("2001:db8:5::7", { oif: "r" }, bare)).toBe("by r directly from 2001:db8:b::10");
  const alone: LinuxState = {
    ...bare,
    addresses: bare.addresses.filter(({ link }) => link === "a" || link === "lo"),
  };
  expect(out("198.51.100.7", { oif: "r" }, alone)).toBe("by r directly");
  expect(out("2001:db8:5::7", { oif: "r" }, alone)).toBe("by r directly");
  const secondary: LinuxState = {
    ...HOST,
    addresses: HOST.addresses.map((one) =>
      one.link === "blue" ? { ...one, secondary: one.address.family === 4, deprecated: true } : one,
    ),
  };
  expect(out("198.51.100.7", { oif: "r" }, secondary)).toBe("by r directly from 10.0.1.10");
  expect(out("2001:db8:5::7", { oif: "r" }, secondary)).toBe("by r directly from 2001:db8:99::9");
});

test("a connection in a VRF", () => {
  const go = (to: string, oif: string): string =>
    describeOutcome(connect(compile(HOST), { to: address(to), oif }));
  expect(go("203.0.113.5", "blue")).toBe("by p via 10.0.1.1 from 10.0.1.10");
  expect(go("2001:db8:ffff::5", "blue")).toBe("by p via fe80::1 from 2001:db8:b::10");
});

test.each<[iif: string, from: string, to: string, want: string, device?: string]>([
  ["a", "10.0.2.77", "10.0.1.10", "by a via 10.0.0.1", "a"],
  ["a", "10.0.2.77", "10.0.0.10", "delivered to the host itself", "lo"],
  ["p", "10.0.2.77", "10.0.1.10", "delivered to the host itself", "blue"],
  ["q", "10.0.2.77", "10.0.1.10", "delivered to the host itself", "blue"],
  ["q", "10.0.2.77", "10.9.9.9", "delivered to the host itself", "blue"],
  ["p", "10.0.2.77", "10.0.0.10", "by p via 10.0.1.1", "p"],
  ["p", "10.0.2.77", "10.0.1.255", "broadcast by lo directly", "lo"],
  ["blue", "10.0.2.77", "10.0.1.10", "delivered to the host itself", "blue"],
  ["a", "2001:db8:c::77", "2001:db8:b::10", "by a via fe80::1", "a"],
  ["a", "2001:db8:c::77", "2001:db8:a::10", "delivered to the host itself", "lo"],
  ["p", "2001:db8:c::77", "2001:db8:b::10", "delivered to the host itself", "blue"],
  ["q", "2001:db8:c::77", "2001:db8:b::10", "delivered to the host itself", "blue"],
  ["q", "2001:db8:c::77", "2001:db8:99::9", "delivered to the host itself", "blue"],
  ["p", "2001:db8:c::77", "2001:db8:a::10", "by p via fe80::1", "p"],
  ["blue", "2001:db8:c::77", "2001:db8:ffff::5", "by p via fe80::1", "p"],
])("arriving by %s, from %s to %s", (iif, from, to, want, device) => {
  const flow: InputFlow = { from: address(from), to: address(to), iif };
  for (const outcome of [input(compile(HOST), flow), inputLookup(compile(HOST), flow)]) {
    expect(describeOutcome(outcome)).toBe(want);
    expect(outcome.kind === "route" && outcome.hops.map((hop) => hop.device)).toEqual([device]);
  }
});

test("the reverse path check of a port is that of its VRF: any of its ports will do", () => {
  const strict: LinuxState = {
    ...HOST,
    sysctls: { ...HOST.sysctls, "ipv4/conf/blue/rp_filter": 1, "ipv4/conf/a/rp_filter": 1 },
  };
  const come = (from: string, iif: string): string =>
    describeOutcome(
      input(compile(strict), {
        from: address(from),
        to: address(iif === "a" ? "10.0.0.10" : "10.0.1.10"),
        iif,
      }),
    );
  expect(come("10.0.2.77", "p")).toBe("delivered to the host itself");
  expect(come("203.0.113.5", "q")).toBe("delivered to the host itself");
  expect(come("10.0.2.10", "p")).toContain("the way back to the source is a local route");
  expect(come("203.0.113.5", "a")).toBe("delivered to the host itself");
});

test("the own addresses of a VRF are those of its devices", () => {
  const own = compile(HOST)[4].own;
  expect([...own].map(([value, devices]) => [formatAddress({ family: 4, value }), devices])).toEqual([
    ["127.0.0.1", [0]], ["10.0.0.10", [1]], ["10.0.1.10", [2]], ["10.0.2.10", [3]], ["10.9.9.9", [5]],
  ]); // prettier-ignore
  expect(compile(HOST).devices.map(({ link, l3mdev }) => [link.name, l3mdev])).toEqual([
    ["lo", -1], ["a", -1], ["p", 5], ["q", 5], ["r", 5], ["blue", 5],
  ]); // prettier-ignore
});
