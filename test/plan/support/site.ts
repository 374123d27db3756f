import { Fields } from "./problems";

/** Three right interfaces: two with both families and gateways, one of IPv4 alone without a gateway. */
const INTERFACES: readonly Fields[] = [
  {
    name: "a",
    addresses: ["10.1.0.10/24", "fd00:1::10/64"],
    delegatedPrefixes: ["10.1.7.0/28"],
    gateways: ["10.1.0.1", "fe80::1"],
  },
  { name: "b", addresses: ["10.2.0.10/24", "fd00:2::10/64"], gateways: ["10.2.0.1", "fe80::1"] },
  { name: "c", addresses: ["10.3.0.10/24"], routes: [{ to: "172.31.0.0/16" }] },
];

/** A host of them with a policy that need not be right. */
export const site = (policy: Fields, host: Fields = {}): unknown => ({
  name: "h",
  interfaces: INTERFACES,
  policy,
  ...host,
});

/** The same with traffic policies, each named by its place and using "a" unless it says otherwise. */
export const policies = (...list: Fields[]): unknown =>
  site({ traffic: list.map((fields, i) => ({ name: `p${i}`, use: ["a"], ...fields })) });
