import { CloudState, Vpc } from "../../cloud/state";
import { LinkModel, NftTable } from "../model";
import { shortHash } from "../names";
import { HOST_LENGTH, internetRoute } from "./internet";
import { NamespaceBuilder, wire } from "./namespace";
import { refusal } from "./refusal";

/**
 * The Internet gateway of a VPC: in the VPC's router, a link to the Internet and one-to-one translation between
 * Elastic IPs and private addresses. It keeps no state, so an EIP that is moved is moved for every packet. Not
 * modelled: the copy of a packet inside an ICMP error keeps its private address.
 */

/** Name of the router's device towards the Internet. */
export const GATEWAY_DEVICE = "igw";

/** What the gateway refuses; see `readCounters`. */
export const NO_PUBLIC_ADDRESS = "no_public_address";

export function hasGateway(cloud: CloudState, vpc: Vpc, gatewayId?: string): boolean {
  return Object.values(cloud.internetGateways).some(
    ({ id, vpcId }) => vpcId === vpc.id && (gatewayId === undefined || id === gatewayId),
  );
}

/** Joins a VPC to the Internet, if it has an attached gateway. */
export function connectInternet(
  cloud: CloudState,
  vpc: Vpc,
  router: NamespaceBuilder,
  internet: NamespaceBuilder,
): LinkModel | undefined {
  if (!hasGateway(cloud, vpc)) return undefined;
  const device = `v${shortHash(vpc.id)}`;
  const link = wire(router, GATEWAY_DEVICE, internet, device);
  const pairs = translations(cloud, vpc);
  for (const { publicIp } of pairs) internetRoute(internet, 4, `${publicIp}/${HOST_LENGTH[4]}`, device);
  if (vpc.ipv6CidrBlock !== undefined) internetRoute(internet, 6, vpc.ipv6CidrBlock, device);
  router.table("ip gateway", translationTable(pairs));
  return link;
}

interface Translation {
  publicIp: string;
  privateIp: string;
}

function translations(cloud: CloudState, vpc: Vpc): Translation[] {
  const pairs = Object.values(cloud.eips).flatMap(({ publicIp, association }) => {
    if (association === undefined) return [];
    const eni = cloud.networkInterfaces[association.networkInterfaceId];
    const inVpc = eni !== undefined && cloud.subnets[eni.subnetId]?.vpcId === vpc.id;
    return inVpc ? [{ publicIp, privateIp: association.privateIp }] : [];
  });
  return pairs.sort((a, b) => (a.publicIp < b.publicIp ? -1 : 1));
}

function translationTable(pairs: Translation[]): NftTable {
  const map = "type ipv4_addr : ipv4_addr;";
  const refused = refusal(NO_PUBLIC_ADDRESS, [4]);
  return {
    counters: refused.counters,
    sets: {
      ...refused.sets,
      to_private: { kind: "map", spec: map, elements: pairs.map((p) => `${p.publicIp} : ${p.privateIp}`) },
      to_public: { kind: "map", spec: map, elements: pairs.map((p) => `${p.privateIp} : ${p.publicIp}`) },
      translated: { kind: "set", spec: "type ipv4_addr;", elements: pairs.map((p) => p.privateIp) },
    },
    chains: {
      ...refused.chains,
      inward: {
        hook: "type filter hook prerouting priority raw;",
        rules: [`iifname "${GATEWAY_DEVICE}" ip daddr set ip daddr map @to_private`],
      },
      forward: {
        hook: "type filter hook forward priority filter;",
        rules: [`oifname "${GATEWAY_DEVICE}" ip saddr != @translated jump ${NO_PUBLIC_ADDRESS}`],
      },
      outward: {
        hook: "type filter hook postrouting priority srcnat;",
        rules: [`oifname "${GATEWAY_DEVICE}" ip saddr set ip saddr map @to_public`],
      },
    },
  };
}
