import { HostSpec, InterfaceSpec, PlanFamily } from "../../lib/model";
import { planHost } from "../../lib/plan";
import { ask } from "./support/kernel";

const FRONT: InterfaceSpec = { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] };
const BACK: InterfaceSpec = { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] };
const host = (interfaces: InterfaceSpec[], policy?: HostSpec["policy"]): HostSpec => ({
  name: "edge-1",
  interfaces,
  ...(policy && { policy }),
});

/** One line a route, as ip-route(8) writes them. */
function routesOf(family: PlanFamily, table: string): string[] {
  return family.routes
    .filter((r) => r.table === table)
    .map((r) =>
      [
        r.type === "unicast" ? r.to : `${r.type} ${r.to}`,
        r.via && `via ${r.via}`,
        r.dev && `dev ${r.dev}`,
        r.src && `src ${r.src}`,
        r.onLink && "onlink",
        r.metric && `metric ${r.metric}`,
      ]
        .filter(Boolean)
        .join(" "),
    );
}

const expectationsOf = (family: PlanFamily, name: string): string[] =>
  family.expectations
    .filter((e) => e.interface === name)
    .map((e) => `${e.class} ${e.to}: ${e.dev ?? "unreachable"}${e.via === undefined ? "" : ` via ${e.via}`}`);

const LAST_RESORT = "unreachable default metric 4278198272";

describe("two interfaces", () => {
  test("have a table each, with the connected subnet, the own gateway and a last resort", () => {
    const { ipv4, ipv6 } = planHost(host([FRONT, BACK]));
    expect(routesOf(ipv4, "front")).toEqual([
      "10.0.1.0/24 dev front src 10.0.1.10",
      "default via 10.0.1.1 dev front src 10.0.1.10 onlink",
      LAST_RESORT,
    ]);
    expect(routesOf(ipv4, "back")).toEqual([
      "10.0.2.0/24 dev back src 10.0.2.10",
      "default via 10.0.2.1 dev back src 10.0.2.10 onlink",
      LAST_RESORT,
    ]);
    expect(ipv6).toEqual({ covers: [], routes: [], rules: [], expectations: [], flows: [] });
    expect(expectationsOf(ipv4, "front")).toEqual([
      "elsewhere 192.0.2.1: front via 10.0.1.1",
      "attached 10.0.1.254: front",
      "other-attached 10.0.2.254: front via 10.0.1.1",
    ]);
  });

  test("reach each other's subnet by their gateways by default", () => {
    const byDefault = planHost(host([FRONT, BACK]));
    expect(planHost(host([FRONT, BACK], { onLink: "gateway", hostModel: "symmetric" }))).toEqual(byDefault);
    expect(ask(byDefault, byDefault.ipv4, { from: "10.0.1.10", to: "10.0.2.99" })).toBe(
      "out front via 10.0.1.1",
    );
  });

  test('reach each other\'s subnet directly with onLink "direct"', () => {
    const plan = planHost(host([FRONT, BACK], { onLink: "direct" }));
    expect(routesOf(plan.ipv4, "front")).toEqual([
      "10.0.1.0/24 dev front src 10.0.1.10",
      "10.0.2.0/24 dev back",
      "default via 10.0.1.1 dev front src 10.0.1.10 onlink",
      LAST_RESORT,
    ]);
    expect(expectationsOf(plan.ipv4, "front")).toContain("other-attached 10.0.2.254: back");
    expect(expectationsOf(plan.ipv4, "back")).toContain("other-attached 10.0.1.254: front");
    expect(ask(plan, plan.ipv4, { from: "10.0.1.10", to: "192.0.2.1" })).toBe("out front via 10.0.1.1");
  });

  test("reach directly in one direction what a direct pair names", () => {
    const plan = planHost(host([FRONT, BACK], { directPairs: [{ from: "front", to: "back" }] }));
    expect(ask(plan, plan.ipv4, { from: "10.0.1.10", to: "10.0.2.99" })).toBe("out back");
    expect(ask(plan, plan.ipv4, { from: "10.0.2.10", to: "10.0.1.99" })).toBe("out back via 10.0.2.1");
  });

  test("in one subnet answer by their own device, directly or not", () => {
    const twin = { name: "twin", addresses: ["10.0.1.20/24"], gateways: ["10.0.1.1"] };
    for (const onLink of ["gateway", "direct"] as const) {
      const plan = planHost(host([FRONT, twin], { onLink }));
      expect(ask(plan, plan.ipv4, { from: "10.0.1.10", to: "10.0.1.99" })).toBe("out front");
      expect(ask(plan, plan.ipv4, { from: "10.0.1.20", to: "10.0.1.99" })).toBe("out twin");
      expect(routesOf(plan.ipv4, "twin")).toHaveLength(3);
      expect(expectationsOf(plan.ipv4, "twin")).toEqual([
        "elsewhere 192.0.2.1: twin via 10.0.1.1",
        "attached 10.0.1.254: twin",
      ]);
    }
  });

  test("where the subnet of one lies within that of the other: directly the narrower, else the own", () => {
    const wide = { name: "wide", addresses: ["10.0.9.10/16"], gateways: ["10.0.0.1"] };
    const byGateway = planHost(host([wide, BACK]));
    expect(expectationsOf(byGateway.ipv4, "wide")).toEqual([
      "elsewhere 192.0.2.1: wide via 10.0.0.1",
      "attached 10.0.255.254: wide",
    ]);
    const direct = planHost(host([wide, BACK], { onLink: "direct" }));
    expect(expectationsOf(direct.ipv4, "wide")).toContain("other-attached 10.0.2.254: back");
    expect(ask(direct, direct.ipv4, { from: "10.0.9.10", to: "10.0.2.99" })).toBe("out back");
  });
});

describe("what clouds do", () => {
  test("/32 addresses with an on-link gateway need no subnet", () => {
    const { ipv4 } = planHost(
      host([
        { name: "nic0", addresses: ["10.128.0.5/32"], gateways: [{ address: "10.128.0.1", onLink: true }] },
      ]),
    );
    expect(routesOf(ipv4, "nic0")).toEqual([
      "default via 10.128.0.1 dev nic0 src 10.128.0.5 onlink",
      LAST_RESORT,
    ]);
    expect(expectationsOf(ipv4, "nic0")).toEqual(["elsewhere 192.0.2.1: nic0 via 10.128.0.1"]);
  });

  test("an IPv6 gateway outside of the subnets is on the link only where that is said", () => {
    const far = { address: "2001:db8:f::1", onLink: true };
    const { ipv6 } = planHost(host([{ name: "nic0", addresses: ["2001:db8:1::5/64"], gateways: [far] }]));
    expect(routesOf(ipv6, "nic0")).toEqual([
      "2001:db8:1::/64 dev nic0 src 2001:db8:1::5",
      "fe80::/64 dev nic0",
      "default via 2001:db8:f::1 dev nic0 src 2001:db8:1::5 onlink",
      LAST_RESORT,
    ]);
    const attached = { address: "2001:db8:1::1", onLink: true };
    expect(
      routesOf(
        planHost(host([{ name: "nic0", addresses: ["2001:db8:1::5/64"], gateways: [attached] }])).ipv6,
        "nic0",
      ),
    ).toContain("default via 2001:db8:1::1 dev nic0 src 2001:db8:1::5");
  });

  test("an IPv6 link-local gateway is a next hop as it is", () => {
    const { ipv6 } = planHost(
      host([{ name: "nic0", addresses: ["2001:db8:1::5/64"], gateways: ["FE80::1"] }]),
    );
    expect(routesOf(ipv6, "nic0")).toContain("default via fe80::1 dev nic0 src 2001:db8:1::5");
    const single = planHost(
      host([{ name: "nic0", addresses: ["2001:db8:1::5/128"], gateways: ["fe80::1"] }]),
    );
    expect(routesOf(single.ipv6, "nic0")).toEqual([
      "fe80::/64 dev nic0",
      "default via fe80::1 dev nic0 src 2001:db8:1::5",
      LAST_RESORT,
    ]);
  });

  test("delegated /28 and /80 are sources as a whole, with the addresses beside them in one rule where they fit", () => {
    const plan = planHost(
      host([
        {
          name: "eni",
          addresses: ["10.0.1.31/24", "10.0.1.30/24", "2001:db8:1::5/64"],
          delegatedPrefixes: ["2001:db8:1:0:aaaa::/80", "10.0.1.32/28"],
          gateways: ["10.0.1.1", "fe80::1"],
        },
      ]),
    );
    const dispatched = (family: PlanFamily) =>
      family.rules.flatMap((r) => (r.not === undefined ? (r.from ?? []) : []));
    expect(dispatched(plan.ipv4)).toEqual(["10.0.1.30/31", "10.0.1.32/28"]);
    expect(dispatched(plan.ipv6)).toEqual(["2001:db8:1::5/128", "2001:db8:1:0:aaaa::/80"]);
    expect(plan.interfaces[0].sources).toEqual([
      "10.0.1.31",
      "10.0.1.30",
      "2001:db8:1::5",
      "10.0.1.32/28",
      "2001:db8:1:0:aaaa::/80",
    ]);
    expect(plan.interfaces[0].addresses).toEqual(["10.0.1.31/24", "10.0.1.30/24", "2001:db8:1::5/64"]);
    expect(ask(plan, plan.ipv4, { from: "10.0.1.47", to: "192.0.2.1" })).toBe("out eni via 10.0.1.1");
    expect(ask(plan, plan.ipv4, { from: "10.0.1.48", to: "192.0.2.1" })).toBe("join");
  });

  test("an interface that has delegated prefixes alone is found by its MAC, and its routes name no source", () => {
    const plan = planHost(
      host([
        {
          name: "pods",
          match: { mac: "02:00:00:00:01:0A" },
          delegatedPrefixes: ["10.0.1.32/28"],
          subnets: ["10.0.1.0/24"],
          gateways: ["10.0.1.1"],
        },
      ]),
    );
    expect(plan.interfaces[0].match).toEqual({ mac: "02:00:00:00:01:0a" });
    expect(routesOf(plan.ipv4, "pods")).toEqual([
      "10.0.1.0/24 dev pods",
      "default via 10.0.1.1 dev pods onlink",
      LAST_RESORT,
    ]);
  });

  test("all ways of finding a device stand in the plan", () => {
    const match = { mac: "02:00:00:00:01:0a", ifname: "ens5", address: "10.0.1.10" };
    expect(planHost(host([{ ...FRONT, match }])).interfaces[0].match).toEqual(match);
    expect(planHost(host([FRONT])).interfaces[0].match).toEqual({ address: "10.0.1.10" });
    const both = { ...FRONT, addresses: ["2001:db8::5/64", "10.0.1.11/24", "10.0.1.10/24"] };
    expect(planHost(host([both])).interfaces[0].match).toEqual({ address: "10.0.1.11" });
  });

  test("declared routes are looked up before the default, by their next hop or on the link", () => {
    const { ipv4, ipv6 } = planHost(
      host([
        {
          name: "front",
          addresses: ["10.0.1.10/24", "2001:db8:1::10/64"],
          gateways: ["10.0.1.1", "2001:db8:1::1"],
          routes: [
            { to: "198.51.100.7/32" },
            { to: "172.31.0.0/16", via: "10.0.1.254" },
            { to: "2001:db8:a::/48", via: "2001:db8:1::fe" },
          ],
        },
      ]),
    );
    expect(routesOf(ipv4, "front")).toEqual([
      "10.0.1.0/24 dev front src 10.0.1.10",
      "172.31.0.0/16 via 10.0.1.254 dev front src 10.0.1.10 onlink",
      "198.51.100.7/32 dev front src 10.0.1.10",
      "default via 10.0.1.1 dev front src 10.0.1.10 onlink",
      LAST_RESORT,
    ]);
    expect(routesOf(ipv6, "front")).toContain(
      "2001:db8:a::/48 via 2001:db8:1::fe dev front src 2001:db8:1::10",
    );
    expect(expectationsOf(ipv4, "front")).toEqual([
      "elsewhere 192.0.2.1: front via 10.0.1.1",
      "attached 10.0.1.254: front",
      "routed 172.31.255.254: front via 10.0.1.254",
      "routed 198.51.100.7: front",
    ]);
  });

  test("without a gateway a source reaches its subnet alone, and nothing else by anybody", () => {
    const { ipv4 } = planHost(host([{ name: "san", addresses: ["192.168.9.2/31"] }, FRONT]));
    expect(routesOf(ipv4, "san")).toEqual(["192.168.9.2/31 dev san src 192.168.9.2", LAST_RESORT]);
    expect(expectationsOf(ipv4, "san")).toEqual([
      "elsewhere 192.0.2.1: unreachable",
      "attached 192.168.9.3: san",
      "other-attached 10.0.1.254: unreachable",
    ]);
  });
});

describe("expectations ask about foreign addresses", () => {
  test("elsewhere is outside of what is declared, also when the documentation ranges are in use", () => {
    const elsewhere = (addresses: string[], routes: InterfaceSpec["routes"] = []): string | undefined => {
      const plan = planHost(host([{ name: "a", addresses, routes }]));
      return [...plan.ipv4.expectations, ...plan.ipv6.expectations].find((e) => e.class === "elsewhere")?.to;
    };
    expect(elsewhere(["192.0.2.1/32"])).toBe("198.51.100.1");
    expect(elsewhere(["192.0.2.10/24"])).toBe("198.51.100.1");
    expect(elsewhere(["10.0.0.2/24"], [{ to: "192.0.0.0/8" }])).toBe("198.51.100.1");
    expect(elsewhere(["192.0.2.10/24", "198.51.100.10/24"])).toBe("203.0.113.1");
    expect(elsewhere(["192.0.2.10/24", "198.51.100.10/24", "203.0.113.10/24"])).toBe("1.0.0.0");
    expect(elsewhere(["1.0.0.10/24", "1.0.1.10/23"], [{ to: "128.0.0.0/1" }])).toBe("1.0.2.0");
    expect(elsewhere(["10.0.0.2/24"], [{ to: "0.0.0.0/1" }, { to: "128.0.0.0/1" }])).toBeUndefined();
    expect(elsewhere(["2001:db8:ffff:ffff::2/64"])).toBe("2001:db8::1");
    expect(elsewhere(["2001:db8:9::2/64"], [{ to: "2001:db8::/32" }])).toBe("3fff:ffff::1");
    expect(elsewhere(["2001:db8:9::2/64"], [{ to: "2001:db8::/32" }, { to: "3fff:ffff::/32" }])).toBe(
      "2000::",
    );
    expect(elsewhere(["2001:db8:9::2/64"], [{ to: "2000::/3" }])).toBe("4000::");
  });

  test("the one of a subnet is never an address or a delegated prefix of the host, whatever is left", () => {
    const attached = (
      addresses: string[],
      delegatedPrefixes: string[] = [],
      other: string[] = [],
    ): string[] => {
      const interfaces: InterfaceSpec[] = [{ name: "a", addresses, delegatedPrefixes }];
      if (other.length > 0) interfaces.push({ name: "b", addresses: other });
      const plan = planHost(host(interfaces));
      return [...plan.ipv4.expectations, ...plan.ipv6.expectations]
        .filter((e) => e.class === "attached" && e.interface === "a")
        .map((e) => e.to);
    };
    expect(attached(["10.0.1.10/24"])).toEqual(["10.0.1.254"]);
    expect(attached(["10.0.1.254/24"])).toEqual(["10.0.1.253"]);
    expect(attached(["10.0.1.10/24"], ["10.0.1.128/25"])).toEqual(["10.0.1.127"]);
    expect(attached(["10.0.1.1/30"], [], ["10.0.1.2/32"])).toEqual([]);
    expect(attached(["10.0.1.1/30"])).toEqual(["10.0.1.2"]);
    expect(attached(["10.0.1.2/30"])).toEqual(["10.0.1.1"]);
    expect(attached(["10.0.1.1/31"])).toEqual(["10.0.1.0"]);
    expect(attached(["10.0.1.0/31"])).toEqual(["10.0.1.1"]);
    expect(attached(["10.0.1.9/29"], ["10.0.1.8/29"])).toEqual([]);
    expect(attached(["2001:db8::5/64"], ["2001:db8:0:0:8000::/65"])).toEqual([
      "2001:db8::7fff:ffff:ffff:ffff",
    ]);
  });

  test("the one of a wide prefix is not in a narrower one that goes elsewhere", () => {
    const plan = planHost(
      host([
        {
          name: "a",
          addresses: ["10.0.1.10/24"],
          gateways: ["10.0.1.1"],
          routes: [
            { to: "172.16.0.0/12" },
            { to: "172.31.0.0/16", via: "10.0.1.2" },
            { to: "172.30.255.254/32", via: "10.0.1.3" },
          ],
        },
      ]),
    );
    expect(expectationsOf(plan.ipv4, "a").filter((e) => e.startsWith("routed"))).toEqual([
      "routed 172.30.255.255: a",
      "routed 172.30.255.254: a via 10.0.1.3",
      "routed 172.31.255.254: a via 10.0.1.2",
    ]);
  });
});
