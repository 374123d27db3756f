import { interfacesOf } from "../aws/api/instance";
import type { CloudState } from "../cloud/state";

/** A cloud for a person's eyes: instances with their interfaces, and how much of the rest. */
export function summarize(cloud: CloudState): string {
  const count = (what: string, table: object) => `${Object.keys(table).length} ${what}`;
  const lines = Object.values(cloud.instances).flatMap((instance) => [
    `${instance.id}  ${instance.instanceType}  ${instance.availabilityZone}  ${instance.tags.Name ?? ""}`.trimEnd(),
    ...interfacesOf(cloud, instance.id).map((eni) => {
      const addresses = eni.privateIps.map((address) => {
        const eip = Object.values(cloud.eips).find(
          ({ association }) =>
            association?.networkInterfaceId === eni.id && association.privateIp === address,
        );
        return eip ? `${address} (${eip.publicIp})` : address;
      });
      const all = [...addresses, ...eni.ipv6Addresses, ...eni.ipv4Prefixes, ...eni.ipv6Prefixes];
      return `  ${eni.attachment!.deviceIndex}  ${eni.id}  ${eni.macAddress}  ${all.join("  ")}`;
    }),
  ]);
  const rest = [
    count("VPCs", cloud.vpcs),
    count("subnets", cloud.subnets),
    count("interfaces", cloud.networkInterfaces),
    count("security groups", cloud.securityGroups),
    count("Elastic IPs", cloud.eips),
    count("instances", cloud.instances),
  ];
  return [`${cloud.region}: ${rest.join(", ")}`, ...lines].join("\n");
}
