import type { CloudState, Instance, NetworkInterface } from "../../cloud/state";
import { publicAddressOf } from "../api/elasticIp";
import { arn, privateDnsName, publicDnsName } from "../define";
import { FILTERS, Facets, Filtered, filtersOf, one, query, select, tagFacets, tagFilters } from "./define";

const text = { type: "string" } as const;

interface InstanceArgs extends Filtered {
  instanceId?: string;
  instanceTags?: Record<string, string>;
  getPasswordData?: boolean;
  getUserData?: boolean;
}

export const getInstance = query<InstanceArgs, object>({
  token: "aws:ec2/getInstance:getInstance",
  args: {
    filters: FILTERS,
    instanceId: text,
    instanceTags: { type: "object" },
    getPasswordData: { type: "boolean" },
    getUserData: { type: "boolean" },
  },
  run(cloud, args) {
    const facets = (instance: Instance): Facets => ({
      "instance-id": [instance.id],
      "instance-type": [instance.instanceType],
      "image-id": [instance.ami],
      "availability-zone": [instance.availabilityZone],
      "key-name": [instance.keyName],
      "instance-state-name": ["running"],
      "vpc-id": [cloud.subnets[cloud.networkInterfaces[instance.primaryNetworkInterfaceId].subnetId].vpcId],
      "subnet-id": [cloud.networkInterfaces[instance.primaryNetworkInterfaceId].subnetId],
      ...tagFacets(instance.tags),
    });
    const filters = [
      ...(args.filters ?? []),
      ...filtersOf({ "instance-id": args.instanceId }),
      ...tagFilters(args.instanceTags),
    ];
    const token = "aws:ec2/getInstance:getInstance";
    const instance = one(select(token, Object.values(cloud.instances), facets, filters), "EC2 Instance");
    return describeInstance(cloud, instance, args);
  },
});

function describeInstance(cloud: CloudState, instance: Instance, args: InstanceArgs): object {
  const eni = cloud.networkInterfaces[instance.primaryNetworkInterfaceId];
  const publicIp = publicAddressOf(cloud, eni.id, eni.privateIps[0]);
  return {
    id: instance.id,
    instanceId: instance.id,
    arn: arn(cloud, "instance", instance.id),
    ami: instance.ami,
    instanceType: instance.instanceType,
    instanceState: "running",
    availabilityZone: instance.availabilityZone,
    keyName: instance.keyName ?? "",
    networkInterfaceId: eni.id,
    subnetId: eni.subnetId,
    privateIp: eni.privateIps[0],
    secondaryPrivateIps: eni.privateIps.slice(1),
    ipv6Addresses: eni.ipv6Addresses,
    vpcSecurityGroupIds: eni.securityGroups,
    sourceDestCheck: eni.sourceDestCheck,
    associatePublicIpAddress: publicIp?.amazonOwned ?? false,
    publicIp: publicIp?.publicIp ?? "",
    publicDns: publicIp ? publicDnsName(cloud, publicIp.publicIp) : "",
    privateDns: privateDnsName(cloud, eni.privateIps[0]),
    tenancy: "default",
    tags: instance.tags,
    ...(args.getUserData ? { userDataBase64: Buffer.from(instance.userData ?? "").toString("base64") } : {}),
  };
}

const interfaceFacets =
  (cloud: CloudState) =>
  (eni: NetworkInterface): Facets => ({
    "network-interface-id": [eni.id],
    "subnet-id": [eni.subnetId],
    "vpc-id": [cloud.subnets[eni.subnetId].vpcId],
    "availability-zone": [cloud.subnets[eni.subnetId].availabilityZone],
    "mac-address": [eni.macAddress],
    "private-ip-address": [eni.privateIps[0]],
    "addresses.private-ip-address": eni.privateIps,
    "ipv6-addresses.ipv6-address": eni.ipv6Addresses,
    "group-id": eni.securityGroups,
    description: [eni.description],
    "interface-type": [eni.interfaceType],
    "source-dest-check": [String(eni.sourceDestCheck)],
    status: [eni.attachment ? "in-use" : "available"],
    "attachment.attachment-id": [eni.attachment?.id],
    "attachment.instance-id": [eni.attachment?.instanceId],
    "attachment.device-index": [eni.attachment && String(eni.attachment.deviceIndex)],
    "attachment.status": [eni.attachment && "attached"],
    ...tagFacets(eni.tags),
  });

export const getNetworkInterfaces = query<Filtered & { tags?: Record<string, string> }, object>({
  token: "aws:ec2/getNetworkInterfaces:getNetworkInterfaces",
  args: { filters: FILTERS, tags: { type: "object" } },
  run(cloud, { filters = [], tags }) {
    const token = "aws:ec2/getNetworkInterfaces:getNetworkInterfaces";
    const all = Object.values(cloud.networkInterfaces);
    const found = select(token, all, interfaceFacets(cloud), [...filters, ...tagFilters(tags)]);
    return { id: cloud.region, ids: found.map(({ id }) => id).sort() };
  },
});

export const getNetworkInterface = query<Filtered & { id?: string; tags?: Record<string, string> }, object>({
  token: "aws:ec2/getNetworkInterface:getNetworkInterface",
  args: { filters: FILTERS, id: text, tags: { type: "object" } },
  run(cloud, args) {
    const byId = filtersOf({ "network-interface-id": args.id });
    const filters = [...(args.filters ?? []), ...byId, ...tagFilters(args.tags)];
    const token = "aws:ec2/getNetworkInterface:getNetworkInterface";
    const all = Object.values(cloud.networkInterfaces);
    const eni = one(select(token, all, interfaceFacets(cloud), filters), "EC2 Network Interface");
    return describeInterface(cloud, eni);
  },
});

/** What the data source answers; delegated prefixes are not among it (the resource's own read has them). */
function describeInterface(cloud: CloudState, eni: NetworkInterface): object {
  const associated = publicAddressOf(cloud, eni.id, eni.privateIps[0]);
  return {
    id: eni.id,
    arn: arn(cloud, "network-interface", eni.id),
    associations: associated
      ? [
          {
            allocationId: associated.amazonOwned ? "" : associated.allocationId,
            associationId: associated.association!.id,
            carrierIp: "",
            customerOwnedIp: "",
            ipOwnerId: associated.amazonOwned ? "amazon" : cloud.accountId,
            publicDnsName: publicDnsName(cloud, associated.publicIp),
            publicIp: associated.publicIp,
          },
        ]
      : [],
    attachments: eni.attachment
      ? [
          {
            attachmentId: eni.attachment.id,
            deviceIndex: eni.attachment.deviceIndex,
            instanceId: eni.attachment.instanceId,
            instanceOwnerId: cloud.accountId,
            networkCardIndex: eni.attachment.networkCardIndex,
          },
        ]
      : [],
    availabilityZone: cloud.subnets[eni.subnetId].availabilityZone,
    description: eni.description,
    interfaceType: eni.interfaceType,
    ipv6Addresses: eni.ipv6Addresses,
    macAddress: eni.macAddress,
    outpostArn: "",
    ownerId: cloud.accountId,
    privateDnsName: privateDnsName(cloud, eni.privateIps[0]),
    privateIp: eni.privateIps[0],
    privateIps: eni.privateIps,
    requesterId: "",
    securityGroups: eni.securityGroups,
    subnetId: eni.subnetId,
    vpcId: cloud.subnets[eni.subnetId].vpcId,
    tags: eni.tags,
  };
}
