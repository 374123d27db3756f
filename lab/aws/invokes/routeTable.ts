import type { CloudState, RouteTable } from "../../cloud/state";
import { arn } from "../define";
import { FILTERS, Filtered, filtersOf, one, query, select, tagFacets, tagFilters } from "./define";

const text = { type: "string" } as const;

interface TableArgs extends Filtered {
  routeTableId?: string;
  subnetId?: string;
  vpcId?: string;
  gatewayId?: string;
  tags?: Record<string, string>;
}

export const getRouteTable = query<TableArgs, object>({
  token: "aws:ec2/getRouteTable:getRouteTable",
  args: {
    filters: FILTERS,
    routeTableId: text,
    subnetId: text,
    vpcId: text,
    gatewayId: text,
    tags: { type: "object" },
  },
  run(cloud, args) {
    const facets = (table: RouteTable) => ({
      "route-table-id": [table.id],
      "vpc-id": [table.vpcId],
      "association.subnet-id": table.associations.map(({ subnetId }) => subnetId),
      "association.main": [String(cloud.vpcs[table.vpcId].mainRouteTableId === table.id)],
      "route.gateway-id": [
        "local",
        ...table.routes.flatMap(({ target }) => ("id" in target ? [target.id] : [])),
      ],
      ...tagFacets(table.tags),
    });
    const filters = [
      ...(args.filters ?? []),
      ...filtersOf({
        "route-table-id": args.routeTableId,
        "vpc-id": args.vpcId,
        "association.subnet-id": args.subnetId,
        "association.gateway-id": args.gatewayId,
      }),
      ...tagFilters(args.tags),
    ];
    const token = "aws:ec2/getRouteTable:getRouteTable";
    const table = one(select(token, Object.values(cloud.routeTables), facets, filters), "EC2 Route Table");
    return describeTable(cloud, table, args);
  },
});

function describeTable(cloud: CloudState, table: RouteTable, args: TableArgs): object {
  const vpc = cloud.vpcs[table.vpcId];
  const isMain = vpc.mainRouteTableId === table.id;
  const association = { gatewayId: "", routeTableId: table.id };
  return {
    id: table.id,
    arn: arn(cloud, "route-table", table.id),
    routeTableId: table.id,
    vpcId: table.vpcId,
    subnetId: args.subnetId ?? "",
    gatewayId: args.gatewayId ?? "",
    ownerId: cloud.accountId,
    tags: table.tags,
    associations: [
      ...(isMain
        ? [
            {
              ...association,
              main: true,
              routeTableAssociationId: vpc.mainRouteTableAssociationId,
              subnetId: "",
            },
          ]
        : []),
      ...table.associations.map(({ id, subnetId }) => ({
        ...association,
        main: false,
        routeTableAssociationId: id,
        subnetId,
      })),
    ],
    routes: table.routes.map(({ destination, target }) => ({
      cidrBlock: destination.includes(":") ? "" : destination,
      ipv6CidrBlock: destination.includes(":") ? destination : "",
      gatewayId: target.kind === "internetGateway" ? target.id : "",
      networkInterfaceId: target.kind === "networkInterface" ? target.id : "",
    })),
  };
}
