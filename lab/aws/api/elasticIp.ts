import { formatAddress, lastAddress } from "../../../lib/net";
import { CloudState, ELASTIC_IP_POOL, Eip, NetworkInterface } from "../../cloud/state";
import { cidr } from "./addressing";
import { AwsError } from "./error";
import { internetGatewayOf } from "./internetGateway";
import { find, freshId } from "./transition";

/** AllocateAddress. */
export function allocateAddress(draft: CloudState, tags: Record<string, string> = {}): Eip {
  return allocate(draft, false, tags);
}

/** ReleaseAddress: not while associated. */
export function releaseAddress(draft: CloudState, allocationId: string): void {
  const eip = address(draft, allocationId);
  if (eip.association) throw new AwsError("InvalidIPAddress.InUse", `Address ${eip.publicIp} is in use.`);
  delete draft.eips[allocationId];
}

/** AssociateAddress by interface: the association's id. Without a private address the primary is meant. */
export function associateAddress(
  draft: CloudState,
  args: {
    allocationId: string;
    networkInterfaceId: string;
    privateIp?: string;
    allowReassociation?: boolean;
  },
): string {
  const eip = address(draft, args.allocationId);
  const eni = find(draft, "networkInterfaces", args.networkInterfaceId);
  const privateIp = args.privateIp ?? eni.privateIps[0];
  const { vpcId } = draft.subnets[eni.subnetId];
  if (!eni.privateIps.includes(privateIp)) {
    throw new AwsError(
      "InvalidParameterValue",
      `The private IP address ${privateIp} is not assigned to interface ${eni.id}.`,
    );
  }
  if (!internetGatewayOf(draft, vpcId)) {
    throw new AwsError("Gateway.NotAttached", `Network ${vpcId} is not attached to any internet gateway`);
  }
  const current = Object.values(draft.eips).find(
    (other) => other.association?.networkInterfaceId === eni.id && other.association.privateIp === privateIp,
  );
  const again = current?.allocationId === eip.allocationId;
  if (current?.amazonOwned) delete draft.eips[current.allocationId];
  else if (current && !again && !args.allowReassociation)
    throw alreadyAssociated(eni.id, current.association!.id);
  else if (current && !again) current.association = undefined;
  if (eip.association && !again && !args.allowReassociation) {
    throw alreadyAssociated(eip.allocationId, eip.association.id);
  }
  eip.association = { id: freshId(draft, "eipassoc"), networkInterfaceId: eni.id, privateIp };
  return eip.association.id;
}

/** DisassociateAddress. */
export function disassociateAddress(draft: CloudState, associationId: string): void {
  const eip = addressOfAssociation(draft, associationId);
  if (!eip) {
    throw new AwsError(
      "InvalidAssociationID.NotFound",
      `The association ID '${associationId}' does not exist`,
    );
  }
  eip.association = undefined;
}

/** Gives an interface's primary address a public one for as long as it is attached. */
export function lendPublicAddress(draft: CloudState, eni: NetworkInterface): void {
  const associated = Object.values(draft.eips).some(
    (eip) =>
      eip.association?.networkInterfaceId === eni.id && eip.association.privateIp === eni.privateIps[0],
  );
  if (associated || !internetGatewayOf(draft, draft.subnets[eni.subnetId].vpcId)) return;
  const eip = allocate(draft, true, {});
  eip.association = {
    id: freshId(draft, "eipassoc"),
    networkInterfaceId: eni.id,
    privateIp: eni.privateIps[0],
  };
}

/** Takes a lent address back; answers whether there was one. */
export function releaseLent(draft: CloudState, networkInterfaceId: string): boolean {
  const lent = Object.values(draft.eips).filter(
    (eip) => eip.amazonOwned && eip.association?.networkInterfaceId === networkInterfaceId,
  );
  for (const eip of lent) delete draft.eips[eip.allocationId];
  return lent.length > 0;
}

/** The public address a private one is translated to. */
export function publicAddressOf(cloud: CloudState, eniId: string, privateIp: string): Eip | undefined {
  return Object.values(cloud.eips).find(
    (eip) => eip.association?.networkInterfaceId === eniId && eip.association.privateIp === privateIp,
  );
}

/** The Elastic IP that has an association. */
export function addressOfAssociation(cloud: CloudState, associationId: string): Eip | undefined {
  return Object.values(cloud.eips).find((eip) => eip.association?.id === associationId);
}

function allocate(draft: CloudState, amazonOwned: boolean, tags: Record<string, string>): Eip {
  const pool = cidr(ELASTIC_IP_POOL);
  const used = new Set(Object.values(draft.eips).map((eip) => eip.publicIp));
  for (let value = pool.value + 10n; value < lastAddress(pool).value; value++) {
    const publicIp = formatAddress({ family: 4, value });
    if (used.has(publicIp)) continue;
    const allocationId = freshId(draft, "eipalloc");
    draft.eips[allocationId] = { allocationId, publicIp, amazonOwned, tags };
    return draft.eips[allocationId];
  }
  throw new AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
}

function address(draft: CloudState, allocationId: string): Eip {
  const eip = draft.eips[allocationId];
  if (eip) return eip;
  throw new AwsError("InvalidAllocationID.NotFound", `The allocation ID '${allocationId}' does not exist`);
}

function alreadyAssociated(resource: string, associationId: string): AwsError {
  return new AwsError(
    "Resource.AlreadyAssociated",
    `resource ${resource} is already associated with associate-id ${associationId}`,
  );
}
