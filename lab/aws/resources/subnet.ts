import { availabilityZones, createSubnet, deleteSubnet, modifySubnet } from "../api/subnet";
import { RECORDED, Tagged, arn, define } from "../define";

interface SubnetInputs extends Tagged {
  vpcId: string;
  cidrBlock: string;
  ipv6CidrBlock?: string;
  availabilityZone?: string;
  availabilityZoneId?: string;
  mapPublicIpOnLaunch?: boolean;
  assignIpv6AddressOnCreation?: boolean;
  enableDns64?: boolean;
  enableResourceNameDnsARecordOnLaunch?: boolean;
  enableResourceNameDnsAaaaRecordOnLaunch?: boolean;
  privateDnsHostnameTypeOnLaunch?: string;
}

interface SubnetState {
  arn: string;
  ipv6CidrBlockAssociationId: string;
  ownerId: string;
}

export const subnet = define<SubnetInputs, SubnetState>({
  token: "aws:ec2/subnet:Subnet",
  inputs: {
    vpcId: { type: "string", required: true, forceNew: true },
    cidrBlock: { type: "string", required: true, forceNew: true },
    ipv6CidrBlock: { type: "string" },
    availabilityZone: { type: "string", forceNew: true, computed: true },
    availabilityZoneId: { type: "string", forceNew: true, computed: true },
    mapPublicIpOnLaunch: { type: "boolean", default: false },
    assignIpv6AddressOnCreation: { type: "boolean", default: false },
    enableDns64: { ...RECORDED.flag, default: false },
    enableResourceNameDnsARecordOnLaunch: { ...RECORDED.flag, default: false },
    enableResourceNameDnsAaaaRecordOnLaunch: { ...RECORDED.flag, default: false },
    privateDnsHostnameTypeOnLaunch: { ...RECORDED.text, computed: true },
  },
  outputs: ["arn", "ipv6CidrBlockAssociationId", "ownerId"],
  check: ({ availabilityZone, availabilityZoneId }) =>
    availabilityZone !== undefined && availabilityZoneId !== undefined
      ? [{ property: "availabilityZoneId", reason: 'conflicts with "availabilityZone"; give one of them' }]
      : [],
  recomputes: (changed) => (changed.has("ipv6CidrBlock") ? ["ipv6CidrBlockAssociationId"] : []),
  create: (cloud, inputs) =>
    cloud.call("creating EC2 Subnet", "CreateSubnet", (draft) => {
      const zone = availabilityZones(draft.region).find(({ id }) => id === inputs.availabilityZoneId);
      const availabilityZone = inputs.availabilityZone ?? zone?.name ?? inputs.availabilityZoneId;
      return createSubnet(draft, { ...inputs, availabilityZone }).id;
    }),
  describe(cloud, id) {
    const found = cloud.subnets[id];
    if (!found) return undefined;
    return {
      vpcId: found.vpcId,
      cidrBlock: found.cidrBlock,
      ipv6CidrBlock: found.ipv6CidrBlock,
      availabilityZone: found.availabilityZone,
      availabilityZoneId: availabilityZones(cloud.region).find(({ name }) => name === found.availabilityZone)
        ?.id,
      mapPublicIpOnLaunch: found.mapPublicIpOnLaunch,
      assignIpv6AddressOnCreation: found.assignIpv6AddressOnCreation,
      privateDnsHostnameTypeOnLaunch: "ip-name",
      tags: found.tags,
      arn: arn(cloud, "subnet", id),
      ipv6CidrBlockAssociationId: found.ipv6CidrBlock ? id.replace("subnet-", "subnet-cidr-assoc-") : "",
      ownerId: cloud.accountId,
    };
  },
  omittedOnImport: () => ["availabilityZoneId"],
  update: (cloud, id, { inputs }) =>
    cloud.call(`updating EC2 Subnet (${id})`, "ModifySubnetAttribute", (draft) =>
      modifySubnet(draft, id, inputs),
    ),
  delete: (cloud, id) =>
    cloud.call(`deleting EC2 Subnet (${id})`, "DeleteSubnet", (draft) => deleteSubnet(draft, id)),
});
