import type { CloudState } from "../../cloud/state";
import type { InputProperty } from "../../rpc/resource";
import {
  associateRouteTable,
  disassociateRouteTable,
  replaceAssociation,
  replaceMainTable,
  tableOfAssociation,
} from "../api/routeTable";
import { define } from "../define";

interface AssociationInputs {
  routeTableId: string;
  subnetId: string;
}

const required: InputProperty = { type: "string", required: true };

export const routeTableAssociation = define<AssociationInputs, object>({
  token: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  tagged: false,
  inputs: { routeTableId: required, subnetId: { ...required, forceNew: true } },
  outputs: [],
  create: (cloud, { routeTableId, subnetId }) =>
    cloud.call("creating Route Table Association", "AssociateRouteTable", (draft) =>
      associateRouteTable(draft, routeTableId, subnetId),
    ),
  describe(cloud, id, known) {
    // A replaced association has a new id in AWS, while the id Pulumi knows stays: find it by its subnet too.
    const table =
      tableOfAssociation(cloud, id) ??
      Object.values(cloud.routeTables).find((t) => t.associations.some((a) => a.subnetId === known.subnetId));
    const association = table?.associations.find((a) => a.id === id || a.subnetId === known.subnetId);
    return table && association && { routeTableId: table.id, subnetId: association.subnetId };
  },
  update: (cloud, id, { inputs }) =>
    cloud.call(`updating Route Table Association (${id})`, "ReplaceRouteTableAssociation", (draft) => {
      replaceAssociation(draft, associationOf(draft, inputs.subnetId), inputs.routeTableId);
    }),
  delete: (cloud, id, { subnetId }) =>
    cloud.call(`deleting Route Table Association (${id})`, "DisassociateRouteTable", (draft) =>
      disassociateRouteTable(draft, associationOf(draft, subnetId)),
    ),
});

function associationOf(cloud: CloudState, subnetId: string): string {
  const all = Object.values(cloud.routeTables).flatMap((table) => table.associations);
  return all.find((association) => association.subnetId === subnetId)?.id ?? "";
}

interface MainInputs {
  vpcId: string;
  routeTableId: string;
}

interface MainState {
  originalRouteTableId: string;
}

export const mainRouteTableAssociation = define<MainInputs, MainState>({
  token: "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
  tagged: false,
  inputs: { vpcId: { ...required, forceNew: true }, routeTableId: required },
  outputs: ["originalRouteTableId"],
  create: (cloud, { vpcId, routeTableId }) =>
    cloud.call("creating Main Route Table Association", "ReplaceRouteTableAssociation", (draft) => {
      const original = draft.vpcs[vpcId]?.mainRouteTableId;
      const id = replaceMainTable(draft, vpcId, routeTableId);
      draft.vpcs[vpcId].originalMainRouteTableId ??= original;
      return id;
    }),
  describe(cloud, id, known) {
    const vpc = Object.values(cloud.vpcs).find(
      (v) => v.mainRouteTableAssociationId === id || v.id === known.vpcId,
    );
    if (!vpc?.originalMainRouteTableId) return undefined;
    return {
      vpcId: vpc.id,
      routeTableId: vpc.mainRouteTableId,
      originalRouteTableId: vpc.originalMainRouteTableId,
    };
  },
  update: (cloud, id, { inputs }) =>
    cloud.call(`updating Main Route Table Association (${id})`, "ReplaceRouteTableAssociation", (draft) => {
      replaceMainTable(draft, inputs.vpcId, inputs.routeTableId);
    }),
  delete: (cloud, id, { vpcId, originalRouteTableId }) =>
    cloud.call(`deleting Main Route Table Association (${id})`, "ReplaceRouteTableAssociation", (draft) => {
      replaceMainTable(draft, vpcId, originalRouteTableId);
      draft.vpcs[vpcId].originalMainRouteTableId = undefined;
    }),
});
