import { HostSpec, IdentitySpec, PolicySpec } from "../../../lib/model";

/** Of fields that need not be right. */
export type Loose = Partial<Record<keyof IdentitySpec, unknown>>;

/** A host of four interfaces with an identity that OSPF announces. */
export const host = (identity: Loose, policy: PolicySpec = {}): HostSpec => ({
  name: "edge-1",
  interfaces: [
    {
      name: "front",
      addresses: ["10.1.0.10/24", "2001:db8:a::10/64"],
      delegatedPrefixes: ["10.1.7.0/28"],
      gateways: ["10.1.0.1", "fe80::1"],
    },
    { name: "back", addresses: ["10.2.0.10/24", "2001:db8:b::10/64"], gateways: ["10.2.0.1", "fe80::1"] },
    { name: "old", addresses: ["10.3.0.10/24"] },
    { name: "new", addresses: ["2001:db8:d::10/64"] },
  ],
  policy: {
    ...policy,
    identity: { addresses: ["192.0.2.77/32"], protocol: "ospf", ...identity } as unknown as IdentitySpec,
  },
});
/** The same announced by BGP, to one neighbour. */
export const bgp = (identity: Loose): HostSpec =>
  host({
    protocol: "bgp",
    asn: 65077,
    peers: [{ interface: "front", asn: 65001, address: "10.1.0.1" }],
    ...identity,
  });
