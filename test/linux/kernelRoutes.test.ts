import { describeRoute, kernelState } from "../../lib/linux";
import { addressRoutes } from "../../lib/linux/kernel-routes";
import { plainAddress, withAddress } from "../../lib/linux/kernel-state";
import { LinkAddress, LinuxState } from "../../lib/linux/state";
import { address, onInterface } from "./support/hosts";

/** What a kernel makes by itself (net/ipv4/fib_frontend.c, net/ipv6/addrconf.c), whole. */

const at = (text: string, link = "eth0", more: Partial<LinkAddress> = {}): LinkAddress => {
  const { address: own, length } = onInterface(text);
  return { ...plainAddress(link, own, length), ...more };
};
const routes = (own: LinkAddress, primary = own.address): string[] =>
  addressRoutes(own, primary).map(
    (route) => `${describeRoute(route)} scope ${route.scope} proto ${route.origin}`,
  );

test.each<[string, LinkAddress, string[]]>([
  ["a subnet", at("10.0.0.10/24"), [
    "local 10.0.0.10 dev eth0 src 10.0.0.10 table local scope 254 proto 2",
    "10.0.0.0/24 dev eth0 src 10.0.0.10 table main scope 253 proto 2",
    "broadcast 10.0.0.255 dev eth0 src 10.0.0.10 table local scope 253 proto 2",
  ]],
  ["a subnet of 30 bits", at("10.0.0.9/30"), [
    "local 10.0.0.9 dev eth0 src 10.0.0.9 table local scope 254 proto 2",
    "10.0.0.8/30 dev eth0 src 10.0.0.9 table main scope 253 proto 2",
    "broadcast 10.0.0.11 dev eth0 src 10.0.0.9 table local scope 253 proto 2",
  ]],
  ["a link of two", at("10.0.0.10/31"), [
    "local 10.0.0.10 dev eth0 src 10.0.0.10 table local scope 254 proto 2",
    "10.0.0.10/31 dev eth0 src 10.0.0.10 table main scope 253 proto 2",
  ]],
  ["an address alone", at("10.0.0.10/32"), ["local 10.0.0.10 dev eth0 src 10.0.0.10 table local scope 254 proto 2"]],
  ["one without its subnet", at("10.0.0.10/24", "eth0", { noPrefixRoute: true }), [
    "local 10.0.0.10 dev eth0 src 10.0.0.10 table local scope 254 proto 2",
    "broadcast 10.0.0.255 dev eth0 src 10.0.0.10 table local scope 253 proto 2",
  ]],
  ["a secondary one", at("10.0.0.10/24", "eth0", { secondary: true }), [
    "local 10.0.0.10 dev eth0 src 10.0.0.10 table local scope 254 proto 2",
  ]],
  ["one with a peer", at("10.9.0.1/24", "eth0", { peer: address("10.8.0.1") }), [
    "local 10.9.0.1 dev eth0 src 10.9.0.1 table local scope 254 proto 2",
    "10.8.0.0/24 dev eth0 src 10.9.0.1 table main scope 253 proto 2",
    "broadcast 10.8.0.255 dev eth0 src 10.9.0.1 table local scope 253 proto 2",
  ]],
  ["one with a peer alone", at("10.9.0.1/32", "eth0", { peer: address("10.8.0.1") }), [
    "local 10.9.0.1 dev eth0 src 10.9.0.1 table local scope 254 proto 2",
    "10.8.0.1 dev eth0 src 10.9.0.1 table main scope 253 proto 2",
  ]],
  ["the loopback's own", at("127.0.0.1/8", "lo"), [
    "local 127.0.0.1 dev lo src 127.0.0.1 table local scope 254 proto 2",
    "local 127.0.0.0/8 dev lo src 127.0.0.1 table local scope 254 proto 2",
    "broadcast 127.255.255.255 dev lo src 127.0.0.1 table local scope 253 proto 2",
  ]],
  ["another on the loopback", at("192.0.2.1/24", "lo"), [
    "local 192.0.2.1 dev lo src 192.0.2.1 table local scope 254 proto 2",
    "local 192.0.2.0/24 dev lo src 192.0.2.1 table local scope 254 proto 2",
    "broadcast 192.0.2.255 dev lo src 192.0.2.1 table local scope 253 proto 2",
  ]],
  ["one of IPv6", at("2001:db8::10/64"), [
    "local 2001:db8::10 dev eth0 table local scope 0 proto 2",
    "2001:db8::/64 dev eth0 metric 256 table main scope 0 proto 2",
  ]],
  ["one of IPv6 alone", at("2001:db8::10/128"), ["local 2001:db8::10 dev eth0 table local scope 0 proto 2"]],
  ["one of IPv6 without its subnet", at("2001:db8::10/64", "eth0", { noPrefixRoute: true }), ["local 2001:db8::10 dev eth0 table local scope 0 proto 2"]],
  ["one of IPv6 on the loopback", at("2001:db8::10/64", "lo"), [
    "local 2001:db8::10 dev lo table local scope 0 proto 2",
    "2001:db8::/64 dev lo metric 256 table main scope 0 proto 2",
  ]],
  ["one of IPv6 with a peer", at("fd00::1/64", "eth0", { peer: address("fd00:1::2") }), [
    "local fd00::1 dev eth0 table local scope 0 proto 2",
    "fd00::/64 dev eth0 metric 256 table main scope 0 proto 2",
    "fd00:1::2 dev eth0 metric 256 table main scope 0 proto 2",
  ]],
])("the routes of %s", (_name, own, want) => expect(routes(own)).toEqual(want)); // prettier-ignore

test("addresses in one subnet share the first one's source; other lengths, devices and subnets do not", () => {
  const bare = kernelState([{ name: "eth0", addresses: [] }, { name: "eth1", addresses: [] }]);
  const after = (...list: LinkAddress[]): LinuxState => list.reduce(withAddress, bare);
  const secondary = (...list: LinkAddress[]): boolean => after(...list).addresses.at(-1)!.secondary;
  expect(secondary(at("10.0.0.10/24"), at("10.0.0.11/24"))).toBe(true);
  expect(secondary(at("10.0.0.10/24"), at("10.0.0.11/25"))).toBe(false);
  expect(secondary(at("10.0.0.10/24"), at("10.0.1.11/24"))).toBe(false);
  expect(secondary(at("10.0.0.10/24"), at("10.0.0.11/24", "eth1"))).toBe(false);
  expect(secondary(at("10.0.0.10/24"), at("10.0.0.11/24", "eth0", { peer: address("10.0.1.1") }))).toBe(false);
  expect(secondary(at("10.0.0.10/24", "eth0", { peer: address("10.0.1.2") }), at("10.0.1.11/24"))).toBe(true);
  expect(secondary(at("2001:db8::10/64"), at("2001:db8::11/64"))).toBe(false);
  expect(secondary(at("2001:db8::10/64", "eth0", { secondary: true }))).toBe(true);
  expect(secondary(at("2001:db8::/24"), at("10.0.0.11/24"))).toBe(false);
  const shared = after(at("10.0.0.10/24"), at("10.0.0.11/24")).routes[4].at(-1)!;
  expect(describeRoute(shared)).toBe("local 10.0.0.11 dev eth0 src 10.0.0.10 table local");
  const two = after(at("2001:db8::10/64"), at("2001:db8::11/64"), at("2001:db8::12/65"), at("2001:db8::13/64", "eth1"), at("2001:db8:1::1/64"));
  expect(two.routes[6].filter(({ metric, to }) => metric === 256 && to.value >> 112n === 0x2001n).map(describeRoute)).toEqual([
    "2001:db8::/64 dev eth0 metric 256 table main", "2001:db8::/65 dev eth0 metric 256 table main",
    "2001:db8::/64 dev eth1 metric 256 table main", "2001:db8:1::/64 dev eth0 metric 256 table main",
  ]);
  const again = after(at("10.0.0.10/32"), at("10.0.0.10/32", "eth1"));
  expect(again.routes[4].filter(({ to }) => to.value === address("10.0.0.10").value)).toHaveLength(2);
}); // prettier-ignore

test("the scope of an address is that of the host for the loopback's own, and everywhere for others", () => {
  const scope = (text: string, link: string): number => at(text, link).scope;
  expect([scope("127.0.0.1/8", "lo"), scope("127.9.9.9/32", "lo"), scope("::1/128", "lo")]).toEqual([254, 254, 254]);
  expect([scope("128.0.0.1/8", "lo"), scope("::2/128", "lo"), scope("127.0.0.1/8", "eth0"), scope("::1/128", "eth0")]).toEqual([0, 0, 0, 0]);
  expect(at("10.0.0.1/24")).toEqual({
    link: "eth0", address: address("10.0.0.1"), length: 24, scope: 0, secondary: false, deprecated: false, tentative: false,
    dadFailed: false, optimistic: false, home: false, noPrefixRoute: false, unmodelled: [],
  });
}); // prettier-ignore

test("a host: its devices, its rules, and the values that routing reads", () => {
  const state = kernelState([{ name: "lo", addresses: [onInterface("192.0.2.1/32")], group: 9 }, { name: "eth0", addresses: [], group: 7, kind: "veth", mac: "02:00:00:00:00:01" }], { "ipv4/conf/eth0/rp_filter": 2 });
  const link = { up: true, carrier: true, loopback: false, group: 0, kind: undefined, mac: undefined };
  expect(state.links).toEqual([
    { ...link, index: 1, name: "lo", loopback: true },
    { ...link, index: 2, name: "eth0", group: 7, kind: "veth", mac: "02:00:00:00:00:01" },
  ]);
  expect(state.rules[4].map(({ priority, action, origin }) => [priority, action, origin])).toEqual([
    [0, { kind: "lookup", table: 255 }, 2], [32766, { kind: "lookup", table: 254 }, 2], [32767, { kind: "lookup", table: 253 }, 2],
  ]);
  expect(state.rules[6]).toEqual(state.rules[4].slice(0, 2));
  expect(state.addresses.map(({ link: name, address: own }) => [name, own])).toEqual([
    ["lo", address("127.0.0.1")], ["lo", address("::1")], ["lo", address("192.0.2.1")],
  ]);
  const keys = ["rp_filter", "accept_local", "src_valid_mark", "forwarding", "bc_forwarding", "route_localnet", "ignore_routes_with_linkdown", "arp_ignore", "arp_announce", "arp_filter"];
  expect(state.sysctls).toEqual({
    "ipv6/conf/all/forwarding": 0,
    ...Object.fromEntries(["all", "lo", "eth0"].flatMap((name) => [
      ...keys.map((key) => [`ipv4/conf/${name}/${key}`, 0]),
      [`ipv4/conf/${name}/send_redirects`, 1],
      [`ipv6/conf/${name}/ignore_routes_with_linkdown`, 0],
    ]) as [string, number][]),
    "ipv4/conf/eth0/rp_filter": 2,
  });
  expect(state.routes[6].map((r) => `${describeRoute(r)} ${r.origin}`)).toEqual([
    "fe80::/64 dev eth0 metric 256 table main 2", "multicast ff00::/8 dev eth0 metric 256 table local 2", "local ::1 dev lo table local 2",
  ]);
  expect(state.gaps).toEqual([]);
}); // prettier-ignore
