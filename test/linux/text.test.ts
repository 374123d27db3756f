import {
  Flow,
  Outcome,
  Route,
  Rule,
  describeFlow,
  describeOutcome,
  describeRoute,
  describeRule,
} from "../../lib/linux";
import { hopTo, plainRoute, plainRule } from "../../lib/linux/kernel-routes";
import { address, prefix } from "./support/hosts";

test.each<[Partial<Rule>, string]>([
  [{}, "5: from all lookup main"],
  [
    { not: true, from: prefix("10.0.0.0/8"), to: prefix("10.0.0.1/32") },
    "5: not from 10.0.0.0/8 to 10.0.0.1 lookup main",
  ],
  [
    { mark: { value: 0x80000000, mask: -1 }, tunnelId: "7" },
    "5: from all fwmark 0x80000000/0xffffffff tun_id 7 lookup main",
  ],
  [
    { protocol: 89, sourcePorts: [5, 5], destinationPorts: [80, 443] },
    "5: from all ipproto protocol 89 sport 5 dport 80-443 lookup main",
  ],
  [
    { protocol: 1, uids: [0, 9], tos: 16, iif: "a", oif: "b" },
    "5: from all iif a oif b tos 0x10 uidrange 0-9 ipproto icmp lookup main",
  ],
  [{ l3mdev: true }, "5: from all lookup [l3mdev-table]"],
  [{ action: { kind: "goto", priority: 9 } }, "5: from all goto 9"],
  [{ action: { kind: "prohibit" } }, "5: from all prohibit"],
  [
    { action: { kind: "lookup", table: 253 }, suppressPrefixLength: 0, suppressGroup: 0 },
    "5: from all lookup default suppress_prefixlength 0 suppress_ifgroup 0",
  ],
])("rule %#", (rule, text) => {
  expect(describeRule(plainRule({ priority: 5, action: { kind: "lookup", table: 254 }, ...rule }))).toBe(
    text,
  );
});

test.each<[Partial<Route>, string]>([
  [{}, "default table 255".replace("255", "local")],
  [{ type: "throw", to: prefix("10.0.0.0/8"), metric: 5 }, "throw 10.0.0.0/8 metric 5 table local"],
  [
    {
      hops: [{ ...hopTo("a", address("10.0.0.1")), onLink: true, dead: true, linkDown: true }],
      source: address("10.0.0.9"),
      tos: 4,
    },
    "default tos 0x4 via 10.0.0.1 dev a onlink dead linkdown src 10.0.0.9 table local",
  ],
  [
    { hops: [hopTo("a"), hopTo("b", address("fe80::1"))], from: prefix("fd00::/8") },
    "default from fd00::/8 table local nexthop dev a nexthop via fe80::1 dev b",
  ],
])("route %#", (route, text) => {
  expect(describeRoute(plainRoute(4, { table: 255, to: prefix("0.0.0.0/0"), ...route }))).toBe(text);
});

test("flows", () => {
  const flow: Flow = {
    to: address("8.8.8.8"),
    mark: 5,
    tos: 16,
    uid: 7,
    protocol: 17,
    sourcePort: 1,
    destinationPort: 2,
  };
  expect(describeFlow(flow)).toBe("unbound -> 8.8.8.8 udp sport 1 dport 2 mark 0x5 tos 0x10 uid 7");
  expect(describeFlow({ to: address("fd00::1"), from: address("fd00::2"), iif: "a", protocol: 58 })).toBe(
    "fd00::2 -> fd00::1 arriving by a icmpv6",
  );
  expect(describeFlow({ to: address("fd00::1"), oif: "a" })).toBe("unbound -> fd00::1 bound to a");
});

test.each<[Outcome, string]>([
  [{ kind: "unknown", because: "of that" }, "unknown: of that"],
  [{ kind: "error", error: "EACCES", check: "so" }, "prohibited (so)"],
  [{ kind: "error", error: "EADDRNOTAVAIL" }, "no usable source address (no route)"],
  [
    {
      kind: "error",
      error: "ENETUNREACH",
      rule: plainRule({ priority: 9, action: { kind: "unreachable" } }),
    },
    'network unreachable (rule "9: from all unreachable")',
  ],
  [
    {
      kind: "error",
      error: "EHOSTUNREACH",
      rule: plainRule({ priority: 9, action: { kind: "nop" } }),
      route: plainRoute(4, { table: 9, to: prefix("0.0.0.0/0"), type: "unreachable" }),
    },
    'no route to host (route "unreachable default table 9")',
  ],
  [
    { kind: "route", type: "local", hops: [{ device: "lo" }], pretended: false },
    "delivered to the host itself",
  ],
  [
    {
      kind: "route",
      type: "unicast",
      hops: [{ device: "a", via: address("fe80::1") }, { device: "b" }],
      pretended: false,
    },
    "by a via fe80::1, or by b directly",
  ],
  [
    { kind: "route", type: "unicast", hops: [{ device: "a", source: address("10.0.0.1") }], pretended: true },
    "by a directly from 10.0.0.1 (no route: the destination is only taken for attached)",
  ],
  [
    { kind: "route", type: "broadcast", hops: [{ device: "a" }], pretended: false },
    "broadcast by a directly",
  ],
])("outcome %#", (outcome, text) => {
  expect(describeOutcome(outcome)).toBe(text);
});
