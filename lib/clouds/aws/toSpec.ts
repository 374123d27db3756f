import { isKnown } from "../../deliver/known";
import { formatAddress } from "../../net/address";
import { InterfaceFacts, chosenAddresses, subnetBlock, wantsIpv6 } from "./facts";
import { RoutedInterface } from "./hostParts";
import { IPV6_GATEWAY, ipv4Gateway } from "./subnet";

/** What AWS chose where the arguments left it the choice. */
export interface AssignedAddresses {
  readonly privateIp?: string;
  readonly ipv6Addresses?: readonly string[];
  /** Of an interface that is there already. */
  readonly mac?: string;
}

/**
 * An ENI as an interface to route. The gateway is the subnet's own, whatever other blocks the VPC has.
 *
 * The host finds the interface by its primary address and not by its MAC: addresses are known before the ENI exists,
 * so that the whole program and its diff can be shown at the first preview, and within a VPC the address says as much
 * as the MAC. Of an ENI that exists the MAC is known as well, and then both must agree.
 */
export function interfaceSpec(facts: InterfaceFacts, assigned: AssignedAddresses = {}): RoutedInterface {
  const ipv4 = withLength(facts, 4, assigned.privateIp === undefined ? [] : [assigned.privateIp]);
  const ipv6 = withLength(facts, 6, assigned.ipv6Addresses ?? []);
  const [primary] = [...ipv4, ...ipv6];
  const mac = assigned.mac;
  return {
    name: facts.name,
    ...(mac === undefined ? {} : { match: { mac, address: primary?.slice(0, primary.indexOf("/")) } }),
    addresses: [...ipv4, ...ipv6],
    delegatedPrefixes: [...(facts.ipv4Prefixes ?? []), ...(facts.ipv6Prefixes ?? [])],
    gateways: [...(facts.gateways ?? defaultGateways(facts))],
    routes: facts.routes?.map((route) => ({ ...route })) ?? [],
  };
}

function withLength(facts: InterfaceFacts, family: 4 | 6, assigned: readonly string[]): string[] {
  const chosen = chosenAddresses(facts, family).filter(isKnown<string>);
  const length = subnetBlock(facts.subnet, family)?.length ?? (family === 4 ? 32 : 128);
  return (chosen.length > 0 ? chosen : assigned).map((address) => `${address}/${length}`);
}

function defaultGateways(facts: InterfaceFacts): string[] {
  const block = subnetBlock(facts.subnet, 4);
  return [
    ...(block === undefined ? [] : [formatAddress(ipv4Gateway(block))]),
    ...(wantsIpv6(facts) ? [IPV6_GATEWAY] : []),
  ];
}
