import { peersOf } from "../../lib/doctor/peers";
import { othersOf } from "../../lib/doctor/survey";
import { Exchange } from "../../lib/prove/exchange";
import { Follower } from "../../lib/prove/follower";
import { HostSpec } from "../../lib/model/spec";
import { StagedHost, allProved, proveWorlds, stageHost } from "../../lib/prove/staged";

/** A VRF is proved as a host of its own, and followed in the host that it is part of: both must come to the same. */

const net = (name: string, ifname: string, more: object = {}): HostSpec["interfaces"][number] => ({
  name,
  match: { ifname },
  addresses: ["10.0.0.10/24", "10.0.0.11/24", "2001:db8:a::10/64"],
  gateways: ["10.0.0.1", "fe80::1"],
  ...more,
});
const HOST = stageHost({
  name: "edge",
  interfaces: [
    { name: "front", addresses: ["192.0.2.10/24", "2001:db8:1::10/64"], gateways: ["192.0.2.1", "fe80::1"] },
    // The same addresses in the host's own world and in both VRFs; and names that are taken.
    net("own", "eth0"),
    net("red", "docker0", { routes: [{ to: "172.20.0.0/16", via: "10.0.0.254" }] }),
    net("blue", "nic0", { match: { mac: "02:00:00:00:00:01" } }),
  ],
  policy: {
    worlds: [
      { name: "w-red", kind: "vrf", interfaces: ["red"] },
      { name: "blue", kind: "vrf", interfaces: ["blue"] },
    ],
  },
});

/** What becomes of every exchange between an address of a world, or none, and each place that there is. */
function followed({ state, intent }: StagedHost, follower: Follower): unknown[] {
  const devices = intent.interfaces.map(({ device }) => device);
  const peers = peersOf(state, { intent, others: othersOf(state, devices), notes: [] });
  const locals = intent.interfaces.flatMap((iface) => iface.addresses.map(({ address }) => address));
  const exchanges = peers.flatMap(({ address: peer }): Exchange[] => [
    { asker: "host", peer },
    ...locals
      .filter(({ family }) => family === peer.family)
      .flatMap((local): Exchange[] => [
        { asker: "peer", peer, local },
        { asker: "host", peer, local },
        { asker: "host", peer, local, bound: devices[0] },
      ]),
  ]);
  return exchanges.map((exchange) => {
    const { verdict, local, arrival, inward, outward, expected } = follower.follow(exchange);
    const hops = outward.outcome.kind === "route" ? outward.outcome.hops : outward.outcome;
    return { exchange, verdict, local, arrival, expected, inward: inward?.outcome.kind, hops };
  });
}

test.each(["blue", "w-red"])("VRF %s does in the host what it does as a host of its own", (name) => {
  const world = HOST.worlds.find((one) => one.name === name)!;
  const { state, intent, vrf } = world;
  expect(vrf).toBeDefined();
  const inHost = followed(world, new Follower(state, intent, vrf));
  expect(inHost.length).toBeGreaterThan(15);
  expect(inHost).toEqual(followed(world, new Follower(state, intent)));
  expect(inHost.every((one) => (one as { verdict: string }).verdict === "symmetric")).toBe(true);
  // Unbound, the same sockets would leave by the host's own interface, which has the addresses as well.
  expect(inHost).not.toEqual(followed(world, new Follower(vrf!.state, intent)));
});

test("devices of a host and its VRFs have names of their own, and all is proved", () => {
  const names = HOST.state.links.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(allProved(proveWorlds(HOST))).toBe(true);
});

test("what is behind a port of a VRF is not behind the host", () => {
  const { state, intent } = HOST;
  const devices = intent.interfaces.map(({ device }) => device);
  const others = othersOf(state, devices).map(({ device }) => device);
  expect(others).toEqual(["containers0"]);
});
