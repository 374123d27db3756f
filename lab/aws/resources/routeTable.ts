import type { CloudState } from "../../cloud/state";
import type { Properties, Value } from "../../rpc/values";
import {
  createRoute,
  createRouteTable,
  deleteRoute,
  deleteRouteTable,
  disassociateRouteTable,
  replaceRoute,
} from "../api/routeTable";
import { Tagged, arn, checkMembers, define } from "../define";
import { InlineRoute, TARGETS, inlineRoute, targetOf } from "./route";

interface RouteTableInputs extends Tagged {
  vpcId: string;
  routes?: InlineRoute[];
}

interface RouteTableState {
  arn: string;
  ownerId: string;
}

/** Members of an inline route; an empty text is what some programs write for "none". */
const normalizeRoutes = (routes: Value): Value =>
  Array.isArray(routes)
    ? routes.map((route: Properties) =>
        Object.fromEntries(Object.entries(route).filter(([, value]) => value !== "")),
      )
    : routes;

export const routeTable = define<RouteTableInputs, RouteTableState>({
  token: "aws:ec2/routeTable:RouteTable",
  inputs: {
    vpcId: { type: "string", required: true, forceNew: true },
    routes: { type: "set", computed: true, normalize: normalizeRoutes },
  },
  outputs: ["arn", "ownerId"],
  check: ({ routes }) => checkMembers("routes", routes, ["cidrBlock", "ipv6CidrBlock", ...TARGETS]),
  create: (cloud, { vpcId, routes, tags }) =>
    cloud.call("creating EC2 Route Table", "CreateRouteTable", (draft) => {
      const { id } = createRouteTable(draft, vpcId, tags);
      setRoutes(draft, id, [], routes ?? []);
      return id;
    }),
  describe(cloud, id) {
    const found = cloud.routeTables[id];
    if (!found) return undefined;
    return {
      vpcId: found.vpcId,
      routes: found.routes.map(inlineRoute),
      tags: found.tags,
      arn: arn(cloud, "route-table", id),
      ownerId: cloud.accountId,
    };
  },
  update: (cloud, id, { inputs, oldInputs, changed }) =>
    cloud.call(`updating Route Table (${id})`, "ReplaceRoute", (draft) => {
      draft.routeTables[id].tags = inputs.tags ?? {};
      if (changed.has("routes")) setRoutes(draft, id, oldInputs.routes ?? [], inputs.routes ?? []);
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting Route Table (${id})`, "DeleteRouteTable", (draft) => {
      draft.routeTables[id].associations.forEach((association) =>
        disassociateRouteTable(draft, association.id),
      );
      deleteRouteTable(draft, id);
    }),
});

/** Inline routes describe a table whole, but a table may have routes of `aws.ec2.Route` as well: those stay. */
function setRoutes(draft: CloudState, id: string, before: InlineRoute[], after: InlineRoute[]): void {
  const present = () => draft.routeTables[id].routes.map((route) => route.destination);
  for (const route of before) {
    const kept = after.some((other) => destinationOf(other) === destinationOf(route));
    if (!kept && present().includes(destinationOf(route))) deleteRoute(draft, id, destinationOf(route));
  }
  for (const route of after) {
    const change = present().includes(destinationOf(route)) ? replaceRoute : createRoute;
    change(draft, id, destinationOf(route), targetOf(route));
  }
}

function destinationOf(route: InlineRoute): string {
  return route.cidrBlock || route.ipv6CidrBlock || "";
}
