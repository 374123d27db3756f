import { contains, formatPrefix } from "../../../lib/net";
import type { CloudState, RouteTable, RouteTarget } from "../../cloud/state";
import { cidr } from "./addressing";
import { AwsError, notFound } from "./error";
import { dependency, find, freshId } from "./transition";

/** CreateRouteTable. */
export function createRouteTable(
  draft: CloudState,
  vpcId: string,
  tags: Record<string, string> = {},
): RouteTable {
  find(draft, "vpcs", vpcId);
  const id = freshId(draft, "rtb");
  draft.routeTables[id] = { id, vpcId, associations: [], routes: [], tags };
  return draft.routeTables[id];
}

/** DeleteRouteTable. */
export function deleteRouteTable(draft: CloudState, id: string): void {
  const table = find(draft, "routeTables", id);
  if (table.associations.length > 0 || draft.vpcs[table.vpcId].mainRouteTableId === id) {
    throw dependency("routeTable", id);
  }
  delete draft.routeTables[id];
}

/** CreateRoute. The target is a gateway (`igw-…`) or an interface (`eni-…`) of the same VPC. */
export function createRoute(draft: CloudState, tableId: string, destination: string, targetId: string): void {
  const table = find(draft, "routeTables", tableId);
  const block = routable(draft, table, destination);
  if (table.routes.some((route) => route.destination === block)) {
    throw new AwsError("RouteAlreadyExists", `The route identified by ${block} already exists.`);
  }
  table.routes.push({ destination: block, target: routeTarget(draft, table, targetId) });
}

/** ReplaceRoute. */
export function replaceRoute(
  draft: CloudState,
  tableId: string,
  destination: string,
  targetId: string,
): void {
  const table = find(draft, "routeTables", tableId);
  const block = formatPrefix(cidr(destination, "destinationCidrBlock"));
  const route = table.routes.find((candidate) => candidate.destination === block);
  if (!route) throw noRoute(tableId, block);
  route.target = routeTarget(draft, table, targetId);
}

/** DeleteRoute. */
export function deleteRoute(draft: CloudState, tableId: string, destination: string): void {
  const table = find(draft, "routeTables", tableId);
  const block = formatPrefix(cidr(destination, "destinationCidrBlock"));
  if (!table.routes.some((route) => route.destination === block)) throw noRoute(tableId, block);
  table.routes = table.routes.filter((route) => route.destination !== block);
}

/** AssociateRouteTable. A subnet has at most one explicit association. */
export function associateRouteTable(draft: CloudState, tableId: string, subnetId: string): string {
  const table = find(draft, "routeTables", tableId);
  const subnet = find(draft, "subnets", subnetId);
  if (subnet.vpcId !== table.vpcId) {
    throw new AwsError(
      "InvalidParameterValue",
      `Route table ${tableId} and subnet ${subnetId} belong to different networks`,
    );
  }
  const current = Object.values(draft.routeTables).find((other) =>
    other.associations.some((a) => a.subnetId === subnetId),
  );
  if (current) {
    throw new AwsError(
      "Resource.AlreadyAssociated",
      `the specified association for route table ${tableId} conflicts with an existing association`,
    );
  }
  const id = freshId(draft, "rtbassoc");
  table.associations.push({ id, subnetId });
  return id;
}

/** DisassociateRouteTable. The subnet falls back to the VPC's main table. */
export function disassociateRouteTable(draft: CloudState, associationId: string): void {
  const table = tableOfAssociation(draft, associationId);
  if (!table) throw notFound("InvalidAssociationID.NotFound", "association ID", associationId);
  table.associations = table.associations.filter((association) => association.id !== associationId);
}

/** ReplaceRouteTableAssociation of a subnet's association: its new id. */
export function replaceAssociation(draft: CloudState, associationId: string, tableId: string): string {
  const subnetId = tableOfAssociation(draft, associationId)?.associations.find(
    (a) => a.id === associationId,
  )?.subnetId;
  if (!subnetId) throw notFound("InvalidAssociationID.NotFound", "association ID", associationId);
  disassociateRouteTable(draft, associationId);
  return associateRouteTable(draft, tableId, subnetId);
}

/** ReplaceRouteTableAssociation of the main association: which table subnets without one of their own use. */
export function replaceMainTable(draft: CloudState, vpcId: string, tableId: string): string {
  const vpc = find(draft, "vpcs", vpcId);
  const table = find(draft, "routeTables", tableId);
  if (table.vpcId !== vpcId) {
    throw new AwsError(
      "InvalidParameterValue",
      `Route table ${tableId} and network ${vpcId} belong to different networks`,
    );
  }
  vpc.mainRouteTableId = tableId;
  vpc.mainRouteTableAssociationId = freshId(draft, "rtbassoc");
  return vpc.mainRouteTableAssociationId;
}

/** The table that has an association of a subnet. */
export function tableOfAssociation(cloud: CloudState, associationId: string): RouteTable | undefined {
  return Object.values(cloud.routeTables).find((table) =>
    table.associations.some((a) => a.id === associationId),
  );
}

function routable(draft: CloudState, table: RouteTable, destination: string): string {
  const block = cidr(destination, "destinationCidrBlock");
  const vpc = draft.vpcs[table.vpcId];
  const local = vpc.cidrBlocks
    .map(({ cidrBlock }) => cidr(cidrBlock))
    .concat(vpc.ipv6CidrBlock ? cidr(vpc.ipv6CidrBlock) : []);
  if (local.some((own) => contains(own, block) && own.length === block.length)) {
    throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
  }
  // AWS takes one for a whole subnet, to an interface; here what is local goes first in any case.
  if (local.some((own) => contains(own, block))) {
    throw new Error(`the lab does not model routes within the VPC's own blocks; got ${destination}`);
  }
  return formatPrefix(block);
}

function routeTarget(draft: CloudState, table: RouteTable, id: string): RouteTarget {
  if (id.startsWith("igw-")) {
    const gateway = find(draft, "internetGateways", id);
    if (gateway.vpcId !== table.vpcId) {
      throw new AwsError(
        "InvalidParameterValue",
        `route table ${table.id} and network gateway ${id} belong to different networks`,
      );
    }
    return { kind: "internetGateway", id };
  }
  const eni = find(draft, "networkInterfaces", id);
  if (draft.subnets[eni.subnetId].vpcId !== table.vpcId) {
    throw new AwsError(
      "InvalidParameterValue",
      `route table ${table.id} and interface ${id} belong to different networks`,
    );
  }
  return { kind: "networkInterface", id };
}

function noRoute(tableId: string, destination: string): AwsError {
  return new AwsError(
    "InvalidRoute.NotFound",
    `no route with destination-cidr-block ${destination} in route table ${tableId}`,
  );
}
