import type { CloudState, InternetGateway } from "../../cloud/state";
import { AwsError } from "./error";
import { find, freshId } from "./transition";

/** CreateInternetGateway. */
export function createInternetGateway(draft: CloudState, tags: Record<string, string> = {}): InternetGateway {
  const id = freshId(draft, "igw");
  draft.internetGateways[id] = { id, tags };
  return draft.internetGateways[id];
}

/** AttachInternetGateway: one gateway a VPC, one VPC a gateway. */
export function attachInternetGateway(draft: CloudState, id: string, vpcId: string): void {
  const gateway = find(draft, "internetGateways", id);
  find(draft, "vpcs", vpcId);
  if (gateway.vpcId) {
    throw new AwsError(
      "Resource.AlreadyAssociated",
      `resource ${id} is already attached to network ${gateway.vpcId}`,
    );
  }
  if (internetGatewayOf(draft, vpcId)) {
    throw new AwsError("InvalidParameterValue", `Network ${vpcId} already has an internet gateway attached`);
  }
  gateway.vpcId = vpcId;
}

/** DetachInternetGateway: no public address may still be mapped through it. */
export function detachInternetGateway(draft: CloudState, id: string, vpcId: string): void {
  const gateway = find(draft, "internetGateways", id);
  if (gateway.vpcId !== vpcId) {
    throw new AwsError("Gateway.NotAttached", `resource ${id} is not attached to network ${vpcId}`);
  }
  const mapped = Object.values(draft.eips).some((eip) => {
    const eni = eip.association && draft.networkInterfaces[eip.association.networkInterfaceId];
    return eni && draft.subnets[eni.subnetId].vpcId === vpcId;
  });
  if (mapped) {
    throw new AwsError(
      "DependencyViolation",
      `Network ${vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
    );
  }
  gateway.vpcId = undefined;
}

/** DeleteInternetGateway. Routes that led to it become blackholes. */
export function deleteInternetGateway(draft: CloudState, id: string): void {
  const gateway = find(draft, "internetGateways", id);
  if (gateway.vpcId) {
    throw new AwsError(
      "DependencyViolation",
      `The internetGateway '${id}' has dependencies and cannot be deleted.`,
    );
  }
  blackholeRoutesTo(draft, id);
  delete draft.internetGateways[id];
}

/** The gateway attached to a VPC. */
export function internetGatewayOf(cloud: CloudState, vpcId: string): InternetGateway | undefined {
  return Object.values(cloud.internetGateways).find((gateway) => gateway.vpcId === vpcId);
}

/** What AWS does to routes whose target is gone: they stay and drop. */
export function blackholeRoutesTo(draft: CloudState, targetId: string): void {
  for (const table of Object.values(draft.routeTables)) {
    for (const route of table.routes) {
      if (route.target.kind !== "blackhole" && route.target.id === targetId)
        route.target = { kind: "blackhole" };
    }
  }
}
