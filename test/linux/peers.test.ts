import { formatAddress, hostPrefix } from "../../lib/net";
import {
  Intent,
  LinuxState,
  PropertyId,
  applyBatch,
  compile,
  connect,
  input,
  kernelState,
  output,
  prove,
} from "../../lib/linux";
import { Flow } from "../kernel/matrix/flow";
import { ALL_CHECKS, B_STILL_USED, NINE } from "../kernel/matrix/flows";
import {
  CONTAINER,
  TWO_NETS,
  WORLD4,
  WORLD6,
  gateway,
  isIPv6,
  neighbour4,
  neighbour6,
  ofFamily,
} from "../kernel/matrix/layout";
import { PEERS, RuleSet } from "../kernel/peers";
import { address, intentOf, onInterface, recipe } from "./support/hosts";

/**
 * The rule sets of other tools, which the flow matrix puts on a real kernel and sends real packets through
 * (test/kernel/matrix). What fails there has a witness here, and what passes there is proved here, cell by cell.
 */

const NICS = TWO_NETS.map((nic) => ({
  name: nic.device,
  device: nic.device,
  addresses: nic.addresses,
  gateways: [gateway(nic, 4), gateway(nic, 6)],
}));
/**
 * The VPC CNI's mark is for packets of its own, which no flow of the matrix is; and it sends to neighbours by the
 * gateway, which a ping survives.
 */
const INTENT: Intent = intentOf(NICS, {
  foreignMarks: [{ value: 0x80, mask: 0x80 }],
  attachedByGateway: true,
});

/** The matrix's host before anybody cares for symmetry. */
function plainHost(families: readonly (4 | 6)[], rpFilter: 0 | 1): LinuxState {
  const devices = [
    { name: "docker0", addresses: [onInterface("172.17.0.1/16")], kind: "bridge" },
    { name: "vpn0", addresses: [onInterface("10.99.0.2/24")] },
    ...TWO_NETS.map((nic) => ({
      name: nic.device,
      addresses: families.flatMap((family) => ofFamily(family, nic.addresses)).map(onInterface),
    })),
  ];
  const sysctls: Record<string, number> = { "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/forwarding": 1 };
  for (const { name } of devices) {
    sysctls[`ipv4/conf/${name}/forwarding`] = 1;
    sysctls[`ipv4/conf/${name}/rp_filter`] = rpFilter;
  }
  const defaults = (family: 4 | 6): string =>
    TWO_NETS.map(
      (nic, i) => `route add default via ${gateway(nic, family)} dev ${nic.device} metric ${100 * (i + 1)}`,
    ).join("\n");
  let state = applyBatch(
    kernelState(devices, sysctls),
    4,
    `route add 10.98.0.0/16 via 10.99.0.1 dev vpn0\n${defaults(4)}`,
  );
  if (families.includes(6)) state = applyBatch(state, 6, defaults(6));
  expect(state.gaps).toEqual([]);
  return state;
}

function hostOf({ commands, sysctls, families = [4, 6] }: RuleSet, rpFilter: 0 | 1): LinuxState {
  const lines = commands(TWO_NETS);
  const batch = (family: 4 | 6): string => lines.filter((line) => isIPv6(line) === (family === 6)).join("\n");
  let state = applyBatch(applyBatch(plainHost(families, rpFilter), 4, batch(4)), 6, batch(6));
  expect(state.gaps).toEqual([]);
  for (const [path, value] of Object.entries(sysctls?.(TWO_NETS) ?? {})) {
    const key = path.replace(/^net\//, "");
    state = { ...state, sysctls: { ...state.sysctls, [key]: value } };
  }
  return state;
}

function ours(rpFilter: 0 | 1): LinuxState {
  const state = plainHost([4, 6], rpFilter);
  return applyBatch(applyBatch(state, 4, recipe(NICS, 4)), 6, recipe(NICS, 6));
}

/** Whether the prover proves all that one flow of the matrix needs. */
function proves(state: LinuxState, flow: Flow): boolean {
  const family = isIPv6(flow.to) ? 6 : 4;
  const place: Readonly<Record<string, string>> = {
    world: family === 4 ? WORLD4 : WORLD6,
    a: family === 4 ? neighbour4("a") : neighbour6("a"),
    b: family === 4 ? neighbour4("b") : neighbour6("b"),
    container: CONTAINER,
    vpn: "10.99.0.1",
  };
  const restricted = (properties: PropertyId[], from: string | undefined, to: string): boolean => {
    const only = {
      sources: from === undefined ? undefined : [hostPrefix(address(from))],
      destinations: [hostPrefix(address(to))],
    };
    const proof = prove(state, INTENT, { properties, only });
    expect(proof.verdict).not.toBe("unknown");
    return proof.verdict === "proved";
  };
  if (flow.device !== undefined) {
    // A raw socket looks up once, a TCP socket once more with the source it was given.
    const model = compile(state);
    const bound = { to: address(flow.to), oif: flow.device };
    const outcome = flow.by === "tcp" ? connect(model, bound) : output(model, bound);
    const hop = outcome.kind === "route" ? outcome.hops[0] : undefined;
    if (hop?.device !== flow.device || hop.via?.value !== address(gateway(TWO_NETS[1], family)).value)
      return false;
    // The answer must be let in.
    return input(model, { to: hop.source!, from: bound.to, iif: flow.device }).kind === "route";
  }
  if (flow.client === "host" && flow.from === undefined) {
    const outcome = connect(compile(state), { to: address(flow.to) });
    const source = outcome.kind === "route" ? formatAddress(outcome.hops[0].source!) : undefined;
    return restricted(["P4"], undefined, flow.to) && restricted(["P2"], source, flow.to);
  }
  if (flow.client === "host") return restricted(["P1", "P2", "P3"], flow.from, flow.to);
  return restricted(["P1", "P2", "P3"], flow.to, place[flow.client]);
}

/** Broadcast and multicast are not claimed. */
const CLAIMED_CHECKS = ALL_CHECKS.filter((flow) => !flow.broadcast && !flow.to.startsWith("ff"));

const failing = (state: LinuxState, flows: readonly Flow[], families: readonly (4 | 6)[]): string[] =>
  flows
    .filter((flow) => families.includes(isIPv6(flow.to) ? 6 : 4) && !proves(state, flow))
    .map(({ id }) => id);
const expected = (flows: readonly Flow[], ids: readonly string[]): string[] =>
  flows.map(({ id }) => id).filter((id) => ids.includes(id));

describe.each(PEERS.map((peer) => [peer.title, peer] as const))("%s", (_title, peer) => {
  const families = peer.families ?? [4, 6];

  test("a witness for each of the nine flows that fails on the wire, and a proof for each that passes", () => {
    expect(failing(hostOf(peer, 0), NINE, families)).toEqual(expected(NINE, peer.fails.nine));
  });

  test("the same for the checks behind stateful routers, with strict reverse path filtering", () => {
    expect(failing(hostOf(peer, 1), CLAIMED_CHECKS, families)).toEqual(
      expected(CLAIMED_CHECKS, peer.fails.checks),
    );
  });

  test("the address whose interface was bounced leaks: P6 has a witness", () => {
    const only = {
      sources: [hostPrefix(address(B_STILL_USED.from!))],
      destinations: [hostPrefix(address(WORLD4))],
    };
    const proof = prove(hostOf(peer, 0), INTENT, { properties: ["P6"], only });
    expect(proof.verdict).toBe("witness");
    const witness = proof.results[0].witnesses[0];
    expect(witness.when).toContain("went away");
    expect(witness.got).toContain("by eth0 via 10.0.1.1 from 10.0.2.10");
  });
});

describe("the recipe", () => {
  test.each([0, 1] as const)("is proved for every flow there is, with rp_filter=%i", (rpFilter) => {
    const proof = prove(ours(rpFilter), intentOf(NICS));
    expect(proof.results.filter(({ verdict }) => verdict !== "proved" && verdict !== "skipped")).toEqual([]);
    expect(proof.verdict).toBe("proved");
    expect(failing(ours(rpFilter), [...NINE, ...CLAIMED_CHECKS], [4, 6])).toEqual([]);
  });
});
