import type { CloudState, Eip } from "../../cloud/state";
import {
  addressOfAssociation,
  allocateAddress,
  associateAddress,
  disassociateAddress,
  releaseAddress,
} from "../api/elasticIp";
import { associateWithInstance } from "../api/instance";
import { RECORDED, Tagged, arn, define, privateDnsName, publicDnsName } from "../define";

interface EipInputs extends Tagged {
  domain?: string;
  instance?: string;
  networkInterface?: string;
  associateWithPrivateIp?: string;
}

interface EipState {
  allocationId: string;
  arn: string;
  associationId: string;
  privateDns: string;
  privateIp: string;
  ptrRecord: string;
  publicDns: string;
  publicIp: string;
}

export const eip = define<EipInputs, EipState>({
  token: "aws:ec2/eip:Eip",
  inputs: {
    domain: { ...RECORDED.text, computed: true },
    instance: { type: "string", computed: true },
    networkInterface: { type: "string", computed: true },
    associateWithPrivateIp: { type: "string", recorded: true },
  },
  outputs: [
    "allocationId",
    "arn",
    "associationId",
    "privateDns",
    "privateIp",
    "ptrRecord",
    "publicDns",
    "publicIp",
  ],
  check: ({ domain }) =>
    domain === undefined || domain === "vpc" || typeof domain !== "string"
      ? []
      : [{ property: "domain", reason: `expected domain to be one of ["vpc"], got ${domain}` }],
  recomputes: (changed) =>
    changed.has("instance") || changed.has("networkInterface")
      ? ["associationId", "privateIp", "privateDns", "instance", "networkInterface"]
      : [],
  create: (cloud, inputs) =>
    cloud.call("creating EC2 EIP", "AllocateAddress", (draft) => {
      const { allocationId } = allocateAddress(draft, inputs.tags);
      associate(draft, allocationId, inputs);
      return allocationId;
    }),
  describe(cloud, id) {
    const found = cloud.eips[id];
    return found && { ...describe(cloud, found), tags: found.tags };
  },
  omittedOnImport: () => ["instance", "networkInterface"],
  update: (cloud, id, { inputs, changed }) =>
    cloud.call(`updating EC2 EIP (${id})`, "AssociateAddress", (draft) => {
      const found = draft.eips[id];
      found.tags = inputs.tags ?? {};
      if (!["instance", "networkInterface", "associateWithPrivateIp"].some((key) => changed.has(key))) return;
      if (found.association) disassociateAddress(draft, found.association.id);
      associate(draft, id, inputs);
    }),
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 EIP (${id})`, "ReleaseAddress", (draft) => {
      const { association } = draft.eips[id];
      if (association) disassociateAddress(draft, association.id);
      releaseAddress(draft, id);
    }),
});

function associate(draft: CloudState, allocationId: string, inputs: EipInputs): void {
  const privateIp = inputs.associateWithPrivateIp;
  if (inputs.networkInterface) {
    associateAddress(draft, { allocationId, networkInterfaceId: inputs.networkInterface, privateIp });
  } else if (inputs.instance) {
    associateWithInstance(draft, { allocationId, instanceId: inputs.instance, privateIp });
  }
}

function describe(cloud: CloudState, found: Eip): EipInputs & EipState {
  const { association } = found;
  const eni = association && cloud.networkInterfaces[association.networkInterfaceId];
  return {
    domain: "vpc",
    instance: eni?.attachment?.instanceId ?? "",
    networkInterface: eni?.id ?? "",
    allocationId: found.allocationId,
    arn: arn(cloud, "elastic-ip", found.allocationId),
    associationId: association?.id ?? "",
    privateDns: association ? privateDnsName(cloud, association.privateIp) : "",
    privateIp: association?.privateIp ?? "",
    ptrRecord: "",
    publicDns: publicDnsName(cloud, found.publicIp),
    publicIp: found.publicIp,
  };
}

interface AssociationInputs {
  allocationId?: string;
  publicIp?: string;
  networkInterfaceId?: string;
  instanceId?: string;
  privateIpAddress?: string;
  allowReassociation?: boolean;
}

const chosen = { type: "string", computed: true, forceNew: true } as const;

export const eipAssociation = define<AssociationInputs, object>({
  token: "aws:ec2/eipAssociation:EipAssociation",
  tagged: false,
  inputs: {
    allocationId: chosen,
    publicIp: chosen,
    networkInterfaceId: chosen,
    instanceId: chosen,
    privateIpAddress: chosen,
    allowReassociation: { type: "boolean", forceNew: true, recorded: true },
  },
  outputs: [],
  create: (cloud, inputs) =>
    cloud.call("creating EC2 EIP Association", "AssociateAddress", (draft) => {
      const byAddress = Object.values(draft.eips).find(({ publicIp }) => publicIp === inputs.publicIp);
      const allocationId = inputs.allocationId ?? byAddress?.allocationId ?? inputs.publicIp ?? "";
      const { networkInterfaceId, instanceId, privateIpAddress: privateIp, allowReassociation } = inputs;
      return networkInterfaceId
        ? associateAddress(draft, { allocationId, networkInterfaceId, privateIp, allowReassociation })
        : associateWithInstance(draft, {
            allocationId,
            instanceId: instanceId ?? "",
            privateIp,
            allowReassociation,
          });
    }),
  describe(cloud, id) {
    const found = addressOfAssociation(cloud, id);
    if (!found?.association) return undefined;
    const { networkInterfaceId, privateIp } = found.association;
    return {
      allocationId: found.allocationId,
      publicIp: found.publicIp,
      networkInterfaceId,
      instanceId: cloud.networkInterfaces[networkInterfaceId].attachment?.instanceId ?? "",
      privateIpAddress: privateIp,
    };
  },
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 EIP Association (${id})`, "DisassociateAddress", (draft) =>
      disassociateAddress(draft, id),
    ),
});
