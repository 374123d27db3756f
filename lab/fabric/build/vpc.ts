import { Family } from "../../../lib/net";
import { CloudState, NetworkInterface, RouteTarget, Vpc } from "../../cloud/state";
import { LinkModel } from "../model";
import { namespaceOf, shortHash, tableId } from "../names";
import { GATEWAY_DEVICE, hasGateway } from "./gateway";
import { HOST_LENGTH } from "./internet";
import { FAR, NamespaceBuilder, hop, wire } from "./namespace";

/**
 * The router of a VPC: delivers to every ENI of the VPC, sends the rest by the route table of the subnet a packet
 * comes from. What no route covers is dropped without a word, as AWS does.
 */

/** The routing table that holds where each ENI is: the implied "local" routes. */
const DELIVERY = 100;

/** Order of the rules: local routes win over every route table. */
const PREFERENCE = { local: 100, routeTable: 200, drop: 30_000 };

export function buildVpc(cloud: CloudState, vpc: Vpc): NamespaceBuilder {
  const router = new NamespaceBuilder(namespaceOf(cloud.lab, "vpc", vpc.id));
  router.forwarding(true);
  for (const [family, cidr] of cidrsOf(vpc)) {
    router.route(family, cidr, "blackhole", undefined, { table: DELIVERY });
    router.rule(family, PREFERENCE.local, `to ${cidr} lookup ${DELIVERY}`);
  }
  for (const family of [4, 6] as const) router.rule(family, PREFERENCE.drop, "blackhole");
  addRouteTables(cloud, vpc, router);
  return router;
}

function cidrsOf(vpc: Vpc): [Family, string][] {
  const cidrs: [Family, string][] = vpc.cidrBlocks.map(({ cidrBlock }) => [4, cidrBlock]);
  if (vpc.ipv6CidrBlock !== undefined) cidrs.push([6, vpc.ipv6CidrBlock]);
  return cidrs;
}

/** Name of the router's device towards an ENI. */
export function portDevice(networkInterfaceId: string): string {
  return `p${shortHash(networkInterfaceId)}`;
}

/** Joins an ENI's port to the router: a link, the way to its addresses, and its subnet's route table. */
export function connectPort(
  router: NamespaceBuilder,
  port: NamespaceBuilder,
  eni: NetworkInterface,
  routeTableId: string | undefined,
): LinkModel {
  const device = portDevice(eni.id);
  const link = wire(router, device, port, "vpc");
  for (const [family, prefix] of ownedBy(eni)) {
    router.route(family, prefix, hop(family, FAR, device), device, { table: DELIVERY });
  }
  if (routeTableId !== undefined) {
    for (const family of [4, 6] as const) {
      router.rule(family, PREFERENCE.routeTable, `iif ${device} lookup ${tableId(routeTableId)}`);
    }
  }
  return link;
}

/** Every address and delegated prefix of an ENI, as prefixes. */
export function ownedBy(eni: NetworkInterface): [Family, string][] {
  return [
    ...eni.privateIps.map((address): [Family, string] => [4, `${address}/${HOST_LENGTH[4]}`]),
    ...eni.ipv4Prefixes.map((prefix): [Family, string] => [4, prefix]),
    ...eni.ipv6Addresses.map((address): [Family, string] => [6, `${address}/${HOST_LENGTH[6]}`]),
    ...eni.ipv6Prefixes.map((prefix): [Family, string] => [6, prefix]),
  ];
}

/** The VPC's route tables. A target that is not there is a blackhole, as the AWS console calls it. */
function addRouteTables(cloud: CloudState, vpc: Vpc, router: NamespaceBuilder): void {
  for (const table of Object.values(cloud.routeTables).filter(({ vpcId }) => vpcId === vpc.id)) {
    for (const { destination, target } of table.routes) {
      const family = destination.includes(":") ? 6 : 4;
      const device = deviceTowards(cloud, vpc, target);
      const path = device === undefined ? "blackhole" : hop(family, FAR, device);
      router.route(family, destination, path, device, { table: tableId(table.id) });
    }
  }
}

function deviceTowards(cloud: CloudState, vpc: Vpc, target: RouteTarget): string | undefined {
  if (target.kind === "internetGateway") {
    return hasGateway(cloud, vpc, target.id) ? GATEWAY_DEVICE : undefined;
  }
  if (target.kind === "blackhole") return undefined;
  const eni = cloud.networkInterfaces[target.id];
  const inVpc = eni !== undefined && cloud.subnets[eni.subnetId]?.vpcId === vpc.id;
  return inVpc && eni.attachment !== undefined ? portDevice(eni.id) : undefined;
}
