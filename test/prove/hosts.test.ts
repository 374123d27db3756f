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
  [
    "a subnet that main does not know, and a coarser route that it does, by another router of the link",
    host([
      {
        name: "a",
        addresses: ["10.1.0.10/24"],
        subnets: ["192.0.2.0/25"],
        routes: [{ to: "128.0.0.0/1", via: "10.1.0.50" }],
      },
    ]),
  ],
  [
    "a subnet that main does not know, reached directly, or with an address that the kernel chose by the gateway of that",
    host(
      [
        { name: "a", addresses: ["fd00:1::10/64"], gateways: ["fd00:1::1"] },
        { name: "b", addresses: ["fd00:2::10/64"], subnets: ["fd00:77::/64"] },
      ],
      { onLink: "direct" },
    ),
  ],
  [
    "a subnet of which another link has a part, asked for by a socket that is bound to it",
    host(
      [
        { name: "part", addresses: ["fd00:1::10/64"], subnets: ["fd00:3::/65"] },
        { name: "whole", addresses: ["fd00:3::10/64"], gateways: ["fd00:3::1"] },
      ],
      { onLink: "direct" },
    ),
  ],
  [
    "the same, of a source of the part, which reaches the whole directly",
    host(
      [
        { name: "part", addresses: ["10.3.0.20/25"] },
        { name: "whole", addresses: ["10.3.0.10/24"], gateways: ["10.3.0.1"] },
      ],
      { onLink: "direct" },
    ),
  ],
  [
    "the same when the part's link is lost",
    host(
      [
        { name: "part", addresses: ["fd00:1::10/64"], subnets: ["fd00:3::/65"] },
        { name: "whole", addresses: ["fd00:3::10/64"] },
      ],
      { onLink: "direct" },
    ),
  ],
  [
    "half of all as a route, in which there are containers",
    host([{ name: "a", addresses: ["10.3.0.10/24"], routes: [{ to: "128.0.0.0/1" }] }]),
  ],
  [
    "traffic that is shared, to a neighbour that another link has too and loses: with the source of its link a socket goes directly",
    host(
      [
        { name: "a", addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] },
        { name: "b", addresses: ["10.2.0.10/24"], gateways: ["10.2.0.1"] },
        { name: "c", addresses: ["10.3.0.10/24"], subnets: ["10.2.0.0/24"] },
      ],
      { traffic: [{ name: "p", use: ["c", "a", "b"], weights: { a: 1, b: 2, c: 1 } }] },
    ),
  ],
  [
    "traffic that is refused, to a subnet that main does not know: tried again with a source that would go there directly",
    host(
      [
        {
          name: "b",
          addresses: ["fd00:2::10/64"],
          delegatedPrefixes: ["fd00:2:0:7::/80"],
          subnets: ["fd00::/30"],
          gateways: ["fd00:2::1"],
        },
        { name: "c", addresses: ["fd00:3::10/64"], gateways: ["fd00:3::1"] },
      ],
      { directPairs: [{ from: "c", to: "b" }], traffic: [{ name: "p", use: ["b"] }] },
    ),
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
