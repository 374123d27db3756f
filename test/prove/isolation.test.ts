import { LinuxState, Proof, applyBatch } from "../../lib/linux";
import { HostSpec } from "../../lib/model/spec";
import { StagedHost, allProved, proveStaged, proveWorlds, stageHost } from "../../lib/prove/staged";

/** P12 on hosts as the planner makes them: what each part of a VRF's set-up is for, shown by leaving it out. */

const net = (name: string, i: number): HostSpec["interfaces"][number] => ({
  name,
  match: { ifname: `eth${i}` },
  addresses: ["10.0.0.10/24", "2001:db8:a::10/64"],
  gateways: ["10.0.0.1", "fe80::1"],
});
const spec = (kind: "vrf" | "netns"): HostSpec => ({
  name: "edge",
  interfaces: [
    { name: "front", addresses: ["192.0.2.10/24", "2001:db8:1::10/64"], gateways: ["192.0.2.1", "fe80::1"] },
    net("red", 1),
    net("blue", 2),
  ],
  policy: {
    worlds: ["red", "blue"].map((name) => ({ name: `w-${name}`, kind, interfaces: [name] })),
  },
});
const P12 = ({ results }: Proof): string[] =>
  results
    .filter(({ property }) => property === "P12")
    .map(({ family, verdict }) => `IPv${family} ${verdict}`);
const isolation = (staged: StagedHost, state: LinuxState = staged.state): string[] =>
  P12(proveStaged({ ...staged, state }, { properties: ["P12"] }));
const VRFS = stageHost(spec("vrf"));
const tableOf = (name: string): number =>
  VRFS.state.links.find((link) => link.name === name)?.vrfTable as number;
const changed = (text: string): LinuxState =>
  ([4, 6] as const).reduce((state, family) => applyBatch(state, family, text), VRFS.state);

test("two VRFs with one address plan, and the host's own world, are proved apart, and each right in itself", () => {
  expect(isolation(VRFS)).toEqual(["IPv4 proved", "IPv6 proved"]);
  const proofs = proveWorlds(VRFS);
  expect(proofs.map(({ verdict }) => verdict)).toEqual(["proved", "proved", "proved"]);
  expect(allProved(proofs)).toBe(true);
});

test("namespaces are apart by themselves, and nothing is claimed of them", () => {
  const staged = stageHost(spec("netns"));
  expect(isolation(staged)).toEqual([]);
  expect(allProved(proveWorlds(staged))).toBe(true);
});

test.each<[string, string]>([
  [
    "lookups of local addresses come first: the host's own address is answered through a VRF",
    "rule add priority 0 lookup local protocol 2\nrule del priority 1001",
  ],
  [
    "a VRF's table has no refusal at its end: what it has no route for leaves by the host's default",
    `route del default table ${tableOf("w-red")}\nroute del unreachable default table ${tableOf("w-red")}`,
  ],
  ["the host leads into a VRF by a route of its own", "route add default dev eth1 table 254 metric 1"],
  ["a rule of somebody else's sends a VRF's packets elsewhere", "rule add priority 500 lookup 254"],
])("isolation is disproved, with a packet, where %s", (_, text) => {
  const { results } = proveStaged({ ...VRFS, state: changed(text) }, { properties: ["P12"] });
  const p12 = results.filter(({ property }) => property === "P12");
  expect(p12.some(({ verdict }) => verdict === "witness")).toBe(true);
  const [witness] = p12.flatMap(({ witnesses }) => witnesses);
  expect(witness.flow).toBeDefined();
});
