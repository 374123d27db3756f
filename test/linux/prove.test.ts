import { hostPrefix } from "../../lib/net";
import {
  Intent,
  LinuxState,
  PROPERTIES,
  ProveOptions,
  PropertyId,
  PropertyResult,
  Witness,
  applyBatch,
  prove,
} from "../../lib/linux";
import { Nic, address, freshHost, intentOf, nics, prefix, recipe, recipeHost } from "./support/hosts";

const LIST: readonly Nic[] = nics(2, 2, true);
const INTENT = intentOf(LIST);
const GOOD = recipeHost(LIST);

function result(
  property: PropertyId,
  state: LinuxState,
  { family = 4, intent = INTENT, ...options }: ProveOptions & { family?: 4 | 6; intent?: Intent } = {},
): PropertyResult {
  const proof = prove(state, intent, { properties: [property], ...options });
  return proof.results.find((r) => r.family === family)!;
}

function witness(
  property: PropertyId,
  state: LinuxState,
  options: Parameters<typeof result>[2] = {},
): Witness {
  const found = result(property, state, options);
  expect(found.verdict).toBe("witness");
  return found.witnesses[0];
}

const without = (state: LinuxState, family: 4 | 6, ...lines: string[]): LinuxState => {
  const next = applyBatch(state, family, lines.join("\n"));
  expect(next.gaps).toEqual([]);
  return next;
};
const sysctl = (state: LinuxState, path: string, value: number): LinuxState => ({
  ...state,
  sysctls: { ...state.sysctls, [path]: value },
});

describe("a right host", () => {
  test("is proved, property by property", () => {
    const management = [{ peer: prefix("192.0.2.0/24"), local: address("10.0.0.10") }];
    const proof = prove(GOOD, intentOf(LIST, { management }), {
      before: freshHost(LIST),
      steps: [{ family: 4, text: "link set dev eth0 group 77" }],
    });
    expect(proof.verdict).toBe("proved");
    expect(proof.reasons).toEqual(["no management peer of this family was given"]);
    const verdicts = proof.results.map((r) => `${r.property} IPv${r.family} ${r.verdict}`);
    expect(verdicts.filter((text) => !text.endsWith("proved"))).toEqual(["P8 IPv6 skipped"]);
    expect(proof.results.every(({ failing, witnesses }) => failing === 0 && witnesses.length === 0)).toBe(
      true,
    );
    expect(
      proof.results.filter(({ verdict }) => verdict === "proved").every(({ classes }) => classes > 0),
    ).toBe(true);
  });

  test("what has nothing to be held against is skipped, with the reason", () => {
    const proof = prove(GOOD, INTENT);
    const skipped = proof.results.filter(({ verdict, family }) => verdict === "skipped" && family === 4);
    expect(skipped.map(({ property, reasons }) => `${property}: ${reasons.join()}`)).toEqual([
      "P7: no earlier state was given to compare with",
      "P8: no management peer of this family was given",
      "P10: no steps from an earlier state were given",
    ]);
  });

  test("a family that no interface has is not looked at", () => {
    const list = nics(2, 1);
    expect(new Set(prove(recipeHost(list), intentOf(list)).results.map(({ family }) => family))).toEqual(
      new Set([4]),
    );
  });

  test("every property has a name and a claim", () => {
    for (const { name, claim } of Object.values(PROPERTIES))
      expect([name.length > 3, claim.length > 20]).toEqual([true, true]);
  });

  test("a single-homed host as DHCP leaves it has nothing wrong", () => {
    const one = nics(1, 1, true);
    const proof = prove(freshHost(one), intentOf(one));
    expect(proof.results.filter(({ verdict }) => verdict === "witness" || verdict === "unknown")).toEqual([]);
    expect(proof.verdict).toBe("proved");
  });

  test("a gateway outside the addresses' prefixes, on its own link", () => {
    const cloud: Nic[] = [
      { name: "x", device: "eth0", addresses: ["10.128.0.2/32"], gateways: ["10.128.0.1"] },
      { name: "y", device: "eth1", addresses: ["10.129.0.2/32"], gateways: ["10.129.0.1"] },
    ];
    const bare = freshHost(cloud, { defaults: 0 });
    expect(
      prove(applyBatch(bare, 4, recipe(cloud, 4)), intentOf(cloud), { properties: ["P1", "P5", "P6"] })
        .verdict,
    ).toBe("proved");
  });
});

describe("P1, what leaves", () => {
  test("by another interface: the packet, the walk, the object to blame and the cure", () => {
    const found = witness("P1", without(GOOD, 4, "rule add priority 100 from 10.0.1.10 lookup 7000"));
    expect(found).toMatchObject({
      property: "P1",
      direction: "output",
      packet: "10.0.1.10 -> 203.0.113.5",
      expected: "by eth1 via 10.0.1.1",
      got: "by eth0 via 10.0.0.1 from 10.0.1.10",
      blame: 'rule "100: from 10.0.1.10 lookup 7000": without it the flow goes right',
      fix: "let the source look up table 7002 first: ip rule add from 10.0.1.10 lookup 7002, before priority 100",
    });
    expect(found.trace.map(({ text }) => text)).toContain("100: from 10.0.1.10 lookup 7000: matches");
    expect(found.when).toBeUndefined();
  });

  test("only for one mark, port or user: the witness carries it", () => {
    const mark = witness("P1", without(GOOD, 4, "rule add priority 100 fwmark 0x5/0xff lookup 7000"));
    expect(mark.packet).toBe("10.0.1.10 -> 203.0.113.5 mark 0x5");
    const port = witness("P1", without(GOOD, 4, "rule add priority 100 ipproto tcp dport 443 lookup 7000"));
    expect(port.packet).toBe("10.0.1.10 -> 203.0.113.5 tcp dport 443");
    const user = witness("P1", without(GOOD, 4, "rule add priority 100 uidrange 1000-1000 lookup 7000"));
    expect(user.packet).toBe("10.0.1.10 -> 203.0.113.5 uid 1000");
    const intent = intentOf(LIST, { foreignMarks: [{ value: 5, mask: 0xff }] });
    expect(
      result("P1", without(GOOD, 4, "rule add priority 100 fwmark 0x5/0xff lookup 7000"), { intent }).verdict,
    ).toBe("proved");
  });

  test("to one destination among four thousand million", () => {
    const rogue = without(GOOD, 4, "route add 198.51.100.77/32 via 10.0.0.1 dev eth0 onlink table 7002");
    const found = result("P1", rogue);
    expect(found.failing).toBe(1);
    expect(found.witnesses[0]).toMatchObject({
      packet: "10.0.1.10 -> 198.51.100.77",
      blame:
        'route "198.51.100.77 via 10.0.0.1 dev eth0 onlink table 7002", reached by rule "8034: from all lookup 7002"',
    });
    const exclude = [prefix("198.51.100.0/24")];
    expect(result("P1", rogue, { intent: intentOf(LIST, { exclude }) }).verdict).toBe("proved");
  });

  test("from the second address of an interface alone", () => {
    const found = witness("P1", without(GOOD, 4, "rule del from 10.0.1.11"));
    expect(found.packet).toContain("10.0.1.11 ->");
  });

  test("to a host attached to another interface: by the own gateway, or directly where that is wanted", () => {
    const only = { destinations: [prefix("10.0.1.0/24")], sources: [hostPrefix(address("10.0.0.10"))] };
    expect(result("P1", GOOD, { only }).verdict).toBe("proved");
    const direct = intentOf(LIST, { onLink: "direct" });
    expect(witness("P1", GOOD, { only, intent: direct }).expected).toBe("by eth1 directly");
    const pair = intentOf(LIST, { directPairs: [{ from: "net0", to: "net1" }] });
    expect(witness("P1", GOOD, { only, intent: pair }).expected).toBe("by eth1 directly");
    const wired = without(GOOD, 4, "route add 10.0.1.0/24 dev eth1 table 7000");
    expect(result("P1", wired, { intent: pair }).verdict).toBe("proved");
    expect(result("P1", wired).verdict).toBe("witness");
    const other = intentOf(LIST, { directPairs: [{ from: "net1", to: "net0" }] });
    expect(result("P1", wired, { intent: other }).verdict).toBe("witness");
  });

  test("to a host attached to the interface: directly, or by the gateway where that is as good", () => {
    const state = without(GOOD, 4, "route del 10.0.0.0/24 table 7000");
    const found = witness("P1", state);
    expect(found).toMatchObject({ expected: "by eth0 directly", got: "by eth0 via 10.0.0.1 from 10.0.0.10" });
    expect(result("P1", state, { intent: intentOf(LIST, { attachedByGateway: true }) }).verdict).toBe(
      "proved",
    );
  });

  test("by a declared route", () => {
    const intent: Intent = {
      ...INTENT,
      interfaces: INTENT.interfaces.map((i) =>
        i.name === "net0"
          ? { ...i, routes: [{ to: prefix("172.31.0.0/16"), via: address("10.0.0.254") }] }
          : i,
      ),
    };
    expect(witness("P1", GOOD, { intent }).expected).toBe("by eth0 via 10.0.0.254");
    const state = without(GOOD, 4, "route add 172.31.0.0/16 via 10.0.0.254 dev eth0 table 7000");
    expect(result("P1", state, { intent }).verdict).toBe("proved");
    expect(result("P1", state).verdict).toBe("witness");
  });

  test("to what lies behind a device that is not managed: through it, and no other way", () => {
    const state = without(GOOD, 4, "rule del priority 8033", "rule add priority 8033 nop");
    const found = witness("P1", state, { only: { destinations: [prefix("172.17.0.0/16")] } });
    expect(found).toMatchObject({ expected: "by docker0", got: "by eth1 via 10.0.1.1 from 10.0.1.10" });
    const blackhole = without(GOOD, 4, "route add blackhole 10.244.0.0/16");
    expect(result("P1", blackhole).verdict).toBe("proved");
  });

  test("a default through what is not managed is none for a managed source", () => {
    const vpn = recipeHost(LIST, { vpn: true });
    expect(prove(vpn, INTENT, { properties: ["P1", "P6"] }).verdict).toBe("proved");
    const intent = intentOf(LIST, { unmanagedLongerThan: { 4: 0, 6: 0 } });
    expect(witness("P1", vpn, { intent }).expected).toBe("by tun0");
  });

  test("an interface without a gateway reaches what is attached, and nothing else", () => {
    const list: Nic[] = [LIST[0], { ...LIST[1], gateways: [] }];
    expect(result("P1", recipeHost(list), { intent: intentOf(list) }).verdict).toBe("proved");
    expect(witness("P1", GOOD, { intent: intentOf(list) }).expected).toBe("refused");
  });

  test("an address that the host does not have is looked at, but not proved", () => {
    const more = intentOf([{ ...LIST[0], addresses: [...LIST[0].addresses, "10.0.0.99/24"] }, LIST[1]]);
    const state = without(GOOD, 4, "rule add priority 7020 from 10.0.0.99 goto 8030");
    const found = result("P1", state, { intent: more });
    expect(found.verdict).toBe("unknown");
    expect(found.reasons).toEqual(["10.0.0.99 of net0 is not on the host; it was taken as if it were"]);
  });

  test("a delegated prefix, from the host and forwarded for a container, all of it", () => {
    const list: Nic[] = [{ ...LIST[0], delegated: ["10.0.0.64/28"] }, LIST[1]];
    const surroundings = { sysctls: { "ipv4/conf/docker0/forwarding": 1 } };
    const state = without(recipeHost(list, surroundings), 4, "route add 10.0.0.64/28 dev docker0");
    const intent = intentOf(list);
    expect(result("P1", state, { intent }).verdict).toBe("proved");
    const half = without(state, 4, "rule add priority 100 from 10.0.0.72/29 iif docker0 lookup 7002");
    expect(witness("P1", half, { intent })).toMatchObject({
      direction: "input",
      packet: "10.0.0.72 -> 203.0.113.5 arriving by docker0",
    });
  });
});

describe("P2 and P3, what arrives and its answer", () => {
  test("dropped by a strict reverse path filter", () => {
    const strict = sysctl(without(GOOD, 4, "rule del from 10.0.1.10"), "ipv4/conf/eth1/rp_filter", 1);
    const found = witness("P2", strict);
    expect(found).toMatchObject({
      direction: "input",
      packet: "203.0.113.5 -> 10.0.1.10 arriving by eth1",
      expected: "delivered to the host itself",
      got: "dropped by the reverse path check",
    });
    expect(found.fix).toContain("make the way back leave by eth1: ip rule add from 10.0.1.10 lookup TABLE");
    expect(result("P2", sysctl(strict, "ipv4/conf/eth1/rp_filter", 2)).verdict).toBe("proved");
    expect(result("P2", sysctl(GOOD, "ipv4/conf/all/rp_filter", 1)).verdict).toBe("proved");
  });

  test("refused before it is recognized as the host's own, for some senders alone", () => {
    const state = without(
      GOOD,
      4,
      "rule del priority 0",
      "rule add priority 0 from 192.0.2.0/24 blackhole",
      "rule add priority 1 lookup local",
    );
    expect(witness("P2", state)).toMatchObject({ packet: expect.stringContaining("192.0.2.") as string });
  });

  test("for one address alone that is not the host's", () => {
    const state = without(GOOD, 4, "route del local 10.0.1.11 table local");
    const found = witness("P2", state);
    expect(found.packet).toContain("-> 10.0.1.11 arriving by eth1");
    expect(found.fix).toContain("10.0.1.11 is not an address of the host");
  });

  test("an answer that leaves by another interface", () => {
    expect(witness("P3", freshHost(LIST))).toMatchObject({
      packet: "10.0.1.10 -> 203.0.113.5",
      expected: "by eth1",
      got: "by eth0 via 10.0.0.1 from 10.0.1.10",
    });
    // By which gateway is P1's matter.
    const gateway = without(GOOD, 4, "route replace default via 10.0.0.7 dev eth0 onlink table 7000");
    expect(result("P3", gateway).verdict).toBe("proved");
    expect(result("P1", gateway).verdict).toBe("witness");
  });
});

describe("P4 and P5, sockets without a source", () => {
  test("IPv6 sockets look up again with a source, datagrams too; those of IPv4 take the host for attached", () => {
    const one = nics(1, 1, true);
    const lines = (source: string, via: string): string =>
      `route add default via ${via} dev eth0 table 100\nrule add priority 100 from ${source} lookup 100`;
    const bare = freshHost(one, { defaults: 0 });
    const four = without(bare, 4, lines("10.0.0.10", "10.0.0.1"));
    const state = without(four, 6, lines("2001:db8:1::10", "fe80::1"));
    const intent = intentOf(one);
    const only = { destinations: [prefix("2001:db8:ffff::/48"), prefix("203.0.113.0/24")] };
    expect(result("P5", state, { intent, only, family: 6 }).verdict).toBe("proved");
    expect(witness("P5", state, { intent, only }).got).toContain("only taken for attached");
  });

  test("a source hint that belongs to another interface", () => {
    for (const family of [4, 6] as const) {
      const state = without(
        GOOD,
        family,
        family === 4
          ? "route replace default via 10.0.0.1 dev eth0 src 10.0.1.10 metric 100"
          : "route replace default via fe80::1 dev eth0 metric 100",
      );
      const hinted: LinuxState = {
        ...state,
        routes: {
          ...state.routes,
          6: state.routes[6].map((r) =>
            r.table === 254 && r.metric === 100 ? { ...r, source: address("2001:db8:2::10") } : r,
          ),
        },
      };
      const found = witness("P4", hinted, { family });
      expect(found.packet).toBe(family === 4 ? "unbound -> 203.0.113.5" : "unbound -> 2001:db8:ffff::5");
      expect(found.fix).toBe("give the route of main by eth0 a source of eth0: src ADDRESS");
    }
  });

  test("a connection is no witness where only a datagram goes wrong, and the other way about", () => {
    const state = without(GOOD, 4, "route replace default via 10.0.0.1 dev eth0 src 10.0.1.10 metric 100");
    const found = result("P4", state, { maxWitnesses: 100 });
    expect(found.failing).toBeGreaterThan(0);
    for (const { trace } of found.witnesses)
      expect(trace.map(({ text }) => text)).not.toContain("the source is chosen; a second lookup with it");
  });

  test("IPv6: a source that is deprecated gives way to one of another interface", () => {
    const state: LinuxState = {
      ...GOOD,
      addresses: GOOD.addresses.map((a) =>
        a.link === "eth0" && a.address.family === 6 ? { ...a, deprecated: true } : a,
      ),
    };
    expect(witness("P4", state, { family: 6 })).toMatchObject({
      got: "by eth0 via fe80::1 from 2001:db8:2::10",
    });
  });

  test("a source that no interface owns, unless it is the host's on its loopback", () => {
    const list: Nic[] = [LIST[0]];
    const state = without(
      freshHost(LIST),
      4,
      "route replace default via 10.0.0.1 dev eth0 src 172.17.0.1 metric 100",
    );
    expect(witness("P4", state, { intent: intentOf(list) }).expected).toBe("a source address of eth0");
    const identity = without(
      freshHost(LIST),
      4,
      "address add 192.0.2.77/32 dev lo",
      "route replace default via 10.0.0.1 dev eth0 src 192.0.2.77 metric 100",
    );
    expect(result("P4", identity, { intent: intentOf(list) }).verdict).toBe("proved");
  });

  test("a bound socket without a route asks the link for the whole Internet", () => {
    const state = without(recipeHost(LIST, { defaults: 1 }), 4, "rule del oif eth1");
    const found = witness("P5", state);
    expect(found).toMatchObject({
      packet: "unbound -> 203.0.113.5 bound to eth1",
      blame: "no rule or route answers for the device",
    });
    expect(found.got).toContain("only taken for attached");
    expect(found.fix).toBe(
      "look up the device's own table for sockets bound to it: ip rule add oif eth1 lookup TABLE",
    );
    expect(
      witness("P5", without(recipeHost(LIST, { defaults: 1 }), 6, "rule del oif eth1"), { family: 6 }).got,
    ).toContain("network unreachable");
  });

  test("a bound socket with another interface's source is not led out by a route", () => {
    const state = without(GOOD, 4, "rule add priority 100 oif eth1 lookup 7002");
    expect(witness("P5", state)).toMatchObject({
      packet: "10.0.0.10 -> 203.0.113.5 bound to eth1",
      expected: "refused: the address belongs to eth0",
    });
  });

  test("IPv6: a neighbour's link-local address is reached on the link, not by the gateway", () => {
    const state = without(GOOD, 6, "route del fe80::/64 dev eth1 table 7002");
    expect(witness("P5", state, { family: 6 })).toMatchObject({
      expected: "by eth1 directly",
      got: expect.stringContaining("via fe80::1") as string,
    });
  });
});

describe("P6, what happens when routes go away", () => {
  test("a route over several links, of which IPv4 takes any if the first one's group is not suppressed", () => {
    const finer = "route add 192.168.9.0/24 dev docker0";
    const over = (first: string, second: string): string =>
      `route add 192.168.0.0/16 nexthop via ${first} onlink nexthop via ${second} onlink`;
    const [inside, managed] = ["172.17.0.9 dev docker0", "10.0.0.1 dev eth0"];
    const only = { sources: [prefix("10.0.1.10/32")], destinations: [prefix("192.168.9.0/24")] };
    // The finer route is right; behind it is one that may lead out by the other interface.
    const leaking = without(GOOD, 4, finer, over(inside, managed));
    expect(result("P1", leaking, { only }).verdict).toBe("proved");
    expect(witness("P6", leaking, { only }).got).toContain("or by eth0 via 10.0.0.1");
    const suppressed = without(GOOD, 4, finer, over(managed, inside));
    expect(result("P6", suppressed, { only }).verdict).toBe("proved");
    // A route that no rule takes leaves nothing to chance.
    expect(result("P9", suppressed).verdict).toBe("proved");
    expect(witness("P9", leaking).got).toContain("chooses a device by a hash");
  });

  test("without a refusal behind its tables a source leaks, and the witness says after what", () => {
    const found = witness("P6", without(GOOD, 4, "rule del priority 8035"));
    expect(found).toMatchObject({
      packet: "10.0.1.10 -> 203.0.113.5",
      expected: "by eth1 via 10.0.1.1, or refused",
      got: "by eth0 via 10.0.0.1 from 10.0.1.10",
    });
    expect(found.when).toBe(
      'after "default via 10.0.1.1 dev eth1 metric 200 table main", "default via 10.0.1.1 dev eth1 onlink table 7002", "unreachable default metric 4278198272 table 7002" went away',
    );
    expect(found.fix).toContain("ip rule add from 10.0.1.10 unreachable");
  });

  test("a route that would lead astray only when others are gone", () => {
    const hidden = without(GOOD, 4, "route add default via 10.0.0.1 dev eth0 onlink table 7002 metric 9");
    expect(result("P1", hidden).verdict).toBe("proved");
    expect(result("P6", hidden).verdict).toBe("witness");
  });

  test("to leave by the own interface another way is no leak; nor is what lies behind another device", () => {
    const own = without(GOOD, 4, "route add default via 10.0.1.9 dev eth1 onlink table 7002 metric 9");
    expect(result("P6", own).verdict).toBe("proved");
  });

  test("a default through what is not managed is one", () => {
    const state = recipeHost(LIST, { vpn: true });
    expect(result("P6", state).verdict).toBe("proved");
    const open = without(state, 4, "rule del priority 8035");
    expect(result("P6", open).verdict).toBe("witness");
  });
});

describe("P7, P8 and P10, what was there before", () => {
  const before = freshHost(LIST);

  test("a rule that is not for managed sources alone captures others", () => {
    const state = without(GOOD, 4, "rule add priority 100 lookup 7002");
    const found = result("P7", state, { before, maxWitnesses: 50 });
    expect(found.verdict).toBe("witness");
    expect(found.witnesses.map(({ packet }) => packet)).toContain("172.17.0.1 -> 203.0.113.5");
    expect(found.witnesses[0].expected).toMatch(/^as before: /);
    const surroundings = { sysctls: { "ipv4/conf/docker0/forwarding": 1 } };
    const wide = without(
      recipeHost(LIST, surroundings),
      4,
      "rule add priority 100 from 192.0.2.0/24 iif docker0 lookup 7002",
    );
    const forwarded = result("P7", wide, { before: freshHost(LIST, surroundings) });
    expect(forwarded.witnesses[0].packet).toMatch(/^192\.0\.2\.\d+ -> 203\.0\.113\.5 arriving by docker0$/);
    expect(
      result("P7", without(GOOD, 4, "rule add priority 100 from 172.17.0.0/16 lookup 7002"), { before })
        .witnesses[0].packet,
    ).toContain("172.17.0.1 ->");
  });

  test("management: by its own way, or as before", () => {
    const management = [{ peer: prefix("192.0.2.0/24"), local: address("10.0.1.10") }];
    const intent = intentOf(LIST, { management });
    expect(result("P8", GOOD, { intent }).verdict).toBe("proved");
    expect(witness("P8", before, { intent }).packet).toContain("10.0.1.10 -> 192.0.2.");
    expect(result("P8", before, { intent, before }).verdict).toBe("proved");
    const dropped = sysctl(before, "ipv4/conf/eth1/rp_filter", 1);
    expect(witness("P8", dropped, { intent, before }).direction).toBe("input");
    const nobody = intentOf(LIST, {
      management: [{ peer: prefix("192.0.2.0/24"), local: address("10.9.9.9") }],
    });
    expect(witness("P8", GOOD, { intent: nobody }).got).toBe("its local address belongs to none");
  });

  test("every step on the way counts, and the witness names it", () => {
    const rules = recipe(LIST, 4);
    const lines = rules.split("\n");
    const routes = lines.filter((line) => !line.startsWith("rule"));
    // Behind the rest, the first rule of the dispatch would let everybody into the first block.
    const inOrder = [
      ...routes,
      ...lines.filter((line) => /priority 8430|priority 8020/.test(line)),
      ...lines.filter((line) => /priority 80[34]/.test(line)),
      ...lines.filter((line) => /priority 7020/.test(line)),
    ];
    const steps = (text: string[]): ProveOptions["steps"] => [{ family: 4, text: text.join("\n") }];
    expect(result("P10", GOOD, { before, steps: steps(inOrder) }).verdict).toBe("proved");
    const wrong = [
      ...routes,
      ...lines.filter((line) => /priority 80[34]/.test(line)),
      ...lines.filter((line) => !/priority 80[34]/.test(line) && line.startsWith("rule")),
    ];
    const found = witness("P10", GOOD, { before, steps: steps(wrong) });
    expect(found.when).toBe('after "rule add priority 8031 lookup 7000 protocol 77"');
    const management = [{ peer: prefix("192.0.2.0/24"), local: address("10.0.0.10") }];
    const cut = witness("P8", GOOD, {
      before,
      intent: intentOf(LIST, { management }),
      steps: steps(["rule add priority 5 unreachable", "rule del priority 5"]),
    });
    expect(cut.when).toBe('after "rule add priority 5 unreachable"');
    expect(result("P10", GOOD, { before, steps: steps(["rule add nonsense"]) }).verdict).toBe("unknown");
  });
});

describe("P9, hygiene", () => {
  const faults = (state: LinuxState, family: 4 | 6 = 4): string[] =>
    result("P9", state, { family, maxWitnesses: 9 }).witnesses.map(({ got }) => got);

  test.each([
    [
      "rule add priority 8490 unreachable\nrule add priority 8491 lookup 5",
      'rule "8491: from all lookup 5" is reached by none',
    ],
    [
      "rule add priority 100 oif gone lookup 5",
      'rule "100: from all oif gone lookup 5" names a device that is not there',
    ],
    ["rule add priority 8031 lookup 7000 protocol 9", "is there twice, installed by protocols 77 and 9"],
    ["rule add priority 100 goto 150", "leads to a rule that is not there, and so does nothing"],
    ["route append default via 10.0.0.9 dev eth0 onlink table 7000", "have the same metric"],
    [
      "route add 198.51.100.0/24 table 7000 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.1.1 dev eth1",
      "chooses a device by a hash",
    ],
  ])("%s", (text, got) => {
    const found = faults(without(GOOD, 4, text));
    expect(found.join("; ")).toContain(got);
  });

  test("a witness without a packet says what to do", () => {
    const found = witness("P9", without(GOOD, 4, "rule add priority 8031 lookup 7000 protocol 9"));
    expect(found).toMatchObject({
      packet: "",
      trace: [],
      fix: "remove one: ip rule del priority 8031 from all lookup 7000 protocol 9",
    });
    expect(found.flow).toBeUndefined();
  });

  test("multipath by one device, and what managed sources do not look at, is nobody's fault", () => {
    expect(
      faults(
        without(
          GOOD,
          4,
          "route add 198.51.100.0/24 table 7000 nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.0.2 dev eth0",
        ),
      ),
    ).toEqual([]);
    expect(faults(without(GOOD, 4, "route append default via 10.0.0.9 dev eth0 table 99"))).toEqual([]);
  });
});

describe("what cannot be told", () => {
  const unmodelled = (state: LinuxState): LinuxState => ({
    ...state,
    rules: {
      ...state.rules,
      4: state.rules[4].map((r) => (r.priority === 8031 ? { ...r, unmodelled: ["dscp"] } : r)),
    },
  });

  test.each(["P1", "P2", "P3", "P6"] as const)(
    "%s is unknown where a rule is not understood, and says why",
    (property) => {
      const strict = sysctl(unmodelled(GOOD), "ipv4/conf/all/rp_filter", 1);
      const found = result(property, strict);
      expect(found.verdict).toBe("unknown");
      expect(found.reasons.join()).toContain("dscp");
      // The other family does not depend on it.
      expect(result(property, strict, { family: 6 }).verdict).toBe("proved");
    },
  );

  test("a route that is not understood", () => {
    const state: LinuxState = {
      ...GOOD,
      routes: {
        ...GOOD.routes,
        4: GOOD.routes[4].map((r) =>
          r.table === 7000 && r.to.length === 0 ? { ...r, unmodelled: ["encap"] } : r,
        ),
      },
    };
    expect(result("P1", state).reasons.join()).toContain("encap");
    expect(result("P6", state).verdict).toBe("unknown");
  });

  test("a failure that is certain outweighs it", () => {
    const state = without(unmodelled(GOOD), 4, "rule del from 10.0.1.10");
    expect(result("P1", state).verdict).toBe("witness");
    expect(prove(state, INTENT, { properties: ["P1"] }).verdict).toBe("witness");
  });

  test("a gap of the dumps makes all unknown", () => {
    const state: LinuxState = {
      ...GOOD,
      gaps: [{ where: "ip -4 rule", position: "line 1", kind: "unreadable", problem: "cut off" }],
    };
    const proof = prove(state, INTENT);
    expect(proof.verdict).toBe("unknown");
    expect(proof.reasons).toContain("ip -4 rule, line 1: cut off");
  });

  test("more classes than may be looked at", () => {
    const found = result("P1", GOOD, { maxClasses: 10 });
    expect(found).toMatchObject({ verdict: "unknown", classes: 10 });
    expect(found.reasons).toEqual(["more than 10 classes; the rest was not looked at"]);
    for (const property of ["P2", "P3", "P4", "P5", "P6"] as const)
      expect(result(property, GOOD, { maxClasses: 10 }).verdict).toBe("unknown");
  });

  test("more combinations of marks than can be told apart", () => {
    const lines = Array.from(
      { length: 20 },
      (_x, i) => `rule add priority ${200 + i} fwmark ${1 << i}/${1 << i} to 198.51.100.0/24 nop`,
    );
    const many = lines.map((line) => line.replace(" nop", " lookup 99"));
    const found = result("P1", without(GOOD, 4, ...many));
    expect(found.verdict).toBe("unknown");
    expect(found.reasons.join()).toContain("too many combinations");
  });
});

describe("witnesses", () => {
  test("as many as asked for, the smallest first; all failing classes are counted", () => {
    const state = without(
      GOOD,
      4,
      "rule add priority 100 fwmark 0x5/0xff lookup 7000",
      "rule del from 10.0.1.10",
    );
    const found = result("P1", state, { maxWitnesses: 4 });
    expect(found.witnesses).toHaveLength(4);
    expect(found.failing).toBeGreaterThan(4);
    expect(found.witnesses[0].packet).toBe("10.0.1.10 -> 203.0.113.5");
    expect(result("P1", state, { maxWitnesses: 0 })).toMatchObject({
      verdict: "witness",
      witnesses: [],
      failing: found.failing,
    });
  });

  test("only the flows asked for are proved", () => {
    const state = without(GOOD, 4, "rule del from 10.0.1.10");
    const sources = (text: string): ProveOptions => ({ only: { sources: [prefix(text)] } });
    expect(result("P1", state, sources("10.0.0.0/24")).verdict).toBe("proved");
    expect(result("P1", state, sources("10.0.1.11/32")).verdict).toBe("proved");
    expect(result("P1", state, sources("10.0.1.10/32")).verdict).toBe("witness");
    expect(result("P1", state, { only: { destinations: [prefix("172.17.0.0/24")] } }).verdict).toBe("proved");
    expect(
      result("P1", state, { only: { destinations: [prefix("198.18.0.0/15")] } }).witnesses[0].packet,
    ).toContain("-> 198.18.");
  });
});
