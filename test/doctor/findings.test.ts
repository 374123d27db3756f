import { diagnose } from "../../lib/doctor/diagnose";
import { explain } from "../../lib/doctor/words";
import { formatAddress } from "../../lib/net";
import { normalize } from "../../lib/plan";
import { BY_SOURCE, DEFAULTS, diagnosed, found, met } from "./support";

/** Which flows the doctor follows, and what it takes for right. */

test("what a route of main takes to another interface is found, though its next hop is that one's gateway", () => {
  const route = "route add 172.16.0.0/12 via 10.0.2.1 dev eth1";
  expect(found(diagnosed({ four: `${DEFAULTS}${route}` }))).toContain(
    "Between hosts in 172.16.0.0/12, routed by eth1 (such as 172.16.0.50) and 10.0.1.10 (eth0), whoever asks: " +
      "The answer goes by eth1 via 10.0.2.1; right would be by eth0 via 10.0.1.1.",
  );
});

test("the host that stands for a routed network is in no finer one", () => {
  const routes = "route add 10.0.0.0/8 via 10.0.2.1 dev eth1\nroute add 10.0.0.0/24 via 10.0.1.7 dev eth0";
  const { findings } = diagnosed({ four: `${DEFAULTS}${routes}` });
  const [wide] = findings.filter(({ peer }) => peer.network?.length === 8);
  expect(wide.example.exchange.peer.value >> 8n).not.toBe(0x0a0000n);
});

test("an interface with very many routes is asked about some, the largest", () => {
  const routes = Array.from({ length: 300 }, (_, i) => `route add 172.${16 + (i >> 8)}.${i & 255}.0/24 via 10.0.2.1 dev eth1`);
  const four = [DEFAULTS, "route add 172.16.0.0/12 via 10.0.2.1 dev eth1", ...routes].join("\n");
  const { findings } = diagnosed({ four });
  const routed = findings.filter(({ peer }) => peer.kind === "routed");
  expect(routed).toHaveLength(64);
  expect(routed.some(({ peer }) => peer.network?.length === 12)).toBe(true);
}); // prettier-ignore

test("of a default over several links each way is held to the source that goes with it", () => {
  const both = "route add default nexthop via 10.0.1.1 dev eth0 nexthop via 10.0.2.1 dev eth1";
  expect(found(diagnosed({ four: `${BY_SOURCE}\n${both}` }))).toEqual([]);
  const wrong = BY_SOURCE.replace("default via 10.0.2.1 dev eth1", "default via 10.0.1.1 dev eth0");
  const unbound = found(diagnosed({ four: `${wrong}\n${both}` })).filter((one) =>
    one.startsWith("From the host"),
  );
  expect(unbound).toEqual([
    "From the host, with an address that the kernel chooses, to hosts beyond the gateways (such as 203.0.113.5): " +
      "What the host sends goes by eth0 via 10.0.1.1; right would be by eth1 via 10.0.2.1.",
  ]);
});

describe("an interface without a gateway", () => {
  const storage = diagnosed({ four: "route add default via 10.0.1.1 dev eth0" });

  test("is reached by nobody beyond its networks, and what leaves with its address all the same is named", () => {
    expect(found(storage)).toEqual([
      "Between hosts on eth1's network 10.0.2.0/24 (such as 10.0.2.50) and 10.0.1.10 (eth0), whoever asks: " +
        "The answer goes by eth1 directly; right would be by eth0 via 10.0.1.1.",
      "From 10.0.2.10 (eth1) to hosts beyond the gateways (such as 203.0.113.5): " +
        "What the host sends goes by eth0 via 10.0.1.1; right would be refused.",
      "From 10.0.2.10 (eth1) to hosts on eth0's network 10.0.1.0/24 (such as 10.0.1.50): " +
        "What the host sends goes by eth0 directly; right would be refused.",
    ]);
    const { comesIn, firewalls } = explain(storage.findings[1], storage.intent);
    expect(comesIn).toContain("No answer comes in by eth1, which has no gateway");
    expect(firewalls).toContain("to which there is no way back");
    expect(storage.notes.join()).toContain("nothing with its addresses should leave for beyond its own networks");
  });
}); // prettier-ignore

test("an address that is wanted and not on the host is not taken for accepted where the host forwards", () => {
  const addresses = ["10.0.2.10/24", "2001:db8:2::10/64"];
  const state = met({
    devices: { eth0: ["10.0.1.10/24", "2001:db8:1::10/64"], eth1: addresses },
    four: DEFAULTS,
    six: "route add default via fe80::1 dev eth1\nroute add default via fe80::1 dev eth0 metric 2000",
    edit: (one) => ({
      ...one,
      sysctls: { ...one.sysctls, "ipv4/conf/eth1/forwarding": 1, "ipv6/conf/all/forwarding": 1 },
    }),
  });
  const more = ["10.0.2.11/24", "2001:db8:2::11/64"];
  const wanted = normalize({
    name: "edge",
    interfaces: [
      { name: "front", match: { ifname: "eth0" }, addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
      {
        name: "back",
        match: { ifname: "eth1" },
        addresses: [...addresses, ...more],
        gateways: ["10.0.2.1", "fe80::1"],
      },
    ],
  });
  const { findings, intent } = diagnose({ state }, wanted);
  for (const text of more) {
    const [finding] = findings.filter(
      ({ kind, peer, locals }) =>
        kind === "reply" &&
        peer.kind === "beyond" &&
        locals.map((one) => formatAddress(one)).join() === text.split("/")[0],
    );
    expect(finding.verdict).toBe("dropped");
    expect(explain(finding, intent).comesIn).toBe(
      "The request comes in by eth1, from its gateway, and the host, which does not have the address, sends it on by eth1 directly.",
    );
    expect(explain(finding, intent).firewalls).not.toContain("filter");
  }
});
