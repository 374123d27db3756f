import { Draft, PENDING, Pending, isKnown, isPending } from "../../deliver/known";
import { formatAddress } from "../../net/address";
import { InterfaceDraft, chosenAddresses, subnetBlock, wantsIpv6 } from "./facts";
import { RoutedInterface } from "./hostParts";
import { IPV6_GATEWAY, ipv4Gateway } from "./subnet";

/** What AWS chose where the arguments left it the choice. */
export interface AssignedAddresses {
  readonly privateIp?: string;
  readonly ipv6Addresses?: readonly string[];
  /** Of an interface that is there already, or is found by nothing else. */
  readonly mac?: string;
}

/**
 * An ENI as an interface to route, with pending values where they are pending. The gateway is the subnet's own,
 * whatever other blocks the VPC has.
 *
 * The host finds the interface by its primary address and not by its MAC: addresses are known before the ENI exists,
 * so that the whole program and its diff can be shown at the first preview, and within a VPC the address says as much
 * as the MAC. Of an ENI that exists the MAC is known as well, and then both must agree. One that is in a world is found by its
 * MAC alone.
 */
export function interfaceSpec(
  facts: InterfaceDraft,
  assigned: Exclude<Draft<AssignedAddresses>, Pending>,
): Exclude<Draft<RoutedInterface>, Pending> {
  const ipv4 = withLength(facts, 4, [assigned.privateIp ?? PENDING]);
  const ipv6 = wantsIpv6(facts) ? withLength(facts, 6, listOf(assigned.ipv6Addresses)) : [];
  const [primary] = ipv4;
  const { mac } = assigned;
  return {
    name: facts.name,
    ...(mac !== undefined && {
      match: {
        mac,
        ...(facts.apart !== true && { address: isKnown(primary) ? bareAddress(primary) : PENDING }),
      },
    }),
    addresses: [...ipv4, ...ipv6],
    delegatedPrefixes: [...listOf(facts.ipv4Prefixes), ...listOf(facts.ipv6Prefixes)],
    gateways: facts.gateways === undefined ? defaultGateways(facts) : [...listOf(facts.gateways)],
    routes: facts.routes ?? [],
  };
}

/** "10.0.1.10" of "10.0.1.10/24". */
export function bareAddress(address: string): string {
  return address.slice(0, address.indexOf("/"));
}

function withLength(
  facts: InterfaceDraft,
  family: 4 | 6,
  assigned: readonly (string | Pending)[],
): (string | Pending)[] {
  const chosen = chosenAddresses(facts, family);
  const block = subnetBlock(facts.subnet, family);
  return (chosen.length > 0 ? chosen : assigned).map((address) =>
    isPending(address) || block === undefined ? PENDING : `${address}/${block.length}`,
  );
}

function defaultGateways(facts: InterfaceDraft): (string | Pending)[] {
  const block = subnetBlock(facts.subnet, 4);
  return [
    block === undefined ? PENDING : formatAddress(ipv4Gateway(block)),
    ...(wantsIpv6(facts) ? [IPV6_GATEWAY] : []),
  ];
}

function listOf(values: Draft<readonly string[] | undefined>): readonly (string | Pending)[] {
  return isPending(values) ? [PENDING] : (values ?? []);
}
