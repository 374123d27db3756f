import type { RouteTable } from "../../cloud/state";
import type { Properties } from "../../rpc/values";
import { createRoute, deleteRoute, replaceRoute } from "../api/routeTable";
import { define } from "../define";

export interface InlineRoute {
  cidrBlock?: string;
  ipv6CidrBlock?: string;
  gatewayId?: string;
  networkInterfaceId?: string;
}

/** The targets the lab routes to; the others are refused by name. */
export const TARGETS = ["gatewayId", "networkInterfaceId"];

/** The target of a route, by whichever property names it. */
export function targetOf(route: { gatewayId?: string; networkInterfaceId?: string }): string {
  return route.gatewayId || route.networkInterfaceId || "";
}

/** A route as the `routes` of a route table have it. */
export function inlineRoute({ destination, target }: RouteTable["routes"][number]): InlineRoute {
  return {
    [destination.includes(":") ? "ipv6CidrBlock" : "cidrBlock"]: destination,
    ...(target.kind === "internetGateway" ? { gatewayId: target.id } : {}),
    ...(target.kind === "networkInterface" ? { networkInterfaceId: target.id } : {}),
  };
}

interface RouteInputs {
  routeTableId: string;
  destinationCidrBlock?: string;
  destinationIpv6CidrBlock?: string;
  gatewayId?: string;
  networkInterfaceId?: string;
}

interface RouteState {
  origin: string;
  state: string;
}

const routeDestination = (inputs: Partial<RouteInputs>) =>
  inputs.destinationCidrBlock ?? inputs.destinationIpv6CidrBlock ?? "";

/** A route's id, as the AWS provider makes it. */
const routeId = (tableId: string, destination: string) => `r-${tableId}_${destination}`;

const exactlyOne = (inputs: Properties, names: string[]) =>
  names.filter((name) => inputs[name] !== undefined).length === 1
    ? []
    : [{ property: names[0], reason: `give exactly one of ${names.join(", ")}` }];

export const route = define<RouteInputs, RouteState>({
  token: "aws:ec2/route:Route",
  tagged: false,
  inputs: {
    routeTableId: { type: "string", required: true, forceNew: true },
    destinationCidrBlock: { type: "string", forceNew: true },
    destinationIpv6CidrBlock: { type: "string", forceNew: true },
    gatewayId: { type: "string" },
    networkInterfaceId: { type: "string" },
  },
  outputs: ["origin", "state"],
  check: (inputs) => [
    ...exactlyOne(inputs, ["destinationCidrBlock", "destinationIpv6CidrBlock"]),
    ...exactlyOne(inputs, TARGETS),
  ],
  create: (cloud, inputs) =>
    cloud.call(`creating Route in Route Table (${inputs.routeTableId})`, "CreateRoute", (draft) => {
      createRoute(draft, inputs.routeTableId, routeDestination(inputs), targetOf(inputs));
      return routeId(inputs.routeTableId, routeDestination(inputs));
    }),
  describe(cloud, id) {
    // An import names the route by "table_destination", what is recorded by "r-table_destination".
    const [tableId, destination] = id.replace(/^r-/, "").split("_");
    const found = cloud.routeTables[tableId]?.routes.find(
      (candidate) => candidate.destination === destination,
    );
    if (!found) return undefined;
    const { cidrBlock, ipv6CidrBlock, ...target } = inlineRoute(found);
    return {
      routeTableId: tableId,
      destinationCidrBlock: cidrBlock,
      destinationIpv6CidrBlock: ipv6CidrBlock,
      ...target,
      origin: "CreateRoute",
      state: found.target.kind === "blackhole" ? "blackhole" : "active",
    };
  },
  update: (cloud, _id, { inputs }) =>
    cloud.call(`updating Route in Route Table (${inputs.routeTableId})`, "ReplaceRoute", (draft) =>
      replaceRoute(draft, inputs.routeTableId, routeDestination(inputs), targetOf(inputs)),
    ),
  delete: (cloud, _id, state) =>
    cloud.call(`deleting Route in Route Table (${state.routeTableId})`, "DeleteRoute", (draft) =>
      deleteRoute(draft, state.routeTableId, routeDestination(state)),
    ),
});
