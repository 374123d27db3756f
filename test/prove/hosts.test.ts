import { HostSpec, InterfaceSpec, PolicySpec } from "../../lib/model";
import { PropertyId } from "../../lib/linux";
import { proveStaged, stageHost } from "../../lib/prove/staged";

/** Hosts that are right and were disproved: what random ones (randomHosts.test.ts) have found, as small as it gets. */

const host = (interfaces: InterfaceSpec[], policy: PolicySpec = {}): HostSpec => ({
  name: "edge",
  interfaces,
  policy,
});

const HOSTS: readonly [what: string, spec: HostSpec][] = [
  [
    "IPv6 without a gateway, where a socket was refused and is refused, with another error",
    host([{ name: "a", addresses: ["10.1.0.10/24", "fd00:1::10/64"], gateways: ["10.1.0.1"] }]),
  ],
  [
    "IPv6 without a gateway and a subnet that main does not know, which a socket reaches when it tries again",
    host([{ name: "a", addresses: ["fd00:1::10/64"], subnets: ["fd00:77::/64"] }]),
  ],
];

test.each(HOSTS)("%s", (_, spec) => {
  expect(witnesses(spec)).toEqual([]);
});

function witnesses(spec: HostSpec, properties?: readonly PropertyId[]): string[] {
  const { results, reasons } = proveStaged(stageHost(spec), { ...(properties && { properties }) });
  const found = results.flatMap((r) =>
    r.witnesses.map(({ packet, got }) => `${r.property}/${r.family} ${packet}: ${got}`),
  );
  return [...found, ...reasons.filter((reason) => !reason.startsWith("no management peer"))];
}
