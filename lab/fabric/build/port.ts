import { Family, formatAddress, formatPrefix, minimalCover, parsePrefix, Prefix } from "../../../lib/net";
import { CloudState, NetworkInterface, Subnet } from "../../cloud/state";
import { LinkModel, NftSet, NftTable } from "../model";
import { deviceName, namespaceOf, shortHash } from "../names";
import { HOST_LENGTH } from "./internet";
import { FAR, NEAR, NamespaceBuilder, hop, linkEnd } from "./namespace";
import { refusal } from "./refusal";
import { groupChains, referencedGroups } from "./groups";
import { ownedBy } from "./vpc";

/**
 * The port of an ENI: what stands between an instance and its subnet. It is the subnet's gateway as the instance
 * sees it, answers ARP and ND for the subnet's other hosts, checks source and destination addresses, and tracks
 * connections for the ENI's security groups: in a namespace of its own, so that what one ENI has seen another has not.
 *
 * It forwards by the side a packet comes from, never by its destination: like the wire it stands for.
 */

/** Names of the checks; their counters and sets. See `readCounters`. */
export const CHECKS = {
  source: "source_check",
  destination: "destination_check",
  groups: "security_group",
} as const;

/** The address every AWS subnet's router also answers to. */
export const LINK_LOCAL_GATEWAY = "fe80:ec2::1";

const TABLE = { towardsInstance: 1, towardsRouter: 2 };

export function buildPort(cloud: CloudState, subnet: Subnet, eni: NetworkInterface): NamespaceBuilder {
  const port = new NamespaceBuilder(namespaceOf(cloud.lab, "networkInterface", eni.id));
  port.forwarding(true);
  for (const family of [4, 6] as const) {
    port.route(family, "default", hop(family, NEAR, "vpc"), "vpc", { table: TABLE.towardsRouter });
    port.rule(family, 100, `iif vpc lookup ${TABLE.towardsInstance}`);
    port.rule(family, 100, `iif instance lookup ${TABLE.towardsRouter}`);
    // What the gateway itself says, it says to the instance.
    port.rule(family, 200, `iif lo lookup ${TABLE.towardsInstance}`);
    port.rule(family, 300, "blackhole");
  }
  port.table("arp port", arpTable(subnet, eni));
  port.table("inet port", filterTable(cloud, eni));
  return port;
}

/** Plugs an attached ENI into its instance. */
export function attachPort(
  cloud: CloudState,
  port: NamespaceBuilder,
  subnet: Subnet,
  eni: NetworkInterface & { attachment: object },
  instance: NamespaceBuilder,
): LinkModel {
  const { networkCardIndex, deviceIndex } = eni.attachment;
  const device = deviceName(networkCardIndex, deviceIndex);
  port.up("instance", false);
  port.address(4, gatewayOf(subnet), HOST_LENGTH[4], "instance", "");
  port.address(6, LINK_LOCAL_GATEWAY, 64, "instance", "");
  for (const family of [4, 6] as const) {
    port.neighbour(family, FAR[family], eni.macAddress, "instance");
    port.route(family, "default", hop(family, FAR, "instance"), "instance", { table: TABLE.towardsInstance });
  }
  // ARP is answered for the whole subnet (see arpTable); ND has no such thing, so by address.
  const others = Object.values(cloud.networkInterfaces).filter(
    ({ id, subnetId }) => subnetId === subnet.id && id !== eni.id,
  );
  for (const address of others.flatMap((other) => other.ipv6Addresses))
    port.proxyNeighbour(address, "instance");
  const near = linkEnd(port, "instance", gatewayMac(subnet), {
    "net/ipv4/conf/instance/proxy_arp": "1",
    "net/ipv6/conf/instance/proxy_ndp": "1",
    // Proxies wait up to 0.8 s before they answer a broadcast, to let the real owner go first; there is none.
    "net/ipv4/neigh/instance/proxy_delay": "0",
    "net/ipv6/neigh/instance/proxy_delay": "0",
  });
  return { ends: [near, linkEnd(instance, device, eni.macAddress)] };
}

/** The router's address in a subnet: the network plus one. */
export function gatewayOf(subnet: Subnet): string {
  const network = prefix(subnet.cidrBlock);
  return formatAddress({ family: 4, value: network.value + 1n });
}

/** The router's link-layer address in a subnet. */
function gatewayMac(subnet: Subnet): string {
  return `0e:${shortHash(subnet.id).slice(0, 10).match(/../g)?.join(":")}`;
}

/** ARP: the gateway answers for every address of its subnet but the ENI's own (which a host may probe for). */
function arpTable(subnet: Subnet, eni: NetworkInterface): NftTable {
  return {
    counters: [],
    sets: { own4: addressSet(4, ownPrefixes(4, [eni])) },
    chains: {
      input: {
        hook: "type filter hook input priority filter;",
        rules: [
          `arp operation request arp daddr ip != ${subnet.cidrBlock} drop`,
          "arp operation request arp daddr ip @own4 drop",
        ],
      },
    },
  };
}

function filterTable(cloud: CloudState, eni: NetworkInterface): NftTable {
  const refusals = Object.values(CHECKS).map((name) => refusal(name, [4, 6]));
  const groups = referencedGroups(cloud, eni).map((id) => {
    const members = Object.values(cloud.networkInterfaces).filter((e) => e.securityGroups.includes(id));
    return { id, members };
  });
  return {
    counters: refusals.flatMap(({ counters }) => counters),
    sets: Object.assign(
      { own4: addressSet(4, ownPrefixes(4, [eni])), own6: addressSet(6, ownPrefixes(6, [eni])) },
      ...refusals.map(({ sets }) => sets),
      ...groups.flatMap(({ id, members }) =>
        ([4, 6] as const).map((family) => ({
          [groupSet(id, family)]: addressSet(family, ownPrefixes(family, members)),
        })),
      ),
    ) as Record<string, NftSet>,
    chains: Object.assign(
      {
        check: { hook: "type filter hook prerouting priority raw;", rules: checkRules(eni) },
        forward: {
          hook: "type filter hook forward priority filter; policy drop;",
          rules: [
            "ct state established,related accept",
            'iifname "vpc" oifname "instance" jump ingress',
            'iifname "instance" oifname "vpc" jump egress',
          ],
        },
      },
      groupChains(cloud, eni, groupSet, CHECKS.groups),
      ...refusals.map(({ chains }) => chains),
    ) as NftTable["chains"],
  };
}

/** Before tracking, so that a dropped packet has opened nothing. */
function checkRules(eni: NetworkInterface): string[] {
  const rules = [
    // A VPC carries no multicast and no broadcast; ND and MLD are for the gateway itself.
    'iifname "instance" ip daddr { 224.0.0.0/4, 255.255.255.255 } drop',
    'iifname "instance" ip6 daddr ff00::/8 accept',
    'iifname "instance" ip6 saddr fe80::/10 accept',
    'iifname "vpc" ip6 daddr ff00::/8 drop',
  ];
  if (!eni.sourceDestCheck) return rules;
  return [
    ...rules,
    `iifname "instance" ip saddr != @own4 jump ${CHECKS.source}`,
    `iifname "instance" ip6 saddr != @own6 jump ${CHECKS.source}`,
    `iifname "vpc" ip daddr != @own4 jump ${CHECKS.destination}`,
    `iifname "vpc" ip6 daddr != @own6 jump ${CHECKS.destination}`,
  ];
}

/** The nft set of a security group's members, in a port whose groups refer to it. */
function groupSet(groupId: string, family: Family): string {
  return `g${shortHash(groupId)}_${family}`;
}

function addressSet(family: Family, prefixes: string[]): NftSet {
  return { kind: "set", spec: `type ipv${family}_addr; flags interval;`, elements: prefixes };
}

/** The fewest prefixes that hold what the ENIs own: nft refuses intervals that overlap. */
function ownPrefixes(family: Family, enis: NetworkInterface[]): string[] {
  const own = enis.flatMap(ownedBy).filter(([of]) => of === family);
  return minimalCover(own.map(([, text]) => prefix(text))).map(formatPrefix);
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok)
    throw new Error(`the cloud's state holds ${JSON.stringify(text)} as a prefix: ${parsed.reason}`);
  return parsed.value;
}
